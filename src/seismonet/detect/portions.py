"""A batch of receipts in portions, so that no channel runs far ahead of the others of its station.

What looks at several channels at once finds the samples of each in a history of limited length: a channel may be ahead
by what one portion brings, not by a whole day file. Only records as long as that are cut, which changes no sample and
no time of receipt.
"""

from collections.abc import Iterator

import numpy as np

from seismonet.core.waveform import Receipts

from .assemble import MAX_PIECE, MAX_RECORDS_PER_ROW
from .rows import changes, grow_index, lengths

MAX_SAMPLES = 2 * MAX_PIECE
"""What the history holds beyond its longest window and what channels may be apart."""


def portions(receipts: Receipts) -> list[Receipts]:
    """Batches in which no channel has more records than the assembler's log may lose, nor many more samples than the
    history spares; a single record may. Cut where the channel that is ahead has had its share.
    """
    if len(receipts) == 0:
        return [receipts]
    share = np.maximum(receipts.count / MAX_SAMPLES, 1 / MAX_RECORDS_PER_ROW)
    order = np.argsort(receipts.channel, kind="stable")
    sorted_share = share[order]
    total = np.cumsum(sorted_share)
    first = changes(receipts.channel[order])
    before = np.repeat((total - sorted_share)[first], lengths(np.flatnonzero(first), len(order)))
    run = np.empty(len(order))
    run[order] = total - before
    if int(first.sum()) == len(order) or float(run.max()) <= 1.0:
        return [receipts]
    portion = np.floor(np.maximum.accumulate(run - share) + 1e-9).astype(np.int64)
    edges = np.flatnonzero(changes(portion)).tolist()
    if len(edges) == 1:
        edges = [0, len(receipts) // 2]
    parts = [slice(begin, end) for begin, end in zip(edges, [*edges[1:], len(receipts)], strict=True)]
    return [few for part in parts for few in portions(receipts.select(part))]


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
        cut.timing_quality, cut.flags,
    )  # fmt: skip
    by_channel = np.argsort(cut.channel, kind="stable")
    place = np.empty(len(record), dtype=np.int64)
    runs = np.flatnonzero(changes(cut.channel[by_channel]))
    place[by_channel] = grow_index(lengths(runs, len(record)))
    order = np.lexsort((start_ns, place, cut.received_ns))
    edges = np.flatnonzero(np.diff(place[order]) | np.diff(cut.received_ns[order])) + 1
    for part in np.split(order, edges):
        yield whole.select(part)
