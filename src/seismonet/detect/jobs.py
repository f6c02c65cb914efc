"""What waits for samples of several channels of a station, and is done once all of them are there.

The rule this file owns: a job sees a window of samples of each of its channels, cut about one moment, and nothing else;
its facts are issued when the last record it needed was received. A channel that is not there in time (``WAIT_S`` of
receipt time after the pick's own channel, if the job says no less) is left out. So nothing depends on how receipts were
batched.

To add a kind of job, write a function of :class:`Work` and name it in the table of :mod:`seismonet.detect.duties`.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick
from seismonet.core.inventory import Channel
from seismonet.core.plain import Tree, from_plain, to_plain
from seismonet.core.utc import SECOND_NS, from_seconds

from .assemble import Assembler
from .findings import NO_SHAKE, Shake
from .history import History
from .rows import Rows, SameRows

WAIT_S = 15.0
MISSING = -1


@dataclass(frozen=True, slots=True)
class Sensor:
    """The rows of one instrument: its vertical one (None where it has none), and the others."""

    vertical: int | None
    horizontals: tuple[int, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """All of them, the vertical one first."""
        return self.horizontals if self.vertical is None else (self.vertical, *self.horizontals)


@dataclass(frozen=True, slots=True)
class Sites:
    """Which rows belong together: the sensor of each row, and the other sensors with a vertical at its station."""

    sensor: tuple[Sensor, ...]
    others: tuple[tuple[Sensor, ...], ...]

    @classmethod
    def of(cls, rows: Rows) -> "Sites":
        """By the names of the channels."""
        groups: dict[str, list[int]] = {}
        for row, name in enumerate(rows.source_ids):
            groups.setdefault(name.instrument, []).append(row)
        sensors: dict[str, Sensor] = {}
        at: dict[str, list[str]] = {}
        for instrument, members in groups.items():
            upright = [row for row in members if rows.vertical[row]]
            lying = tuple(row for row in members if not rows.vertical[row])
            sensors[instrument] = Sensor(upright[0] if upright else None, lying)
            at.setdefault(rows.source_ids[members[0]].station_code, []).append(instrument)
        names = rows.source_ids
        beside = {
            instrument: tuple(sensors[one] for one in near if one != instrument and sensors[one].vertical is not None)
            for near in at.values()
            for instrument in near
        }
        return cls(tuple(sensors[name.instrument] for name in names), tuple(beside[name.instrument] for name in names))


@dataclass(frozen=True, slots=True)
class Trace:
    """The window of one channel: a history of its own (row 0) and the sample number of the onset.

    ``rate_hz`` is that of its class, for which filters are made; sample times follow from ``true_hz``.
    """

    row: int
    rate_hz: float
    begin: int
    onset: int
    samples: FloatArray
    true_hz: float


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done about a pick, with which rows, from ``before_s`` ahead of its onset until ``after_s``.

    Of ``rows`` the first is that of the pick; ``window_s`` and ``shake`` are for the job to know. The other rows are
    waited for no longer than ``wait_s``.
    """

    kind: str
    pick: Pick
    rows: tuple[int, ...]
    before_s: float
    after_s: float
    window_s: float = 0.0
    wait_s: float = WAIT_S
    shake: Shake = NO_SHAKE


@dataclass(frozen=True, slots=True)
class Work:
    """What a job is given once it can be done.

    ``traces`` has those of the job's rows whose samples are all there, in the job's order: the pick's own is the first.
    """

    job: Job
    rows: Rows
    traces: tuple[Trace, ...]
    issued_ns: int

    @property
    def pick(self) -> Pick:
        """The pick it is about."""
        return self.job.pick

    def trace(self, row: int) -> Trace | None:
        """The window of a row, None where it was not there in time."""
        return next((one for one in self.traces if one.row == row), None)

    def channel(self, trace: Trace) -> Channel | None:
        """The metadata of a trace's channel at the onset."""
        return self.rows.epoch(trace.row, self.pick.time_ns)

    def history(self, *traces: Trace) -> History:
        """Traces of one rate as a history: row 0 the first, and so on; each with its own sample numbers."""
        return History.of(traces[0].rate_hz, [(one.begin, one.samples) for one in traces])


Facts = list[Any]
Handler = Callable[[Work], Facts]


