"""Stations and channels as the processing needs them: where, since when, how many counts per unit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .sourceid import SourceId

OPEN_END_NS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Channel:
    """One epoch of one channel.

    ``quantity`` is ``velocity`` (m/s), ``acceleration`` (m/s**2) or ``counts`` where no metadata say; ``sensitivity``
    in counts per SI unit (1.0 for counts); ``azimuth_deg`` clockwise from north, ``dip_deg`` down from horizontal.
    ``clip_counts`` is the full scale beyond which samples are clipped, ``inf`` when unknown.
    """

    source_id: SourceId
    start_ns: int
    end_ns: int
    latitude: float
    longitude: float
    elevation_m: float
    depth_m: float
    azimuth_deg: float
    dip_deg: float
    rate_hz: float
    quantity: str
    sensitivity: float
    clip_counts: float = float("inf")
    sensor: str = ""

    def covers(self, time_ns: int) -> bool:
        """Does this epoch hold at that time?"""
        return self.start_ns <= time_ns < self.end_ns


@dataclass(frozen=True, slots=True)
class Station:
    """One epoch of one station."""

    network: str
    code: str
    start_ns: int
    end_ns: int
    latitude: float
    longitude: float
    elevation_m: float
    name: str = ""

    @property
    def station_code(self) -> str:
        """``NET.STA``."""
        return f"{self.network}.{self.code}"


@dataclass(frozen=True, slots=True)
class ChannelTable:
    """All stations and channel epochs, sorted; ``find`` is how processing gets at them."""

    stations: tuple[Station, ...]
    channels: tuple[Channel, ...]

    @classmethod
    def of(cls, stations: Iterable[Station], channels: Iterable[Channel]) -> "ChannelTable":
        """A table in canonical order (by name, then start)."""
        return cls(
            tuple(sorted(stations, key=lambda station: (station.station_code, station.start_ns))),
            tuple(sorted(channels, key=lambda channel: (channel.source_id, channel.start_ns))),
        )

    def find(self, source_id: SourceId, time_ns: int) -> Channel | None:
        """The epoch of a channel at a time, or None."""
        for channel in self.channels:
            if channel.source_id == source_id and channel.covers(time_ns):
                return channel
        return None

    def find_station(self, station_code: str, time_ns: int) -> Station | None:
        """The epoch of a station (``NET.STA``) at a time, or None."""
        for station in self.stations:
            if station.station_code == station_code and station.start_ns <= time_ns < station.end_ns:
                return station
        return None

    def __iter__(self) -> Iterator[Channel]:
        return iter(self.channels)

    def __len__(self) -> int:
        return len(self.channels)
