"""GeoJSON and CSV as USGS's readers expect them."""

import csv
import io
import json
from dataclasses import replace

import pytest

from seismonet.core.event import Arrival
from seismonet.core.sourceid import SourceId
from seismonet.formats.eventcsv import COLUMNS, event_csv
from seismonet.formats.geojson import geojson, place, sureness
from tests.support.quakes import START_NS, network, quake

TABLE = network(3)
REAL = quake(TABLE).versions[-1]
FALSE = quake(TABLE, START_NS + 60 * 10**9, cancelled=True).versions[-1]
UNSURE = quake(TABLE, START_NS + 90 * 10**9, magnitude=6.9, ambiguous=True, down=("TJ.X",)).versions[-1]
UNSIZED = replace(REAL, magnitude=None, origin=replace(REAL.origin, depth_km=float("nan"), rms_s=float("nan")))
USGS_COLUMNS = (
    "time,latitude,longitude,depth,mag,magType,nst,gap,dmin,rms,net,id,updated,place,type,"
    "horizontalError,depthError,magError,magNst,status,locationSource,magSource"
)


def test_a_feature_says_what_the_event_says() -> None:
    document = json.loads(geojson([REAL, FALSE], agency="kh"))
    assert document["type"] == "FeatureCollection"
    assert document["metadata"]["count"] == len(document["features"]) == 2
    first, second = document["features"]
    longitude, latitude, depth_km = first["geometry"]["coordinates"]
    assert (longitude, latitude) == pytest.approx((REAL.origin.longitude, REAL.origin.latitude), abs=1e-5)
    assert depth_km == 12.0
    told = first["properties"]
    assert told["time"] == REAL.origin.time_ns // 10**6
    assert told["updated"] == REAL.issued_ns // 10**6
    assert REAL.magnitude is not None
    assert told["mag"] == pytest.approx(REAL.magnitude.value, abs=0.005)
    assert (told["magType"], told["nst"], told["type"], told["status"]) == ("Mpd", 3, "earthquake", "automatic")
    assert told["dmin"] == pytest.approx(REAL.origin.minimum_distance_km / 111.195, abs=1e-4)
    assert first["id"] == told["net"] + told["code"] == "kh" + REAL.id
    assert told["ids"] == f",kh{REAL.id},"
    assert told["title"] == f"M {REAL.magnitude.value:.1f} - {told['place']}"
    assert (second["properties"]["status"], second["properties"]["type"]) == ("deleted", "not existing")


def test_what_is_not_known_is_null_or_empty() -> None:
    (feature,) = json.loads(geojson([UNSIZED]))["features"]
    assert feature["properties"]["mag"] is None
    assert feature["properties"]["rms"] is None
    assert feature["geometry"]["coordinates"][2] is None
    (row,) = csv.DictReader(io.StringIO(event_csv([UNSIZED])))
    assert (row["mag"], row["magType"], row["depth"], row["rms"], row["magNst"]) == ("", "", "", "", "")
    assert row["latitude"] == f"{REAL.origin.latitude:.4f}"


def test_csv_has_the_columns_of_usgs() -> None:
    text = event_csv([REAL, FALSE])
    assert text.splitlines()[0].startswith(USGS_COLUMNS + ",")
    first, second = csv.DictReader(io.StringIO(text))
    assert first["time"] == "2024-10-03T08:00:00.373Z"
    assert first["updated"].endswith("Z")
    assert (first["depth"], first["nst"], first["magNst"], first["id"]) == ("12.00", "3", "3", REAL.id)
    assert float(first["horizontalError"]) == pytest.approx(REAL.origin.horizontal_uncertainty_km, abs=0.005)
    assert (second["type"], second["status"]) == ("not existing", "deleted")


def test_no_event_is_a_list_without_events() -> None:
    assert json.loads(geojson([]))["features"] == []
    assert event_csv([]) == ",".join(COLUMNS) + "\n"


def test_the_columns_behind_usgs_are_those_of_the_features() -> None:
    assert COLUMNS[len(USGS_COLUMNS.split(",")) :] == tuple(sureness(REAL))
    (feature,) = json.loads(geojson([UNSURE]))["features"]
    told = feature["properties"]
    (row,) = csv.DictReader(io.StringIO(event_csv([UNSURE])))
    for name, value in sureness(UNSURE).items():
        assert told[name] == value
        assert row[name] == ("" if value is None else str(value).lower() if isinstance(value, bool) else str(value))


def test_how_sure_it_is() -> None:
    sure = UNSURE.origin.confidence
    assert sure is not None
    told = sureness(UNSURE)
    assert (told["quality"], told["depthClass"], told["state"]) == ("ambiguous", "undecided", "confirmed")
    assert (told["otherDepth"], told["otherProbability"]) == (180.0, 0.23)
    assert (told["radius50"], told["radius90"]) == pytest.approx((sure.radius_50_km, sure.radius_90_km), abs=0.005)
    assert (told["depthLow"], told["depthHigh"], told["deaf"]) == (8.0, 21.0, "TJ.X")
    assert told["magAtLeast"]
    assert sureness(REAL)["otherLatitude"] is None
    assert (sureness(FALSE)["state"], sureness(FALSE)["reason"]) == ("cancelled", "a teleseism")
    plain = sureness(replace(REAL, magnitude=None, origin=replace(REAL.origin, confidence=None)))
    assert {name for name, value in plain.items() if value is not None} == {"state"}


def test_a_lower_bound_is_told_in_the_title() -> None:
    (feature,) = json.loads(geojson([UNSURE]))["features"]
    assert feature["properties"]["title"].startswith("M ≥ 6.")


@pytest.mark.parametrize(
    ("to_station_deg", "wind"), [(0.0, "S"), (90.0, "W"), (225.0, "NE"), (350.0, "S"), (181.0, "N")]
)
def test_a_place_is_told_as_seen_from_the_nearest_station(to_station_deg: float, wind: str) -> None:
    near = Arrival("a", SourceId("TJ", "SAREZ", "00", "HHZ"), "P", 20.4, to_station_deg, 0.0, 1.0)
    far = replace(near, source_id=SourceId("TJ", "MURGH", "00", "HHZ"), distance_km=80.0)
    assert place(replace(REAL.origin, arrivals=(far, near))) == f"20 km {wind} of station TJ.SAREZ"


def test_a_place_without_arrivals_is_its_coordinates() -> None:
    assert place(replace(REAL.origin, arrivals=(), latitude=-1.0, longitude=2.0)) == "1.00°S 2.00°E"
