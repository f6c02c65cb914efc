"""``seismonet stations``."""

import json
import re
import shlex
from pathlib import Path

import pytest

from seismonet.cli.stations import app
from seismonet.core.errors import ArchiveError, FormatError, QueryError, SeismonetError
from seismonet.core.share import share
from seismonet.models.nominal import station_xml
from seismonet.store.inventory import read_inventories
from tests.support.stationdoc import GOOD, HHZ, Doc, spec

NEW = ("new", "XX.ABC", "--latitude", "38.1", "--longitude", "72.6", "--elevation", "3200", "--start", "2025-06-01")


def run(*arguments: str | Path) -> object:
    return app([str(one) for one in arguments], exit_on_error=False, result_action="return_value")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "XX.ABC.xml"
    path.write_bytes(GOOD)
    return path


def test_list_shows_the_stations_that_travel_along(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "station"
    for code in ("TJ.MANEM", "TJ.MURGH", "TJ.SAREZ"):
        assert any(line.startswith(code) and "2024-09-15" in line and "HH* HN*" in line for line in lines)


def test_list_as_json(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("list", good, "--json")
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["station"], one["latitude"], len(one["channels"])) == ("XX.ABC", 38.1234, 6)


def test_show_tells_channels_health_and_comments(capsys: pytest.CaptureFixture[str]) -> None:
    run("show", "TJ.SAREZ")
    text = capsys.readouterr().out
    assert re.search(r"TJ\.SAREZ\.00\.HHZ +2024-09-15 +100 +0 +-90 +velocity +3\.0172e\+08", text)
    assert "D0.LCQ" in text
    assert "ASSUMED place: " in text
    assert "HHE HHN HHZ: Nanometrics Trillium Compact 120 s" in text


def test_show_as_json(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("show", "XX.ABC", good, "--json")
    shown = json.loads(capsys.readouterr().out)
    assert shown["channels"][5]["counts_per_unit"] == pytest.approx(2.04e5)
    assert {one["channel"] for one in shown["others"]} >= {"XX.ABC.D0.LCQ", "XX.ABC.D0.VM1"}


def test_show_tells_what_is_wrong_instead_of_failing(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good.write_bytes(Doc().text(f"{HHZ}/Response/InstrumentSensitivity/Value", "0").bytes())
    assert run("show", "XX.ABC", good) == 0
    assert "XX.ABC.00.HHZ: an InstrumentSensitivity of 0" in capsys.readouterr().out


def test_show_of_an_unknown_station_says_so(good: Path) -> None:
    with pytest.raises(QueryError, match=r"YY\.NO is in none"):
        run("show", "YY.NO", good)


def test_check_ends_with_1_on_errors_only(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", good) == 0
    assert capsys.readouterr().out == f"{good}: 0 errors, 0 warnings\n"
    good.write_bytes(Doc().text(f"{HHZ}/Dip", "-80").bytes())
    assert run("check", good) == 0
    assert "1 warnings" in capsys.readouterr().out
    good.write_bytes(Doc().text(f"{HHZ}/Response/InstrumentSensitivity/Value", "0").bytes())
    assert run("check", good) == 1
    text = capsys.readouterr().out
    assert (
        "error 410: XX.ABC.00.HHZ: sensitivity 0 at 1 Hz\n    rule: the sensitivity is above zero\n    to mend: "
        in text
    )


def test_check_says_the_same_of_many_channels_once(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good.write_bytes(GOOD.replace(b"<Name>m/s</Name>", b"<Name>M/S</Name>"))
    run("check", good)
    assert capsys.readouterr().out.count("'M/S' ought to be 'm/s'") == 1


def test_check_as_json_and_of_the_shipped_stations(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {one["level"] for one in found} == {"warning"}
    assert {Path(one["file"]).name for one in found} == {"TJ.MANEM.xml", "TJ.MURGH.xml", "TJ.SAREZ.xml"}
    assert set(found[0]) == {"file", "rule", "level", "where", "text", "asks", "mend"}


def test_check_of_something_else_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<quakeml/>")
    with pytest.raises(FormatError, match=r"x\.xml: XML, but not StationXML"):
        run("check", tmp_path / "x.xml")


def test_new_writes_a_station_that_can_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.xml"
    assert run(*NEW, "--digitizer", "centaur-200-lp", "--sensor", "none", "-o", path) == 0
    table = read_inventories([path])
    assert {(one.source_id.nslc, one.rate_hz) for one in table} == {(f"XX.ABC.00.HN{c}", 200.0) for c in "ZNE"}
    assert run("check", path) == 0
    with pytest.raises(ArchiveError, match="exists already"):
        run(*NEW, "-o", path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--latitude", "91"), "--latitude"),
        (("--longitude", "nan"), "--longitude"),
        (("--elevation", "1e9"), "--elevation"),
        (("--start", "yesterday"), "--start"),
        (("--created", "yesterday"), "--created"),
        (("--sensor", "titan-4g"), "trillium-compact-120"),
        (("--accelerometer", "none", "--digitizer", "x"), "centaur-100-lp"),
        (("--confirmed", "weather"), "choose from codes, place"),
    ],
)
def test_new_refuses_what_cannot_be(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    given = dict(zip(NEW[2::2], NEW[3::2], strict=True)) | dict(zip(arguments[::2], arguments[1::2], strict=True))
    with pytest.raises(QueryError, match=says):
        run("new", "XX.ABC", *(part for pair in given.items() for part in pair), "-o", tmp_path / "x.xml")
    assert not (tmp_path / "x.xml").exists()


@pytest.mark.parametrize("station", ["ABC", "XX.", ".ABC", "XX.ABCDEF", "XXX.ABC", "xx.abc", "XX.A/C", "XX.ÄBC"])
def test_new_refuses_names_that_are_none(tmp_path: Path, station: str) -> None:
    with pytest.raises(QueryError):
        run("new", station, *NEW[2:], "-o", tmp_path / "x.xml")


def test_import_replaces_a_response(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = tmp_path / "box.xml"
    box.write_bytes(Doc().text(f"{HHZ}/Response/InstrumentSensitivity/Value", "3.0e8").bytes())
    run("import", box, good, "--channel", "HHZ", "--calibrated")
    assert capsys.readouterr().out == f"{good}: response of XX.ABC.00.HHZ replaced\n"
    assert read_inventories([good]).channels[2].sensitivity == 3.0e8
    assert b"calibrated response, imported from box.xml" in good.read_bytes()


def test_map_is_drawn(good: Path, tmp_path: Path) -> None:
    assert run("map", good, "-o", tmp_path / "map.png") == 0
    assert (tmp_path / "map.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(ArchiveError, match="cannot be written"):
        run("map", good, "-o", tmp_path / "map.docx")


def test_catalogue_lists_what_new_knows(capsys: pytest.CaptureFixture[str]) -> None:
    run("catalogue", "--json")
    codes = {one["code"] for one in json.loads(capsys.readouterr().out)}
    assert {"trillium-compact-120", "titan-4g", "centaur-100-lp"} <= codes


@pytest.mark.parametrize("command", ["list", "check", "map"])
def test_missing_files_are_named(command: str, tmp_path: Path) -> None:
    with pytest.raises(SeismonetError, match=r"nothing\.xml"):
        run(command, tmp_path / "nothing.xml")


def test_the_shipped_stations_are_what_their_commands_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", (share("stations") / "README.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    for line in block.replace("\\\n", " ").splitlines():
        program, group, *arguments = shlex.split(line)
        assert (program, group) == ("seismonet", "stations")
        run(*arguments)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in share("stations").glob("*.xml")}


def test_the_shipped_stations_hold_what_they_should() -> None:
    table = read_inventories([share("stations")])
    assert [one.source_id.nslc for one in table] == [
        f"TJ.{station}.00.H{s}{c}" for station in ("MANEM", "MURGH", "SAREZ") for s in "HN" for c in "ENZ"
    ]
    assert {(one.rate_hz, one.quantity, round(one.sensitivity)) for one in table} == {
        (100.0, "velocity", 301_720_000), (100.0, "acceleration", 204_000),
    }  # fmt: skip


def test_two_files_of_one_station_that_disagree_are_refused(good: Path, tmp_path: Path) -> None:
    (tmp_path / "other.xml").write_bytes(station_xml(spec(latitude=39.0)))
    with pytest.raises(FormatError, match=r"XX\.ABC"):
        run("list", tmp_path)
