"""Ragged records of many channels become rectangles of samples.

The rule this file owns: a record continues its channel when it starts within half a sample of where the record before
it ended. Sample times count from the segment's anchor, so rounding never adds up; when a record's own time drifts from
that by more than a twentieth of a sample, the anchor follows it (counted). Otherwise it is a gap (a new segment
begins), an overlap (what is known already is cut off), a duplicate or too late (dropped). After a leap second, which
this time scale has no place for, records overlap by up to a second and yet are all new. Everything is counted.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.leapseconds import leap_between
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.core.waveform import Block, Receipt, Receipts, Record

from .rows import Rows, SameRows, changes, grow_index, lengths, rate_class

LOG_LENGTH = 256
MAX_RECORDS_PER_ROW = LOG_LENGTH // 4
MAX_PIECE = 2048
FOLLOW_SAMPLES = 0.05
SLICE_SAMPLES = 64
COLUMNS = (
    *("begin_ns", "end_ns", "total", "rate_hz", "started", "epoch_end_ns", "anchor_ns", "anchor_number"),
    *("log_number", "log_anchor_ns", "log_anchor_number", "log_received_ns", "log_used"),
)
OUTSIDE_EPOCHS = "outside the epochs of its metadata"


@parameters(frozen=True)
class AssembleParams:
    """How records are joined."""

    reorder_s: float = Field(
        default=1.0, ge=0, le=30, description="wait this long for the record that a gap is missing"
    )
    reorder_gap_s: float = Field(default=10.0, ge=0, description="do not wait when the gap is longer than this")


@dataclass(slots=True)
class Lot:
    """Accepted pieces of records: parallel columns, ``first`` and ``count`` into ``samples``."""

    row: IntArray
    number: IntArray
    fresh: BoolArray
    first: IntArray
    count: IntArray
    samples: AnyArray


@dataclass(frozen=True, slots=True)
class Gap:
    """A new segment began: ``before_ns`` is where the old one ended (None at a channel's first record)."""

    row: int
    before_ns: int | None
    start_ns: int
    received_ns: int


@dataclass(slots=True)
class Assembler:
    """The memory of assembly: where each row stands, what is waiting, and what happened so far."""

    rows: Rows
    params: AssembleParams = field(default_factory=AssembleParams)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    gaps: list[Gap] = field(default_factory=list)
    begin_ns: IntArray = field(init=False)
    end_ns: IntArray = field(init=False)
    total: IntArray = field(init=False)
    rate_hz: FloatArray = field(init=False)
    started: BoolArray = field(init=False)
    epoch_end_ns: IntArray = field(init=False)
    anchor_ns: IntArray = field(init=False)
    anchor_number: IntArray = field(init=False)
    log_number: IntArray = field(init=False)
    log_anchor_ns: IntArray = field(init=False)
    log_anchor_number: IntArray = field(init=False)
    log_received_ns: IntArray = field(init=False)
    log_used: IntArray = field(init=False)
    parked: dict[int, list[Receipt]] = field(default_factory=dict)
    _lots: list[Lot] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.rows)
        self.begin_ns, self.end_ns, self.total = np.zeros((3, n), dtype=np.int64)
        self.epoch_end_ns, self.log_used, self.anchor_ns, self.anchor_number = np.zeros((4, n), dtype=np.int64)
        self.rate_hz, self.started = np.zeros(n), np.zeros(n, dtype=bool)
        self.log_number = np.full((n, LOG_LENGTH), -1, dtype=np.int64)
        logs = np.zeros((3, n, LOG_LENGTH), dtype=np.int64)
        self.log_anchor_ns, self.log_anchor_number, self.log_received_ns = logs

    def add(self, receipts: Receipts) -> None:
        """Take in a batch of receipts, in the order of receipt."""
        known = np.array([self.rows.number.get(name, -1) for name in receipts.source_ids], dtype=np.int64)
        row = known[receipts.channel] if len(known) else np.empty(0, dtype=np.int64)
        if (row < 0).any():
            for channel in receipts.channel[row < 0]:
                self.counts[receipts.source_ids[channel].nslc, "unknown channel"] += 1
        order = np.argsort(row, kind="stable")
        order = order[row[order] >= 0]
        if len(order) == 0:
            return
        row, receipts = row[order], receipts.select(order)
        end_ns = receipts.end_ns()
        good = self._continues(row, receipts, end_ns)
        if good.all():
            self._add_good(row, receipts, end_ns)
            return
        if good.any():
            self._add_good(row[good], receipts.select(good), end_ns[good])
        self._add_bad(row[~good], receipts.select(~good))

    def _continues(self, row: IntArray, receipts: Receipts, end_ns: IntArray) -> BoolArray:
        """(m,) bool: records of rows of which every record simply continues the one before."""
        first_of_row = changes(row)
        before_ns = np.empty_like(end_ns)
        before_ns[1:] = end_ns[:-1]
        before_ns[first_of_row] = self.end_ns[row[first_of_row]]
        ok = np.abs(receipts.start_ns - before_ns) <= 0.5e9 / receipts.rate_hz
        ok &= self.started[row] & (receipts.rate_hz == self.rate_hz[row]) & (receipts.start_ns < self.epoch_end_ns[row])
        if self.parked:
            ok &= ~np.isin(row, list(self.parked))
        starts = np.flatnonzero(first_of_row)
        drift_ns = receipts.start_ns - self._anchored_ns(row, self._numbers(row, receipts, starts))
        ok &= np.abs(drift_ns) <= FOLLOW_SAMPLES * 1e9 / receipts.rate_hz
        good = np.logical_and.reduceat(ok, starts)
        return good if len(good) == len(row) else np.repeat(good, lengths(starts, len(row)))

    def _numbers(self, row: IntArray, receipts: Receipts, starts: IntArray) -> IntArray:
        """Sample number of each record's first sample, if all continue their rows."""
        if len(starts) == len(row):
            return np.asarray(self.total[row])
        before = np.cumsum(receipts.count) - receipts.count
        return np.asarray(self.total[row] + before - np.repeat(before[starts], lengths(starts, len(row))))

    def _anchored_ns(self, row: IntArray, number: IntArray) -> IntArray:
        """Time of sample numbers, counted from each row's anchor."""
        rate_hz = np.where(self.started[row], self.rate_hz[row], 1.0)
        return self.anchor_ns[row] + np.rint((number - self.anchor_number[row]) * (1e9 / rate_hz)).astype(np.int64)

    def _add_good(self, row: IntArray, receipts: Receipts, end_ns: IntArray) -> None:
        starts = np.flatnonzero(changes(row))
        records = lengths(starts, len(row))
        lasts = starts + records - 1
        number = self._numbers(row, receipts, starts)
        slot = (self.log_used[row] + grow_index(records)) % LOG_LENGTH
        self.log_number[row, slot] = number
        self.log_anchor_ns[row, slot], self.log_anchor_number[row, slot] = self.anchor_ns[row], self.anchor_number[row]
        self.log_received_ns[row, slot] = receipts.received_ns
        own = row[starts]
        self.log_used[own] += records
        self.total[own] = number[lasts] + receipts.count[lasts]
        self.begin_ns[own], self.end_ns[own] = receipts.start_ns[lasts], end_ns[lasts]
        fresh = np.zeros(len(row), dtype=bool)
        self._lots.append(Lot(row, number, fresh, receipts.first, receipts.count, receipts.samples))

    def _add_bad(self, row: IntArray, receipts: Receipts) -> None:
        for one, receipt in zip(row.tolist(), receipts, strict=True):
            self._release(one, receipt.received_ns - 1)
            self._place(one, receipt)
            self._drain(one)

    def _place(self, row: int, receipt: Receipt) -> None:
        """Decide what one record is to its channel."""
        record, params = receipt.record, self.params
        ahead_s = (record.start_ns - int(self.end_ns[row])) / SECOND_NS
        if not self.started[row] or ahead_s > params.reorder_gap_s or params.reorder_s == 0:
            self._accept(row, receipt)
        elif ahead_s * record.rate_hz > 0.5:
            self.parked.setdefault(row, []).append(receipt)
            self.parked[row].sort(key=lambda waiting: waiting.record.start_ns)
        else:
            self._accept(row, receipt)

    def _drain(self, row: int) -> None:
        """Parked records that now continue their channel go in."""
        waiting = self.parked.get(row, [])
        while waiting and (waiting[0].record.start_ns - int(self.end_ns[row])) * waiting[0].record.rate_hz <= 0.5e9:
            self._accept(row, waiting.pop(0))
        if not waiting:
            self.parked.pop(row, None)

    def _release(self, row: int, now_ns: int) -> None:
        """Records that waited long enough go in; the gap before them is final."""
        wait_ns = from_seconds(self.params.reorder_s)
        while row in self.parked and min(waiting.received_ns for waiting in self.parked[row]) + wait_ns <= now_ns:
            first = self.parked[row].pop(0)
            self._accept(row, Receipt(first.record, max(first.received_ns, self._due_ns(row, first) + wait_ns)))
            self._drain(row)

    def _due_ns(self, row: int, first: Receipt) -> int:
        return min([first.received_ns, *(waiting.received_ns for waiting in self.parked[row])])

    def flush(self, now_ns: int) -> None:
        """Release what waited long enough at ``now_ns``."""
        for row in sorted(self.parked):
            self._release(row, now_ns)

    def _accept(self, row: int, receipt: Receipt) -> None:
        """Append what is new of a record; begin a segment where it does not continue."""
        record, name = receipt.record, self.rows.source_ids[row].nslc
        n, skip, fresh = len(record.samples), 0, True
        if self.started[row] and record.rate_hz == self.rate_hz[row] and record.start_ns < self.epoch_end_ns[row]:
            ahead = (record.start_ns - int(self.end_ns[row])) * record.rate_hz / SECOND_NS
            fresh = ahead > 0.5
            if self._leaps(row, record):
                self.counts[name, "leap second"] += 1
            elif ahead < -0.5:
                skip = min(n, round(-ahead))
                self.counts[name, "duplicate or late" if skip == n else "overlap"] += 1
        elif self.started[row] and record.end_ns <= self.end_ns[row]:
            skip = n
            self.counts[name, "duplicate or late"] += 1
        if skip == n:
            return
        start_ns = record.start_ns + round(skip * SECOND_NS / record.rate_hz)
        if fresh:
            fresh = self._begin(row, receipt)
            if not fresh:
                return
        self._follow(row, start_ns, fresh)
        self._log(row, receipt.received_ns)
        one = np.array([row])
        number, count = self.total[[row]], np.array([n - skip])
        self._lots.append(Lot(one, number, np.array([fresh]), np.array([skip]), count, np.asarray(record.samples)))
        self.total[row] += n - skip
        self.begin_ns[row], self.end_ns[row] = record.start_ns, record.end_ns

    def _leaps(self, row: int, record: Record) -> bool:
        """Does a record overlap the one before it only because a leap second lies between their starts, or near?"""
        begin_ns, back_ns = int(self.begin_ns[row]), int(self.end_ns[row]) - record.start_ns
        half_ns = round(0.5 * SECOND_NS / record.rate_hz)
        later = record.start_ns > begin_ns and half_ns < back_ns <= SECOND_NS + half_ns
        return later and leap_between(begin_ns, record.start_ns + SECOND_NS)

    def _begin(self, row: int, receipt: Receipt) -> bool:
        """A new segment; False when no epoch of the channel covers it."""
        record, name = receipt.record, self.rows.source_ids[row].nslc
        epoch = self.rows.epoch(row, record.start_ns)
        if epoch is None:
            self.counts[name, OUTSIDE_EPOCHS] += 1
            return False
        if epoch.rate_hz and abs(record.rate_hz / epoch.rate_hz - 1) > 0.01:
            self.counts[name, "sampling rate differs from the metadata"] += 1
        before_ns = int(self.end_ns[row]) if self.started[row] else None
        if before_ns is not None:
            kind = "gap" if record.rate_hz == self.rate_hz[row] else "sampling rate changed"
            if kind == "gap" and abs(record.start_ns - before_ns) * record.rate_hz <= 0.5 * SECOND_NS:
                kind = "metadata epoch changed"
            self.counts[name, kind] += 1
        self.gaps.append(Gap(row, before_ns, record.start_ns, receipt.received_ns))
        self.started[row], self.rate_hz[row], self.epoch_end_ns[row] = True, record.rate_hz, epoch.end_ns
        return True

    def _follow(self, row: int, start_ns: int, fresh: bool) -> None:
        """Set the anchor where a segment begins, or where a record's own time has drifted from it."""
        number = int(self.total[row])
        anchored = int(self._anchored_ns(np.array([row]), np.array([number]))[0])
        drifted = abs(start_ns - anchored) * self.rate_hz[row] > FOLLOW_SAMPLES * SECOND_NS
        if not fresh and not drifted:
            return
        if not fresh:
            self.counts[self.rows.source_ids[row].nslc, "time drift followed"] += 1
        self.anchor_ns[row], self.anchor_number[row] = start_ns, number

    def _log(self, row: int, received_ns: int) -> None:
        slot = self.log_used[row] % LOG_LENGTH
        self.log_number[row, slot], self.log_received_ns[row, slot] = self.total[row], received_ns
        self.log_anchor_ns[row, slot], self.log_anchor_number[row, slot] = self.anchor_ns[row], self.anchor_number[row]
        self.log_used[row] += 1

    def time_of(self, row: int, number: int) -> tuple[int, int]:
        """(time, receipt time) of one sample, in ns: of the record that brought it."""
        numbers = self.log_number[row]
        slot = int(np.argmax(np.where(numbers <= number, numbers, -1)))
        offset_ns = round((number - int(self.log_anchor_number[row, slot])) * (1e9 / float(self.rate_hz[row])))
        return int(self.log_anchor_ns[row, slot]) + offset_ns, int(self.log_received_ns[row, slot])

    def save(self) -> dict[str, Any]:
        """All that it remembers between two steps, as a tree of arrays and plain values."""
        columns = {name: getattr(self, name).copy() for name in COLUMNS}
        return {**columns, "counts": to_plain(self.counts), "parked": to_plain(self.parked)}

    def load(self, tree: Tree, same: SameRows) -> None:
        """Take up what was saved, for the rows that are the same."""
        for name in COLUMNS:
            same.copy(tree[name], getattr(self, name))
        self.counts.update(from_plain(dict[tuple[str, str], int], tree["counts"]))
        for row, waiting in from_plain(dict[int, list[Receipt]], tree["parked"]).items():
            if row in same.number:
                self.parked[same.number[row]] = waiting

    def cut(self) -> list[tuple[float, Block]]:
        """All pending samples as (rate class, block), each row's samples in their order."""
        lots, self._lots = self._lots, []
        return rectangles(lots, self.rate_hz) if lots else []


