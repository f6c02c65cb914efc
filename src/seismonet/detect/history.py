"""The recent raw samples of every channel, addressed by sample number.

Window kernels (onset, amplitudes, S waves) read from here once all of a window is there; what they compute is a
function of the window alone, so it cannot depend on how the samples came. The ring holds the longest window (30 s of
baseline, 72 s with the S waves), what a sensor's components and the sensors of a site may be
apart, and what one batch may bring. Counts are kept as whole numbers of 32 bits as long as they are such: 64 KB a
channel at 100 Hz, in memory and in a snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import AnyArray, FloatArray, IntArray
from seismonet.core.waveform import Block

from .assemble import MAX_PIECE

HISTORY_S = 120.0
SEGMENTS = 8


@dataclass(slots=True)
class History:
    """A ring of samples for each row of one rate class.

    ``ended`` are (begin, end) of the latest segments of a row before its current one.

    Examples
    --------
    >>> history = History(rate_hz=1.0, rows=1)
    >>> row = np.array([0])
    >>> history.write(Block(row, np.array([0]), np.array([[1.0, 2.0, 3.0]]), np.array([True])))
    >>> history.window(0, 1, 3).tolist()
    [2.0, 3.0]
    """

    rate_hz: float
    rows: int
    length: int = 0
    size: int = field(init=False)
    samples: AnyArray = field(init=False)
    begin: IntArray = field(init=False)
    end: IntArray = field(init=False)
    ended: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        length = self.length or HISTORY_S * self.rate_hz + 2 * MAX_PIECE
        self.size = 1 << int(np.ceil(np.log2(max(2.0, length))))
        self.samples = np.zeros((self.rows, self.size), dtype=np.int32)
        self.begin, self.end = np.zeros((2, self.rows), dtype=np.int64)

    @classmethod
    def of(cls, rate_hz: float, windows: Sequence[tuple[int, FloatArray]]) -> "History":
        """A small one of given windows: a row for each (number of its first sample, samples).

        >>> History.of(1.0, [(5, np.array([1.0, 2.0]))]).first(0)
        5
        """
        history = cls(rate_hz, len(windows), max(len(samples) for _, samples in windows))
        for row, (begin, samples) in enumerate(windows):
            block = Block(np.array([row]), np.array([begin]), samples[None, :], np.array([True]))
            history.write(block)
        return history

    def write(self, block: Block) -> None:
        """Append a block; a fresh row begins a new segment."""
        n = block.samples.shape[1]
        slot = (block.number[:, None] + np.arange(n)) & (self.size - 1)
        self._hold(block.samples)
        self.samples[block.rows[:, None], slot] = block.samples
        if block.fresh.any():
            self._end(block.rows[block.fresh])
            self.begin[block.rows[block.fresh]] = block.number[block.fresh]
        self.end[block.rows] = block.number + n

    def _hold(self, samples: FloatArray) -> None:
        """Go over to floating point for ever, at the first sample that is no whole number of 32 bits."""
        if self.samples.dtype == np.float64:
            return
        with np.errstate(invalid="ignore"):
            whole = np.array_equal(samples.astype(np.int32), samples)
        if not whole:
            self.samples = self.samples.astype(np.float64)

    def _end(self, rows: IntArray) -> None:
        for row in rows.tolist():
            if self.end[row] > self.begin[row]:
                before = self.ended.setdefault(row, [])
                before.append((int(self.begin[row]), int(self.end[row])))
                del before[:-SEGMENTS]

    def first(self, row: int) -> int:
        """Number of the oldest sample still held of the row's current segment."""
        return max(int(self.begin[row]), int(self.end[row]) - self.size)

    def segment(self, row: int, number: int) -> tuple[int, int, bool] | None:
        """(first sample held, end, whether it may still grow) of the segment that a sample is or will be in.

        None where the sample lies in no segment that is known or is not held any more.
        """
        oldest = int(self.end[row]) - self.size
        if number >= self.begin[row]:
            return (self.first(row), int(self.end[row]), True) if number >= oldest else None
        for begin, end in self.ended.get(row, []):
            if begin <= number < end and number >= oldest:
                return max(begin, oldest), end, False
        return None

    def window(self, row: int, begin: int, end: int) -> FloatArray:
        """(end - begin,) samples with numbers ``begin`` to ``end - 1``; they must be held."""
        held = self.samples[row, np.arange(begin, end) & (self.size - 1)]
        return np.asarray(held, dtype=np.float64)
