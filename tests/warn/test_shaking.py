"""Shaking at targets, against the same distribution drawn by chance, and against what is known of two earthquakes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy.stats import norm

from seismonet.core.alert import LEVELS, Shaking
from seismonet.core.arrays import BoolArray, FloatArray
from seismonet.core.event import Magnitude, Origin, Place
from seismonet.core.geo import KM_PER_DEGREE, distance_deg, distance_km
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS
from seismonet.location.magnitude import half_units
from seismonet.models.groundmotion import LOG10_E, bchydro_slab, bssa14, bssa14_sigma
from seismonet.models.intensity import Measure, bindi11, worden12
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.warn.shaking import MEASURES, ShakingParams, blind_radius_km, forecast
from tests.warn.sources import confidence, origin

PARAMS = ShakingParams()
NEAR = Target("near", "village", 38.2, 72.1)
FAR = Target("far", "town", 39.0, 73.5)
SURE = Magnitude(6.0, "ML", 0.0, ())


@pytest.fixture(scope="module")
def model() -> TravelTimes:
    return travel_times("pamir70-v0")


def one(model: TravelTimes, source: Origin, size: Magnitude, target: Target = NEAR, **params: float) -> Shaking:
    (found,) = forecast(source, size, [target], model, source.time_ns, ShakingParams(**params))
    return found


def felt(peak: ArrayLike, measure: Measure) -> FloatArray:
    """Intensity of a mean horizontal peak: the larger one is a tenth more."""
    return worden12(1.1 * np.asarray(peak), measure)


def span(peak: ArrayLike, measure: Measure, sigma: float) -> FloatArray:
    """Half of what intensity differs by between one standard deviation (log10) of a peak more and less."""
    more, less = (felt(np.asarray(peak) * 10 ** (sign * sigma), measure) for sign in (1, -1))
    return np.asarray((more - less) / 2)


def test_crust_is_the_mean_of_both_models(model: TravelTimes) -> None:
    source = origin(confidence=confidence())
    small = Magnitude(5.0, "ML", 0.0, ())
    direct, moved, both = (one(model, source, small, FAR, bindi=share) for share in (1.0, 0.0, 0.5))
    km = float(distance_km(38.0, 72.0, 39.0, 73.5))
    assert direct.intensity == pytest.approx(float(bindi11(5.0, km)), abs=0.01)
    assert direct.sd == pytest.approx(0.689, abs=0.02)
    # a rupture of 3 km is next to nothing at 172 km
    peaks = [float(bssa14(5.0, km - 1, measure)) for measure in MEASURES]
    levels = [float(felt(peak, measure)) for peak, measure in zip(peaks, MEASURES, strict=True)]
    assert moved.intensity == pytest.approx(np.mean(levels), abs=0.05)
    assert (moved.pga_m_s2, moved.pgv_m_s) == pytest.approx(peaks, rel=0.02)
    parts = [
        np.hypot(span(peak, measure, bssa14_sigma(5.0, measure)), sd)
        for peak, measure, sd in zip(peaks, MEASURES, (0.66, 0.63), strict=True)
    ]
    assert moved.sd == pytest.approx(np.hypot(np.mean(parts), 0.3), abs=0.02)
    assert both.intensity == pytest.approx((direct.intensity + moved.intensity) / 2)
    apart = (direct.intensity - moved.intensity) / 2
    assert both.sd == pytest.approx(np.sqrt((direct.sd**2 + moved.sd**2) / 2 + apart**2), abs=0.01)


def test_slab_is_the_slab_model_and_no_crustal_formula(model: TravelTimes) -> None:
    source = origin(depth_km=120.0, depth_sigma_km=1.0, confidence=confidence(shallow=0.0, deep=1.0))
    # 1 km more or less in depth, and the middle of the table's cells
    away = float(np.hypot(distance_km(38.0, 72.0, 38.2, 72.1), 120.0))
    for backarc in (0.0, 1.0):
        found = one(model, source, SURE, backarc=backarc)
        peak = float(bchydro_slab(6.0, away, 120.0, backarc=backarc == 1.0))
        assert found.pga_m_s2 == pytest.approx(peak, rel=0.03)
        assert found.intensity == pytest.approx(float(felt(peak, "PGA")), abs=0.06)
        spread = np.sqrt(span(peak, "PGA", 0.74 * LOG10_E) ** 2 + 0.66**2 + 0.3**2)
        assert found.sd == pytest.approx(float(spread), abs=0.03)
    assert one(model, source, SURE, bindi=0.0) == one(model, source, SURE, bindi=1.0)


def test_between_40_and_60_km_the_models_blend(model: TravelTimes) -> None:
    def at(depth_km: float, **params: float) -> Shaking:
        return one(model, origin(depth_km=depth_km, depth_sigma_km=1.0, confidence=None), SURE, FAR, **params)

    crust = [at(depth, bindi=1.0).intensity - at(depth, bindi=0.0).intensity for depth in (30.0, 50.0, 70.0)]
    slab = [at(depth, backarc=0.0).intensity - at(depth, backarc=1.0).intensity for depth in (30.0, 50.0, 70.0)]
    assert crust[0] > 0.5
    assert 0.25 * crust[0] < crust[1] < 0.75 * crust[0]
    assert crust[2] == 0
    assert slab[0] == 0
    assert 0.25 * slab[2] < slab[1] < 0.75 * slab[2]


def drawn(
    source: Origin, size: Magnitude, target: Target, model: TravelTimes, count: int = 60_000
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Intensity, S and whether in the slab, of sources drawn by chance: the same formulas, put together plainly."""
    random = np.random.default_rng(3)
    sure = source.confidence
    assert sure is not None
    place = random.choice(len(sure.modes), count, p=[mode.probability for mode in sure.modes])
    middle = np.array([(mode.latitude, mode.longitude, mode.depth_km) for mode in sure.modes])[place]
    along, across = random.normal(size=(2, count)) * np.array([[sure.major_km], [sure.minor_km]]) / 1.5096
    angle = np.deg2rad(sure.azimuth_deg)
    north, east = along * np.cos(angle) - across * np.sin(angle), along * np.sin(angle) + across * np.cos(angle)
    latitude = middle[:, 0] + north / KM_PER_DEGREE
    longitude = middle[:, 1] + east / KM_PER_DEGREE / np.cos(np.deg2rad(middle[:, 0]))
    depth = np.abs(middle[:, 2] + random.normal(size=count) * source.depth_uncertainty_km)
    magnitude = size.value + size.uncertainty * random.normal(size=count)
    km = distance_km(latitude, longitude, target.latitude, target.longitude)
    length = 10 ** (-2.44 + 0.59 * magnitude)
    strike, begin = random.uniform(0, 2 * np.pi, count), random.uniform(0, 1, count) * length
    x, y = km * np.cos(strike), km * np.sin(strike)
    near = np.hypot(x - np.clip(x, -begin, length - begin), y)
    chance = random.normal(size=count)
    pga, pgv = bssa14(magnitude, near, "PGA"), bssa14(magnitude, near, "PGV")
    sd = [
        np.hypot(span(peak, measure, bssa14_sigma(6.0, measure)), extra)
        for peak, measure, extra in zip((pga, pgv), MEASURES, (0.66, 0.63), strict=True)
    ]
    moved = (felt(pga, "PGA") + felt(pgv, "PGV")) / 2 + chance * np.hypot((sd[0] + sd[1]) / 2, 0.3)
    crust = np.where(random.uniform(size=count) < 0.5, bindi11(magnitude, km) + chance * 0.689, moved)
    behind = random.uniform(size=count) < 0.5
    away = np.hypot(km, depth)
    back, fore = (bchydro_slab(magnitude, away, depth, backarc=backarc) for backarc in (True, False))
    peak = np.where(behind, back, fore)
    spread = np.sqrt(span(peak, "PGA", 0.74 * LOG10_E) ** 2 + 0.66**2 + 0.3**2)
    slab = felt(peak, "PGA") + chance * spread
    deep = random.uniform(size=count) < np.clip((depth - 40) / 20, 0, 1)
    s = model.times("S", km / KM_PER_DEGREE, depth)
    s = s + random.normal(size=count) * np.hypot(0.5 + 0.03 * s, source.time_uncertainty_s)
    return np.where(deep, slab, crust), s, np.asarray(deep)


