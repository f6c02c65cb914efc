"""Whoever goes on from a snapshot does not tell again what was told before it: so that is stored first."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from seismonet.core.errors import ArchiveError
from seismonet.core.waveform import Packet
from seismonet.daemon.intake import Intake
from seismonet.daemon.live import Snapshot
from seismonet.daemon.snapshot import NAME
from seismonet.daemon.writer import Stores, Writer
from seismonet.net.clock import Clock
from seismonet.pipeline import Output
from seismonet.store.archive import Archive
from seismonet.store.catalogue import Catalogue
from seismonet.store.files import Disk
from seismonet.store.journal import Journal
from tests.support.miniseed import record
from tests.support.quakes import network, quake

TABLE = network()
PICKS = list(quake(TABLE).picks.values())
PATIENCE_S = 10.0


class Looking(Disk):
    """Looks into the catalogue whenever a snapshot takes its place."""

    def __init__(self, catalogue: Path) -> None:
        self.catalogue, self.picks = catalogue, list[int]()

    def rename(self, old: Path, new: Path) -> None:
        if new.name == NAME:
            with Catalogue(self.catalogue, create=False) as other:
                self.picks.append(len(other.picks()))
        super().rename(old, new)


class Locked(Catalogue):
    """Somebody else writes into it for ever."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        raise ArchiveError("locked")
        yield


async def write(folder: Path, catalogue: Catalogue, disk: Disk, done: Callable[[Writer], bool]) -> Writer:
    """A writer that is handed a pick, a packet and a snapshot, until ``done``."""
    journal, archive = Journal(folder / "journal", disk=disk), Archive(folder, disk=disk)
    archive.recover(journal)
    intake = Intake(Clock(), 1 << 20, lambda: False)
    writer = Writer(folder, intake, Stores(journal, archive, catalogue), lambda event, **values: None)
    writer.publish(Output(picks=PICKS))
    intake.deliver("a", [Packet("TJ.SAREZ", 1, record())])
    intake.mark(Snapshot({"x": np.zeros(1)}, 5))
    writer.start()
    async with asyncio.timeout(PATIENCE_S):
        while not done(writer):
            assert writer.is_alive(), writer.error
            await asyncio.sleep(0.005)
    assert writer.stop(PATIENCE_S)
    assert writer.state.committed == 1
    return writer


def test_what_was_told_before_a_snapshot_is_stored_before_it(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    disk = Looking(path)
    asyncio.run(write(tmp_path, Catalogue(path), disk, lambda writer: (tmp_path / NAME).exists()))
    assert disk.picks == [len(PICKS)]


def test_while_the_catalogue_cannot_be_written_the_old_snapshot_stays(tmp_path: Path) -> None:
    locked = Locked(tmp_path / "catalogue.sqlite")
    writer = asyncio.run(write(tmp_path, locked, Disk(), lambda writer: "catalogue" in writer.state.failing))
    assert set(writer.state.failing) == {"catalogue"}
    assert not (tmp_path / NAME).exists()
