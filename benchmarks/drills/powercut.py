"""Power cuts: unsynced writes dropped, torn and out of order, at any moment, and what is left of the archive.

A server holds records of some stations; a client asks from where the journal says, hands over, commits, and lets the
archive take. Nothing is sent twice to cover a loss, but in every second case, where that is the fault that is put in.
The power goes at a random call of the file layer; the disk then holds what was synced and random pieces of the rest;
all begins anew, up to three times. What was acknowledged must be in the archive once, byte for byte, and in the
receipts. SQLite syncs for itself: the index is as its last commit left it.
"""

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import Pool
from pathlib import Path

from tests.support.disks import FaultyDisk, ForgetfulDisk, PowerCut
from tests.support.miniseed import record

from benchmarks.page import Figure
from seismonet.core.errors import ArchiveError
from seismonet.core.utc import SECOND_NS, from_iso
from seismonet.core.waveform import Delivery, Packet
from seismonet.formats.miniseed import decode_packets
from seismonet.store import receiptslog
from seismonet.store.archive import SDS, Archive
from seismonet.store.journal import Journal

WORKERS = 2
CASES, TEETH_SHARE, CUTS, LIMIT_S = 10_000, 0.05, 3, 1800.0
STATIONS, SECONDS = ("SAREZ", "MURGH", "MANEM"), 10
BEGIN_NS = from_iso("2024-10-03T23:59:55Z")
"""Five seconds before midnight: every case begins new day files. Each station sends two records a second."""
SEGMENT_BYTES = 4096
MOST_CALLS = 100
Make = Callable[..., FaultyDisk]


@lru_cache(maxsize=1)
def sent() -> dict[str, list[bytes]]:
    """The server's records of each station; their places in the list are their sequence numbers."""
    found: dict[str, list[bytes]] = {}
    for number, station in enumerate(STATIONS):
        own = found.setdefault(f"TJ.{station}", [])
        for k in range(2 * SECONDS):
            second, channel = 86400 - 5 + k // 2, ("HHZ", "HNZ")[k % 2]
            clock = second // 3600 % 24, second // 60 % 60, second % 60
            own.append(
                record(
                    [number * 10_000 + k * 100 + one for one in range(25)], rate=(25, 1), length=256, fraction=0,
                    name=f"{station:<5}00{channel}TJ".encode(), day=277 + second // 86400, clock=clock,
                )
            )  # fmt: skip
    return found


