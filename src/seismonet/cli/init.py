"""``seismonet init``."""

import sys
import tomllib
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seismonet.config import parse
from seismonet.core.errors import ConfigError
from seismonet.daemon.initialise import Given, compose, interview
from seismonet.daemon.logs import harmless, setup_logs
from seismonet.daemon.survey import survey
from seismonet.net.clock import Clock
from seismonet.store.stationfile import write_new

Several = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")]


def init(
    *,
    server: Several = (),
    stations: Several = (),
    metadata: Several = (),
    archive: str = "",
    name: str = "",
    user: str = "",
    password_file: str = "",
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("seismonet.toml"),
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
) -> int:
    """Write a first configuration, from a few questions and what the servers say of themselves.

    Parameters
    ----------
    server
        Address of a SeedLink server: HOST, HOST:PORT, or seedlinks://HOST:PORT for TLS; may be repeated.
    stations
        Stations to take: codes or patterns (TJ.*).
    metadata
        StationXML files or their folder.
    archive
        Folder for journal, records and catalogue.
    name
        What people call the network.
    user
        Name to tell the servers.
    password_file
        File with the password.
    output
        File to write; one that exists is not overwritten.
    yes
        Ask nothing: what was not given has its default.
    """
    if not yes and not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask on; give --server and --yes")
    setup_logs(level="error")
    clock = Clock()
    given = Given(server, stations, metadata, archive, name, user, password_file, clock.now_ns())

    answers = interview(given, _default if yes else _ask, _say, survey(user, password_file, clock), patient=not yes)
    text = compose(answers, output.parent)
    parse(tomllib.loads(text), str(output))
    write_new(output, text.encode())
    print(f"\nwritten: {output}\n")
    print(f"seismonet doctor -c {output}    is all as it should be?")
    print(f"seismonet run -c {output}       the daemon; Ctrl-C ends it")
    print(f"seismonet top -c {output}       what it is doing, in another terminal")
    return 0


def _ask(question: str, default: str) -> str:
    try:
        return input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default
    except EOFError:
        raise ConfigError("the answers ended before the questions; nothing was written") from None


def _default(_: str, default: str) -> str:
    return default


def _say(text: str) -> None:
    print(harmless(text))
