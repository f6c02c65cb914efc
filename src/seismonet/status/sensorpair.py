"""The two sensors of a station check each other: velocity against integrated acceleration.

Where both are above their noise they are coherent, and there the one is a linear image of the other, ``v = T a``. With
right metadata ``T`` is the identity at all frequencies. What it is instead tells what is wrong::

    T = diag(1, 1, g)            the gain of an axis is g times what is stated; below 0 its polarity is wrong
    T = a permutation            components are swapped
    T = a rotation               a sensor is not oriented as stated, or tilted
    an axis coherent with none   it is dead, while the others are alive
    phase -2 pi f tau            one is late by tau

Each row of ``T`` is estimated by least squares in half-octave bands and hours and weighted by its coherence (Bendat &
Piersol, Random Data, section 9.2: the relative variance of a gain is ``(1 - c) / (2 n c)`` at squared coherence c).
Noise of the accelerometer makes least squares small by the root of c, for which it is corrected; what a coherence
below 1 leaves in doubt is part of the uncertainty.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import BoolArray, FloatArray, IntArray

from .pairspectra import BANDS, EDGES_HZ, ComplexArray, Pair, PairSums

LAGS_S = np.arange(-2000, 2001) * 0.001
TAPERED = 0.6
"""Of the frequencies of a window with a Hann taper so many are worth as many independent ones."""
SLOW_M_S = 500.0
"""Shear waves in firm soil (class C, EN 1998-1, begins at 180 to 360 m/s, B ends at 800): sensors apart in depth by z
feel the same motion within 10 % where cos(2 pi f z / v) > 0.9."""
HALF_S = 0.45
LEAST_OWN = 0.8
"""Squared partial coherence: what an axis must have in common with one axis of the other sensor alone."""
STRANGE = 8.0
"""No ground moves one axis so many times as much as another, over a band."""


@parameters(frozen=True)
class PairParams:
    """When two sensors of a station are said to disagree."""

    least_coherence: float = Field(
        default=0.9, gt=0.5, lt=1, description="squared coherence from which a band says something of a gain"
    )
    least_bins: int = Field(default=12, ge=6, description="independent frequencies that an estimate needs")
    gain_ratio: float = Field(default=1.25, gt=1, description="a gain further from 1 than this factor is wrong")
    rotation_deg: float = Field(default=10.0, gt=0, description="a rotation by more than this is told")
    lag_s: float = Field(default=0.03, gt=0, description="one sensor later than the other by more than this is told")
    anisotropy: float = Field(
        default=0.35, gt=0, description="usual scatter of the ratio of two horizontal motions, natural logarithm"
    )


@dataclass(frozen=True, slots=True)
class AxisAgreement:
    """How one axis of the seismometer agrees with the accelerometer.

    Attributes
    ----------
    gain : velocity over integrated acceleration, positive; nan when nothing is coherent
    log_uncertainty : standard deviation of its natural logarithm
    row : (3,) unit vector: to which of the accelerometer's axes (Z, N, E) it is parallel
    coherence : squared coherence with all of them together, a median of the informative estimates
    felt_v, felt_a : highest squared coherence of this axis of either sensor with any of the five other channels
    estimates : how many bands and hours said something
    low_hz, high_hz : where
    level_v, level_a : natural logarithm of its amplitude and of that of the accelerometer's axis over those of the
        sensor's two others, where that is informative
    gains_hz : pairs of frequency and gain, for a picture
    """

    gain: float
    log_uncertainty: float
    row: tuple[float, float, float]
    coherence: float
    estimates: int
    low_hz: float
    high_hz: float
    level_v: float
    level_a: float
    gains_hz: tuple[tuple[float, float], ...]
    felt_v: float = 1.0
    felt_a: float = 1.0


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """All that the two sensors of a station say of each other.

    ``lag_s`` is how late the seismometer is; ``apart_hz`` the frequency above which strong, incoherent motion shows
    that they do not stand side by side (nan where they do), ``apart_times`` how much more the seismometer feels there;
    ``clipped`` windows left out, by axis (three and three).
    """

    axes: tuple[AxisAgreement, AxisAgreement, AxisAgreement]
    lag_s: float
    lag_uncertainty_s: float
    apart_hz: float
    apart_times: float
    clipped: tuple[int, ...]
    windows: int

    @property
    def informative(self) -> bool:
        """Was anything felt by both?"""
        return any(axis.estimates for axis in self.axes)


@dataclass(frozen=True, slots=True)
class _Estimates:
    """Rows of T by band and hour: ``rows (m, 3, 3)`` complex, ``coherence (m, 3)``, ``level (m, 6)`` of amplitudes.

    ``felt (m, 6)`` is the highest squared coherence of each channel with any other, ``own (m, 3)`` the highest partial
    coherence of each row.
    """

    band: FloatArray
    hz: FloatArray
    bins: FloatArray
    rows: ComplexArray
    coherence: FloatArray
    level: FloatArray
    felt: FloatArray
    own: FloatArray


def agreement(hours: Mapping[int, PairSums], pair: Pair, params: PairParams | None = None) -> PairAgreement:
    """What the sums of some hours say; ``pair`` gives the directions that metadata state."""
    params = params or PairParams()
    found = _estimate(hours, pair, params)
    used = found.hz <= _common_hz(pair.apart_m)
    strong = (found.coherence >= params.least_coherence) & (found.own >= LEAST_OWN)
    lag_s, lag_sd = _lag(found, strong & used[:, None])
    axes = tuple(_axis(found, axis, strong[:, axis] & used, lag_s) for axis in range(3))
    clipped = np.sum([one.clipped for one in hours.values()], axis=0) if hours else np.zeros(6)
    windows = sum(one.windows for one in hours.values())
    apart_hz, apart_times = _apart(found, strong)
    return PairAgreement(
        (axes[0], axes[1], axes[2]), lag_s, lag_sd, apart_hz, apart_times, tuple(int(one) for one in clipped), windows
    )


def _common_hz(apart_m: float) -> float:
    """Up to where two sensors so far apart feel the same motion."""
    return float(HALF_S * SLOW_M_S / (2 * np.pi * apart_m)) if apart_m > 1.0 else np.inf


def _estimate(hours: Mapping[int, PairSums], pair: Pair, params: PairParams) -> _Estimates:
    """T row by row, where there are frequencies enough; the accelerometer is turned into the seismometer's axes."""
    turn = pair.velocity.directions @ np.linalg.inv(pair.acceleration.directions)
    whole = np.eye(6)
    whole[3:, 3:] = turn
    band, hz, bins, rows, coherence, level, felt, own = [], [], [], [], [], [], [], []
    for hour in sorted(hours):
        sums = hours[hour]
        for k in range(BANDS):
            n = TAPERED * sums.bins[k]
            if n < params.least_bins:
                continue
            matrix = whole @ sums.matrix[k] @ whole.T
            power = np.diag(matrix).real
            row, coherent, partial = _rows(matrix, power)
            band.append(float(k))
            hz.append(float(sums.weighted_hz[k] / max(np.diag(sums.matrix[k]).real.sum(), 1e-300)))
            bins.append(n)
            rows.append(row)
            own.append(partial)
            # three inputs explain a part of anything: corrected as of a regression with so many parameters
            coherence.append(np.clip(1 - (1 - coherent) * n / (n - 3), 0.0, 1.0))
            felt.append(_felt(matrix, power, n))
            level.append(0.5 * np.log(np.maximum(power, 1e-300) / sums.bins[k]))
    empty = len(band) == 0
    return _Estimates(
        np.array(band),
        np.array(hz),
        np.array(bins),
        np.array(rows) if not empty else np.zeros((0, 3, 3), dtype=np.complex128),
        np.array(coherence) if not empty else np.zeros((0, 3)),
        np.array(level) if not empty else np.zeros((0, 6)),
        np.array(felt) if not empty else np.zeros((0, 6)),
        np.array(own) if not empty else np.zeros((0, 3)),
    )


