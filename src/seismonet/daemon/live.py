"""The pipeline as the daemon runs it: deliveries in, outputs out, and the way back into the middle of things.

The rule this file owns: what a step does is a function of the deliveries and their stamps. The same deliveries read
from the journal give the same outputs, which is how a restart goes on and how a replay of the receipts log repeats.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from seismonet.core.alert import Alert
from seismonet.core.arrays import AnyArray
from seismonet.core.errors import FormatError
from seismonet.core.inventory import ChannelTable
from seismonet.core.plain import from_plain, to_plain
from seismonet.core.target import Target
from seismonet.core.waveform import FOREIGN, LATE, Delivery, Receipts, Tick
from seismonet.feed import fresh
from seismonet.formats.gate import REASONS, known
from seismonet.formats.miniseed import Batch, Known, decode_packets
from seismonet.formats.usual import Usual
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes
from seismonet.pipeline import Output, Pipeline, PipelineParams

NOT_USED = FOREIGN | LATE
USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The memory of a ``Live``, after the step that ended with ``tick_ns``."""

    arrays: Mapping[str, AnyArray]
    tick_ns: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Deliveries, decoded: ``payloads`` are the records of ``batch.receipts``, byte for byte, in their order."""

    batch: Batch
    payloads: list[bytes]
    sources: list[str]
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)


def hear(deliveries: Sequence[Delivery], known: Known, usual: Usual) -> Heard:
    """Judge and decode deliveries; ``usual`` is what their channels usually send, and is brought up to date."""
    used = [one for one in deliveries if not one.flags & NOT_USED]
    payloads = [packet.payload for one in used for packet in one.packets]
    sources = [one.source for one in used for _ in one.packets]
    lengths = [len(one.packets) for one in used]
    received_ns = np.repeat(np.array([one.received_ns for one in used], dtype=np.int64), lengths)
    batch = decode_packets(payloads, received_ns, known, usual)
    refused = Counter[tuple[str, str]]()
    if len(batch.receipts) < len(payloads):
        for index in np.flatnonzero(batch.reason).tolist():
            reason = REASONS[int(batch.reason[index])]
            if reason.verdict:
                refused[sources[index], reason.code] += 1
    for one in deliveries:
        if one.flags & FOREIGN:
            refused[one.source, "foreign_station"] += len(one.packets)
    index = batch.used().tolist()
    return Heard(batch, [payloads[one] for one in index], [sources[one] for one in index], refused)


class Live:
    """A pipeline over the channels of a table. ``late_s``: data older than this at receipt are archived, not used."""

    def __init__(
        self,
        table: ChannelTable,
        model: TravelTimes,
        params: PipelineParams,
        late_s: float,
        corrections: StationCorrections | None = None,
        targets: Sequence[Target] = (),
    ) -> None:
        self.table, self.params, self.late_s = table, params, late_s
        self.known = known(table)
        self.model, self.corrections, self.targets = model, corrections or StationCorrections(), tuple(targets)
        self.pipeline, self._usual = self._pipeline(), Usual()

    def _pipeline(self) -> Pipeline:
        made = Pipeline(self.table, self.model, self.params, self.corrections, self.targets)
        made.network.prepare()
        return made

    def anew(self) -> "Live":
        """The same, knowing nothing."""
        return Live(self.table, self.model, self.params, self.late_s, self.corrections, self.targets)

    def hear(self, deliveries: Sequence[Delivery]) -> Heard:
        """Judge and decode what came in."""
        return hear(deliveries, self.known, self._usual)

    def step(self, receipts: Receipts, now_ns: int) -> Output:
        """Everything that follows from what was received up to now."""
        return self.pipeline.step(fresh(receipts, self.late_s), Tick(now_ns))

    def snapshot(self, tick_ns: int) -> Snapshot:
        """The pipeline's memory after the step that ended with ``tick_ns``."""
        arrays = self.pipeline.save()
        arrays[USUAL] = np.frombuffer(json.dumps(to_plain(self._usual)).encode(), dtype=np.uint8)
        return Snapshot(arrays, tick_ns)

    def resume(
        self, snapshot: Snapshot | None, journal: Iterable[Delivery], told_before: Iterable[Alert] = ()
    ) -> tuple[list[Output], str]:
        """Go on from a snapshot, through what the journal holds after it; the outputs, and in words what was done.

        The newest records may not have come into the journal: they come again, later and in another order, and what
        they make must be known by the names in the alerts that were ``told_before``.
        """
        told = "no snapshot: the pipeline begins anew"
        if snapshot is not None:
            try:
                channels = self._load(dict(snapshot.arrays))
                told = f"{channels} channels go on from the snapshot"
            except FormatError as error:
                self.pipeline, self._usual = self._pipeline(), Usual()
                told = str(error)
        self.pipeline.network.remember((), told_before)
        outputs, count = [], 0
        for delivery in journal:
            outputs.append(self.step(self.hear([delivery]).batch.receipts, delivery.received_ns))
            count += len(delivery.packets)
        return outputs, f"{told}, {count} packets from the journal after it"

    def _load(self, arrays: dict[str, AnyArray]) -> int:
        usual = arrays.pop(USUAL, None)
        channels = self.pipeline.load(arrays)
        if usual is not None:
            self._usual = from_plain(Usual, json.loads(usual.tobytes()))
        return channels
