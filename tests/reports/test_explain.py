"""The page that says why: the right answer from what is stored, whoever was told, and when nobody could be."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from seismonet.core.alert import Decision
from seismonet.core.errors import QueryError
from seismonet.core.event import Rejection
from seismonet.core.utc import from_seconds
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.reports.explain import answer, html, text, title, write_page
from seismonet.reports.explanation import AHEAD, ALIKE, MISSING, REFUSED, SILENT, USED, Asked, Explanation, explain
from seismonet.store.catalogue import Catalogue
from tests.support.quakes import START_NS, network, quake, status
from tests.support.trust import measured

TABLE = network(5)
MODEL = travel_times("iasp91", cache_dir())
LATER_NS = START_NS + 3600 * 10**9
RULES = ("stations 5 of 2: yes", "magnitude 3.1 of 4.5: no")
NEARER = ("stations 3 of 2: yes", "magnitude 4.4 of 4.5: no")
FARTHER = ("stations 1 of 2: no", "magnitude 3.0 of 4.5: no")


TOLD = measured(quake(TABLE, down=("TJ.MURGH",)))
SMALL = measured(quake(TABLE, START_NS + 600 * 10**9, latitude=38.0, magnitude=3.1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a replay left."""
    found = tmp_path_factory.mktemp("out")
    with Catalogue(found / "catalogue.sqlite") as catalogue:
        catalogue.add_stations(TABLE)
        for one in (TOLD, SMALL):
            catalogue.add_picks(one.picks.values())
            catalogue.add_status(one.statuses)
            catalogue.add_events(one.versions)
        alerts = [replace(one, event_version=one.version, source_event_id=one.event_id) for one in TOLD.alerts]
        catalogue.add_alerts(alerts)
        catalogue.add_decisions(
            Decision(
                one.event_id, "operator", "network", one.issued_ns, one.network_status, ("stations 3 of 3: yes",), one
            )
            for one in alerts
        )
        last = SMALL.versions[-1]
        catalogue.add_decisions(
            Decision(last.id, audience, "network", last.issued_ns + k, last.network_status, rules)
            for audience in ("public", "siren")
            for k, rules in enumerate((FARTHER, NEARER, FARTHER))
        )
        catalogue.add_span(START_NS - 10**9, START_NS + 900 * 10**9)
        catalogue.add_span(LATER_NS, LATER_NS + 600 * 10**9)
        catalogue.add_status([status(TABLE, LATER_NS, down=("TJ.SAREZ",))])
        p_ns = round(MODEL.times("P", 0.5, 15.0).item() * 1e9)
        catalogue.add_rejections(
            [
                Rejection(
                    "x", TABLE.channels[0].source_id, LATER_NS + p_ns, LATER_NS + p_ns + 10**9, "spike", "3 samples"
                )
            ]
        )
    return found


def asked(folder: Path, what: Asked) -> Explanation:
    return explain(folder, what, MODEL)


def test_an_alert_is_explained_by_the_version_that_told_first(folder: Path) -> None:
    found = asked(folder, Asked(TOLD.versions[0].id[:6]))
    assert title(found).startswith("Why an alert was sent: Mpd 5.0, 2024-10-03T08:00:")
    first, operator, missing = answer(found)
    after_s = (TOLD.versions[0].issued_ns - TOLD.versions[0].origin.time_ns) / 1e9
    assert first.startswith(f"3 stations located it {after_s:.1f} s after its origin at 38.39°N 72.87°E ± 12 km")
    assert operator == f"Operator was told {after_s:.1f} s after the origin (network): 3 stations agree, then 1 update."
    assert missing.startswith(
        "With the stations that were missing: TJ.MURGH (HHZ, HNZ: no record for 95 s): third station"
    )
    roles = {one.code: one.role for one in found.stations}
    assert roles == {
        "TJ.SAREZ": USED, "TJ.ST03": USED, "TJ.MANEM": USED, "TJ.MURGH": MISSING, "TJ.ST04": ALIKE,
    }  # fmt: skip
    assert [one.km for one in found.stations] == sorted(one.km for one in found.stations)
    assert [one.kind for one in found.moments if one.kind in ("event", "alert")] == ["event", "alert"] * 2
    assert [one.time_ns for one in found.moments] == sorted(one.time_ns for one in found.moments)