@pytest.mark.parametrize("case", ["crust", "slab", "two places"])
def test_the_whole_distribution(model: TravelTimes, case: str) -> None:
    crust, slab = Place(38.0, 72.0, 18.0, 0.7), Place(36.5, 70.7, 190.0, 0.3)
    modes = {"crust": (replace(crust, probability=1.0),), "slab": (replace(slab, probability=1.0),)}
    places = modes.get(case, (crust, slab))
    deep = sum(place.probability for place in places if place.depth_km > 60)
    sure = confidence(major_km=25.0, minor_km=12.0, azimuth_deg=30.0, shallow=1 - deep, deep=deep, modes=places)
    source = origin(
        latitude=places[0].latitude,
        longitude=places[0].longitude,
        depth_km=places[0].depth_km,
        depth_sigma_km=6.0,
        time_sigma_s=1.0,
        confidence=sure,
    )
    size = Magnitude(6.0, "Mpd", 0.3, ())
    for target in (NEAR, FAR):
        found = one(model, source, size, target)
        intensity, s, below = drawn(source, size, target, model)
        # crust and slab are each taken as a normal distribution, whose median is its mean
        if len(places) == 1:
            assert found.intensity == pytest.approx(float(intensity.mean()), abs=0.05)
        else:
            assert found.intensity == pytest.approx(float(np.median(intensity)), abs=0.12)
        assert found.sd == pytest.approx(float(intensity.std()), rel=0.05)
        kinds = [kind for kind in (intensity[below], intensity[~below]) if len(kind)]
        reached = sum(len(kind) * norm.sf(LEVELS, kind.mean(), kind.std()) for kind in kinds) / len(intensity)
        assert found.probabilities == pytest.approx(reached, abs=0.02)
        early, middle = ((ns - source.time_ns) / SECOND_NS for ns in (found.s_early_ns, found.s_arrival_ns))
        assert early == pytest.approx(float(np.percentile(s, 16)), abs=0.8)
        assert middle == pytest.approx(float(np.median(s)), abs=0.8)


