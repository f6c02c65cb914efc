"""Where an earthquake is, as a probability over cells of trial sources: coarse first, then finer where it matters.

::

    level 0   the network's whole region     cells that hold nearly all the probability are divided into eight, and
    level 1     ┌──┬──┐                      again, until they are small beside the region that holds 68 %
    level 2        ├┬┐

A cell's times are blurred by its own extent, so no coarse cell misses a narrow peak. With many stations a well-spread
part of the arrivals finds the region; all of them count in the last levels.
"""

from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.event import Confidence
from seismonet.core.geo import KM_PER_DEGREE, distance_km

from .grid import Grid, Tables, rise_s
from .likelihood import (
    DEGREES_OF_FREEDOM,
    Direction,
    Evidence,
    Fit,
    LocationParams,
    Observation,
    Silence,
    Size,
    fit,
    log_likelihood,
    observed_sigma_s,
    sigma_s,
)
from .modes import Cells, summarise
from .prior import PriorParams, Zone, log_prior

__all__ = [
    "Direction", "Evidence", "LocationParams", "Observation", "PriorParams", "Silence", "Size", "Solution", "Zone",
    "locate", "observed_sigma_s", "sigma_s",
]  # fmt: skip

COARSE_ARRIVALS = 14
WORK = 100_000
LEVELS = 6
NEARLY_ALL = 0.98
FINE_ENOUGH = 0.35
FINEST_KM = 0.8


@dataclass(frozen=True, slots=True)
class Solution:
    """The most probable source and how sure it is: 68 % uncertainties, residuals by observation.

    ``log_evidence`` is the log probability of all arrivals by one source somewhere: of two explanations of the same
    arrivals the larger is the better one.
    """

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
    confidence: Confidence
    log_evidence: float


