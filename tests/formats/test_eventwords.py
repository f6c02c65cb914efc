"""How sure an event is, in words."""

from dataclasses import replace

from seismonet.core.event import Magnitude
from seismonet.formats import eventwords
from tests.support.quakes import START_NS, network, quake

TABLE = network(5)
SURE = quake(TABLE).versions[-1]
UNSURE = quake(TABLE, START_NS, ambiguous=True).versions[-1]
PLAIN = replace(SURE.origin, confidence=None)


def test_the_half_units_worth_telling_come_by_probability() -> None:
    chances = (0.0, 0.0, 0.0, 0.0, 0.01, 0.25, 0.7, 0.04, 0, 0, 0, 0, 0, 0)
    size = Magnitude(5.2, "Mpd", 0.3, (), probabilities=chances)
    assert eventwords.probable(size) == "5.0-5.5 70 %, 4.5-5.0 25 %"
    names = [name for name, _ in eventwords.half_units(size)]
    assert (names[0], names[1], names[-1]) == ("below 2.5", "2.5-3.0", "8.5 and more")
    assert eventwords.half_units(Magnitude(5.2, "Mpd", 0.3, ())) == []


def test_stations_that_were_set_aside_are_named() -> None:
    assert SURE.magnitude is not None
    first, *rest = SURE.magnitude.station_magnitudes
    size = replace(SURE.magnitude, station_magnitudes=(replace(first, used=False, value=7.24), *rest))
    assert eventwords.set_aside(size) == [f"{first.source_id.station_code} (Mpd 7.2)"]
    assert eventwords.set_aside(SURE.magnitude) == eventwords.set_aside(None) == []


def test_another_place_is_told_only_where_there_is_one() -> None:
    (other,) = eventwords.other_places(UNSURE.origin)
    assert other == "or 39.07°N 71.79°E, 180 km deep, 23 %"
    assert eventwords.other_places(SURE.origin) == eventwords.other_places(PLAIN) == []


def test_depth_says_what_it_may_be() -> None:
    assert eventwords.depth(SURE.origin) == "12 km (8 to 21), crust: 97 % less than 40 km, 1 % more than 60 km"
    assert eventwords.depth(UNSURE.origin).startswith("12 km (8 to 21), crust or slab: 77 %")
    assert eventwords.depth(PLAIN) == "12 ± 6 km"


def test_regions_are_told_as_far_as_they_are_known() -> None:
    assert eventwords.radii(SURE.origin).count("% within") == 3
    assert eventwords.radii(PLAIN) == f"68 % within {PLAIN.horizontal_uncertainty_km:.1f} km"
    assert "towards 35°" in eventwords.ellipse(SURE.origin)
    assert eventwords.ellipse(PLAIN) == ""
    assert eventwords.phases(SURE.origin) == "5 P, 1 S"


def test_what_an_event_is() -> None:
    assert eventwords.standing(replace(SURE, state="preliminary")) == "preliminary"
    gone = replace(SURE, event_type="not existing", reason="the stations disagree")
    assert eventwords.standing(gone) == "cancelled: the stations disagree"
    assert eventwords.standing(replace(gone, reason="")) == "cancelled"
