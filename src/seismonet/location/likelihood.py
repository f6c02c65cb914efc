"""How well trial sources explain what the stations say.

Of every trial source the origin time is solved for, and how much faster or slower than the model the Earth is there:
one factor for all travel times and one more for S, both with a narrow prior. So what all arrivals have in common is
told apart from what each has of its own. The factors and the origin time are integrated out (Laplace).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Station

from .grid import Grid, Tables
from .prior import PriorParams

DEGREES_OF_FREEDOM = 4.0
STUDENT_SCALE = 1 / 1.134
"""Of a standard deviation: so 68 % of Student's distribution lie within it, as of the normal distribution."""
STUDENT_PEAK = 0.375
"""Its density at zero for a scale of one."""
ROUNDS = 2
SLOWNESS_S_KM = {"P": 1 / 6.5, "S": 1 / 3.75}
MAGNITUDE_PER_LOG_R = 1.38
PD_PER_MAGNITUDE = 1.23
NEAREST_KM = 5.0
EXPLAINED_S = 60.0
ALIKE_KM = 50.0
"""Over so much depth the Earth's errors are alike; rays through more average them (measured by
``benchmarks/locationerrors.py``)."""
PICK_S = 0.3


@parameters(frozen=True)
class LocationParams:
    """What location assumes."""

    prior: PriorParams = Field(default_factory=PriorParams, description="places and depths before the data")
    slowness_error: float = Field(
        default=0.032,
        ge=0,
        le=0.2,
        description="error of the Earth model that all travel times share, as a fraction, of shallow sources",
    )
    s_slowness_error: float = Field(default=0.033, ge=0, le=0.2, description="and that S times share beside it")
    path_error: float = Field(
        default=0.02, ge=0, le=0.2, description="error of each path of its own, as a fraction of its travel time"
    )
    p_error_s: float = Field(default=0.3, ge=0, description="error of a station's P times beside the pick's own")
    s_error_s: float = Field(default=0.45, ge=0, description="error of a station's S times beside the pick's own")
    common_error: float = Field(
        default=0.03, ge=0, lt=1, description="share of the paths' own errors that all of them have in common"
    )
    size_error: float = Field(default=0.35, gt=0, description="scatter of one station's magnitude")
    b_value: float = Field(
        default=1.0,
        ge=0,
        le=2,
        description="how fast large earthquakes get rare: a far source of given motion is large",
    )
    wrong_direction: float = Field(default=0.15, gt=0, lt=1, description="share of back-azimuths that mean nothing")
    reversed_directions: float = Field(
        default=0.05, ge=0, lt=1, description="share of networks all of whose back-azimuths point the other way"
    )
    steep_weight: float = Field(
        default=0.3, ge=0, le=1, description="weight of a back-azimuth nearer than a quarter of the depth"
    )
    missed: float = Field(
        default=0.25, gt=0, lt=1, description="share of earthquakes in its reach that a station misses"
    )
    max_depth_km: float = Field(default=300.0, gt=40, le=310, description="deepest trial source")
    margin_km: float = Field(default=150.0, gt=0, description="the grid reaches at least this far beyond the stations")


@dataclass(frozen=True, slots=True)
class Observation:
    """An arrival: station, phase, time in s from the reference, pick standard deviation in s, and trust in it."""

    station: Station
    phase: str
    time_s: float
    sigma_s: float
    trust: float = 1.0


@dataclass(frozen=True, slots=True)
class Silence:
    """A station that is alive and had not triggered by ``until_s``."""

    station: Station
    until_s: float


@dataclass(frozen=True, slots=True)
class Direction:
    """Where a station's P came from, with its standard deviation."""

    station: Station
    backazimuth_deg: float
    sigma_deg: float


