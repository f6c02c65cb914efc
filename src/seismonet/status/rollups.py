"""Receipts and blocks to rollups: ten minutes of each channel in numbers, and of each day its median and unique values.

The rule this file owns: samples are looked at in cells of ten seconds of their own time, counted within a segment by
their numbers, so what comes out does not depend on how they came nor on when the work was done; a few cells are done at
a time, so that no alert waits. A record or a receipt counts in the slot that is open when it is older than that.

::

    slot    |------------------ 10 min ------------------|
    cells   |10 s|10 s|10 s| ...            a gap ends a cell early; its samples count all the same
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from seismonet.core.arrays import AnyArray, FloatArray, IntArray
from seismonet.core.health import Metric
from seismonet.core.plain import Tree
from seismonet.core.rollup import DAY_NS, SLOT_NS, Rollup, SampleRollup
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Block, Receipts
from seismonet.detect.history import History
from seismonet.detect.rows import Rows, SameRows
from seismonet.kernels.quality import (
    HALF,
    KEPT_BINS,
    STRIDE,
    Moments,
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
SLOT_CELLS = SLOT_NS // CELL_NS
EDGE_SAMPLES = 0.1
"""A sample so little before a cell's begin is of that cell: times are rounded."""
LEAST_GAP_NS = 1_000_000
LEAST_SLOT_S = 590.0
"""A slot is not shorter in samples, whatever a clock does: what is further on must wait."""
RANGE_CELLS = 30
"""Five minutes, for ``max_range``."""
SURGE_RATE_HZ = 4.0
"""Below this rate half a second has too few samples for 3 s against 30 s."""
CELLS_A_STEP = 64
CELLS_BEHIND = 3
TILE_ROWS = 40
"""So many rows together stay in the cache."""
UNKNOWN, NEVER = -1, 2**62
COLUMNS = (
    *(
        "begin",
        "end",
        "open",
        "due",
        "judged",
        "slot_number",
        "slot_ns",
        "turn",
        "turn_ns",
        "rate_hz",
        "kind",
        "spike_at",
        "cell",
    ),
    *(
        "slot",
        "cell_n",
        "cell_mean",
        "cell_m2",
        "low",
        "high",
        "span",
        "surge",
        "spikes",
        "flat",
        "clipped",
        "gaps",
        "gap_max_s",
    ),
    *("gap_sum_s", "bin_n", "bin_mean", "bin_m2", "bins_seen", "cell_low", "cell_high"),
)


class Clock(Protocol):
    """What tells sampling rates and the times of samples, as ``Assembler`` does."""

    rate_hz: FloatArray

    def time_of(self, row: int, number: int) -> tuple[int, int]:
        """(time, time of receipt) of a sample, in ns."""


