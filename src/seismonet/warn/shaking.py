"""How strongly targets will be shaken, and when: a distribution over all that an origin and a magnitude leave open.

Formulas are chosen by depth::

    0 ──────── crust ──────── 40 km ──── blend ──── 60 km ──────── slab ────────
    mean of Bindi et al. (2011)                      Abrahamson et al. (2016), before and behind the
    and Boore et al. (2014) as intensity             volcanic arc alike, as intensity

No crustal formula is ever asked about an earthquake in the slab. Intensities from ground motion are those of Worden et
al. (2012). docs/shaking.md says what it is good for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.alert import LEVELS, Shaking
from seismonet.core.arrays import FloatArray
from seismonet.core.event import Magnitude, Origin
from seismonet.core.geo import KM_PER_DEGREE, distance_deg
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS
from seismonet.location.grid import rise_s
from seismonet.location.modes import DEEP_KM, SHALLOW_KM
from seismonet.models.groundmotion import BCHYDRO_SLAB_SD, bchydro_slab, bssa14, bssa14_sigma
from seismonet.models.intensity import (
    BINDI11_SD,
    HIGHEST,
    LARGER_HORIZONTAL,
    LOWEST,
    SCALE_SD,
    WORDEN12_SD,
    Measure,
    bindi11,
    worden12,
    worden12_peak,
)
from seismonet.models.rupture import rupture_distance, rupture_km
from seismonet.models.traveltime import MAX_DEG, STEP_DEG, TravelTimes

from .possible import EPICENTRE_WEIGHT, NEGLIGIBLE, Possible, possible

MEASURES: tuple[Measure, Measure] = ("PGA", "PGV")
EARLY = 0.16
HALVINGS = 16
LEAST_SD = 1e-3


@parameters(frozen=True)
class ShakingParams:
    """What the formulas leave to the region."""

    bindi: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="weight of Bindi et al. (2011) in the crust; Boore et al. (2014) has the rest",
    )
    backarc: float = Field(
        default=0.5, ge=0, le=1, description="how likely slab earthquakes are felt as behind a volcanic arc: weaker"
    )
    s_sigma_s: float = Field(default=0.5, ge=0, description="standard deviation of a modelled S arrival at its source")
    s_sigma_share: float = Field(default=0.03, ge=0, le=0.2, description="… and its growth, as a share of travel time")


def forecast(
    origin: Origin,
    magnitude: Magnitude | None,
    targets: Sequence[Target],
    model: TravelTimes,
    issued_ns: int,
    params: ShakingParams,
) -> tuple[Shaking, ...]:
    """What is expected at each target, the strongest first; nothing without a magnitude.

    A function of these alone, so that a stored event gives the same numbers again. The median and standard deviation of
    intensity are those of the whole distribution: place, depth, magnitude, formula, and what formulas cannot know.
    """
    if magnitude is None or not targets:
        return ()
    sources = possible(origin, magnitude)
    sites = _Sites.of(targets)
    far_deg = distance_deg(
        sites.latitude[:, None, None], sites.longitude[:, None, None], sources.latitude, sources.longitude
    )
    motion = _motion(far_deg * KM_PER_DEGREE, sites, sources, params)
    early, middle = _shear(far_deg, sites, sources, model, origin, params)
    intensity = np.clip(_quantile(0.5, motion.mean, motion.sd, motion.weight), LOWEST, HIGHEST)
    levels = np.array(LEVELS, dtype=np.float64)
    chances = (_above(levels, motion.mean, motion.sd) * motion.weight[:, None]).sum(axis=2)
    km = distance_deg(origin.latitude, origin.longitude, sites.latitude, sites.longitude) * KM_PER_DEGREE
    s_ns, early_ns = (origin.time_ns + np.rint(one * SECOND_NS).astype(np.int64) for one in (middle, early))
    peaks = np.exp(motion.log_pga), np.exp(motion.log_pgv)
    measured = (km, intensity, motion.spread(), np.clip(chances, 0.0, 1.0), *peaks, s_ns, early_ns)
    rows = zip(targets, *(one.tolist() for one in measured), strict=True)
    found = [_shaking(issued_ns, *row) for row in rows]
    return tuple(sorted(found, key=lambda one: (-one.intensity, one.epicentral_km, one.target)))


def _shaking(issued_ns: int, target: Target, *row: Any) -> Shaking:
    km, intensity, sd, chances, pga, pgv, s_ns, early_ns = row
    lead_s = (early_ns - issued_ns) / SECOND_NS
    return Shaking(target.name, km, intensity, sd, tuple(chances), pga, pgv, s_ns, early_ns, lead_s, lead_s <= 0)


@dataclass(frozen=True, slots=True)
class _Sites:
    latitude: FloatArray
    longitude: FloatArray
    elevation_m: FloatArray
    vs30_m_s: FloatArray

    @classmethod
    def of(cls, targets: Sequence[Target]) -> "_Sites":
        rows = [(one.latitude, one.longitude, one.elevation_m, one.vs30_m_s) for one in targets]
        return cls(*np.array(rows, dtype=np.float64).T)


@dataclass(frozen=True, slots=True)
class _Motion:
    """Intensity at targets, of each component (place and formula) a normal distribution.

    ``mean``, ``sd``, ``weight`` are (targets, components), weights sum to 1; logarithms (natural) of the peaks are
    (targets,) means.
    """

    mean: FloatArray
    sd: FloatArray
    weight: FloatArray
    log_pga: FloatArray
    log_pgv: FloatArray

    def spread(self) -> FloatArray:
        """(targets,) standard deviation of the whole."""
        mean = (self.weight * self.mean).sum(axis=1, keepdims=True)
        return np.asarray(np.sqrt((self.weight * (self.sd**2 + (self.mean - mean) ** 2)).sum(axis=1)))


def _motion(km: FloatArray, sites: _Sites, sources: Possible, params: ShakingParams) -> _Motion:
    """A component for each place and what it may be there, crust or slab; ``km`` (targets, places, epicentres)."""
    blend = np.clip((sources.depth_km - SHALLOW_KM) / (DEEP_KM - SHALLOW_KM), 0.0, 1.0)
    parts: list[tuple[FloatArray, ...]] = []
    weights: list[float] = []
    for place, (share, slab) in enumerate(zip(sources.depth_weight, blend, strict=True)):
        away = km[:, place]
        if (crust := float((share * (1 - slab)).sum())) > NEGLIGIBLE:
            parts.append(_crust(away, sites, sources, params))
            weights.append(crust)
        deep = share * slab
        if deep.sum() > NEGLIGIBLE:
            used = deep > 0
            parts.append(_slab(away, sites, sources, (sources.depth_km[place, used], deep[used] / deep.sum()), params))
            weights.append(float(deep.sum()))
    mean, variance, log_pga, log_pgv = (np.stack(column, axis=1) for column in zip(*parts, strict=True))
    weight = np.broadcast_to(np.array(weights) / sum(weights), mean.shape)
    return _Motion(mean, np.sqrt(variance), weight, (log_pga * weight).sum(axis=1), (log_pgv * weight).sum(axis=1))


def _crust(km: FloatArray, sites: _Sites, sources: Possible, params: ShakingParams) -> tuple[FloatArray, ...]:
    """(targets,) each: mean and variance of intensity, means of the logarithms of PGA and PGV; ``km`` (targets, 7)."""
    size = sources.magnitude
    average, spread = rupture_distance(km[..., None], rupture_km(size))
    near = np.maximum(np.stack([average - spread, average + spread], axis=-1), 0.0)
    vs30 = sites.vs30_m_s[:, None, None, None]
    pga, pgv = (bssa14(size[:, None], near, measure, vs30) for measure in MEASURES)
    weight = EPICENTRE_WEIGHT[:, None] * sources.magnitude_weight
    sigmas = [bssa14_sigma(float(size[1]), measure) for measure in MEASURES]
    shaken = _felt(pga, "PGA", sigmas[0]), _felt(pgv, "PGV", sigmas[1])
    # errors of the two peaks go together, so that the mean of both is no surer than one
    felt, sd = ((one + other) / 2 for one, other in zip(*shaken, strict=True))
    both = weight[..., None] * np.full(2, 0.5)
    moved, moved_variance = _moments(felt, sd**2 + SCALE_SD**2, both)
    direct, direct_variance = _moments(bindi11(size, km[..., None]), BINDI11_SD**2, weight)
    share = params.bindi
    between = share * (1 - share) * (direct - moved) ** 2
    return (
        share * direct + (1 - share) * moved,
        share * direct_variance + (1 - share) * moved_variance + between,
        _mean(np.log(pga), both),
        _mean(np.log(pgv), both),
    )


def _slab(
    km: FloatArray,
    sites: _Sites,
    sources: Possible,
    depths: tuple[FloatArray, FloatArray],
    params: ShakingParams,
) -> tuple[FloatArray, ...]:
    """The same in the slab; ``depths`` are some and their weights."""
    depth, share = depths[0][:, None], depths[1]
    weight = EPICENTRE_WEIGHT[:, None, None] * share[:, None] * sources.magnitude_weight
    away = np.hypot(km[..., None, None], depth + sites.elevation_m[:, None, None, None] / 1000.0)
    vs30 = sites.vs30_m_s[:, None, None, None]
    branches = []
    for backarc in (False, True):
        peak = bchydro_slab(sources.magnitude, away, depth, backarc=backarc, vs30_m_s=vs30)
        felt, sd = _felt(peak, "PGA", BCHYDRO_SLAB_SD)
        branches.append((*_moments(felt, sd**2 + SCALE_SD**2, weight), _mean(np.log(peak), weight)))
    (fore, fore_variance, fore_log), (back, back_variance, back_log) = branches
    share_back = params.backarc
    mean = (1 - share_back) * fore + share_back * back
    between = share_back * (1 - share_back) * (fore - back) ** 2
    variance = (1 - share_back) * fore_variance + share_back * back_variance + between
    # the model has no velocity: that of the same intensity
    return (
        mean,
        variance,
        (1 - share_back) * fore_log + share_back * back_log,
        np.log(worden12_peak(mean, "PGV") / LARGER_HORIZONTAL),
    )


def _felt(peak: FloatArray, measure: Measure, sigma: float) -> tuple[FloatArray, FloatArray]:
    """Intensity of a predicted peak and its standard deviation: of the peak (log10) and of the conversion."""
    # the conversion has kinks, so its slope is that from one standard deviation below to one above
    larger = LARGER_HORIZONTAL * peak
    less, more = worden12(larger * 10**-sigma, measure), worden12(larger * 10**sigma, measure)
    return worden12(larger, measure), np.hypot((more - less) / 2, WORDEN12_SD[measure])


def _mean(value: FloatArray, weight: FloatArray) -> FloatArray:
    """Over all axes but that of the targets; weights sum to 1."""
    return np.asarray((value * weight).sum(axis=tuple(range(1, value.ndim))))


def _moments(value: FloatArray, variance: FloatArray | float, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of normal distributions taken together."""
    mean = _mean(value, weight)
    return mean, _mean(value**2 + variance, weight) - mean**2