@dataclass
class Case:
    """One history of an archive, from the seed; ``acknowledged`` are the records that a commit has returned for."""

    seed: int
    folder: Path
    make: Make = FaultyDisk
    repeats: bool = False
    acknowledged: set[bytes] = field(default_factory=set)
    lost: int = 0
    twice: int = 0
    corrupt: int = 0
    receipts_wrong: int = 0
    cuts: int = 0

    def run(self) -> "Case":
        """Some lives that end with a power cut, and one that does not."""
        rng = random.Random(self.seed)
        for life in range(CUTS + 1):
            cut_at = rng.randint(1, MOST_CALLS) if life < CUTS else None
            disk = self.make(rng.randint(0, 2**31), cut_at=cut_at)
            try:
                self._live(disk, rng)
            except PowerCut:
                self.cuts += 1
                disk.lose()
        self.judge()
        return self

    def _live(self, disk: FaultyDisk, rng: random.Random) -> None:
        journal = Journal(self.folder / "journal", disk=disk, segment_bytes=SEGMENT_BYTES)
        archive = Archive(self.folder, disk=disk, keep_hours=0.0)
        try:
            archive.recover(journal)
            self.compare()
            resume = journal.resume()
            ahead = {
                station: resume["server", station].sequence + 1 if ("server", station) in resume else 0
                for station in sent()
            }
            while any(at < len(sent()[station]) for station, at in ahead.items()):
                self.hand_over(journal, ahead, rng)
                if rng.random() < 0.3:
                    archive.take(journal)
            archive.take(journal)
            self.compare()
        finally:
            archive.close()
            journal.close()

    def hand_over(self, journal: Journal, ahead: dict[str, int], rng: random.Random) -> None:
        """A few records of some stations, in one commit."""
        deliveries = []
        payloads: list[bytes] = []
        for _ in range(rng.randint(1, 3)):
            station = rng.choice([one for one, at in ahead.items() if at < len(sent()[one])] or [*ahead])
            first = ahead[station]
            upto = min(first + rng.randint(1, 4), len(sent()[station]))
            own = [Packet(station, k, sent()[station][k]) for k in range(first, upto)]
            ahead[station] += len(own)
            if self.repeats and first and rng.random() < 0.3:
                again = rng.randrange(first)
                own.insert(0, Packet(station, again, sent()[station][again]))
            received_ns = BEGIN_NS + (ahead[station] // 2 + 2) * SECOND_NS
            deliveries.append(Delivery("server", received_ns, tuple(own)))
            payloads += [packet.payload for packet in own]
        journal.append(deliveries)
        journal.commit()
        self.acknowledged.update(payloads)

    def _stored(self) -> Counter[bytes]:
        """The records of all day files; what is none counts as corrupt."""
        stored: Counter[bytes] = Counter()
        every = {payload for own in sent().values() for payload in own}
        for path in sorted((self.folder / SDS).rglob("*.D.*")):
            data = path.read_bytes()
            for at in range(0, len(data), 256):
                part = data[at : at + 256]
                self.corrupt += part not in every
                stored[part] += 1
        return stored

    def compare(self) -> None:
        stored = self._stored()
        self.lost += len(self.acknowledged - stored.keys())
        self.twice += sum(count - 1 for count in stored.values())

    def judge(self) -> None:
        """At the end all is there, and the receipts tell of each record once, or as often as it came."""
        every = [payload for own in sent().values() for payload in own]
        self.lost += len(set(every) - self._stored().keys())
        told: Counter[tuple[str, int]] = Counter()
        last_ns, missing = 0, Counter[str]()
        with suppress(ArchiveError):  # a log that cannot be read tells of nothing, and that is counted
            for batch in receiptslog.read(self.folder, BEGIN_NS, BEGIN_NS + 10**15, missing):
                told.update((one.record.source_id.nslc, one.record.start_ns) for one in batch)
                last_ns = int(batch.received_ns[-1])
        known = decode_packets(every).receipts
        wanted = {(one.record.source_id.nslc, one.record.start_ns) for one in known}
        self.receipts_wrong += len(wanted ^ told.keys()) + missing.total() + (last_ns <= BEGIN_NS)
        if not self.repeats:
            self.receipts_wrong += sum(count - 1 for count in told.values())


def case(seed: int, make: Make = FaultyDisk) -> Case:
    """One case in a folder of its own, in memory where there is such a place: the disk is a simulated one."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        return Case(seed, folder / "archive", make, repeats=seed % 2 == 1).run()
    finally:
        shutil.rmtree(folder)


def _counts(seed: int) -> Counter[str]:
    """What became of one case."""
    found = case(seed)
    names = ("lost", "twice", "corrupt", "receipts_wrong", "cuts")
    return Counter(
        {"cases": 1, "acknowledged": len(found.acknowledged)} | {name: getattr(found, name) for name in names}
    )


def run(scale: float = 1.0) -> list[Figure]:
    """The drill: so many cases, and some with a disk that never syncs, which must lose something."""
    cases = round(CASES * scale)
    begin = time.monotonic()
    sums: Counter[str] = Counter()
    with Pool(WORKERS) as pool:
        for found in pool.imap_unordered(_counts, range(cases), chunksize=10):
            sums += found
            if time.monotonic() - begin > LIMIT_S:
                break
    teeth = sum(case(seed, ForgetfulDisk).lost for seed in range(max(5, round(cases * TEETH_SHARE))))
    detail = f"{sums['cuts']:,} cuts, {sums['acknowledged']:,} records acknowledged"
    bad = tuple(sums[name] for name in ("lost", "twice", "corrupt", "receipts_wrong"))
    return [
        Figure(
            f"{cases:,} simulated power cuts: records lost, twice, corrupt; receipts wrong",
            "0, 0, 0; 0",
            f"{bad[0]}, {bad[1]}, {bad[2]}; {bad[3]}",
            bad == (0, 0, 0, 0) and sums["cases"] == cases,
            detail,
        ),
        Figure("The same on a disk that never syncs: records lost", "≥ 1", f"{teeth:,}", teeth > 0),
    ]
