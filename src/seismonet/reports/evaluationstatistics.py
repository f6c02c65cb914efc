"""Numbers with what is known of them: shares with Wilson's interval, quantiles by bootstrap, scores of probabilities.

All intervals are of 95 %; the bootstrap draws with a fixed seed, so that an evaluation always says the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray

Z95 = 1.959963984540054
RESAMPLES = 1000
SEED = 11
LEAST_FOR_INTERVAL = 5
"""Resampling fewer values only shows the values themselves."""
HALF_UNITS = np.arange(2.5, 8.6, 0.5)
"""Edges of the half units of magnitude that :class:`~seismonet.core.event.Magnitude` gives probabilities of."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, the interval that holds the true one with 95 %, from how many; or why there is no number."""

    value: float | None
    n: int = 0
    low: float | None = None
    high: float | None = None
    unit: str = ""
    why: str = ""

    @classmethod
    def none(cls, why: str) -> "Measure":
        """No number, and why."""
        return cls(None, why=why)


def share(hits: int, n: int, why: str) -> Measure:
    """A share with the interval of Wilson (1927, J. Am. Stat. Assoc. 22, 209-212); ``why`` there is none of nothing.

    >>> share(8, 10, "").low.__round__(3), share(0, 0, "no earthquake").why
    (0.49, 'no earthquake')
    """
    if n == 0:
        return Measure.none(why)
    p, shrink = hits / n, 1 + Z95**2 / n
    middle = (p + Z95**2 / (2 * n)) / shrink
    half = Z95 / shrink * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    return Measure(p, n, max(0.0, middle - half), min(1.0, middle + half))


def f1(hits: int, found: int, real: int, why: str) -> Measure:
    """Harmonic mean of precision and recall; its interval that of a share (Dice's coefficient is one of 2 TP).

    >>> f1(8, 10, 8, "").value.__round__(3)
    0.889
    """
    if found + real == 0:
        return Measure.none(why)
    # F1 = TP / (TP + (FP + FN) / 2) grows with TP / (TP + FP + FN), which is a share of so many
    whole = found + real - hits
    part = share(hits, whole, why)
    low, high = (2 * one / (1 + one) for one in (part.low or 0.0, part.high or 0.0))
    return Measure(2 * hits / (found + real), whole, low, high)


def rate(count: int, days: float, why: str) -> Measure:
    """How many a day, with the exact limits of a Poisson mean (Garwood, 1936, Biometrika 28, 437-442).

    >>> rate(0, 2.0, "").high.__round__(2), rate(3, 0.0, "no time").why
    (1.84, 'no time')
    """
    from scipy.special import gammaincinv

    if days <= 0:
        return Measure.none(why)
    low = float(gammaincinv(count, 0.025)) if count else 0.0
    return Measure(count / days, count, low / days, float(gammaincinv(count + 1, 0.975)) / days, "/day")


def quantile(values: Sequence[float], q: float, unit: str, why: str) -> Measure:
    """A quantile with the percentile interval of a bootstrap (Efron, 1979, Ann. Stat. 7, 1-26).

    >>> quantile([1.0, 2.0, 9.0], 0.5, "km", "")
    Measure(value=2.0, n=3, low=None, high=None, unit='km', why='')
    """
    return resampled(values, lambda rows: np.quantile(rows, q, axis=-1), unit, why)


def mean(values: Sequence[float], unit: str, why: str) -> Measure:
    """The mean, with an interval by bootstrap."""
    return resampled(values, lambda rows: np.mean(rows, axis=-1), unit, why)


def deviation(values: Sequence[float], unit: str, why: str) -> Measure:
    """The standard deviation, with an interval by bootstrap; none of a single value."""
    if len(values) < 2:
        return Measure.none(why if not values else "only one value")
    return resampled(values, lambda rows: np.std(rows, axis=-1, ddof=1), unit, why)


