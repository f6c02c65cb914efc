"""Where an earthquake is, as a probability over a grid of trial sources.

Arrival times count with a Student-t likelihood, so that one wrong pick cannot carry the solution away; the origin time
is solved for at every node; stations that are alive and have not triggered count against nodes that should have
reached them.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE, distance_deg, distance_km
from seismonet.core.inventory import Station

from .grid import Grid, Tables, refine, rise_s

DEGREES_OF_FREEDOM = 3.0
GUTENBERG_RICHTER_SLOPE = 1.38
LEAD_S = 10.0


@parameters(frozen=True)
class LocationParams:
    """What location assumes."""

    crust_prior: float = Field(default=0.9, gt=0, lt=1, description="prior probability of a depth above 40 km")
    crust_km: float = Field(default=40.0, gt=0, description="bottom of the crust's class of depths")
    deep_scale_km: float = Field(default=80.0, gt=0, description="scale of the exponential prior below")
    model_error_s: float = Field(default=0.3, ge=0, description="travel-time error at zero time")
    model_error_fraction: float = Field(default=0.02, ge=0, le=0.2, description="and its growth with travel time")
    missed: float = Field(
        default=0.25, gt=0, lt=1, description="share of earthquakes in its reach that a station misses"
    )
    max_depth_km: float = Field(default=300.0, gt=0, le=310, description="deepest trial source")
    margin_km: float = Field(default=150.0, gt=0, description="the grid reaches at least this far beyond the stations")


@dataclass(frozen=True, slots=True)
class Observation:
    """An arrival: station, phase, time in s from the reference, pick standard deviation in s."""

    station: Station
    phase: str
    time_s: float
    sigma_s: float


@dataclass(frozen=True, slots=True)
class Silence:
    """A station that is alive and had not triggered by ``until_s``."""

    station: Station
    until_s: float


@dataclass(frozen=True, slots=True)
class Solution:
    """The most probable source and how sure it is: 68 % uncertainties, residuals by observation."""

    latitude: float
    longitude: float
    depth_km: float
    time_s: float
    horizontal_km: float
    depth_sigma_km: float
    time_sigma_s: float
    residual_s: FloatArray
    weight: FloatArray
    sigma_s: FloatArray
    distance_km: FloatArray


def sigma_s(time_s: FloatArray, pick_sigma_s: FloatArray | float, phase: str, params: LocationParams) -> FloatArray:
    """Standard deviation of an arrival: the pick's and the model's, which grows with travel time.

    The model's part follows the fact sheet (0.3 s + 2 % of the travel time, at least 0.5 s; S half as much again).
    """
    model = np.maximum(0.5, params.model_error_s + params.model_error_fraction * time_s)
    return np.asarray(np.hypot(model * (1.5 if phase == "S" else 1.0), pick_sigma_s))


def observed_sigma_s(observations: list[Observation], params: LocationParams) -> FloatArray:
    """(observations,) standard deviations, with travel times taken from the move-out itself.

    The error is the observation's and the same for all trial sources: were it to grow with each trial's own travel
    time, far sources would be favoured for fitting badly, or near ones for being sharp. ``LEAD_S`` stands for the
    unknown travel time to the first station.
    """
    first = min(one.time_s for one in observations)
    return np.array([
        float(sigma_s(np.asarray(one.time_s - first + LEAD_S), one.sigma_s, one.phase, params)) for one in observations
    ])  # fmt: skip


def log_posterior(
    tables: Tables, observations: list[Observation], silences: list[Silence], params: LocationParams
) -> tuple[FloatArray, FloatArray]:
    """(nodes,) log probability density (not normalised) and origin time (s) at every node."""
    times = np.stack([tables.time_s(one.station, one.phase) for one in observations])
    sigma = observed_sigma_s(observations, params)[:, None]
    delay = np.array([one.time_s for one in observations])[:, None] - times
    origin, scaled = _origin_time(delay, sigma)
    nu = DEGREES_OF_FREEDOM
    log_p = -(nu + 1) / 2 * np.log1p(np.square(scaled) / nu).sum(axis=0)
    log_p += _log_prior(tables, observations, params)
    far_km = np.max([tables.distance_km(one.station) for one in observations], axis=0)
    for silence in silences:
        time = tables.time_s(silence.station, "P")
        lag = (silence.until_s - origin - time) / sigma_s(time, 0.5, "P", params)
        limit = (
            -np.log(params.missed)
            * np.clip(far_km / np.maximum(tables.distance_km(silence.station), 1.0), 0.0, 1.0) ** 2
        )
        log_p -= np.where(lag > 0, np.minimum(0.5 * np.square(lag), limit), 0.0)
    return log_p, origin


def _origin_time(delay: FloatArray, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Origin time at every node by reweighting, from the median on; and the residuals in standard deviations."""
    origin = np.median(delay, axis=0)
    nu = DEGREES_OF_FREEDOM
    for _ in range(4):
        weight = (nu + 1) / (nu + np.square((delay - origin) / sigma)) / np.square(sigma)
        origin = (weight * delay).sum(axis=0) / weight.sum(axis=0)
    return origin, (delay - origin) / sigma