@dataclass(frozen=True, slots=True)
class Size:
    """Log10 of one station's P displacement in m, and its standard deviation beyond the relation's scatter."""

    station: Station
    log10_pd_m: float
    sigma: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one source: arrivals (at least one), and what else there is."""

    observations: list[Observation]
    silences: list[Silence] | tuple[Silence, ...] = ()
    directions: list[Direction] | tuple[Direction, ...] = ()
    sizes: list[Size] | tuple[Size, ...] = ()


def observed_sigma_s(observations: list[Observation], params: LocationParams) -> FloatArray:
    """(observations,) standard deviation of what each arrival has of its own.

    Travel times are taken from the move-out, and are the same for all trial sources: were the error to grow with each
    trial's own travel time, far sources would be favoured for fitting badly.
    """
    first = min(one.time_s for one in observations)
    path = np.array([one.time_s - first for one in observations]) * params.path_error
    base = np.array([params.s_error_s if one.phase == "S" else params.p_error_s for one in observations])
    return np.sqrt(base**2 + path**2 + np.square([one.sigma_s for one in observations]))


def sigma_s(time_s: FloatArray, pick_sigma_s: FloatArray | float, phase: str, params: LocationParams) -> FloatArray:
    """Standard deviation of an arrival about its prediction from a known source, by its travel time in s."""
    base = params.s_error_s if phase == "S" else params.p_error_s
    return np.asarray(np.sqrt(base**2 + np.square(time_s * _share(phase, params)) + np.square(pick_sigma_s)))


def _share(phase: str, params: LocationParams) -> float:
    shear = params.s_slowness_error if phase == "S" else 0.0
    return float(np.sqrt(params.slowness_error**2 + params.path_error**2 + shear**2))


@dataclass(frozen=True, slots=True)
class Fit:
    """Origin time (s) of every cell, its standard deviation, the Earth's two factors, and the log likelihood."""

    origin_s: FloatArray
    sigma_s: FloatArray
    factor: FloatArray
    s_factor: FloatArray
    log_p: FloatArray


def averaged(depth_km: FloatArray) -> FloatArray:
    """What is left of the Earth's errors for rays that come up from some depths, as they cross so many layers.

    >>> averaged(np.array([0.0, 150.0])).tolist()
    [1.0, 0.5]
    """
    return np.asarray(1 / np.sqrt(1 + depth_km / ALIKE_KM))


def fit(
    times: FloatArray,
    observations: list[Observation],
    sigma: FloatArray,
    depth_km: FloatArray,
    params: LocationParams,
) -> Fit:
    """Best origin time and factors at every cell, and the likelihood with them integrated out.

    Parameters
    ----------
    times : (observations, cells) travel times in s
    sigma : (observations, 1) or (observations, cells) standard deviations in s
    depth_km : (cells,) depths of the sources
    """
    # P before S, so that S are one slice
    order = np.argsort([one.phase == "S" for one in observations], kind="stable")
    seen = [observations[k] for k in order.tolist()]
    if np.any(np.diff(order) < 0):
        times, sigma = times[order], sigma[order]
    delay = np.array([one.time_s for one in seen])[:, None] - times
    trust = np.array([one.trust for one in seen])[:, None]
    precision = 1 / np.square(sigma * STUDENT_SCALE)
    factors = _Factors.of(times, sum(one.phase == "P" for one in seen), depth_km, params)
    believed = (DEGREES_OF_FREEDOM + 1) * trust * precision
    residual = delay - _middle(delay)
    for _ in range(ROUNDS):
        solved = factors.solve(believed / (DEGREES_OF_FREEDOM + np.square(residual) * precision), delay)
        residual = factors.residual(delay, solved)
    excess = 1 + np.square(residual) * precision / DEGREES_OF_FREEDOM
    density = STUDENT_PEAK * np.sqrt(precision / excess) / np.square(excess)
    if (trust < 1).any():
        density = trust * density + (1 - trust) / EXPLAINED_S
    # errors in common do not average out: n arrivals are worth n / (1 + (n - 1) common) independent ones
    worth = 1 / (1 + (len(seen) - 1) * params.common_error)
    total = worth * np.log(density).sum(axis=0) + solved.log_prior - 0.5 * solved.log_det
    return Fit(solved.origin, solved.sigma, solved.factor, solved.s_factor, total)


def _middle(delay: FloatArray) -> FloatArray:
    """(cells,) median of the rows."""
    half = len(delay) // 2
    inorder = np.sort(delay, axis=0)
    return np.asarray(inorder[half] if len(delay) % 2 else (inorder[half - 1] + inorder[half]) / 2)


@dataclass(frozen=True, slots=True)
class _Solved:
    origin: FloatArray
    sigma: FloatArray
    factor: FloatArray
    s_factor: FloatArray
    log_prior: FloatArray
    log_det: FloatArray


