"""``seismonet targets``."""

import json
from pathlib import Path

import pytest

from seismonet.cli import main


def test_the_pamir_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["targets"]) == 0
    told = capsys.readouterr().out
    assert "Хорог, Хоруғ" in told
    assert told.splitlines()[-1].endswith(": Barchidev, Basid, Karakul, Sary-Tash")


def test_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("name,name_tg,kind,latitude,longitude\nA,Ӣ,dam,1,2\n", "utf-8")
    assert main(["targets", str(path), "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["name"], one["names"], one["population"], one["threshold"]) == ("A", {"tg": "Ӣ"}, None, 5.0)


def test_a_wrong_line_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, config = tmp_path / "t.csv", tmp_path / "one.toml"
    path.write_text("name,kind,latitude,longitude\nA,dam,1,200\n", "utf-8")
    config.write_text('[network]\ntargets = "t.csv"\n', "utf-8")
    wrong = f"seismonet: {path}: line 2: longitude '200' should be a number from -180 to 180\n"
    for command in (["targets", str(path)], ["config", "check", str(config)]):
        assert main(command) == 1
        assert capsys.readouterr().err == wrong
    assert main(["doctor", "-c", str(config), "--json"]) == 2
    assert wrong[len("seismonet: ") : -1] in [one["what"] for one in json.loads(capsys.readouterr().out)]
    path.write_text("name,kind,latitude,longitude\nA,dam,1,20\n", "utf-8")
    assert main(["config", "check", str(config)]) == 0
    assert capsys.readouterr().out == f"{config}: good; 1 targets\n"
