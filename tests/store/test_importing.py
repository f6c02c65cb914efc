"""Files from elsewhere: of any size, with junk in them, or with nothing but junk."""

import os
from pathlib import Path

import numpy as np
import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.utc import from_iso
from seismonet.core.waveform import Packet, Record
from seismonet.store.archive import Archive
from seismonet.store.files import Appender, Disk
from seismonet.store.importing import CHUNK_BYTES, Imported, Stored, find_files, import_files, import_into
from seismonet.store.inbox import put, waiting
from seismonet.store.index import Index
from seismonet.synthesis.records import miniseed
from tests.support.filled import DAY, HHN, HHZ, RECEIVED_NS, SECOND, day_file, fill, records
from tests.support.miniseed import record, record3


def taken(*paths: Path) -> tuple[list[Packet], Imported]:
    got: list[Packet] = []
    return got, import_files(paths, got.extend)


def file(folder: Path, data: bytes, name: str = "data.mseed") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_records_come_through_byte_for_byte_and_the_rest_is_told(tmp_path: Path) -> None:
    good = [record(), record3(), record(xn=9), record(length=4096, clock=(8, 20, 0))]
    path = file(
        tmp_path, b"x" * 100 + good[0] + bytes(512) + good[1] + record3(crc=7) + good[2] + good[3] + good[0][:300]
    )
    got, done = taken(path)
    assert [packet.payload for packet in got] == good
    assert {(packet.station, packet.sequence) for packet in got} == {("TJ.SAREZ", -1)}
    assert (done.files, done.records, done.bytes) == (1, 4, sum(map(len, good)))
    assert done.refused == {"crc": 1}
    assert done.skipped == {"no record": 100, "zeros": 512, "cut off": 300}


@pytest.mark.parametrize("shift", [0, 1, 100, 511])
def test_a_large_file_is_read_in_pieces_without_a_byte_lost(tmp_path: Path, shift: int) -> None:
    kinds = [record(clock=(8, 15, second)) for second in range(60)]
    count = (2 * CHUNK_BYTES + 2**20) // 512
    sent = [kinds[k % 60] for k in range(count)]
    long = record3(np.arange(16_000, dtype=np.int32), encoding=3)
    sent.insert(CHUNK_BYTES // 512 - 50, long)
    path = file(tmp_path, b"?" * shift + b"".join(sent))
    read: list[int] = []
    got: list[bytes] = []
    done = import_files([path], lambda packets: got.extend(packet.payload for packet in packets), read.append)
    assert b"".join(got) == b"".join(sent)
    assert done.skipped == ({"no record": shift} if shift else {})
    assert sum(read) == path.stat().st_size
    assert len(read) >= 3


def test_a_large_file_of_junk_costs_no_memory_and_is_told(tmp_path: Path) -> None:
    junk = np.random.default_rng(1).integers(65, 120, 2 * CHUNK_BYTES + 77, dtype=np.uint8).tobytes()
    path = file(tmp_path, junk + record())
    got, done = taken(path)
    assert [packet.payload for packet in got] == [record()]
    assert done.skipped == {"no record": len(junk)}


def test_files_without_records_are_named(tmp_path: Path) -> None:
    text, empty = file(tmp_path, b"README: data of 2024", "readme.txt"), file(tmp_path, b"", "empty")
    got, done = taken(text, empty, file(tmp_path, record()))
    assert (len(got), done.without, done.unreadable) == (1, [text, empty], [])


def test_a_file_that_is_gone_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    gone = tmp_path / "gone.mseed"
    got, done = taken(gone, file(tmp_path, record()))
    assert (len(got), done.unreadable) == (1, [f"{gone}: No such file or directory"])


def test_a_sink_that_fails_ends_the_import(tmp_path: Path) -> None:
    def full(_: list[Packet]) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "journal"))

    with pytest.raises(OSError, match="No space left"):
        import_files([file(tmp_path, record())], full)