@dataclass(frozen=True, slots=True)
class _Factors:
    """Weighted least squares of (origin time, factor, factor of S) at every cell, by elimination.

    ``times`` of P, then of S from row ``first_s`` on; the priors are precisions of the factors.
    """

    times: FloatArray
    first_s: int
    prior: FloatArray
    s_prior: FloatArray

    @classmethod
    def of(cls, times: FloatArray, first_s: int, depth_km: FloatArray, params: LocationParams) -> "_Factors":
        """With the priors of sources at some depths."""
        left = averaged(depth_km)
        errors = (np.maximum(one * left, 1e-6) for one in (params.slowness_error, params.s_slowness_error))
        return cls(times, first_s, *(1 / np.square(one) for one in errors))

    def solve(self, weight: FloatArray, delay: FloatArray) -> _Solved:
        """The normal equations, 3 x 3 with S and 2 x 2 without."""
        wt = weight * self.times
        a, b = np.add.reduce(weight, axis=0), np.add.reduce(wt, axis=0)
        d0, d1 = np.add.reduce(weight * delay, axis=0), np.add.reduce(wt * delay, axis=0)
        c = np.add.reduce(wt * self.times, axis=0) + self.prior
        # without the origin time: what is left of the other two
        back = b / a
        c1, e1 = c - b * back, d1 - d0 * back
        if self.first_s < len(delay):
            ws = wt[self.first_s :]
            g, k = np.add.reduce(ws, axis=0), np.add.reduce(ws * self.times[self.first_s :], axis=0)
            f1, h1 = k - g * back, k + self.s_prior - g * g / a
            e2 = np.add.reduce(ws * delay[self.first_s :], axis=0) - g * d0 / a
            det = c1 * h1 - f1 * f1
            s_factor = (c1 * e2 - f1 * e1) / det
            factor = (h1 * e1 - f1 * e2) / det
            origin = (d0 - b * factor - g * s_factor) / a
            spread = (np.square(b) * h1 - 2 * b * g * f1 + np.square(g) * c1) / (det * a * a)
            log_det = np.log(a * det / (self.s_prior * self.prior))
        else:
            factor, s_factor = e1 / c1, np.zeros_like(e1)
            origin = (d0 - b * factor) / a
            spread = np.square(back) / c1
            log_det = np.log(a * c1 / self.prior)
        log_prior = -0.5 * (np.square(factor) * self.prior + np.square(s_factor) * self.s_prior)
        return _Solved(origin, np.sqrt(1 / a + spread), factor, s_factor, log_prior, log_det)

    def residual(self, delay: FloatArray, solved: _Solved) -> FloatArray:
        """(observations, cells) what is left."""
        left = delay - solved.origin
        left -= self.times * solved.factor
        if self.first_s < len(delay):
            left[self.first_s :] -= self.times[self.first_s :] * solved.s_factor
        return np.asarray(left)


def within_cell_s(grid: Grid, phase: str) -> FloatArray:
    """(cells,) standard deviation of travel time by where in its cell the source is."""
    extent2 = (2 * grid.spacing_km**2 / 2 + np.square(grid.height_km) / 2) / 12
    return np.asarray(np.sqrt(extent2) * SLOWNESS_S_KM[phase])


def log_likelihood(tables: Tables, evidence: Evidence, params: LocationParams) -> Fit:
    """(cells,) everything the stations say but the prior."""
    grid, seen = tables.grid, sorted(evidence.observations, key=lambda one: one.phase)
    by_phase = [(phase, [one for one in seen if one.phase == phase]) for phase in ("P", "S")]
    times = np.concatenate([tables.times_s(phase, [one.station for one in some]) for phase, some in by_phase if some])
    blur2 = np.concatenate([np.tile(np.square(within_cell_s(grid, phase)), (len(some), 1)) for phase, some in by_phase])
    sigma = np.sqrt(np.square(observed_sigma_s(seen, params))[:, None] + blur2)
    found = fit(times, seen, sigma, grid.depth_km, params)
    total = found.log_p + _sizes(tables, evidence, params)
    if evidence.directions:
        total += _directions(tables, evidence.directions, params)
    if evidence.silences:
        far_km = tables.distances_km([one.station for one in seen]).max(axis=0)
        total += _silences(tables, evidence.silences, found, far_km, params)
    return Fit(found.origin_s, found.sigma_s, found.factor, found.s_factor, total)


def _hypocentral_km(tables: Tables, stations: Sequence[Station]) -> FloatArray:
    """(stations, cells)."""
    km2 = np.square(tables.distances_km(stations)) + np.square(tables.grid.depth_km)
    return np.asarray(np.sqrt(np.maximum(km2, NEAREST_KM**2)))