def resampled(values: Sequence[float], statistic, unit: str, why: str) -> Measure:  # type: ignore[no-untyped-def]
    """Any statistic of the last axis, with an interval by bootstrap."""
    if not len(values):
        return Measure.none(why)
    data = np.asarray(values, dtype=np.float64)
    value, n = float(statistic(data)), len(data)
    if n < LEAST_FOR_INTERVAL:
        return Measure(value, n, unit=unit)
    random = np.random.Generator(np.random.Philox(SEED))
    drawn = statistic(data[random.integers(0, n, (RESAMPLES, n))]) if n <= 5000 else None
    if drawn is None:  # row by row, as all of it would not fit into memory
        drawn = np.array([statistic(data[random.integers(0, n, n)]) for _ in range(RESAMPLES)])
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Measure(value, n, float(low), float(high), unit)


def normal_cdf(z: float) -> float:
    """Probability of less than ``z`` standard deviations.

    >>> normal_cdf(0.0)
    0.5
    """
    return 0.5 * math.erfc(-z / math.sqrt(2))


def crps_normal(value: float, sigma: float, truth: float) -> float:
    """Continuous ranked probability score of a normal distribution (Gneiting & Raftery 2007, eq. 21); 0 is perfect.

    >>> round(crps_normal(5.0, 0.3, 5.0), 4), crps_normal(5.0, 0.0, 5.5)
    (0.0701, 0.5)
    """
    if sigma <= 0:
        return abs(truth - value)
    z = (truth - value) / sigma
    density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return sigma * (z * (2 * normal_cdf(z) - 1) + 2 * density - 1 / math.sqrt(math.pi))


def crps_half_units(probabilities: Sequence[float], truth: float) -> float:
    """The same score of probabilities of half units of magnitude, spread evenly within each.

    The first and the last are open; they are taken to be half a unit wide.

    >>> sure = [0.0] * 14
    >>> sure[5] = 1.0  # 4.5 to 5.0
    >>> round(crps_half_units(sure, 4.75), 3)
    0.042
    """
    edges = np.concatenate([[HALF_UNITS[0] - 0.5], HALF_UNITS, [HALF_UNITS[-1] + 0.5]])
    below = np.concatenate([[0.0], np.cumsum(np.asarray(probabilities, dtype=np.float64))])
    low, high = min(float(edges[0]), truth), max(float(edges[-1]), truth)
    grid = np.linspace(low, high, 4001)
    cdf = np.interp(grid, edges[: len(below)], below / max(below[-1], 1e-12))
    return float(np.trapezoid(np.square(cdf - (grid >= truth)), grid))


def level_of(distance_km: float, radii_km: Sequence[tuple[float, float]]) -> float:
    """The probability level at which the truth lies: how much of the probability is nearer than it.

    ``radii_km`` are pairs of a level and the radius that holds it. Between them ``-ln(1 - level)`` is linear in the
    square of the radius, as it is for a round normal distribution; beyond the last it goes on so.

    >>> [round(level_of(km, [(0.5, 5.0), (0.9, 10.0)]), 2) for km in (0.0, 5.0, 10.0)]
    [0.0, 0.5, 0.9]
    """
    known = [(radius**2, -math.log1p(-level)) for level, radius in radii_km if math.isfinite(radius) and radius > 0]
    if not known:
        return math.nan
    square, depth = np.array([(0.0, 0.0), *known]).T
    x = distance_km**2
    if x <= square[-1]:
        return float(-math.expm1(-float(np.interp(x, square, depth))))
    width = max(float(square[-1] - square[-2]), 1e-9)
    return float(-math.expm1(-float(depth[-1] + (depth[-1] - depth[-2]) / width * (x - square[-1]))))


def brier(stated: Sequence[float], happened: Sequence[bool], why: str) -> Measure:
    """Mean square difference of probability and outcome (Brier, 1950, Mon. Weather Rev. 78, 1-3); 0 is perfect.

    >>> brier([0.9, 0.2], [True, False], "").value.__round__(3)
    0.025
    """
    return mean([(p - yes) ** 2 for p, yes in zip(stated, happened, strict=True)], "", why)


def coverage_band(n: int, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Between which shares 95 % of honest samples of ``n`` lie at each level (normal approximation with limits)."""
    half = Z95 * np.sqrt(levels * (1 - levels) / max(n, 1)) + 0.5 / max(n, 1)
    return np.clip(levels - half, 0, 1), np.clip(levels + half, 0, 1)
