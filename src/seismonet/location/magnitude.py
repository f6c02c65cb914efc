"""The size of an event: from the displacement of its P waves at once, from its S waves when they are in.

The rule this file owns: every estimate carries its variance, and estimates are combined by it; where crust and slab
are both possible, so are both sizes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seismonet.core.arrays import BoolArray, FloatArray
from seismonet.core.event import Magnitude, Origin, StationMagnitude
from seismonet.models.magnitude import (
    ML_CEILING,
    PD_SLOPE_R,
    PD_VALID_KM,
    local_magnitude,
    pd_magnitude,
    pd_sigma,
    rupture_s,
    slab_magnitude,
    tau_c_magnitude,
    unsaturated,
)

from .amplitudes import MagnitudeParams, Reading, Site, p_reading, s_reading

SLAB_FROM_KM = 60.0
LOWEST, HIGHEST, STEP = 2.5, 8.5, 0.5
FAR_SIGMA_PER_KM = 0.003
"""A relation for 200 km says less beyond: a third of a unit each further 100 km."""
LARGE = 6.5
"""P that was seen for less than such an earthquake lasts is a lower bound."""
CORRECTED, CORRECTION_DOUBT, CORRECTED_CEILING = 0.1, 1 / 3, 7.0
"""A mean correction of ML that is worth a type of its own; the part of it in doubt; beyond this even it is short."""
SHARED = 0.5
"""Correlation of the errors of P and S of one earthquake: stress drop, and the place, move both."""
AMPLITUDE_SLOPE = 1.2
"""How fast a magnitude changes with log10 of its amplitude: 1 for ML, 1.23 for Mpd."""
TAU_C_KM, TAU_C_RATIO, TAU_C_MAGNITUDE, TAU_C_DIFFERENCE = 100.0, 5.0, 4.5, 1.0


@dataclass(frozen=True, slots=True)
class Relation:
    """How an amplitude becomes a magnitude.

    ``station`` gives a reading's value, its standard deviation, and how fast it changes with log10 of the distance;
    ``event_sigma`` is what is common to all stations.
    """

    type: str
    station: Callable[[Reading], tuple[float, float, float]]
    event_sigma: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Magnitude of several stations by one relation; ``window_s`` is the median of what they saw."""

    type: str
    value: float
    sigma: float
    stations: tuple[StationMagnitude, ...]
    at_least: bool
    window_s: float


def network_magnitude(sites: Sequence[Site], origin: Origin, params: MagnitudeParams) -> Magnitude | None:
    """One magnitude of all that was measured; None when nothing stands out of the noise.

    Parameters
    ----------
    sites : one of each station whose P belongs to the event, with all its amplitudes so far
    origin : its depth, uncertainties and, in ``confidence``, the probability that it is in the slab
    params : MagnitudeParams

    Notes
    -----
    Crust: P displacement by Kuyuk & Allen (2013), and ML (IASPEI 2013) of the stations whose S waves are in. The two
    are combined so that the variance is least, their errors being correlated by one half; the type is that of the
    larger share, ``Mw(ML)`` where ML was corrected for its saturation. Slab: P displacement alone. Where both are
    possible, the mean of both by their probability, their difference being part of the uncertainty.
    """
    p = [one for site in sites if (one := p_reading(site, params)) is not None]
    s = [one for site in sites if (one := s_reading(site, params)) is not None]
    deep = _probability_deep(origin)
    crust = _crust(p, s, origin, params) if deep < 1 else None
    slab = _bound(_estimate(p, Relation("Mpd", _slab, params.slab_event_sigma), origin, params)) if deep > 0 else None
    if crust is None or slab is None:
        return _magnitude(slab or crust, p, params)
    value = (1 - deep) * crust.value + deep * slab.value
    spread = deep * (1 - deep) * (crust.value - slab.value) ** 2
    sigma = float(np.sqrt((1 - deep) * crust.sigma**2 + deep * slab.sigma**2 + spread))
    main, other = (slab, crust) if deep >= 0.5 else (crust, slab)
    at_least = main.at_least or (other.at_least and 0.1 < deep < 0.9)
    mixed = replace(main, value=value, sigma=sigma, at_least=at_least)
    return _magnitude(mixed, p, params)


def _probability_deep(origin: Origin) -> float:
    if origin.confidence is None:
        return float(origin.depth_km >= SLAB_FROM_KM)
    shallow, deep = origin.confidence.probability_shallow, origin.confidence.probability_deep
    between = max(0.0, 1.0 - shallow - deep)
    # from 40 to 60 km an earthquake is in the thick crust
    return min(1.0, deep / max(shallow + deep + between, 1e-9))


