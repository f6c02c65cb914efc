"""How well a station works: what was measured, what is wrong, and what to do about it."""

from dataclasses import dataclass

from .sourceid import SourceId

CAUSES = (
    "dead",
    "gain",
    "polarity",
    "swapped",
    "orientation",
    "mass",
    "clipped",
    "spikes",
    "noise",
    "clock",
    "link",
    "packets",
    "power",
    "temperature",
    "digitizer",
    "server",
    "metadata",
    "storm",
)
"""What a finding may name as its cause; docs/health.md says what each means."""
STATES = ("good", "degraded", "down", "unknown")


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured number of one channel and time span, under MUSTANG's name and by its definition."""

    source_id: SourceId
    name: str
    start_ns: int
    end_ns: int
    value: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong.

    Attributes
    ----------
    cause : one of ``CAUSES``
    station_code : where
    channel : of the location and channel code, as ``00.HHE``; empty when the whole station has it
    factor : by how much, where that is a number (gain: measured over stated); None otherwise
    since_ns : when it began, as far as is known
    confidence : from 0 to 1
    evidence : what was seen, with numbers and units
    action : what to do next, in one sentence
    take : what to carry along to the station
    trend : what comes of it, as ``recentre within 12 days``; empty when nothing does
    """

    cause: str
    station_code: str
    channel: str
    factor: float | None
    since_ns: int
    confidence: float
    evidence: tuple[str, ...]
    action: str
    take: tuple[str, ...] = ()
    trend: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """The state of a channel, a station or the network changed. ``name`` is its code; states as in ``STATES``."""

    name: str
    time_ns: int
    before: str
    after: str
    reasons: tuple[str, ...]
