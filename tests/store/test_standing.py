"""How an archive stands, after all kinds of things have happened to it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.waveform import Record
from seismonet.store.archive import Archive
from seismonet.store.backfill import LEDGER, RETRY_S, Gap, Ledger, save_ledger
from seismonet.store.files import Disk
from seismonet.store.inbox import put
from seismonet.store.index import Index
from seismonet.store.journal import Journal
from seismonet.store.retention import RetentionParams, retain
from seismonet.store.standing import Standing, open_index, standing, storage
from seismonet.synthesis.records import miniseed
from tests.support.filled import DAY, DAY_NS, HHN, HHZ, HOUR, SECOND, delivery, fill, records


def stands(folder: Path, *wanted: str, window: tuple[int | None, int | None] = (None, None)) -> Standing:
    index = open_index(folder)
    try:
        return standing(index, wanted, *window)
    finally:
        index.close()


def test_percent_gaps_late_and_last_record_of_each_channel(tmp_path: Path) -> None:
    live = records(HHZ, DAY, 300) + records(HHZ, DAY + 400 * SECOND, 600)
    fill(tmp_path, live + records(HHN, DAY, 1000), records(HHZ, DAY + 350 * SECOND, 50))
    found = stands(tmp_path, window=(DAY, DAY + 1000 * SECOND))
    hhn, hhz = found.channels
    assert (hhn.source_id, hhn.coverage.percent, hhn.coverage.gaps, hhn.late_s) == (HHN, 100.0, 0, 0.0)
    assert (hhz.source_id, hhz.coverage.percent, hhz.coverage.gaps, hhz.late_s) == (HHZ, 95.0, 1, 50.0)
    assert hhz.coverage.longest_gap_s == 50.0
    assert (hhz.total("records"), hhz.total("late"), hhz.last_ns) == (95, 5, DAY + 1000 * SECOND)


def test_overlaps_conflicts_and_duplicates_are_counted(tmp_path: Path) -> None:
    good = records(HHZ, DAY, 100)
    other = miniseed(Record(HHZ, DAY + 50 * SECOND, 20.0, np.full(200, 7, dtype=np.int32)))
    fill(tmp_path, good + good[:3] + other)
    found = stands(tmp_path)
    channel = found.channels[0]
    assert (channel.total("duplicates"), channel.total("overlaps"), channel.total("conflicts")) == (3, 1, 1)
    assert [(one.source_id, one.start_ns) for one in found.conflicts] == [(HHZ, DAY + 50 * SECOND)]
    assert channel.coverage.percent == pytest.approx(100.0)


def test_days_are_told_one_by_one_and_a_record_over_midnight_is_no_gap(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY - 3605 * SECOND, 7200))
    found = stands(tmp_path, window=(DAY - HOUR, DAY + HOUR // 2))
    before, after = found.channels[0].days()
    assert (before.coverage.percent, before.coverage.window_s) == (100.0, 3600.0)
    assert (after.coverage.percent, after.coverage.gaps, after.coverage.window_s) == (100.0, 0, 1800.0)
    assert found.channels[0].coverage.gaps == 0


def test_without_a_window_it_is_the_last_seven_days(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY - 20 * DAY_NS, 10) + records(HHZ, DAY + HOUR, 100))
    found = stands(tmp_path)
    assert found.window_ns == (DAY - 6 * DAY_NS, DAY + HOUR + 100 * SECOND)
    assert len(found.channels[0].days()) == 1
    assert found.channels[0].coverage.percent == pytest.approx(100 * 100 / (6 * 86400 + 3700))


def test_wanted_channels_only_and_none_before_its_time(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY, 100) + records(HHN, DAY + 50 * SECOND, 50))
    assert [one.source_id for one in stands(tmp_path, "TJ.*.*.HHN").channels] == [HHN]
    assert [one.source_id for one in stands(tmp_path, window=(DAY, DAY + 40 * SECOND)).channels] == [HHZ]
    assert stands(tmp_path, "XX").channels == ()


def test_what_was_removed_does_not_count_as_there(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY, 100) + records(HHZ, DAY + DAY_NS, 100))
    journal, archive = Journal(tmp_path / "journal"), Archive(tmp_path)
    archive.recover(journal)
    retain(archive, DAY + 3 * DAY_NS, RetentionParams(days=1.5, free_gb=0.0, free_percent=0.0))
    archive.close()
    journal.close()
    found = stands(tmp_path, window=(DAY, DAY + DAY_NS + 100 * SECOND))
    channel = found.channels[0]
    assert (channel.removed_days, channel.coverage.covered_s) == (1, 100.0)
    assert [day.row.state for day in channel.days()] == ["removed", "here"]
    assert channel.days()[0].coverage.covered_s == 0.0


def test_what_went_missing_on_the_disk_is_told(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY, 100))
    shutil.rmtree(tmp_path / "sds")
    for path in (tmp_path / "journal").iterdir():
        path.unlink()
    fill(tmp_path, records(HHN, DAY, 100))
    found = stands(tmp_path)
    assert [(one.source_id, one.start_ns, one.end_ns) for one in found.losses] == [(HHZ, DAY, DAY + 100 * SECOND)]


def test_what_it_costs(tmp_path: Path) -> None:
    fill(tmp_path, [*records(HHZ, DAY, 100), b"junk" * 10])
    put(tmp_path, list(delivery(records(HHN, DAY, 20)).packets), Disk())
    ledger = Ledger()
    for _ in range(len(RETRY_S) + 1):
        ledger.note(Gap(HHZ, 0, 1), DAY, "nothing")
    ledger.note(Gap(HHN, 0, 1), DAY, "nothing")
    save_ledger(tmp_path / LEDGER, ledger)
    index = open_index(tmp_path)
    costs = storage(tmp_path, index, Disk())
    index.close()
    assert (costs.archive_bytes, costs.inbox_bytes) == (10 * 512, 2 * 512)
    assert (costs.known_gaps, costs.open_gaps) == (1, 1)
    assert costs.journal_bytes > 10 * 512
    assert (costs.quarantine_files, costs.quarantine_bytes > 40) == (2, True)
    assert costs.free_bytes > 0


def test_no_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no archive there"):
        open_index(tmp_path)


def test_no_day_file_is_looked_at(tmp_path: Path) -> None:
    fill(tmp_path, records(HHZ, DAY, 100))
    shutil.rmtree(tmp_path / "sds")
    index = Index(tmp_path / "index.sqlite")
    assert standing(index).channels[0].total("records") == 10
    assert storage(tmp_path, index, Disk()).archive_bytes == 5120
    index.close()
