"""Blocks to onsets: what is found on single channels, and the jobs that follow from it.

The rule this file owns: what is decided about a channel depends on its samples by number and on when each was received,
never on how they were cut. Per row, crossings and due windows are handled in the order of their sample numbers; a fact
is issued when the record with its last sample was received.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray, FloatArray
from seismonet.core.event import Pick, identifier
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.waveform import Block
from seismonet.kernels.filter import FilterState, filter_initial, sos_filter
from seismonet.kernels.stalta import EnergyState, energy, energy_initial
from seismonet.kernels.state import from_arrays, put, take, to_arrays
from seismonet.kernels.trigger import AGAIN, OFF, ON, TriggerState, detect, trigger_initial

from .assemble import Assembler
from .detectors import Detector, PickerParams, design
from .duties import duties, handlers
from .gate import IMPULSE_FRACTION, PLAIN_FRACTION, impulse, weak
from .history import History
from .jobs import Desk, Facts, Sites
from .onset import impulsiveness, refine
from .rows import Rows, SameRows
from .seen import PASSED
from .shake import MotionParams, watch

SURGE = "+"
SAME_S = 0.5
"""Two triggers of a channel whose refined onsets are so near are of one onset."""
TILE_ROWS = 256
CONFIRM_S, CONFIRM_SAMPLES, LOOKS = 0.25, 24, 4


@dataclass(slots=True)
class Channelwise:
    """A detector's memory for all rows of a rate class."""

    detector: Detector
    filter: FilterState
    energy: EnergyState
    trigger: TriggerState
    on: AnyArray
    off: AnyArray
    integrated: AnyArray