def _felt(matrix: ComplexArray, power: FloatArray, n: float) -> FloatArray:
    """Highest squared coherence of each channel with any other, less what chance makes of n frequencies."""
    square = np.abs(matrix) ** 2 / np.maximum(np.outer(power, power), 1e-300)
    np.fill_diagonal(square, 0.0)
    return np.asarray(np.clip((square.max(axis=1) - 1 / n) / (1 - 1 / n), 0.0, 1.0))


def _rows(matrix: ComplexArray, power: FloatArray) -> tuple[ComplexArray, FloatArray, FloatArray]:
    """T, the multiple coherence of each axis, and its highest partial coherence with one of the inputs.

    What two other axes explain of an axis without its own tells of the wave, not of the sensors: then no input has a
    partial coherence. Axes without any power have none.
    """
    scale = 1 / np.sqrt(np.maximum(power, 1e-300))
    normal = matrix * scale[:, None] * scale[None, :]
    alive = power > 1e-28 * max(float(power.max()), 1e-300)
    row = np.zeros((3, 3), dtype=np.complex128)
    coherent, partial = np.zeros(3), np.zeros(3)
    inputs = np.flatnonzero(alive[3:])
    for axis in np.flatnonzero(alive[:3]).tolist() if len(inputs) else ():
        weights, coherent[axis] = _regress(normal, axis, inputs)
        row[axis, inputs] = weights * scale[3 + inputs] / scale[axis]
        for one in inputs.tolist():
            others = inputs[inputs != one]
            without = _regress(normal, axis, others)[1] if len(others) else 0.0
            partial[axis] = max(partial[axis], 1 - (1 - coherent[axis]) / max(1 - without, 1e-12))
    return row, coherent, partial


