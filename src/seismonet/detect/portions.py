"""A batch of receipts in portions, so that no channel runs far ahead of the others of its station.

What looks at several channels at once finds the samples of each in a history of limited length: a channel may be ahead
by what one portion brings, not by a whole day file. Only records as long as that are cut, which changes no sample and
no time of receipt.
"""

from collections.abc import Iterator

import numpy as np

from seismonet.core.waveform import Receipts

from .assemble import MAX_PIECE, MAX_RECORDS_PER_ROW
from .rows import grow_index


def portions(receipts: Receipts) -> list[Receipts]:
    """Batches in which no channel has more records than the assembler's log may lose, nor many more samples than a
    block; a single record may.
    """
    if len(receipts) == 0:
        return [receipts]
    records = np.bincount(receipts.channel)
    samples = np.bincount(receipts.channel, weights=receipts.count)
    if int(records.max()) <= 1 or (int(records.max()) <= MAX_RECORDS_PER_ROW and samples.max() <= MAX_PIECE):
        return [receipts]
    half = len(receipts) // 2
    return portions(receipts.select(slice(0, half))) + portions(receipts.select(slice(half, None)))


def pieces(receipts: Receipts) -> Iterator[Receipts]:
    """A portion as it is, or where records are longer than a block, piece by piece in the order of their times."""
    if len(receipts) == 0 or int(receipts.count.max()) <= MAX_PIECE:
        yield receipts
        return
    turns = -(-receipts.count // MAX_PIECE)
    record = np.repeat(np.arange(len(receipts)), turns)
    turn = grow_index(turns)
    cut = receipts.select(record)
    skipped = turn * MAX_PIECE
    start_ns = cut.start_ns + np.rint(skipped * (1e9 / cut.rate_hz)).astype(np.int64)
    count = np.minimum(cut.count - skipped, MAX_PIECE)
    whole = Receipts(
        cut.source_ids, cut.channel, start_ns, cut.rate_hz, cut.first + skipped, count, cut.samples, cut.received_ns,
        cut.timing_quality,
    )  # fmt: skip
    order = np.lexsort((start_ns, turn, cut.received_ns))
    edges = np.flatnonzero(np.diff(turn[order]) | np.diff(cut.received_ns[order])) + 1
    for part in np.split(order, edges):
        yield whole.select(part)
