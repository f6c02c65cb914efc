"""Receipts and ticks in one order: the only place that orders inputs.

From files nobody knows when a record arrived, so each is taken to arrive when it was complete, ``latency_s`` later. The
live daemon stamps what really arrived and hands the same pairs to the same pipeline.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Receipt, Receipts, Record, Tick, join
from seismonet.detect.rows import grow_index

SPAN_S = 240.0
CLOSING_S = 10.0
RECORD_S = 1.0
SLICE_S = 600.0


def receive(records: Iterable[Record], latency_s: float = 0.0) -> Receipts:
    """Records as if a data logger had sent them in packets of a second, each ``latency_s`` after its end."""
    return modelled(packets(Receipts.of([Receipt(record, record.end_ns) for record in records])), latency_s)


def packets(batch: Receipts, record_s: float = RECORD_S) -> Receipts:
    """The same samples in records of at most ``record_s``, as a data logger sends them, each received at its end.

    Files of other formats than miniSEED and traces in memory have no records of their own: as one record each, all of
    an earthquake would arrive at once.
    """
    size = np.maximum(1, np.rint(batch.rate_hz * record_s).astype(np.int64))
    pieces = -(-batch.count // size)
    of = np.repeat(np.arange(len(batch)), pieces)
    offset = grow_index(pieces) * size[of]
    rate_hz = batch.rate_hz[of]
    found = Receipts(
        batch.source_ids,
        batch.channel[of],
        batch.start_ns[of] + np.rint(offset * (1e9 / rate_hz)).astype(np.int64),
        rate_hz,
        batch.first[of] + offset,
        np.minimum(size[of], batch.count[of] - offset),
        batch.samples,
        np.zeros(len(of), dtype=np.int64),
        batch.timing_quality[of],
        None if batch.flags is None else batch.flags[of],
    )
    return in_order([modelled(found)])


def modelled(batch: Receipts, latency_s: float = 0.0) -> Receipts:
    """The same records, each arriving ``latency_s`` after its end."""
    return Receipts(
        batch.source_ids,
        batch.channel,
        batch.start_ns,
        batch.rate_hz,
        batch.first,
        batch.count,
        batch.samples,
        batch.end_ns() + from_seconds(latency_s),
        batch.timing_quality,
        batch.flags,
    )


def within(batch: Receipts, window_ns: tuple[int | None, int | None]) -> Receipts:
    """The receipts with samples in a window (begin, end); None is open."""
    begin_ns, end_ns = window_ns
    keep = np.ones(len(batch), dtype=bool)
    if begin_ns is not None:
        keep &= batch.end_ns() > begin_ns
    if end_ns is not None:
        keep &= batch.start_ns < end_ns
    return batch if keep.all() else batch.select(keep)


def fresh(batch: Receipts, late_s: float) -> Receipts:
    """The receipts that came at most ``late_s`` after their end: older data are kept, but nobody is warned by them."""
    keep = batch.received_ns - batch.end_ns() <= from_seconds(late_s)
    return batch if keep.all() else batch.select(keep)


def in_order(batches: Iterable[Receipts]) -> Receipts:
    """One batch, sorted by time of receipt; what arrived at once by name, then by start."""
    whole = join(batches)
    rank = np.argsort(np.argsort(np.array([name.nslc for name in whole.source_ids], dtype=str)))
    name = rank[whole.channel] if len(whole) else whole.channel
    return whole.select(np.lexsort((whole.start_ns, name, whole.received_ns)))


def sliced(batches: Iterable[Receipts], span_s: float = SLICE_S) -> Iterator[Receipts]:
    """Batches that lie side by side in time (the files of a day), as one batch after another in one order.

    Only a slice of the samples is laid together at a time, so that they stay in the processor's caches.
    """
    parts = [batch.select(np.argsort(batch.received_ns, kind="stable")) for batch in batches if len(batch)]
    if not parts:
        return
    span_ns = from_seconds(span_s)
    begin_ns = min(int(part.received_ns[0]) for part in parts) // span_ns * span_ns
    end_ns = max(int(part.received_ns[-1]) for part in parts)
    done = [0] * len(parts)
    for edge_ns in range(begin_ns + span_ns, end_ns + span_ns + 1, span_ns):
        found = []
        for number, part in enumerate(parts):
            upto = int(np.searchsorted(part.received_ns, edge_ns))
            if upto > done[number]:
                found.append(part.select(slice(done[number], upto)).compact())
                done[number] = upto
        if found:
            yield in_order(found)


def chained(groups: Iterable[Receipts]) -> Iterator[Receipts]:
    """Groups of receipts (days of an archive) as batches in one order, two groups in memory at most.

    What a group received after the next one begins to receive waits for that.
    """
    held: Receipts | None = None
    for group in groups:
        if held is not None and len(group):
            early = held.received_ns < int(group.received_ns.min())
            if early.all():
                yield held
            else:
                yield held.select(early)
                group = in_order([held.select(~early), group])
        held = group if len(group) or held is None else held
    if held is not None:
        yield held


def steps(receipts: Receipts | Iterable[Receipts], span_s: float = SPAN_S) -> Iterator[tuple[Receipts, Tick]]:
    """What a pipeline's ``step`` takes, ``span_s`` of receipt time at once; the last tick comes ``CLOSING_S`` later.

    ``receipts`` is one batch in order, or several that follow one another. The span decides the speed, not the result.
    """
    empty, last_ns = None, None
    for batch in [receipts] if isinstance(receipts, Receipts) else receipts:
        if len(batch):
            yield from _spans(batch, from_seconds(span_s))
            empty, last_ns = batch.select(slice(0, 0)), int(batch.received_ns[-1])
    if empty is not None and last_ns is not None:
        yield empty, Tick(last_ns + from_seconds(CLOSING_S))


def _spans(batch: Receipts, span_ns: int) -> Iterator[tuple[Receipts, Tick]]:
    received_ns = batch.received_ns
    last_ns, begin, edge_ns = int(received_ns[-1]), 0, 0
    while begin < len(received_ns):
        edge_ns = max(edge_ns + span_ns, int(received_ns[begin]) // span_ns * span_ns + span_ns)
        end = int(np.searchsorted(received_ns, edge_ns, side="right"))
        yield batch.select(slice(begin, end)), Tick(edge_ns if end < len(received_ns) else last_ns)
        begin = end
