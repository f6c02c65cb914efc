"""A first configuration from a few questions and what servers say of themselves.

The rule this file owns: every question has a default, so the interview can be held with nobody there; nothing is
written here. Whoever calls decides how to ask, and how to survey a server.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from seismonet.core.errors import ConfigError, ProtocolError, SeismonetError
from seismonet.core.share import share
from seismonet.core.utc import to_seconds
from seismonet.net.infoanswers import ServerInfo
from seismonet.net.selectors import glob
from seismonet.net.source import SourceParams
from seismonet.store.inventory import read_inventories

from .reach import address
from .sourcechecks import greeting
from .words import listed, number, span

Ask = Callable[[str, str], str]
Say = Callable[[str], None]
Survey = Callable[[str], ServerInfo]
NEEDED = 3


class NoStationError(ConfigError):
    """A server has none of the stations that are wanted."""


@dataclass(frozen=True, slots=True)
class Given:
    """Answers that were given beforehand; empty where there is none. ``ages_at_ns`` is the time of the interview.

    ``user`` and ``password_file`` are for all servers; nobody is asked for them.
    """

    servers: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    archive: str = ""
    name: str = ""
    user: str = ""
    password_file: str = ""
    ages_at_ns: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A server and the stations that are taken from it; ``fault`` says why it could not be asked."""

    name: str
    url: str
    stations: tuple[str, ...]
    told: str
    user: str = ""
    password_file: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """All that the configuration needs."""

    name: str
    sources: tuple[Source, ...]
    metadata: tuple[str, ...]
    archive: str


def interview(given: Given, ask: Ask, say: Say, survey: Survey, *, patient: bool) -> Answers:
    """Ask for servers, stations, metadata, archive, name.

    ``patient`` asks again after an answer that does not work; otherwise that is a ConfigError. Of several servers that
    were given, some may be away: they are kept with what was wrong.
    """
    sources = _sources(given, ask, say, survey, patient)
    stations = [code for one in sources if not one.fault for code in one.stations]
    metadata = _metadata(stations, given, ask, say, patient)
    count = len(set(stations))
    if count < NEEDED:
        say(f"  An alert takes {NEEDED} stations. With {count}, picks are found and kept, and nobody is warned.")
    archive = given.archive or ask("Folder of the archive", "archive")
    return Answers(given.name or ask("What people call the network", ""), tuple(sources), metadata, archive)


def _sources(given: Given, ask: Ask, say: Say, survey: Survey, patient: bool) -> list[Source]:
    sources: list[Source] = []
    failures: list[ProtocolError | NoStationError] = []
    addresses = list(given.servers)
    while True:
        several = bool(addresses) and len(given.servers) > 1
        text = addresses.pop(0) if addresses else ask("Address of a SeedLink server (host or host:port)", "")
        if not text:
            break
        taken = [one.name for one in sources]
        try:
            sources.append(_source(text, given, ask, say, survey, taken))
        except (SeismonetError, OSError) as error:
            if several and isinstance(error, ProtocolError | NoStationError):
                sources.append(_away(text, given, str(error), taken))
                failures.append(error)
                say(f"  WARNING: {error}; its [[source]] is written with that as a comment")
            elif not patient:
                raise
            else:
                say(f"  {error}")
                continue
        if given.servers and not addresses and len(sources) > len(failures):
            break
        if not patient and not addresses and failures:
            raise failures[0]
    if len(sources) == len(failures):
        raise ConfigError("no server was named that answers, and without one no data come; give --server HOST:PORT")
    return sources


def _away(text: str, given: Given, fault: str, taken: Sequence[str]) -> Source:
    """A server that could not be asked, with the stations that were given, as far as they can stand there."""
    url = text if "://" in text else f"seedlink://{text}"
    name = _named(address(url)[0], taken)
    stations = tuple(" ".join(given.stations).replace(",", " ").split())
    try:
        SourceParams(name, url, stations)
    except ValidationError:
        stations = ()
    return Source(name, url, stations, "", given.user, given.password_file, fault)


def _source(text: str, given: Given, ask: Ask, say: Say, survey: Survey, taken: Sequence[str]) -> Source:
    url = text if "://" in text else f"seedlink://{text}"
    host, _ = address(url)
    offer = survey(url)
    told = greeting(offer)
    say(f"  {told}; {number(len(offer.stations), 'station')}:")
    for code in offer.stations:
        say(f"    {code:<12} {_of_station(code, offer, given.ages_at_ns)}")
    wanted = " ".join(given.stations) or ask("Stations to take (codes or patterns with * and ?)", "all")
    patterns = ["*"] if wanted.strip().lower() == "all" else wanted.replace(",", " ").split()
    stations = tuple(code for code in offer.stations if any(glob(pattern, code) for pattern in patterns))
    if not stations:
        raise NoStationError(f"{url}: no station fits {listed(patterns)}; it offers {listed(offer.stations) or 'none'}")
    return Source(_named(host, taken), url, stations, told, given.user, given.password_file)


