"""The way of a packet as the daemon goes it: gate, decoder, memory, pipeline. No socket, no file, no clock."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seismonet.core.event import Pick
from seismonet.core.inventory import ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.core.status import ChannelStatus
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Receipts, Record, Tick
from seismonet.formats.gate import REASONS, known
from seismonet.formats.miniseed import decode_packets
from seismonet.formats.usual import Usual
from seismonet.pipeline import Fact, StationPipeline
from seismonet.synthesis.records import miniseed
from tests.support.receipts import T0_NS, samples_with_onsets, table

NAME = SourceId("TJ", "SAREZ", "00", "HHZ")
LATENCY_NS = 300_000_000
ONSET, SECONDS = 3000, 60


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet and when it is complete."""

    end_ns: int
    payload: bytes


def quake(onset: int = ONSET, seconds: int = SECONDS, start_ns: int = T0_NS) -> list[Sent]:
    """A minute of one channel in packets of a second, with an earthquake at sample ``onset``."""
    return packets(samples_with_onsets(seconds * 100, {onset: 30.0}), start_ns)


def packets(samples: NDArray[np.int32], start_ns: int = T0_NS, rate_hz: float = 100.0, n: int = 100) -> list[Sent]:
    """Samples as packets of ``n``."""
    found = []
    for at in range(0, len(samples), n):
        record = Record(NAME, start_ns + round(at * 1e9 / rate_hz), rate_hz, samples[at : at + n])
        found += [Sent(record.end_ns, payload) for payload in miniseed(record)]
    return found


@dataclass
class Line:
    """Takes packets; ``outcomes`` counts their verdicts, ``facts`` is what the pipeline made of them."""

    table: ChannelTable = field(default_factory=lambda: table({"TJ.SAREZ": (38.2, 72.7)}))
    outcomes: Counter[str] = field(default_factory=Counter)
    facts: list[Fact] = field(default_factory=list)
    last: Receipts | None = None

    def __post_init__(self) -> None:
        self.known, self.usual = known(self.table), Usual()
        self.pipeline = StationPipeline(self.table)

    def take(self, payloads: Sequence[bytes], received_ns: int) -> list[str]:
        """Packets that arrive together; the reason of each."""
        received = np.full(len(payloads), received_ns, dtype=np.int64)
        batch = decode_packets(payloads, received, self.known, self.usual)
        self.outcomes += batch.outcomes()
        self.last = batch.receipts
        self.facts += self.pipeline.step(batch.receipts, Tick(received_ns))
        return [REASONS[number].code for number in batch.reason.tolist()]

    def send(self, sent: Iterable[Sent]) -> "Line":
        """Packets one by one, each a moment after its end."""
        for one in sent:
            self.take([one.payload], one.end_ns + LATENCY_NS)
        return self

    @property
    def picks(self) -> list[tuple[int, int]]:
        """(version, time) of the picks."""
        return [(fact.version, fact.time_ns) for fact in self.facts if isinstance(fact, Pick)]

    @property
    def counts(self) -> dict[str, int]:
        """What happened to records of the channel that were not simply taken."""
        return {what: count for (name, what), count in self.pipeline.counts.items() if name == NAME.nslc}

    @property
    def statuses(self) -> list[ChannelStatus]:
        """The channel's statuses."""
        return [fact for fact in self.facts if isinstance(fact, ChannelStatus)]

    @property
    def onset_s(self) -> list[float]:
        """Seconds from the true onset to each refined pick."""
        true_ns = T0_NS + ONSET * SECOND_NS // 100
        return [(time_ns - true_ns) / SECOND_NS for version, time_ns in self.picks if version == 1]
