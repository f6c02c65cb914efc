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
LOG_STUDENT = float(np.log(0.375))  # of Student's density with four degrees of freedom at zero: 3/8
ROUNDS = 3
SLOWNESS_S_KM = {"P": 1 / 6.5, "S": 1 / 3.75}
GUTENBERG_RICHTER_SLOPE = 1.38
PD_PER_MAGNITUDE = 1.23
NEAREST_KM = 5.0
EXPLAINED_S = 60.0
PICK_S = 0.3


@parameters(frozen=True)
class LocationParams:
    """What location assumes."""

    prior: PriorParams = Field(default_factory=PriorParams, description="places and depths before the data")
    slowness_error: float = Field(
        default=0.02, ge=0, le=0.2, description="error of the Earth model that all travel times share, as a fraction"
    )
    s_slowness_error: float = Field(default=0.015, ge=0, le=0.2, description="and that S times share beside it")
    path_error: float = Field(
        default=0.02, ge=0, le=0.2, description="error of each path of its own, as a fraction of its travel time"
    )
    p_error_s: float = Field(default=0.3, ge=0, description="error of a station's P times beside the pick's own")
    s_error_s: float = Field(default=0.45, ge=0, description="error of a station's S times beside the pick's own")
    common_error: float = Field(
        default=0.05, ge=0, lt=1, description="share of the paths' own errors that all of them have in common"
    )
    size_error: float = Field(default=0.35, gt=0, description="scatter of one station's magnitude")
    wrong_direction: float = Field(default=0.15, gt=0, lt=1, description="share of back-azimuths that mean nothing")
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


def fit(times: FloatArray, observations: list[Observation], sigma: FloatArray, params: LocationParams) -> Fit:
    """Best origin time and factors at every cell, and the likelihood with them integrated out.

    Parameters
    ----------
    times : (observations, cells) travel times in s
    sigma : (observations, 1) or (observations, cells) standard deviations in s
    """
    delay = np.array([one.time_s for one in observations])[:, None] - times
    shear = np.array([one.phase == "S" for one in observations])
    trust = np.array([one.trust for one in observations])[:, None]
    precision = 1 / np.square(sigma)
    factors = _Factors(times, times[shear], shear, params)
    origin = np.median(delay, axis=0)
    residual = delay - origin
    for _ in range(ROUNDS):
        weight = trust * precision * (DEGREES_OF_FREEDOM + 1) / (DEGREES_OF_FREEDOM + np.square(residual) * precision)
        solved = factors.solve(weight, delay)
        residual = factors.residual(delay, solved)
    scaled = np.square(residual) * precision
    log_p = LOG_STUDENT - np.log(sigma) - (DEGREES_OF_FREEDOM + 1) / 2 * np.log1p(scaled / DEGREES_OF_FREEDOM)
    if (trust < 1).any():
        log_p = np.logaddexp(
            np.log(np.maximum(trust, 1e-9)) + log_p, np.log(np.maximum(1 - trust, 1e-12) / EXPLAINED_S)
        )
    # errors in common do not average out: n arrivals are worth n / (1 + (n - 1) common) independent ones
    worth = 1 / (1 + (len(observations) - 1) * params.common_error)
    total = worth * log_p.sum(axis=0) + solved.log_prior - 0.5 * solved.log_det
    return Fit(solved.origin, solved.sigma, solved.factor, solved.s_factor, total)


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
    """Weighted least squares of (origin time, factor, factor of S) at every cell, by elimination."""

    times: FloatArray
    s_times: FloatArray
    shear: FloatArray
    params: LocationParams

    def solve(self, weight: FloatArray, delay: FloatArray) -> _Solved:
        """The normal equations, 3 x 3 with S and 2 x 2 without."""
        times = self.times
        wt, wd = weight * times, weight * delay
        a, b, d0, d1 = weight.sum(axis=0), wt.sum(axis=0), wd.sum(axis=0), (wt * delay).sum(axis=0)
        c = (wt * times).sum(axis=0) + 1 / max(self.params.slowness_error, 1e-6) ** 2
        prior = 1 / max(self.params.s_slowness_error, 1e-6) ** 2
        # without the origin time: what is left of the other two
        c1, e1 = c - b * b / a, d1 - b * d0 / a
        if len(self.s_times):
            ws = wt[self.shear]
            g = ws.sum(axis=0)
            k = (ws * self.s_times).sum(axis=0)
            f1, h1 = k - g * b / a, k + prior - g * g / a
            e2 = (ws * delay[self.shear]).sum(axis=0) - g * d0 / a
            det = c1 * h1 - f1 * f1
            s_factor = (c1 * e2 - f1 * e1) / det
            factor = (h1 * e1 - f1 * e2) / det
            origin = (d0 - b * factor - g * s_factor) / a
            spread = (np.square(b) * h1 - 2 * b * g * f1 + np.square(g) * c1) / (det * a * a)
            log_det = np.log(a) + np.log(det) - np.log(prior)
        else:
            factor, s_factor = e1 / c1, np.zeros_like(e1)
            origin = (d0 - b * factor) / a
            spread = np.square(b) / (c1 * a * a)
            log_det = np.log(a) + np.log(c1)
        log_det += 2 * np.log(max(self.params.slowness_error, 1e-6))
        log_prior = -0.5 * (np.square(factor) * (1 / max(self.params.slowness_error, 1e-6) ** 2))
        log_prior -= 0.5 * np.square(s_factor) * prior
        return _Solved(origin, np.sqrt(1 / a + spread), factor, s_factor, log_prior, log_det)

    def residual(self, delay: FloatArray, solved: _Solved) -> FloatArray:
        """(observations, cells) what is left."""
        left = delay - solved.origin - self.times * solved.factor
        if len(self.s_times):
            left[self.shear] -= self.s_times * solved.s_factor
        return np.asarray(left)


