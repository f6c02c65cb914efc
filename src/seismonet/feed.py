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


def steps(receipts: Receipts, span_s: float = SPAN_S) -> Iterator[tuple[Receipts, Tick]]:
    """What a pipeline's ``step`` takes, ``span_s`` of receipt time at once; the last tick comes ``CLOSING_S`` later.

    The span decides the speed, not the result.
    """
    received_ns = receipts.received_ns
    if len(received_ns) == 0:
        return
    span_ns = from_seconds(span_s)
    edge_ns, last_ns = int(received_ns[0]) // span_ns * span_ns, int(received_ns[-1])
    begin = 0
    while begin < len(received_ns):
        edge_ns = max(edge_ns + span_ns, int(received_ns[begin]) // span_ns * span_ns + span_ns)
        end = int(np.searchsorted(received_ns, edge_ns, side="right"))
        yield receipts.select(slice(begin, end)), Tick(edge_ns if end < len(received_ns) else last_ns)
        begin = end
    yield receipts.select(slice(0, 0)), Tick(last_ns + from_seconds(CLOSING_S))
