"""Median and number of unique values of each channel and day, from sketches of bounded size.

The median is right to a fiftieth in rank (each ten seconds of samples stand in for themselves with fifty of them), and
in value to a thirty-second of its distance from the day's first ten seconds' median (exact within 64 counts of it). The
number of unique values is exact where the day's samples are whole numbers within 8192 counts, else right to about 3 %.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.health import Metric
from seismonet.core.plain import Tree
from seismonet.core.rollup import DAY_NS
from seismonet.detect.rows import Rows, SameRows
from seismonet.kernels.quality import (
    CODES,
    MASK_BITS,
    SAMPLED,
    code_value,
    mark_near,
    mark_sampled,
    median_codes,
    near_values,
    unique_values,
    whole_rows,
)

NONE = -(2**62)
COLUMNS = ("day", "near", "near_low", "pivot", "unit", "low", "high", "whole", "histogram")


@dataclass(slots=True)
class DaySketch:
    """The open day of each row."""

    rows: Rows
    day: IntArray = field(init=False)
    pivot: FloatArray = field(init=False)
    unit: FloatArray = field(init=False)
    low: FloatArray = field(init=False)
    high: FloatArray = field(init=False)
    whole: BoolArray = field(init=False)
    near: BoolArray = field(init=False)
    near_low: FloatArray = field(init=False)
    histogram: AnyArray = field(init=False)
    masks: BoolArray = field(init=False)
    _done: list[Metric] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.rows)
        self.day, self.whole = np.full(n, NONE, dtype=np.int64), np.ones(n, dtype=bool)
        self.pivot, self.unit, self.low, self.high = np.zeros(n), np.ones(n), np.full(n, np.inf), np.full(n, -np.inf)
        self.near, self.near_low = np.ones(n, dtype=bool), np.zeros(n)
        self.histogram = np.zeros((n, CODES), dtype=np.int32)
        self.masks = np.zeros((n, 1 + len(SAMPLED), MASK_BITS), dtype=bool)

    def take(self, rows: IntArray, day: IntArray, ranked: AnyArray) -> None:
        """Take in sorted samples ``(rows, n)``, pieces of one day each."""
        whole = whole_rows(ranked)
        for index in np.flatnonzero(self.day[rows] != day).tolist():
            row = int(rows[index])
            if self.day[row] != day[index]:
                self._close(row)
                self._begin(row, int(day[index]), ranked[index], bool(whole[index]))
        np.minimum.at(self.low, rows, ranked[:, 0].astype(np.float64))
        np.maximum.at(self.high, rows, ranked[:, -1].astype(np.float64))
        np.logical_and.at(self.whole, rows, whole)
        codes, weight = median_codes(ranked, self.pivot[rows], self.unit[rows])
        np.add.at(self.histogram, (rows[:, None], codes), weight.astype(np.int32))
        self._mark(rows, ranked)

    def _mark(self, rows: IntArray, ranked: AnyArray) -> None:
        """Values near each other by themselves; from where they are not any more, a sample of them."""
        near = self.near[rows]
        if np.count_nonzero(near):
            wide = ~self.whole[rows] | (self.high[rows] - self.low[rows] >= MASK_BITS)
            for row in np.unique(rows[near & wide]).tolist():
                if self.masks[row, 0].any():
                    values = near_values(self.masks[row, 0], float(self.near_low[row]))
                    mark_sampled(self.masks, np.array([row]), values[None, :])
                self.near[row] = False
            near = self.near[rows]
            own = rows[near]
            mark_near(self.masks, own, ranked[near])
            self.near_low[own] = self.low[own]
        if not near.all():
            mark_sampled(self.masks, rows[~near], ranked[~near])

    def close(self) -> None:
        """End all days."""
        for row in range(len(self.rows)):
            self._close(row)

    def collect(self) -> list[Metric]:
        """``sample_median`` and ``sample_unique`` of the days that are over, each once."""
        done, self._done = self._done, []
        return done

    def save(self) -> dict[str, Any]:
        """All that it remembers."""
        return {**{name: getattr(self, name).copy() for name in COLUMNS}, "masks": np.packbits(self.masks, axis=2)}

    def load(self, tree: Tree, same: SameRows) -> None:
        """Take up what was saved, for the rows that are the same."""
        for name in COLUMNS:
            same.copy(tree[name], getattr(self, name))
        same.copy(np.unpackbits(tree["masks"], axis=2).astype(bool), self.masks)

    def _begin(self, row: int, day: int, ranked: AnyArray, whole: bool) -> None:
        spread = float(ranked[-1]) - float(ranked[0])
        self.day[row], self.pivot[row] = day, ranked[len(ranked) // 2]
        self.unit[row] = 1.0 if whole or spread <= 0 else spread / CODES
        self.low[row], self.high[row], self.whole[row] = np.inf, -np.inf, True
        self.histogram[row], self.masks[row], self.near[row] = 0, False, True

    def _close(self, row: int) -> None:
        if self.day[row] == NONE:
            return
        count = np.cumsum(self.histogram[row])
        middle = int(np.searchsorted(count, (count[-1] + 1) // 2))
        median = code_value(middle, float(self.pivot[row]), float(self.unit[row]))
        median = min(max(median, float(self.low[row])), float(self.high[row]))
        unique = unique_values(self.masks[row], bool(self.near[row]))
        span = int(self.day[row]) * DAY_NS, (int(self.day[row]) + 1) * DAY_NS
        name = self.rows.source_ids[row]
        self._done += [Metric(name, "sample_median", *span, median), Metric(name, "sample_unique", *span, unique)]
        self.day[row] = NONE