def rectangles(lots: list[Lot], rate_hz: FloatArray) -> list[tuple[float, Block]]:
    """Cut pieces into blocks of equal length.

    Runs (samples of one row without a break) of one rate class are laid side by side: first what all have in common,
    then what remains in pieces of 2**k samples, longest first. The cut cannot change a result.
    """
    if len(lots) == 1:
        block = _one_rectangle(lots[0], rate_hz)
        if block is not None:
            return [block]
    row = np.concatenate([lot.row for lot in lots])
    order = np.argsort(row, kind="stable")
    row = row[order]
    count = np.concatenate([lot.count for lot in lots])[order]
    fresh = np.concatenate([lot.fresh for lot in lots])[order]
    flat = _gather(lots, order)
    begins = np.flatnonzero(changes(row) | fresh)
    offset = (np.cumsum(count) - count)[begins]
    length = np.add.reduceat(count, begins)
    number = np.concatenate([lot.number for lot in lots])[order][begins]
    row, fresh = row[begins], fresh[begins]
    turn = grow_index(lengths(np.flatnonzero(changes(row)), len(row)))
    classes = rate_class(rate_hz[row])
    blocks: list[tuple[float, Block]] = []
    for one in range(int(turn.max()) + 1):
        for rate in np.unique(classes[turn == one]):
            pick = np.flatnonzero((turn == one) & (classes == rate))
            laid = _lay(row[pick], number[pick], fresh[pick], (offset[pick], length[pick], flat))
            blocks.extend((float(rate), block) for block in laid)
    return blocks