def locate(tables: Tables, evidence: Evidence, params: LocationParams) -> Solution:
    """The source of some evidence and its uncertainties.

    ``tables`` are of the network's coarse grid; ValueError without an arrival.
    """
    if not evidence.observations:
        raise ValueError("a source without arrivals has no place")
    region_km2 = (tables.grid.spacing_km * np.sqrt(len(tables.grid) / _levels(tables.grid))) ** 2
    done: list[tuple[Grid, FloatArray, Fit]] = []
    current, used = tables, _spread(evidence)
    for level in range(LEVELS + 2):
        found = log_likelihood(current, used, params)
        log_mass = found.log_p + log_prior(current.grid, params.prior, region_km2) + np.log(current.grid.volume_km3)
        done.append((current.grid, log_mass, found))
        if used is evidence and (level >= LEVELS or _fine_enough(current.grid, log_mass, done)):
            break
        room = max(24, WORK // (8 * (len(evidence.observations) + len(evidence.silences) // 2 + 4)))
        chosen = _heaviest(log_mass, room)
        rest = np.setdiff1d(np.arange(len(log_mass)), chosen, assume_unique=True)
        done[-1] = current.grid.part(rest), log_mass[rest], _some(found, rest)
        current, used = current.of(current.grid.part(chosen).divided()), evidence
    return _solution(tables, evidence, params, done)


def _levels(grid: Grid) -> int:
    return len(np.unique(grid.depth_km))


def _spread(evidence: Evidence) -> Evidence:
    """A part of many arrivals that still surrounds the source: the earliest, and of the others every so many."""
    seen = evidence.observations
    silences = sorted(evidence.silences, key=lambda one: one.station.station_code)
    if len(seen) > COARSE_ARRIVALS:
        order = sorted(range(len(seen)), key=lambda k: (seen[k].time_s, seen[k].station.station_code))
        half = COARSE_ARRIVALS // 2
        picked = order[:half] + order[half :: max(1, (len(order) - half) // half)]
        seen = [seen[k] for k in sorted(picked[: COARSE_ARRIVALS + 1])]
    if len(silences) > COARSE_ARRIVALS:
        silences = _nearest(silences, evidence.observations)
    if len(seen) == len(evidence.observations) and len(silences) == len(evidence.silences):
        return evidence
    return Evidence(seen, silences, list(evidence.directions)[:8], list(evidence.sizes)[:COARSE_ARRIVALS])


def _nearest(silences: list[Silence], seen: list[Observation]) -> list[Silence]:
    """Those nearest to the first arrival: they say the most."""
    first = min(seen, key=lambda one: (one.time_s, one.station.station_code)).station
    km = [
        float(distance_km(first.latitude, first.longitude, one.station.latitude, one.station.longitude))
        for one in silences
    ]
    return [silences[k] for k in np.argsort(km, kind="stable")[:COARSE_ARRIVALS]]


def _heaviest(log_mass: FloatArray, room: int) -> IntArray:
    """The fewest cells that hold nearly all, but at most ``room``."""
    mass = np.exp(log_mass - log_mass.max())
    order = np.argsort(-mass, kind="stable")
    share = np.cumsum(mass[order])
    count = int(np.searchsorted(share, NEARLY_ALL * share[-1])) + 1
    return np.sort(order[: min(count, room)])


def _some(found: Fit, index: IntArray) -> Fit:
    return Fit(
        found.origin_s[index], found.sigma_s[index], found.factor[index], found.s_factor[index], found.log_p[index]
    )


def _fine_enough(grid: Grid, log_mass: FloatArray, done: list[tuple[Grid, FloatArray, Fit]]) -> bool:
    """Are cells small beside the spread of the probability, in the map and in depth?"""
    if len(done) < 2:
        return False
    mass = np.exp(log_mass - log_mass.max())
    middle = np.average(grid.latitude, weights=mass)
    north = (grid.latitude - middle) * KM_PER_DEGREE
    east = (grid.longitude - np.average(grid.longitude, weights=mass)) * KM_PER_DEGREE * np.cos(np.deg2rad(middle))
    spread_km = float(np.sqrt(np.average(north**2 + east**2, weights=mass)))
    return grid.spacing_km <= max(FINEST_KM, FINE_ENOUGH * spread_km)


def _solution(
    tables: Tables, evidence: Evidence, params: LocationParams, done: list[tuple[Grid, FloatArray, Fit]]
) -> Solution:
    top = max(float(log_mass.max()) for _, log_mass, _ in done if len(log_mass))
    parts = [(grid, np.exp(log_mass - top)) for grid, log_mass, _ in done if len(log_mass)]
    log_evidence = top + float(np.log(sum(float(mass.sum()) for _, mass in parts)))
    seen = evidence.observations
    first = {one.station.station_code for one in seen if one.phase == "P"}
    said = summarise(Cells.join(parts), stations=len(first), shear=sum(one.phase == "S" for one in seen))
    km = np.array([
        float(distance_km(said.latitude, said.longitude, one.station.latitude, one.station.longitude)) for one in seen
    ])  # fmt: skip
    times = np.array([_time(tables, one, d, said.depth_km) for one, d in zip(seen, km, strict=True)])
    sigma = observed_sigma_s(seen, params)
    own = fit(times[:, None], seen, sigma[:, None], params)
    shear = np.array([one.phase == "S" for one in seen])
    expected = own.origin_s[0] + times * (1 + own.factor[0] + shear * own.s_factor[0])
    residual = np.array([one.time_s for one in seen]) - expected
    nu = DEGREES_OF_FREEDOM
    return Solution(
        said.latitude,
        said.longitude,
        said.depth_km,
        float(own.origin_s[0]),
        said.horizontal_km,
        said.depth_sigma_km,
        float(np.hypot(own.sigma_s[0], _origin_spread(done, top))),
        residual,
        np.array([one.trust for one in seen]) * (nu + 1) / (nu + np.square(residual / sigma)),
        sigma,
        km,
        said.confidence,
        log_evidence,
    )


def _time(tables: Tables, one: Observation, km: float, depth_km: float) -> float:
    time = float(tables.model.times(one.phase, km / KM_PER_DEGREE, depth_km)) + rise_s(one.station, one.phase)
    return time + float(tables.corrections.seconds(one.station.station_code, one.phase, depth_km))


def _origin_spread(done: list[tuple[Grid, FloatArray, Fit]], top: float) -> float:
    """Standard deviation of the origin time from cell to cell."""
    mass = np.concatenate([np.exp(log_mass - top) for _, log_mass, _ in done])
    origin = np.concatenate([found.origin_s for _, _, found in done])
    mean = np.average(origin, weights=mass)
    return float(np.sqrt(np.average(np.square(origin - mean), weights=mass)))
