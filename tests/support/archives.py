"""An archive with its journal in a folder, and records to put into it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_iso
from seismonet.core.waveform import Delivery, Packet, Record
from seismonet.formats.miniseed import Known
from seismonet.store.archive import SDS, Archive, Recovered
from seismonet.store.files import Disk
from seismonet.store.journal import Journal
from seismonet.synthesis.records import USUAL, PackingParams, miniseed

BEGIN_NS = from_iso("2024-10-03T12:00:00Z")
SAREZ = SourceId.parse("TJ.SAREZ.00.HHZ")
MURGH = SourceId.parse("TJ.MURGH.00.HHZ")
LINK_NS = SECOND_NS // 2
VERSION3 = PackingParams(version=3)


def one(
    name: SourceId,
    k: float,
    *,
    samples: int = 100,
    level: int = 0,
    begin_ns: int = BEGIN_NS,
    packing: PackingParams = USUAL,
) -> bytes:
    """The record of a channel that begins ``k`` seconds after the beginning; ``level`` makes other samples of it."""
    first = round(k * 100)
    counts = (np.arange(first, first + samples) * 7 % 1000 + level).astype(np.int32)
    return miniseed(Record(name, begin_ns + round(k * SECOND_NS), 100.0, counts, 100), packing)[0]


def delivery(
    payloads: Sequence[bytes],
    k: float,
    *,
    source: str = "pamir",
    station: str = "TJ.SAREZ",
    first: int = 0,
    flags: int = 0,
) -> Delivery:
    """Records that are received half a second after second ``k + 1``, numbered from ``first`` on."""
    received_ns = BEGIN_NS + round((k + 1) * SECOND_NS) + LINK_NS
    packets = tuple(Packet(station, first + number, payload) for number, payload in enumerate(payloads))
    return Delivery(source, received_ns, packets, flags)


@dataclass
class Store:
    """An open archive."""

    folder: Path
    journal: Journal
    archive: Archive
    recovered: Recovered

    def put(self, *deliveries: Delivery) -> None:
        """Into the journal, durably."""
        self.journal.append(deliveries)
        self.journal.commit()

    def second(self, k: float, *names: SourceId) -> None:
        """One record of each channel, of second ``k``; its number is the second."""
        for name in names or (SAREZ,):
            self.put(delivery([one(name, k)], k, station=name.station_code, first=int(k)))

    def file(self, name: SourceId = SAREZ) -> Path:
        """The one day file of a channel."""
        found = sorted((self.folder / SDS).rglob(f"{name.nslc}.D.*"))
        assert len(found) == 1
        return found[0]


@contextmanager
def store(
    folder: Path,
    *,
    disk: Disk | None = None,
    known: Known | None = None,
    segment_bytes: int = 2**20,
    keep_hours: float = 24.0,
    busy_ms: int = 50,
) -> Iterator[Store]:
    """Open and recover an archive, and close it."""
    journal = Journal(folder / "journal", disk=disk, segment_bytes=segment_bytes)
    archive = Archive(folder, known=known, disk=disk, keep_hours=keep_hours, busy_ms=busy_ms)
    try:
        yield Store(folder, journal, archive, archive.recover(journal))
    finally:
        archive.close()
        journal.close()