def test_folders_are_searched_to_the_bottom_but_not_the_archive_itself(tmp_path: Path) -> None:
    own = tmp_path / "stick" / "archive"
    inside = file(own, record(), "sds/2024/TJ/x")
    deep = file(tmp_path, record(), "stick/2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.277")
    file(tmp_path, record(), "stick/.Trash/x")
    file(tmp_path, record(), "stick/.hidden")
    assert find_files([tmp_path / "stick", deep], own) == [deep]
    assert find_files([inside], own) == [inside]
    with pytest.raises(ArchiveError, match="no such file or folder"):
        find_files([tmp_path / "nothing"], own)


def test_links_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    path = file(tmp_path, record(), "a/b/c")
    os.symlink(tmp_path / "a", tmp_path / "a" / "b" / "again")
    assert find_files([tmp_path], tmp_path / "archive") == [path]


def into(folder: Path, *paths: Path) -> tuple[Imported, Stored]:
    return import_into(Archive(folder), paths, RECEIVED_NS)


def test_records_go_into_the_archive_once_and_late(tmp_path: Path) -> None:
    folder, payloads = tmp_path / "archive", records(HHZ, DAY, 100)
    fill(folder, payloads[:5])
    path = file(tmp_path, b"".join(payloads))
    done, stored = into(folder, path)
    assert (done.records, stored.taken.archived, stored.taken.duplicates) == (10, 5, 5)
    assert day_file(folder).read_bytes() == b"".join(payloads)
    index = Index(folder / "index.sqlite")
    assert index.spans(late=True)[HHZ] == [(DAY + 50 * SECOND, DAY + 100 * SECOND)]
    index.close()
    again, nothing = into(folder, path)
    assert (again.records, nothing.taken.archived, nothing.taken.duplicates) == (10, 0, 10)


def test_other_samples_of_the_same_time_are_kept_beside_and_told(tmp_path: Path) -> None:
    folder, payloads = tmp_path / "archive", records(HHZ, DAY, 30)
    fill(folder, payloads)
    other = miniseed(Record(HHZ, DAY + 10 * SECOND, 20.0, np.full(200, 3, dtype=np.int32)))
    _, stored = into(folder, file(tmp_path, b"".join(other)))
    assert (stored.taken.archived, stored.taken.conflicts) == (1, 1)
    assert day_file(folder).read_bytes() == b"".join(payloads + other)


def test_data_of_twenty_years_ago_are_taken_from_a_peers_tree(tmp_path: Path) -> None:
    start = from_iso("2005-03-01T00:00:00Z")  # 1024 weeks before the archive's days: live, a receiver's rollover
    fill(tmp_path / "peer", records(HHN, DAY, 10))
    old = records(HHZ, start, 50)
    path = file(tmp_path / "peer", b"".join(old), "sds/2005/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2005.060")
    _, stored = into(tmp_path / "archive", *find_files([tmp_path / "peer" / "sds"], tmp_path / "archive"))
    assert stored.taken.archived == 6
    mine = tmp_path / "archive" / path.relative_to(tmp_path / "peer")
    assert mine.read_bytes() == b"".join(old)


def test_a_full_disk_ends_the_import_and_what_was_acknowledged_stays(tmp_path: Path) -> None:
    folder, payloads = tmp_path / "archive", records(HHZ, DAY, 100)
    fill(folder, payloads[:5])

    class Full(Disk):
        def append(self, path: Path) -> Appender:
            raise OSError(28, "No space left on device", str(path))

    with pytest.raises(ArchiveError, match="No space left"):
        import_into(Archive(folder, disk=Full()), [file(tmp_path, b"".join(payloads))], RECEIVED_NS)
    assert day_file(folder).read_bytes() == b"".join(payloads[:5])
    into(folder, tmp_path / "data.mseed")
    assert day_file(folder).read_bytes() == b"".join(payloads)


def test_what_waits_in_the_inbox_is_taken_in_as_well(tmp_path: Path) -> None:
    folder, payloads = tmp_path / "archive", records(HHZ, DAY, 100)
    fill(folder, payloads[:5])
    put(folder, [Packet("TJ.SAREZ", -1, payload) for payload in payloads[5:]], Disk())
    _, stored = into(folder)
    assert (stored.taken.archived, waiting(folder)) == (0, [])
    assert day_file(folder).read_bytes() == b"".join(payloads)
