"""How long every part of a packet's way takes, by station, over the last minutes, and what could be made shorter.

Five stages, one after the other::

    ─ first sample ── last sample ── received ── picked ── event ── alert ─▶
      │    record     │   received   │  picked  │  event  │  alert  │

    record      the record's length: so long its first sample waited for its last
    received    from the record's end to its receipt: digitizer's filter, its queue, link, server, both clocks' errors
    picked      from receipt to the moment the picker was done with it
    event       from a pick's first issue to the event that used it first
    alert       from the event to its alert

When a record was *sent* no server tells: neither version of SeedLink stamps packets. So ``received`` cannot be parted
into the time in the digitizer and the time on the link; what metadata say of the filters is told beside it. Records
that make up for a pause are left out of it (see :mod:`~seismonet.status.catchup`).

Times are counted in bins whose width grows with their size, so memory is bounded, parts can be added up (of a station's
hours, of several processes) and a percentile is right to 5 % of itself and 0.05 ms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.alert import Alert
from seismonet.core.arrays import AnyArray, FloatArray, IntArray
from seismonet.core.event import Event, Pick
from seismonet.core.waveform import Receipts

from .catchup import CatchUp

STAGES = ("record", "received", "picked", "event", "alert")
RECORD, RECEIVED, PICKED, EVENT, ALERT = range(len(STAGES))
UNIT_S, WIDTH = 0.001, 0.09
LOWEST, HIGHEST = -178, 212
BINS = HIGHEST - LOWEST + 1
REMEMBERED = 10_000
USED = -1


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, ninth tenth and 99th hundredth of ``count`` durations."""

    count: int
    p50_s: float
    p90_s: float
    p99_s: float


@parameters(frozen=True)
class LatencyParams:
    """Over which time latencies are measured."""

    window_s: float = Field(default=600.0, gt=0, description="percentiles are those of the last so many seconds")
    slices: int = Field(default=6, ge=2, description="the window moves on in so many steps")


def bins(duration_s: FloatArray) -> IntArray:
    """The bin of each duration: linear below a millisecond, logarithmic above, negative ones alike."""
    index = np.rint(np.arcsinh(np.asarray(duration_s) / UNIT_S) / WIDTH)
    return (np.clip(index, LOWEST, HIGHEST) - LOWEST).astype(np.int64)


def durations(index: AnyArray) -> FloatArray:
    """The middle of each bin.

    >>> durations(bins(np.array([-2.0, 0.0, 0.5]))).round(1).tolist()
    [-2.0, 0.0, 0.5]
    """
    return np.asarray(np.sinh((np.asarray(index) + LOWEST) * WIDTH) * UNIT_S, dtype=np.float64)


def spreads(counts: IntArray) -> list[Spread | None]:
    """Percentiles of each row of ``counts (rows, BINS)``; None of nothing."""
    total = np.cumsum(counts, axis=1)
    told = [(total < np.ceil(share * total[:, -1:])).sum(axis=1) for share in (0.5, 0.9, 0.99)]
    times = durations(np.minimum(np.column_stack(told), BINS - 1)).tolist()
    return [Spread(count, *row) if count else None for count, row in zip(total[:, -1].tolist(), times, strict=True)]


