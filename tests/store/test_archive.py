"""Everything in the journal is in the archive once, whatever happens on the way."""

import json
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from benchmarks.drills import diskfaults, powercut

from seismonet.core.errors import ArchiveError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_iso
from seismonet.core.waveform import FOREIGN, LATE, Resume
from seismonet.formats.gate import Expected
from seismonet.store import receiptslog
from seismonet.store.archive import Archive
from seismonet.store.index import NAME, Index
from seismonet.store.journal import Journal
from tests.support.archives import BEGIN_NS, MURGH, SAREZ, VERSION3, Store, delivery, one, store
from tests.support.disks import FaultyDisk, ForgetfulDisk
from tests.support.miniseed import record

ORIGIN = ("pamir", "TJ.SAREZ")


def span(begin: float, end: float) -> tuple[int, int]:
    return BEGIN_NS + round(begin * SECOND_NS), BEGIN_NS + round(end * SECOND_NS)


def test_records_lie_where_sds_wants_them_byte_for_byte(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        for k in range(5):
            here.second(k, SAREZ, MURGH)
        taken = here.archive.take(here.journal)
        assert (taken.packets, taken.archived, taken.duplicates, taken.position) == (10, 10, 0, here.journal.end)
        assert here.file().relative_to(tmp_path).as_posix() == "sds/2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.277"
        assert here.file().read_bytes() == b"".join(one(SAREZ, k) for k in range(5))
        assert here.archive.index.spans() == {SAREZ: [span(0, 5)], MURGH: [span(0, 5)]}
        (day, _) = reversed(here.archive.index.days())
        assert (day.source_id, day.records, day.samples, day.length) == (SAREZ, 5, 500, here.file().stat().st_size)
        assert (day.first_ns, day.last_ns) == span(0, 5)
        assert here.archive.take(here.journal).packets == 0, "it was taken already"


def test_a_record_is_filed_under_the_day_it_starts_on(tmp_path: Path) -> None:
    late = from_iso("2024-12-31T23:59:59.5Z")
    with store(tmp_path) as here:
        payloads = [one(SAREZ, k, begin_ns=late) for k in (0, 1)]
        here.put(delivery(payloads, (late - BEGIN_NS) // SECOND_NS + 2))
        here.archive.take(here.journal)
        found = {day.path: day.first_ns for day in here.archive.index.days()}
    assert list(found) == [
        f"{year}/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.{year}.{day}" for year, day in ((2024, 366), (2025, "001"))
    ]


def test_versions_2_and_3_share_a_day_file(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        payloads = [one(SAREZ, 0), one(SAREZ, 1, packing=VERSION3), one(SAREZ, 2)]
        here.put(delivery(payloads, 3), delivery(payloads, 3, first=3))
        taken = here.archive.take(here.journal)
        assert here.file().read_bytes() == b"".join(payloads)
        assert (taken.archived, taken.duplicates, taken.overlaps) == (3, 3, 0)


def test_a_duplicate_is_known_whatever_its_sequence_number_however_old(tmp_path: Path) -> None:
    numbers = range(400)
    with store(tmp_path) as here:
        here.put(*(delivery([one(SAREZ, k)], k, first=k) for k in numbers))
        here.archive.take(here.journal)
        here.put(*(delivery([b"%06d" % k + one(SAREZ, k)[6:]], 401, first=k) for k in reversed(numbers)))
        assert here.archive.take(here.journal).duplicates == 400
    with store(tmp_path) as here:
        here.put(*(delivery([one(SAREZ, k)], 402, first=k) for k in numbers))
        taken = here.archive.take(here.journal)
        assert (taken.duplicates, taken.archived) == (400, 0), "nor does a restart make a difference"
        assert here.archive.index.days()[0].duplicates == 800
        assert here.file().read_bytes() == b"".join(one(SAREZ, k) for k in numbers)


def test_records_are_known_after_they_were_forgotten_and_looked_up(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        for first in range(0, 600, 120):
            here.put(*(delivery([one(SAREZ, k)], k, first=k) for k in range(first, first + 120)))
            here.archive.take(here.journal)
            here.put(delivery([one(SAREZ, k) for k in (first, first + 10, max(0, first - 50))], first + 120))
            taken = here.archive.take(here.journal)
            assert (taken.duplicates, taken.archived) == (3, 0)


def test_one_record_far_ahead_does_not_hide_behind_what_follows(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.put(*(delivery([one(SAREZ, k)], 1001) for k in (1000, *range(300))))
        here.archive.take(here.journal)
    with store(tmp_path) as here:
        here.put(delivery([one(SAREZ, 1000), one(SAREZ, 150)], 1002))
        taken = here.archive.take(here.journal)
        assert (taken.duplicates, taken.archived) == (2, 0)


def test_what_comes_out_of_order_is_kept_in_order_of_arrival(tmp_path: Path) -> None:
    order = [0, 1, 2, 10, 11, 5, 3, 4, 9, 12]
    with store(tmp_path) as here:
        for k in order:
            here.put(delivery([one(SAREZ, k)], 13, first=k))
            here.archive.take(here.journal)
        assert here.file().read_bytes() == b"".join(one(SAREZ, k) for k in order)
        assert here.archive.index.spans() == {SAREZ: [span(0, 6), span(9, 13)]}
        assert here.archive.index.days()[0].overlaps == 0
    with store(tmp_path) as here:
        here.put(*(delivery([one(SAREZ, k)], 14, first=k) for k in order))
        assert here.archive.take(here.journal).duplicates == len(order)


@pytest.mark.parametrize(("level", "conflicts"), [(0, 0), (1, 1)])
def test_an_overlap_with_other_bytes_is_kept_and_flagged_when_samples_differ(
    tmp_path: Path, level: int, conflicts: int
) -> None:
    with store(tmp_path) as here:
        for k in range(120):
            here.second(k)
        other = one(SAREZ, 3.5, samples=50, level=level)
        here.put(delivery([other], 120, first=120))
        taken = here.archive.take(here.journal)
        assert (taken.archived, taken.duplicates, taken.overlaps, taken.conflicts) == (121, 0, 1, conflicts)
        assert here.file().read_bytes().endswith(other)
        found = [(one.source_id, one.start_ns, one.end_ns, one.records) for one in here.archive.index.conflicts()]
        assert found == [(SAREZ, *span(3.5, 4), 1)] * conflicts
        assert here.archive.index.spans() == {SAREZ: [span(0, 120)]}


def test_late_records_are_told_apart_and_judged_by_no_clock(tmp_path: Path) -> None:
    old = from_iso("1998-05-30T06:00:00Z")
    with store(tmp_path) as here:
        here.second(0)
        here.second(3)
        here.put(
            delivery([one(SAREZ, 1), one(SAREZ, 2), one(SAREZ, 0, begin_ns=old)], 900, source="import", flags=LATE)
        )
        taken = here.archive.take(here.journal)
        assert (taken.archived, taken.late, dict(taken.quarantined)) == (5, 3, {})
        index = here.archive.index
        assert index.spans(BEGIN_NS, BEGIN_NS + 10**11, late=True) == {SAREZ: [span(1, 3)]}
        assert index.spans(BEGIN_NS, BEGIN_NS + 10**11, late=False) == {SAREZ: [span(0, 1), span(3, 4)]}
        assert index.spans(old, old + 10**9) == {SAREZ: [(old, old + 10**9)]}
        assert here.archive.index.resume() == {ORIGIN: Resume(3, BEGIN_NS + 4 * SECOND_NS)}, "late ones do not count"


def test_what_the_gate_refuses_is_set_aside_with_the_reason_beside_it(tmp_path: Path) -> None:
    known = {SAREZ: Expected(200.0, 0)}
    log = record([], encoding=0, rate=(0, 0), year=2024, day=277, clock=(12, 0, 1))
    with store(tmp_path, known=known) as here:
        here.put(
            delivery([b"junk", one(MURGH, 0), one(SAREZ, 0), log], 1, first=7),
            delivery([one(MURGH, 0)], 1, flags=FOREIGN),
        )
        taken = here.archive.take(here.journal)
        assert dict(taken.quarantined) == {("pamir", "length"): 1, ("pamir", "foreign_station"): 1}
        assert dict(taken.outcomes) == {
            ("pamir", reason): 1 for reason in ("length", "ok", "rate_differs", "empty", "foreign_station")
        }
        assert taken.archived == 3, "what is archived but not used is in the day file as well"
    assert (tmp_path / "quarantine/2024.277.length.0.bin").read_bytes() == b"junk"
    told = json.loads((tmp_path / "quarantine/2024.277.foreign_station.0.jsonl").read_text())
    assert (told["source"], told["station"], told["length"]) == ("pamir", "TJ.SAREZ", 512)
    assert told["received"] == "2024-10-03T12:00:02.500000000Z"


@pytest.mark.parametrize("codes", [b"../..00HHZTJ", b"a    00HHZTJ", b"SAREZ00H/ZTJ", b"\0\0\0\0\0\0\0\0\0\0\0\0"])
def test_no_name_leads_out_of_the_archive(tmp_path: Path, codes: bytes) -> None:
    folder = tmp_path / "archive"
    with store(folder) as here:
        here.put(delivery([record(name=codes)], 1, station="../../etc", source="../x"))
        assert sum(here.archive.take(here.journal).quarantined.values()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"archive"}
    assert not list((folder / "sds").rglob("*"))
    assert sorted(path.name for path in (folder / "quarantine").iterdir())[0].endswith(".codes.0.bin")


def test_positions_to_resume_from_outlive_the_journal(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.second(0, SAREZ, MURGH)
        here.second(1, MURGH)
        here.archive.take(here.journal)
    shutil.rmtree(tmp_path / "journal")
    with store(tmp_path) as here:
        wanted = {ORIGIN: Resume(0, span(0, 1)[1]), ("pamir", "TJ.MURGH"): Resume(1, span(0, 2)[1])}
        assert here.journal.resume() == wanted
        assert any("the journal ends" in note for note in here.recovered.notes)
        here.second(2)
        assert here.archive.take(here.journal).archived == 1, "a journal that begins anew is read from its beginning"


def test_the_journal_is_kept_for_a_while_after_it_was_taken(tmp_path: Path) -> None:
    with store(tmp_path, segment_bytes=1024, keep_hours=10 / 3600) as here:
        for k in range(40):
            here.second(k)
        here.archive.take(here.journal)
        oldest_ns = next(here.journal.read())[1].received_ns
        newest_ns = BEGIN_NS + 40 * SECOND_NS
        assert 10 * SECOND_NS <= newest_ns - oldest_ns <= 13 * SECOND_NS


def test_a_file_that_has_become_longer_is_cut_and_the_tail_kept(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.second(0)
        here.archive.take(here.journal)
        path = here.file()
    with path.open("ab") as file:
        file.write(b"somebody else's")
    with store(tmp_path) as here:
        assert any("were not ours" in note for note in here.recovered.notes)
        assert path.read_bytes() == one(SAREZ, 0)
        assert (tmp_path / "quarantine/tail.0.bin").read_bytes() == b"somebody else's"
        here.second(1)
        here.archive.take(here.journal)
        assert path.read_bytes() == one(SAREZ, 0) + one(SAREZ, 1)


def test_a_file_that_was_there_before_us_is_moved_not_mixed_with_ours(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        path = tmp_path / "sds/2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.277"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"not ours")
        here.second(0)
        here.archive.take(here.journal)
        assert path.read_bytes() == one(SAREZ, 0)
        assert (tmp_path / "quarantine/tail.0.bin").read_bytes() == b"not ours"


def test_a_tail_that_the_journal_has_leaves_no_trace(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.second(0)
        here.archive.take(here.journal)
        here.second(1, SAREZ, MURGH)
        path = here.file()
    with path.open("ab") as file:
        file.write(one(SAREZ, 1)[:300])
    other = tmp_path / "sds/2024/TJ/MURGH/HHZ.D/TJ.MURGH.00.HHZ.D.2024.277"
    other.parent.mkdir(parents=True)
    other.write_bytes(one(MURGH, 1))
    with store(tmp_path) as here:
        assert (here.recovered.notes, here.recovered.taken.archived) == ((), 2)
        assert path.read_bytes() == one(SAREZ, 0) + one(SAREZ, 1)
        assert other.read_bytes() == one(MURGH, 1)
        assert list((tmp_path / "quarantine").iterdir()) == []


def test_receipts_that_the_index_does_not_know_are_cut(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.second(0)
        here.archive.take(here.journal)
    path = tmp_path / receiptslog.log_path(BEGIN_NS)
    path.write_bytes(path.read_bytes() * 2)
    with store(tmp_path) as here:
        assert (path.stat().st_size, here.recovered.notes) == (24, ())
    path.write_bytes(b"")
    with store(tmp_path) as here:
        here.second(1)
        here.archive.take(here.journal)
    assert len(_receipts(tmp_path)) == 1, "what is lost of the receipts is lost, but they go on"


def _cut(here: Store, records: int) -> None:
    path = here.file()
    with path.open("r+b") as file:
        file.truncate(512 * records + 100)


def test_what_a_file_has_lost_comes_back_from_the_journal(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        for k in range(6):
            here.second(k)
        here.archive.take(here.journal)
        before = here.file().read_bytes(), here.archive.index.spans()
        receipts = len(list(_receipts(tmp_path)))
        _cut(here, 2)
    with store(tmp_path) as here:
        assert (here.file().read_bytes(), here.archive.index.spans()) == before
        assert here.recovered.losses == ()
        assert here.journal.resume()[ORIGIN].sequence == 5
        assert len(list(_receipts(tmp_path))) == receipts == 6


def test_what_is_lost_for_good_is_told_and_asked_for_again(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        for k in range(6):
            here.second(k)
        here.second(7, MURGH)
        here.archive.take(here.journal)
        _cut(here, 2)
    shutil.rmtree(tmp_path / "journal")
    with store(tmp_path) as here:
        (loss,) = here.recovered.losses
        assert (loss.source_id, loss.start_ns, loss.end_ns) == (SAREZ, *span(2, 6))
        assert here.archive.index.losses() == [loss]
        assert here.archive.index.spans()[SAREZ] == [span(0, 2)]
        assert here.journal.resume()[ORIGIN] == Resume(-1, span(0, 2)[1])
        assert here.journal.resume()["pamir", "TJ.MURGH"].sequence == 7, "others go on as they were"
        here.put(delivery([one(SAREZ, k) for k in range(6)], 8, first=100))
        taken = here.archive.take(here.journal)
        assert (taken.archived, taken.duplicates) == (4, 2)
        assert here.archive.index.spans()[SAREZ] == [span(0, 6)]
        assert here.file().read_bytes() == b"".join(one(SAREZ, k) for k in range(6))


@pytest.mark.parametrize("damage", ["missing", "junk", "pages"])
def test_a_lost_index_is_made_anew_from_files_and_journal(tmp_path: Path, damage: str) -> None:
    with store(tmp_path, segment_bytes=2048) as here:
        for number, k in enumerate((0, 1, 2, 5, 4, 5.5)):
            for name in (SAREZ, MURGH):
                here.put(delivery([one(name, k)], number + 6, station=name.station_code, first=number))
        here.put(delivery([one(SAREZ, 0)], 12, first=6))
        here.archive.take(here.journal)
        here.put(delivery([one(SAREZ, 7)], 13, first=7))
        spans, files = here.archive.index.spans(), {day.path: day for day in here.archive.index.days()}
        rows = len(list(_receipts(tmp_path)))
    _damage(tmp_path / NAME, damage)
    with store(tmp_path, segment_bytes=2048) as here:
        assert here.recovered.rebuilt
        assert here.recovered.taken.archived == 1
        assert here.archive.index.spans() == spans | {SAREZ: [span(0, 3), span(4, 6.5), span(7, 8)]}
        (_, day) = here.archive.index.days()
        old = files[day.path]
        assert (day.records, day.samples, day.length) == (old.records + 1, old.samples + 100, old.length + 512)
        assert (day.first_ns, day.overlaps) == (old.first_ns, old.overlaps)
        assert here.journal.resume()[ORIGIN] == Resume(7, span(0, 8)[1])
        assert len(list(_receipts(tmp_path))) == rows + 1, "no receipt is lost or there twice"
        assert (tmp_path / f"{NAME}.damaged-0").exists() == (damage != "missing")
    with store(tmp_path) as here:
        assert not here.recovered.rebuilt


def _damage(path: Path, how: str) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if how == "missing":
        path.unlink()
    elif how == "junk":
        path.write_bytes(b"x" * 5000)
    else:
        data = bytearray(path.read_bytes())
        data[4096 : 4096 * 4] = b"\xa5" * (4096 * 3)
        path.write_bytes(data)


def _receipts(folder: Path) -> list[tuple[SourceId, int, int]]:
    return [
        (one.record.source_id, one.record.start_ns, one.received_ns)
        for batch in receiptslog.read(folder, BEGIN_NS, BEGIN_NS + 10**14)
        for one in batch
    ]


def test_a_locked_index_stops_nothing_for_good(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.second(0)
        other = sqlite3.connect(tmp_path / NAME, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            with pytest.raises(ArchiveError, match="locked"):
                here.archive.take(here.journal)
        here.second(1)
        other.execute("ROLLBACK")
        other.close()
        assert here.archive.take(here.journal).archived == 2
        assert here.file().read_bytes() == one(SAREZ, 0) + one(SAREZ, 1)
        assert len(_receipts(tmp_path)) == 2
        assert not (tmp_path / "quarantine").exists()


def test_a_lock_that_is_let_go_soon_is_waited_for(tmp_path: Path) -> None:
    with store(tmp_path, busy_ms=10_000) as here:
        here.second(0)
        other = sqlite3.connect(tmp_path / NAME, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        timer = threading.Timer(0.2, other.execute, ["ROLLBACK"])
        timer.start()
        assert here.archive.take(here.journal).archived == 1
        timer.join()
        other.close()


def test_an_index_that_breaks_while_we_run_is_made_anew(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        for k in range(3):
            here.second(k)
        here.archive.take(here.journal)
        here.archive.release([])
        _damage(tmp_path / NAME, "junk")
        here.second(3)
        failures = 0
        for _ in range(3):
            try:
                here.archive.take(here.journal)
                break
            except ArchiveError:
                failures += 1
        assert failures <= 1
        assert here.file().read_bytes() == b"".join(one(SAREZ, k) for k in range(4))
        assert here.archive.index.spans() == {SAREZ: [span(0, 4)]}


def test_a_file_that_is_cut_while_we_run_is_found_out_and_healed(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        for k in range(3):
            here.second(k)
        here.archive.take(here.journal)
        here.archive.release(["sds/" + here.archive.index.days()[0].path])
        _cut(here, 1)
        here.second(3)
        with pytest.raises(ArchiveError, match="has 612 bytes, not 1536"):
            here.archive.take(here.journal)
        here.archive.take(here.journal)
        assert here.file().read_bytes() == b"".join(one(SAREZ, k) for k in range(4))


def test_a_day_that_was_removed_begins_anew(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        for k in range(3):
            here.second(k)
        here.archive.take(here.journal)
        here.archive.release(["sds/" + here.archive.index.days()[0].path])
        with here.archive.index.writing() as writer:
            writer.mark_removed(here.archive.index.days())
        here.file().unlink()
    with store(tmp_path) as here:
        assert (here.recovered.losses, here.recovered.notes) == ((), ())
        here.put(delivery([one(SAREZ, 1)], 9, flags=LATE))
        here.archive.take(here.journal)
        (day,) = here.archive.index.days()
        assert (day.state, day.records, here.archive.index.spans()) == ("here", 1, {SAREZ: [span(1, 2)]})


def test_memory_of_a_long_day_is_bounded_and_still_knows_every_record(tmp_path: Path) -> None:
    numbers = range(0, 3000)
    with store(tmp_path) as here:
        for first in range(0, len(numbers), 500):
            here.put(delivery([one(SAREZ, k) for k in numbers[first : first + 500]], first + 500))
            here.archive.take(here.journal)
    with store(tmp_path) as here:
        here.put(delivery([one(SAREZ, k) for k in range(0, 3000, 10)], 3001, flags=LATE))
        here.put(delivery([one(SAREZ, 2999), one(SAREZ, 2999.5, samples=100)], 3002))
        taken = here.archive.take(here.journal)
        assert (taken.duplicates, taken.archived, taken.overlaps) == (301, 1, 1)


def test_the_index_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.second(0)
        here.archive.take(here.journal)
        reader = Index(tmp_path / NAME)
        with here.archive.index.writing() as writer:
            writer.put_files({"quarantine/x": 1})
            assert reader.files("quarantine") == {}
        assert reader.files("quarantine") == {"quarantine/x": 1}
        reader.close()
    with pytest.raises(ArchiveError, match="no archive there"):
        Index(tmp_path / "nowhere" / NAME)


def test_an_archive_that_was_not_recovered_recovers_first(tmp_path: Path) -> None:
    with store(tmp_path) as here:
        here.second(0)
    journal, archive = Journal(tmp_path / "journal"), Archive(tmp_path)
    with pytest.raises(ValueError, match="recovered"):
        _ = archive.index
    assert archive.take(journal).archived == 1
    archive.close()


def test_power_cuts_lose_nothing_that_was_acknowledged() -> None:
    figures = powercut.run(0.02)
    assert figures[0].what.startswith("200 ")
    assert [(one.what, one.measured) for one in figures if not one.met] == []


def test_disk_failures_at_every_call_lose_nothing() -> None:
    every = diskfaults.calls()
    assert {"write", "sync", "sync_folder", "append", "make_folder", "read", "remove"} <= every.keys()
    (figure,) = diskfaults.run(0.1)
    assert figure.met, figure.measured


def test_a_power_cut_on_a_disk_that_forgets_is_seen() -> None:
    assert powercut.case(0, ForgetfulDisk).lost > 0
    assert powercut.case(0, FaultyDisk).lost == 0
