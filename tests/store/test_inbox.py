"""Records wait in the inbox until they are durable elsewhere."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.waveform import LATE, Delivery, Packet
from seismonet.store.inbox import put, take_inbox, waiting, waiting_bytes
from tests.support.miniseed import record


@dataclass
class Journal:
    """Takes deliveries; fails when told to."""

    durable: list[Delivery] = field(default_factory=list)
    pending: list[Delivery] = field(default_factory=list)
    failing: bool = False

    def append(self, deliveries: Sequence[Delivery]) -> None:
        self.pending += deliveries

    def commit(self) -> None:
        if self.failing:
            raise OSError(28, "No space left on device")
        self.durable += self.pending
        self.pending = []


def packets(*seconds: int) -> list[Packet]:
    return [Packet("TJ.SAREZ", -1, record(clock=(8, 15, second))) for second in seconds]


def test_what_is_laid_in_is_taken_late_and_then_gone(tmp_path: Path) -> None:
    first, second = put(tmp_path, packets(1, 2)), put(tmp_path, packets(3))
    assert waiting(tmp_path) == sorted([first, second])
    assert waiting_bytes(tmp_path) == 3 * 512
    journal = Journal()
    assert take_inbox(tmp_path, journal, 77) + take_inbox(tmp_path, journal, 78) == 3
    assert {(one.source, one.flags) for one in journal.durable} == {("import", LATE)}
    got = [packet.payload for one in journal.durable for packet in one.packets]
    assert sorted(got) == sorted(packet.payload for packet in packets(1, 2, 3))
    assert (waiting(tmp_path), take_inbox(tmp_path, journal, 79)) == ([], 0)


def test_a_file_stays_until_the_journal_has_it(tmp_path: Path) -> None:
    path, journal = put(tmp_path, packets(1)), Journal(failing=True)
    with pytest.raises(OSError, match="No space"):
        take_inbox(tmp_path, journal, 1)
    assert path.exists()


def test_half_a_file_is_no_file(tmp_path: Path) -> None:
    put(tmp_path, packets(1)).rename(tmp_path / "inbox" / "half.part")
    assert waiting(tmp_path) == []


def test_the_same_records_twice_are_one_file(tmp_path: Path) -> None:
    assert put(tmp_path, packets(1, 2)) == put(tmp_path, packets(1, 2))


def test_junk_that_somebody_put_there_is_taken_away(tmp_path: Path) -> None:
    put(tmp_path, packets(1)).write_bytes(b"junk")
    assert take_inbox(tmp_path, Journal(), 1) == 0
    assert waiting(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_bytes(b"a file where the folder should be")
    with pytest.raises(ArchiveError, match="cannot be written"):
        put(tmp_path, packets(1))


def test_what_is_laid_in_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[list[str]] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(sorted(one.name for one in (tmp_path / "inbox").iterdir()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    path = put(tmp_path, packets(1))
    assert synced == [[path.with_suffix(".part").name], [path.name]]
