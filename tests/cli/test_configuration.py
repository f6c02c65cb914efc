import json
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from seismonet.cli import main
from seismonet.config import Config, to_toml


def test_show_prints_the_defaults_as_toml_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show"]) == 0
    shown = tomllib.loads(capsys.readouterr().out)
    assert main(["config", "show", "--json"]) == 0
    in_json = json.loads(capsys.readouterr().out)
    assert {**shown, "source": [], "receiver": []} == in_json == json.loads(json.dumps(Config().document()))


def test_show_prints_what_a_file_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.toml"
    path.write_text("[alert]\nmoved_km = 7.5\n", "utf-8")
    assert main(["config", "show", str(path)]) == 0
    shown = tomllib.loads(capsys.readouterr().out)
    assert shown["alert"]["moved_km"] == 7.5
    assert shown["picker"] == tomllib.loads(to_toml(Config()))["picker"]


def test_check_tells_good_from_bad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.toml"
    path.write_text("[alert]\nmoved_km = 7.5\n", "utf-8")
    assert main(["config", "check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: good\n"
    path.write_text("[alert]\nmoved_km = -1\nloud = true\n", "utf-8")
    assert main(["config", "check", str(path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.split(":")[0].strip() for line in said.err.splitlines()] == [
        "seismonet",
        "alert.loud",
        "alert.moved_km",
    ]


def test_check_opens_the_stations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "one.toml"
    path.write_text('[network]\nstations = ["none.xml"]\n', "utf-8")
    assert main(["config", "check", str(path)]) == 1
    assert "none.xml: no such file" in capsys.readouterr().err
    inventory = Path(str(files("qopen"))) / "example" / "example_inventory.xml"
    path.write_text(f'[network]\nstations = ["{inventory}"]\n', "utf-8")
    assert main(["config", "check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: good; 5 stations, 15 channels\n"


def test_check_reads_what_is_said_about_the_earth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, crust, terms = tmp_path / "one.toml", tmp_path / "crust.txt", tmp_path / "terms.csv"
    inventory = Path(str(files("qopen"))) / "example" / "example_inventory.xml"
    named = f'stations = ["{inventory}"]\nearth_model = "crust.txt"\nstation_corrections = "terms.csv"\n'
    path.write_text(f"[network]\n{named}", "utf-8")

    def told() -> str:
        assert main(["config", "check", str(path)]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        return said.err

    assert told() == f"seismonet: {crust}: cannot be read: No such file or directory\n"
    crust.write_text("0 6.0 3.5\n40 6.0 6.5\n")
    assert told() == (
        f"seismonet: {crust}: line 2: Vs of 6.5 km/s with Vp of 6 km/s; it should be above 0 and below Vp\n"
    )
    crust.write_text("0 6.0 3.5\n40 6.0 3.5\n")
    assert told() == f"seismonet: {terms}: cannot be read: No such file or directory\n"
    terms.write_text("station,phase,depth_class,correction_s\nGR.NONE,P,deep,0.1\n")
    assert told() == f"seismonet: {terms}: no metadata of GR.NONE; mend the codes\n"
    terms.write_text("station,phase,depth_class,correction_s\n")
    assert main(["config", "check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: good; 5 stations, 15 channels\n"
