"""Triggers: a ratio crosses a threshold upwards, and later a lower one downwards."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray

from .filter import OLD, average, young, youth
from .stalta import check_lengths

OFF, ON, AGAIN = range(3)


@dataclass(frozen=True, slots=True)
class TriggerState:
    """The memory of :func:`detect`.

    Memories ``sta``, ``lta`` (rows, 1); samples ``seen`` in all and ``lta_seen`` by the long average (rows,); triggered
    or not, ``on`` (rows,), and for how many samples, ``held`` (rows,); ``peaks`` (rows, 3), the largest short average
    since the trigger: until the cell before last, in the last cell, in this cell of ``lag`` samples.
    """

    sta: FloatArray
    lta: FloatArray
    seen: IntArray
    lta_seen: IntArray
    on: BoolArray
    held: IntArray
    peaks: FloatArray


@dataclass(frozen=True, slots=True)
class Crossings:
    """Where triggers began (``on``), ended, or began ``again``: parallel columns, sorted by sample, then row."""

    row: IntArray
    index: IntArray
    on: BoolArray
    again: BoolArray


@dataclass(frozen=True, slots=True)
class HysteresisState:
    """Triggered or not, ``on`` (rows,)."""

    on: BoolArray


@dataclass(frozen=True, slots=True)
class TriggerLengths:
    """Lengths in samples: averages, the longest freeze, what a channel must have seen before it may trigger.

    While triggered, a short average ``again`` times that of anything since the trigger, but for the last one or two
    cells of ``lag`` samples, is a new trigger: a large earthquake in the coda of a small one.
    """

    nsta: int
    nlta: int
    hold: int
    arm: int
    lag: int = 50
    again: float = float("inf")


def trigger_initial(rows: int) -> TriggerState:
    """Before the first sample."""
    none = np.zeros(rows, dtype=np.int64)
    return TriggerState(
        np.zeros((rows, 1)),
        np.zeros((rows, 1)),
        none,
        none.copy(),
        np.zeros(rows, dtype=bool),
        none.copy(),
        np.zeros((rows, 3)),
    )


def detect(
    energies: FloatArray, state: TriggerState, lengths: TriggerLengths, on: FloatArray, off: FloatArray
) -> tuple[Crossings, TriggerState]:
    """Recursive STA/LTA trigger whose long-term average is frozen while it is on.

    ::

                 on            off
        sta  ▁▁▁▁█▇▆▅▄▄▃▃▃▂▂▂▁▁▁▁▁
        lta  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
                 └── frozen ──┘ goes on

    Parameters
    ----------
    energies : (rows, n) float64, not negative
    state : TriggerState of the same rows
    lengths : TriggerLengths; ValueError unless ``0 < nsta < nlta``
    on, off : (rows,) float64, thresholds of the ratio of mean energies

    Returns
    -------
    crossings : Crossings, sample indices within this call
    state : TriggerState

    Notes
    -----
    Both averages are corrected for their youth (:func:`seismonet.kernels.stalta.sta_lta`). The trigger begins with the
    first sample at which ``sta >= on * lta`` and ends with the first at which ``sta < off * lta``, or ``hold`` samples
    later: then what has lasted so long is the new background, and the long average starts again from the short one.
    The crossings depend on the samples only, not on how they are cut.

    Examples
    --------
    >>> quiet, loud = np.ones((1, 50)), np.full((1, 5), 100.0)
    >>> lengths = TriggerLengths(nsta=2, nlta=20, hold=100, arm=20)
    >>> energies = np.concatenate([quiet, loud, quiet], axis=1)
    >>> found, _ = detect(energies, trigger_initial(1), lengths, np.array([5.0]), np.array([2.0]))
    >>> found.index.tolist(), found.on.tolist()
    ([50, 58], [True, False])
    """
    check_lengths(lengths.nsta, lengths.nlta)
    n = energies.shape[1]
    sta, sta_memory = average(energies, state.sta, lengths.nsta)
    lta, lta_memory = average(energies, state.lta, lengths.nlta)
    over = _over(sta, lta, state, lengths, on)
    busy = np.flatnonzero(over.any(axis=1) | state.on)
    lta_seen, triggered, held, peaks = state.lta_seen + n, state.on.copy(), state.held.copy(), state.peaks.copy()
    walks = []
    for row in busy.tolist():
        walk = _Walk(row, energies[row], sta[row], state, lengths, (float(on[row]), float(off[row])))
        walk.run(over[row], lta[row])
        walks.append(walk)
        lta_memory[row, 0], lta_seen[row] = walk.memory, walk.lta_seen
        triggered[row], held[row], peaks[row] = walk.on, walk.held, walk.peaks
    return _merge(walks), TriggerState(sta_memory, lta_memory, state.seen + n, lta_seen, triggered, held, peaks)


def _over(sta: FloatArray, lta: FloatArray, state: TriggerState, lengths: TriggerLengths, on: FloatArray) -> BoolArray:
    """(rows, n) bool: armed, and short over long average at or beyond the threshold."""
    n = sta.shape[1]
    level = on[:, None] * lta
    over = sta >= level
    if (rows := young(state.lta_seen, OLD * lengths.nlta)) is not None:
        short = sta[rows] * youth(state.lta_seen[rows], lengths.nlta, n)
        over[rows] = short >= level[rows] * youth(state.seen[rows], lengths.nsta, n)
    over &= sta > 0
    if (rows := young(state.seen, lengths.arm)) is not None:
        over[rows] &= state.seen[rows, None] + np.arange(n) >= lengths.arm
    return over


def _merge(walks: "list[_Walk]") -> Crossings:
    found = sorted((index, walk.row, kind) for walk in walks for index, kind in walk.found)
    columns = np.array(found, dtype=np.int64).reshape(-1, 3)
    return Crossings(columns[:, 1], columns[:, 0], columns[:, 2] != OFF, columns[:, 2] == AGAIN)


class _Walk:
    """One row with something going on, walked from crossing to crossing."""

    def __init__(
        self,
        row: int,
        energies: FloatArray,
        sta: FloatArray,
        state: TriggerState,
        lengths: TriggerLengths,
        thresholds: tuple[float, float],
    ) -> None:
        self.row, self.energies, self.sta, self.lengths = row, energies, sta, lengths
        self.on_at, self.off_at = thresholds
        self.seen = int(state.seen[row])
        self.memory, self.lta_seen = float(state.lta[row, 0]), int(state.lta_seen[row])
        self.on, self.held = bool(state.on[row]), int(state.held[row])
        self.peaks = state.peaks[row].tolist()
        self.found: list[tuple[int, int]] = []
        self.keep = 1 - 1 / lengths.nlta

    def run(self, over: BoolArray, lta: FloatArray) -> None:
        n, index = len(self.sta), 0
        while index < n:
            if self.on:
                index = self._until_off(index)
            else:
                if index:
                    over, lta = self._again(index)
                index = self._until_on(index, over, lta)

    def _again(self, index: int) -> tuple[BoolArray, FloatArray]:
        """The long average from ``index`` on, and where the short one is over it."""
        lta, _ = average(self.energies[None, index:], np.array([[self.memory]]), self.lengths.nlta)
        part = TriggerState(
            np.zeros((1, 1)), np.zeros((1, 1)), np.array([self.seen + index]), np.array([self.lta_seen]),
            np.zeros(1, dtype=bool), np.zeros(1, dtype=np.int64), np.zeros((1, 3)),
        )  # fmt: skip
        over = _over(self.sta[None, index:], lta, part, self.lengths, np.array([self.on_at]))
        return over[0], lta[0]

    def _until_on(self, index: int, over: BoolArray, lta: FloatArray) -> int:
        """Walk untriggered from ``index``; ``over`` and ``lta`` begin there."""
        where = int(np.argmax(over))
        last = where if over[where] else len(over) - 1
        self.memory = self.keep * float(lta[last])
        self.lta_seen += last + 1
        if over[where]:
            self._begin(index + where, ON)
        return index + last + 1

    def _until_off(self, index: int) -> int:
        """Walk triggered from ``index``, with the long average frozen."""
        lengths = self.lengths
        frozen = self.memory / self.keep
        left = lengths.hold - self.held
        sta = self.sta[index : index + left]
        seen = np.array([self.seen + index])
        weight = -np.expm1(self.lta_seen * np.log1p(-1 / lengths.nlta))
        limit = self.off_at * frozen / weight
        young = self.seen < OLD * lengths.nsta
        under = sta < (limit * youth(seen, lengths.nsta, len(sta))[0] if young else limit)
        expired = None
        if under.any():
            where = int(np.argmax(under))
        elif len(sta) == left:
            where = left - 1
            own = -np.expm1((self.seen + index + where + 1) * np.log1p(-1 / lengths.nsta))
            expired = self.keep * float(sta[where]) * weight / own
        else:
            where = len(sta)
        for step, value in self._surges(sta[:where]):
            self.peaks = value
            if step >= 0:
                self._begin(index + step, AGAIN)
                return index + step + 1
        if expired is not None:
            self.memory = expired
        elif where == len(sta):
            self.held += len(sta)
            return len(self.sta)
        self.on, self.held = False, 0
        self.found.append((index + where, OFF))
        return index + where + 1

    def _begin(self, index: int, kind: int) -> None:
        self.on, self.held, self.peaks = True, 0, [0.0, 0.0, float(self.sta[index])]
        self.found.append((index, kind))

    def _surges(self, sta: FloatArray) -> Iterator[tuple[int, list[float]]]:
        """Peaks cell by cell; with the index of the first sample, if any, that surges over all before."""
        lag, held, begin = self.lengths.lag, self.held, 0
        settled, last, now = self.peaks
        while begin < len(sta):
            end = min(len(sta), begin + lag - held % lag)
            cell = sta[begin:end]
            if settled > 0 and float(cell.max()) >= self.lengths.again * settled:
                yield begin + int(np.argmax(cell >= self.lengths.again * settled)), [settled, last, now]
            now = max(now, float(cell.max()))
            held += end - begin
            begin = end
            if held % lag == 0:
                settled, last, now = max(settled, last), now, 0.0
            yield -1, [settled, last, now]


def hysteresis_initial(rows: int) -> HysteresisState:
    """Before the first sample."""
    return HysteresisState(np.zeros(rows, dtype=bool))


def hysteresis(
    ratio: FloatArray, state: HysteresisState, *, on: float, off: float
) -> tuple[Crossings, HysteresisState]:
    """Begin and end of triggers of a ratio (rows, n): from ``ratio >= on`` until ``ratio < off``.

    Equal to ObsPy's ``trigger_onset`` but for samples that equal a threshold exactly (it wants more than ``on``).

    >>> found, _ = hysteresis(np.array([[0.0, 5.0, 3.0, 1.0]]), hysteresis_initial(1), on=4.0, off=2.0)
    >>> found.index.tolist(), found.on.tolist()
    ([1, 3], [True, False])
    """
    over = ratio >= on
    busy = np.flatnonzero(over.any(axis=1) | state.on)
    if not len(busy):
        none = np.zeros(0, dtype=np.int64)
        return Crossings(none, none, none > 0, none > 0), state
    n = ratio.shape[1] + 1
    # +1 where it is on, -1 where it is off, 0 where it stays what it was; before the first sample, what it was
    mark: AnyArray = np.empty((len(busy), n), dtype=np.int8)
    mark[:, 0] = np.where(state.on[busy], 1, -1)
    mark[:, 1:] = over[busy]
    mark[:, 1:] -= (ratio[busy] < off) & (mark[:, 1:] == 0)
    flat = mark.ravel()
    known = np.flatnonzero(flat)
    level = flat[known] > 0
    begins = known % n == 0
    changed = np.flatnonzero((level[1:] != level[:-1]) & ~begins[1:]) + 1
    row, index = np.divmod(known[changed], n)
    order = np.lexsort((row, index))
    now = state.on.copy()
    now[busy] = level[np.append(np.flatnonzero(begins)[1:], len(known)) - 1]
    never = np.zeros(len(row), dtype=bool)
    return Crossings(busy[row[order]], index[order] - 1, level[changed[order]], never), HysteresisState(now)
