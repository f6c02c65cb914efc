"""A whole archive verified: files, places and index against each other."""

import threading
from pathlib import Path

from seismonet.store.inspection import Inspected, Inspection
from seismonet.store.verify import Finding
from tests.support.filled import DAY, DAY_NS, HHN, HHZ, SECOND, day_file, fill, records


def inspect(folder: Path, *wanted: str, **options: object) -> tuple[list[Finding], Inspected]:
    inspection = Inspection(folder, wanted, **options)  # type: ignore[arg-type]
    return list(inspection.run()), inspection.done


def archive(folder: Path) -> None:
    late = records(HHZ, DAY + 500 * SECOND, 100)
    live = records(HHZ, DAY, 400) + records(HHN, DAY, 400) + records(HHN, DAY + DAY_NS - 5 * SECOND, 100)
    fill(folder, live + live[:5], late)


def test_a_sound_archive_has_no_finding(tmp_path: Path) -> None:
    archive(tmp_path)
    findings, done = inspect(tmp_path)
    assert findings == []
    assert (done.files, done.records, done.bytes, done.errors) == (3, 100, 100 * 512, 0)


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    archive(tmp_path)
    assert inspect(tmp_path, "TJ.SAREZ.00.HHN")[1].files == 2
    assert inspect(tmp_path, window_ns=(DAY + DAY_NS + SECOND, DAY + 2 * DAY_NS))[1].files == 3
    assert inspect(tmp_path, window_ns=(DAY + 3 * DAY_NS, DAY + 4 * DAY_NS)) == ([], Inspected())


def test_damage_in_a_file_is_told_with_the_path_below_the_archive(tmp_path: Path) -> None:
    archive(tmp_path)
    path = day_file(tmp_path)
    data = bytearray(path.read_bytes())
    data[512 * 3 : 512 * 3 + 48] = bytes(48)
    path.write_bytes(data)
    findings, done = inspect(tmp_path)
    assert [(one.path, one.offset, one.code) for one in findings] == [
        ("sds/2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.277", 1536, "bytes"),
        ("sds/2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.277", -1, "index"),
    ]
    assert done.errors == 2


def test_bytes_that_somebody_else_added_or_cut_are_told(tmp_path: Path) -> None:
    archive(tmp_path)
    longer, shorter = day_file(tmp_path), day_file(tmp_path, HHN)
    with longer.open("ab") as file:
        file.write(records(HHZ, DAY + 800 * SECOND, 10)[0])
    shorter.write_bytes(shorter.read_bytes()[:-512])
    findings, _ = inspect(tmp_path)
    assert [(one.path[-14:], one.offset, one.words) for one in findings] == [
        ("HHN.D.2024.277", 40 * 512, "512 bytes fewer than the index has"),
        ("HHZ.D.2024.277", 50 * 512, "512 bytes more than the index has"),
    ]


def test_a_file_that_is_gone_and_one_that_nobody_knows_are_told(tmp_path: Path) -> None:
    archive(tmp_path)
    day_file(tmp_path, HHN).rename(day_file(tmp_path, HHN, 301))
    codes = sorted((one.path[-3:], one.code) for one in inspect(tmp_path)[0])
    assert ("277", "missing") in codes
    assert ("301", "index") in codes
    assert ("301", "day") in codes


def test_files_that_do_not_belong_there_are_a_remark(tmp_path: Path) -> None:
    archive(tmp_path)
    (tmp_path / "sds" / "notes.txt").write_bytes(b"mine")
    findings, done = inspect(tmp_path)
    assert [(one.path, one.is_error) for one in findings] == [("sds/notes.txt", False)]
    assert (done.errors, done.remarks) == (0, 1)


def test_an_index_that_is_missing_or_broken_is_an_error_and_the_files_are_checked_all_the_same(tmp_path: Path) -> None:
    archive(tmp_path)
    index = tmp_path / "index.sqlite"
    data = index.read_bytes()
    for content in (None, b"no database at all" * 100, data[: len(data) // 2]):
        index.unlink(missing_ok=True)
        if content is not None:
            index.write_bytes(content)
        findings, done = inspect(tmp_path)
        assert {one.code for one in findings} == {"index"}
        assert done.records == 100


def test_what_a_daemon_adds_meanwhile_makes_no_finding(tmp_path: Path) -> None:
    archive(tmp_path)
    with day_file(tmp_path).open("ab") as file:
        file.write(records(HHZ, DAY + 800 * SECOND, 10)[0][:100])
    new = day_file(tmp_path, HHN, 300)
    new.write_bytes(b"half a rec")
    assert inspect(tmp_path, live=True)[0] == []
    assert len(inspect(tmp_path)[0]) > 2


def test_it_finds_nothing_while_records_come_in(tmp_path: Path) -> None:
    archive(tmp_path)
    stop = threading.Event()

    def write() -> None:
        for at in range(100):
            fill(tmp_path, records(HHZ, DAY + (1000 + 10 * at) * SECOND, 10))
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            assert inspect(tmp_path, live=True)[0] == []
    finally:
        stop.set()
        writer.join()
