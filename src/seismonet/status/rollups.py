"""Receipts and blocks to rollups: ten minutes of each channel in numbers, and of each day its median and unique values.

The rule this file owns: samples are looked at in cells of ten seconds of their own time, counted within a segment by
their numbers, so what comes out does not depend on how they came nor on when the work was done; a few cells are done at
a time, so that no alert waits. A record or a receipt counts in the slot that is open when it is older than that.

::

    slot    |------------------ 10 min ------------------|
    cells   |10 s|10 s|10 s| ...            a gap ends a cell early; its samples count all the same
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.health import Metric
from seismonet.core.plain import Tree
from seismonet.core.rollup import DAY_NS, SLOT_NS, Rollup, SampleRollup
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Block, Receipts
from seismonet.detect.assemble import MAX_PIECE, Assembler
from seismonet.detect.rows import Rows, SameRows
from seismonet.kernels.quality import (
    HALF,
    KEPT_BINS,
    STRIDE,
    Moments,
    firsts,
    flat_samples,
    largest_surge,
    moments,
    outliers,
    whole_rows,
)

from .arrivals import Arrivals
from .daysketch import DaySketch

CELL_NS = 10 * SECOND_NS
CELL_S, BIN_S = 10.0, 0.5
EDGE_SAMPLES = 0.01
"""A sample so little before a cell's begin is of that cell: times are rounded."""
LEAST_GAP_NS = 1_000_000
RANGE_CELLS = 30
"""Five minutes, for ``max_range``."""
SURGE_RATE_HZ = 4.0
"""Below this rate half a second has too few samples for 3 s against 30 s."""
USUAL_RATE_HZ = 100.0
CELLS_A_STEP = 64
CELLS_BEHIND = 3
UNKNOWN, NEVER = -1, 2**62
COLUMNS = (
    *("begin", "end", "open", "due", "judged", "slot_number", "slot_ns", "stale", "rate_hz", "spike_at", "cell"),
    *("slot", "n", "mean", "m2", "low", "high", "span", "surge", "spikes", "flat", "clipped", "gaps", "gap_max_s"),
    *("gap_sum_s", "bin_n", "bin_mean", "bin_m2", "bins_seen", "cell_low", "cell_high"),
)


