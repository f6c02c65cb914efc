"""After a repair an archive is sound, and every byte is still somewhere."""

import json
from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError
from seismonet.store.archive import Archive
from seismonet.store.files import Appender, Disk
from seismonet.store.index import Index
from seismonet.store.indexwriter import HERE, Span
from seismonet.store.inspection import Inspection
from seismonet.store.journal import Journal
from seismonet.store.repair import Repaired, repair
from seismonet.store.retention import RetentionParams, retain
from tests.support.filled import DAY, DAY_NS, HHN, HHZ, RECEIVED_NS, SECOND, day_file, fill, records
from tests.support.miniseed import record


def mend(folder: Path, disk: Disk | None = None) -> Repaired:
    return repair(Archive(folder, disk=disk), RECEIVED_NS)


def forget_journal(folder: Path) -> None:
    """As after a day, when the journal's segments are gone."""
    for path in (folder / "journal").iterdir():
        path.unlink()


def sound(folder: Path) -> list[str]:
    """All errors that an inspection finds."""
    return [str(finding) for finding in Inspection(folder).run() if finding.is_error]


def kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((folder / "quarantine").glob("repair.*.bin")))


def archive(folder: Path) -> tuple[list[bytes], list[bytes]]:
    hhz, hhn = records(HHZ, DAY, 100), records(HHN, DAY, 100)
    fill(folder, hhz + hhn)
    forget_journal(folder)
    return hhz, hhn


def test_a_sound_archive_stays_as_it_is(tmp_path: Path) -> None:
    hhz, hhn = archive(tmp_path)
    done = mend(tmp_path)
    assert (done.files, done.rewritten, done.junk, done.sent) == (2, [], 0, 0)
    assert day_file(tmp_path).read_bytes() == b"".join(hhz)
    assert day_file(tmp_path, HHN).read_bytes() == b"".join(hhn)
    assert sound(tmp_path) == []


def test_what_is_broken_goes_to_the_quarantine_and_what_is_good_stays(tmp_path: Path) -> None:
    hhz, _ = archive(tmp_path)
    broken, junk = record(count=60000), b"junk" * 25
    path = day_file(tmp_path)
    path.write_bytes(b"".join([*hhz[:4], junk, hhz[4], broken, *hhz[5:], hhz[2]]))
    assert sound(tmp_path) != []
    done = mend(tmp_path)
    assert (done.junk, dict(done.moved), done.sent) == (100, {"samples": 1, "twice": 1}, 0)
    assert path.read_bytes() == b"".join(hhz)
    assert sound(tmp_path) == []
    assert kept(tmp_path) == junk + broken + hhz[2]
    lines = (tmp_path / "quarantine" / "repair.0.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert [(one["from"], one["length"], one["reason"]) for one in told] == [
        (4 * 512, 100, "no record"), (5 * 512 + 100, 512, "samples"), (11 * 512 + 100, 512, "twice"),
    ]  # fmt: skip
    assert {one["file"] for one in told} == {path.relative_to(tmp_path).as_posix()}


def test_records_in_a_wrong_file_go_to_their_own(tmp_path: Path) -> None:
    hhz, hhn = archive(tmp_path)
    stray, tomorrow = records(HHN, DAY + 500 * SECOND, 20), records(HHZ, DAY + DAY_NS, 10)
    with day_file(tmp_path).open("ab") as file:
        file.write(b"".join(stray + tomorrow + [hhn[3]]))
    done = mend(tmp_path)
    assert (done.sent, dict(done.moved)) == (4, {})
    assert day_file(tmp_path).read_bytes() == b"".join(hhz)
    assert day_file(tmp_path, HHN).read_bytes() == b"".join(hhn + stray)
    assert day_file(tmp_path, HHZ, 278).read_bytes() == b"".join(tomorrow)
    assert sound(tmp_path) == []


def test_a_file_of_nothing_but_junk_goes_away(tmp_path: Path) -> None:
    archive(tmp_path)
    day_file(tmp_path).write_bytes(b"junk" * 300)
    mend(tmp_path)
    assert not day_file(tmp_path).exists()
    assert kept(tmp_path) == b"junk" * 300
    assert sound(tmp_path) == []


