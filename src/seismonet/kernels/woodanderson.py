"""What a Wood-Anderson seismograph would show of a ground motion.

The pendulum has a period of 0.8 s and a damping of 0.7 (Uhrhammer & Collins 1990, BSSA 80, 702-716; IASPEI 2013); its
gain is taken as 1.
"""

from functools import lru_cache

import numpy as np

from seismonet.core.arrays import FloatArray

PERIOD_S, DAMPING = 0.8, 0.7
ORDER = {"velocity": 1, "acceleration": 0}
"""The pendulum passes displacement as ``s**2 / (...)``, so velocity as ``s``, acceleration as 1 over the same."""
TAPS = {"velocity": 8, "acceleration": 7}
BAND = 0.9
"""The filter is fitted up to this part of the Nyquist frequency."""


def wood_anderson(motion: FloatArray, *, rate_hz: float, quantity: str) -> FloatArray:
    """The pendulum's deflection (m) for a ground motion that begins at rest.

    Causal, and late by half as many samples as the filter has taps before the poles (3.5 for velocity, 3 for
    acceleration): peaks are as high as they were. From 20 Hz on within 1 % up to half, 2 % up to 0.8 of the Nyquist
    frequency.

    Parameters
    ----------
    motion : (rows, n) float64, m/s or m/s**2, without offset
    rate_hz : sampling rate
    quantity : ``velocity`` or ``acceleration``

    Returns
    -------
    deflection : (rows, n) float64, m

    Notes
    -----
    The poles are those of the pendulum, ``exp(s / rate)``; the zeros are a least-squares fit of the relative error of
    the response, as neither the bilinear transform nor impulse invariance is within 20 % at a quarter of the rate.

    Examples
    --------
    A wave of 10 Hz, far above the pendulum's own frequency, is shown as it is:

    >>> time = np.arange(1000) / 100.0
    >>> velocity = 2 * np.pi * 10 * np.cos(2 * np.pi * 10 * time)[None, :]
    >>> deflection = wood_anderson(velocity, rate_hz=100.0, quantity="velocity")
    >>> bool(0.97 < np.abs(deflection[0, 500:]).max() < 1.03)
    True
    """
    from scipy.signal import lfilter

    zeros, poles = _design(rate_hz, quantity)
    return np.asarray(lfilter(zeros, poles, motion, axis=1))


@lru_cache(maxsize=64)
def _design(rate_hz: float, quantity: str) -> tuple[FloatArray, FloatArray]:
    """Numerator and denominator of the filter."""
    own = 2 * np.pi / PERIOD_S
    poles = np.real(np.poly(np.exp(np.roots([1.0, 2 * DAMPING * own, own**2]) / rate_hz)))
    hz = np.linspace(0.01, BAND * rate_hz / 2, 2000)
    s, back = 2j * np.pi * hz, np.exp(-2j * np.pi * hz / rate_hz)
    taps = TAPS[quantity]
    response = s ** ORDER[quantity] / (s**2 + 2 * DAMPING * own * s + own**2)
    wanted = response * back ** ((taps - 1) / 2)
    each = back[:, None] ** np.arange(taps) / np.polyval(poles[::-1], back)[:, None] / wanted[:, None]
    system = np.concatenate([each.real, each.imag])
    zeros = np.linalg.lstsq(system, np.concatenate([np.ones(len(hz)), np.zeros(len(hz))]), rcond=None)[0]
    return np.asarray(zeros), np.asarray(poles)
