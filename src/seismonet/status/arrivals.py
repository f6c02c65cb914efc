"""Records and receipts to rollups: flags, timing quality, overlaps, latency.

A record counts in the slot of its begin, a receipt in that of its arrival; when a later slot is open already, in that.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from seismonet.core.arrays import BoolArray, FloatArray, IntArray
from seismonet.core.plain import Tree
from seismonet.core.rollup import FLAG_BITS, SLOT_NS, ReceiptRollup, RecordRollup
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Receipts
from seismonet.detect.rows import Rows, SameRows, changes

NONE = -1
TOGETHER = 512
"""Records that wait to be counted: a second of 600 channels, half a minute of 18."""
HALF_SAMPLE_NS = SECOND_NS // 2
COUNTS = ("records", "overlaps", "timed", "timing", "flagged", "receipts")
SUMS = ("overlap_s", "latency_s", "latency_max_s", "held_s", "silence_s", "feed_s2", "total_s2")
COLUMNS = ("record_slot", "receipt_slot", "begin_ns", "end_ns", "received_ns", "newest_ns", "flags", *COUNTS, *SUMS)
_ROW = 1 << 34


class Heard(NamedTuple):
    """Records and when they were received, as columns."""

    row: IntArray
    start_ns: IntArray
    end_ns: IntArray
    received_ns: IntArray
    rate_hz: FloatArray
    timing_quality: IntArray
    flags: IntArray

    def only(self, index: IntArray) -> "Heard":
        """Some of the records, in the given order."""
        return Heard(**{name: column[index] for name, column in self._asdict().items()})


@dataclass(slots=True)
class Arrivals:
    """The open slots of each row."""

    rows: Rows
    record_slot: IntArray = field(init=False)
    receipt_slot: IntArray = field(init=False)
    begin_ns: IntArray = field(init=False)
    end_ns: IntArray = field(init=False)
    received_ns: IntArray = field(init=False)
    newest_ns: IntArray = field(init=False)
    flags: IntArray = field(init=False)
    records: IntArray = field(init=False)
    overlaps: IntArray = field(init=False)
    timed: IntArray = field(init=False)
    timing: IntArray = field(init=False)
    flagged: IntArray = field(init=False)
    receipts: IntArray = field(init=False)
    overlap_s: FloatArray = field(init=False)
    latency_s: FloatArray = field(init=False)
    latency_max_s: FloatArray = field(init=False)
    held_s: FloatArray = field(init=False)
    silence_s: FloatArray = field(init=False)
    feed_s2: FloatArray = field(init=False)
    total_s2: FloatArray = field(init=False)
    _done: list[RecordRollup | ReceiptRollup] = field(default_factory=list)
    _waiting: list[Heard] = field(default_factory=list)
    _count: int = 0
    _number: dict[SourceId, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.rows)
        self.record_slot, self.receipt_slot = np.full((2, n), NONE, dtype=np.int64)
        self.begin_ns, self.end_ns, self.received_ns, self.newest_ns = np.full((4, n), NONE, dtype=np.int64)
        self.flags = np.zeros((n, len(FLAG_BITS)), dtype=np.int64)
        for name in COUNTS:
            setattr(self, name, np.zeros(n, dtype=np.int64))
        for name in SUMS:
            setattr(self, name, np.zeros(n))
        self.latency_max_s[:] = -np.inf

    def receive(self, batch: Receipts) -> None:
        """Take in a batch, in the order of receipt."""
        known = np.array([self._row(name) for name in batch.source_ids], dtype=np.int64)
        row = known[batch.channel] if len(known) else np.empty(0, dtype=np.int64)
        order = np.argsort(row, kind="stable")
        order = order[row[order] >= 0]
        if not len(order):
            return
        flags = np.full(len(order), NONE) if batch.flags is None else batch.flags[order]
        times = batch.start_ns[order], batch.end_ns()[order], batch.received_ns[order]
        self._waiting.append(Heard(row[order], *times, batch.rate_hz[order], batch.timing_quality[order], flags))
        self._count += len(order)
        if self._count >= TOGETHER:
            self.look()

    def _row(self, name: SourceId) -> int:
        """The row of a channel; names are found faster when they are the same objects as last time."""
        row = self._number.get(name)
        if row is None:
            row = self._number[name] = self.rows.number.get(name, NONE)
        return row

    def look(self) -> None:
        """Count what was taken in: many at a time, as each time costs as much as some hundred records."""
        heard = self._together()
        self._waiting, self._count = [], 0
        if not len(heard.row):
            return
        order = np.argsort(heard.row, kind="stable")
        heard = heard.only(order)
        new = changes(heard.row)
        self._take_records(heard, new)
        self._take_receipts(heard, new)

    def _together(self) -> Heard:
        """What waits, in the order of receipt."""
        if not self._waiting:
            none = np.zeros(0, dtype=np.int64)
            return Heard(none, none, none, none, np.zeros(0), none, none)
        names = Heard._fields
        return Heard(**{name: np.concatenate([getattr(one, name) for one in self._waiting]) for name in names})

    def finish(self) -> None:
        """End all slots."""
        self.look()
        for row in range(len(self.rows)):
            self._close_records(row)
            self._close_receipts(row)

    def collect(self) -> list[RecordRollup | ReceiptRollup]:
        """What is complete, each once."""
        done, self._done = self._done, []
        return done

    def save(self) -> dict[str, Any]:
        """All that it remembers. What is complete must have been collected."""
        waiting = {f"waiting_{name}": column for name, column in self._together()._asdict().items()}
        return {**{name: getattr(self, name).copy() for name in COLUMNS}, **waiting}

    def load(self, tree: Tree, same: SameRows) -> None:
        """Take up what was saved, for the rows that are the same."""
        for name in COLUMNS:
            same.copy(tree[name], getattr(self, name))
        heard = Heard(**{name: np.asarray(tree[f"waiting_{name}"]) for name in Heard._fields})
        heard = heard.only(np.flatnonzero(np.isin(heard.row, same.of)))
        row = np.array([same.number[one] for one in heard.row.tolist()], dtype=np.int64)
        self._waiting, self._count = [heard._replace(row=row)], len(row)

    def _take_records(self, heard: Heard, new: BoolArray) -> None:
        row, start_ns, end_ns = heard.row, heard.start_ns, heard.end_ns
        slot = _running(row, np.maximum(start_ns // SLOT_NS, self.record_slot[row]))
        before_ns = _before(new, self.end_ns[row], end_ns)
        doubled = before_ns - start_ns > HALF_SAMPLE_NS / heard.rate_hz
        for one in _slots(slot):
            chosen = slot == one
            rows = row[chosen]
            for stale in np.unique(rows[self.record_slot[rows] != one]).tolist():
                self._close_records(stale)
            self.record_slot[rows] = one
            np.add.at(self.records, rows, 1)
            self._take_headers(rows, heard.timing_quality[chosen], heard.flags[chosen])
            if np.count_nonzero(doubled):
                self._take_overlaps(rows, start_ns[chosen], end_ns[chosen], heard.rate_hz[chosen])
        if not np.count_nonzero(doubled):
            last = np.flatnonzero(np.append(new[1:], True))
            self.begin_ns[row[last]], self.end_ns[row[last]] = start_ns[last], end_ns[last]

    def _take_headers(self, rows: IntArray, quality: IntArray, flags: IntArray) -> None:
        timed = quality >= 0
        if np.count_nonzero(timed):
            np.add.at(self.timed, rows[timed], 1)
            np.add.at(self.timing, rows[timed], quality[timed])
        stated = flags >= 0
        if not np.count_nonzero(stated):
            return
        np.add.at(self.flagged, rows[stated], 1)
        present = int(np.bitwise_or.reduce(np.where(stated, flags, 0), initial=0))
        for number, bit in enumerate(FLAG_BITS):
            if present >> bit & 1:
                set_ = stated & ((flags >> bit & 1) != 0)
                np.add.at(self.flags, (rows[set_], number), 1)

    def _take_overlaps(self, rows: IntArray, start_ns: IntArray, end_ns: IntArray, rate_hz: FloatArray) -> None:
        """One by one, where a record of the batch begins before an earlier one ended.

        One that does not begin after the newest is a copy or comes late, and is no overlap.
        """
        for row, start, end, rate in zip(
            rows.tolist(), start_ns.tolist(), end_ns.tolist(), rate_hz.tolist(), strict=True
        ):
            if start <= self.begin_ns[row]:
                continue
            common = min(int(self.end_ns[row]), end) - start
            if common > HALF_SAMPLE_NS / rate:
                self.overlaps[row] += 1
                self.overlap_s[row] = max(float(self.overlap_s[row]), common / SECOND_NS)
            self.begin_ns[row], self.end_ns[row] = start, max(int(self.end_ns[row]), end)

    def _take_receipts(self, heard: Heard, new: BoolArray) -> None:
        row, end_ns, received_ns = heard.row, heard.end_ns, heard.received_ns
        slot = _running(row, np.maximum(received_ns // SLOT_NS, self.receipt_slot[row]))
        before_ns = _before(new, self.received_ns[row], received_ns)
        newest_ns = _running(row, np.maximum(end_ns, self.newest_ns[row]), 1 << 62)
        older_ns = _before(new, self.newest_ns[row], newest_ns)
        latency_s = (received_ns - end_ns) / SECOND_NS
        held_s = np.where(before_ns == NONE, 0.0, np.maximum(received_ns - before_ns, 0) / SECOND_NS)
        age_s = np.where(before_ns == NONE, 0.0, (before_ns - older_ns) / SECOND_NS)
        for one in _slots(slot):
            chosen = slot == one
            rows, held = row[chosen], held_s[chosen]
            for stale in np.unique(rows[self.receipt_slot[rows] != one]).tolist():
                self._close_receipts(stale)
            self.receipt_slot[rows] = one
            np.add.at(self.receipts, rows, 1)
            np.add.at(self.latency_s, rows, latency_s[chosen])
            np.maximum.at(self.latency_max_s, rows, latency_s[chosen])
            np.maximum.at(self.silence_s, rows, held)
            np.add.at(self.held_s, rows, held)
            np.add.at(self.feed_s2, rows, held * held / 2)
            np.add.at(self.total_s2, rows, held * (age_s[chosen] + held / 2))
        last = np.flatnonzero(np.append(new[1:], True))
        self.received_ns[row[last]], self.newest_ns[row[last]] = received_ns[last], newest_ns[last]

    def _close_records(self, row: int) -> None:
        if self.records[row]:
            rollup = RecordRollup(
                source_id=self.rows.source_ids[row],
                start_ns=int(self.record_slot[row]) * SLOT_NS,
                records=int(self.records[row]),
                overlaps=int(self.overlaps[row]),
                overlap_longest_s=float(self.overlap_s[row]),
                timed=int(self.timed[row]),
                timing=int(self.timing[row]),
                flagged=int(self.flagged[row]),
                flags=tuple(self.flags[row].tolist()),
            )
            self._done.append(rollup)
        for none in (self.records, self.overlaps, self.timed, self.timing, self.flagged):
            none[row] = 0
        self.flags[row], self.overlap_s[row] = 0, 0.0

    def _close_receipts(self, row: int) -> None:
        if self.receipts[row]:
            rollup = ReceiptRollup(
                source_id=self.rows.source_ids[row],
                start_ns=int(self.receipt_slot[row]) * SLOT_NS,
                receipts=int(self.receipts[row]),
                latency_s=float(self.latency_s[row]),
                latency_longest_s=float(self.latency_max_s[row]),
                held_s=float(self.held_s[row]),
                silence_longest_s=float(self.silence_s[row]),
                feed_s2=float(self.feed_s2[row]),
                total_s2=float(self.total_s2[row]),
            )
            self._done.append(rollup)
        self.receipts[row], self.latency_max_s[row] = 0, -np.inf
        for zero in (self.latency_s, self.held_s, self.silence_s, self.feed_s2, self.total_s2):
            zero[row] = 0.0


def _running(row: IntArray, value: IntArray, most: int = 0) -> IntArray:
    """Largest value so far, row by row; rows ascend."""
    if len(row) == 1 or (np.diff(value)[~changes(row)[1:]] >= 0).all():
        return value
    if most:
        parts = np.split(value, np.flatnonzero(changes(row))[1:])
        return np.concatenate([np.maximum.accumulate(part) for part in parts])
    return np.asarray(np.maximum.accumulate(value + row * _ROW) - row * _ROW)


def _before(new: BoolArray, first: IntArray, value: IntArray) -> IntArray:
    """The value before each, row by row; of a row's first, what was remembered."""
    before = np.empty_like(value)
    before[1:] = value[:-1]
    before[new] = first[new]
    return before


def _slots(slot: IntArray) -> list[int]:
    return [int(slot[0])] if (slot == slot[0]).all() else np.unique(slot).tolist()
