"""Who sends: which packets are of stations that were asked for, and how much came from each.

The rule this file owns: a packet is foreign when the station it is sent under, or the one that its record names, was
not asked of this server. What a station claims is looked at once for each name it uses; a server that makes up names
costs bounded memory.
"""

from collections.abc import Sequence

import numpy as np

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import FOREIGN
from seismonet.formats.headers import parse_header3, parse_headers

from .selectors import glob
from .source import StationState

MAX_NAMES, MAX_STATIONS = 20_000, 5_000
NOBODY = "-"
"""Station of a packet that names none."""


class Flow:
    """What came from one station; ``received_s`` is monotonic, ``last`` the newest number of this connection."""

    __slots__ = ("last", "packets", "received_bytes", "received_ns", "received_s", "sequence", "station")

    def __init__(self, station: str, now_s: float) -> None:
        self.station, self.received_s = station, now_s
        self.sequence = self.last = -1
        self.packets = self.received_bytes = self.received_ns = 0

    def state(self, now_s: float) -> StationState:
        """As it is now."""
        silent_s = max(0.0, now_s - self.received_s)
        return StationState(self.station, self.sequence, self.packets, self.received_bytes, self.received_ns, silent_s)


class Name:
    """What one pair of names means: station, flags for the delivery, and where to count it."""

    __slots__ = ("flags", "flow", "station")

    def __init__(self, station: str, flow: Flow | None) -> None:
        self.station, self.flow = station, flow
        self.flags = 0 if flow is not None else FOREIGN


class Stations:
    """The stations of one source."""

    def __init__(self, patterns: Sequence[str], now_s: float) -> None:
        self.patterns = tuple(patterns)
        self.flows: dict[str, Flow] = {}
        self.heard: set[SourceId] = set()
        """Channels that came since the connection began."""
        self.names: dict[tuple[bytes, bytes], Name] = {}
        self.begin(now_s)

    def begin(self, now_s: float) -> None:
        """A new connection: silence counts from now."""
        self.heard.clear()
        self.names.clear()
        for pattern in self.patterns:
            if "*" not in pattern and "?" not in pattern:
                self.flows.setdefault(pattern, Flow(pattern, now_s))
        for flow in self.flows.values():
            flow.received_s, flow.last = now_s, -1

    def meet(self, key: tuple[bytes, bytes], payload: bytes) -> Name:
        """A pair of names that is not in ``names`` yet: what the packet's header and what its record call the station.

        A record whose codes are none is the gate's to judge, so it counts as its packet's station.
        """
        if len(self.names) >= MAX_NAMES:
            self.names.clear()
            self.heard.clear()
        source_id = named(payload)
        own = source_id.station_code if source_id else None
        told = key[0].decode("ascii", "replace").replace("_", ".", 1) if key[0] else own
        asked = [code is None or self.asks(code) for code in (told, own)]
        flow = self._flow(told) if told and all(asked) else None
        if flow is not None and source_id is not None:
            self.heard.add(source_id)
        foreign = own if own and not asked[1] else told
        found = Name(flow.station if flow else _safe(foreign), flow)
        self.names[key] = found
        return found

    def asks(self, station: str) -> bool:
        """Was this station asked for?"""
        return any(glob(pattern, station) for pattern in self.patterns)

    def _flow(self, station: str) -> Flow | None:
        flow = self.flows.get(station)
        if flow is None and len(self.flows) < MAX_STATIONS and _safe(station) == station:
            flow = self.flows[station] = Flow(station, 0.0)
        return flow


def _safe(station: str | None) -> str:
    """A station's code if it is one, else ``-``: it goes into journal and logs."""
    try:
        network, _, name = (station or "").partition(".")
        return SourceId(network, name, "", "HHZ").station_code
    except ValueError:
        return NOBODY


def key_of(station_id: bytes, payload: bytes) -> tuple[bytes, bytes]:
    """What tells packets of one channel from those of others, without a look at what it means."""
    if payload[2:3] == b"\x03":
        return station_id, payload[33 : 40 + payload[33]] if len(payload) > 33 else b""
    return station_id, payload[8:20]


def named(payload: bytes) -> SourceId | None:
    """Channel that a miniSEED record names; None when its codes are none."""
    if payload[:3] == b"MS\x03":
        head = parse_header3(payload)
        return head.source_id if head else None
    if len(payload) < 64:
        return None
    return parse_headers(np.frombuffer(payload[:64], dtype=np.uint8).reshape(1, 64)).names[0]


def starts_ns(payload: bytes) -> int | None:
    """Start of a record; None when it is no time."""
    if payload[:3] == b"MS\x03":
        head = parse_header3(payload)
        return head.start_ns if head else None
    if len(payload) < 128:
        return None
    headers = parse_headers(np.frombuffer(payload[:128], dtype=np.uint8).reshape(1, 128))
    return int(headers.start_ns[0]) if headers.time[0] else None
