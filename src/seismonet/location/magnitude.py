"""The size of an event: from the displacement of its P waves at once, from its S waves when they are in.

The rule this file owns: every estimate carries its variance, and estimates are combined by it; where crust and slab
are both possible, so are both sizes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import BoolArray, FloatArray
from seismonet.core.event import Magnitude, Origin, StationMagnitude
from seismonet.models.magnitude import (
    ML_SATURATES_FROM,
    ML_SATURATION,
    PD_SLOPE_R,
    PD_VALID_KM,
    local_magnitude,
    pd_magnitude,
    pd_sigma,
    slab_magnitude,
    tau_c_magnitude,
    unsaturated,
)

from .amplitudes import MagnitudeParams, Reading, Site, p_reading, s_reading

SLAB_FROM_KM = 60.0
LOWEST, HIGHEST, STEP = 2.5, 8.5, 0.5
FAR_SIGMA_PER_KM = 0.003
"""A relation for 200 km says less beyond: a third of a unit each further 100 km."""
LARGE, LARGE_WINDOW_S = 6.5, 10.0
"""Ruptures of magnitude 6.5 last some 10 s: less of P than that may not have seen all of one."""
ML_CEILING = 7.0
SHARED = 0.5
"""Correlation of the errors of P and S of one earthquake: stress drop, and the place, move both."""
TAU_C_KM, TAU_C_RATIO, TAU_C_MAGNITUDE, TAU_C_DIFFERENCE = 100.0, 5.0, 4.5, 1.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Magnitude of several stations by one relation; ``used`` tells who was not set aside; one standard deviation."""

    type: str
    value: float
    sigma: float
    stations: tuple[StationMagnitude, ...]
    at_least: bool


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
    slab = _estimate(p, "Mpd", _slab, origin, params, params.slab_event_sigma) if deep > 0 else None
    if crust is None or slab is None:
        return _magnitude(slab or crust, p, params)
    value = (1 - deep) * crust.value + deep * slab.value
    spread = deep * (1 - deep) * (crust.value - slab.value) ** 2
    sigma = float(np.sqrt((1 - deep) * crust.sigma**2 + deep * slab.sigma**2 + spread))
    main, other = (slab, crust) if deep >= 0.5 else (crust, slab)
    mixed = Estimate(main.type, value, sigma, main.stations, main.at_least or (other.at_least and 0.1 < deep < 0.9))
    return _magnitude(mixed, p, params)


def _probability_deep(origin: Origin) -> float:
    if origin.confidence is None:
        return float(origin.depth_km >= SLAB_FROM_KM)
    shallow, deep = origin.confidence.probability_shallow, origin.confidence.probability_deep
    between = max(0.0, 1.0 - shallow - deep)
    # from 40 to 60 km an earthquake is in the thick crust
    return min(1.0, deep / max(shallow + deep + between, 1e-9))


def _crust(p: list[Reading], s: list[Reading], origin: Origin, params: MagnitudeParams) -> Estimate | None:
    """Mpd and ML with the least variance; P that ended before a large rupture did says nothing against ML."""
    of_p = _estimate(p, "Mpd", _shallow, origin, params, params.p_event_sigma)
    of_s = _estimate(s, "ML", _local, origin, params, params.s_event_sigma)
    if of_p is None or of_s is None:
        return of_s or of_p
    shared = SHARED * of_p.sigma * of_s.sigma
    total = of_p.sigma**2 + of_s.sigma**2 - 2 * shared
    share = float(np.clip((of_s.sigma**2 - shared) / total, 0.0, 1.0))
    value = share * of_p.value + (1 - share) * of_s.value
    sigma = np.sqrt((share * of_p.sigma) ** 2 + ((1 - share) * of_s.sigma) ** 2 + 2 * share * (1 - share) * shared)
    main = of_p if share > 0.5 else of_s
    return Estimate(main.type, value, float(sigma), of_p.stations + of_s.stations, main.at_least)


def _shallow(one: Reading) -> tuple[float, float, float]:
    """Value, its standard deviation, and how fast it changes with the logarithm of the distance."""
    km, window_s = one.site.hypocentral_km, one.amplitude.window_s
    far = FAR_SIGMA_PER_KM * max(0.0, km - PD_VALID_KM)
    return float(pd_magnitude(one.peak_m, km)), float(np.hypot(pd_sigma(window_s), far)), PD_SLOPE_R


def _slab(one: Reading) -> tuple[float, float, float]:
    km, window_s = one.site.hypocentral_km, one.amplitude.window_s
    return float(slab_magnitude(one.peak_m, km, window_s)), pd_sigma(window_s), PD_SLOPE_R


def _local(one: Reading) -> tuple[float, float, float]:
    km = one.site.hypocentral_km
    return float(local_magnitude(one.peak_m, km)), 0.0, 1.11 + 0.00189 * km * np.log(10)


def _estimate(
    readings: list[Reading],
    kind: str,
    relation: Callable[[Reading], tuple[float, float, float]],
    origin: Origin,
    params: MagnitudeParams,
    event_sigma: float,
) -> Estimate | None:
    """Stations averaged by inverse variance; clipped ones are lower bounds, and stand aside while another is there."""
    if not readings:
        return None
    found = np.array([relation(one) for one in readings])
    noise = 1.2 * np.array([one.log10_sigma for one in readings])
    values, sigma = found[:, 0], np.sqrt(found[:, 1] ** 2 + noise**2 + (params.station_sigma**2 if kind == "ML" else 0))
    clipped = np.array([one.clipped for one in readings])
    counts = ~clipped if not clipped.all() else clipped
    counts = counts & _near(values, counts, params.outlier)
    weight = np.where(counts, 1 / np.square(sigma), 0.0)
    weight /= weight.sum()
    value = float(weight @ values)
    variance = float(np.square(weight) @ np.square(sigma))
    scatter = float(weight @ np.square(values - value))
    many = int(counts.sum())
    # stations that differ more than their errors allow say that these are too small
    variance = max(variance, scatter / (many - 1)) if many > 1 else variance
    place = float(weight @ (found[:, 2] * [_place_sigma(one.site.hypocentral_km, origin) for one in readings]))
    sigma_all = float(np.sqrt(variance + event_sigma**2 + place**2))
    stations = tuple(_part(kind, one, float(v), bool(ok)) for one, v, ok in zip(readings, values, counts, strict=True))
    windows = np.array([one.amplitude.window_s for one in readings])
    short = kind == "Mpd" and value > LARGE and float(np.median(windows[counts])) < LARGE_WINDOW_S
    return _settled(Estimate(kind, value, sigma_all, stations, bool(clipped.all()) or short))


def _settled(one: Estimate) -> Estimate:
    """An ML beyond where it saturates as what it stands for, and half of the correction in doubt."""
    if one.type != "ML" or one.value <= ML_SATURATES_FROM:
        return one
    value = unsaturated(one.value)
    sigma = float(np.hypot(one.sigma * (1 + ML_SATURATION), (value - one.value) / 2))
    return Estimate("Mw(ML)", value, sigma, one.stations, one.at_least or value > ML_CEILING)


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
    off_km = np.hypot(across * origin.horizontal_uncertainty_km, depth * origin.depth_uncertainty_km)
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
