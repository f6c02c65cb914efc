"""``seismonet events`` and ``seismonet status`` on a catalogue."""

import io
import json
from dataclasses import replace
from pathlib import Path

import obspy
import pytest

from seismonet.cli import events, network
from seismonet.core.errors import ArchiveError, ConfigError, QueryError
from seismonet.core.utc import to_iso
from seismonet.store.catalogue import Catalogue
from tests.support.quakes import START_NS, quake
from tests.support.quakes import network as stations

TABLE = stations(5)
REAL = quake(TABLE, down=("TJ.MURGH",))
FALSE = quake(TABLE, START_NS + 60 * 10**9, latitude=38.0, cancelled=True)
UNSURE = quake(TABLE, START_NS + 120 * 10**9, magnitude=6.9, ambiguous=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder as replay leaves it."""
    folder = tmp_path_factory.mktemp("out")
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        for one in (REAL, FALSE, UNSURE):
            catalogue.add_picks(one.picks.values())
            catalogue.add_status(one.statuses)
            catalogue.add_events(one.versions)
            catalogue.add_alerts(one.alerts)
    return str(folder)


def run(app: object, *arguments: str) -> None:
    app(list(arguments), exit_on_error=False, result_action="return_value")  # type: ignore[operator]


def test_list_has_a_row_per_event(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(events.app, "list", "--data", data)
    header, first, second, third = capsys.readouterr().out.splitlines()
    assert header.split()[0] == "id"
    assert first.split()[:2] == [REAL.versions[0].id, to_iso(REAL.versions[-1].origin.time_ns, 1)]
    assert "cancelled" not in first
    assert second.rstrip().endswith("cancelled: a teleseism")
    assert "Mpd ≥ 6." in third
    assert third.rstrip().endswith("or 39.07°N 71.79°E, 180 km deep, 23 %")


def test_list_as_json(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(events.app, "list", "--data", data, "--json")
    first, second, _ = json.loads(capsys.readouterr().out)
    assert (first["event_id"], first["alerts"]) == (REAL.versions[0].id, len(REAL.alerts))
    assert second["event_type"] == "not existing"


def test_show_says_which_stations_were_up_and_why_others_were_not(
    data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(events.app, "show", REAL.versions[0].id[:6], "--data", data)
    text = capsys.readouterr().out
    rows = {line.split()[0]: line for line in text.splitlines() if line.startswith("TJ.")}
    assert "4 of 5 stations can contribute" in text
    assert rows["TJ.MURGH"].split()[1] == "down"
    assert "no record for 95 s" in rows["TJ.MURGH"]
    assert rows["TJ.MANEM"].split()[1] == "up"
    assert "TJ.SAREZ.00.HHZ" in rows
    assert to_iso(REAL.alerts[0].issued_ns, 2) in text
    assert text.count(REAL.statuses[0].id) == 2  # beside the version and above the network
    assert "Mpd 5.0" in text


def test_alerts_are_timed_from_the_last_origin_and_say_what_is_a_lower_bound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An origin that moves to an earlier time makes no alert come before the one that it follows."""
    origin_ns = UNSURE.versions[-1].origin.time_ns
    early = replace(UNSURE.alerts[0], version=0, issued_ns=origin_ns + 9 * 10**9, origin_time_ns=origin_ns - 10**9)
    late = replace(early, version=1, kind="update", issued_ns=origin_ns + 10 * 10**9, origin_time_ns=origin_ns + 10**9)
    with Catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        catalogue.add_picks(UNSURE.picks.values())
        catalogue.add_status(UNSURE.statuses)
        catalogue.add_events(UNSURE.versions)
        catalogue.add_alerts((early, replace(late, at_least=True)))
    run(events.app, "show", UNSURE.versions[0].id, "--data", str(tmp_path))
    told = capsys.readouterr().out.partition("\nAlerts\n")[2].splitlines()[1:3]
    assert ["9.0 s" in told[0], "10.0 s" in told[1]] == [True, True]
    assert ["≥" in line for line in told] == [False, True]


def test_show_as_json_holds_everything(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(events.app, "show", FALSE.versions[0].id, "--data", data, "--json")
    shown = json.loads(capsys.readouterr().out)
    assert [one["version"] for one in shown["versions"]] == [one.version for one in FALSE.versions]
    assert [one["kind"] for one in shown["alerts"]][-1] == "cancel"
    assert {one["id"] for one in shown["statuses"]} == {one.network_status for one in FALSE.alerts}
    assert {one["id"] for one in shown["picks"]} == {one["pick_id"] for one in shown["arrivals"]}


def test_show_says_how_sure_it_is(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(events.app, "show", REAL.versions[0].id, "--data", data)
    text = capsys.readouterr().out
    assert f"version {REAL.versions[-1].version}, confirmed" in text
    assert "12 km (8 to 21), crust: 97 % less than 40 km" in text
    assert "Quality    good, 4 stations (4 P, 1 S)" in text
    assert "Deaf       TJ.MURGH: could not contribute" in text
    assert "Magnitude  Mpd 5.0 ± 0.3; 3.0 and more 70 %, 2.5-3.0 20 %, below 2.5 10 %" in text
    assert "118 ± 20" in text
    s_rows = [line.split() for line in text.splitlines() if line.split()[1:2] == ["S"]]
    assert [row[0] for row in s_rows] == ["TJ.SAREZ.00.HHZ"]
    run(events.app, "show", UNSURE.versions[0].id, "--data", data)
    text = capsys.readouterr().out
    assert "           or 39.07°N 71.79°E, 180 km deep, 23 %" in text
    assert "Mpd ≥ 6.8 ± 0.3" in text
    assert "a lower bound" in text
    run(events.app, "show", FALSE.versions[0].id, "--data", data)
    assert "cancelled: a teleseism" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["quakeml", "geojson", "csv"])
def test_export_to_a_file_and_to_standard_output(
    data: str, form: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "events"
    run(events.app, "export", "--data", data, "--format", form, "-o", str(path))
    run(events.app, "export", "--data", data, "--format", form)
    document = path.read_bytes()
    assert capsysbinary.readouterr().out == document
    assert list(tmp_path.iterdir()) == [path]
    if form == "quakeml":
        assert [one.event_type for one in obspy.read_events(io.BytesIO(document))] == [
            "earthquake",
            "not existing",
            "earthquake",
        ]
    elif form == "geojson":
        assert [one["properties"]["code"] for one in json.loads(document)["features"]] == [
            REAL.versions[0].id,
            FALSE.versions[0].id,
            UNSURE.versions[0].id,
        ]
    else:
        assert document.count(b"\n") == 4


def test_export_to_where_nothing_can_be_written(data: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be written"):
        run(events.app, "export", "--data", data, "-o", str(tmp_path / "missing" / "events.xml"))


def test_status_is_the_newest_or_that_of_a_time(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(network.app, "--data", data)
    assert "5 of 5 stations can contribute" in capsys.readouterr().out
    run(network.app, "--data", data, "--at", to_iso(REAL.statuses[0].time_ns + 10**6))
    text = capsys.readouterr().out
    assert "4 of 5 stations can contribute" in text
    assert "HHZ, HNZ: no record for 95 s" in text
    run(network.app, "--data", data, "--at", to_iso(REAL.statuses[0].time_ns + 10**6), "--json")
    assert json.loads(capsys.readouterr().out)["id"] == REAL.statuses[0].id


def test_questions_without_an_answer(data: str, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="no event"):
        run(events.app, "show", "zzz", "--data", data)
    with pytest.raises(QueryError, match="no network status up to"):
        run(network.app, "--data", data, "--at", "2000-01-01")
    with pytest.raises(ConfigError, match="is no time"):
        run(network.app, "--data", data, "--at", "yesterday")
    with pytest.raises(ArchiveError, match="no catalogue there"):
        run(events.app, "list", "--data", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_without_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Catalogue(tmp_path / "catalogue.sqlite").close()
    run(events.app, "list", "--data", str(tmp_path))
    assert capsys.readouterr().out.startswith("no event in")
    run(events.app, "list", "--data", str(tmp_path), "--json")
    assert json.loads(capsys.readouterr().out) == []
