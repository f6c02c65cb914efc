"""What is seen of a fault before anyone says what it is: a name, where, since when, and a sentence with numbers."""

from dataclasses import dataclass

SYMPTOMS = (
    "flat",
    "missing",
    "deaf",
    "pair_gain",
    "pair_polarity",
    "pair_swapped",
    "pair_rotated",
    "pair_lag",
    "pair_apart",
    "neighbour_level",
    "neighbour_polarity",
    "below_models",
    "above_models",
    "louder",
    "louder_everywhere",
    "spikes",
    "steps",
    "clipped",
    "offset",
    "mass_off",
    "mass_drifting",
    "clock_unlocked",
    "clock_error",
    "gnss_lost",
    "from_future",
    "late_drifting",
    "late_jumped",
    "wrong_epoch",
    "supply_low",
    "supply_falling",
    "temperature",
    "moved",
    "silent",
    "silent_together",
    "outages",
    "outages_together",
    "packets_lost",
    "overlaps",
    "late",
    "late_together",
    "health_silent",
    "unstated",
    "rate",
)
"""Names of all symptoms; docs/health.md says how each is measured."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that is seen.

    ``channel`` as ``00.HHE``, ``00.HH?`` for a sensor, empty for a station; ``factor`` as in a Finding; ``weight`` from
    0 to 1 how sure it is that it is *here* (of two sensors that disagree, one is right); ``urgency`` what comes of it.
    """

    name: str
    channel: str
    since_ns: int
    text: str
    factor: float | None = None
    weight: float = 1.0
    trend: str = ""
