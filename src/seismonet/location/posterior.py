"""Where an earthquake is, as a probability over cells of trial sources: coarse first, then finer where it matters.

::

    level 0   the network's whole region     cells that hold nearly all the probability are divided into eight, and
    level 1     ┌──┬──┐                      again, until they are small beside the region that holds 68 %
    level 2        ├┬┐

A cell's times are blurred by its own extent, so no coarse cell misses a narrow peak. With many stations a well-spread
part of the arrivals finds the region.
"""

from dataclasses import dataclass, replace

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.event import Confidence
from seismonet.core.geo import KM_PER_DEGREE, distance_km

from .grid import Grid, Tables, rise_s
from .likelihood import (
    DEGREES_OF_FREEDOM,
    STUDENT_SCALE,
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
    within_cell_s,
)
from .modes import Cells, summarise
from .prior import PriorParams, Zone, log_prior

__all__ = [
    "Direction", "Evidence", "LocationParams", "Observation", "PriorParams", "Silence", "Size", "Solution", "Zone",
    "locate", "observed_sigma_s", "sigma_s",
]  # fmt: skip

COARSE_ARRIVALS, MOST_ARRIVALS, MOST_OTHERS = 14, 160, 60
WORK, MOST_DIVIDED = 60_000, 160
LEVELS = 7
NEARLY_ALL, NEGLIGIBLE = 0.98, 1e-6
PART_ALL = 0.99999
FINE_ENOUGH = 0.2
FINEST_KM = 0.8
MANY = 400


@dataclass(frozen=True, slots=True)
class Solution:
    """The most probable source and how sure it is: 68 % uncertainties, residuals by observation.

    ``misfit`` are the residuals in standard deviations where the arrivals fit best, which need not be the published
    place, in the middle of all that are possible: whether a pick belongs is asked there.
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
    misfit: FloatArray
    confidence: Confidence


def locate(tables: Tables, evidence: Evidence, params: LocationParams) -> Solution:
    """The source of some evidence and its uncertainties.

    ``tables`` are of the network's coarse grid; ValueError without an arrival.
    """
    if not evidence.observations:
        raise ValueError("a source without arrivals has no place")
    if len(evidence.silences) > COARSE_ARRIVALS:
        evidence = replace(evidence, silences=_nearest(list(evidence.silences), evidence.observations))
    region_km2 = (tables.grid.spacing_km * np.sqrt(len(tables.grid) / _levels(tables.grid))) ** 2
    heard = _part(evidence, MOST_ARRIVALS)
    leaves: list[_Leaf] = []
    current, used, share = tables, _part(heard, COARSE_ARRIVALS), 1.0
    room = max(24, min(MOST_DIVIDED, WORK // (8 * (len(heard.observations) + 10))))
    for level in range(LEVELS + 1):
        found = log_likelihood(current, used, params)
        log_mass = found.log_p + log_prior(current.grid, params.prior, region_km2) + np.log(current.grid.volume_km3)
        whole = _Leaf.of(current.grid, log_mass, found, share)
        if used is heard and (level == LEVELS or _fine_enough(whole, level)):
            break
        if used is heard:
            chosen, held = _heaviest(whole.probability, room, NEARLY_ALL)
            others = whole.probability > NEGLIGIBLE * share
            others[chosen] = False
            if others.any():
                leaves.append(whole.part(np.flatnonzero(others), share * (1 - held)))
            share *= held
        else:
            chosen, _ = _heaviest(whole.probability, max(room, 60), PART_ALL)
        current, used = current.of(current.grid.part(chosen).divided()), heard
    return _solution(tables, evidence, params, [*leaves, whole])


@dataclass(frozen=True, slots=True)
class _Leaf:
    """Cells of one size that were not divided, and the share of the whole probability that they hold.

    The likelihoods of cells of different sizes are blurred differently, so only those of one size are compared.
    """

    grid: Grid
    probability: FloatArray
    found: Fit
    share: float

    @classmethod
    def of(cls, grid: Grid, log_mass: FloatArray, found: Fit, share: float) -> "_Leaf":
        """By the logarithms of the cells' masses, whatever their sum."""
        mass = np.exp(log_mass - log_mass.max())
        return cls(grid, mass * (share / mass.sum()), found, share)

    @property
    def effective(self) -> float:
        """Number of cells that the probability is spread over."""
        return float(self.share**2 / np.square(self.probability).sum())

    def part(self, index: IntArray, share: float) -> "_Leaf":
        """Some of the cells, with their share."""
        mass = self.probability[index]
        return _Leaf(self.grid.part(index), mass * (share / mass.sum()), _some(self.found, index), share)


def _levels(grid: Grid) -> int:
    return len(np.unique(grid.depth_km))


