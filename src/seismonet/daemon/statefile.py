"""What the daemon is doing, as a document that others can read: ``status.json`` in the archive's folder.

The daemon replaces it once a second; ``top`` and ``doctor`` read it. A document older than ``STALE_S`` says what was,
not what is. Times are nanoseconds UTC (0: never), durations seconds; keys are only ever added.
"""

import contextlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.net.source import SourceState
from seismonet.status.latency import Spread

from .backfill import BackfillState

NAME = "status.json"
STALE_S = 10.0
LARGEST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Stages:
    """How long each part of a packet's way takes at a station; None where there was nothing to measure yet."""

    record: Spread | None = None
    received: Spread | None = None
    picked: Spread | None = None
    event: Spread | None = None
    alert: Spread | None = None


@dataclass(frozen=True, slots=True)
class StationLine:
    """A station: the pipeline's verdict with its reasons and since when, what came from it, how long that took."""

    station_code: str
    verdict: str
    can_contribute: bool
    reasons: tuple[str, ...] = ()
    since_ns: int = 0
    received_ns: int = 0
    data_end_ns: int = 0
    packets: int = 0
    gaps: int = 0
    stages: Stages = Stages()


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A server that data come from. ``state`` is connected, connecting, waiting or refused, ``since_ns`` since when.

    ``denied`` are stations that it would not send, ``unmatched`` what it has not; ``stations`` is how many sent data.
    """

    name: str
    url: str
    state: str
    since_ns: int = 0
    server: str = ""
    protocol: str = ""
    stations: int = 0
    packets: int = 0
    received_bytes: int = 0
    received_ns: int = 0
    reconnects: int = 0
    foreign: int = 0
    round_trip_s: float | None = None
    error: str = ""
    next_try_ns: int = 0
    silent: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()

    @classmethod
    def of(cls, state: SourceState) -> "SourceLine":
        """The line of a client's state."""
        return cls(
            name=state.name,
            url=state.url,
            state=state.condition,
            since_ns=state.since_ns,
            server=state.server,
            protocol=state.protocol,
            stations=sum(one.packets > 0 for one in state.stations),
            packets=state.packets,
            received_bytes=state.received_bytes,
            received_ns=state.received_ns,
            reconnects=state.reconnects,
            foreign=state.foreign,
            round_trip_s=state.round_trip_s,
            error=state.error,
            next_try_ns=state.next_try_ns,
            silent=state.silent,
            denied=state.refused,
            unmatched=state.unmatched,
        )


@dataclass(frozen=True, slots=True)
class WriterLine:
    """Journal and archive: records counted since the start, bytes in memory that are not in the journal yet."""

    committed: int = 0
    archived: int = 0
    waiting_bytes: int = 0
    lag_s: float = 0.0
    unjournaled: int = 0
    duplicates: int = 0
    conflicts: int = 0
    failing: tuple[str, ...] = ()
    failing_since_ns: int = 0
    losses: int = 0
    """Stretches of data that were found missing on the disk when the daemon started."""


@dataclass(frozen=True, slots=True)
class BackfillLine:
    """Gaps that are open and are asked for, and those that nobody can fill; what was asked and came since the start."""

    open: int = 0
    known: int = 0
    requests: int = 0
    records: int = 0
    last: str = ""

    @classmethod
    def of(cls, state: BackfillState) -> "BackfillLine":
        """The line of a backfill's state."""
        return cls(state.open, state.known, state.requests, state.records, state.last)


@dataclass(frozen=True, slots=True)
class Refused:
    """Records of a source that did not pass the gate, by its reason."""

    source: str
    reason: str
    records: int


@dataclass(frozen=True, slots=True)
class RejectionLine:
    """Triggers of a station that the gate refused since the start, by its reason."""

    station_code: str
    reason: str
    triggers: int


@dataclass(frozen=True, slots=True)
class HostLine:
    """The computer: its disk, its memory, its clock, and how busy the event loop is."""

    free_bytes: int = 0
    total_bytes: int = 0
    memory_bytes: int = 0
    clock_behind_s: float = 0.0
    loop_lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ServerLine:
    """Our own SeedLink server."""

    address: str
    clients: int = 0
    sent: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class ReceiverLine:
    """A receiver of alerts, and what became of its messages.

    ``state`` is reachable, failing (the last try failed), unreachable (it is given pauses), unusable (``error`` says
    why) or untried; ``reached_ns`` is when it was last reached, ``unacknowledged`` what it should have acknowledged.
    """

    name: str
    audience: str
    sink: str
    state: str
    reached_ns: int = 0
    error: str = ""
    waiting: int = 0
    sent: int = 0
    expired: int = 0
    dead: int = 0
    unacknowledged: int = 0
    sent_ns: int = 0
    acked_ns: int = 0


