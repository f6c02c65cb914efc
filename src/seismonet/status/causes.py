"""What each cause makes of what is seen: the numbers that the diagnosis weighs, all of them, and what to do.

``LIKELIHOODS[cause][symptom]`` is the probability that a fault of this cause shows the symptom; symptoms it does not
name appear by chance (``CHANCE``). They are judgements from the field's literature (docs/health.md), in steps of a
tenth: what matters is which symptoms a cause shows at all, and the fault suite measures what comes of it. A symptom of
0.8 or more is a hallmark: that it is absent speaks against the cause. The others are ways in which the cause may show.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CHANCE = 0.001
"""How often a symptom shows at a station that has nothing to show it."""
PRIOR = 0.02
HALLMARK = 0.8
"""How often a station has a given fault, before anything is seen; all alike, for networks differ."""

LIKELIHOODS: Mapping[str, Mapping[str, float]] = {
    "dead": {"flat": 0.75, "deaf": 0.75, "below_models": 0.5, "louder": 0.1},
    "gain": {"pair_gain": 0.95, "neighbour_level": 0.5, "below_models": 0.2, "above_models": 0.2, "louder": 0.2},
    "polarity": {"pair_polarity": 0.95, "neighbour_polarity": 0.5},
    "swapped": {"pair_swapped": 0.95},
    "orientation": {"pair_rotated": 0.95},
    "mass": {"mass_off": 0.9, "mass_drifting": 0.5, "offset": 0.6, "clipped": 0.1, "deaf": 0.05, "flat": 0.05},
    "clipped": {"clipped": 0.95, "offset": 0.3, "louder": 0.2, "flat": 0.02, "deaf": 0.1, "pair_gain": 0.1},
    "spikes": {"spikes": 0.95, "louder": 0.5, "above_models": 0.3, "deaf": 0.05},
    "noise": {"louder": 0.8, "above_models": 0.5, "deaf": 0.2, "clipped": 0.1, "spikes": 0.1, "neighbour_level": 0.1},
    "storm": {"louder_everywhere": 0.95, "above_models": 0.2, "spikes": 0.1},
    "clock": {
        "clock_unlocked": 0.6,
        "gnss_lost": 0.6,
        "clock_error": 0.3,
        "late_drifting": 0.3,
        "late_jumped": 0.3,
        "from_future": 0.3,
        "wrong_epoch": 0.3,
        "overlaps": 0.2,
        "packets_lost": 0.1,
        "outages": 0.1,
        "silent": 0.1,
    },
    "link": {"silent": 0.5, "outages": 0.6, "late": 0.6, "packets_lost": 0.1},
    "packets": {"packets_lost": 0.8, "overlaps": 0.5},
    "power": {"supply_low": 0.8, "supply_falling": 0.6, "silent": 0.3, "outages": 0.4},
    "temperature": {"temperature": 0.95},
    "digitizer": {"missing": 0.6, "flat": 0.05, "health_silent": 0.4, "outages": 0.2},
    "server": {"silent_together": 0.6, "outages_together": 0.6, "late_together": 0.4},
    "metadata": {"unstated": 0.4, "rate": 0.4, "moved": 0.4, "pair_apart": 0.4},
}
OF_STATION = frozenset({"clock", "link", "packets", "power", "temperature", "server", "storm"})
"""Causes that befall a station as a whole; the others, a channel or a sensor, or all channels at once."""
WHOLE_NEEDED: Mapping[str, frozenset[str]] = {
    "link": frozenset({"silent", "outages", "late", "packets_lost"}),
    "clock": frozenset({"overlaps", "packets_lost", "outages", "silent"}),
    "power": frozenset({"silent", "outages"}),
    "server": frozenset(),
}
"""Symptoms that speak for a cause of the station only where all its channels have them."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about a cause, in one sentence, and what to carry along."""

    action: str
    take: tuple[str, ...] = ()


REMEDIES: Mapping[str, Remedy] = {
    "dead": Remedy(
        "check the cable and connector of this axis, then exchange the sensor",
        ("spare sensor", "sensor cable", "multimeter", "contact cleaner"),
    ),
    "gain": Remedy(
        "compare the sensitivity in the metadata with the calibration sheet and the digitizer's range; correct which of"
        " them is wrong from the date it began",
        ("calibration sheets", "laptop for the digitizer's page"),
    ),
    "polarity": Remedy(
        "check the wiring of this axis and its direction in the metadata; correct whichever is wrong",
        ("compass", "sensor cable", "laptop"),
    ),
    "swapped": Remedy(
        "exchange the two components back, in the wiring or in the metadata from the date it began",
        ("sensor cable", "laptop", "wiring plan"),
    ),
    "orientation": Remedy(
        "measure the orientation and write it into the metadata, or turn the sensor",
        ("compass or gyroscope", "level"),
    ),
    "mass": Remedy("recentre the masses; level the sensor if that does not hold", ("level", "laptop")),
    "clipped": Remedy(
        "look whether the sensor is tilted or its range too small for this site; level, or choose a larger range",
        ("level", "laptop"),
    ),
    "spikes": Remedy(
        "look for a loose connector, a bad ground or a source of interference nearby",
        ("contact cleaner", "ground strap", "cable ties"),
    ),
    "noise": Remedy(
        "check this sensor's connector, cover and ground; exchange it if another sensor is quiet there",
        ("spare sensor", "sensor cable", "contact cleaner"),
    ),
    "storm": Remedy("nothing at the sensors: both feel it; wait until wind or works are over, then look again"),
    "clock": Remedy(
        "check the GNSS antenna, its view of the sky and its cable; do not use its times until it is locked",
        ("GNSS antenna", "antenna cable", "self-amalgamating tape"),
    ),
    "link": Remedy(
        "call the provider and restart the modem from afar before going there",
        ("spare modem", "SIM card", "antenna cable"),
    ),
    "packets": Remedy(
        "look at signal strength and throttling of the link; ask the digitizer again for what is missing",
        ("directional antenna", "antenna cable"),
    ),
    "power": Remedy(
        "measure battery and panel, clear the panel of snow and dust, exchange the battery",
        ("battery", "charge controller", "multimeter", "fuses"),
    ),
    "temperature": Remedy("check insulation and ventilation of the vault", ("insulation", "thermometer")),
    "digitizer": Remedy(
        "restart the digitizer from afar; check which channels it sends, then its inputs",
        ("spare digitizer", "laptop", "sensor cable"),
    ),
    "server": Remedy("look at our own server and its connection: all its stations went at once"),
    "metadata": Remedy("correct the station's metadata, and check them with `seismonet stations check`"),
}
