"""What each channel, each station and the network could do at one moment, and why."""

from dataclasses import dataclass

from .sourceid import SourceId

CLOCK_NOT_LOCKED = "clock not locked"
"""How the reason begins that says so."""


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """A channel at one moment.

    ``latency_s`` is the age of its newest sample at the last receipt (None before the first); ``gaps`` counts gaps so
    far; ``armed`` means its detectors may trigger; ``reasons`` say in words why it is not usable, empty when it is.
    """

    source_id: SourceId
    time_ns: int
    receiving: bool
    latency_s: float | None
    gaps: int
    overlaps: int
    clipped: bool
    flat: bool
    armed: bool
    reasons: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """May its data decide something now?"""
        return self.receiving and self.armed and not self.flat and self.locked

    @property
    def locked(self) -> bool:
        """May its times be believed? A clock without GPS for long may not."""
        return not any(reason.startswith(CLOCK_NOT_LOCKED) for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class StationStatus:
    """A station at one moment: ``verdict`` is ``up``, ``degraded`` or ``down``."""

    station_code: str
    verdict: str
    can_contribute: bool
    channels: tuple[ChannelStatus, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """All stations at one moment; ``contributing`` of them can take part in an event now."""

    id: str
    time_ns: int
    stations: tuple[StationStatus, ...]
    contributing: int

    @property
    def total(self) -> int:
        """Number of stations known."""
        return len(self.stations)