def _crust(p: list[Reading], s: list[Reading], origin: Origin, params: MagnitudeParams) -> Estimate | None:
    """Mpd and ML with the least variance."""
    of_p = _estimate(_within(p, s), Relation("Mpd", _shallow, params.p_event_sigma), origin, params)
    local = Relation("ML", lambda one: _local(one, params.station_sigma), params.s_event_sigma)
    of_s = _settled(_estimate(s, local, origin, params), s)
    if of_p is None or of_s is None:
        return of_s or _bound(of_p)
    of_p = _doubted(of_p, max(of_p.value, of_s.value))
    shared = SHARED * of_p.sigma * of_s.sigma
    total = of_p.sigma**2 + of_s.sigma**2 - 2 * shared
    share = float(np.clip((of_s.sigma**2 - shared) / total, 0.0, 1.0))
    value = share * of_p.value + (1 - share) * of_s.value
    sigma = np.sqrt((share * of_p.sigma) ** 2 + ((1 - share) * of_s.sigma) ** 2 + 2 * share * (1 - share) * shared)
    main = (_bound(of_p) or of_p) if share > 0.5 else of_s
    return replace(main, value=value, sigma=float(sigma), stations=of_p.stations + of_s.stations)


def _within(p: list[Reading], s: list[Reading]) -> list[Reading]:
    """Those as near as the relation is valid; the farther ones only while there is nothing else at all."""
    near = [one for one in p if one.site.hypocentral_km <= PD_VALID_KM]
    return near if near or s else p


def _bound(of_p: Estimate | None) -> Estimate | None:
    """A large earthquake of which P was seen for less than it lasts."""
    if of_p is None:
        return None
    short = of_p.value > LARGE and of_p.window_s < rupture_s(of_p.value)
    return replace(_doubted(of_p, of_p.value), at_least=of_p.at_least or short)


def _doubted(of_p: Estimate, magnitude: float) -> Estimate:
    """P that ended before the rupture did says the less of its size, the more it missed."""
    missed = max(0.0, float(np.log10(rupture_s(magnitude) / of_p.window_s)))
    return replace(of_p, sigma=float(np.hypot(of_p.sigma, missed)))


def _shallow(one: Reading) -> tuple[float, float, float]:
    """Value, its standard deviation, and how fast it changes with the logarithm of the distance."""
    km, window_s = one.site.hypocentral_km, one.amplitude.window_s
    far = FAR_SIGMA_PER_KM * max(0.0, km - PD_VALID_KM)
    return float(pd_magnitude(one.peak_m, km)), float(np.hypot(pd_sigma(window_s), far)), PD_SLOPE_R


def _slab(one: Reading) -> tuple[float, float, float]:
    km, window_s = one.site.hypocentral_km, one.amplitude.window_s
    return float(slab_magnitude(one.peak_m, km, window_s)), pd_sigma(window_s), PD_SLOPE_R


def _local(one: Reading, sigma: float) -> tuple[float, float, float]:
    """What saturates tells differences of the amplitude the less, so all errors grow by the slope of the correction."""
    km = one.site.hypocentral_km
    value = local_magnitude(one.peak_m, km)
    # above the ceiling the correction no longer grows, but is no surer for that
    at = min(float(value), ML_CEILING - 0.05)
    slope = float(unsaturated(at + 0.05, km) - unsaturated(at - 0.05, km)) / 0.1
    return float(unsaturated(value, km)), sigma * slope, (1.11 + 0.00189 * km * np.log(10)) * slope


def _estimate(readings: list[Reading], by: Relation, origin: Origin, params: MagnitudeParams) -> Estimate | None:
    """Stations averaged by inverse variance; clipped ones are lower bounds, and stand aside while another is there."""
    if not readings:
        return None
    values, sigmas, slopes = np.array([by.station(one) for one in readings]).T
    sigmas = np.hypot(sigmas, AMPLITUDE_SLOPE * np.array([one.log10_sigma for one in readings]))
    clipped = np.array([one.clipped for one in readings])
    counts = ~clipped if not clipped.all() else clipped
    counts = counts & _near(values, counts, params.outlier)
    weights = np.where(counts, 1 / np.square(sigmas), 0.0)
    weights /= weights.sum()
    place = float(weights @ (slopes * [_place_sigma(one.site.hypocentral_km, origin) for one in readings]))
    sigma = float(np.sqrt(_variance(values, sigmas, weights) + by.event_sigma**2 + place**2))
    stations = tuple(
        _part(by.type, one, float(value), bool(ok)) for one, value, ok in zip(readings, values, counts, strict=True)
    )
    window_s = float(np.median(np.array([one.amplitude.window_s for one in readings])[counts]))
    return Estimate(by.type, float(weights @ values), sigma, stations, bool(clipped.all()), window_s)


def _variance(values: FloatArray, sigmas: FloatArray, weights: FloatArray) -> float:
    """Of the mean of the stations; those that differ more than their errors allow say that these are too small."""
    expected = float(np.square(weights) @ np.square(sigmas))
    many = int((weights > 0).sum())
    scatter = float(weights @ np.square(values - weights @ values))
    return max(expected, scatter / (many - 1)) if many > 1 else expected


