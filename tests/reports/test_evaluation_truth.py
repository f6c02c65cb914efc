"""Catalogues of any agency are read as they are, and what is wrong in them is told with its place."""

import pytest

from seismonet.core.errors import FormatError
from seismonet.core.utc import from_iso
from seismonet.formats.eventcsv import event_csv
from seismonet.formats.quakeml import quakeml
from seismonet.reports.evaluation import TruePick
from seismonet.reports.evaluationtruth import parse_truth, together
from tests.support.evaluated import TABLE, origin_ns
from tests.support.quakes import quake

USGS = """time,latitude,longitude,depth,mag,magType,id,type
2024-10-03T08:00:01.500Z,38.1,72.9,12.5,5.1,mww,us1,earthquake
2024-10-03T09:00:00.000Z,38.2,72.8,0,2.1,ml,us2,quarry blast
2024-10-03T10:00:00.000Z,38.2,72.8,,,,us3,
"""
FDSN = """#EventID|Time|Latitude|Longitude|Depth/km|Author|Catalog|Contributor|ContributorID|MagType|Magnitude
1|2024-10-03T08:00:01.5|38.1|72.9|12.5|a|b|c|d|mb|4.9
"""
JSON = """{"incomplete": true, "events": [{"origin_time": "2024-10-03T08:00:00Z", "latitude": 38, "longitude": 72,
 "depth_km": null, "magnitude": 4.5, "first_p": {"time": "2024-10-03T08:00:05Z"}, "optional": true}],
 "picks": [{"nslc": "TJ.SAREZ.00.HHZ", "phase": "P", "time": "2024-10-03T08:00:05Z"},
           {"station": "MANEM", "phase": "Sg", "time": "2024-10-03T08:00:09Z"},
           {"station": "MANEM", "phase": "pP", "time": "2024-10-03T08:00:19Z"}]}"""


def test_csv_of_usgs() -> None:
    first, blast, bare = parse_truth(USGS.encode(), "usgs.csv").events
    assert (first.name, first.time_ns) == ("us1", from_iso("2024-10-03T08:00:01.5Z"))
    assert (first.latitude, first.longitude, first.depth_km, first.magnitude) == (38.1, 72.9, 12.5, 5.1)
    assert (first.optional, blast.optional, bare.optional) == (False, True, False)
    assert (bare.depth_km, bare.magnitude) == (None, None)


def test_text_of_fdsn() -> None:
    (one,) = parse_truth(FDSN.encode(), "fdsn.txt").events
    assert (one.depth_km, one.magnitude, one.magnitude_type, one.name) == (12.5, 4.9, "mb", "1")


def test_json() -> None:
    found = parse_truth(JSON.encode(), "truth.json")
    (one,) = found.events
    assert (one.optional, one.incomplete, one.depth_km) == (True, True, None)
    assert one.first_p_ns == from_iso("2024-10-03T08:00:05Z")
    assert [(pick.station, pick.phase) for pick in found.picks] == [("TJ.SAREZ", "P"), ("MANEM", "S")]


def test_our_own_exports_are_read() -> None:
    one = quake(TABLE, origin_ns(0))
    last = one.versions[-1]
    (of_csv,) = parse_truth(event_csv([last]).encode(), "a.csv").events
    (of_quakeml,) = parse_truth(quakeml([last], one.picks), "a.xml").events
    for found in (of_csv, of_quakeml):
        assert found.latitude == pytest.approx(last.origin.latitude, abs=1e-4)
        assert found.depth_km == pytest.approx(last.origin.depth_km, abs=0.01)
        assert found.magnitude == pytest.approx(last.magnitude.value if last.magnitude else None, abs=0.01)
        assert abs(found.time_ns - last.origin.time_ns) < 1_000_000
    # picks of an automatic are no analyst's
    assert of_quakeml.picks == ()


def test_an_analysts_picks_are_read_from_quakeml() -> None:
    one = quake(TABLE, origin_ns(0))
    text = quakeml([one.versions[-1]], one.picks).replace(b"automatic", b"manual")
    (found,) = parse_truth(text, "a.xml").events
    used = {arrival.pick_id for arrival in one.versions[-1].origin.arrivals}
    assert len(found.picks) == len(used)
    assert {pick.phase for pick in found.picks} == {"P", "S"}
    assert found.first_p_ns == min(pick.time_ns for pick in found.picks if pick.phase == "P")


def test_a_network_that_is_not_told_is_any() -> None:
    assert TruePick("SAREZ", "P", 0).is_at("TJ.SAREZ")
    assert not TruePick("AREZ", "P", 0).is_at("TJ.SAREZ")


def test_what_two_files_tell_counts_once() -> None:
    first, second = parse_truth(USGS.encode(), "usgs.csv"), parse_truth(FDSN.encode(), "fdsn.txt")
    found = together([first, second])
    assert [one.name for one in found.events] == ["us1", "us2", "us3"]
    assert [one.name for one in together([second, first]).events] == ["1", "us2", "us3"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "names no column time, latitude, longitude"),
        (USGS.replace("38.1,", "north,"), "usgs.csv, line 2: 'north' is no number"),
        (USGS.replace("2024-10-03T09", "2024-13-03T09"), "usgs.csv, line 3: '2024-13-03T09:00:00.000Z' is no time"),
        (USGS.replace("38.2,72.8,,", "98.2,72.8,,"), "usgs.csv, line 4: 98.2, 72.8 is no place"),
        ("{", "is no JSON"),
        ('{"a": 1}', 'a list "events"'),
        ('{"events": [{"latitude": 1}]}', 'usgs.csv, event 1: has no "origin_time"'),
        ('{"events": [], "picks": [{"time": 1}]}', 'usgs.csv, pick 1: names no "station"'),
        ("<no", "ObsPy cannot read it as QuakeML"),
        (b"\xff\xfe\x00", "neither QuakeML nor text"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str | bytes, told: str) -> None:
    with pytest.raises(FormatError) as error:
        parse_truth(text if isinstance(text, bytes) else text.encode(), "usgs.csv")
    assert told in str(error.value)
    assert "\n" not in str(error.value)
