"""What our own server has to serve: the records that were received, in the ring, also those of before a restart.

The rule this file owns: a record's sequence number follows from when it was received, so that a client goes on after a
restart where it was, though nothing but the journal remembers. Numbers count hundredths of a second; of records of one
station that come closer together than that, each has the next.
"""

from collections.abc import Iterator

from seismonet.core.waveform import Delivery
from seismonet.formats.miniseed import Known
from seismonet.formats.usual import Usual
from seismonet.net.ring import ENTRY_BYTES, Ring
from seismonet.store.journal import Journal

from .live import Heard, hear

SEQUENCE_NS = 10_000_000
FRAME_BYTES = 64
"""What a record costs in the journal beside its own bytes, about."""
USUAL_RECORD = 512
REFILL_BYTES = 24 * 2**20
"""Half an hour of a hundred channels; reading it takes a second or two."""
AT_ONCE = 512


class RingFeed:
    """Fills a ring."""

    def __init__(self, limit_bytes: int) -> None:
        self.ring = Ring(limit_bytes)

    def add(self, heard: Heard) -> None:
        """Take in records that passed the gate."""
        receipts = heard.batch.receipts
        columns = receipts.channel.tolist(), receipts.start_ns.tolist(), receipts.end_ns().tolist()
        for payload, channel, start_ns, end_ns, received_ns in zip(
            heard.payloads, *columns, receipts.received_ns.tolist(), strict=True
        ):
            name = receipts.source_ids[channel]
            station = self.ring.stations.get(name.station_code)
            number = max(received_ns // SEQUENCE_NS, station.next if station else 0)
            self.ring.append(name.station_code, name, start_ns, end_ns, payload, number)

    def refill(self, journal: Journal, known: Known) -> int:
        """Take in the newest of the journal, as much as the ring holds but no more than some seconds' work; how many
        records that gave."""
        share = (USUAL_RECORD + FRAME_BYTES) / (USUAL_RECORD + ENTRY_BYTES)
        size = min(REFILL_BYTES, round(self.ring.limit_bytes * share))
        usual = Usual()
        for portion in _portions(delivery for _, delivery in journal.read(journal.tail(size))):
            self.add(hear(portion, known, usual))
        return self.ring.end - self.ring.begin


def _portions(deliveries: Iterator[Delivery]) -> Iterator[list[Delivery]]:
    """Deliveries in the same order, some hundred packets at a time."""
    found: list[Delivery] = []
    count = 0
    for one in deliveries:
        found.append(one)
        count += len(one.packets)
        if count >= AT_ONCE:
            yield found
            found, count = [], 0
    if found:
        yield found