@dataclass(slots=True)
class Rollups:
    """The memory of all channels' rollups.

    ``receive`` and ``write`` take in what came, ``work`` looks at some of it, ``collect`` gives what is complete.
    """

    rows: Rows
    assembler: Assembler
    arrivals: Arrivals = field(init=False)
    sketch: DaySketch = field(init=False)
    samples: AnyArray = field(init=False)
    begin: IntArray = field(init=False)
    end: IntArray = field(init=False)
    open: IntArray = field(init=False)
    due: IntArray = field(init=False)
    judged: IntArray = field(init=False)
    slot_number: IntArray = field(init=False)
    slot_ns: IntArray = field(init=False)
    stale: BoolArray = field(init=False)
    rate_hz: FloatArray = field(init=False)
    spike_at: IntArray = field(init=False)
    cell: IntArray = field(init=False)
    slot: IntArray = field(init=False)
    n: FloatArray = field(init=False)
    mean: FloatArray = field(init=False)
    m2: FloatArray = field(init=False)
    low: FloatArray = field(init=False)
    high: FloatArray = field(init=False)
    span: FloatArray = field(init=False)
    surge: FloatArray = field(init=False)
    spikes: IntArray = field(init=False)
    flat: IntArray = field(init=False)
    clipped: IntArray = field(init=False)
    gaps: IntArray = field(init=False)
    gap_max_s: FloatArray = field(init=False)
    gap_sum_s: FloatArray = field(init=False)
    bin_n: FloatArray = field(init=False)
    bin_mean: FloatArray = field(init=False)
    bin_m2: FloatArray = field(init=False)
    bins_seen: IntArray = field(init=False)
    cell_low: FloatArray = field(init=False)
    cell_high: FloatArray = field(init=False)
    clip_level: FloatArray = field(init=False)
    _done: list[SampleRollup] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.rows)
        self.arrivals, self.sketch = Arrivals(self.rows), DaySketch(self.rows)
        rates = [channel.rate_hz for epochs in self.rows.epochs for channel in epochs]
        self.samples = np.zeros((n, _ring(max([USUAL_RATE_HZ, *rates]))), dtype=np.int32)
        self.begin, self.end, self.open, self.judged, self.slot_number = np.zeros((5, n), dtype=np.int64)
        self.slot_ns, self.spike_at, self.slot, self.cell = np.full((4, n), UNKNOWN, dtype=np.int64)
        self.due, self.stale = np.full(n, NEVER, dtype=np.int64), np.zeros(n, dtype=bool)
        self.n, self.mean, self.m2, self.span, self.surge, self.gap_max_s, self.gap_sum_s = np.zeros((7, n))
        self.spikes, self.flat, self.clipped, self.gaps, self.bins_seen = np.zeros((5, n), dtype=np.int64)
        self.rate_hz, self.low, self.high = np.zeros(n), np.full(n, np.inf), np.full(n, -np.inf)
        self.bin_n, self.bin_mean, self.bin_m2 = np.zeros((3, n, KEPT_BINS))
        self.cell_low, self.cell_high = np.full((n, RANGE_CELLS), np.inf), np.full((n, RANGE_CELLS), -np.inf)
        self.clip_level = np.array([channels[-1].clip_counts for channels in self.rows.epochs])

    def receive(self, receipts: Receipts) -> None:
        """Take in a batch of receipts, in the order of receipt: what their headers and times say."""
        self.arrivals.receive(receipts)

    def write(self, rate_hz: float, block: Block) -> None:
        """Take in the samples of a block."""
        if _ring(rate_hz) > self.samples.shape[1]:
            self._widen(_ring(rate_hz))
        rows, n, size = block.rows, block.samples.shape[1], self.samples.shape[1]
        if np.count_nonzero(block.fresh):
            for row, number in zip(rows[block.fresh].tolist(), block.number[block.fresh].tolist(), strict=True):
                self._begin(row, number)
        late = block.number + n - np.minimum(self.open, self.judged - HALF)[rows] > size
        if np.count_nonzero(late):
            self._catch_up(rows[late])
        self._hold(block.samples)
        slot = (block.number[:, None] + np.arange(n)) & (size - 1)
        self.samples[rows[:, None], slot] = block.samples
        self.end[rows] = block.number + n
        if np.count_nonzero(self.stale[rows]):
            self._ask_times(rows[self.stale[rows]])

    def work(self, cells: int = CELLS_A_STEP) -> None:
        """Look at complete cells: of some channels, and of all that are some cells behind."""
        rows = np.flatnonzero(self.end >= self.due)
        if not len(rows):
            return
        far = self.end[rows] - self.open[rows] > CELLS_BEHIND * CELL_S * self.rate_hz[rows]
        self._catch_up(rows[far])
        self._look(rows[~far][:cells])

    def finish(self) -> None:
        """Look at all that is there, also at what is not complete: at the end of a recording."""
        self._catch_up(np.arange(len(self.rows)))
        self._look(np.flatnonzero(self.end > self.open))
        for row in range(len(self.rows)):
            self._close(row)
        self.sketch.close()
        self.arrivals.finish()

    def collect(self) -> tuple[list[Rollup], list[Metric]]:
        """Rollups that are complete, and the metrics of days that are; each once."""
        done, self._done = self._done, []
        return [*done, *self.arrivals.collect()], self.sketch.collect()

    def save(self) -> dict[str, Any]:
        """All that it remembers, as a tree of arrays and plain values. What is complete must have been collected."""
        columns = {name: getattr(self, name).copy() for name in COLUMNS}
        parts = {"arrivals": self.arrivals.save(), "sketch": self.sketch.save()}
        return {**columns, **parts, "samples": self.samples.copy()}

    def load(self, tree: Tree, same: SameRows) -> None:
        """Take up what was saved, for the rows that are the same."""
        for name in COLUMNS:
            same.copy(tree[name], getattr(self, name))
        self._hold(np.asarray(tree["samples"], dtype=np.float64))
        while tree["samples"].shape[1] > self.samples.shape[1]:
            self._widen(tree["samples"].shape[1])
        size, old = self.samples.shape[1], tree["samples"].shape[1]
        for before, now in same.number.items():
            numbers = np.arange(max(int(self.end[now]) - old, 0), int(self.end[now]))
            self.samples[now, numbers & (size - 1)] = tree["samples"][before, numbers & (old - 1)]
        self.arrivals.load(tree["arrivals"], same)
        self.sketch.load(tree["sketch"], same)

    def _hold(self, samples: FloatArray) -> None:
        """Go over to floating point for ever, at the first sample that is no whole number of 32 bits."""
        if self.samples.dtype == np.float64:
            return
        with np.errstate(invalid="ignore"):
            if not np.array_equal(samples.astype(np.int32), samples):
                self.samples = self.samples.astype(np.float64)

    def _widen(self, size: int) -> None:
        old = self.samples
        self.samples = np.zeros((len(old), size), dtype=old.dtype)
        for row in np.flatnonzero(self.end).tolist():
            numbers = np.arange(max(int(self.end[row]) - old.shape[1], 0), int(self.end[row]))
            self.samples[row, numbers & (size - 1)] = old[row, numbers & (old.shape[1] - 1)]

    def _begin(self, row: int, number: int) -> None:
        """A new segment: what is there of the old one is looked at first."""
        one = np.array([row])
        self._catch_up(one)
        if self.end[row] > self.open[row]:
            self._look(one)
        before_ns = self._time_ns(one, self.end[one])[0] if self.end[row] else None
        start_ns = self.assembler.time_of(row, number)[0]
        self.begin[row] = self.end[row] = self.open[row] = self.slot_number[row] = number
        self.judged[row] = number + HALF
        self.slot_ns[row], self.rate_hz[row] = start_ns, self.assembler.rate_hz[row]
        self.bins_seen[row], self.cell_low[row], self.cell_high[row] = 0, np.inf, -np.inf
        self.stale[row], self.cell[row] = False, UNKNOWN
        self._set_due(one)
        if before_ns is not None and start_ns - before_ns > LEAST_GAP_NS:
            gap_s = (start_ns - before_ns) / SECOND_NS
            self._open_slot(one, self._cell(one) * CELL_NS // SLOT_NS)
            self.gaps[row] += 1
            self.gap_max_s[row] = max(float(self.gap_max_s[row]), gap_s)
            self.gap_sum_s[row] += gap_s

    def _catch_up(self, rows: IntArray) -> None:
        """Look at all complete cells of some rows."""
        while len(rows := rows[self.end[rows] >= self.due[rows]]):
            self._look(rows)

    def _time_ns(self, rows: IntArray, number: IntArray) -> IntArray:
        """Time of a sample, counted from the first of the row's slot."""
        offset = np.rint((number - self.slot_number[rows]) * (SECOND_NS / self.rate_hz[rows]))
        return np.asarray(self.slot_ns[rows] + offset.astype(np.int64))

    def _cell(self, rows: IntArray) -> IntArray:
        """Number of the cell that each row's open sample is in."""
        edge_ns = (EDGE_SAMPLES * SECOND_NS / self.rate_hz[rows]).astype(np.int64)
        return np.asarray((self._time_ns(rows, self.open[rows]) + edge_ns) // CELL_NS)

    def _set_due(self, rows: IntArray) -> None:
        """Note with which number the cell of each row's open sample is complete."""
        left_s = ((self._cell(rows) + 1) * CELL_NS - self._time_ns(rows, self.open[rows])) / SECOND_NS
        length = np.ceil(left_s * self.rate_hz[rows] - EDGE_SAMPLES).astype(np.int64)
        self.due[rows] = self.open[rows] + np.maximum(length, 1)

    def _look(self, rows: IntArray) -> None:
        """One piece of each row, from the open sample on, inside its cell; rows that are alike together."""
        if not len(rows):
            return
        length = np.minimum(self.due[rows], self.end[rows]) - self.open[rows]
        cell = self._cell(rows)
        offset = (self._time_ns(rows, self.open[rows]) - cell * CELL_NS) / SECOND_NS * self.rate_hz[rows]
        keys = zip(length.tolist(), np.rint(offset / EDGE_SAMPLES).tolist(), self.rate_hz[rows].tolist(), strict=True)
        groups: dict[tuple[int, float, float], list[int]] = {}
        for index, key in enumerate(keys):
            groups.setdefault(key, []).append(index)
        for (n, hundredths, rate_hz), which in groups.items():
            edges = _edges(n, hundredths * EDGE_SAMPLES, rate_hz)
            self._look_alike(rows[which], cell[which], n, edges)

    def _look_alike(self, rows: IntArray, cell: IntArray, n: int, edges: IntArray) -> None:
        self._open_slot(rows, cell * CELL_NS // SLOT_NS)
        size = self.samples.shape[1]
        samples = self.samples[rows[:, None], (self.open[rows][:, None] + np.arange(n)) & (size - 1)]
        ranked = np.sort(samples, axis=1)
        whole, bins = moments(samples, edges)
        both = Moments(self.n[rows], self.mean[rows], self.m2[rows]).plus(whole)
        self.n[rows], self.mean[rows], self.m2[rows] = both.n, both.mean, both.m2
        low, high = ranked[:, 0].astype(np.float64), ranked[:, -1].astype(np.float64)
        self.low[rows], self.high[rows] = np.minimum(self.low[rows], low), np.maximum(self.high[rows], high)
        self.flat[rows] += flat_samples(samples)
        self._follow_range(rows, cell, low, high)
        self._follow_surge(rows, bins)
        for index in np.flatnonzero(np.maximum(high, -low) >= self.clip_level[rows]).tolist():
            self.clipped[rows[index]] += np.count_nonzero(np.abs(samples[index]) >= self.clip_level[rows[index]])
        self.sketch.take(rows, cell * CELL_NS // DAY_NS, ranked, firsts(ranked))
        self.open[rows] += n
        self._follow_spikes(rows)
        self._turn_slots(rows)

    def _follow_range(self, rows: IntArray, cell: IntArray, low: FloatArray, high: FloatArray) -> None:
        place = cell % RANGE_CELLS
        new = self.cell[rows] != cell
        self.cell[rows] = cell
        self.cell_low[rows, place] = np.where(new, low, np.minimum(self.cell_low[rows, place], low))
        self.cell_high[rows, place] = np.where(new, high, np.maximum(self.cell_high[rows, place], high))
        span = self.cell_high[rows].max(axis=1) - self.cell_low[rows].min(axis=1)
        self.span[rows] = np.maximum(self.span[rows], span)

    def _follow_surge(self, rows: IntArray, bins: Moments) -> None:
        if self.rate_hz[rows[0]] < SURGE_RATE_HZ:
            return
        kept = self.bin_n[rows], self.bin_mean[rows], self.bin_m2[rows]
        new = bins.n, bins.mean, bins.m2
        n, mean, m2 = (np.concatenate([old, one], axis=1) for old, one in zip(kept, new, strict=True))
        self.bins_seen[rows] = np.minimum(self.bins_seen[rows] + bins.n.shape[1], n.shape[1])
        self.surge[rows] = np.maximum(self.surge[rows], largest_surge(Moments(n, mean, m2), self.bins_seen[rows]))
        self.bin_n[rows], self.bin_mean[rows] = n[:, -KEPT_BINS:], mean[:, -KEPT_BINS:]
        self.bin_m2[rows] = m2[:, -KEPT_BINS:]

    def _follow_spikes(self, rows: IntArray) -> None:
        """Judge the samples that have their 20 neighbours on either side; adjacent outliers are one spike."""
        ready = self.open[rows] - self.judged[rows] + HALF
        for length in np.unique(ready[ready >= STRIDE]).tolist():
            alike = rows[ready == length]
            size = self.samples.shape[1]
            first = self.judged[alike] - HALF
            samples = self.samples[alike[:, None], (first[:, None] + np.arange(length)) & (size - 1)]
            least = np.where(whole_rows(samples), 0.5, 0.0)
            which, column = outliers(samples, least)
            for index, at in zip(which.tolist(), column.tolist(), strict=True):
                row, number = int(alike[index]), int(first[index]) + at
                self.spikes[row] += number != self.spike_at[row] + 1
                self.spike_at[row] = number
            self.judged[alike] += length - 2 * HALF

    def _turn_slots(self, rows: IntArray) -> None:
        """Where a slot has ended, the time of the next sample is asked for anew: clocks drift."""
        over = rows[self._cell(rows) * CELL_NS // SLOT_NS != self.slot[rows]]
        if len(over):
            self.slot_ns[over] = self._time_ns(over, self.open[over])
            self.slot_number[over], self.stale[over] = self.open[over], True
            self._ask_times(over[self.open[over] < self.end[over]])
        self._set_due(rows)

    def _ask_times(self, rows: IntArray) -> None:
        """The times of the first samples of slots, from the records that brought them."""
        for row in rows.tolist():
            self.slot_ns[row] = self.assembler.time_of(row, int(self.slot_number[row]))[0]
        self.stale[rows] = False
        self._set_due(rows)

    def _open_slot(self, rows: IntArray, slot: IntArray) -> None:
        """Close the slots that are over."""
        for index in np.flatnonzero(self.slot[rows] != slot).tolist():
            self._close(int(rows[index]))
        self.slot[rows] = slot

    def _close(self, row: int) -> None:
        if self.slot[row] == UNKNOWN or not (self.n[row] or self.gaps[row]):
            return
        rollup = SampleRollup(
            source_id=self.rows.source_ids[row],
            start_ns=int(self.slot[row]) * SLOT_NS,
            rate_hz=float(self.rate_hz[row]),
            samples=int(self.n[row]),
            mean=float(self.mean[row]),
            m2=float(self.m2[row]),
            minimum=float(self.low[row]),
            maximum=float(self.high[row]),
            max_range=float(self.span[row]),
            max_stalta=float(self.surge[row]),
            spikes=int(self.spikes[row]),
            flat=int(self.flat[row]),
            clipped=int(self.clipped[row]),
            gaps=int(self.gaps[row]),
            gap_longest_s=float(self.gap_max_s[row]),
            gap_total_s=float(self.gap_sum_s[row]),
        )
        self._done.append(rollup)
        for zero in (self.n, self.mean, self.m2, self.span, self.surge, self.gap_max_s, self.gap_sum_s):
            zero[row] = 0.0
        for none in (self.spikes, self.flat, self.clipped, self.gaps):
            none[row] = 0
        self.low[row], self.high[row] = np.inf, -np.inf


def _ring(rate_hz: float) -> int:
    """Samples kept: some cells, what outliers need around it, and what two blocks may bring."""
    return int(1 << int(np.ceil(np.log2((CELLS_BEHIND + 1) * CELL_S * rate_hz + 2 * STRIDE + 2 * MAX_PIECE))))


def _edges(n: int, offset: float, rate_hz: float) -> IntArray:
    """Where half seconds begin in a piece of n samples that begins ``offset`` samples after its cell."""
    if rate_hz < SURGE_RATE_HZ:
        return np.array([0])
    first = int((offset + EDGE_SAMPLES) / rate_hz // BIN_S) + 1
    last = int((offset + n) / rate_hz / BIN_S) + 1
    starts = np.ceil(np.arange(first, last + 1) * BIN_S * rate_hz - offset - EDGE_SAMPLES).astype(np.int64)
    return np.append(0, starts[(starts > 0) & (starts < n)])