def _named(host: str, taken: Sequence[str]) -> str:
    """The first part of a server's name, as far as it may be one of ours; a number where there is none."""
    label = "" if ":" in host or host[0].isdigit() else re.sub("[^A-Za-z0-9_-]", "-", host.split(".")[0])[:24]
    return label if label and label not in taken else f"{label or 'server'}{len(taken) + 1}"


def _of_station(code: str, offer: ServerInfo, now_ns: int) -> str:
    streams = [one for one in offer.streams if one.source_id.station_code == code]
    ends = [one.end_ns for one in streams if one.end_ns]
    age = f", newest sample {span(to_seconds(now_ns - max(ends)))} old" if ends and now_ns else ""
    return number(len(streams), "channel") + age if streams else ""


def _metadata(stations: Sequence[str], given: Given, ask: Ask, say: Say, patient: bool) -> tuple[str, ...]:
    known = str(share("stations"))
    default = known if set(stations) <= _described([known]) else ""
    while True:
        answer = given.metadata or _paths(ask("StationXML files or their folder", default))
        try:
            missing = sorted(set(stations) - (_described(answer) if answer else set()))
        except SeismonetError as error:
            if not patient or given.metadata:
                raise
            say(f"  {error}")
            continue
        if missing:
            say(f"  No metadata for {listed(missing)}: archived and never picked, until 'seismonet stations new'.")
        return answer


def _paths(text: str) -> tuple[str, ...]:
    """One path, though it has spaces; or several."""
    return (text,) if Path(text).exists() and text else tuple(text.split())


def _described(paths: Sequence[str]) -> set[str]:
    return {channel.source_id.station_code for channel in read_inventories(paths)}


def compose(answers: Answers, folder: Path) -> str:
    """The configuration as TOML with comments, to be written into ``folder``.

    >>> print(compose(Answers("Pamir", (), ("stations",), "archive"), Path.cwd()).splitlines()[0])
    # Pamir: configuration of seismonet.
    """
    title = f"{answers.name or 'A network'}: configuration of seismonet."
    lines = [
        f"# {_comment(title)}",
        "#",
        "#     seismonet config check FILE     can it be used?",
        "#     seismonet config show FILE      every key there is, with its meaning",
        "#     seismonet doctor -c FILE        are clock, disk, metadata and servers as they should be?",
        "",
        "[network]",
        f"name = {_toml(answers.name)}",
        "# StationXML files, globs or folders. A station without metadata is archived and never picked.",
        f"stations = {_toml([_place(path, folder) for path in answers.metadata])}",
        "",
        "[archive]",
        "# Journal, records, catalogue and status live here; on a disk of this computer.",
        f"folder = {_toml(_place(answers.archive, folder))}",
    ]
    for one in answers.sources:
        lines += _table(one, folder)
    lines += [
        "",
        "[alert.operator]",
        "# So many stations must agree before the operator is told; see docs/warning.md for the public and sirens.",
        f"minimum_stations = {NEEDED}",
    ]
    return "\n".join(lines) + "\n"


def _table(source: Source, folder: Path) -> list[str]:
    lines = [
        "[[source]]",
        f"# When this was written: {_comment(source.fault)}" if source.fault else f"# {_comment(source.told)}",
        f"name = {_toml(source.name)}",
        f"url = {_toml(source.url)}",
        f"stations = {_toml(list(source.stations) or ['NET.STA'])}",
        '# All channels. To take only some: selectors = ["HH?", "HN?"]',
    ]
    if source.user:
        lines += [f"user = {_toml(source.user)}", f"password_file = {_toml(_place(source.password_file, folder))}"]
    else:
        lines.append('# With a password: user = "NAME" and password_file = "PATH", which only the daemon may read.')
    if source.stations:
        return ["", *lines]
    # nobody knows what to ask it for: it waits for an operator
    return ["", "# Name the stations, and take away the first # of these lines:", *(f"# {line}" for line in lines)]


def _comment(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _place(path: str, folder: Path) -> str:
    """A path as seen from the configuration's folder, as that is what it is read from."""
    whole, base = Path(path).absolute(), folder.absolute()
    return str(whole.relative_to(base)) if whole.is_relative_to(base) else str(whole)
