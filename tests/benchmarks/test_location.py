"""The figures of location in their short form, and the pieces they are made of."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.location import OTHER_BASE, OTHER_ERRORS, OTHER_MODEL, PAMIR_ERRORS, READING, Scale, section
from benchmarks.locationsensitivity import changed
from benchmarks.simulated import (
    Quake,
    baseline_km,
    coverage,
    evidence,
    gap_deg,
    network_quakes,
    outcome,
    pamir_params,
    pamir_sources,
    setting,
)

from benchmarks import geometries, locationpublic, locationsheet
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.location.posterior import LocationParams
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.synthesis.arrivals import FINAL, THREE_P, ReadingErrors, Source, read
from seismonet.synthesis.earthmodels import EarthErrors, SimulatedEarth

NOWHERE = Path("/nowhere")
EXACT = EarthErrors(velocity=0.0, ratio=0.0, moho=0.0, p_term_s=0.0, s_term_s=0.0, lateral=0.0, lateral_ratio=0.0)
SHARP = ReadingErrors(missed=0.0, p_s=0.0, p_noise_s=0.0, p_wrong=0.0)


def station(code: str, latitude: float, longitude: float) -> Station:
    return Station("XX", code, 0, OPEN_END_NS, latitude, longitude, 0.0)


CROSS = (station("N", 40.5, 20.0), station("E", 40.0, 20.6), station("S", 39.5, 20.0), station("W", 40.0, 19.4))
SOURCE = Source(40.1, 20.1, 10.0, 4.5)


@pytest.fixture(scope="module")
def quake() -> Quake:
    """In the very Earth of the baseline, at its depth, without errors of reading."""
    earth = SimulatedEarth.draw("iasp91", EXACT, 1, cache_dir())
    return Quake("cross", "crust", SOURCE, (*CROSS, station("FAR", 44.0, 20.0)), read(SOURCE, CROSS, earth, SHARP, 1))


def test_all_figures_come_with_their_errors() -> None:
    text = section(Scale(trials=1, pamir=8, network=1, beside=1, sensitivity=2, rounds=1, earths=1), NOWHERE, NOWHERE)
    for sentence in (PAMIR_ERRORS.sentence("pamir70-v0"), READING.sentence(), locationsheet.SENTENCE):
        assert sentence in text
    for name in ("A Sarez 2015", "Hindu Kush, slab", "IV and YR, central Italy", "`slowness_error`", "600 picks"):
        assert name in text
    # tables are whole: as many cells in each row as in the head
    for table in text.split("\n\n"):
        rows = [line.count("|") for line in table.splitlines() if line.startswith("| ")]
        assert len(set(rows)) <= 1


def test_networks_are_ten_of_four_to_a_hundred_stations() -> None:
    found = geometries.networks(NOWHERE)
    assert len(found) >= 7
    for one in found:
        assert 4 <= len(one.stations) <= 100
        assert len({place.station_code for place in one.stations}) == len(one.stations)
        latitude, longitude = np.array([(place.latitude, place.longitude) for place in one.stations]).T
        # no digit of a coordinate is wrong by a degree
        assert np.ptp(latitude) < 5.0
        assert np.ptp(longitude) < 8.0


def test_a_gap_is_counted_round_the_horizon() -> None:
    assert gap_deg(Source(40.0, 20.0, 10.0, 4.0), CROSS) == pytest.approx(90.0, abs=1.0)
    assert gap_deg(Source(41.0, 20.0, 10.0, 4.0), CROSS) > 270.0


def test_evidence_holds_what_was_read_and_who_was_silent(quake: Quake) -> None:
    told = evidence(quake.readings[:3], quake.up, THREE_P)
    assert [one.phase for one in told.observations[:3]] == ["P", "P", "P"]
    assert told.observations[0].time_s == 0.0
    heard = {one.station.code for one in told.observations}
    assert {one.station.code for one in told.silences} == {one.code for one in quake.up} - heard
    assert not told.directions
    assert len(evidence(quake.readings, quake.up, FINAL).directions) == 4


def test_the_baseline_finds_what_it_assumes(quake: Quake) -> None:
    assert baseline_km(quake) < 0.5


def test_an_outcome_is_judged_against_the_truth(quake: Quake) -> None:
    where = setting("cross", CROSS, "iasp91", "iasp91", EXACT, 0)
    found = outcome(where.tables(LocationParams()), quake, FINAL, LocationParams())
    assert found is not None
    assert found.error_km < 5.0
    assert found.likelier_right
    low, middle, high = coverage([found])
    assert low <= middle <= high
    assert (middle == 1.0) == (found.error_km <= found.radii_km[1])


def test_earthquakes_of_a_network_are_surrounded_and_repeat() -> None:
    where = setting("cross", CROSS, OTHER_BASE, OTHER_MODEL, OTHER_ERRORS, 1)
    first, again = (network_quakes(where, 20.0, READING, 4) for _ in range(2))
    assert len(first) == 4
    assert [one.source for one in first] == [one.source for one in again]
    assert [one.readings for one in first] == [one.readings for one in again]
    assert all(gap_deg(one.source, [seen.station for seen in one.readings]) < 180.0 for one in first)


def test_pamir_sources_take_turns_between_crust_and_slabs() -> None:
    kinds = [kind for kind, source in pamir_sources(1, 8) if (source.depth_km < 40.0) == (kind == "crust")]
    assert kinds == ["crust", "slab, Pamir", "crust", "slab, Hindu Kush"] * 2


def test_columns_of_the_sheet_share_their_errors_and_differ_in_what_is_known() -> None:
    model = travel_times("pamir70-v0", cache_dir())
    row = locationsheet.ROWS[0]
    two, _, three, _, one_s, all_s = (locationsheet.evidence(row, one, 3, model) for one in locationsheet.COLUMNS)
    assert [len(one.observations) for one in (two, three, one_s, all_s)] == [2, 3, 4, 6]
    assert two.observations == three.observations[:2]
    assert len(two.silences) == 1
    assert not three.silences
    assert two.silences[0].until_s == pytest.approx(two.observations[1].time_s + 1.0)
    other = locationsheet.evidence(row, locationsheet.COLUMNS[0], 4, model)
    assert other.observations[1].time_s != two.observations[1].time_s


def test_parameters_change_by_factor_or_by_odds() -> None:
    params = pamir_params()
    assert changed(params, "p_error_s", 2.0).p_error_s == pytest.approx(2 * params.p_error_s)
    crust = changed(params, "prior.crust", 2.0).prior.crust
    assert crust / (1 - crust) == pytest.approx(2 * params.prior.crust / (1 - params.prior.crust))
    assert changed(params, "prior.crust", 2.0).prior.zones == params.prior.zones


def test_real_earthquakes_are_told_one_by_one() -> None:
    """One inside, one only with the catalogue's own error, one outside, one not located, and the copy of the first."""
    rows = [
        ("ridgecrest2019", 77.0, 2.0, 3.0),
        ("grsn_20010623", 306.0, 8.0, 7.0),
        ("hawaii2019", 259.0, 13.0, 4.0),
        ("openeew_20180812", 201.0, None, None),
        ("ridgecrest2019_3st", 129.0, 2.0, 3.0),
    ]
    told = locationpublic.table(rows)
    head, *cells = told.splitlines()
    assert "held it in 2 of 4 (0.15 to 0.85" in head
    assert "three stations in 1 of 3" in head
    assert "(in quadrature) in 3 of 4" in head
    assert [one.split(" | ")[-3] for one in cells[3:]] == ["yes", "no", "no", "not located", "yes"]
    assert [one.split(" | ")[-1] for one in cells[3:]] == ["yes |", "yes |", "no |", "- |", "yes |"]


def test_earthquakes_beside_a_network_leave_a_wide_gap() -> None:
    where = setting("cross", CROSS, OTHER_BASE, OTHER_MODEL, OTHER_ERRORS, 1)
    found = network_quakes(where, 20.0, READING, 4, beside=True)
    assert len(found) == 4
    assert all(180.0 <= gap_deg(one.source, [seen.station for seen in one.readings]) < 330.0 for one in found)