def _settled(one: Estimate | None, s: list[Reading]) -> Estimate | None:
    """Where ML was corrected for its saturation the type says so, and part of the correction is in doubt."""
    if one is None:
        return None
    plain = [float(local_magnitude(reading.peak_m, reading.site.hypocentral_km)) for reading in s]
    used = [k for k, part in enumerate(one.stations) if part.used]
    correction = float(np.mean([one.stations[k].value - plain[k] for k in used]))
    sigma = float(np.hypot(one.sigma, CORRECTION_DOUBT * correction))
    kind = "Mw(ML)" if correction > CORRECTED else "ML"
    return replace(one, type=kind, sigma=sigma, at_least=one.at_least or one.value > CORRECTED_CEILING)


def _near(values: FloatArray, counts: BoolArray, limit: float) -> BoolArray:
    """Those within the limit of the median of the others that count; of two that differ nobody knows which is wrong."""
    near = np.ones(len(values), dtype=bool)
    if counts.sum() < 3:
        return near
    for index in np.flatnonzero(counts):
        others = counts.copy()
        others[index] = False
        near[index] = abs(values[index] - np.median(values[others])) <= limit
    return near if (near & counts).any() else np.ones(len(values), dtype=bool)


def _place_sigma(hypocentral_km: float, origin: Origin) -> float:
    """Standard deviation of log10 of the hypocentral distance, from that of the place."""
    km = max(hypocentral_km, 1.0)
    depth = min(origin.depth_km / km, 1.0)
    across = np.sqrt(1 - depth**2)
    # the radius that holds 68 % of a Gaussian in two dimensions is 1.51 of its standard deviations
    off_km = np.hypot(across * origin.horizontal_uncertainty_km / 1.51, depth * origin.depth_uncertainty_km)
    return float(min(1.0, off_km / km) / np.log(10))


def _part(kind: str, one: Reading, value: float, used: bool) -> StationMagnitude:
    amplitude = one.amplitude
    return StationMagnitude(
        amplitude.pick_id,
        amplitude.source_id,
        value,
        amplitude.pd_m,
        amplitude.window_s,
        used,
        kind,
        one.peak_m if kind == "ML" else 0.0,
    )


def _magnitude(one: Estimate | None, p: list[Reading], params: MagnitudeParams) -> Magnitude | None:
    if one is None:
        return None
    chances = half_units(one.value, one.sigma, params.gutenberg_richter_b, at_least=one.at_least)
    check = tau_c_check(p, one.value)
    return Magnitude(one.value, one.type, one.sigma, one.stations, one.at_least, chances, check)


def half_units(value: float, sigma: float, b: float, *, at_least: bool = False) -> tuple[float, ...]:
    """Probabilities of the half units from M 2.0 on, the first holding all below 2.5 and the last all from 8.5.

    What was measured, times what is usual: earthquakes of one unit less are ``10**b`` times as frequent (Gutenberg &
    Richter, 1944). A lower bound speaks against what is smaller only.

    >>> chances = half_units(5.2, 0.2, 1.0)
    >>> len(chances), round(sum(chances), 9), round(chances[6], 2)
    (14, 1.0, 0.68)
    """
    from scipy.special import log_ndtr

    middle = np.arange(0.005, 9.5, 0.01)
    off = (middle - value) / max(sigma, 0.01)
    log_likelihood = log_ndtr(off) if at_least else -np.square(off) / 2
    log_density = log_likelihood - np.log(10) * b * middle
    density = np.exp(log_density - log_density.max())
    edges = np.arange(LOWEST, HIGHEST + STEP / 2, STEP)
    share = np.bincount(np.searchsorted(edges, middle, side="right"), density, minlength=len(edges) + 1)
    return tuple((share / share.sum()).tolist())


def tau_c_check(p: Sequence[Reading], value: float) -> str:
    """A sentence when the period of the P waves speaks for another size by more than one unit; else nothing.

    Near stations whose displacement stands well out of the noise, at least two, from M 4.5 on, where tau_c is known to
    grow with magnitude (Wu & Kanamori 2008).
    """
    periods = [
        one.amplitude.tau_c_s
        for one in p
        if one.amplitude.tau_c_s > 0
        and not one.clipped
        and one.site.hypocentral_km <= TAU_C_KM
        and one.amplitude.pd_m >= TAU_C_RATIO * one.amplitude.noise_pd_m
    ]
    if len(periods) < 2:
        return ""
    tau_c_s = float(np.median(periods))
    other = float(tau_c_magnitude(tau_c_s))
    if max(value, other) < TAU_C_MAGNITUDE or abs(other - value) <= TAU_C_DIFFERENCE:
        return ""
    size = "larger" if other > value else "smaller"
    return (
        f"P waves of period {tau_c_s:.2g} s (tau_c, {len(periods)} stations) speak for a {size} magnitude, {other:.1f}"
    )