@dataclass(slots=True)
class Waiting:
    """A job, and of its rows: the onset's sample number, the receipt that settled each, the windows that are there.

    A row that is settled without a window is left out: a gap, or it did not come in time.
    """

    job: Job
    onset: dict[int, int] = field(default_factory=dict)
    settled_ns: dict[int, int] = field(default_factory=dict)
    traces: dict[int, Trace] = field(default_factory=dict)


@dataclass(slots=True)
class Desk:
    """Jobs that wait. ``add`` takes one, ``look`` is called when a row got samples; facts go to ``found``."""

    rows: Rows
    assembler: Assembler
    history: Callable[[int], History | None]
    handlers: Mapping[str, Handler]
    found: Facts
    waiting: dict[int, Waiting] = field(default_factory=dict)
    due: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    unplaced: dict[int, list[int]] = field(default_factory=dict)
    last: int = 0

    def add(self, job: Job, onset: Mapping[int, int] | None = None) -> None:
        """Take a job; what is there already is taken at once. ``onset`` are numbers of its onset that are known."""
        self.last += 1
        self.waiting[self.last] = Waiting(job, dict(onset or {}))
        self._place_all(self.last)
        self._finish(self.last)

    def look(self, row: int) -> None:
        """A row got samples: take what was waited for."""
        history = self.history(row)
        number = int(history.end[row]) if history is not None else 0
        for key in self.unplaced.pop(row, []):
            self._again(key, row)
        heap = self.due.get(row, [])
        while heap and heap[0][0] <= number:
            _, key = heapq.heappop(heap)
            self._again(key, row)
        if not heap:
            self.due.pop(row, None)

    def close(self, row: int) -> None:
        """A new segment began: what waits for later samples of the one before will never see them."""
        for key in sorted([key for _, key in self.due.pop(row, [])] + self.unplaced.pop(row, [])):
            self._again(key, row)

    def expire(self, now_ns: int) -> None:
        """Do without the rows that did not come in time, as far as that is known at ``now_ns``."""
        keys = sorted(self.waiting)
        while keys:
            before = self.last
            for key in keys:
                self._expire(key, now_ns)
            keys = [key for key in sorted(self.waiting) if key > before]

    def _expire(self, key: int, now_ns: int) -> None:
        one = self.waiting[key]
        own_ns = one.settled_ns.get(one.job.rows[0])
        wait_ns = from_seconds(one.job.wait_s)
        if own_ns is not None and own_ns + wait_ns <= now_ns:
            for row in one.job.rows:
                one.settled_ns.setdefault(row, own_ns + wait_ns)
            self._finish(key)

    def _again(self, key: int, row: int) -> None:
        if key in self.waiting and row not in self.waiting[key].settled_ns:
            self._place(key, row)
            self._finish(key)

    def _place_all(self, key: int) -> None:
        job = self.waiting[key].job
        for row in job.rows:
            if key in self.waiting and row not in self.waiting[key].settled_ns:
                self._place(key, row)

    def _place(self, key: int, row: int) -> None:
        """Find the onset on a row, and take its window, or wait for the window's last sample."""
        one = self.waiting[key]
        if row not in one.onset:
            number, known_ns = number_at(self.assembler, row, one.job.pick.time_ns)
            if number is None:
                self.unplaced.setdefault(row, []).append(key)
                return
            if number == MISSING:
                one.settled_ns[row] = known_ns
                return
            one.onset[row] = number
        history = self.history(row)
        segment = history.segment(row, one.onset[row]) if history is not None else None
        if history is None or segment is None:
            one.settled_ns[row] = one.job.pick.issued_ns
            return
        begin = max(segment[0], one.onset[row] - round(one.job.before_s * history.rate_hz))
        end = one.onset[row] + round(one.job.after_s * history.rate_hz)
        if end <= segment[1]:
            samples, true_hz = history.window(row, begin, end), float(self.assembler.rate_hz[row])
            one.traces[row] = Trace(row, history.rate_hz, begin, one.onset[row], samples, true_hz)
            one.settled_ns[row] = self.assembler.time_of(row, end - 1)[1]
        elif segment[2]:
            heapq.heappush(self.due.setdefault(row, []), (end, key))
        else:
            one.settled_ns[row] = self.assembler.time_of(row, segment[1])[1]

    def _finish(self, key: int) -> None:
        """Do a job when nothing of it is awaited any more."""
        one = self.waiting[key]
        job, settled_ns = one.job, one.settled_ns
        own = job.rows[0]
        if own not in settled_ns:
            return
        if own not in one.traces:
            del self.waiting[key]
            return
        for row in job.rows:
            # also where it has come by now: in a smaller batch nobody would know of it yet
            late = settled_ns.get(row, settled_ns[own] + 1) > settled_ns[own]
            if late and self._silent(row, settled_ns[own], job.wait_s):
                settled_ns[row] = settled_ns[own]
                one.traces.pop(row, None)
        if any(row not in settled_ns for row in job.rows):
            return
        del self.waiting[key]
        until_ns = settled_ns[own] + from_seconds(job.wait_s)
        there = [row for row in job.rows if row in one.traces and settled_ns[row] <= until_ns]
        last_ns = max(min(settled_ns[row], until_ns) for row in job.rows)
        issued_ns = max(last_ns, job.pick.issued_ns)
        work = Work(job, self.rows, tuple(one.traces[row] for row in there), issued_ns)
        for fact in self.handlers[job.kind](work):
            if isinstance(fact, Job):
                self.add(fact, one.onset)
            else:
                self.found.append(fact)

    def _silent(self, row: int, now_ns: int, wait_s: float) -> bool:
        """Was a row, as received until ``now_ns``, so far behind that it is not waited for?"""
        end_ns = received_until(self.assembler, row, now_ns)
        return end_ns is None or end_ns + from_seconds(wait_s) < now_ns

    def save(self) -> dict[str, Any]:
        """All that waits, as plain values."""
        return {"last": self.last, "waiting": to_plain(self.waiting)}

    def load(self, tree: Tree, same: SameRows) -> None:
        """Take up what was saved, of jobs all of whose rows are the same."""
        self.last = max(self.last, tree["last"])
        number = same.number
        for key, one in from_plain(dict[int, Waiting], tree["waiting"]).items():
            if all(row in number for row in one.job.rows):
                self.waiting[key] = _renumbered(one, number)
        for key in sorted(self.waiting):
            self._place_all(key)


