"""Any pick, refusal and event, for properties that must hold of all of them."""

from dataclasses import replace

from hypothesis import strategies as st

from seismonet.core.event import (
    Arrival,
    Confidence,
    Event,
    Magnitude,
    Origin,
    Pick,
    Place,
    Polarization,
    Rejection,
    StationMagnitude,
)
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId

TIMES = st.integers(-(2**62), 2**62)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SHARES = st.floats(0, 1)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
NAMES = st.builds(
    SourceId,
    st.sampled_from(["", "TJ"]),
    st.sampled_from(["SAREZ", "MURGH"]),
    st.sampled_from(["", "00"]),
    st.sampled_from(["HHZ", "HNE", "H_HX_Z"]),
)
IDS = st.sampled_from(["p1", "p2", "s1", "s2"])
POLARIZATIONS = st.builds(Polarization, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
PICKS = st.builds(
    Pick, IDS, NAMES, TIMES, st.sampled_from("PS"), NUMBERS, NUMBERS, st.integers(0, 9), TIMES, TIMES, TEXTS,
    st.sampled_from(["", "positive", "negative", "undecidable"]), st.none() | POLARIZATIONS, SHARES, TEXTS,
    st.sampled_from(["", "P", "S"]),
)  # fmt: skip
REJECTIONS = st.builds(Rejection, IDS, NAMES, TIMES, TIMES, TEXTS, TEXTS)
MOTIONS = st.builds(
    Motion, st.builds(lambda name: name.station_code, NAMES), st.lists(NAMES, max_size=3).map(tuple), TIMES, TIMES,
    NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.none() | st.booleans(), TIMES, NUMBERS, NUMBERS, st.just("") | IDS,
    st.booleans(),
)  # fmt: skip
ARRIVALS = st.builds(Arrival, IDS, NAMES, st.sampled_from("PS"), NUMBERS, NUMBERS, NUMBERS, SHARES)
PLACES = st.builds(Place, NUMBERS, NUMBERS, NUMBERS, SHARES)
CONFIDENCES = st.builds(
    Confidence, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, SHARES, SHARES,
    st.lists(PLACES, max_size=3).map(tuple), TEXTS, TEXTS, st.lists(TEXTS, max_size=3).map(tuple),
)  # fmt: skip
ORIGINS = st.builds(
    Origin, TIMES, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS,
    st.lists(ARRIVALS, max_size=4).map(tuple), TEXTS, st.none() | CONFIDENCES,
)  # fmt: skip
STATION_MAGNITUDES = st.builds(
    StationMagnitude, IDS, NAMES, NUMBERS, NUMBERS, NUMBERS, st.booleans(), st.sampled_from(["Mpd", "ML"]), NUMBERS
)
MAGNITUDES = st.builds(
    Magnitude, NUMBERS, TEXTS, NUMBERS, st.lists(STATION_MAGNITUDES, max_size=3).map(tuple), st.booleans(),
    st.lists(SHARES, max_size=14).map(tuple), TEXTS,
)  # fmt: skip
EVENTS = st.builds(
    Event, st.sampled_from(["e1", "e2"]), st.integers(0, 3), TIMES, ORIGINS, st.none() | MAGNITUDES, st.just("status"),
    st.sampled_from(["earthquake", "not existing"]), st.sampled_from(["preliminary", "confirmed"]), TEXTS,
)  # fmt: skip


def all_picks(pick: Pick) -> list[Pick]:
    """Picks of all ids that events here may name."""
    return [replace(pick, id=name) for name in ("p1", "p2", "s1", "s2")]
