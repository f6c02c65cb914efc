"""The recent raw samples of every channel, addressed by sample number.

Window kernels (onset, amplitudes) read from here once all of a window is there; what they compute is a function of the
window alone, so it cannot depend on how the samples came. The ring holds the longest window (20 s of baseline, 30 s of
signal, the refinement's lead) beside one whole block.
"""

from dataclasses import dataclass, field

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.waveform import Block

from .assemble import MAX_PIECE

HISTORY_S = 55.0


@dataclass(slots=True)
class History:
    """A ring of samples for each row of one rate class.

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
    size: int = field(init=False)
    samples: FloatArray = field(init=False)
    begin: IntArray = field(init=False)
    end: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self.size = 1 << int(np.ceil(np.log2(HISTORY_S * self.rate_hz + MAX_PIECE)))
        self.samples = np.zeros((self.rows, self.size))
        self.begin, self.end = np.zeros((2, self.rows), dtype=np.int64)

    def write(self, block: Block) -> None:
        """Append a block; a fresh row forgets its old segment."""
        n = block.samples.shape[1]
        slot = (block.number[:, None] + np.arange(n)) & (self.size - 1)
        self.samples[block.rows[:, None], slot] = block.samples
        self.begin[block.rows[block.fresh]] = block.number[block.fresh]
        self.end[block.rows] = block.number + n

    def first(self, row: int) -> int:
        """Number of the oldest sample still held of the row's current segment."""
        return max(int(self.begin[row]), int(self.end[row]) - self.size)

    def window(self, row: int, begin: int, end: int) -> FloatArray:
        """(end - begin,) samples with numbers ``begin`` to ``end - 1``; they must be held."""
        held: FloatArray = self.samples[row, np.arange(begin, end) & (self.size - 1)]
        return held