@pytest.mark.parametrize("content", [None, b"no database" * 1000])
def test_an_index_that_is_lost_or_broken_is_made_anew(tmp_path: Path, content: bytes | None) -> None:
    archive(tmp_path)
    index = tmp_path / "index.sqlite"
    index.unlink()
    if content is not None:
        index.write_bytes(content)
    done = mend(tmp_path)
    assert sound(tmp_path) == []
    assert done.notes
    if content is not None:
        assert (tmp_path / "index.sqlite.before-repair").read_bytes() == content
        assert any("removed on purpose, what came late" in note for note in done.notes)
        assert any("index.sqlite.before-repair" in note for note in done.notes)


def test_which_days_were_removed_on_purpose_is_not_forgotten(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY, 100) + records(HHZ, DAY + DAY_NS, 100))
    journal, opened = Journal(tmp_path / "journal"), Archive(tmp_path)
    opened.recover(journal)
    retain(opened, DAY + 3 * DAY_NS, RetentionParams(days=1.5, free_gb=0.0, free_percent=0.0))
    opened.close()
    journal.close()
    forget_journal(tmp_path)
    mend(tmp_path)
    index = Index(tmp_path / "index.sqlite")
    assert [(row.day - DAY // DAY_NS, row.state == HERE, row.records) for row in index.days()] == [
        (0, False, 10), (1, True, 10),
    ]  # fmt: skip
    assert index.spans()[HHZ] == [(DAY, DAY + 100 * SECOND), (DAY + DAY_NS, DAY + DAY_NS + 100 * SECOND)]
    index.close()


def known(folder: Path) -> list[tuple[int, int, int, list[Span], list[Span]]]:
    """Of each day file: records, late ones, duplicates, what came live and what came late."""
    index = Index(folder / "index.sqlite")
    with index.writing() as writer:
        found = [
            (row.records, row.late, row.duplicates, writer.spans(row, False), writer.spans(row, True))
            for row in index.days()
        ]
    index.close()
    return found


@pytest.mark.parametrize("journal", [True, False])
def test_what_came_late_and_what_came_twice_is_not_forgotten(tmp_path: Path, journal: bool) -> None:
    hhz, late = records(HHZ, DAY, 100), records(HHZ, DAY + 100 * SECOND, 50)
    fill(tmp_path, hhz + hhz[:3] + records(HHN, DAY, 20), late)
    if not journal:
        forget_journal(tmp_path)
    before = known(tmp_path)
    assert (15, 5, 3, [(DAY, DAY + 100 * SECOND)], [(DAY + 100 * SECOND, DAY + 150 * SECOND)]) in before
    for _ in range(2):
        mend(tmp_path)
        assert known(tmp_path) == before
    with day_file(tmp_path).open("ab") as file:
        file.write(b"junk" * 25)
    stray = records(HHZ, DAY + 500 * SECOND, 10)
    with day_file(tmp_path, HHN).open("ab") as file:
        file.write(b"".join(stray))
    assert mend(tmp_path).sent == 1
    span = DAY + 500 * SECOND, DAY + 510 * SECOND
    assert (16, 6, 3, before[-1][3], [*before[-1][4], span]) in known(tmp_path)


class Failing(Disk):
    """A disk on which the n-th change fails, and all that follow, as when it is full or the power goes."""

    def __init__(self, after: int) -> None:
        self.left = after

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError(28, "No space left on device")

    def append(self, path: Path) -> Appender:
        self._count()
        return super().append(path)

    def rename(self, old: Path, new: Path) -> None:
        self._count()
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)

    def make_folder(self, path: Path) -> None:
        self._count()
        super().make_folder(path)

    def sync_folder(self, path: Path) -> None:
        self._count()
        super().sync_folder(path)


def test_wherever_it_is_cut_short_the_next_one_ends_it_and_nothing_is_lost(tmp_path: Path) -> None:
    failures = 0
    for after in range(60):
        folder = tmp_path / str(after)
        hhz, hhn = archive(folder)
        stray, junk = records(HHN, DAY + 500 * SECOND, 20), b"junk" * 25
        day_file(folder).write_bytes(b"".join([*hhz[:4], junk, *hhz[4:], *stray]))
        try:
            mend(folder, Failing(after))
        except ArchiveError:
            failures += 1
        else:
            break
        mend(folder)
        assert sound(folder) == []
        assert day_file(folder).read_bytes() == b"".join(hhz)
        assert day_file(folder, HHN).read_bytes() == b"".join(hhn + stray)
        assert junk in kept(folder)
    assert failures > 10
    assert sound(folder) == []
