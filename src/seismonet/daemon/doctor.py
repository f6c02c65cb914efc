"""The whole examination: configuration, computer, metadata, daemon and archive, every server.

The rule this file owns: the doctor changes nothing, waits for nobody longer than some seconds, and asks every server at
the same time; what it cannot look at is a finding too.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from seismonet.config import Config, load_config
from seismonet.core.errors import AuthError, ConfigError, ProtocolError, SeismonetError
from seismonet.models.corrections import read_corrections
from seismonet.models.earth import earth_model
from seismonet.net.clock import Clock
from seismonet.net.probe import probe
from seismonet.net.source import SourceParams
from seismonet.store.inventory import read_inventories
from seismonet.store.targets import read_targets

from .archivechecks import archive_findings
from .findings import ERROR, Finding, good
from .hostchecks import host_findings
from .lock import holder
from .metadata import Asked, metadata_findings, read_notes
from .ownserver import own_server_findings
from .reach import reach, reach_findings
from .receiverchecks import all_receiver_findings, message_findings
from .sourcechecks import missing, source_findings

AT_ONCE = 8


def examine(path: Path, clock: Clock) -> list[Finding]:
    """Everything, for the configuration in a file."""
    try:
        config = load_config(path)
    except ConfigError as error:
        return _refused(error)
    found = [good("configuration", f"{path} can be used")]
    folder = Path(config.archive.folder)
    found += host_findings(folder, clock.now_ns())
    found += _metadata(config, clock.now_ns()) + _earth(config) + _targets(config) + message_findings(config)
    found += archive_findings(folder, clock.now_ns())
    if config.daemon.serve and holder(folder) is None:
        found += own_server_findings(config.server)
    if not config.sources:
        step = "add a [[source]] with the address of a server; seismonet init asks for it"
        found.append(Finding("configuration", ERROR, "no server is named, so no data will come", 0, "", step))
    return found + asyncio.run(_servers(config.sources, clock)) + _receivers(config)


def _refused(error: ConfigError) -> list[Finding]:
    first, *rest = [line.strip() for line in str(error).splitlines()]
    step = "mend it; docs/configuration.md describes every key"
    return [Finding("configuration", ERROR, line, 0, "", step) for line in (rest or [first])]


def _earth(config: Config) -> list[Finding]:
    """What is wrong with files about the Earth below the network."""
    found = []
    for key, name, read in (
        ("earth_model", config.network.earth_model, earth_model),
        ("station_corrections", config.network.station_corrections, read_corrections),
    ):
        try:
            read(name)
        except SeismonetError as error:
            step = f"mend the file or its path in [network] {key}; docs/location.md describes it"
            found.append(Finding("travel times", ERROR, str(error), 0, "", step))
    return found


def _targets(config: Config) -> list[Finding]:
    """What is wrong with the places that are warned."""
    try:
        read_targets(config.network.targets)
    except SeismonetError as error:
        step = "mend the file or its path in [network] targets; docs/shaking.md describes it"
        return [Finding("targets", ERROR, str(error), 0, "", step)]
    return []


def _receivers(config: Config) -> list[Finding]:
    try:
        targets = read_targets(config.network.targets)
    except SeismonetError:  # a finding of its own
        targets = ()
    return all_receiver_findings(config.receivers, targets)


def _metadata(config: Config, now_ns: int) -> list[Finding]:
    asked = [asked_of(one) for one in config.sources]
    if not config.network.stations:
        step = "name StationXML files in [network] stations; seismonet stations new writes a first one"
        return [Finding("metadata", ERROR, "no station files are named, so nothing can be picked", 0, "", step)]
    faults: list[str] = []
    try:
        table = read_inventories(config.network.stations, faults)
        return metadata_findings(table, faults, read_notes(config.network.stations), asked, now_ns)
    except SeismonetError as error:
        step = "mend the file or its path in [network] stations: seismonet stations check FILE"
        return [Finding("metadata", ERROR, str(error), 0, "", step)]


def asked_of(source: SourceParams) -> Asked:
    """What a source is asked for."""
    return Asked(source.name, source.stations, source.selectors)


async def _servers(sources: Sequence[SourceParams], clock: Clock) -> list[Finding]:
    few = asyncio.Semaphore(AT_ONCE)

    async def one(source: SourceParams) -> list[Finding]:
        async with few:
            return await server_findings(source, clock)

    return [finding for found in await asyncio.gather(*map(one, sources)) for finding in found]


async def server_findings(source: SourceParams, clock: Clock) -> list[Finding]:
    """Secret, name, connection, greeting, credentials, stations, streams, of one server."""
    secret = _secret(source)
    got = await reach(*source.address, clock)
    found = secret + reach_findings(source.name, got)
    if got.failed or secret:
        return found
    try:
        info = await probe(source, clock)
    except ProtocolError as error:
        return [*found, _no_answer(source, error)]
    asked = asked_of(source)
    if missing(asked, info):
        # what else it has tells more than that it lacks something; but a large server may refuse to list all
        with contextlib.suppress(ProtocolError):
            everything = await probe(replace(source, stations=("*.*",)), clock)
            info = replace(info, stations=everything.stations)
    return found + source_findings(asked, info, clock.now_ns())


def _secret(source: SourceParams) -> list[Finding]:
    """A password or token that cannot be used, which is known without the server."""
    try:
        source.credentials()
    except AuthError as error:
        cause = "a wrong path, owner or mode; what systemd hands over (LoadCredential=) only the service can read"
        step = "mend password_file (or token_file) in its [[source]], or the file, and run this as the daemon's user"
        return [Finding(source.name, ERROR, f"no password or token: {error}", 0, cause, step)]
    return []


def _no_answer(source: SourceParams, error: ProtocolError) -> Finding:
    what = str(error).removeprefix(f"{source.url}: ")
    if isinstance(error, AuthError):
        step = "mend user and password_file (or token_file) in its [[source]]; ask who runs the server"
        return Finding(source.name, ERROR, f"refuses us: {what}", 0, "a wrong or expired password or token", step)
    cause = "another service on that port, TLS on one side only (seedlinks:// and seedlink://), or a server that hangs"
    return Finding(
        source.name, ERROR, f"does not speak SeedLink with us: {what}", 0, cause, "mend the url or the server"
    )
