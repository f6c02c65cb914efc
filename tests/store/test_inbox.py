"""Records wait in the inbox until they are durable elsewhere."""

from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.waveform import LATE, Packet
from seismonet.store.files import Appender, Disk
from seismonet.store.inbox import put, take_inbox, waiting, waiting_bytes
from seismonet.store.journal import Journal
from tests.support.miniseed import record


class Full(Disk):
    """A disk on which nothing can be made durable any more."""

    def append(self, path: Path) -> Appender:
        raise OSError(28, "No space left on device", str(path))


def journal(folder: Path, disk: Disk | None = None) -> Journal:
    return Journal(folder / "journal", disk=disk)


def packets(*seconds: int) -> list[Packet]:
    return [Packet("TJ.SAREZ", -1, record(clock=(8, 15, second))) for second in seconds]


def test_what_is_laid_in_is_taken_late_and_then_gone(tmp_path: Path) -> None:
    first, second = put(tmp_path, packets(1, 2), Disk()), put(tmp_path, packets(3), Disk())
    assert waiting(tmp_path) == sorted([first, second])
    assert waiting_bytes(tmp_path) == 3 * 512
    into = journal(tmp_path)
    assert take_inbox(tmp_path, into, 77) + take_inbox(tmp_path, into, 78) == 3
    into.close()
    durable = [delivery for _, delivery in journal(tmp_path).read()]
    assert {(one.source, one.flags) for one in durable} == {("import", LATE)}
    got = [packet.payload for one in durable for packet in one.packets]
    assert sorted(got) == sorted(packet.payload for packet in packets(1, 2, 3))
    assert (waiting(tmp_path), take_inbox(tmp_path, into, 79)) == ([], 0)


def test_a_file_stays_until_the_journal_has_it(tmp_path: Path) -> None:
    path = put(tmp_path, packets(1), Disk())
    with pytest.raises(OSError, match="No space"):
        take_inbox(tmp_path, journal(tmp_path, Full()), 1)
    assert path.exists()


def test_half_a_file_is_no_file(tmp_path: Path) -> None:
    put(tmp_path, packets(1), Disk()).rename(tmp_path / "inbox" / "half.part")
    assert waiting(tmp_path) == []


def test_the_same_records_twice_are_one_file(tmp_path: Path) -> None:
    assert put(tmp_path, packets(1, 2), Disk()) == put(tmp_path, packets(1, 2), Disk())


def test_junk_that_somebody_put_there_is_taken_away(tmp_path: Path) -> None:
    put(tmp_path, packets(1), Disk()).write_bytes(b"junk")
    assert take_inbox(tmp_path, journal(tmp_path), 1) == 0
    assert waiting(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_bytes(b"a file where the folder should be")
    with pytest.raises(ArchiveError, match="cannot be written"):
        put(tmp_path, packets(1), Disk())


def test_what_is_laid_in_is_synced_before_it_gets_its_name(tmp_path: Path) -> None:
    done: list[str] = []

    class Watched(Appender):
        def sync(self) -> None:
            done.append(f"sync {self.path.suffix} of {self.path.stat().st_size}")
            super().sync()

    class Watching(Disk):
        def append(self, path: Path) -> Appender:
            return Watched(path)

        def rename(self, old: Path, new: Path) -> None:
            done.append(f"rename {new.suffix}")
            super().rename(old, new)

    put(tmp_path, packets(1), Watching())
    assert done == ["sync .part of 512", "rename .mseed"]
