"""Earths that might be the real one: what was changed, by how much, and that it shows in the times."""

from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.models.earth import earth_model
from seismonet.models.traveltime import TravelTimes, travel_times
from seismonet.synthesis.earthmodels import EarthErrors, SimulatedEarth, drawn, moho_of

PAMIR = EarthErrors(moho_km=(60.0, 75.0))
NONE = EarthErrors(velocity=0.0, ratio=0.0, moho=0.0, p_term_s=0.0, s_term_s=0.0, lateral=0.0, lateral_ratio=0.0)
SIDES = replace(NONE, lateral=0.03, lateral_ratio=0.015)


@pytest.fixture(scope="module")
def pamir70() -> TravelTimes:
    return travel_times("pamir70-v0")


def station(code: str, latitude: float = 38.0, elevation_m: float = 0.0) -> Station:
    return Station("XX", code, 0, OPEN_END_NS, latitude, 72.0, elevation_m)


def test_an_earth_without_errors_is_the_model(pamir70: TravelTimes) -> None:
    earth = SimulatedEarth.draw("pamir70-v0", NONE, 1)
    km = np.array([0.0, 0.5, 1.0, 3.0])
    for phase in "PS":
        assert earth.travel_times.times(phase, km, 33.0) == pytest.approx(pamir70.times(phase, km, 33.0), abs=1e-6)
    one = station("A", 38.5)
    expected = float(pamir70.times("P", float(abs(38.5 - 38.0)), 10.0))
    assert earth.arrival_s("P", (38.0, 72.0, 10.0), one) == pytest.approx(expected, rel=0.01)


def test_layers_keep_within_their_errors_and_differ_from_each_other() -> None:
    for seed in range(20):
        model, one = earth_model("pamir70-v0"), drawn("pamir70-v0", PAMIR, seed)
        assert 60.0 <= moho_of(one) <= 75.0
        speed = [one.at("P", depth) / model.at("P", depth) for depth in (1.0, 25.0, 58.0, 90.0, 180.0)]
        # above the new Moho depths are stretched, which within a gradient changes velocity by another percent
        assert all(0.94 <= share <= 1.06 for share in speed)
        assert np.ptp(speed) > 0.005
        ratio = [one.at("P", z) / one.at("S", z) / (model.at("P", z) / model.at("S", z)) for z in (1.0, 25.0, 180.0)]
        assert all(0.965 <= share <= 1.035 for share in ratio)
    assert moho_of(drawn("iasp91", EarthErrors(), 1)) == pytest.approx(35.0, abs=35.0 * 0.15)


def test_an_earth_is_its_seeds_and_no_other() -> None:
    one, same, other = (drawn("pamir70-v0", PAMIR, seed) for seed in (1, 1, 2))
    assert one.digest == same.digest != other.digest


def test_station_terms_have_their_spread_and_go_together() -> None:
    earth = SimulatedEarth(earth_model("iasp91"), TravelTimes("none", {}), EarthErrors(), 1)
    terms = np.array([[earth.term_s(f"XX.S{number}", phase) for phase in "PS"] for number in range(2000)])
    assert terms.std(axis=0) == pytest.approx([0.3, 0.5], rel=0.06)
    assert np.corrcoef(terms.T)[0, 1] == pytest.approx(1.3 * 0.3 / 0.5, abs=0.05)


def test_a_station_term_and_a_mountain_delay_all_its_arrivals() -> None:
    low, high = station("LOW"), station("LOW", elevation_m=3000.0)
    bare = SimulatedEarth.draw("pamir70-v0", NONE, 1)
    place = 38.0, 72.0, 150.0
    # straight up, at the velocity of the surface
    assert bare.arrival_s("P", place, high) - bare.arrival_s("P", place, low) == pytest.approx(3.0 / 5.7, abs=0.01)
    terms = SimulatedEarth(bare.layers, bare.travel_times, replace(NONE, p_term_s=0.3, s_term_s=0.5), 1)
    for place in ((38.0, 72.0, 150.0), (39.0, 72.0, 10.0)):
        late = terms.arrival_s("S", place, low) - bare.arrival_s("S", place, low)
        assert late == pytest.approx(terms.term_s("XX.LOW", "S"))
        assert late != 0.0


def test_paths_of_one_length_differ_as_much_as_the_medium_says(pamir70: TravelTimes) -> None:
    layers = earth_model("pamir70-v0")
    for km, expected in ((20.0, 0.0275), (100.0, 0.0169), (300.0, 0.0101)):
        east = station("E"), (38.0, 72.0 + np.rad2deg(km / (6371.0 * np.cos(np.deg2rad(38.0)))), 0.0)
        earths = [SimulatedEarth(layers, pamir70, SIDES, seed) for seed in range(600)]
        share = [one.late_share("P", east[1], east[0]) for one in earths]
        # twice the integral of (1 - r / L) exp(-(r / a)**2) over a path, by numbers
        r = np.linspace(0.0, km, 4001)
        mean2 = 2 * np.trapezoid((1 - r / km) * np.exp(-np.square(r / 20.0)), r) / km
        assert 0.03 * np.sqrt(mean2) == pytest.approx(expected, rel=0.02)
        assert np.std(share) == pytest.approx(expected, rel=0.1)
        beside = np.array([one.late_share("S", east[1], east[0]) for one in earths]) - share
        assert np.std(beside) == pytest.approx(expected / 2, rel=0.1)


def test_neighbouring_paths_are_late_together_and_far_ones_are_not(pamir70: TravelTimes) -> None:
    earths = [SimulatedEarth(earth_model("pamir70-v0"), pamir70, SIDES, seed) for seed in range(300)]
    place, stations = (38.0, 72.0, 10.0), [station("A", 39.0), station("B", 39.05), station("C", 37.0)]
    share = np.array([[one.late_share("P", place, where) for where in stations] for one in earths])
    alike = np.corrcoef(share.T)
    assert alike[0, 1] > 0.9
    assert abs(alike[0, 2]) < 0.3


def test_what_lies_on_the_way_delays_the_arrival(pamir70: TravelTimes) -> None:
    bare, varied = (SimulatedEarth(earth_model("pamir70-v0"), pamir70, one, 1) for one in (NONE, SIDES))
    place, where = (38.0, 72.0, 10.0), station("A", 39.0)
    for phase in "PS":
        times = [one.arrival_s(phase, place, where) for one in (bare, varied)]
        assert times[1] / times[0] - 1 == pytest.approx(varied.late_share(phase, place, where), rel=1e-6)
        assert times[0] != times[1]


def test_the_sentence_names_every_error() -> None:
    assert PAMIR.sentence("pamir70-v0") == (
        "Earths drawn around pamir70-v0: velocities of each layer within 5%, Vp/Vs within 3%, a Moho at 60 to 75 km,"
        " station terms of 0.3 s (P) and 0.5 s (S); from side to side velocities vary by 3.0% and Vp/Vs by 1.5%"
        " (standard deviation of a random medium, Gaussian correlation over 20 km; Capon 1974, Aki et al. 1976)."
    )