@dataclass(slots=True)
class Bank:
    """All detectors and the history of one rate class."""

    history: History
    detectors: tuple[Channelwise, ...]

    def detector(self, name: str) -> Detector:
        """The detector of a name."""
        return next(one.detector for one in self.detectors if one.detector.name == name)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger at sample ``number`` that waits to be confirmed, or once it is a pick, to be refined.

    One that comes ``early`` after another may be of the same onset: it is told only once it is refined to its own.
    """

    number: int
    detector: str
    surge: str = ""
    early: bool = False
    pick: Pick | None = None
    look: int = 0


@dataclass(slots=True)
class RowState:
    """What the picker remembers of a row where something happened: detectors that are on, the last trigger, the last
    refined onset and that from which strong motion is watched for, and triggers by the sample they wait for.
    """

    open: set[str] = field(default_factory=set)
    last: int = -(1 << 60)
    onset: int = -(1 << 60)
    watched: int = -(1 << 60)
    due: list[tuple[int, int, Trigger]] = field(default_factory=list)


@dataclass(slots=True)
class Picker:
    """The detectors of all rows. ``step`` takes blocks and appends what it finds to ``found``."""

    rows: Rows
    assembler: Assembler
    params: PickerParams = field(default_factory=PickerParams)
    motion: MotionParams = field(default_factory=MotionParams)
    found: Facts = field(default_factory=list)
    armed_at: AnyArray = field(init=False)
    desk: Desk = field(init=False)
    _banks: dict[float, Bank] = field(default_factory=dict)
    _state: dict[int, RowState] = field(default_factory=dict)
    _detects: AnyArray = field(init=False)
    _sites: Sites = field(init=False)
    _rate_hz: AnyArray = field(init=False)

    def __post_init__(self) -> None:
        self._sites = Sites.of(self.rows)
        self._rate_hz = np.zeros(len(self.rows))
        self.desk = Desk(
            self.rows, self.assembler, self._history, handlers(self.params, self.motion, self._sites), self.found
        )
        self._detects = detecting_rows(self.rows)
        self.armed_at = np.full(len(self.rows), np.iinfo(np.int64).max)

    def step(self, rate_hz: float, block: Block) -> None:
        """Process one block of a rate class."""
        bank = self._bank(rate_hz)
        for row in block.rows[block.fresh].tolist():
            self._forget(row)
            if not bank.detectors:
                self.assembler.counts[self.rows.source_ids[row].nslc, "sampling rate too low to be picked"] += 1
        bank.history.write(block)
        self._rate_hz[block.rows[block.fresh]] = rate_hz
        for row in block.rows[block.fresh].tolist():
            self.desk.close(row)
        crossings: dict[int, list[tuple[int, int, str, int]]] = {}
        part = _select(block, self._detects[block.rows])
        if part is not None:
            for order, one in enumerate(bank.detectors):
                _run(one, part, order, crossings)
            self.armed_at[part.rows[part.fresh]] = part.number[part.fresh] + round(self.params.arm_s * rate_hz)
        ends = block.number + block.samples.shape[1]
        for row, end in self._busy(block, crossings, ends):
            self._handle(row, end, crossings.get(row, []), bank)
        if self.desk.due or self.desk.unplaced:
            for row in block.rows.tolist():
                self.desk.look(row)

    def history(self, rate_hz: float) -> History:
        """The samples of a rate class."""
        return self._bank(rate_hz).history

    def _history(self, row: int) -> History | None:
        bank = self._banks.get(float(self._rate_hz[row]))
        return bank.history if bank is not None else None

    def _busy(
        self, block: Block, crossings: dict[int, list[tuple[int, int, str, int]]], ends: AnyArray
    ) -> list[tuple[int, int]]:
        if not crossings and not any(state.due for state in self._state.values()):
            return []
        end_of = dict(zip(block.rows.tolist(), ends.tolist(), strict=True))
        rows = set(crossings) | {row for row, state in self._state.items() if state.due and row in end_of}
        return [(row, end_of[row]) for row in sorted(rows)]

    def _handle(self, row: int, end: int, crossings: list[tuple[int, int, str, int]], bank: Bank) -> None:
        """Crossings and due windows of one row up to sample ``end``, in the order of sample numbers."""
        state = self._state.setdefault(row, RowState())
        dead = round(self.params.dead_s * bank.history.rate_hz)
        for number, _, name, kind in sorted(crossings):
            self._run_due(row, number, bank)
            if kind == OFF:
                state.open.discard(name)
                continue
            quiet = kind == AGAIN or not state.open
            state.open.add(name)
            early = number < state.last + dead
            if quiet and (kind == AGAIN or not early):
                state.last = number
                self._schedule(row, number + 1, Trigger(number, name, SURGE if kind == AGAIN else "", early))
        self._run_due(row, end, bank)

    def _run_due(self, row: int, number: int, bank: Bank) -> None:
        due = self._state[row].due
        while due and due[0][0] <= number:
            trigger = due.pop(0)[2]
            if trigger.pick is None:
                self._confirm(row, trigger, bank)
            else:
                self._refine(row, trigger, trigger.pick, bank)

    def _schedule(self, row: int, number: int, trigger: Trigger) -> None:
        due = self._state[row].due
        due.append((number, len(due), trigger))
        due.sort(key=lambda item: item[:2])

    def _confirm(self, row: int, trigger: Trigger, bank: Bank) -> None:
        """A trigger is told as soon as it is plainly no impulse: looked at when it comes, and at each look after."""
        number, half, detector = trigger.number, _confirmation(bank), bank.detector(trigger.detector)
        seen = max(1, half * trigger.look // LOOKS)
        share = impulsiveness(bank.history, row, number, (half, seen))
        if trigger.look < LOOKS and share > PLAIN_FRACTION:
            later = replace(trigger, look=trigger.look + 1)
            self._schedule(row, number + max(1, half * later.look // LOOKS), later)
            return
        time_ns, _ = self.assembler.time_of(row, number)
        _, issued_ns = self.assembler.time_of(row, number + seen - 1)
        name = self.rows.source_ids[row]
        pick_id = identifier(f"{name.nslc}|{detector.name}|{time_ns}")
        kind = detector.name + trigger.surge
        pick = Pick(pick_id, name, time_ns, "P", detector.params.sta_s, 0.0, 0, issued_ns, issued_ns, kind)
        if share > IMPULSE_FRACTION:
            self.assembler.counts[name.nslc, "impulse"] += 1
            self.found.append(impulse(pick_id, name, time_ns, issued_ns, share))
            self._watch(row, number, pick, bank)
            return
        if not trigger.early:
            self.found.append(pick)
        self._schedule(row, number + detector.after, replace(trigger, pick=pick))

    def _refine(self, row: int, trigger: Trigger, pick: Pick, bank: Bank) -> None:
        number, detector = trigger.number, bank.detector(trigger.detector)
        onset = refine(bank.history, row, number, detector)
        if onset is None:
            return
        time_ns, _ = self.assembler.time_of(row, onset.number)
        _, received_ns = self.assembler.time_of(row, number + detector.after - 1)
        issued_ns = max(received_ns, pick.issued_ns)
        better = replace(
            pick, time_ns=time_ns, uncertainty_s=onset.uncertainty_s, snr=onset.snr, version=1, issued_ns=issued_ns
        )
        state, before = self._state[row], self._state[row].onset
        state.onset = onset.number
        if trigger.early and abs(onset.number - before) <= SAME_S * bank.history.rate_hz:
            return
        self.found.append(better)
        for job in duties(better, row, self._sites, self.rows, self.params):
            self.desk.add(job)
        if weak(onset.snr, self.params.gate) == PASSED:
            self._watch(row, onset.number, better, bank)

    def _watch(self, row: int, number: int, pick: Pick, bank: Bank) -> None:
        """Watch for strong motion from an onset on, unless that goes on already; a spike hides none."""
        state = self._state[row]
        if number >= state.watched + self.motion.watch_s * bank.history.rate_hz:
            state.watched = number
            self.desk.add(watch(pick, row, self._sites))

    def expire(self, now_ns: int) -> None:
        """Everything received until ``now_ns`` was stepped through: do without what did not come in time."""
        self.desk.expire(now_ns)

    def collect(self, now_ns: int) -> Facts:
        """What was found and issued until ``now_ns``, once everything received until then was stepped through."""
        self.expire(now_ns)
        found = list(self.found)
        self.found.clear()
        return found

    def _forget(self, row: int) -> None:
        """A new segment: what waits for samples of the old one will never see them."""
        self._state.pop(row, None)

    def save(self) -> dict[str, Any]:
        """All that it remembers, as a tree of arrays and plain values."""
        banks = {repr(rate_hz): _saved_bank(bank) for rate_hz, bank in self._banks.items()}
        arrays = {"armed_at": self.armed_at.copy(), "rate_hz": self._rate_hz.copy()}
        return {**arrays, "banks": banks, "state": to_plain(self._state), "desk": self.desk.save()}

    def load(self, tree: Tree, same: SameRows) -> None:
        """Take up what was saved, for the rows that are the same."""
        same.copy(tree["armed_at"], self.armed_at)
        same.copy(tree["rate_hz"], self._rate_hz)
        for rate, saved in tree.get("banks", {}).items():
            _load_bank(self._bank(float(rate)), saved, same)
        for row, state in from_plain(dict[int, RowState], tree["state"]).items():
            if row in same.number:
                self._state[same.number[row]] = state
        self.desk.load(tree["desk"], same)

    def _bank(self, rate_hz: float) -> Bank:
        if rate_hz not in self._banks:
            rows = len(self.rows)
            named = (("D1", self.params.d1), ("D2", self.params.d2), ("D3", self.params.d3))
            designs = [design(name, params, self.params, rate_hz) for name, params in named]
            parts = tuple(_channelwise(detector, self.rows) for detector in designs if detector is not None)
            self._banks[rate_hz] = Bank(History(rate_hz, rows), parts)
        return self._banks[rate_hz]


def _saved_bank(bank: Bank) -> dict[str, Any]:
    history = bank.history
    tree: dict[str, Any] = {}
    for one in bank.detectors:
        states = (one.filter, "filter"), (one.energy, "energy"), (one.trigger, "trigger")
        arrays = {name: array for state, prefix in states for name, array in to_arrays(state, prefix).items()}
        tree[one.detector.name] = {name: array.copy() for name, array in arrays.items()}
    ended = to_plain(history.ended)
    kept = {"samples": history.samples.copy(), "begin": history.begin.copy(), "end": history.end.copy()}
    return {**tree, "history": {**kept, "ended": ended}}


def _load_bank(bank: Bank, tree: Tree, same: SameRows) -> None:
    history = bank.history
    if tree["history"]["samples"].dtype != history.samples.dtype:
        history.samples = history.samples.astype(np.float64)
    for row, ended in from_plain(dict[int, list[tuple[int, int]]], tree["history"]["ended"]).items():
        if row in same.number:
            history.ended[same.number[row]] = ended
    for name, kept in (("samples", history.samples), ("begin", history.begin), ("end", history.end)):
        same.copy(tree["history"][name], kept)
    for one in bank.detectors:
        saved = tree[one.detector.name]
        for state, name in ((one.filter, "filter"), (one.energy, "energy"), (one.trigger, "trigger")):
            put(state, same.to, take(from_arrays(type(state), saved, name), same.of))


def _confirmation(bank: Bank) -> int:
    """Samples from a trigger on that tell whether it was a mere impulse."""
    return max(CONFIRM_SAMPLES, round(CONFIRM_S * bank.history.rate_hz))


def detecting_rows(rows: Rows) -> AnyArray:
    """(rows,) bool: the rows whose onsets are P picks: vertical ones, and all of an instrument that has none."""
    with_vertical = {name.instrument for name, vertical in zip(rows.source_ids, rows.vertical, strict=True) if vertical}
    alone = np.array([name.instrument not in with_vertical for name in rows.source_ids], dtype=bool)
    return np.asarray(rows.vertical | alone)


def _channelwise(detector: Detector, rows: Rows) -> Channelwise:
    n = len(rows)
    params = detector.params
    on = np.where(rows.acceleration, params.on_acceleration, params.on_velocity)
    first = filter_initial(detector.sos, np.zeros(n))
    apart = rows.acceleration if detector.acceleration is not detector.velocity else np.zeros(n, dtype=bool)
    return Channelwise(detector, first, energy_initial(n), trigger_initial(n), on, np.full(n, params.off), apart)


def _select(block: Block, keep: AnyArray) -> Block | None:
    if keep.all():
        return block
    if not keep.any():
        return None
    return Block(block.rows[keep], block.number[keep], block.samples[keep], block.fresh[keep])


def _run(one: Channelwise, block: Block, order: int, crossings: dict[int, list[tuple[int, int, str, int]]]) -> None:
    """One detector over one block, some rows at a time so that they stay in the cache; crossings are filed by row."""
    apart = one.integrated[block.rows]
    for sos, part in (
        (one.detector.velocity, _select(block, ~apart)),
        (one.detector.acceleration, _select(block, apart)),
    ):
        if part is None:
            continue
        for begin in range(0, len(part.rows), TILE_ROWS):
            tile = slice(begin, begin + TILE_ROWS)
            few = Block(part.rows[tile], part.number[tile], part.samples[tile], part.fresh[tile])
            _run_tile(one, few, sos, order, crossings)


def _run_tile(
    one: Channelwise, block: Block, sos: FloatArray, order: int, crossings: dict[int, list[tuple[int, int, str, int]]]
) -> None:
    detector, rows = one.detector, block.rows
    if block.fresh.any():
        new = rows[block.fresh]
        put(one.filter, new, filter_initial(sos, block.samples[block.fresh, 0]))
        put(one.energy, new, energy_initial(len(new)))
        put(one.trigger, new, trigger_initial(len(new)))
    band, filter_state = sos_filter(block.samples, take(one.filter, rows), sos=sos)
    power, energy_state = energy(band, take(one.energy, rows))
    found, trigger_state = detect(power, take(one.trigger, rows), detector.lengths, one.on[rows], one.off[rows])
    put(one.filter, rows, filter_state)
    put(one.energy, rows, energy_state)
    put(one.trigger, rows, trigger_state)
    columns = found.row.tolist(), found.index.tolist(), found.on.tolist(), found.again.tolist()
    for row, index, on, again in zip(*columns, strict=True):
        kind = AGAIN if again else ON if on else OFF
        crossings.setdefault(int(rows[row]), []).append((int(block.number[row]) + index, order, detector.name, kind))
