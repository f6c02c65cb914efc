"""Archives on disk, filled through the journal as the daemon does it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.core.waveform import LATE, Delivery, Packet, Record
from seismonet.store.archive import Archive, Taken
from seismonet.store.journal import Journal
from seismonet.synthesis.records import miniseed

HHZ, HHN = SourceId.parse("TJ.SAREZ.00.HHZ"), SourceId.parse("TJ.SAREZ.00.HHN")
SECOND, HOUR = 10**9, 3600 * 10**9
DAY_NS = 86_400 * 10**9
DAY = from_iso("2024-10-03T00:00:00Z")
"""Day 277 of 2024, that of ``tests.support.miniseed``."""
RECEIVED_NS = DAY + 2 * DAY_NS


def records(name: SourceId, start_ns: int, seconds: int, each_s: int = 10, rate_hz: float = 20.0) -> list[bytes]:
    """Records of a channel, one after the other, that fit into 512 bytes each."""
    found = []
    for at in range(0, seconds, each_s):
        samples = ((np.arange(round(each_s * rate_hz)) * 7 + at) % 50).astype(np.int32)
        found += miniseed(Record(name, start_ns + at * SECOND, rate_hz, samples))
    return found


def delivery(payloads: Iterable[bytes], flags: int = 0, received_ns: int = RECEIVED_NS) -> Delivery:
    """As a source delivers them."""
    return Delivery("sarez", received_ns, tuple(Packet("TJ.SAREZ", -1, payload) for payload in payloads), flags)


def fill(folder: Path, live: Sequence[bytes], late: Sequence[bytes] = ()) -> Taken:
    """Put records into an archive, and close it."""
    journal = Journal(folder / "journal")
    archive = Archive(folder)
    taken = archive.recover(journal).taken
    journal.append([delivery(live), delivery(late, LATE)])
    journal.commit()
    taken.add(archive.take(journal))
    archive.close()
    journal.close()
    return taken


def day_file(folder: Path, name: SourceId = HHZ, day: int = 277) -> Path:
    """Where a day file of 2024 lies."""
    stem = f"{name.network}.{name.station}.{name.location}.{name.channel}.D.2024.{day:03d}"
    return folder / "sds" / "2024" / name.network / name.station / f"{name.channel}.D" / stem