def _one_rectangle(lot: Lot, rate_hz: FloatArray) -> tuple[float, Block] | None:
    """The usual case: one piece of one length for each row, and one rate class."""
    n = int(lot.count[0])
    if n > MAX_PIECE or (lot.count != n).any() or not changes(lot.row).all():
        return None
    classes = rate_class(rate_hz[lot.row])
    if (classes != classes[0]).any():
        return None
    samples = np.take(lot.samples, lot.first[:, None] + np.arange(n)).astype(np.float64)
    return float(classes[0]), Block(lot.row, lot.number, samples, lot.fresh)


def _gather(lots: list[Lot], order: IntArray) -> FloatArray:
    """All samples of the lots, pieces in the given order, as float64."""
    if len(lots) == 1:
        lot = lots[0]
        first, count = lot.first[order], lot.count[order]
        end = first + count
        if (first[1:] == end[:-1]).all():
            return np.asarray(lot.samples[first[0] : end[-1]], dtype=np.float64)
        if int(count.sum()) >= SLICE_SAMPLES * len(count):
            parts = [lot.samples[f:e] for f, e in zip(first.tolist(), end.tolist(), strict=True)]
            return np.concatenate(parts, dtype=np.float64)
        return np.asarray(lot.samples[np.repeat(first, count) + grow_index(count)], dtype=np.float64)
    parts = [
        lot.samples[f : f + c] for lot in lots for f, c in zip(lot.first.tolist(), lot.count.tolist(), strict=True)
    ]
    return np.concatenate([parts[index] for index in order.tolist()], dtype=np.float64)


def _lay(row: IntArray, number: IntArray, fresh: BoolArray, runs: tuple[IntArray, IntArray, FloatArray]) -> list[Block]:
    offset, length, flat = runs
    done = np.zeros(len(row), dtype=np.int64)
    blocks: list[Block] = []
    while True:
        left = length - done
        live = np.flatnonzero(left > 0)
        if len(live) == 0:
            return blocks
        n = int(left[live].min())
        if len(live) < len(row) or n < int(left.max()) // 2:
            n = 1 << (int(left.max()).bit_length() - 1)
            live = np.flatnonzero(left >= n)
        n = min(n, MAX_PIECE)
        begin = offset[live] + done[live]
        if n >= SLICE_SAMPLES:
            samples = np.stack([flat[b : b + n] for b in begin.tolist()])
        else:
            samples = flat[begin[:, None] + np.arange(n)]
        new = fresh[live] & (done[live] == 0)
        blocks.append(Block(row[live], number[live] + done[live], samples, new))
        done[live] += n
