"""Triggers: a ratio crosses a threshold upwards, and later a lower one downwards."""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray

from .stalta import average, check_lengths, youth

OLD = 40


@dataclass(frozen=True, slots=True)
class TriggerState:
    """Memories ``sta``, ``lta`` (rows, 1); samples ``seen`` in all and ``lta_seen`` by the long average (rows,);
    triggered or not, ``on`` (rows,), and for how many samples, ``held`` (rows,)."""

    sta: FloatArray
    lta: FloatArray
    seen: IntArray
    lta_seen: IntArray
    on: BoolArray
    held: IntArray


@dataclass(frozen=True, slots=True)
class Crossings:
    """Where triggers began (``on``) and ended: parallel columns, sorted by sample, then row."""

    row: IntArray
    index: IntArray
    on: BoolArray


@dataclass(frozen=True, slots=True)
class HysteresisState:
    """Triggered or not, ``on`` (rows,)."""

    on: BoolArray


@dataclass(frozen=True, slots=True)
class TriggerLengths:
    """Lengths in samples: averages, the longest freeze, and what a channel must have seen before it may trigger."""

    nsta: int
    nlta: int
    hold: int
    arm: int


def trigger_initial(rows: int) -> TriggerState:
    """Before the first sample."""
    none = np.zeros(rows, dtype=np.int64)
    return TriggerState(
        np.zeros((rows, 1)), np.zeros((rows, 1)), none, none.copy(), np.zeros(rows, dtype=bool), none.copy()
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
    rows, n = energies.shape
    sta, sta_memory = average(energies, state.sta, lengths.nsta)
    lta, lta_memory = average(energies, state.lta, lengths.nlta)
    over = _over(sta, lta, state, lengths, on)
    busy = np.flatnonzero(over.any(axis=1) | state.on)
    lta_seen, triggered, held = state.lta_seen + n, state.on.copy(), state.held.copy()
    walks = []
    for row in busy.tolist():
        walk = _Walk(row, energies[row], sta[row], state, lengths, (float(on[row]), float(off[row])))
        walk.run(over[row], lta[row])
        walks.append(walk)
        lta_memory[row, 0], lta_seen[row] = walk.memory, walk.lta_seen
        triggered[row], held[row] = walk.on, walk.held
    return _merge(walks), TriggerState(sta_memory, lta_memory, state.seen + n, lta_seen, triggered, held)


def _over(sta: FloatArray, lta: FloatArray, state: TriggerState, lengths: TriggerLengths, on: FloatArray) -> BoolArray:
    """(rows, n) bool: armed, and short over long average at or beyond the threshold."""
    n = sta.shape[1]
    short, long = sta, on[:, None] * lta
    if int(state.lta_seen.min(initial=0)) < OLD * lengths.nlta:
        short = sta * youth(state.lta_seen, lengths.nlta, n)
        long = long * youth(state.seen, lengths.nsta, n)
    over = (short >= long) & (short > 0)
    if int(state.seen.min(initial=0)) < lengths.arm:
        over &= state.seen[:, None] + np.arange(n) >= lengths.arm
    return over


def _merge(walks: "list[_Walk]") -> Crossings:
    found = sorted((index, walk.row, on) for walk in walks for index, on in walk.found)
    columns = np.array(found, dtype=np.int64).reshape(-1, 3)
    return Crossings(columns[:, 1], columns[:, 0], columns[:, 2].astype(bool))


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
        self.found: list[tuple[int, bool]] = []
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
            np.zeros(1, dtype=bool), np.zeros(1, dtype=np.int64),
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
            self.on, self.held = True, 0
            self.found.append((index + where, True))
        return index + last + 1

    def _until_off(self, index: int) -> int:
        """Walk triggered from ``index``, with the long average frozen."""
        lengths = self.lengths
        frozen = self.memory / self.keep
        left = lengths.hold - self.held
        sta = self.sta[index : index + left]
        seen = np.array([self.seen + index])
        weight = -np.expm1(self.lta_seen * np.log1p(-1 / lengths.nlta))
        under = sta * weight < self.off_at * frozen * youth(seen, lengths.nsta, len(sta))[0]
        if under.any():
            where = int(np.argmax(under))
        elif len(sta) == left:
            where = left - 1
            own = -np.expm1((self.seen + index + where + 1) * np.log1p(-1 / lengths.nsta))
            self.memory = self.keep * float(sta[where]) * weight / own
        else:
            self.held += len(sta)
            return len(self.sta)
        self.on, self.held = False, 0
        self.found.append((index + where, False))
        return index + where + 1


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
    n = ratio.shape[1]
    over, under = ratio >= on, ratio < off
    mark: AnyArray = np.zeros((len(ratio), n + 1), dtype=np.int8)
    mark[:, 0] = np.where(state.on, 1, -1)
    mark[:, 1:] = over.astype(np.int8) - (under & ~over)
    known = np.where(mark != 0, np.arange(n + 1), 0)
    level = np.take_along_axis(mark, np.maximum.accumulate(known, axis=1), axis=1)
    row, index = np.nonzero(level[:, 1:] != level[:, :-1])
    order = np.lexsort((row, index))
    row, index = row[order], index[order]
    return Crossings(row, index, level[row, index + 1] > 0), HysteresisState(level[:, -1] > 0)
