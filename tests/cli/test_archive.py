"""``seismonet archive`` as an operator uses it."""

import json
from pathlib import Path

import pytest

from seismonet.cli import main
from seismonet.core.share import share
from seismonet.daemon.lock import EXIT_CODE, Lock
from seismonet.formats.miniseed import decode_file
from seismonet.formats.stationxml import channel_table
from seismonet.store.inbox import take_inbox
from seismonet.store.journal import Journal
from tests.support.filled import DAY, HHN, HHZ, SECOND, day_file, fill, records

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive with a gap, a late piece and a second channel."""
    place = tmp_path / "archive"
    live = records(HHZ, DAY, 300) + records(HHZ, DAY + 400 * SECOND, 600) + records(HHN, DAY, 1000)
    fill(place, live, records(HHZ, DAY + 350 * SECOND, 50))
    return place


def run(*arguments: object) -> int:
    return main(["archive", *map(str, arguments)])


def stick(tmp_path: Path, *payloads: bytes) -> Path:
    place = tmp_path / "stick"
    place.mkdir()
    (place / "data.mseed").write_bytes(b"".join(payloads))
    (place / "readme.txt").write_bytes(b"data of October")
    return place


def test_status_is_a_line_a_channel(folder: Path, capsys: Capture) -> None:
    window = "--start", "2024-10-03T00:00:00", "--end", "2024-10-03T00:16:40"
    assert run("status", "-a", folder, *window) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2024-10-03 00:00:00 UTC to 2024-10-03 00:16:40 UTC; a block is 42 s"
    assert lines[2].split()[:4] == ["TJ.SAREZ.00.HHN", "100.00", "%", "█" * 24]
    assert lines[3].split()[:9] == ["TJ.SAREZ.00.HHZ", "95.00", "%", "███████▂▅" + "█" * 15, "1", "50", "s", "50", "s"]
    assert "2024-10-03 00:16:40 UTC" in lines[3]
    assert lines[4].startswith("archive 98 KiB; journal ")


def test_status_by_day_and_for_some_channels(folder: Path, capsys: Capture) -> None:
    assert run("status", "TJ.*.*.HHZ", "-a", folder, "--by-day") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[2:-1]] == [["TJ.SAREZ.00.HHZ", "2024-10-03"]]
    assert run("status", "XX", "-a", folder) == 0
    assert capsys.readouterr().out.startswith("no record of XX")


def test_status_for_machines(folder: Path, capsys: Capture) -> None:
    assert run("status", "-a", folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    hhn, hhz = found["channels"]
    assert (hhz["nslc"], hhz["gaps"], hhz["late_s"], hhz["records"]) == ("TJ.SAREZ.00.HHZ", 1, 50.0, 95)
    assert (hhn["source_id"], hhn["last"]) == ("FDSN:TJ_SAREZ_00_H_H_N", "2024-10-03T00:16:40.000000Z")
    assert [day["day"] for day in hhz["days"]] == ["2024-10-03"]
    assert found["storage"]["archive_bytes"] == 195 * 512
    assert found["conflicts"] == found["losses"] == []


def test_the_configuration_says_where_the_archive_lies(folder: Path, capsys: Capture) -> None:
    config = folder.parent / "pamir.toml"
    config.write_text('[archive]\nfolder = "archive"\n', "utf-8")
    assert run("status", "-c", config) == 0
    assert "TJ.SAREZ.00.HHZ" in capsys.readouterr().out


def test_verify_says_nothing_of_a_sound_archive_and_exits_1_for_a_broken_one(folder: Path, capsys: Capture) -> None:
    assert run("verify", "-a", folder) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 files, 195 records, 98 KiB: 0 errors, 1 remark"
    path = day_file(folder)
    data = bytearray(path.read_bytes())
    data[512 + 70] ^= 1
    path.write_bytes(data)
    assert run("verify", "-a", folder) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "sds/2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.277:512: steim: record of TJ.SAREZ.00.HHZ"
    )
    assert lines[-1].endswith(": 1 error, 1 remark")
    assert run("verify", "-a", folder, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["errors"], found["findings"][0]["offset"], found["findings"][0]["code"]) == (1, 512, "steim")
    assert run("verify", "TJ.SAREZ.00.HHN", "-a", folder) == 0


def test_repair_makes_it_sound(folder: Path, capsys: Capture) -> None:
    path = day_file(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:1024] + b"junk" * 8 + whole[1024:])
    assert run("verify", "-a", folder) == 1
    capsys.readouterr()
    assert run("repair", "-a", folder) == 0
    out = capsys.readouterr().out
    assert out.startswith("2 day files looked at, 1 written anew\n32 B that are no record")
    assert out.count("the index was made") == 1
    assert f"the index as it was is kept: {folder}/index.sqlite.before-repair" in out
    assert path.read_bytes() == whole
    assert run("verify", "-a", folder) == 0
    capsys.readouterr()
    assert run("repair", "-a", folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["files"], found["rewritten"], found["junk_bytes"]) == (2, [], 0)


def test_repair_keeps_out_of_a_daemons_way(folder: Path, capsys: Capture) -> None:
    with Lock(folder):
        assert run("repair", "-a", folder) == EXIT_CODE
    assert "works here already" in capsys.readouterr().err


def test_import_takes_in_what_is_new(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    gap = records(HHZ, DAY + 300 * SECOND, 50)
    place = stick(tmp_path, *records(HHZ, DAY + 200 * SECOND, 100), b"junk" * 10, *gap)
    assert run("import", place, "-a", folder) == 0
    out = capsys.readouterr().out
    assert "5 archived, 10 were there already" in out
    assert "40 B skipped: no record" in out
    assert f"no record in {place / 'readme.txt'}" in out
    assert run("status", "-a", folder, "--json", "TJ.SAREZ.00.HHZ") == 0
    assert json.loads(capsys.readouterr().out)["channels"][0]["gaps"] == 0


def test_import_of_nothing_is_no_success(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    for place in (stick(tmp_path), tmp_path / "empty"):
        place.mkdir(exist_ok=True)
        assert run("import", place, "-a", folder) == 1
        assert "no record was found in what was given" in capsys.readouterr().err
        with Lock(folder):
            assert run("import", place, "-a", folder, "--json") == 1
        assert "no record was found" in capsys.readouterr().err


def test_import_makes_an_archive_where_there_is_none(tmp_path: Path, capsys: Capture) -> None:
    place = stick(tmp_path, *records(HHZ, DAY, 100))
    assert run("import", place / "data.mseed", "-a", tmp_path / "new", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["archived"], found["duplicates"], found["inbox"]) == (10, 0, False)
    assert run("verify", "-a", tmp_path / "new") == 0


def test_while_a_daemon_runs_records_go_to_its_inbox(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    gap = records(HHZ, DAY + 300 * SECOND, 50)
    with Lock(folder):
        assert run("import", stick(tmp_path, *gap), "-a", folder) == 0
        assert "laid into the inbox" in capsys.readouterr().out
        assert run("status", "-a", folder) == 0
        assert "waiting to be imported 2.5 KiB" in capsys.readouterr().out
        journal = Journal(folder / "journal")  # what the daemon's writer does
        assert take_inbox(folder, journal, DAY) == 5
        journal.close()


def test_export_of_a_window_is_readable_and_has_its_metadata_beside(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "quake.mseed"
    window = "--start", "2024-10-03T00:01:05", "--end", "2024-10-03T00:01:35"
    assert run("export", "TJ.SAREZ.00.HHZ", "-a", folder, "-o", out, *window, "--stations", share("stations")) == 0
    assert capsys.readouterr().out.startswith("4 records, 2.0 KiB in 1 file")
    batch, found = decode_file(out.read_bytes())
    assert (len(batch.receipts), found.skipped) == (4, ())
    assert {one.source_id for one in channel_table((tmp_path / "quake.xml").read_bytes())} == {HHZ}
    assert run("export", "-a", folder, "-o", out) == 1
    assert "exists already" in capsys.readouterr().err


def test_an_exported_tree_can_be_imported_again(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run("export", "-a", folder, "-o", tmp_path / "tree", "--sds") == 0
    assert run("import", tmp_path / "tree", "-a", tmp_path / "copy") == 0
    assert "195 archived, 0 were there already" in capsys.readouterr().out
    for name in (HHZ, HHN):
        assert sorted(_split(day_file(tmp_path / "copy", name))) == sorted(_split(day_file(folder, name)))


def _split(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return [data[at : at + 512] for at in range(0, len(data), 512)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["status", "-a", "nowhere"], "no archive there"),
        (["verify", "-a", "nowhere"], "no archive there"),
        (["repair", "-a", "nowhere"], "no archive there"),
        (["export", "-a", "nowhere", "-o", "x"], "no archive there"),
        (["import", "nothing", "-a", "nowhere"], "no such file or folder"),
        (["status", "tj.sarez"], "names no channels"),
        (["status", "--start", "yesterday"], "is no time"),
        (["verify", "--start", "2024-02-01", "--end", "2024-01-01"], "the time window is empty"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "archive" / "sds").mkdir(parents=True)
    assert run(*arguments) == 1
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1
    assert not (tmp_path / "nowhere").exists()


def test_nothing_in_the_window_is_no_export(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run("export", "-a", folder, "-o", tmp_path / "out", "--start", "2030-01-01") == 1
    assert "no record in this time" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