@dataclass(frozen=True, slots=True)
class PickLine:
    """The newest pick."""

    nslc: str
    phase: str
    time_ns: int
    issued_ns: int
    snr: float


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event as last issued, or an alert: then ``kind`` is new, update or cancel, and else empty.

    ``within_km`` holds 68 % of the probability; ``state`` and ``quality`` are an event's. ``at_least``: the magnitude
    is a lower bound.
    """

    event_id: str
    version: int
    kind: str
    origin_time_ns: int
    issued_ns: int
    latitude: float
    longitude: float
    depth_km: float
    magnitude: float | None
    stations: int
    within_km: float | None = None
    state: str = ""
    quality: str = ""
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, at ``time_ns``. ``phase`` is starting, running or stopping.

    ``simulated`` says in words that the data are made up, and is empty when they are not; ``configuration_rejected`` is
    why the newest configuration was not taken over; an alert takes ``stations_needed``; ``withheld`` is why nobody is
    warned now; ``alert_status`` is that of messages: Actual, Exercise or Test.
    """

    time_ns: int
    started_ns: int
    pid: int
    version: str
    phase: str
    network: str = ""
    simulated: str = ""
    rate: float = 1.0
    configuration: str = ""
    configuration_ns: int = 0
    configuration_rejected: str = ""
    stations_needed: int = 0
    withheld: str = ""
    stations: tuple[StationLine, ...] = ()
    sources: tuple[SourceLine, ...] = ()
    writer: WriterLine = WriterLine()
    backfill: BackfillLine = BackfillLine()
    refused: tuple[Refused, ...] = ()
    rejections: tuple[RejectionLine, ...] = ()
    host: HostLine = HostLine()
    server: ServerLine | None = None
    pick: PickLine | None = None
    event: EventLine | None = None
    alert: EventLine | None = None
    alert_status: str = "Exercise"
    receivers: tuple[ReceiverLine, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def contributing(self) -> int:
        """Stations that can take part in an event now."""
        return sum(one.can_contribute for one in self.stations)


def summary(status: Status) -> str:
    """The state in one sentence, as ``systemctl status`` shows it.

    >>> print(summary(Status(0, 0, 1, "1.0", "running", stations=(StationLine("TJ.SAREZ", "up", True),))))
    running: 1 of 1 stations can contribute, 0 of 0 servers connected
    """
    connected = sum(one.state == "connected" for one in status.sources)
    parts = [
        f"{status.phase}: {status.contributing} of {len(status.stations)} stations can contribute",
        f"{connected} of {len(status.sources)} servers connected",
    ]
    if status.withheld:
        parts.append(f"ALERTS WITHHELD: {status.withheld}")
    if status.writer.failing:
        parts.append(f"CANNOT WRITE {', '.join(status.writer.failing)}")
    if lost := [one.name for one in status.receivers if one.state in ("unreachable", "unusable")]:
        parts.append(f"CANNOT TELL {', '.join(lost)}")
    if status.simulated:
        parts.append(status.simulated)
    return ", ".join(parts)


@lru_cache(maxsize=1)
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Status)


def to_json(status: Status) -> str:
    """The document."""
    text: bytes = _adapter().dump_json(status, indent=1)
    return text.decode()


def write_status(path: Path, status: Status) -> None:
    """Replace the document, all or nothing; OSError when that cannot be done.

    It is not synced to the disk: after a power cut there is another daemon with another status.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(to_json(status), "utf-8")
        os.replace(draft, path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def read_status(path: Path) -> Status:
    """The document in a file; ArchiveError when there is none or it cannot be read, FormatError when it is no status.

    Keys that this version does not know are passed over; those that are missing have their defaults.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise ArchiveError(f"{path}: no daemon has written its status here; is this the archive's folder?") from None
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        status: Status = _adapter().validate_json(data[:LARGEST])
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise FormatError(f"{path}: is no status of this version ({first}); start the daemon again") from None
    return status
