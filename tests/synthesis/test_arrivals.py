"""What stations read of a simulated earthquake: right on average, wrong as often as stated, silent when far."""

import numpy as np
import pytest

from seismonet.core.geo import azimuth_deg
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.synthesis.arrivals import (
    FINAL,
    FIRST,
    THREE_P_S,
    Reading,
    ReadingErrors,
    Source,
    band_noise_m_s,
    known,
    last_s,
    read,
)
from seismonet.synthesis.earthmodels import EarthErrors, SimulatedEarth

RING = [
    Station("XX", f"S{number}", 0, OPEN_END_NS, 38.0 + 0.8 * np.cos(number), 72.0 + np.sin(number), 0.0)
    for number in range(12)
]
EXACT = ReadingErrors(
    missed=0.0, s_read=1.0, p_s=0.0, s_s=0.0, p_noise_s=0.0, s_noise_s=0.0, p_wrong=0.0, s_wrong=0.0,
    direction_deg=1e-9, direction_wrong=0.0, stress_ln=0.0, peak_log10=0.0, noise_level=(0.5, 0.5),
)  # fmt: skip


@pytest.fixture(scope="module")
def earth() -> SimulatedEarth:
    return SimulatedEarth.draw("pamir70-v0", EarthErrors(moho_km=(60.0, 75.0)), 1)


def many(earth: SimulatedEarth, errors: ReadingErrors, magnitude: float = 5.0) -> list[tuple[Source, Reading]]:
    sources = [Source(37.9 + 0.01 * step, 72.0, 12.0, magnitude) for step in range(25)]
    return [(source, one) for source in sources for one in read(source, RING, earth, errors, 7)]


def test_without_errors_a_reading_is_the_truth(earth: SimulatedEarth) -> None:
    for source, one in many(earth, EXACT):
        assert one.p_s == pytest.approx(earth.arrival_s("P", source.place, one.station))
        assert one.s_s == pytest.approx(earth.arrival_s("S", source.place, one.station))
        there = float(azimuth_deg(one.station.latitude, one.station.longitude, source.latitude, source.longitude))
        assert (one.backazimuth_deg - there + 180) % 360 - 180 == pytest.approx(0.0, abs=1e-3)


def test_errors_are_as_often_and_as_large_as_they_are_said_to_be(earth: SimulatedEarth) -> None:
    errors = ReadingErrors(missed=0.1, p_wrong=0.1, s_read=0.5)
    exact = {(source.place, one.station.code): one for source, one in many(earth, EXACT)}
    found = [(one, exact[source.place, one.station.code]) for source, one in many(earth, errors)]
    assert len(found) / len(exact) == pytest.approx(0.9, abs=0.05)
    off = np.array([one.p_s - true.p_s for one, true in found])
    wrong = np.abs(off) > 0.3
    # some of those that are anywhere within 3 s are near by chance
    assert wrong.mean() == pytest.approx(0.1 * 0.9, abs=0.05)
    assert off[~wrong].std() == pytest.approx(0.055, abs=0.02)
    assert np.mean([one.s_s is not None for one, _ in found]) == pytest.approx(0.5, abs=0.1)
    turn = np.array([(one.backazimuth_deg - true.backazimuth_deg + 180) % 360 - 180 for one, true in found])
    assert np.mean(np.abs(turn) > 75) == pytest.approx(0.15 * 0.58, abs=0.05)
    assert np.median(np.abs(turn)) == pytest.approx(0.67 * 25 * 1.15, rel=0.25)
    size = np.log10([one.pd_m / true.pd_m for one, true in found])
    assert 0.22 < size.std() < 0.5


def test_small_and_far_earthquakes_are_not_seen(earth: SimulatedEarth) -> None:
    seen = [len(read(Source(38.0, 72.0, 12.0, magnitude), RING, earth, EXACT, 1)) for magnitude in (1.0, 2.0, 4.0)]
    assert seen[0] < seen[1] <= seen[2] == len(RING)
    assert read(Source(48.0, 72.0, 12.0, 2.0), RING, earth, EXACT, 1) == []


def test_amplitudes_grow_with_moment_and_fall_with_distance(earth: SimulatedEarth) -> None:
    near, far = (read(Source(38.8 + away, 72.0, 12.0, 4.0), RING[:1], earth, EXACT, 1)[0] for away in (0.5, 1.0))
    assert 1.9 < near.pd_m / far.pd_m < 4.0
    larger = read(Source(39.3, 72.0, 12.0, 5.0), RING[:1], earth, EXACT, 1)[0]
    # ten times the corner's displacement: the moment grows by 10**1.5, the pulse lasts longer
    assert 0.85 < np.log10(larger.pd_m / near.pd_m) < 1.5
    assert band_noise_m_s(0.7) > 5 * band_noise_m_s(0.3)


def test_a_deep_source_is_hardly_pointed_at_from_above(earth: SimulatedEarth) -> None:
    above = Station("XX", "UP", 0, OPEN_END_NS, 38.05, 72.0, 0.0)
    (one,) = read(Source(38.0, 72.0, 200.0, 5.0), [above], earth, ReadingErrors(missed=0.0), 1)
    assert one.backazimuth_sigma_deg > 60.0


def test_a_station_reads_the_same_whoever_else_is_up(earth: SimulatedEarth) -> None:
    source = Source(38.1, 72.0, 12.0, 5.0)
    errors = ReadingErrors(missed=0.0)
    whole = {one.station.code: one for one in read(source, RING, earth, errors, 3)}
    for one in read(source, RING[4:7], earth, errors, 3):
        assert one == whole[one.station.code]


def test_stages_hold_what_they_say(earth: SimulatedEarth) -> None:
    readings = read(Source(38.1, 72.0, 12.0, 5.0), RING, earth, EXACT, 1)
    first, three, final = (known(readings, stage) for stage in (FIRST, THREE_P_S, FINAL))
    assert first is not None
    assert three is not None
    assert final is not None
    assert [one.s_s for one in first] == [None, None]
    assert [one.s_s is not None for one in three] == [True, False, False]
    assert final == readings
    assert last_s(first) < last_s(three) < last_s(final)
    assert known(readings[:2], THREE_P_S) is None
    assert known(read(Source(38.1, 72.0, 12.0, 5.0), RING, earth, ReadingErrors(s_read=0.0), 1), THREE_P_S) is None
