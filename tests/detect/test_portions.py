"""Batches in portions: nothing is lost or reordered on a channel, and none runs far ahead."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Receipts
from seismonet.detect.assemble import MAX_PIECE, MAX_RECORDS_PER_ROW
from seismonet.detect.portions import MAX_SAMPLES, pieces, portions
from seismonet.feed import in_order
from tests.support.receipts import cut

LENGTHS = st.lists(st.integers(20, 7000), min_size=1, max_size=3)


def batch(lengths: list[list[int]], at_once: bool = False) -> Receipts:
    found: list[Receipt] = []
    for k, some in enumerate(lengths):
        name = SourceId("XX", "A", "", ("HHZ", "HHN", "HNZ")[k])
        found += cut(name, np.arange(30_000, dtype=np.int32), some)
    if at_once:
        last_ns = max(receipt.received_ns for receipt in found)
        found = [replace(receipt, received_ns=last_ns) for receipt in found]
    return in_order([Receipts.of(found)])


@settings(max_examples=25, deadline=None)
@given(st.lists(LENGTHS, min_size=1, max_size=3), st.booleans())
def test_samples_times_and_order_stay(lengths: list[list[int]], at_once: bool) -> None:
    cuts = [piece for portion in portions(batch(lengths, at_once)) for piece in pieces(portion)]
    for channel in range(len(lengths)):
        at = 0
        for piece in cuts:
            for index in np.flatnonzero(piece.channel == channel).tolist():
                receipt = next(iter(piece.select(np.array([index]))))
                n = len(receipt.record.samples)
                assert n <= MAX_PIECE
                assert receipt.record.samples.tolist() == list(range(at, at + n))
                assert receipt.received_ns >= receipt.record.end_ns
                at += n
        assert at == 30_000


@settings(max_examples=25, deadline=None)
@given(st.lists(LENGTHS, min_size=1, max_size=3))
def test_no_channel_runs_far_ahead(lengths: list[list[int]]) -> None:
    for portion in portions(batch(lengths)):
        for channel in range(len(lengths)):
            count = portion.count[portion.channel == channel]
            assert len(count) <= MAX_RECORDS_PER_ROW
            assert len(count) <= 1 or int(count.sum()) <= MAX_SAMPLES
