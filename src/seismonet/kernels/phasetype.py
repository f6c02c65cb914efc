"""Is an onset that of a P wave? From how it moves the three components in its first half second."""

import numpy as np

from seismonet.core.arrays import FloatArray

LOW_HZ, HIGH_HZ = 1.0, 15.0
WINDOW_S, BEFORE_S = 0.5, 0.5
WEIGHTS = (-1.4, -3.3, 0.9, 3.9)
"""Constant; horizontal over vertical energy; how much more the vertical jumps than the horizontals; how much it jumps:
as log10, each within one decade. A logistic regression of P against S and what follows S on analysts' readings."""


def p_probability(band: FloatArray, onset: int, rate_hz: float) -> float:
    """Probability that what begins at ``onset`` is P rather than S or the tail of something.

    P comes up steeply, so it moves the vertical more than the horizontals, and it comes out of noise that does neither;
    S moves the horizontals and comes out of a P that has moved the vertical already.

    Parameters
    ----------
    band : (3, n) float64
        Z and two horizontals, band-passed by a causal filter, half a second before the onset and up to one after it.
    onset : int
        At least one sample must precede it and follow it.
    rate_hz : float

    Examples
    --------
    >>> time = np.arange(200) / 100
    >>> wave = np.sin(40 * time) * (0.05 + (time >= 1) * np.array([[1.0], [0.3], [0.3]]))
    >>> p_probability(wave, 100, 100.0) > 0.9, p_probability(wave[[1, 0, 2]], 100, 100.0) < 0.5
    (True, True)
    """
    span = max(1, round(BEFORE_S * rate_hz))
    before = _energies(band[:, max(0, onset - span) : onset])
    after = _energies(band[:, onset : onset + max(1, round(WINDOW_S * rate_hz))])
    jump = _ratio(after[0], before[0])
    measures = _ratio(after[1], after[0]), jump - _ratio(after[1], before[1]), jump
    evidence = sum(weight * float(np.clip(one, -1.0, 1.0)) for weight, one in zip(WEIGHTS[1:], measures, strict=True))
    return float(1 / (1 + np.exp(-WEIGHTS[0] - evidence)))


def _energies(samples: FloatArray) -> tuple[float, float]:
    """Mean energy of the vertical and of both horizontals."""
    vertical, first, second = (float(np.mean(np.square(one))) for one in samples)
    return vertical, first + second


def _ratio(above: float, below: float) -> float:
    return float(np.log10(max(above, 1e-300) / max(below, 1e-300)))
