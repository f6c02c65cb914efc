"""The receipts of one channel, in any number of parts by time, measured as the pipeline measures what it receives.

The rule this file owns: what continues, what is a gap and what an overlap is decided as in ``detect.assemble``, so that
an archive gives the numbers of the live run.
"""

from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.health import Metric
from seismonet.core.inventory import ChannelTable
from seismonet.core.rollup import HourSpectrum, RecordRollup, SampleRollup
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Block, Receipts
from seismonet.detect.history import History
from seismonet.detect.rows import Rows
from seismonet.kernels.quality import STRIDE
from seismonet.status.ppsd import HourMaker
from seismonet.status.rollups import Rollups

CELLS_BEHIND = 60
PIECE_S = 600.0
HELD_S = 2 * PIECE_S + 60.0
NEARLY_NS = SECOND_NS // 10


@dataclass(slots=True)
class _Times:
    """The times of the samples of one channel, by the records of the part that is being read."""

    rate_hz: FloatArray = field(default_factory=lambda: np.zeros(1))
    number: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    start_ns: IntArray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))

    def time_of(self, row: int, number: int) -> tuple[int, int]:
        index = max(int(np.searchsorted(self.number, number, side="right")) - 1, 0)
        offset_ns = round((number - int(self.number[index])) * SECOND_NS / float(self.rate_hz[row]))
        return int(self.start_ns[index]) + offset_ns, 0


@dataclass(slots=True)
class ChannelMeasure:
    """The measures of one channel, growing with each part that is added in the order of time."""

    source_id: SourceId
    table: ChannelTable
    with_spectra: bool = True
    samples: list[SampleRollup] = field(default_factory=list)
    records: list[RecordRollup] = field(default_factory=list)
    days: list[Metric] = field(default_factory=list)
    hours: list[HourSpectrum] = field(default_factory=list)
    present: list[tuple[int, int]] = field(default_factory=list)
    rate_hz: float = 0.0
    _number: int = 0
    _end_ns: int = -(2**62)
    _times: _Times = field(default_factory=_Times)
    _rollups: Rollups = field(init=False)
    _maker: HourMaker = field(init=False)
    _histories: dict[float, History] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rollups = Rollups(Rows.of(self.table), self._times, self._history, CELLS_BEHIND)
        self._maker = HourMaker(self.source_id)

    def add(self, receipts: Receipts) -> None:
        """Take in receipts of this channel alone; they are put into the order of their times."""
        order = np.argsort(receipts.start_ns, kind="stable")
        batch = receipts.select(order).compact() if len(order) else receipts
        if not len(batch):
            return
        self._rollups.receive(batch)
        skip, fresh = self._joined(batch)
        kept = batch.count - skip
        number = self._number + np.cumsum(kept) - kept
        start_ns = batch.start_ns + np.rint(skip * SECOND_NS / batch.rate_hz).astype(np.int64)
        used = np.flatnonzero(kept > 0)
        self._times.number, self._times.start_ns = number[used], start_ns[used]
        samples = batch.samples
        if skip.any():
            place = np.arange(len(samples)) - np.repeat(batch.first, batch.count)
            samples = samples[place >= np.repeat(skip, batch.count)]
        self._run(used[fresh[used]], used, (kept, number, start_ns, batch.rate_hz), samples)
        self._number += int(kept.sum())
        self._collect()

    def finish(self) -> None:
        """Nothing follows any more."""
        self._rollups.finish()
        self._collect()
        self.hours += self._maker.finish()

    def _joined(self, batch: Receipts) -> tuple[IntArray, BoolArray]:
        """(m,) samples at the begin of each record that are known already, and whether it begins a segment."""
        end_ns = batch.end_ns()
        before_ns = np.append(self._end_ns, end_ns[:-1])
        ahead = (batch.start_ns - before_ns) * batch.rate_hz / SECOND_NS
        same = batch.rate_hz == np.append(self.rate_hz, batch.rate_hz[:-1])
        skip, fresh = np.zeros(len(batch), dtype=np.int64), (ahead > 0.5) | ~same
        if (ahead < -0.5).any():
            self._trim(batch, end_ns, skip, fresh)
        else:
            self._end_ns = int(end_ns[-1])
        self.rate_hz = float(batch.rate_hz[-1])
        return skip, fresh

    def _trim(self, batch: Receipts, end_ns: IntArray, skip: IntArray, fresh: BoolArray) -> None:
        """One by one, where records overlap."""
        reach_ns, rate_hz = self._end_ns, self.rate_hz
        columns = batch.start_ns.tolist(), end_ns.tolist(), batch.rate_hz.tolist(), batch.count.tolist()
        for index, (start, end, rate, count) in enumerate(zip(*columns, strict=True)):
            ahead = (start - reach_ns) * rate / SECOND_NS
            if end <= reach_ns:
                skip[index], fresh[index] = count, False
                continue
            skip[index] = min(count, round(-ahead)) if ahead < -0.5 and rate == rate_hz else 0
            fresh[index] = ahead > 0.5 or rate != rate_hz
            if skip[index] < count:
                reach_ns, rate_hz = end, rate
        self._end_ns = reach_ns

    def _run(
        self,
        begins: IntArray,
        used: IntArray,
        columns: tuple[IntArray, IntArray, IntArray, FloatArray],
        samples: AnyArray,
    ) -> None:
        """Segment by segment, in pieces of ten minutes."""
        kept, number, start_ns, rates = columns
        edges = sorted({int(used[0]) if len(used) else 0, *begins.tolist()}) if len(used) else []
        for index, first in enumerate(edges):
            stop = edges[index + 1] if index + 1 < len(edges) else len(kept)
            begin, end = int(number[first]), int(number[first]) + int(kept[first:stop].sum())
            is_fresh, rate_hz = first in begins, float(rates[first])
            self._times.rate_hz[0] = rate_hz
            self._note(int(start_ns[first]), int(start_ns[first]) + round((end - begin) * SECOND_NS / rate_hz))
            step = int(PIECE_S * rate_hz) or 1
            for at in range(begin, end, step):
                piece = samples[at - self._number : min(at + step, end) - self._number]
                block = Block(
                    np.array([0]),
                    np.array([at]),
                    piece[None, :],
                    np.array([is_fresh and at == begin]),
                )
                self._history(rate_hz).write(block)
                self._rollups.write(rate_hz, block)
                self._rollups.work(0)
                if self.with_spectra:
                    self.hours += self._maker.add(self._times.time_of(0, at)[0], rate_hz, piece)

    def _history(self, rate_hz: float) -> History:
        if rate_hz not in self._histories:
            self._histories[rate_hz] = History(rate_hz, 1, int(HELD_S * rate_hz) + STRIDE)
        return self._histories[rate_hz]

    def _note(self, start_ns: int, end_ns: int) -> None:
        if self.present and start_ns - self.present[-1][1] <= NEARLY_NS:
            self.present[-1] = self.present[-1][0], max(end_ns, self.present[-1][1])
        else:
            self.present.append((start_ns, end_ns))

    def _collect(self) -> None:
        rollups, days = self._rollups.collect()
        self.samples += [one for one in rollups if isinstance(one, SampleRollup)]
        self.records += [one for one in rollups if isinstance(one, RecordRollup)]
        self.days += days