def _regress(normal: ComplexArray, axis: int, inputs: IntArray) -> tuple[ComplexArray, float]:
    """Weights of the inputs and the squared coherence that they have together."""
    inside = normal[3:, 3:][np.ix_(inputs, inputs)] + 1e-6 * np.eye(len(inputs))
    across = normal[axis, 3 + inputs]
    weights: ComplexArray = np.asarray(np.linalg.solve(inside.T, across), dtype=np.complex128)
    return weights, min(max(float((weights @ across.conj()).real), 0.0), 1.0)


def _lag(found: _Estimates, strong: BoolArray) -> tuple[float, float]:
    """How late velocity is: the delay that turns most of all informative estimates real."""
    index, axis = np.nonzero(strong)
    if len(index) < 3:
        return float("nan"), float("nan")
    rows = found.rows[index, axis] * _scale(found.level[index, 3:])
    main = np.take_along_axis(rows, np.argmax(np.abs(rows), axis=1)[:, None], axis=1)[:, 0]
    variance = (1 - found.coherence[index, axis]) / (2 * found.bins[index] * found.coherence[index, axis]) + 1e-4
    weight, unit = 1 / variance, main / np.abs(main)
    # squared, so that a wrong polarity does not look like half a period
    turned = (unit**2)[None, :] * np.exp(4j * np.pi * found.hz[index][None, :] * LAGS_S[:, None])
    score = (turned.real * weight[None, :]).sum(axis=1)
    best = _nearest_peak(score, float(weight.sum()))
    lag_s = float(LAGS_S[best])
    slope = weight * (2 * np.pi * found.hz[index]) ** 2
    spread = np.sqrt(np.mean(np.angle(turned[best]) ** 2) / 4)
    return lag_s, float(max(1 / np.sqrt(slope.sum()), spread / np.sqrt(slope.sum() / weight.mean()), 0.0005))


def _nearest_peak(score: FloatArray, whole: float) -> int:
    """The peak nearest to no delay that is about as good as the best: a narrow band repeats itself."""
    peaks = 1 + np.flatnonzero((score[1:-1] >= score[:-2]) & (score[1:-1] >= score[2:]))
    good = peaks[score[peaks] >= score.max() - max(12.0, 0.05 * whole)]
    places = good if len(good) else np.array([int(np.argmax(score))])
    return int(places[np.argmin(np.abs(LAGS_S[places]))])


def _axis(found: _Estimates, axis: int, strong: BoolArray, lag_s: float) -> AxisAgreement:
    """One row of T, of all that is informative."""
    informative = strong if np.isfinite(lag_s) else np.zeros_like(strong)
    others = [one for one in range(3) if one != axis]
    felt = (found.coherence[:, others].max(axis=1) >= 0.9) if len(found.band) else strong
    heard = informative if informative.any() else felt
    levels = [float(np.median(_level(found, first, axis)[heard])) if heard.any() else np.nan for first in (0, 3)]
    anything = found.felt.max(axis=1) >= 0.9 if len(found.band) else strong
    touch = [float(np.median(found.felt[anything, k])) if anything.any() else 1.0 for k in (axis, 3 + axis)]
    if not informative.any():
        coherence = float(np.median(found.coherence[felt, axis])) if felt.any() else float("nan")
        nan = float("nan")
        return AxisAgreement(
            nan, nan, (nan, nan, nan), coherence, 0, nan, nan, levels[0], levels[1], (), touch[0], touch[1]
        )
    known = levels[0], levels[1], touch[0], touch[1]
    return _measured(found, axis, _of_main(found, axis, informative), lag_s, known)


def _variance(c: FloatArray, bins: FloatArray) -> FloatArray:
    """Of the logarithm of gains. What coherence leaves open: they lie between the estimates that either sensor's noise
    alone would make, a factor of 1/c apart."""
    return np.asarray((1 - c) / (2 * bins * c) + ((1 - c) / (2 * c)) ** 2 + 0.01**2)


