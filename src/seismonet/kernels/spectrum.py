"""Power spectral densities of an hour, as McNamara and Buland (2004, BSSA 94, 1517-1527) and ObsPy's ``PPSD``.

::

    hour       |------------------------------ 3600 s ------------------------------|
    windows    |---- 2**k ----|       the largest power of two in 900 s
                   |---- 2**k ----|   each a quarter further than the one before
                       |---- 2**k ----| ...

Each window has its linear trend removed and its ends tapered (a tenth each); the powers are averaged, put into dB, and
the dB averaged over an octave of periods every eighth of an octave.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray

SingleArray: TypeAlias = NDArray[np.float32]

HOUR_S, WINDOWS = 3600, 4
OCTAVES, STEP_OCTAVES = 1.0, 0.125
TAPER = 0.1
TINY_DB = -320.0
LEAST_SHARE = 0.5
"""Of the windows of an hour, at least so many must be without a gap."""
BATCH = 4
EXACT = 1 << 23


@dataclass(frozen=True, slots=True)
class Plan:
    """How an hour of one sampling rate is cut, and over which periods it is averaged.

    ``left_s``, ``period_s``, ``right_s`` (p,) are edges and centres of the period bins; ``low`` and ``high`` the first
    frequency of each and the one after its last.
    """

    rate_hz: float
    samples: int
    size: int
    step: int
    begin: IntArray
    taper: SingleArray
    place: SingleArray
    frequency_hz: FloatArray
    left_s: FloatArray
    period_s: FloatArray
    right_s: FloatArray
    low: IntArray
    high: IntArray

    def smooth(self, db: FloatArray) -> FloatArray:
        """(p,) mean dB of each period bin, of ``db`` at ``frequency_hz``."""
        total = np.concatenate([[0.0], np.cumsum(db)])
        return np.asarray((total[self.high] - total[self.low]) / (self.high - self.low))


@lru_cache(maxsize=64)
def plan(rate_hz: float) -> Plan:
    """The plan of a sampling rate.

    >>> one = plan(100.0)
    >>> one.size, one.step, len(one.begin), len(one.period_s)
    (65536, 16384, 18, 121)
    """
    samples = int(rate_hz * HOUR_S)
    size = 1 << int(np.floor(np.log2(max(rate_hz * HOUR_S / WINDOWS, 2.0))))
    step = size // 4
    begin = np.arange((samples - size) // step + 1) * step
    width = int(size * TAPER + 0.5)
    ramp = 0.5 * (1.0 - np.cos(np.pi * np.arange(width) / max(width - 1, 1)))
    taper = np.concatenate([ramp, np.ones(size - 2 * width), ramp[::-1]]).astype(np.float32)
    place = (np.arange(size) - (size - 1) / 2).astype(np.float32)
    frequency_hz = np.asarray(np.fft.rfftfreq(size, 1.0 / rate_hz)[1:], dtype=np.float64)
    bins = _bins(1.0 / frequency_hz[-1], 1.0 / frequency_hz[0])
    inside = [np.flatnonzero((1.0 / frequency_hz >= a) & (1.0 / frequency_hz <= b)) for a, _, b in bins]
    low, high = np.array([one[0] for one in inside]), np.array([one[-1] + 1 for one in inside])
    left_s, period_s, right_s = np.array(bins, dtype=np.float64).T
    return Plan(rate_hz, samples, size, step, begin, taper, place, frequency_hz, left_s, period_s, right_s, low, high)


def _bins(shortest_s: float, longest_s: float) -> list[tuple[float, float, float]]:
    """Left edge, centre and right edge of octaves of periods, an eighth apart."""
    width = 2.0**OCTAVES
    left = shortest_s / width**0.5
    found = [(left, left * width**0.5, left * width)]
    while found[-1][1] < longest_s:
        left *= 2.0**STEP_OCTAVES
        found.append((left, left * width**0.5, left * width))
    return [one for one in found if one[2] > shortest_s and one[0] < longest_s]


def hour_db(samples: AnyArray, present: BoolArray, rate_hz: float) -> FloatArray | None:
    """Power spectral density of an hour in dB of counts**2/Hz, averaged over octaves of periods.

    Parameters
    ----------
    samples : (n,) counts, with n as ``plan(rate_hz).samples``
    present : (n,) bool, where there is a sample; windows with a gap are left out
    rate_hz : sampling rate

    Returns
    -------
    db : (p,) float64 at ``plan(rate_hz).period_s``; None when fewer than half the windows are whole.

    Notes
    -----
    The transforms are in single precision: what they add lies 130 dB below the strongest octave.
    """
    from scipy.fft import rfft

    one = plan(rate_hz)
    begins = one.begin
    if not present.all():
        missing = np.concatenate([[0], np.cumsum(~present)])
        begins = begins[missing[begins + one.size] == missing[begins]]
    if len(begins) < max(1.0, LEAST_SHARE * len(one.begin)):
        return None
    x = _single(samples[: begins[-1] + one.size])
    norm = one.size * (one.size**2 - 1) / 12
    power = np.zeros(one.size // 2)
    buffer = np.empty((BATCH, one.size), dtype=np.float32)
    for first in range(0, len(begins), BATCH):
        part = begins[first : first + BATCH]
        windows = buffer[: len(part)]
        for index, begin in enumerate(part.tolist()):
            piece = x[begin : begin + one.size]
            own = np.multiply(one.place, np.float32(-float(one.place @ piece) / norm), out=windows[index])
            own += piece
            own -= piece.mean()
            own *= one.taper
        parts = rfft(windows, axis=1)[:, 1:].view(np.float32)
        np.square(parts, out=parts)
        squares = parts.sum(axis=0)
        power += squares[0::2]
        power += squares[1::2]
    power *= 2.0 / (rate_hz * float(np.square(one.taper, dtype=np.float64).sum()) * len(begins))
    power[-1] *= 0.5
    return one.smooth(10.0 * np.log10(np.maximum(power, 10.0 ** (TINY_DB / 10))))


def _single(samples: AnyArray) -> SingleArray:
    """Samples about their mean in single precision, which holds whole numbers of 24 bits as they are."""
    middle = samples.mean()
    if samples.dtype == np.int32 and max(abs(int(samples.min())), abs(int(samples.max()))) < EXACT:
        return np.asarray(np.subtract(samples, np.float32(np.rint(middle)), dtype=np.float32))
    return np.asarray(np.subtract(samples, middle, dtype=np.float64).astype(np.float32), dtype=np.float32)


def flat_response_db(rate_hz: float, quantity: str, sensitivity: float) -> FloatArray:
    """(p,) dB to add to counts for acceleration, of an instrument with one sensitivity at all periods."""
    one = plan(rate_hz)
    gain = -20.0 * np.log10(abs(sensitivity) if sensitivity else 1.0)
    if quantity == "velocity":
        return np.asarray(one.smooth(20.0 * np.log10(2.0 * np.pi * one.frequency_hz)) + gain)
    return np.full(len(one.period_s), gain)