def test_a_sure_source_has_the_models_arrival(model: TravelTimes) -> None:
    source = origin(confidence=confidence())
    found = one(model, source, SURE, FAR, s_sigma_s=0.5, s_sigma_share=0.03)
    s = float(model.times("S", distance_deg(38.0, 72.0, 39.0, 73.5), 15.0))
    assert (found.s_arrival_ns - source.time_ns) / SECOND_NS == pytest.approx(s, abs=0.05)
    early = norm.ppf(0.16) * (0.5 + 0.03 * s)
    assert (found.s_early_ns - found.s_arrival_ns) / SECOND_NS == pytest.approx(early, abs=0.02)
    late = one(model, replace(source, time_uncertainty_s=5.0), SURE, FAR)
    assert (late.s_early_ns - late.s_arrival_ns) / SECOND_NS == pytest.approx(
        -np.hypot(5.0 * norm.ppf(0.84), early), abs=0.02
    )
    high = one(model, source, SURE, replace(FAR, elevation_m=4000.0))
    assert 0 < high.s_arrival_ns - found.s_arrival_ns < 2 * SECOND_NS


def test_lead_time_and_the_blind_zone(model: TravelTimes) -> None:
    source = origin(confidence=confidence())
    issued_ns = source.time_ns + 15 * SECOND_NS
    radius = blind_radius_km(source, model, issued_ns)
    assert float(model.times("S", radius / KM_PER_DEGREE, 15.0)) == pytest.approx(15.0, abs=0.01)
    beside = [
        Target(name, "town", 38.0 + km / KM_PER_DEGREE, 72.0) for name, km in (("in", radius - 5), ("out", radius + 10))
    ]
    found = {shaken.target: shaken for shaken in forecast(source, SURE, beside, model, issued_ns, PARAMS)}
    assert (found["in"].blind, found["out"].blind) == (True, False)
    assert found["in"].lead_s < 0 < found["out"].lead_s
    for shaken in found.values():
        assert shaken.lead_s == pytest.approx((shaken.s_early_ns - issued_ns) / SECOND_NS)
    assert blind_radius_km(source, model, source.time_ns + SECOND_NS) == 0.0
    assert blind_radius_km(source, model, source.time_ns + 2 * 10**12) == pytest.approx(14 * KM_PER_DEGREE)


def test_strongest_first_and_the_same_again(model: TravelTimes) -> None:
    source = origin(confidence=confidence(major_km=20.0, minor_km=10.0))
    targets = [FAR, NEAR, replace(NEAR, name="twin"), Target("remote", "city", 41.0, 76.0)]
    found = forecast(source, SURE, targets, model, source.time_ns, PARAMS)
    assert [shaken.target for shaken in found] == ["near", "twin", "far", "remote"]
    assert forecast(source, SURE, targets[::-1], model, source.time_ns, PARAMS) == found
    # each target for itself gives the same: none is forecast by the others
    assert [forecast(source, SURE, [target], model, source.time_ns, PARAMS)[0] for target in targets] == [
        found[2], found[0], found[1], found[3],
    ]  # fmt: skip


