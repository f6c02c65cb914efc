"""Receipts and blocks to channel status: who is heard, how late, armed, clipped, flat, and why not.

The rule this file owns: a status changes at the receipt of the record that showed the change, and silence is noticed
``silent_s`` after the last receipt, so the sequence of statuses does not depend on how receipts were batched.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import AnyArray, BoolArray, IntArray
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.status import CLOCK_NOT_LOCKED, ChannelStatus
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.core.waveform import Block, Receipts
from seismonet.detect.assemble import Assembler
from seismonet.detect.rows import Rows, SameRows

COLUMNS = (
    "last_received_ns",
    "silent",
    "armed_number",
    "clip_until",
    "value",
    "run",
    "flat",
    "timed",
    "unsure_ns",
    "unlocked",
)
LEAST_GAP_NS = 1_000_000


@parameters(frozen=True)
class StatusParams:
    """When a channel counts as silent, flat or clipped."""

    silent_s: float = Field(default=20.0, gt=0, description="no usable record for so long: the channel is silent")
    flat_s: float = Field(default=10.0, gt=0, description="the same value for so long: the channel is flat")
    clip_hold_s: float = Field(
        default=30.0, ge=0, description="a channel stays clipped for so long after a clipped sample"
    )
    least_timing_percent: int = Field(
        default=50, ge=0, le=100, description="timing quality below this is none; 0 never is"
    )
    unlocked_s: float = Field(
        default=3600.0, gt=0, description="timing quality too low for so long: the clock is not locked any more"
    )
    refresh_s: float = Field(default=30.0, gt=0, description="a status is repeated, with its latency, this often")


@dataclass(slots=True)
class ChannelMonitor:
    """The memory of all channels' status. ``receive`` and ``inspect`` note changes, ``collect`` tells them in order."""

    rows: Rows
    assembler: Assembler
    arm_s: float
    params: StatusParams = field(default_factory=StatusParams)
    last_received_ns: IntArray = field(init=False)
    silent: BoolArray = field(init=False)
    armed_number: IntArray = field(init=False)
    clip_level: AnyArray = field(init=False)
    clip_until: IntArray = field(init=False)
    value: AnyArray = field(init=False)
    run: IntArray = field(init=False)
    flat: BoolArray = field(init=False)
    timed: BoolArray = field(init=False)
    unsure_ns: IntArray = field(init=False)
    unlocked: BoolArray = field(init=False)
    _status: dict[int, ChannelStatus] = field(default_factory=dict)
    _changes: list[tuple[int, int, int, dict[str, object]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.rows)
        self.last_received_ns, self.run = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self.silent, self.flat = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        self.armed_number, self.clip_until = np.full((2, n), -1, dtype=np.int64)
        self.value = np.full(n, np.nan)
        self.timed, self.unlocked, self.unsure_ns = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool), np.full(n, -1)
        self.clip_level = np.array([channels[-1].clip_counts for channels in self.rows.epochs])

    def receive(self, receipts: Receipts) -> None:
        """Note when each channel was heard, and silences between receipts."""
        known = np.array([self.rows.number.get(name, -1) for name in receipts.source_ids], dtype=np.int64)
        row = known[receipts.channel] if len(known) else np.empty(0, dtype=np.int64)
        order = np.argsort(row, kind="stable")
        order = order[row[order] >= 0]
        if len(order) == 0:
            return
        row, received_ns = row[order], receipts.received_ns[order]
        latency_ns = received_ns - receipts.end_ns()[order]
        new = np.r_[True, row[1:] != row[:-1]]
        before_ns = np.where(new, self.last_received_ns[row], np.r_[0, received_ns[:-1]])
        silent = (before_ns >= 0) & (received_ns - before_ns > from_seconds(self.params.silent_s))
        refresh_ns = from_seconds(self.params.refresh_s)
        tell = (before_ns < 0) | silent | (received_ns // refresh_ns != before_ns // refresh_ns)
        for index in np.flatnonzero(tell).tolist():
            one = int(row[index])
            if silent[index] and not (new[index] and self.silent[one]):
                self._note_silence(one, int(before_ns[index]))
            fact: dict[str, object] = {"receiving": True, "latency_s": float(latency_ns[index]) / SECOND_NS}
            self._note(int(received_ns[index]), one, fact)
        last = np.flatnonzero(np.r_[new[1:], True])
        self.last_received_ns[row[last]] = received_ns[last]
        self.silent[row[last]] = False
        self._receive_clocks(row, received_ns, receipts.timing_quality[order])

    def _receive_clocks(self, row: IntArray, received_ns: IntArray, quality: IntArray) -> None:
        """Follow the timing quality. A digitizer that never stated more than 0 does not state any."""
        timed = self.timed.copy()
        self.timed[row[quality > 0]] = True
        least = self.params.least_timing_percent
        doubtful = (quality >= 0) & (quality < least) & self.timed[row]
        concerned = self.unsure_ns >= 0
        concerned[row[doubtful]] = True
        if not np.count_nonzero(concerned):
            return
        for index in np.flatnonzero(concerned[row] & (quality >= 0)).tolist():
            one, now_ns = int(row[index]), int(received_ns[index])
            timed[one] |= quality[index] > 0
            self._follow_clock(one, now_ns, bool(quality[index] >= least or not timed[one]))

    def _follow_clock(self, row: int, now_ns: int, good: bool) -> None:
        if good:
            self.unsure_ns[row] = -1
        elif self.unsure_ns[row] < 0:
            self.unsure_ns[row] = now_ns
        unlocked = not good and now_ns - int(self.unsure_ns[row]) >= from_seconds(self.params.unlocked_s)
        if unlocked != self.unlocked[row]:
            self.unlocked[row] = unlocked
            self._note(now_ns, row, {"locked": not unlocked})

    def inspect(self, rate_hz: float, block: Block) -> None:
        """Look at the samples of a block: armed yet, clipped, flat."""
        rows, n = block.rows, block.samples.shape[1]
        fresh = rows[block.fresh]
        self.armed_number[fresh] = block.number[block.fresh] + round(self.arm_s * rate_hz)
        self.run[fresh], self.value[fresh] = 0, np.nan
        for row in fresh[self.flat[fresh]].tolist():
            self._set_flat(row, int(self.armed_number[row] - round(self.arm_s * rate_hz)), False)
        end = block.number + n
        armed = (block.number <= self.armed_number[rows]) & (self.armed_number[rows] < end)
        for row in rows[armed].tolist():
            self._note_sample(row, int(self.armed_number[row]), {"armed": True})
        self._inspect_clipping(block, rate_hz)
        self._inspect_runs(block, rate_hz)

    def _inspect_clipping(self, block: Block, rate_hz: float) -> None:
        rows, n = block.rows, block.samples.shape[1]
        peak = np.maximum(block.samples.max(axis=1), -block.samples.min(axis=1))
        hold = round(self.params.clip_hold_s * rate_hz)
        for i in np.flatnonzero((peak >= self.clip_level[rows]) | (self.clip_until[rows] >= 0)).tolist():
            row, number = int(rows[i]), int(block.number[i])
            for k in (np.flatnonzero(np.abs(block.samples[i]) >= self.clip_level[row]) + number).tolist():
                if 0 <= self.clip_until[row] < k:
                    self._note_sample(row, int(self.clip_until[row]), {"clipped": False})
                    self.clip_until[row] = -1
                if self.clip_until[row] < 0:
                    self._note_sample(row, k, {"clipped": True})
                self.clip_until[row] = k + hold
            if 0 <= self.clip_until[row] < number + n:
                self._note_sample(row, int(self.clip_until[row]), {"clipped": False})
                self.clip_until[row] = -1

    def _inspect_runs(self, block: Block, rate_hz: float) -> None:
        """Follow how long each channel has kept the same value."""
        rows, x, n = block.rows, block.samples, block.samples.shape[1]
        limit = round(self.params.flat_s * rate_hz)
        change = np.empty(x.shape, dtype=bool)
        change[:, 0] = x[:, 0] != self.value[rows]
        np.not_equal(x[:, 1:], x[:, :-1], out=change[:, 1:])
        quiet = change.sum(axis=1) <= max(0, n - limit // 2) if n >= limit // 2 else ~change.all(axis=1)
        for i in np.flatnonzero((quiet & (self.run[rows] + n >= limit)) | self.flat[rows]).tolist():
            self._follow(int(rows[i]), int(block.number[i]), change[i], limit)
        tail = np.where(change.any(axis=1), np.argmax(change[:, ::-1], axis=1) + 1, self.run[rows] + n)
        self.run[rows], self.value[rows] = tail, x[:, -1]

    def _follow(self, row: int, number: int, change: BoolArray, limit: int) -> None:
        run = int(self.run[row])
        starts = [(-run, 0), *((k, k) for k in np.flatnonzero(change).tolist()), (len(change), len(change))]
        for (begin, _), (_, end) in pairwise(starts):
            if begin >= 0 and self.flat[row]:
                self._set_flat(row, number + begin, False)
            if end - begin >= limit and not self.flat[row] and begin + limit > 0:
                self._set_flat(row, number + begin + limit - 1, True)

    def _set_flat(self, row: int, number: int, flat: bool) -> None:
        self.flat[row] = flat
        self._note_sample(row, number, {"flat": flat})

    def _note_sample(self, row: int, number: int, fact: dict[str, object]) -> None:
        self._note(self.assembler.time_of(row, number)[1], row, fact)

    def _note_silence(self, row: int, last_ns: int) -> None:
        self._note(last_ns + from_seconds(self.params.silent_s), row, {"receiving": False})

    def _note(self, time_ns: int, row: int, fact: dict[str, object]) -> None:
        self._changes.append((time_ns, row, len(self._changes), fact))

    def collect(self, now_ns: int) -> list[ChannelStatus]:
        """All changes up to ``now_ns``, by time, as full statuses."""
        heard = self.last_received_ns
        late = (heard >= 0) & ~self.silent & (heard + from_seconds(self.params.silent_s) <= now_ns)
        for row in np.flatnonzero(late).tolist():
            self._note_silence(row, int(heard[row]))
            self.silent[row] = True
        for gap in self.assembler.gaps:
            kind: dict[str, object] = {"armed": False}
            if gap.before_ns is not None and gap.start_ns - gap.before_ns > LEAST_GAP_NS:
                kind["gap_s"] = (gap.start_ns - gap.before_ns) / SECOND_NS
            self._note(gap.received_ns, gap.row, kind)
        self.assembler.gaps.clear()
        told: dict[tuple[int, int], ChannelStatus] = {}
        for time_ns, row, _, fact in sorted(self._changes, key=lambda change: _order(change)):
            told[time_ns, row] = self._status[row] = self._fold(row, time_ns, fact)
        self._changes.clear()
        return list(told.values())

    def save(self) -> dict[str, Any]:
        """All that it remembers between two steps, as a tree of arrays and plain values."""
        return {**{name: getattr(self, name).copy() for name in COLUMNS}, "status": to_plain(self._status)}

    def load(self, tree: Tree, same: SameRows) -> None:
        """Take up what was saved, for the rows that are the same."""
        for name in COLUMNS:
            same.copy(tree[name], getattr(self, name))
        for row, status in from_plain(dict[int, ChannelStatus], tree["status"]).items():
            if row in same.number:
                self._status[same.number[row]] = status

    def _fold(self, row: int, time_ns: int, fact: dict[str, object]) -> ChannelStatus:
        name = self.rows.source_ids[row]
        old = self._status.get(row) or ChannelStatus(name, time_ns, True, None, 0, 0, False, False, False, ())
        gaps = old.gaps + ("gap_s" in fact)
        latency = fact.get("latency_s", old.latency_s)
        receiving = bool(fact.get("receiving", old.receiving))
        clipped, flat = bool(fact.get("clipped", old.clipped)), bool(fact.get("flat", old.flat))
        armed = bool(fact.get("armed", old.armed))
        overlaps = self.assembler.counts[name.nslc, "overlap"]
        reasons = _reasons(receiving, armed, flat, clipped, self.params)
        if not fact.get("locked", old.locked):
            minutes, least = self.params.unlocked_s / 60, self.params.least_timing_percent
            reasons += (f"{CLOCK_NOT_LOCKED}: timing quality below {least} % for {minutes:g} min",)
        latency_s = latency if isinstance(latency, float) else None
        return ChannelStatus(name, time_ns, receiving, latency_s, gaps, overlaps, clipped, flat, armed, reasons)


def _order(change: tuple[int, int, int, dict[str, object]]) -> tuple[int, int, int, int]:
    """By time, row; a disarming gap before the arming that follows it; then as noted."""
    time_ns, row, noted, fact = change
    return time_ns, row, 0 if "gap_s" in fact or fact.get("armed") is False else 1, noted


def _reasons(receiving: bool, armed: bool, flat: bool, clipped: bool, params: StatusParams) -> tuple[str, ...]:
    reasons = []
    if not receiving:
        reasons.append(f"no usable record for {params.silent_s:g} s")
    if not armed:
        reasons.append("not armed yet: too few samples since its data began or since a gap")
    if flat:
        reasons.append(f"the same value for {params.flat_s:g} s")
    if clipped:
        reasons.append("clipped: amplitudes are lower bounds")
    return tuple(reasons)