def _above(levels: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """(targets, levels, components) probability of reaching each level."""
    from scipy.special import ndtr

    return np.asarray(ndtr((mean[:, None] - levels[:, None]) / sd[:, None]))


def _quantile(share: float, mean: FloatArray, sd: FloatArray, weight: FloatArray) -> FloatArray:
    """(targets,) value below which a share of a mixture of normal distributions lies, by halving."""
    from scipy.special import ndtr, ndtri

    if mean.shape[1] == 1:
        return np.asarray(mean[:, 0] + ndtri(share) * sd[:, 0])
    low, high = (mean - 5 * sd).min(axis=1), (mean + 5 * sd).max(axis=1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = (ndtr((middle[:, None] - mean) / sd) * weight).sum(axis=1) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


def _shear(
    far_deg: FloatArray,
    sites: _Sites,
    sources: Possible,
    model: TravelTimes,
    origin: Origin,
    params: ShakingParams,
) -> tuple[FloatArray, FloatArray]:
    """(targets,) seconds from the origin time to S: 16th percentile and median."""
    used = np.flatnonzero(sources.depth_weight.sum(axis=0) > 0)
    share, depth = sources.depth_weight[:, used], sources.depth_km[:, None, used]
    far = np.broadcast_to(far_deg[..., None], (*far_deg.shape, len(used)))
    time_s = model.times("S", far, depth)
    time_s = time_s + rise_s(sites.elevation_m[:, None, None, None], "S", far * KM_PER_DEGREE, depth, time_s)
    # one component of each place and class of depth: crust and slab differ by more than the spread of either
    mean = (time_s * EPICENTRE_WEIGHT[:, None]).sum(axis=2)
    variance = np.maximum((time_s**2 * EPICENTRE_WEIGHT[:, None]).sum(axis=2) - mean**2, 0.0)
    variance += np.square(params.s_sigma_s + params.s_sigma_share * mean) + origin.time_uncertainty_s**2
    weight = np.broadcast_to(share, mean.shape).reshape(len(mean), -1)
    mean, sd = mean.reshape(len(mean), -1), np.sqrt(np.maximum(variance, LEAST_SD**2)).reshape(len(mean), -1)
    return _quantile(EARLY, mean, sd, weight), _quantile(0.5, mean, sd, weight)


def blind_radius_km(origin: Origin, model: TravelTimes, issued_ns: int) -> float:
    """Within this distance of the most probable epicentre S had come when the forecast was issued; 0 if nowhere.

    For a map: at sea level, for the most probable place; the table ends at 1,556 km.
    """
    away_deg = np.arange(round(MAX_DEG / STEP_DEG) + 1) * STEP_DEG
    time_s = model.times("S", away_deg, origin.depth_km)
    passed = int(np.searchsorted(time_s, (issued_ns - origin.time_ns) / SECOND_NS, side="right"))
    if passed == 0:
        return 0.0
    return float(np.interp((issued_ns - origin.time_ns) / SECOND_NS, time_s, away_deg) * KM_PER_DEGREE)