def test_nothing_without_a_magnitude_or_targets(model: TravelTimes) -> None:
    source = origin()
    assert forecast(source, None, [NEAR], model, source.time_ns, PARAMS) == ()
    assert forecast(source, SURE, [], model, source.time_ns, PARAMS) == ()


def test_less_sure_is_wider_and_a_lower_bound_reaches_up(model: TravelTimes) -> None:
    sharp = one(model, origin(confidence=confidence()), SURE, FAR)
    vague = one(model, origin(confidence=confidence(major_km=60.0, minor_km=60.0)), replace(SURE, uncertainty=0.5), FAR)
    assert vague.sd > 1.1 * sharp.sd
    assert vague.probability(8) > sharp.probability(8)
    assert (vague.s_arrival_ns - vague.s_early_ns) > 2 * (sharp.s_arrival_ns - sharp.s_early_ns)
    large = Magnitude(6.8, "Mpd", 0.3, ())
    bound = one(model, origin(confidence=confidence()), replace(large, at_least=True), FAR)
    assert bound.probability(7) > 1.2 * one(model, origin(confidence=confidence()), large, FAR).probability(7)


def test_soft_ground_shakes_more(model: TravelTimes) -> None:
    for source in (origin(), origin(depth_km=150.0)):
        rock, soil = (one(model, source, SURE, replace(FAR, vs30_m_s=vs30)) for vs30 in (760.0, 300.0))
        assert soil.pga_m_s2 > 1.2 * rock.pga_m_s2
        assert soil.intensity > rock.intensity


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 700), st.floats(0, 5000), st.floats(0, 300),
    st.floats(-1, 10), st.floats(0, 2), st.booleans(), st.floats(0, 1),
)  # fmt: skip
def test_any_event_gives_numbers(
    latitude: float, longitude: float, depth: float, radius: float, sigma: float, value: float, spread: float,
    at_least: bool, deep: float,
) -> None:  # fmt: skip
    model = travel_times("iasp91", cache_dir())
    sure = confidence(major_km=radius, minor_km=radius / 3, azimuth_deg=200.0, shallow=1 - deep, deep=deep)
    source = origin(latitude=latitude, longitude=longitude, depth_km=depth, depth_sigma_km=sigma, confidence=sure)
    size = Magnitude(value, "Mpd", spread, (), at_least=at_least, probabilities=half_units(value, spread, 1.0))
    for shaken in forecast(source, size, [NEAR, FAR], model, source.time_ns, PARAMS):
        numbers = (shaken.epicentral_km, shaken.intensity, shaken.sd, shaken.pga_m_s2, shaken.pgv_m_s, shaken.lead_s)
        assert np.isfinite(numbers).all()
        assert shaken.sd > 0.3
        assert 1 <= shaken.intensity <= 10
        assert all(0 <= after <= before <= 1 for before, after in pairwise(shaken.probabilities))
        assert source.time_ns - 10**13 < shaken.s_early_ns < shaken.s_arrival_ns < source.time_ns + 10**13


def test_two_earthquakes_of_2015(model: TravelTimes) -> None:
    """Reported: Sarez VII at most, II in Dushanbe; the slab below the Hindu Kush cannot have destroyed Khorugh."""
    usoi, dushanbe = Target("Usoi", "dam", 38.2733, 72.6042), Target("Dushanbe", "city", 38.536, 68.779)
    khorugh = Target("Khorugh", "city", 37.49, 71.553)
    sarez = origin(latitude=38.211, longitude=72.78, depth_km=22.0, confidence=confidence())
    size = Magnitude(7.2, "Mw", 0.0, ())
    assert 6.5 < one(model, sarez, size, usoi).intensity < 8.0
    assert 3.0 < one(model, sarez, size, dushanbe).intensity < 4.0
    hindu_kush = origin(latitude=36.441, longitude=70.717, depth_km=212.5, confidence=confidence(shallow=0, deep=1))
    assert 4.0 < one(model, hindu_kush, Magnitude(7.5, "Mw", 0.0, ()), khorugh).intensity < 5.5
