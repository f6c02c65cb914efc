"""What goes, in which order, and what never does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.errors import ArchiveError
from seismonet.store.archive import Archive
from seismonet.store.files import Disk
from seismonet.store.inspection import Inspection
from seismonet.store.journal import Journal
from seismonet.store.retention import GIB, RetentionParams, Space, days_to_remove, retain, trim_quarantine
from tests.support.filled import DAY, DAY_NS, HHN, HHZ, SECOND, day_file, fill, records

NOW = 20_000 * DAY_NS + DAY_NS // 2
ROOMY = Space(500 * GIB, 1000 * GIB)
NOTHING = RetentionParams(days=0.0, free_gb=0.0, free_percent=0.0)


def days(*ages: int, size: int = GIB) -> dict[int, int]:
    """Days of so many days ago; 0 is today."""
    return {20_000 - age: size for age in ages}


def ages(removed: list[int]) -> list[int]:
    return [20_000 - day for day in removed]


def test_for_ever_means_for_ever() -> None:
    assert days_to_remove(days(9999, 1, 0), NOW, ROOMY, NOTHING) == []


def test_a_day_goes_when_all_of_it_is_old_enough() -> None:
    held = days(12, 11, 10, 9, 0)
    assert ages(days_to_remove(held, NOW, ROOMY, RetentionParams(days=10.0))) == [12, 11]
    assert ages(days_to_remove(held, NOW + DAY_NS // 2, ROOMY, RetentionParams(days=10.0))) == [12, 11, 10]


def test_for_lack_of_space_the_oldest_days_go_and_no_more_than_needed() -> None:
    held = days(5, 4, 3, 2, 1, 0)
    tight = Space(round(1.5 * GIB), 1000 * GIB)
    params = RetentionParams(days=0.0, free_gb=3.0, free_percent=0.0)
    assert ages(days_to_remove(held, NOW, tight, params)) == [5, 4]
    by_percent = RetentionParams(days=0.0, free_gb=0.0, free_percent=0.4)
    assert ages(days_to_remove(held, NOW, tight, by_percent)) == [5, 4, 3]
    with_age = RetentionParams(days=4.0, free_gb=3.0, free_percent=0.0)
    assert ages(days_to_remove(held, NOW, tight, with_age)) == [5, 4]


def test_today_stays_even_on_a_full_disk_and_so_does_what_claims_to_be_of_the_future() -> None:
    held = days(1, 0, -5)
    full = Space(0, 1000 * GIB)
    assert ages(days_to_remove(held, NOW, full, RetentionParams())) == [1]


@given(st.sets(st.integers(0, 40)), st.integers(0, 60), st.floats(0, 30), st.floats(0, 50))
def test_it_is_always_the_oldest_that_go(held: set[int], free: int, keep: float, gib: float) -> None:
    params = RetentionParams(days=keep, free_gb=gib, free_percent=0.0)
    table = days(*held)
    removed = days_to_remove(table, NOW, Space(free * GIB, 1000 * GIB), params)
    assert removed == sorted(table)[: len(removed)]
    assert 20_000 not in removed
    left = free + len(removed)
    assert left >= gib or len(removed) == len(held - {0})


@contextmanager
def opened(folder: Path) -> Iterator[Archive]:
    journal, archive = Journal(folder / "journal"), Archive(folder)
    archive.recover(journal)
    yield archive
    archive.close()
    journal.close()


def test_files_go_and_the_index_remembers_that_they_were_there(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY, 100) + records(HHN, DAY, 50) + records(HHZ, DAY + DAY_NS, 100))
    with opened(tmp_path) as archive:
        done = retain(archive, DAY + 3 * DAY_NS, RetentionParams(days=1.5, free_gb=0.0, free_percent=0.0))
        assert (done.days, done.files, done.bytes) == ((DAY // DAY_NS,), 2, 15 * 512)
        assert not day_file(tmp_path).exists()
        assert not day_file(tmp_path, HHN).exists()
        assert day_file(tmp_path, HHZ, 278).exists()
        rows = archive.index.days()
        assert [(row.state, row.records) for row in rows] == [("removed", 5), ("removed", 10), ("here", 10)]
        assert retain(archive, DAY + 3 * DAY_NS, RetentionParams(days=1.5)).files == 0
    with opened(tmp_path) as archive:
        assert archive.index.losses() == []
    assert [str(finding) for finding in Inspection(tmp_path).run()] == []


def test_a_removal_that_was_cut_short_is_ended_the_next_time(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY, 100) + records(HHN, DAY, 50))

    class Stuck(Disk):
        def remove(self, path: Path) -> None:
            raise OSError(5, "Input/output error", str(path))

    journal, archive = Journal(tmp_path / "journal"), Archive(tmp_path, disk=Stuck())
    archive.recover(journal)
    params = RetentionParams(days=1.0, free_gb=0.0, free_percent=0.0)
    with pytest.raises(ArchiveError, match="cannot be removed"):
        retain(archive, DAY + 3 * DAY_NS, params)
    archive.close()
    journal.close()
    assert day_file(tmp_path).exists()
    with opened(tmp_path) as archive:
        retain(archive, DAY + 3 * DAY_NS, params)
    assert not day_file(tmp_path).exists()
    assert not day_file(tmp_path, HHN).exists()


def test_what_comes_late_for_a_day_that_was_removed_is_archived_again(tmp_path: Path) -> None:
    payloads = records(HHZ, DAY, 100)
    fill(tmp_path, payloads)
    with opened(tmp_path) as archive:
        retain(archive, DAY + 3 * DAY_NS, RetentionParams(days=1.0, free_gb=0.0, free_percent=0.0))
    fill(tmp_path, [], records(HHZ, DAY + 200 * SECOND, 50))
    assert day_file(tmp_path).stat().st_size == 5 * 512
    assert [str(finding) for finding in Inspection(tmp_path).run()] == []


def test_receipts_go_with_the_last_data_of_their_day(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY, 100))
    with opened(tmp_path) as archive:
        assert len(archive.index.files("receipts/")) == 2
        params = RetentionParams(days=1.0, free_gb=0.0, free_percent=0.0)
        retain(archive, DAY + 3 * DAY_NS, params)
        assert len(archive.index.files("receipts/")) == 2  # of the day of receipt, two days later
    fill(tmp_path, records(HHZ, DAY + 2 * DAY_NS, 100))
    with opened(tmp_path) as archive:
        retain(archive, DAY + 9 * DAY_NS, params)
        assert archive.index.files("receipts/") == {}
        assert list((tmp_path / "receipts").iterdir()) == []


def test_the_quarantine_keeps_the_newest(tmp_path: Path) -> None:
    for number in range(4):
        fill(tmp_path, [bytes([65 + number]) * 2**19, bytes([97 + number]) * 2**19])
        for path in (tmp_path / "quarantine").iterdir():
            if path.stat().st_mtime > 1e6:
                path.rename(path.with_name(f"tail.{number}{path.suffix}"))
                os.utime(path.with_name(f"tail.{number}{path.suffix}"), (number, number))
        fill(tmp_path, [])
    with opened(tmp_path) as archive:
        removed = trim_quarantine(archive, RetentionParams(quarantine_mb=2.5))
        assert 2 * 2**20 <= removed < 2.1 * 2**20
        assert trim_quarantine(archive, RetentionParams(quarantine_mb=2.5)) == 0
    left = sorted(path.name for path in (tmp_path / "quarantine").glob("*.bin"))
    assert left == ["tail.2.bin", "tail.3.bin"]
    fill(tmp_path, records(HHZ, DAY, 10))
