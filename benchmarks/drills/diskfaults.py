"""A disk that fails once or for a while, at every single call: full, read-only, or broken.

The history is that of the power cuts, but the writer does what the daemon's does: what a commit has refused is appended
again, and the archive is simply told to take again. When all is done the power goes, so that what a failed sync has
dropped is really gone, and then all that was acknowledged must be there.
"""

import errno
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.support.disks import FaultyDisk

from benchmarks.page import Figure
from seismonet.core.errors import ArchiveError
from seismonet.store.archive import Archive
from seismonet.store.journal import Journal

from .powercut import SEGMENT_BYTES, Case, sent

CODES = (errno.ENOSPC, errno.EIO, errno.EROFS)
FAILURES = (1, 4)
ATTEMPTS, LIMIT_S = 40, 900.0
T = TypeVar("T")


@dataclass
class FaultCase(Case):
    """One history on one disk; ``stuck`` counts what did not work however often it was tried."""

    stuck: int = 0
    errors: int = 0

    def live(self, disk: FaultyDisk) -> "FaultCase":
        """All of it, whatever fails, then a power cut, and a look at what is left."""
        rng = random.Random(self.seed)
        journal = self._again(lambda: Journal(self.folder / "journal", disk=disk, segment_bytes=SEGMENT_BYTES))
        archive = Archive(self.folder, disk=disk, keep_hours=0.0)
        self._again(lambda: archive.recover(journal))
        ahead = dict.fromkeys(sent(), 0)
        while any(at < len(sent()[station]) for station, at in ahead.items()):
            before, state = dict(ahead), rng.getstate()

            def hand_over(before: dict[str, int] = before, state: object = state) -> None:
                ahead.update(before)
                rng.setstate(state)  # type: ignore[arg-type]
                self.hand_over(journal, ahead, rng)

            self._again(hand_over)
            if rng.random() < 0.3:
                self._again(lambda: archive.take(journal))
        self._again(lambda: archive.take(journal))
        archive.close()
        journal.close()
        disk.lose()
        self._again_on_a_sound_disk()
        self.judge()
        return self

    def _again_on_a_sound_disk(self) -> None:
        journal, archive = Journal(self.folder / "journal"), Archive(self.folder)
        archive.recover(journal)
        archive.close()
        journal.close()
        self.compare()

    def _again(self, action: Callable[[], T]) -> T:
        for _ in range(ATTEMPTS):
            try:
                return action()
            except (OSError, ArchiveError):
                self.errors += 1
        self.stuck += 1
        return action()


def calls() -> Counter[str]:
    """How often which call is made when nothing fails."""
    disk = FaultyDisk()
    fault_case(disk)
    return disk.calls


def fault_case(disk: FaultyDisk, seed: int = 0) -> FaultCase:
    """One history on a disk, in a folder of its own."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        return FaultCase(seed, folder / "archive").live(disk)
    finally:
        shutil.rmtree(folder)


def run(scale: float = 1.0) -> list[Figure]:
    """Every call, every kind of failure, once and four times in a row; with a small ``scale`` some of them."""
    begin = time.monotonic()
    every = calls()
    sums: Counter[str] = Counter()
    faults = [(at, code, n) for at in range(1, every.total() + 1) for code in CODES for n in FAILURES]
    step = max(1, round(1 / scale))
    for at, code, failures in faults[::step]:
        found = fault_case(FaultyDisk(at, fail_at=at, code=code, failures=failures))
        for name in ("lost", "twice", "corrupt", "receipts_wrong", "stuck", "errors"):
            sums[name] += getattr(found, name)
        sums["cases"] += 1
        if time.monotonic() - begin > LIMIT_S:
            break
    bad = tuple(sums[name] for name in ("lost", "twice", "corrupt", "receipts_wrong", "stuck"))
    told = ", ".join(os.strerror(code).lower() for code in CODES)
    return [
        Figure(
            f"{sums['cases']:,} disk failures ({told}): records lost, twice, corrupt; receipts wrong; stuck",
            "0, 0, 0; 0; 0",
            f"{bad[0]}, {bad[1]}, {bad[2]}; {bad[3]}; {bad[4]}",
            not any(bad) and sums["errors"] > 0 and sums["cases"] == len(faults[::step]),
            f"{every.total()} calls of {len(every)} kinds; {sums['errors']:,} errors, each followed by another try",
        )
    ]
