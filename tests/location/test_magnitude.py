"""Amplitudes to a magnitude."""

import pytest

from seismonet.core.event import Amplitude
from seismonet.core.sourceid import SourceId
from seismonet.location.magnitude import MagnitudeParams, choose, network_magnitude
from seismonet.models.magnitude import pd_of

PARAMS = MagnitudeParams()


def amplitude(
    station: str, pd_m: float, *, window_s: float = 4.0, noise_m: float = 0.0, clipped: bool = False
) -> Amplitude:
    name = SourceId("XX", station, "00", "HHZ")
    return Amplitude(f"pick-{station}", name, window_s, pd_m, 0.0, 0.0, noise_m, clipped, 0)


def test_amplitudes_of_one_size_at_any_distance_give_that_size() -> None:
    measured = [(amplitude(f"S{k}", pd_of(5.3, km)), km) for k, km in enumerate((20.0, 60.0, 150.0))]
    magnitude = network_magnitude(measured, 5.0, PARAMS)
    assert magnitude is not None
    assert magnitude.value == pytest.approx(5.3, abs=1e-6)
    assert len(magnitude.station_magnitudes) == 3


def test_an_outlier_is_set_aside_and_named() -> None:
    measured = [(amplitude(f"S{k}", pd_of(5.0, 50.0)), 50.0) for k in range(3)] + [
        (amplitude("BAD", pd_of(8.0, 50.0)), 50.0)
    ]
    magnitude = network_magnitude(measured, 5.0, PARAMS)
    assert magnitude is not None
    assert magnitude.value == pytest.approx(5.0, abs=1e-6)
    assert [part.source_id.station for part in magnitude.station_magnitudes if not part.used] == ["BAD"]


def test_clipped_amplitudes_stand_aside_unless_there_is_nothing_else() -> None:
    clean, clipped = (amplitude("A", pd_of(6.0, 40.0)), 40.0), (amplitude("B", pd_of(5.0, 40.0), clipped=True), 40.0)
    both, alone = network_magnitude([clean, clipped], 5.0, PARAMS), network_magnitude([clipped], 5.0, PARAMS)
    assert both is not None
    assert both.value == pytest.approx(6.0, abs=1e-6)
    assert alone is not None
    assert alone.value == pytest.approx(5.0, abs=1e-6)


def test_amplitudes_in_the_noise_are_no_magnitude() -> None:
    assert network_magnitude([(amplitude("A", 1e-7, noise_m=2e-7), 40.0)], 5.0, PARAMS) is None


def test_a_bad_place_makes_a_bad_size() -> None:
    measured = [(amplitude("A", pd_of(5.0, 40.0)), 40.0)]
    sure, unsure = network_magnitude(measured, 2.0, PARAMS), network_magnitude(measured, 30.0, PARAMS)
    assert sure is not None
    assert unsure is not None
    assert unsure.uncertainty > sure.uncertainty + 0.1


def test_the_longest_window_before_s_is_used() -> None:
    windows = {w: amplitude("A", 1e-5, window_s=w) for w in (1.0, 2.0, 4.0, 10.0)}
    assert [one.window_s for one in (choose(windows, s, PARAMS) for s in (0.5, 3.0, 5.0, 40.0)) if one] == [
        1.0,
        2.0,
        4.0,
        10.0,
    ]