def _renumbered(one: Waiting, number: dict[int, int]) -> Waiting:
    job = replace(one.job, rows=tuple(number[row] for row in one.job.rows))
    traces = {number[row]: replace(trace, row=number[row]) for row, trace in one.traces.items()}
    onset = {number[row]: value for row, value in one.onset.items() if row in number}
    settled_ns = {number[row]: value for row, value in one.settled_ns.items()}
    return Waiting(job, onset, settled_ns, traces)


def number_at(assembler: Assembler, row: int, time_ns: int) -> tuple[int | None, int]:
    """Number of the sample nearest to a time, None while it has not come; and 0.

    MISSING where it lies in a gap, and when the record after the gap was received; or where it is too far back.
    """
    if not assembler.started[row]:
        return None, 0
    rate_hz = float(assembler.rate_hz[row])
    numbers = assembler.log_number[row]
    behind = np.rint((numbers - assembler.log_anchor_number[row]) * (1e9 / rate_hz)).astype(np.int64)
    times_ns = assembler.log_anchor_ns[row] + behind
    begun = (numbers >= 0) & (times_ns <= time_ns + round(0.5 * SECOND_NS / rate_hz))
    if not begun.any():
        return MISSING, 0
    slot = int(np.argmax(np.where(begun, numbers, -1)))
    number = int(numbers[slot]) + round((time_ns - int(times_ns[slot])) * rate_hz / SECOND_NS)
    after = int(np.argmin(np.where(numbers > numbers[slot], numbers, np.iinfo(np.int64).max)))
    if numbers[after] > numbers[slot]:
        return (number, 0) if number <= numbers[after] else (MISSING, int(assembler.log_received_ns[row, after]))
    return (number if number < int(assembler.total[row]) else None), 0


def received_until(assembler: Assembler, row: int, now_ns: int) -> int | None:
    """Time after the last sample that was received of a row until ``now_ns``; None where nothing was."""
    numbers = assembler.log_number[row]
    then = (numbers >= 0) & (assembler.log_received_ns[row] <= now_ns)
    if not then.any():
        return None
    slot = int(np.argmax(np.where(then, numbers, -1)))
    later = numbers[numbers > numbers[slot]]
    end = int(later.min()) if len(later) else int(assembler.total[row])
    since = end - int(assembler.log_anchor_number[row, slot])
    return int(assembler.log_anchor_ns[row, slot]) + round(since * (1e9 / float(assembler.rate_hz[row])))