def _log_prior(tables: Tables, observations: list[Observation], params: LocationParams) -> FloatArray:
    """Depth in two classes; and by Gutenberg-Richter far sources are rarer, as only larger ones are seen.

    With b = 1 and Pd falling as R**-1.12 (M grows by 1.38 log R, Kuyuk & Allen 2013), the rate of earthquakes that a
    station sees falls as R**-1.38.
    """
    grid = tables.grid
    depth = grid.depth_km
    deep = (1 - params.crust_prior) / params.deep_scale_km
    crust = params.crust_prior / params.crust_km
    below = np.maximum(depth - params.crust_km, 0) / params.deep_scale_km
    log_depth = np.where(depth <= params.crust_km, np.log(crust), np.log(deep) - below)
    distance = np.mean(
        [np.log(np.hypot(np.hypot(tables.distance_km(one.station), depth), 5.0)) for one in observations], axis=0
    )
    return np.asarray(log_depth - GUTENBERG_RICHTER_SLOPE * distance)


def locate(
    tables: Tables, observations: list[Observation], silences: list[Silence], params: LocationParams
) -> Solution:
    """The source and its uncertainties: the coarse grid's most probable node, then the mean over a finer grid there.

    The mean of the most probable region errs less than its peak, which jumps with every small change; the mean of all
    would lie between the modes, where nothing happened.
    """
    grid = tables.grid
    log_p, _ = log_posterior(tables, observations, silences, params)
    best = int(np.argmax(log_p))
    depths = np.unique(grid.depth_km)
    fine = Tables(refine(grid, best, depths), tables.model)
    fine_log_p, origin = log_posterior(fine, observations, silences, params)
    mass = np.exp(fine_log_p - fine_log_p.max()) * fine.grid.volume_km3
    latitude, longitude, depth = (
        float(np.average(values, weights=mass))
        for values in (fine.grid.latitude, fine.grid.longitude, fine.grid.depth_km)
    )
    km = np.array([float(distance_km(latitude, longitude, *_place(one.station))) for one in observations])
    times = np.array([
        float(tables.model.times(one.phase, d / KM_PER_DEGREE, depth)) + rise_s(one.station, one.phase)
        for one, d in zip(observations, km, strict=True)
    ])  # fmt: skip
    sigma = observed_sigma_s(observations, params)
    delay = np.array([one.time_s for one in observations]) - times
    origin_s = float(_origin_time(delay[:, None], sigma[:, None])[0][0])
    residual = delay - origin_s
    horizontal_km, depth_sigma_km, time_sigma_s = _spread(
        grid, log_p, fine.grid, fine_log_p, (latitude, longitude), origin
    )
    nu = DEGREES_OF_FREEDOM
    return Solution(
        latitude,
        (longitude + 180) % 360 - 180,
        depth,
        origin_s,
        max(horizontal_km, least_horizontal_km(len(observations))),
        depth_sigma_km,
        time_sigma_s,
        residual,
        (nu + 1) / (nu + np.square(residual / sigma)),
        sigma,
        km,
    )


def _place(station: Station) -> tuple[float, float]:
    return station.latitude, station.longitude


def _spread(
    coarse: Grid, log_p: FloatArray, fine: Grid, fine_log_p: FloatArray, at: tuple[float, float], origin: FloatArray
) -> tuple[float, float, float]:
    """68 % radius about the solution (km), standard deviations of depth (km) and origin time (s).

    The coarse grid says how far the probability reaches, the fine one how narrow it is: the mass of the coarse nodes
    inside the fine grid is spread over the fine nodes.
    """
    top = max(float(log_p.max()), float(fine_log_p.max()))
    mass, fine_mass = np.exp(log_p - top) * coarse.volume_km3, np.exp(fine_log_p - top) * fine.volume_km3
    reach_km = np.ptp(fine.latitude) / 2 * KM_PER_DEGREE
    coarse_km = distance_deg(coarse.latitude, coarse.longitude, *at) * KM_PER_DEGREE
    depth_low, depth_high = fine.depth_km.min(), fine.depth_km.max()
    inside = (coarse_km <= reach_km) & (coarse.depth_km >= depth_low) & (coarse.depth_km <= depth_high)
    fine_km = distance_deg(fine.latitude, fine.longitude, *at) * KM_PER_DEGREE
    km = np.r_[coarse_km[~inside], fine_km]
    weight = np.r_[mass[~inside], fine_mass]
    depth = np.r_[coarse.depth_km[~inside], fine.depth_km]
    order = np.argsort(km)
    share = np.cumsum(weight[order])
    radius = float(km[order][min(int(np.searchsorted(share, 0.68 * share[-1])), len(km) - 1)])
    mean = float(np.average(depth, weights=weight))
    depth_sigma = float(np.sqrt(np.average(np.square(depth - mean), weights=weight)))
    early = float(np.average(origin, weights=fine_mass))
    time_sigma = float(np.sqrt(np.average(np.square(origin - early), weights=fine_mass)))
    return radius, depth_sigma, max(0.1, time_sigma)


def least_horizontal_km(stations: int) -> float:
    """No solution of so many stations is claimed to be better than this (68 %, km).

    EPIC's own experience, 100 n**-1.642 + 4 km (E2Alert, after its performance in California), as real Earths differ
    from layered ones by more than arrival times of one earthquake can show.

    >>> round(least_horizontal_km(3), 1)
    20.5
    """
    return float(100.0 * stations**-1.642 + 4.0)