@dataclass(slots=True)
class Latency:
    """Latencies of some stations; counted in slices of the window, of which the oldest is forgotten as time goes on.

    All times are the caller's: receipts' own for the first two stages, ``now_ns`` for when something was done.
    """

    stations: Sequence[str]
    params: LatencyParams = field(default_factory=LatencyParams)
    counts: AnyArray = field(init=False)
    record_bytes: IntArray = field(init=False)
    _number: dict[str, int] = field(init=False)
    _slice: int = field(init=False, default=0)
    _issued: dict[str, int] = field(init=False, default_factory=dict)
    _events: dict[str, int] = field(init=False, default_factory=dict)
    _catch_up: CatchUp = field(init=False, default_factory=CatchUp)

    def __post_init__(self) -> None:
        self._number = {code: row for row, code in enumerate(self.stations)}
        self.counts = np.zeros((self.params.slices, len(self.stations), len(STAGES), BINS), dtype=np.int32)
        self.record_bytes = np.zeros(len(self.stations), dtype=np.int64)

    def receive(self, receipts: Receipts, now_ns: int, payload_bytes: Sequence[int] = ()) -> None:
        """Records that the picker is done with at ``now_ns``; ``payload_bytes`` are their lengths, where known.

        When a record was received counts as soon as the next of its channel has come.
        """
        self._advance(now_ns)
        known = [self._number.get(name.station_code, -1) for name in receipts.source_ids]
        row = np.array(known, dtype=np.int64)[receipts.channel] if known else np.empty(0, dtype=np.int64)
        seen = row >= 0
        row, received_ns, end_ns = row[seen], receipts.received_ns[seen], receipts.end_ns()[seen]
        start_ns = receipts.start_ns[seen]
        self._count(row, RECORD, end_ns - start_ns)
        self._count(row, PICKED, now_ns - received_ns)
        names = [receipts.source_ids[channel] for channel in receipts.channel[seen].tolist()]
        columns = row.tolist(), names, start_ns.tolist(), end_ns.tolist(), received_ns.tolist()
        timed = [
            (station, late_ns) for station, *one in zip(*columns, strict=True) for late_ns in self._catch_up.hear(*one)
        ]
        if timed:
            stations, late_ns = np.array(timed, dtype=np.int64).T
            self._count(stations, RECEIVED, late_ns)
        if len(payload_bytes) == len(receipts):
            self.record_bytes[row] = np.asarray(payload_bytes, dtype=np.int64)[seen]

    def publish(self, picks: Iterable[Pick], events: Iterable[Event], alerts: Iterable[Alert], now_ns: int) -> None:
        """What was published at ``now_ns``: each pick, event and alert is timed once, in its first version."""
        self._advance(now_ns)
        for pick in picks:
            self._issued.setdefault(pick.id, now_ns)
        for event in events:
            self._events.setdefault(event.id, now_ns)
            for arrival in event.origin.arrivals:
                issued_ns = self._issued.get(arrival.pick_id, USED)
                if issued_ns != USED:
                    self._issued[arrival.pick_id] = USED
                    self._add(arrival.source_id.station_code, EVENT, now_ns - issued_ns)
        for alert in alerts:
            located_ns = self._events.get(alert.about, USED)
            if alert.kind == "new" and located_ns != USED:
                self._events[alert.about] = USED
                for code in alert.station_codes:
                    self._add(code, ALERT, now_ns - located_ns)
        for memory in (self._issued, self._events):
            while len(memory) > REMEMBERED:
                del memory[next(iter(memory))]

    def _advance(self, now_ns: int) -> None:
        """Forget what is older than the window."""
        slices = self.params.slices
        current = now_ns // round(self.params.window_s * 1e9 / slices)
        for step in range(max(self._slice + 1, current - slices + 1), current + 1):
            self.counts[step % slices] = 0
        self._slice = max(self._slice, current)

    def _add(self, code: str, stage: int, duration_ns: int) -> None:
        if code in self._number:
            self._count(np.array([self._number[code]]), stage, np.array([duration_ns]))

    def _count(self, row: IntArray, stage: int, duration_ns: IntArray) -> None:
        flat = self.counts[self._slice % self.params.slices].reshape(-1)
        np.add.at(flat, (row * len(STAGES) + stage) * BINS + bins(duration_ns / 1e9), 1)

    def histogram(self) -> IntArray:
        """Counts over the window, ``(stations, stages, BINS)``: those of two processes may be added."""
        return np.asarray(self.counts.sum(axis=0, dtype=np.int64))

    def spreads(self) -> dict[str, tuple[Spread | None, ...]]:
        """Percentiles by station, in the order of ``STAGES``."""
        rows = spreads(self.histogram().reshape(-1, BINS))
        width = len(STAGES)
        return {code: tuple(rows[k * width : (k + 1) * width]) for k, code in enumerate(self.stations)}
