"""Receipts and ticks in one order: the only place that orders inputs.

From files nobody knows when a record arrived, so each is taken to arrive when it was complete, ``latency_s`` later. The
live daemon stamps what really arrived and hands the same pairs to the same pipeline.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Receipt, Receipts, Record, Tick, join

SPAN_S = 120.0
CLOSING_S = 10.0


def receive(records: Iterable[Record], latency_s: float = 0.0) -> Receipts:
    """Records as if each had arrived ``latency_s`` after its end."""
    delay_ns = from_seconds(latency_s)
    return in_order([Receipts.of([Receipt(record, record.end_ns + delay_ns) for record in records])])


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
    )


def in_order(batches: Iterable[Receipts]) -> Receipts:
    """One batch, sorted by time of receipt; what arrived at once by name, then by start."""
    whole = join(batches)
    rank = np.argsort(np.argsort(np.array([name.nslc for name in whole.source_ids], dtype=str)))
    name = rank[whole.channel] if len(whole) else whole.channel
    return whole.select(np.lexsort((whole.start_ns, name, whole.received_ns)))


def chained(groups: Iterable[Receipts]) -> Iterator[Receipts]:
    """Groups of receipts (days of an archive) as batches in one order, two groups in memory at most.

    What a group received after the next one begins to receive waits for that.
    """
    held: Receipts | None = None
    for group in groups:
        if held is not None and len(group):
            early = held.received_ns < int(group.received_ns.min())
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
