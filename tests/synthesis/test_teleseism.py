"""Waves of earthquakes far away: nearly at once everywhere, and slow."""

import numpy as np
import pytest

from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.teleseism import Teleseism, arrive, traced

STATIONS = tuple(
    Station("XX", f"S{number}", 0, OPEN_END_NS, latitude, longitude, 0.0)
    for number, (latitude, longitude) in enumerate([(38.0, 72.0), (38.0, 73.0), (38.0, 74.0)])
)


def wave(far: Teleseism, station: Station, n: int = 12_000) -> GroundMotion:
    return arrive(far, STATIONS, GroundMotion.still(0, 100.0, n), 0, station)


def begins(motion: GroundMotion) -> float:
    up = np.abs(motion.velocity_m_s[0])
    return float(np.argmax(up > up.max() / 1000)) / 100.0


def test_it_comes_from_its_side_and_crosses_the_network_fast() -> None:
    from_east = [begins(wave(Teleseism(60.0, 90.0, 10.0, 8.0), one)) for one in STATIONS]
    assert from_east[0] > from_east[1] > from_east[2]
    assert from_east[1] == pytest.approx(60.0, abs=1.0)
    # a degree of longitude there is 88 km
    assert 2 * 88 / (from_east[0] - from_east[2]) > 12.0
    steep = [begins(wave(Teleseism(94.0, 90.0, 10.0, 8.0), one)) for one in STATIONS]
    assert steep[0] - steep[2] < from_east[0] - from_east[2]


def test_its_waves_are_long_and_mostly_vertical() -> None:
    motion = wave(Teleseism(60.0, 200.0, 30.0, 7.5), STATIONS[1])
    spectrum = np.abs(np.fft.rfft(motion.velocity_m_s[0])) ** 2
    frequency = np.fft.rfftfreq(12_000, 0.01)
    assert spectrum[frequency < 1.0].sum() > 20 * spectrum[frequency >= 1.0].sum()
    peaks = np.abs(motion.velocity_m_s).max(axis=1)
    assert peaks[0] > 1.5 * peaks[1:].max()


def test_a_greater_one_moves_the_ground_more_and_as_much_as_they_do() -> None:
    small, great = (np.abs(wave(Teleseism(60.0, 90.0, 10.0, size), STATIONS[0]).velocity_m_s).max() for size in (6, 9))
    # a few to some tens of micrometres a second for M 9, below one for M 6
    assert 1e-7 < small < 3e-6
    assert 1e-5 < great < 3e-4


def test_travel_times_are_those_of_the_tables() -> None:
    found = {name: time_s for name, time_s, _ in traced(33.0, 60.0)}
    # Kennett (1991), iasp91 tables: P at 60 degrees from 33 km 604 s
    assert found["P"] == pytest.approx(604.0, abs=1.5)
    assert found["pP"] > found["P"] + 8
