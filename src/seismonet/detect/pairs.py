"""Two sensors at one site see the same ground: do they?"""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.kernels.filter import bandpass_sos, filter_initial, sos_filter

from .gate import velocity_of
from .seen import Seen

BAND_HZ = (1.0, 8.0)
BEFORE_S, SETTLE_S, AFTER_S, LAG_S = 8.0, 3.0, 3.0, 0.5


@dataclass(frozen=True, slots=True)
class Likeness:
    """Largest correlation of two waveforms within half a second, the lag of the second where it is, the logarithm of
    the first one's amplitude over the second's, and the first one's amplitude over the second one's noise.
    """

    correlation: float
    lag_s: float
    log_ratio: float
    expected: float


def compare(own: Seen, other: Seen) -> Likeness | None:
    """Likeness of the velocities (1-8 Hz) of two sensors from half a second before an onset until 3 s after it.

    None where units are not known, a window is not whole, a trace is dead, or a rate is too low for the band.
    """
    if not (own.known and other.known) or min(own.history.rate_hz, other.history.rate_hz) < 2.5 * BAND_HZ[1]:
        return None
    rate_hz = own.history.rate_hz
    times = np.arange(-round((BEFORE_S - SETTLE_S) * rate_hz), round(AFTER_S * rate_hz)) / rate_hz
    one, two = _trace(own, times), _trace(other, times)
    if one is None or two is None:
        return None
    lag = round(LAG_S * rate_hz)
    start = int(np.searchsorted(times, -LAG_S))
    quiet = float(np.std(two[: start - lag]))
    motion = float(np.std(one[start:]))
    if min(quiet, motion, float(np.std(two[start:]))) <= 0:
        return None
    length = len(one) - start - lag
    shifts = range(-lag, lag + 1)
    values = [_correlation(one[start : start + length], two[start + k : start + k + length]) for k in shifts]
    best = int(np.argmax(values))
    ratio = float(np.log10(motion / np.std(two[start:])))
    return Likeness(float(values[best]), (best - lag) / rate_hz, ratio, motion / quiet)


def _trace(seen: Seen, times: FloatArray) -> FloatArray | None:
    """Band-passed velocity at times from the onset."""
    history, rate_hz = seen.history, seen.history.rate_hz
    first, end = history.first(0), int(history.end[0])
    raw = history.window(0, first, end)
    sos = bandpass_sos(*BAND_HZ, rate_hz, corners=2)
    velocity = velocity_of(raw, rate_hz, seen.channel)
    band = sos_filter(velocity[None], filter_initial(sos, velocity[:1]), sos=sos)[0][0]
    at = (np.arange(first, end) - seen.onset) / rate_hz
    if at[0] > times[0] - 1.0 or at[-1] < times[-1] - 1.5 / rate_hz:
        return None
    return np.asarray(np.interp(times, at, band))


def _correlation(one: FloatArray, two: FloatArray) -> float:
    one, two = one - one.mean(), two - two.mean()
    size = float(np.sqrt(np.square(one).sum() * np.square(two).sum()))
    return float((one * two).sum() / size) if size > 0 else 0.0