def within_cell_s(grid: Grid, phase: str) -> FloatArray:
    """(cells,) standard deviation of travel time by where in its cell the source is."""
    extent2 = (2 * grid.spacing_km**2 / 2 + np.square(grid.height_km) / 2) / 12
    return np.asarray(np.sqrt(extent2) * SLOWNESS_S_KM[phase])


def log_likelihood(tables: Tables, evidence: Evidence, params: LocationParams) -> Fit:
    """(cells,) everything the stations say but the prior."""
    seen, grid = evidence.observations, tables.grid
    pairs = [(one.station, one.phase) for one in seen] + [(one.station, "P") for one in evidence.silences]
    tables.prepare(pairs, [one.station for one in (*evidence.directions, *evidence.sizes)])
    times = np.stack([tables.time_s(one.station, one.phase) for one in seen])
    own = observed_sigma_s(seen, params)[:, None]
    blur = {phase: within_cell_s(grid, phase) for phase in {one.phase for one in seen}}
    sigma = np.hypot(own, np.stack([blur[one.phase] for one in seen]))
    found = fit(times, seen, sigma, params)
    total = found.log_p + _sizes(tables, evidence, params)
    if evidence.directions:
        total += _directions(tables, evidence.directions, params)
    if evidence.silences:
        far_km = np.max([tables.distance_km(one.station) for one in seen], axis=0)
        for silence in evidence.silences:
            total += _silence(tables, silence, found, far_km, params)
    return Fit(found.origin_s, found.sigma_s, found.factor, found.s_factor, total)


def _hypocentral_km(tables: Tables, stations: Sequence[Station]) -> FloatArray:
    """(stations, cells)."""
    km = np.stack([tables.distance_km(one) for one in stations])
    return np.maximum(np.hypot(km, tables.grid.depth_km), NEAREST_KM)


def _sizes(tables: Tables, evidence: Evidence, params: LocationParams) -> FloatArray:
    """Amplitudes must belong to one magnitude, and by Gutenberg-Richter (b = 1) a large one is rare.

    With Pd falling as R**-1.12 (M grows by 1.38 log R, Kuyuk & Allen 2013), a far source of the same amplitude is
    larger, and R**-1.38 as frequent. The magnitude is integrated out; where no amplitude is known yet, those of all
    stations that triggered count alike.
    """
    if not evidence.sizes:
        codes = {one.station.station_code: one.station for one in evidence.observations}
        log_r = np.log(_hypocentral_km(tables, list(codes.values()))).mean(axis=0)
        return np.asarray(-GUTENBERG_RICHTER_SLOPE * log_r)
    log_r = np.log(_hypocentral_km(tables, [one.station for one in evidence.sizes]))
    sigma = np.array([np.hypot(params.size_error, PD_PER_MAGNITUDE * one.sigma) for one in evidence.sizes])[:, None]
    read = np.array([PD_PER_MAGNITUDE * one.log10_pd_m for one in evidence.sizes])[:, None]
    magnitude = read + GUTENBERG_RICHTER_SLOPE / np.log(10) * log_r
    weight = 1 / np.square(sigma)
    mean = (weight * magnitude).sum(axis=0) / weight.sum()
    misfit = np.square((magnitude - mean) / sigma)
    # as arrival times: one wrong amplitude must not carry the solution away
    robust = -(DEGREES_OF_FREEDOM + 1) / 2 * np.log1p(misfit / DEGREES_OF_FREEDOM)
    average = log_r.mean(axis=0)
    return np.asarray(robust.sum(axis=0) - GUTENBERG_RICHTER_SLOPE * average)


def _directions(tables: Tables, seen: Sequence[Direction], params: LocationParams) -> FloatArray:
    stations = [one.station for one in seen]
    read, spread = (
        np.array([getattr(one, name) for one in seen])[:, None] for name in ("backazimuth_deg", "sigma_deg")
    )
    km = np.stack([tables.distance_km(one) for one in stations])
    away = (tables.backazimuths_deg(stations) - read + 180.0) % 360.0 - 180.0
    # a wide cell seen from near by fills an angle of its own
    fills = np.rad2deg(tables.grid.spacing_km / np.sqrt(12.0) / np.maximum(km, NEAREST_KM))
    sigma = np.minimum(np.hypot(spread, fills), 100.0)
    right = np.exp(-0.5 * np.square(away / sigma)) / (np.sqrt(2 * np.pi) * sigma)
    log_p = np.log((1 - params.wrong_direction) * right + params.wrong_direction / 360.0)
    steep = km < tables.grid.depth_km / 4
    return np.asarray((np.where(steep, params.steep_weight, 1.0) * (log_p + np.log(360.0))).sum(axis=0))


def _silence(tables: Tables, silence: Silence, found: Fit, far_km: FloatArray, params: LocationParams) -> FloatArray:
    """A station alive has not triggered: its P is not there yet, or it missed it, which far ones do more often."""
    time = tables.time_s(silence.station, "P")
    sigma = np.sqrt(
        params.p_error_s**2 + PICK_S**2 + np.square(time * params.path_error) + within_cell_s(tables.grid, "P") ** 2
    )
    lag = (silence.until_s - found.origin_s - time * (1 + found.factor)) / sigma
    reach = np.clip(far_km / np.maximum(tables.distance_km(silence.station), 1.0), 0.0, 1.0) ** 2
    missed = 1 - (1 - params.missed) * reach
    # the normal distribution's tail by the logistic's (Bowling et al., 2009)
    later = 1 / (1 + np.exp(np.clip(1.702 * lag, -60.0, 60.0)))
    return np.asarray(np.log(missed + (1 - missed) * later))