def _part(evidence: Evidence, most: int) -> Evidence:
    """At most so many arrivals, and still about the source: the earliest, and of the others every so many.

    As arrivals share errors, hundreds tell no more than some dozens.
    """
    seen = evidence.observations
    if len(seen) <= most:
        return evidence
    order = sorted(range(len(seen)), key=lambda k: (seen[k].time_s, seen[k].station.station_code))
    half = most // 2
    others = order[half:]
    picked = order[:half] + [others[k * len(others) // (most - half)] for k in range(most - half)]
    return replace(
        evidence,
        observations=[seen[k] for k in sorted(picked)],
        directions=list(evidence.directions)[: min(most, MOST_OTHERS)],
        sizes=list(evidence.sizes)[: min(most, MOST_OTHERS)],
    )


def _nearest(silences: list[Silence], seen: list[Observation]) -> list[Silence]:
    """Those nearest to the first arrival: they say the most."""
    first = min(seen, key=lambda one: (one.time_s, one.station.station_code)).station
    km = [
        float(distance_km(first.latitude, first.longitude, one.station.latitude, one.station.longitude))
        for one in silences
    ]
    return [silences[k] for k in np.argsort(km, kind="stable")[:COARSE_ARRIVALS]]


def _heaviest(mass: FloatArray, room: int, nearly_all: float) -> tuple[IntArray, float]:
    """The fewest cells that hold nearly all, but at most ``room``, and the share that they hold."""
    some = np.flatnonzero(mass > NEGLIGIBLE * mass.max())
    order = some[np.argsort(-mass[some], kind="stable")]
    share = np.cumsum(mass[order]) / mass.sum()
    count = min(int(np.searchsorted(share, nearly_all)) + 1, room, len(order))
    return np.sort(order[:count]), float(min(share[count - 1], 1.0))


def _some(found: Fit, index: IntArray) -> Fit:
    return Fit(
        found.origin_s[index], found.sigma_s[index], found.factor[index], found.s_factor[index], found.log_p[index]
    )


def _fine_enough(leaf: _Leaf, level: int) -> bool:
    """Are cells small beside the spread of the probability, or is it spread over many of them already?

    To go on with the peak only, where there are too many to divide all, would leave its flanks coarse.
    """
    if not level:
        return False
    return leaf.grid.spacing_km <= FINEST_KM or _wide(leaf) <= FINE_ENOUGH or leaf.effective >= MANY


def _wide(leaf: _Leaf) -> float:
    """Width of a cell as a part of the spread of the probability."""
    grid, mass = leaf.grid, leaf.probability / leaf.share
    middle = float(mass @ grid.latitude)
    north = (grid.latitude - middle) * KM_PER_DEGREE
    east = (grid.longitude - float(mass @ grid.longitude)) * (KM_PER_DEGREE * np.cos(np.deg2rad(middle)))
    spread_km = float(np.sqrt(mass @ (np.square(north) + np.square(east))))
    return float(grid.spacing_km / max(spread_km, 1e-9))


def _solution(tables: Tables, evidence: Evidence, params: LocationParams, leaves: list[_Leaf]) -> Solution:
    last = leaves[-1]
    parts = [(leaf.grid, leaf.probability) for leaf in leaves]
    seen = evidence.observations
    first = {one.station.station_code for one in seen if one.phase == "P"}
    said = summarise(Cells.join(parts), stations=len(first), shear=sum(one.phase == "S" for one in seen))
    sigma = observed_sigma_s(seen, params)
    km, own, residual = _residuals(tables, seen, (said.latitude, said.longitude, said.depth_km), sigma, params)
    best = int(np.argmax(last.found.log_p))
    cell = float(last.grid.latitude[best]), float(last.grid.longitude[best]), float(last.grid.depth_km[best])
    blurs = {phase: float(within_cell_s(last.grid, phase)[best]) for phase in ("P", "S")}
    blur = np.array([blurs[one.phase] for one in seen])
    least = np.abs(_residuals(tables, seen, cell, sigma, params)[2]) / np.hypot(sigma, blur)
    nu = DEGREES_OF_FREEDOM
    return Solution(
        said.latitude,
        said.longitude,
        said.depth_km,
        float(own.origin_s[0]),
        said.horizontal_km,
        said.depth_sigma_km,
        float(np.hypot(own.sigma_s[0], _origin_spread(leaves))),
        residual,
        np.array([one.trust for one in seen]) * (nu + 1) / (nu + np.square(residual / (sigma * STUDENT_SCALE))),
        sigma,
        km,
        least,
        said.confidence,
    )


def _residuals(
    tables: Tables,
    seen: list[Observation],
    place: tuple[float, float, float],
    sigma: FloatArray,
    params: LocationParams,
) -> tuple[FloatArray, Fit, FloatArray]:
    """Distances (km), the fit and the residuals (s) of arrivals from one place (latitude, longitude, depth)."""
    latitude, longitude = (np.array([getattr(one.station, name) for one in seen]) for name in ("latitude", "longitude"))
    km = distance_km(*place[:2], latitude, longitude)
    times = _times(tables, seen, km, place[2])
    own = fit(times[:, None], seen, sigma[:, None], np.array([place[2]]), params)
    shear = np.array([one.phase == "S" for one in seen])
    expected = own.origin_s[0] + times * (1 + own.factor[0] + shear * own.s_factor[0])
    return km, own, np.array([one.time_s for one in seen]) - expected


def _times(tables: Tables, seen: list[Observation], km: FloatArray, depth_km: float) -> FloatArray:
    """(observations,) travel times from one source."""
    times = np.zeros(len(seen))
    for phase in ("P", "S"):
        own = np.array([k for k, one in enumerate(seen) if one.phase == phase], dtype=np.int64)
        below = tables.model.times(phase, km[own] / KM_PER_DEGREE, depth_km)
        elevation_m = np.array([seen[k].station.elevation_m for k in own])
        times[own] = below + rise_s(elevation_m, phase, km[own], depth_km, below)
    corrected = tables.corrections.station_codes
    for k, one in enumerate(seen):
        if one.station.station_code in corrected:
            times[k] += float(tables.corrections.seconds(one.station.station_code, one.phase, depth_km))
    return times


def _origin_spread(leaves: list[_Leaf]) -> float:
    """Standard deviation of the origin time from cell to cell."""
    mass = np.concatenate([leaf.probability for leaf in leaves])
    origin = np.concatenate([leaf.found.origin_s for leaf in leaves])
    mean = np.average(origin, weights=mass)
    return float(np.sqrt(np.average(np.square(origin - mean), weights=mass)))