def test_an_earthquake_that_was_not_told_is_explained_by_the_decision_that_came_nearest(folder: Path) -> None:
    found = asked(folder, Asked(SMALL.versions[0].id))
    assert title(found).startswith("Why no alert was sent: Mpd 3.0")
    assert answer(found)[1:] == [
        "Public was not told: magnitude 4.4 of 4.5.", "Siren was not told: magnitude 4.4 of 4.5.",
    ]  # fmt: skip
    rows = [line for line in text(found).splitlines() if line.startswith("  public")]
    assert [line.split()[3] for line in rows] == ["yes", "NO"]


def test_time_and_place_find_the_event(folder: Path) -> None:
    near = asked(folder, Asked("", START_NS + from_seconds(20.0), 38.1, 72.5))
    assert near.event is not None
    assert near.event.id == TOLD.versions[0].id
    for time_ns, latitude in ((START_NS + from_seconds(120.0), 38.3), (START_NS, 42.0)):
        assert asked(folder, Asked("", time_ns, latitude, 72.9)).event is None
    with pytest.raises(QueryError, match="no event"):
        asked(folder, Asked("nothing"))


def test_what_is_no_event_is_explained_station_by_station(folder: Path) -> None:
    station = TABLE.stations[0]
    assert station.code != "SAREZ"
    where = station.latitude + 0.5, station.longitude
    found = asked(folder, Asked("", LATER_NS, *where))
    assert found.event is None
    assert (
        title(found)
        == f"Why nobody was alerted of an earthquake at 2024-10-03T09:00:00Z, {where[0]:.2f}°N {where[1]:.2f}°E"
    )
    said = answer(found)
    assert said[1] == "An event needs P at two stations at least; 4 of 5 were able to contribute."
    roles = {one.code: one.role for one in found.stations}
    assert roles.pop("TJ.SAREZ") == MISSING
    assert roles.pop(station.station_code) == REFUSED
    assert set(roles.values()) == {SILENT}
    assert f"Refused: {station.station_code}." in said
    assert "spike: 3 samples" in text(found)
    assert "heard nothing" not in said[0]


def test_a_time_without_data_says_so(folder: Path) -> None:
    found = asked(folder, Asked("", START_NS + 2000 * 10**9, 38.3, 72.5))
    assert answer(found)[0].endswith("no data of that time were received or replayed.")


def test_a_station_that_the_waves_had_not_reached_is_not_called_silent(folder: Path) -> None:
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        picks = catalogue.picks()
    late = next(one for one in picks if one.source_id.station_code == "TJ.ST04" and one.id in TOLD.picks)
    found = asked(folder, Asked(TOLD.versions[0].id))
    part = next(one for one in found.stations if one.code == "TJ.ST04")
    assert (part.pick_ns, part.told_ns) == (late.time_ns, late.first_issued_ns)
    assert part.why == f"told {(late.first_issued_ns - TOLD.versions[0].issued_ns) / 1e9:.1f} s after the decision"
    assert AHEAD not in {one.role for one in found.stations}


def test_the_page_is_one_file_that_needs_nothing_else(folder: Path, tmp_path: Path) -> None:
    found = replace(asked(folder, Asked(TOLD.versions[0].id)), simulated="SIMULATED <b>")
    page = html(found)
    assert re.findall(r'(?:src|href)="([^"]{10})', page) == ["data:image"]
    assert "<b>" not in page.replace("<body>", "")
    assert "SIMULATED: Why an alert was sent" in page
    assert 'class="no">' not in page, "all rules were met"
    assert 'class="no">NO<' in html(asked(folder, Asked(SMALL.versions[0].id)))
    for name, start in (("a.html", b"<!DOCTYPE"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")):
        write_page(found, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(QueryError, match="ending"):
        write_page(found, tmp_path / "a.docx")