def _sizes(tables: Tables, evidence: Evidence, params: LocationParams) -> FloatArray:
    """Amplitudes must belong to one magnitude, and by Gutenberg-Richter a large one is rare.

    With Pd falling as R**-1.12 (M grows by 1.38 log R, Kuyuk & Allen 2013), a far source of the same amplitude is
    larger, and R**(-1.38 b) as frequent. The magnitude is integrated out; where no amplitude is known yet, those of all
    stations that triggered count alike.
    """
    rarer = MAGNITUDE_PER_LOG_R * params.b_value
    if not evidence.sizes:
        codes = {one.station.station_code: one.station for one in evidence.observations}
        log_r = np.log(_hypocentral_km(tables, list(codes.values()))).mean(axis=0)
        return np.asarray(-rarer * log_r)
    log_r = np.log(_hypocentral_km(tables, [one.station for one in evidence.sizes]))
    sigma = np.array([np.hypot(params.size_error, PD_PER_MAGNITUDE * one.sigma) for one in evidence.sizes])[:, None]
    read = np.array([PD_PER_MAGNITUDE * one.log10_pd_m for one in evidence.sizes])[:, None]
    magnitude = read + MAGNITUDE_PER_LOG_R / np.log(10) * log_r
    weight = 1 / np.square(sigma)
    mean = (weight * magnitude).sum(axis=0) / weight.sum()
    misfit = np.square((magnitude - mean) / sigma)
    # as arrival times: one wrong amplitude must not carry the solution away
    robust = -(DEGREES_OF_FREEDOM + 1) / 2 * np.log(1 + misfit / DEGREES_OF_FREEDOM).sum(axis=0)
    average = log_r.mean(axis=0)
    return np.asarray(robust - rarer * average)


def _directions(tables: Tables, seen: Sequence[Direction], params: LocationParams) -> FloatArray:
    stations = [one.station for one in seen]
    read, spread = (
        np.array([getattr(one, name) for one in seen])[:, None] for name in ("backazimuth_deg", "sigma_deg")
    )
    km = tables.distances_km(stations)
    away = tables.backazimuths_deg(stations) - read
    away -= 360.0 * np.round(away / 360.0)
    # a wide cell seen from near by fills an angle of its own
    fills2 = np.rad2deg(tables.grid.spacing_km) ** 2 / 12 / np.square(np.maximum(km, NEAREST_KM))
    sigma = np.minimum(np.sqrt(np.square(spread) + fills2), 100.0)
    weight = np.where(km < tables.grid.depth_km / 4, params.steep_weight, 1.0)
    totals = []
    for off in (np.abs(away), 180.0 - np.abs(away)):
        right = np.exp(-0.5 * np.square(off / sigma)) / (np.sqrt(2 * np.pi) * sigma)
        log_p = np.log((1 - params.wrong_direction) * right + params.wrong_direction / 360.0)
        totals.append((weight * (log_p + np.log(360.0))).sum(axis=0))
    # verticals that are upside down are so all over a network, and two directions then err alike
    known = min(max(params.reversed_directions, 1e-9), 1 - 1e-9)
    straight, turned = np.log1p(-known) + totals[0], np.log(known) + totals[1]
    return np.asarray(np.maximum(straight, turned) + np.log(1 + np.exp(-np.abs(straight - turned))))


def _silences(
    tables: Tables, seen: Sequence[Silence], found: Fit, far_km: FloatArray, params: LocationParams
) -> FloatArray:
    """Stations alive have not triggered: P is not there yet, or they missed it, which far ones do more often."""
    stations = [one.station for one in seen]
    time, until_s = tables.times_s("P", stations), np.array([one.until_s for one in seen])[:, None]
    own2 = params.p_error_s**2 + PICK_S**2 + np.square(within_cell_s(tables.grid, "P"))
    lag = (until_s - found.origin_s - time * (1 + found.factor)) / np.sqrt(own2 + np.square(time * params.path_error))
    reach = np.clip(far_km / np.maximum(tables.distances_km(stations), 1.0), 0.0, 1.0) ** 2
    missed = 1 - (1 - params.missed) * reach
    # the normal distribution's tail by the logistic's (Bowling et al., 2009)
    later = 1 / (1 + np.exp(np.clip(1.702 * lag, -60.0, 60.0)))
    return np.asarray(np.log(missed + (1 - missed) * later).sum(axis=0))
