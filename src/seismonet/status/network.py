"""Channel statuses to the status of stations and of the network."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.sourceid import SourceId
from seismonet.core.status import ChannelStatus, NetworkStatus, StationStatus


@dataclass(slots=True)
class NetworkMonitor:
    """What is known of every channel; ``snapshot`` is the network at a time.

    ``deciding`` are the channels whose onsets can take part in an event (the vertical ones).
    """

    source_ids: Iterable[SourceId]
    deciding: frozenset[SourceId]
    _latest: dict[SourceId, ChannelStatus] = field(default_factory=dict)
    _stations: dict[str, list[SourceId]] = field(default_factory=dict)
    _built: dict[str, tuple[StationStatus, bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in sorted(self.source_ids):
            self._stations.setdefault(name.station_code, []).append(name)

    def update(self, status: ChannelStatus) -> bool:
        """Take in a channel's status; True when it changed what its station can do."""
        before = self._latest.get(status.source_id)
        self._latest[status.source_id] = status
        self._built.pop(status.source_id.station_code, None)
        return before is None or (before.usable, before.reasons) != (status.usable, status.reasons)

    def can_contribute(self, station_code: str) -> bool:
        """Could this station have picked a P just now?"""
        return any(self._usable(name) for name in self._stations.get(station_code, ()) if name in self.deciding)

    def late_s(self, station_code: str) -> float:
        """How old a station's samples are when they come, in s: of its quickest channel that decides now."""
        names = [name for name in self._stations.get(station_code, ()) if name in self.deciding and self._usable(name)]
        return min((self._latest[name].latency_s or 0.0 for name in names), default=0.0)

    def locked(self, name: SourceId) -> bool:
        """May this channel's times be believed?"""
        status = self._latest.get(name)
        return status is None or status.locked

    def snapshot(self, time_ns: int) -> NetworkStatus:
        """The status of all stations at ``time_ns``; its id derives from its content.

        Only what changed since the last one is built anew: a thousand stations change one by one.
        """
        for code, names in self._stations.items():
            if code not in self._built:
                station = self._station(code, names)
                self._built[code] = station, hashlib.blake2b(repr(station).encode(), digest_size=8).digest()
        built = [self._built[code] for code in self._stations]
        content = b"".join([time_ns.to_bytes(8, "big", signed=True), *(digest for _, digest in built)])
        stations = tuple(station for station, _ in built)
        contributing = sum(station.can_contribute for station in stations)
        return NetworkStatus(hashlib.blake2b(content, digest_size=8).hexdigest(), time_ns, stations, contributing)

    def save(self) -> dict[str, Any]:
        """What is known of every channel, as plain values."""
        return {"latest": to_plain(self._latest)}

    def load(self, tree: Tree) -> None:
        """Take up what was saved, for the channels that there are still."""
        latest = from_plain(dict[SourceId, ChannelStatus], tree["latest"])
        known = {name for names in self._stations.values() for name in names}
        self._latest.update((name, status) for name, status in latest.items() if name in known)
        self._built.clear()

    def _usable(self, name: SourceId) -> bool:
        status = self._latest.get(name)
        return status is not None and status.usable

    def _station(self, code: str, names: list[SourceId]) -> StationStatus:
        channels = tuple(self._latest.get(name) or _never(name) for name in names)
        usable = [status for status in channels if status.usable]
        contributes = any(status.source_id in self.deciding for status in usable)
        verdict = "down" if not contributes else "up" if len(usable) == len(channels) else "degraded"
        told: dict[str, list[str]] = {}
        for status in channels:
            for reason in status.reasons:
                told.setdefault(reason, []).append(status.source_id.channel)
        reasons = tuple(f"{', '.join(which)}: {reason}" for reason, which in told.items())
        return StationStatus(code, verdict, contributes, channels, reasons)


def _never(name: SourceId) -> ChannelStatus:
    """A channel that nothing was heard of; its time is 0."""
    return ChannelStatus(name, 0, False, None, 0, 0, False, False, False, ("no record so far",))
