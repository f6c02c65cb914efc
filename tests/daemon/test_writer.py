"""The writer: the journal first, whatever else fails; then everything else, in the end."""

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from seismonet.core.waveform import Packet
from seismonet.daemon.intake import Intake
from seismonet.daemon.writer import KEEP_ALL, Stores, Writer
from seismonet.net.clock import Clock
from seismonet.pipeline import Output
from seismonet.store.archive import Archive
from seismonet.store.catalogue import Catalogue
from seismonet.store.files import Appender, Disk
from seismonet.store.inbox import put
from seismonet.store.journal import Journal
from seismonet.store.retention import RetentionParams
from tests.support.archives import BEGIN_NS, SAREZ, one
from tests.support.daemons import archived
from tests.support.quakes import Quake, network, quake

TABLE = network()


class FullDisk(Disk):
    """No room, while ``is_full``."""

    is_full = False

    def append(self, path: Path) -> Appender:
        return _Full(path, self)


class _Full(Appender):
    def __init__(self, path: Path, disk: FullDisk) -> None:
        super().__init__(path)
        self._disk = disk

    def write(self, data: bytes) -> None:
        if self._disk.is_full:
            raise OSError(errno.ENOSPC, "No space left on device", str(self.path))
        super().write(data)


class Line:
    """A writer at work in a folder, and what it has said."""

    def __init__(self, folder: Path, disk: Disk | None = None, retention: RetentionParams = KEEP_ALL) -> None:
        self.folder, self.said = folder, list[tuple[str, dict[str, object]]]()
        self.intake = Intake(Clock(wall_ns=lambda: BEGIN_NS + 10**10), 1 << 24, lambda: False)
        journal = Journal(folder / "journal", disk=disk)
        archive = Archive(folder, disk=disk, busy_ms=50)
        archive.recover(journal)
        catalogue = Catalogue(folder / "catalogue.sqlite", busy_ms=50)
        catalogue.add_stations(TABLE)
        self.writer = Writer(folder, self.intake, Stores(journal, archive, catalogue, retention), self._say)

    def _say(self, event: str, **values: object) -> None:
        self.said.append((event, values))

    def second(self, k: int) -> bytes:
        """A record comes in."""
        payload = one(SAREZ, k)
        self.intake.deliver("sarez", [Packet("TJ.SAREZ", k, payload)])
        return payload

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(20):
            while not condition():
                assert self.writer.error is None, repr(self.writer.error)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def at_work(folder: Path, **more: Any) -> AsyncIterator[Line]:
    """A writer that is stopped in the end."""
    line = Line(folder, **more)
    line.writer.start()
    try:
        yield line
    finally:
        stopped = await asyncio.to_thread(line.writer.stop, 10.0)
        assert stopped
        assert line.writer.error is None


def published(found: Quake) -> Output:
    lists = list(found.picks.values()), list(found.versions), list(found.alerts), list(found.statuses)
    return Output(lists[0], [], *lists[1:], list(found.rejections))


def test_all_that_came_is_written_when_it_is_stopped(tmp_path: Path) -> None:
    async def work() -> None:
        async with at_work(tmp_path) as line:
            payloads = [line.second(k) for k in range(300)]
            line.writer.publish(published(quake(TABLE)))
        assert archived(tmp_path) == b"".join(payloads)
        assert line.intake.pending_bytes == 0
        with Catalogue(tmp_path / "catalogue.sqlite", create=False) as catalogue:
            assert len(catalogue.events()) == 1
            assert catalogue.rejections() == list(quake(TABLE).rejections)
        assert not list(tmp_path.glob("*-wal")), "databases are closed"

    asyncio.run(work())


def test_positions_to_resume_from_follow_the_journal(tmp_path: Path) -> None:
    async def work() -> None:
        disk = FullDisk()
        async with at_work(tmp_path, disk=disk) as line:
            line.second(1)
            await line.until(lambda: line.writer.state.committed == 1)
            assert line.writer.state.resume["sarez", "TJ.SAREZ"].sequence == 1
            disk.is_full = True
            line.second(2)
            await line.until(lambda: "journal" in line.writer.state.failing)
            assert line.writer.spilling()
            assert line.writer.state.resume["sarez", "TJ.SAREZ"].sequence == 1
            assert line.said[0][0] == "cannot write"
            disk.is_full = False
            await line.until(lambda: line.writer.state.committed == 2)
            assert line.writer.state.resume["sarez", "TJ.SAREZ"].sequence == 2
            assert ("writing again", {"what": "journal"}) in line.said
        assert archived(tmp_path) == one(SAREZ, 1) + one(SAREZ, 2)

    asyncio.run(work())


def test_a_locked_catalogue_holds_up_neither_journal_nor_archive(tmp_path: Path) -> None:
    async def work() -> None:
        async with at_work(tmp_path) as line:
            with closing(sqlite3.connect(tmp_path / "catalogue.sqlite", isolation_level=None)) as lock:
                lock.execute("BEGIN EXCLUSIVE")
                line.writer.publish(published(quake(TABLE)))
                await line.until(lambda: "catalogue" in line.writer.state.failing)
                line.second(1)
                await line.until(lambda: line.writer.state.archived == 1)
            await line.until(lambda: not line.writer.state.failing)
        with Catalogue(tmp_path / "catalogue.sqlite", create=False) as catalogue:
            assert len(catalogue.events()) == 1

    asyncio.run(work())


def test_an_event_whose_picks_are_missing_is_told_and_ends_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with at_work(tmp_path) as line:
            first, second = quake(TABLE), quake(TABLE, BEGIN_NS)
            line.writer.publish(Output(events=list(first.versions)))
            line.writer.publish(published(second))
            await line.until(lambda: any(event == "not stored in the catalogue" for event, _ in line.said))
        with Catalogue(tmp_path / "catalogue.sqlite", create=False) as catalogue:
            assert [event.id for event in catalogue.events()] == [second.versions[0].id]

    asyncio.run(work())


def test_what_lies_in_the_inbox_is_taken_in(tmp_path: Path) -> None:
    async def work() -> None:
        async with at_work(tmp_path) as line:
            payloads = [line.second(5), one(SAREZ, 2), one(SAREZ, 3)]
            put(tmp_path, [Packet("TJ.SAREZ", -1, payload) for payload in payloads], Disk())
            await line.until(lambda: line.writer.state.archived == 3)
            assert line.writer.state.duplicates == 1
            assert list((tmp_path / "inbox").iterdir()) == []
            assert line.writer.state.resume["sarez", "TJ.SAREZ"].sequence == 5
        assert sorted(archived(tmp_path)[at : at + 512] for at in range(0, 1536, 512)) == sorted(payloads)

    asyncio.run(work())


def test_a_full_disk_asks_for_old_days_at_once(tmp_path: Path) -> None:
    """Retention is due once an hour, and when there is no room."""

    async def work() -> None:
        disk, keep = FullDisk(), RetentionParams(days=2, free_gb=0.0, free_percent=0.0)
        async with at_work(tmp_path, disk=disk, retention=keep) as line:
            old = one(SAREZ, 0, begin_ns=BEGIN_NS - 5 * 86_400 * 10**9)
            put(tmp_path, [Packet("TJ.SAREZ", -1, old)], Disk())
            await line.until(lambda: old in archived(tmp_path))
            disk.is_full = True
            line.second(1)
            await line.until(lambda: any(event == "old days removed" for event, _ in line.said))
            disk.is_full = False
        assert archived(tmp_path) == one(SAREZ, 1)

    asyncio.run(work())