@dataclass(slots=True)
class Rollups:
    """The memory of all channels' rollups.

    ``histories`` give the history of a rate class, into which a block was written before it is told to ``write``.
    ``receive`` and ``write`` take in what came, ``work`` looks at some of it, ``collect`` gives what is complete.
    ``cells_behind`` is how many cells of a channel may wait: few where alerts wait too, more where many samples do.
    """

    rows: Rows
    clock: Clock
    histories: Callable[[float], History]
    cells_behind: int = CELLS_BEHIND
    arrivals: Arrivals = field(init=False)
    sketch: DaySketch = field(init=False)
    kind: FloatArray = field(init=False)
    begin: IntArray = field(init=False)
    end: IntArray = field(init=False)
    open: IntArray = field(init=False)
    due: IntArray = field(init=False)
    judged: IntArray = field(init=False)
    slot_number: IntArray = field(init=False)
    slot_ns: IntArray = field(init=False)
    turn: IntArray = field(init=False)
    turn_ns: IntArray = field(init=False)
    rate_hz: FloatArray = field(init=False)
    spike_at: IntArray = field(init=False)
    cell: IntArray = field(init=False)
    slot: IntArray = field(init=False)
    cell_n: FloatArray = field(init=False)
    cell_mean: FloatArray = field(init=False)
    cell_m2: FloatArray = field(init=False)
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
        self.begin, self.end, self.open, self.judged, self.slot_number = np.zeros((5, n), dtype=np.int64)
        self.slot_ns, self.turn_ns, self.spike_at, self.slot, self.cell = np.full((5, n), UNKNOWN, dtype=np.int64)
        self.due, self.turn = np.full((2, n), NEVER, dtype=np.int64)
        self.span, self.surge, self.gap_max_s, self.gap_sum_s = np.zeros((4, n))
        self.cell_n, self.cell_mean, self.cell_m2 = np.zeros((3, n, SLOT_CELLS))
        self.spikes, self.flat, self.clipped, self.gaps, self.bins_seen = np.zeros((5, n), dtype=np.int64)
        self.kind, self.rate_hz, self.low, self.high = np.zeros(n), np.zeros(n), np.full(n, np.inf), np.full(n, -np.inf)
        self.bin_n, self.bin_mean, self.bin_m2 = np.zeros((3, n, KEPT_BINS))
        self.cell_low, self.cell_high = np.full((n, RANGE_CELLS), np.inf), np.full((n, RANGE_CELLS), -np.inf)
        self.clip_level = np.array([channels[-1].clip_counts for channels in self.rows.epochs])

    def receive(self, receipts: Receipts) -> None:
        """Take in a batch of receipts, in the order of receipt: what their headers and times say."""
        self.arrivals.receive(receipts)

    def write(self, rate_hz: float, block: Block) -> None:
        """Samples of a block are in the history of its rate class."""
        rows = block.rows
        if np.count_nonzero(block.fresh):
            for row, number in zip(rows[block.fresh].tolist(), block.number[block.fresh].tolist(), strict=True):
                self._begin(row, number, rate_hz)
        end = block.number + block.samples.shape[1]
        asked = self.turn_ns[rows] != UNKNOWN
        if np.count_nonzero(asked):
            far = asked & (end - self.turn[rows] > LEAST_SLOT_S * self.rate_hz[rows])
            self._catch_up(rows[far])
        self.end[rows] = end
        for row in rows[(end > self.turn[rows]) & (self.turn_ns[rows] == UNKNOWN)].tolist():
            self.turn_ns[row] = self.clock.time_of(row, int(self.turn[row]))[0]

    def work(self, cells: int = CELLS_A_STEP) -> None:
        """Look at complete cells: of some channels, and of all that are some cells behind."""
        rows = np.flatnonzero(self.end >= self.due)
        if not len(rows):
            return
        far = self.end[rows] - self.open[rows] > self.cells_behind * CELL_S * self.rate_hz[rows]
        self._catch_up(rows[far])
        self._look(rows[~far][:cells])

    def finish(self) -> None:
        """Look at all that is there, also at what is not complete: at the end of a recording."""
        self._catch_up(np.arange(len(self.rows)))
        self._look(np.flatnonzero(self.end > self.open), partly=True)
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
        return {**columns, **parts}

    def load(self, tree: Tree, same: SameRows) -> None:
        """Take up what was saved, for the rows that are the same."""
        for name in COLUMNS:
            same.copy(tree[name], getattr(self, name))
        self.arrivals.load(tree["arrivals"], same)
        self.sketch.load(tree["sketch"], same)

    def _begin(self, row: int, number: int, rate_hz: float) -> None:
        """A new segment: what is there of the old one is looked at first."""
        one = np.array([row])
        self._catch_up(one)
        if self.end[row] > self.open[row]:
            self._look(one, partly=True)
        before_ns = self._time_ns(one, self.end[one])[0] if self.end[row] else None
        start_ns = self.clock.time_of(row, number)[0]
        self.begin[row] = self.end[row] = self.open[row] = self.slot_number[row] = number
        self.judged[row] = number + HALF
        self.slot_ns[row], self.rate_hz[row], self.kind[row] = start_ns, self.clock.rate_hz[row], rate_hz
        self.bins_seen[row], self.cell_low[row], self.cell_high[row] = 0, np.inf, -np.inf
        self.cell[row] = UNKNOWN
        self._set_turn(one)
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

    def _set_turn(self, rows: IntArray) -> None:
        """Note with which number the next slot of each row begins; its time is asked of the record that brings it."""
        edge_ns = (EDGE_SAMPLES * SECOND_NS / self.rate_hz[rows]).astype(np.int64)
        left_ns = ((self.slot_ns[rows] + edge_ns) // SLOT_NS + 1) * SLOT_NS - self.slot_ns[rows]
        length = np.ceil(left_ns / SECOND_NS * self.rate_hz[rows] - EDGE_SAMPLES).astype(np.int64)
        self.turn[rows], self.turn_ns[rows] = self.slot_number[rows] + np.maximum(length, 1), UNKNOWN

    def _turn_slots(self, rows: IntArray) -> None:
        """Where a slot has ended, times count from the first sample of the next one: clocks drift."""
        over = rows[(self.open[rows] == self.turn[rows]) & (self.turn_ns[rows] != UNKNOWN)]
        if len(over):
            self.slot_number[over], self.slot_ns[over] = self.turn[over], self.turn_ns[over]
            self._set_turn(over)
            self._set_due(over)

    def _look(self, rows: IntArray, partly: bool = False) -> None:
        """At some samples of each row from the open one on: whole cells of one slot, or with ``partly`` what is there
        of the last cell. Rows that are alike are looked at together.
        """
        self._turn_slots(rows)
        if not partly:
            rows = rows[self.end[rows] >= self.due[rows]]
        if not len(rows):
            return
        rate_hz = self.rate_hz[rows]
        length = np.minimum(self.due[rows], self.end[rows]) - self.open[rows]
        cell = self._cell(rows)
        offset = (self._time_ns(rows, self.open[rows]) - cell * CELL_NS) / SECOND_NS * rate_hz
        ready = np.minimum(self.turn[rows], self.end[rows]) - self.open[rows]
        several = (length == CELL_S * rate_hz) & (rate_hz >= SURGE_RATE_HZ)
        count = np.where(several, np.maximum(ready // np.maximum(length, 1), 1), 1)
        before = self.open[rows] - self.judged[rows] + HALF
        columns = length.tolist(), np.rint(offset / EDGE_SAMPLES).tolist(), rate_hz.tolist(), count.tolist()
        groups: dict[tuple[int, float, float, int, int, float], list[int]] = {}
        for index, key in enumerate(zip(*columns, before.tolist(), self.kind[rows].tolist(), strict=True)):
            groups.setdefault(key, []).append(index)
        for (n, tenths, rate, cells, earlier, kind), which in groups.items():
            edges = _edges(n, tenths * EDGE_SAMPLES, rate)
            for begin in range(0, len(which), TILE_ROWS):
                few = which[begin : begin + TILE_ROWS]
                own = rows[few]
                self._open_slot(own, cell[few] * CELL_NS // SLOT_NS)
                held = self._held(self.histories(kind), own, self.open[own] - earlier, earlier + cells * n)
                self._look_alike(own, cell[few], held[:, earlier:].reshape(-1, n), edges)
                self._follow_spikes(own, held)
                self.open[own] += cells * n
                self._set_due(own)

    def _held(self, history: History, rows: IntArray, first: IntArray, length: int) -> AnyArray:
        """(rows, length) samples from ``first`` on."""
        held = np.empty((len(rows), length), dtype=history.samples.dtype)
        size = history.size
        for line, row, begin in zip(held, rows.tolist(), (first & (size - 1)).tolist(), strict=True):
            whole = min(length, size - begin)
            line[:whole] = history.samples[row, begin : begin + whole]
            line[whole:] = history.samples[row, : length - whole]
        return held

    def _look_alike(self, rows: IntArray, cell: IntArray, samples: AnyArray, edges: IntArray) -> None:
        """Cells of some rows, as many of each: ``samples`` has a line for each, ``cell`` is the first of each row."""
        cells = len(samples) // len(rows)
        row, number = np.repeat(rows, cells), (cell[:, None] + np.arange(cells)).ravel()
        ranked = np.sort(samples, axis=1)
        whole, bins = moments(samples, edges)
        place = row, number % SLOT_CELLS
        both = Moments(self.cell_n[place], self.cell_mean[place], self.cell_m2[place]).plus(whole)
        self.cell_n[place], self.cell_mean[place], self.cell_m2[place] = both.n, both.mean, both.m2
        low, high = (ranked[:, k].astype(np.float64).reshape(-1, cells) for k in (0, -1))
        self.low[rows] = np.minimum(self.low[rows], low.min(axis=1))
        self.high[rows] = np.maximum(self.high[rows], high.max(axis=1))
        self.flat[rows] += flat_samples(samples).reshape(-1, cells).sum(axis=1)
        self._follow_range(rows, cell, low, high)
        self._follow_surge(rows, bins, cells)
        clipped = np.maximum(high, -low).ravel() >= self.clip_level[row]
        for one in np.flatnonzero(clipped).tolist():
            self.clipped[row[one]] += np.count_nonzero(np.abs(samples[one]) >= self.clip_level[row[one]])
        self.sketch.take(row, number * CELL_NS // DAY_NS, ranked)

    def _follow_range(self, rows: IntArray, cell: IntArray, low: FloatArray, high: FloatArray) -> None:
        """Five minutes of cells: those kept, the newest last, and the new ones, of which ``cell`` is the first."""
        wide = RANGE_CELLS
        kept_low, kept_high = self.cell_low[rows], self.cell_high[rows]
        again = self.cell[rows] == cell
        if np.count_nonzero(again):
            low[again, 0] = np.minimum(low[again, 0], kept_low[again, -1])
            high[again, 0] = np.maximum(high[again, 0], kept_high[again, -1])
            kept_low[again, 1:], kept_high[again, 1:] = kept_low[again, :-1], kept_high[again, :-1]
        lows, highs = np.concatenate([kept_low, low], axis=1), np.concatenate([kept_high, high], axis=1)
        least = np.lib.stride_tricks.sliding_window_view(lows, wide, axis=1)[:, 1:].min(axis=2)
        most = np.lib.stride_tricks.sliding_window_view(highs, wide, axis=1)[:, 1:].max(axis=2)
        self.span[rows] = np.maximum(self.span[rows], (most - least).max(axis=1))
        self.cell_low[rows], self.cell_high[rows] = lows[:, -wide:], highs[:, -wide:]
        self.cell[rows] = cell + low.shape[1] - 1

    def _follow_surge(self, rows: IntArray, bins: Moments, cells: int) -> None:
        """3 s against 30 s: in each cell's bins and those before them, always as many, so that sums are the same."""
        if self.rate_hz[rows[0]] < SURGE_RATE_HZ:
            return
        kept = self.bin_n[rows], self.bin_mean[rows], self.bin_m2[rows]
        new = (one.reshape(len(rows), -1) for one in (bins.n, bins.mean, bins.m2))
        n, mean, m2 = (np.concatenate([old, one], axis=1) for old, one in zip(kept, new, strict=True))
        wide = bins.n.shape[1]
        seen = np.minimum(self.bins_seen[rows][:, None] + np.arange(1, cells + 1) * wide, KEPT_BINS + wide)
        laid = (_laid(one, KEPT_BINS + wide, wide) for one in (n, mean, m2))
        surge = largest_surge(Moments(*laid), seen.ravel()).reshape(-1, cells).max(axis=1)
        self.surge[rows], self.bins_seen[rows] = np.maximum(self.surge[rows], surge), seen[:, -1]
        self.bin_n[rows], self.bin_mean[rows] = n[:, -KEPT_BINS:], mean[:, -KEPT_BINS:]
        self.bin_m2[rows] = m2[:, -KEPT_BINS:]

    def _follow_spikes(self, rows: IntArray, samples: AnyArray) -> None:
        """Judge the samples that have their 20 neighbours on either side; adjacent outliers are one spike.

        ``samples`` begin 20 before the first that is not judged yet.
        """
        length = samples.shape[1]
        if length < STRIDE:
            return
        first = self.judged[rows] - HALF
        which, column = outliers(samples, np.where(whole_rows(samples), 0.5, 0.0))
        for index, at in zip(which.tolist(), column.tolist(), strict=True):
            row, number = int(rows[index]), int(first[index]) + at
            self.spikes[row] += number != self.spike_at[row] + 1
            self.spike_at[row] = number
        self.judged[rows] += length - 2 * HALF

    def _open_slot(self, rows: IntArray, slot: IntArray) -> None:
        """Close the slots that are over."""
        for index in np.flatnonzero(self.slot[rows] != slot).tolist():
            self._close(int(rows[index]))
        self.slot[rows] = slot

    def _close(self, row: int) -> None:
        whole = Moments(self.cell_n[row], self.cell_mean[row], self.cell_m2[row]).together()
        if self.slot[row] == UNKNOWN or not (whole.n or self.gaps[row]):
            return
        rollup = SampleRollup(
            source_id=self.rows.source_ids[row],
            start_ns=int(self.slot[row]) * SLOT_NS,
            rate_hz=float(self.rate_hz[row]),
            samples=int(whole.n),
            mean=float(whole.mean),
            m2=float(whole.m2),
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
        for zero in (self.span, self.surge, self.gap_max_s, self.gap_sum_s):
            zero[row] = 0.0
        self.cell_n[row], self.cell_mean[row], self.cell_m2[row] = 0.0, 0.0, 0.0
        for none in (self.spikes, self.flat, self.clipped, self.gaps):
            none[row] = 0
        self.low[row], self.high[row] = np.inf, -np.inf


def _laid(bins: FloatArray, wide: int, step: int) -> FloatArray:
    """Windows of ``wide`` bins of each row, ``step`` apart, one below the other."""
    windows = np.lib.stride_tricks.sliding_window_view(bins, wide, axis=1)[:, ::step]
    return np.ascontiguousarray(windows.reshape(-1, wide))


def _edges(n: int, offset: float, rate_hz: float) -> IntArray:
    """Where half seconds begin in a piece of n samples that begins ``offset`` samples after its cell."""
    if rate_hz < SURGE_RATE_HZ:
        return np.array([0])
    first = int((offset + EDGE_SAMPLES) / rate_hz // BIN_S) + 1
    last = int((offset + n) / rate_hz / BIN_S) + 1
    starts = np.ceil(np.arange(first, last + 1) * BIN_S * rate_hz - offset - EDGE_SAMPLES).astype(np.int64)
    return np.append(0, starts[(starts > 0) & (starts < n)])
