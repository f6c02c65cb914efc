"""What is simulated says so in every file, on every screen, from the recordings to the export."""

import json
from pathlib import Path

import pytest

from seismonet.cli import main


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated earthquake, replayed into the folder ``out``."""
    folder = tmp_path_factory.mktemp("simulated")
    assert main(["simulate", "2023-murghob", "--out", str(folder / "made")]) == 0
    waveforms = str(folder / "made" / "simulated-2023-murghob.mseed")
    stations = str(folder / "made" / "simulated-stations.xml")
    assert main(["replay", waveforms, "--stations", stations, "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_every_file_of_a_replay_says_so(simulated: Path) -> None:
    for name in ("picks.jsonl", "alerts.jsonl", "status.jsonl"):
        lines = [json.loads(line) for line in (simulated / name).read_text().splitlines()]
        assert lines
        assert all(line["simulated"].startswith("SIMULATED") for line in lines)
    assert "SIMULATED seismonet" in (simulated / "events.xml").read_text()
    assert (simulated / "SIMULATED.txt").read_text().startswith("SIMULATED")


@pytest.mark.parametrize("command", [["events", "list"], ["status"]])
def test_screens_and_objects_say_so(simulated: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main([*command, "--data", str(simulated)]) == 0
    assert "SIMULATED data" in capsys.readouterr().out
    assert main([*command, "--data", str(simulated), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all("simulated" in one for one in (found if isinstance(found, list) else [found]))


@pytest.mark.parametrize("form", ["quakeml", "geojson", "csv"])
def test_exports_say_so(simulated: Path, form: str, tmp_path: Path) -> None:
    out = tmp_path / "export"
    assert main(["events", "export", "--data", str(simulated), "--format", form, "--output", str(out)]) == 0
    assert "SIMULATED seismonet" in out.read_text()
