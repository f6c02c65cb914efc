"""Instrumental intensity of the Japan Meteorological Agency."""

import numpy as np

from seismonet.core.arrays import FloatArray

LEVEL_S = 0.3
"""The level of the intensity is exceeded for so long in all."""
GAL = 0.01
"""One gal in m/s**2: the definition counts in gal."""
OFFSET = 0.94
LOWEST, TINY = -3.0, 1e-12
"""Nobody and no instrument notices less; a record of zeros has no logarithm."""


def jma_intensity(acceleration: FloatArray, *, rate_hz: float) -> float:
    """Instrumental intensity of a strong-motion recording, by the published definition.

    The three components are filtered by Fourier transform (period effect, high cut, low cut), added as vectors, and
    the level ``a`` is found that their length exceeds for 0.3 s in all::

        length    ▁▂▇▄█▃▆▂▁▁       I = 2 log10(a / gal) + 0.94, rounded to 0.01, then cut to 0.1
        a         ──▀─▀─▀───  0.3 s

    Parameters
    ----------
    acceleration : (3, n) float64, m/s**2, without offset
        Ground motion on three components at right angles; two can be given, and tell a little less.
    rate_hz : sampling rate; ValueError when the recording is shorter than 0.3 s

    Returns
    -------
    intensity : float, not less than -3

    Notes
    -----
    ``H(f) = sqrt(1/f) (1 + 0.694 y**2 + 0.241 y**4 + 0.0557 y**6 + 0.009664 y**8 + 0.00134 y**10 + 0.000155
    y**12)**-0.5 sqrt(1 - exp(-(f / 0.5)**3))``, ``y = f / 10``: JMA (1996), notice no. 4 of the Meteorological Agency.

    The definition is for recordings that begin and end at rest. While the ground still moves, what is there so far may
    be given: it is filled up with as many zeros, so that its end does not run into its beginning.

    Examples
    --------
    A steady wave of 1 Hz and 100 gal on one component is of intensity 4.9:

    >>> time = np.arange(6000) / 100.0
    >>> jma_intensity(np.array([np.sin(2 * np.pi * time), 0 * time, 0 * time]), rate_hz=100.0)
    4.9
    """
    n = acceleration.shape[1]
    hz = np.arange(n + 1) * (rate_hz / (2 * n))
    filtered = np.fft.irfft(np.fft.rfft(acceleration, 2 * n, axis=1) * jma_response(hz), 2 * n, axis=1)[:, :n]
    level_m_s2 = level_exceeded(np.sqrt(np.sum(np.square(filtered), axis=0)), rate_hz=rate_hz)
    return jma_rounded(max(LOWEST, 2 * float(np.log10(max(level_m_s2, TINY) / GAL)) + OFFSET))


def jma_response(hz: FloatArray) -> FloatArray:
    """Gain of the definition's three filters at frequencies (n,); 0 at frequency 0.

    >>> jma_response(np.array([0.5, 1.0, 10.0])).round(4).tolist()
    [1.1234, 0.9964, 0.2235]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        y2 = (hz / 10.0) ** 2
        high_cut = np.polyval([0.000155, 0.00134, 0.009664, 0.0557, 0.241, 0.694, 1.0], y2) ** -0.5
        gain = np.sqrt(1 / hz) * high_cut * np.sqrt(-np.expm1(-((hz / 0.5) ** 3)))
    return np.where(hz > 0, gain, 0.0)


def level_exceeded(size: FloatArray, *, rate_hz: float, seconds: float = LEVEL_S) -> float:
    """The largest level that ``size`` (n,) reaches or exceeds for so many seconds in all; ValueError when shorter.

    >>> level_exceeded(np.array([1.0, 9.0, 3.0, 4.0]), rate_hz=10.0, seconds=0.2)
    4.0
    """
    samples = max(1, round(seconds * rate_hz))
    if len(size) < samples:
        raise ValueError(f"{len(size)} samples are shorter than {seconds} s at {rate_hz} Hz")
    return float(np.partition(size, len(size) - samples)[len(size) - samples])


def jma_rounded(intensity: float) -> float:
    """As it is published: rounded to a hundredth, then cut to a tenth.

    >>> jma_rounded(4.497), jma_rounded(4.494)
    (4.5, 4.4)
    """
    return float(np.floor(round(round(intensity, 2) * 10, 6)) / 10)


def jma_class(intensity: float) -> str:
    """The class of the scale: 0 to 4, 5-, 5+, 6-, 6+, 7.

    >>> jma_class(0.4), jma_class(4.5), jma_class(6.9)
    ('0', '5-', '7')
    """
    names = ("0", "1", "2", "3", "4", "5-", "5+", "6-", "6+", "7")
    return names[int(np.searchsorted((0.5, 1.5, 2.5, 3.5, 4.5, 5.0, 5.5, 6.0, 6.5), intensity, side="right"))]