def _of_main(found: _Estimates, axis: int, informative: BoolArray) -> BoolArray:
    """Estimates that name the axis of the other sensor that most of their weight names."""
    scaled = np.abs(found.rows[:, axis] * _scale(found.level[:, 3:]))
    main = np.argmax(scaled, axis=1)
    weight = np.where(informative, 1 / _variance(np.maximum(found.coherence[:, axis], 0.1), found.bins), 0.0)
    votes = [float(weight[main == one].sum()) for one in range(3)]
    return np.asarray(informative & (main == int(np.argmax(votes))))


def _measured(
    found: _Estimates, axis: int, used: BoolArray, lag_s: float, known: tuple[float, float, float, float]
) -> AxisAgreement:
    """Gain and direction of an axis of all estimates that are ``used``."""
    hz, bins, c, band = found.hz[used], found.bins[used], found.coherence[used, axis], found.band[used]
    scale = _scale(found.level[used, 3:])
    scaled = found.rows[used, axis] * scale
    rows = (scaled * np.exp(2j * np.pi * hz * lag_s)[:, None]).real
    main = np.take_along_axis(scale, np.argmax(np.abs(scaled), axis=1)[:, None], axis=1)[:, 0]
    lengths = np.linalg.norm(scaled, axis=1) / np.sqrt(c)
    gains, weight = lengths / main, 1 / _variance(c, bins)
    gain = float(np.exp(_weighted_median(np.log(gains), weight)))
    scatter = _weighted_median(np.abs(np.log(gains / gain)), weight)
    mean = (rows / lengths[:, None] * weight[:, None]).sum(axis=0)
    unit = mean / max(float(np.linalg.norm(mean)), 1e-12)
    log_sd = float(max(np.sqrt(1 / weight.sum()), 1.48 * scatter / np.sqrt(len(gains)), 0.005))
    by_band = sorted({float(k) for k in band})
    curve = tuple((float(np.median(hz[band == k])), float(np.median(gains[band == k]))) for k in by_band)
    low, high = float(EDGES_HZ[int(by_band[0])]), float(EDGES_HZ[int(by_band[-1]) + 1])
    direction = (float(unit[0]), float(unit[1]), float(unit[2]))
    told = gain, log_sd, direction, float(np.median(c)), len(c)
    return AxisAgreement(*told, low, high, known[0], known[1], curve, known[2], known[3])


def _scale(level: FloatArray) -> FloatArray:
    """Axes that are strangely loud or quiet among their sensor's are brought to what is usual before directions are
    taken: else the noise in the others' small coefficients would look like a direction."""
    off = level - np.median(level, axis=1, keepdims=True)
    return np.asarray(np.where(np.abs(off) > np.log(STRANGE), np.exp(off), 1.0))


def _level(found: _Estimates, first: int, axis: int) -> FloatArray:
    """An axis's amplitude over that of its sensor's other horizontal (of both, for the vertical); logarithm."""
    others = [first + one for one in range(1, 3) if one != axis]
    return np.asarray(found.level[:, first + axis] - found.level[:, others].mean(axis=1))


def _weighted_median(values: FloatArray, weight: FloatArray) -> float:
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    return float(values[order][int(np.searchsorted(total, total[-1] / 2))])


def _apart(found: _Estimates, strong: BoolArray) -> tuple[float, float]:
    """From where on both feel strong motion that is not the same, while they agree below it; nan for nowhere.

    Noise of a sensor grows neither with earthquakes nor in both at once; so motion counts as strong where both sensors'
    power there is above what it is in their quietest hour or, with one hour only, not far below that of the coherent
    bands.
    """
    if not len(found.band) or not strong.any():
        return float("nan"), float("nan")
    agreed = found.hz[strong.sum(axis=1) >= 2]
    if not len(agreed):
        return float("nan"), float("nan")
    top = float(np.percentile(agreed, 90))
    loud = found.level.reshape(-1, 2, 3).mean(axis=2)
    reference = np.median(loud[strong.sum(axis=1) >= 2], axis=0)
    above = (found.hz > top) & (found.coherence.max(axis=1) < 0.5) & (loud > reference - np.log(10.0)).all(axis=1)
    if above.sum() < 2:
        return float("nan"), float("nan")
    return float(found.hz[above].min()), float(np.exp(np.median(loud[above, 0] - loud[above, 1])))
