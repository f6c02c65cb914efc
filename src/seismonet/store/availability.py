"""How much of a time window there is of a channel, from the spans of the index; no file is looked at.

The rule this file owns: a moment counts once, however many records cover it, and a channel is not blamed for the time
before its first record.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.utc import SECOND_NS, to_seconds

TEAR_NS = SECOND_NS // 10
"""What is shorter is no gap: times may be torn by a part of a sample."""
EDGE_NS = 60 * SECOND_NS
"""What is missing at the begin or end of a window is a gap only from this on: some seconds are on their way."""
CELLS = 24
BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What there is of a window.

    ``window_s`` is the time that counts, ``covered_s`` what there is of it, ``gaps`` how many stretches are missing,
    ``longest_gap_s`` the longest of them; ``cells`` is the covered fraction of equal parts of the window, -1 before
    the channel's first record.
    """

    window_s: float
    covered_s: float
    gaps: int
    longest_gap_s: float
    cells: tuple[float, ...]

    @property
    def percent(self) -> float:
        """Availability; 0 where nothing counts."""
        return 100.0 * self.covered_s / self.window_s if self.window_s > 0 else 0.0

    @property
    def strip(self) -> str:
        """The cells as a line of blocks: full, the emptier the lower, ``·`` where nothing is there, blank before."""
        return "".join(_block(cell) for cell in self.cells)


def _block(cell: float) -> str:
    if cell < 0:
        return " "
    # full is only what is full; a little that is missing shows
    return "█" if cell >= 0.9999 else "·" if cell <= 0 else BLOCKS[1 + min(6, int(cell * 7))]


def coverage(
    spans: Sequence[tuple[int, int]], first_ns: int, window_ns: tuple[int, int], cells: int = CELLS
) -> Coverage:
    """What spans (start and end of what is there, in any order, they may overlap) cover of a window.

    ``first_ns`` is when the channel's first record began, ever.

    >>> hour = 3600 * 10**9
    >>> found = coverage([(0, hour), (3 * hour, 4 * hour)], 0, (0, 4 * hour), cells=4)
    >>> found.percent, found.gaps, found.longest_gap_s, found.strip
    (50.0, 1, 7200.0, '█··█')
    """
    begin_ns, end_ns = max(window_ns[0], first_ns), window_ns[1]
    start, end = _merged(spans, begin_ns, end_ns)
    edges = np.linspace(window_ns[0], window_ns[1], cells + 1)
    parts = tuple(_cells(start, end, edges, begin_ns).tolist())
    if end_ns <= begin_ns:
        return Coverage(0.0, 0.0, 0, 0.0, parts)
    holes = np.append(start, end_ns) - np.insert(end, 0, begin_ns)
    counts = holes >= min(TEAR_NS, end_ns - begin_ns)
    counts[[0, -1]] = holes[[0, -1]] >= min(EDGE_NS, end_ns - begin_ns)
    longest = int(holes[counts].max()) if counts.any() else 0
    covered = int((end - start).sum())
    return Coverage(
        to_seconds(end_ns - begin_ns), to_seconds(covered), int(np.count_nonzero(counts)), to_seconds(longest), parts
    )


def _merged(spans: Sequence[tuple[int, int]], begin_ns: int, end_ns: int) -> tuple[IntArray, IntArray]:
    """Starts and ends of what is covered of the window, by time, none touching another."""
    table = np.array(sorted(spans), dtype=np.int64).reshape(-1, 2)
    start, reach = np.clip(table[:, 0], begin_ns, end_ns), np.maximum.accumulate(np.clip(table[:, 1], begin_ns, end_ns))
    real = table[:, 0] < np.minimum(table[:, 1], end_ns)
    start, reach = start[real], reach[real]
    new = np.ones(len(start), dtype=bool)
    new[1:] = start[1:] > reach[:-1]
    starts = start[new]
    ends = reach[np.append(np.flatnonzero(new)[1:] - 1, len(start) - 1)] if len(start) else reach
    keep = ends > starts
    return starts[keep], ends[keep]


def _cells(start: IntArray, end: IntArray, edges: FloatArray, begin_ns: int) -> FloatArray:
    """(cells,) the fraction of each that is covered; -1 for those that end before the channel began."""
    times = np.stack((start, end), axis=1).ravel().astype(np.float64)
    sums = np.stack((np.cumsum(end - start) - (end - start), np.cumsum(end - start)), axis=1).ravel()
    covered = np.interp(edges, times, sums.astype(np.float64)) if len(times) else np.zeros(len(edges))
    lengths = np.maximum(edges[1:] - np.maximum(edges[:-1], begin_ns), 1.0)
    return np.where(edges[1:] <= begin_ns, -1.0, np.clip(np.diff(covered) / lengths, 0.0, 1.0))
