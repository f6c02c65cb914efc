"""``seismonet simulate`` end to end: what it writes can be replayed, and the earthquake is found."""

import json
from pathlib import Path

import pytest

from seismonet.cli import main

SCENARIO = """
name = "near"
description = "An earthquake between the stations"
duration_s = 110.0
[[events]]
after_s = 45.0
latitude = 38.0
longitude = 72.7
depth_km = 12.0
magnitude = 5.5
"""


def test_a_scenario_of_ones_own_is_written_and_found_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "near.toml", tmp_path / "out"
    file.write_text(SCENARIO)
    assert main(["simulate", str(file), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["simulated"].startswith("SIMULATED")
    assert {Path(path).name for path in told["files"]} == {
        "simulated-near.mseed", "simulated-truth.xml", "simulated-stations.xml", "simulated-faults.json",
    }  # fmt: skip
    waveforms, stations = out / "simulated-near.mseed", out / "simulated-stations.xml"
    found = ["replay", str(waveforms), "--stations", str(stations), "--out", str(tmp_path / "replay"), "--json"]
    assert main(found) == 0
    events = [json.loads(line) for line in (tmp_path / "replay" / "alerts.jsonl").read_text().splitlines()]
    assert events
    assert events[-1]["latitude"] == pytest.approx(38.0, abs=0.3)
    assert events[-1]["longitude"] == pytest.approx(72.7, abs=0.3)
    assert events[-1]["magnitude"] == pytest.approx(5.5, abs=0.7)


def test_the_earth_is_another_than_any_model_and_another_with_each_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "near.toml"
    file.write_text(SCENARIO.replace("110.0", "10.0"))

    def onsets(*words: str) -> dict[str, tuple[float, float]]:
        out = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
        assert main(["simulate", str(file), "--out", str(out), "--json", *words]) == 0
        return {one["station"]: (one["p_s"], one["s_s"]) for one in json.loads(capsys.readouterr().out)["onsets"]}

    first, again, other, thin = onsets(), onsets(), onsets("--seed", "1"), onsets("--earth", "iasp91")
    assert first == again
    for station, (p_s, s_s) in first.items():
        assert 0.001 < abs(other[station][1] - s_s) < 3.0
        assert abs(thin[station][0] - p_s) < 4.0
    assert "Earths drawn around pamir70-v0" in (tmp_path / "out1" / "simulated-truth.xml").read_text()


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate"]) == 0
    assert "2015-sarez        Mw 7.2" in capsys.readouterr().out
    assert main(["simulate", "--json"]) == 0
    assert {"2015-sarez", "quiet", "nuisance"} <= {one["name"] for one in json.loads(capsys.readouterr().out)}


def test_what_cannot_be_done_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, told in (
        (["quite"], "is it quiet?"),
        ([str(tmp_path / "none.toml")], "cannot be read"),
        (["quiet", "--start", "soon"], "is no time"),
        (["quiet", "--start", "1999-01-01T00:00:00Z"], "no such station"),
    ):
        assert main(["simulate", *words, "--out", str(tmp_path / "x")]) == 1
        assert told in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_the_outcome_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "near.toml"
    file.write_text(SCENARIO.replace("110.0", "10.0"))
    assert main(["simulate", str(file), "--out", str(tmp_path / "out"), "--layout", "sds", "--miniseed", "3"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("SIMULATED near: An earthquake between the stations\nEarths drawn around pamir70-v0: ")
    assert "a Moho at 60 to 75 km" in said
    assert "\n  TJ.MANEM" in said
    assert "P " in said
    assert str(tmp_path / "out" / "simulated-near-sds") in said
