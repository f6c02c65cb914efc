"""``seismonet evaluate`` end to end: on what a replay wrote, and on simulated earthquakes."""

import json
from pathlib import Path

import pytest

from seismonet.cli import main
from seismonet.core.utc import to_iso
from tests.cli.conftest import Case


@pytest.fixture(scope="module")
def folder(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "out"
    assert main(["replay", str(case.waveforms), "--stations", case.stations, "--out", str(out), "--json"]) == 0
    truth = {
        "events": [
            {"origin_time": to_iso(case.event.origin_ns), "latitude": case.event.latitude,
             "longitude": case.event.longitude, "depth_km": case.event.depth_km, "magnitude": case.event.magnitude},
            {"origin_time": "2031-01-01T00:00:00Z", "latitude": 0.0, "longitude": 0.0},
        ],
        "picks": [
            {"station": one.station_code, "phase": one.phase, "time": to_iso(one.time_ns)} for one in case.onsets
        ],
    }  # fmt: skip
    (out.parent / "truth.json").write_text(json.dumps(truth))
    return out


def test_a_replay_is_measured(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, told = folder.parent / "truth.json", tmp_path / "told.json"
    words = ["evaluate", str(folder), "--truth", str(truth), "--json", str(told), "--out", str(tmp_path / "figures")]
    assert main(words) == 0
    text = capsys.readouterr().out
    lines = [line.split() for line in text.splitlines()]
    assert ["recall", "100", "%"] in [line[:3] for line in lines]
    assert "1 earthquake of the truth outside of this time left out." in text
    assert "SIMULATED" not in text
    assert "Data of 2.3 minutes of this time." in text
    assert "not computed: there were data of less than six hours" in text
    found = json.loads(told.read_text())
    assert found["found"][0]["final"]["epicentre_km"] < 30.0
    assert abs(found["general"]["picks.P.mean"]["value"]) < 0.2
    assert found["general"]["picks.P.recall.0.5"]["value"] == 1.0
    assert found["general"]["ready.3_stations"]["value"] > 0.5
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert names == {"map.png", "course.png", "residuals.png", "calibration.png", "magnitudes.png"}


def test_a_window_without_the_earthquake_has_nothing_to_find(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = str(folder.parent / "truth.json")
    assert main(["evaluate", str(folder), "--truth", truth, "--end", "2025-02-01T00:00:30Z"]) == 0
    assert "[1] not computed: the truth holds no earthquake" in capsys.readouterr().out


def test_simulated_earthquakes_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tmp_path / "told.json"
    words = ["evaluate", "--simulate", "1", "--magnitudes", "6", "6", "--up", "SAREZ, MURGH", "--json", str(told)]
    assert main([*words, "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("SIMULATED")
    assert "2 of 3 stations up" in text
    document = json.loads(told.read_text())
    assert document["simulated"].startswith("SIMULATED")
    assert "Earths drawn around" in document["assumed"]
    assert document["expectation"] == {"less than 40 km deep": [], "40 km deep and more": []}
    assert (tmp_path / "expectation.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{run}"], "give the folder of a run and its --truth, or --simulate N"),
        (["nowhere", "--truth", "{truth}"], "nowhere: holds no catalogue.sqlite"),
        (["{run}", "--truth", "nowhere.xml"], "nowhere.xml: cannot be read"),
        (["{run}", "--truth", "{truth}", "--max-km", "0"], "--max-km 0: give a number above 0"),
        (["{run}", "--truth", "{truth}", "--start", "2026-01-01"], "the time window ends before it begins"),
        (["{run}", "--truth", "{truth}", "--region", "{truth}"], "is no GeoJSON FeatureCollection"),
        (["{run}", "--truth", "{truth}", "--simulate", "3"], "--simulate makes its own truth"),
        (["--simulate", "0"], "--simulate 0: give a number from 1"),
        (["--simulate", "1", "--jobs", "0"], "--jobs 0: give 1 or more"),
        (["--simulate", "1", "--magnitudes", "6", "5"], "--magnitudes 6 5: give the lower and the higher"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    places = {"run": str(folder), "truth": str(folder.parent / "truth.json")}
    assert main(["evaluate", *(word.format(**places) for word in words)]) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
