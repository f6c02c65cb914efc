"""Where the S wave begins on the horizontals of a sensor, after a P wave that is known.

S is the last of the two and, on the horizontals, the stronger. So its onset lies before the largest energy since P, at
the change that Akaike's criterion finds; and it is S when three things come together there: the horizontals jump, they
outdo the vertical, and they stand out of the noise. Scattered P fails the second, the tail of S the first, and a
trigger that was no earthquake the third.

::

    horizontals           P        S
      energy    ▁▁▁▁▁▁▁▁▁▁▂▂▂▁▂▁▁▁▅▇█▇▆▅▅▄▄▃▃
                noise     |before|after| ... until
                                 ^onset  ^ no larger energy for ``hold_s``
"""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray

from .onset import aic

LOW_HZ, HIGH_HZ = 1.0, 10.0
SMOOTH_S = 0.1
EARLIEST_S = 0.25
"""S that begins sooner after P cannot be told from it."""
SEARCH_S = 5.0
"""The onset is sought so long before the largest energy."""
BEFORE_S, AFTER_S = 4.0, 0.5
HOLD_S = (0.5, 2.0)
"""The largest energy must stand so long: half of its time since P, within these limits."""
NOISE_S, GUARD_S = 5.0, 0.3
DIRECTION_S = 0.5
"""So long P is alone: it moves along its ray, S across it."""
CAPS = (1.2, 0.6, 2.5)
WEIGHTS = (-10.0, 3.0, 5.0, 2.0)
"""What speaks for S: jump, horizontal over vertical, and height over the noise, each as log10 of energies, of no more
weight beyond its cap. A logistic regression, rounded: ``benchmarks/threecomponents.py`` fits it anew. Weights half as
large again tell nearly the same S."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible S: where it begins in the window, where its energy is largest, its probability to be S.

    ``jump`` is the horizontal energy after over before the onset, ``horizontal`` over the vertical one after it,
    ``height`` the largest over the noise before P; all log10. ``across`` is the share of the energy that moves across
    the direction in which P began, and ``linear`` the share of P's own that moves along it.
    """

    onset: int
    largest: int
    jump: float
    horizontal: float
    height: float
    dominant_hz: float
    across: float
    linear: float

    @property
    def probability(self) -> float:
        """That this is the onset of S, within half a second."""
        measures = zip(WEIGHTS[1:], (self.jump, self.horizontal, self.height), CAPS, strict=True)
        return float(1 / (1 + np.exp(-WEIGHTS[0] - sum(weight * min(value, cap) for weight, value, cap in measures))))


def s_candidate(band: FloatArray, p: int, rate_hz: float) -> Candidate | None:
    """The best place for an S in a window, if the largest energy in it has stood long enough; else None.

    Parameters
    ----------
    band : (3, n) float64
        Z and two horizontals, band-passed by a causal filter; ``p`` is the sample at which P begins, with noise before.
    p : int
    rate_hz : float

    Examples
    --------
    >>> time = np.arange(1000) / 100
    >>> p, s = ((time > begin) * np.exp(begin - time) for begin in (3, 6))
    >>> wave = np.sin(30 * time) * (0.01 + p * np.array([[2.0], [1.0], [1.0]]) + s * np.array([[1.0], [4.0], [4.0]]))
    >>> found = s_candidate(wave, 300, 100.0)
    >>> abs(found.onset - 600) < 10, found.probability > 0.5
    (True, True)
    """
    first = p + max(3, round(EARLIEST_S * rate_hz))
    n, smooth = band.shape[1], max(2, round(SMOOTH_S * rate_hz))
    if n - first < 3:
        return None
    vertical, horizontal = np.square(band[0]), np.square(band[1]) + np.square(band[2])
    energy = smoothed(horizontal, smooth)
    largest = first + int(np.argmax(energy[first:]))
    hold_s = float(np.clip(0.5 * (largest - p) / rate_hz, *HOLD_S))
    begin, end = max(first - smooth, largest - round(SEARCH_S * rate_hz)), largest + smooth
    if n - largest < hold_s * rate_hz or end - begin < 8 or end > n:
        return None
    criterion = aic(band[1:, begin:end])
    onset = begin + int(np.argmin(criterion[0] + criterion[1]))
    shortest = max(3, round(EARLIEST_S * rate_hz)) // 2
    span = int(np.clip((onset - p) // 2, shortest, round(BEFORE_S * rate_hz)))
    before = slice(max(p, onset - span), onset)
    after = slice(onset, min(n, onset + max(largest - onset + 1, min(span, round(AFTER_S * rate_hz)))))
    quiet = slice(max(0, p - round(NOISE_S * rate_hz)), max(2, p - round(GUARD_S * rate_hz)))
    across, linear = _across(band[:, p : p + max(4, round(DIRECTION_S * rate_hz))], band[:, after])
    return Candidate(
        onset,
        largest,
        _ratio(horizontal[after].mean(), horizontal[before].mean()),
        _ratio(horizontal[after].mean(), vertical[after].mean()),
        _ratio(energy[largest], np.median(energy[quiet])),
        dominant(band[1:, after], rate_hz),
        across,
        linear,
    )


def _across(first: FloatArray, later: FloatArray) -> tuple[float, float]:
    """Share of the energy of later motion across the main direction of the first; and of the first along it."""
    matrix = (first[:, None, :] * first[None, :, :]).sum(axis=2)
    values, vectors = np.linalg.eigh(matrix)
    direction = vectors[:, -1:]
    along = float(np.square((direction * later).sum(axis=0)).sum())
    total = float(np.square(later).sum())
    return 1.0 - along / max(total, 1e-300), float(values[-1] / max(float(values.sum()), 1e-300))


def smoothed(energy: FloatArray, n: int) -> FloatArray:
    """(samples,) mean of the last ``n`` samples, of fewer at the beginning.

    >>> smoothed(np.array([2.0, 4.0, 4.0]), 2).tolist()
    [2.0, 3.0, 4.0]
    """
    total = np.concatenate([[0.0], np.cumsum(energy)])
    upper = np.arange(1, len(total))
    lower = np.maximum(0, upper - n)
    return np.asarray((total[upper] - total[lower]) / (upper - lower))


def dominant(samples: FloatArray, rate_hz: float) -> float:
    """Dominant frequency of (rows, n) samples, Hz: from the power of their change over their power.

    >>> round(dominant(np.sin(2 * np.pi * 3 * np.arange(1000) / 100)[None], 100.0), 1)
    3.0
    """
    power, change = float(np.square(samples).sum()), float(np.square(np.diff(samples)).sum())
    return float(rate_hz * np.sqrt(change / power) / (2 * np.pi)) if power > 0 else 1.0


def _ratio(above: float, below: float) -> float:
    """log10 of a ratio of energies, within 20 decades."""
    return float(np.clip(np.log10(max(above, 1e-300) / max(below, 1e-300)), -20.0, 20.0))
