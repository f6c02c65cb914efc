"""What an export writes is what was received, and it is whole or not there."""

from pathlib import Path

import numpy as np
import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.share import share
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.core.waveform import Record
from seismonet.formats.stationxml import channel_table
from seismonet.store.dayfiles import day_files
from seismonet.store.export import Exported, Layout, export, metadata_of
from seismonet.store.inventory import find_files
from seismonet.synthesis.records import miniseed
from tests.support.miniseed import record3

HHZ, HHN = SourceId.parse("TJ.SAREZ.00.HHZ"), SourceId.parse("TJ.SAREZ.00.HHN")
DAY = from_iso("2024-10-03T00:00:00Z")  # day 277
SECOND = 10**9


def records(name: SourceId, start_ns: int, seconds: int) -> list[bytes]:
    found = []
    for at in range(0, seconds, 10):
        found += miniseed(Record(name, start_ns + at * SECOND, 20.0, (np.arange(200) % 9).astype(np.int32)))
    return found


def archive(root: Path) -> dict[str, list[bytes]]:
    """Two channels over two days, with junk in one of the files; what their files hold."""
    held = {
        "HHZ.277": [*records(HHZ, DAY, 100), record3(clock=(8, 15, 30))],
        "HHZ.278": records(HHZ, DAY + 86_400 * SECOND, 100),
        "HHN.277": records(HHN, DAY, 100)[::-1],
    }
    for key, payloads in held.items():
        channel, day = key.split(".")
        folder = root / "2024" / "TJ" / "SAREZ" / f"{channel}.D"
        folder.mkdir(parents=True, exist_ok=True)
        junk = b"junk" * 10 if key == "HHZ.278" else b""
        (folder / f"TJ.SAREZ.00.{channel}.D.2024.{day}").write_bytes(junk + b"".join(payloads))
    return held


def run(root: Path, out: Path, layout: Layout, window: tuple[int, int] = (0, 2**62)) -> Exported:
    return export(day_files(root, (), window), window, out, layout)


def test_a_tree_is_exported_byte_for_byte_without_what_is_no_record(tmp_path: Path) -> None:
    held = archive(tmp_path / "sds")
    done = run(tmp_path / "sds", tmp_path / "out", "sds")
    for key, payloads in held.items():
        channel, day = key.split(".")
        path = tmp_path / "out" / "2024" / "TJ" / "SAREZ" / f"{channel}.D" / f"TJ.SAREZ.00.{channel}.D.2024.{day}"
        assert path in done.files
        assert path.read_bytes() == b"".join(payloads)
    assert (done.records, done.left_out, done.channels) == (31, 40, {HHZ, HHN})
    assert done.bytes == sum(len(one) for payloads in held.values() for one in payloads)
    assert not list((tmp_path / "out").rglob(".*"))


def test_one_file_a_channel_and_one_file_for_all(tmp_path: Path) -> None:
    held = archive(tmp_path / "sds")
    run(tmp_path / "sds", tmp_path / "out", "channels")
    whole = b"".join(held["HHZ.277"] + held["HHZ.278"])
    assert (tmp_path / "out" / "TJ.SAREZ.00.HHZ.mseed").read_bytes() == whole
    assert (tmp_path / "out" / "TJ.SAREZ.00.HHN.mseed").read_bytes() == b"".join(held["HHN.277"])
    done = run(tmp_path / "sds", tmp_path / "all.mseed", "file")
    assert done.files == [tmp_path / "all.mseed"]
    assert (tmp_path / "all.mseed").read_bytes() == b"".join(held["HHN.277"]) + whole


def test_records_that_touch_the_window_are_exported_whole(tmp_path: Path) -> None:
    held = archive(tmp_path / "sds")
    window = DAY + 15 * SECOND, DAY + 30 * SECOND
    run(tmp_path / "sds", tmp_path / "out", "channels", window)
    assert (tmp_path / "out" / "TJ.SAREZ.00.HHZ.mseed").read_bytes() == b"".join(held["HHZ.277"][1:3])
    assert (tmp_path / "out" / "TJ.SAREZ.00.HHN.mseed").read_bytes() == b"".join(held["HHN.277"][-3:-1])


def test_nothing_in_the_window_is_no_file(tmp_path: Path) -> None:
    archive(tmp_path / "sds")
    done = run(tmp_path / "sds", tmp_path / "all.mseed", "file", (DAY + 3600 * SECOND, DAY + 3601 * SECOND))
    assert (done.files, done.records, (tmp_path / "all.mseed").exists()) == ([], 0, False)


def test_what_is_there_is_not_overwritten_and_nothing_is_half_written(tmp_path: Path) -> None:
    archive(tmp_path / "sds")
    out = tmp_path / "out"
    out.mkdir()
    (out / "TJ.SAREZ.00.HHZ.mseed").write_bytes(b"mine")
    with pytest.raises(ArchiveError, match="exists already"):
        run(tmp_path / "sds", out, "channels")
    assert [one.name for one in out.iterdir()] == ["TJ.SAREZ.00.HHZ.mseed"]
    assert (out / "TJ.SAREZ.00.HHZ.mseed").read_bytes() == b"mine"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    archive(tmp_path / "sds")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ArchiveError, match="cannot be written"):
        run(tmp_path / "sds", tmp_path / "file" / "out", "channels")


def test_metadata_are_those_of_the_exported_channels_with_their_comments() -> None:
    files = find_files([share("stations")])
    document = metadata_of(files, [HHZ])
    table = channel_table(document)
    assert {channel.source_id for channel in table} == {HHZ}
    assert b"ASSUMED" in document
    assert metadata_of(files, [SourceId.parse("XX.NONE.00.HHZ")]) == b""
