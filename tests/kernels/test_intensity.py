"""The Japanese intensity: by hand, by its own scaling, and what may not change it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.kernels.intensity import jma_class, jma_intensity, jma_response, jma_rounded, level_exceeded


def _wave(hz: float, gal: float, rate_hz: float, seconds: float = 60.0) -> np.ndarray:
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    taper = np.minimum(1.0, np.minimum(time, time[-1] - time) / 5.0)
    return np.array([gal * 0.01 * taper * np.sin(2 * np.pi * hz * time), 0 * time, 0 * time])


@pytest.mark.parametrize("hz", [0.5, 1.0, 2.0, 5.0, 10.0])
@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
def test_a_long_wave_has_the_intensity_of_its_filtered_top(hz: float, rate_hz: float) -> None:
    expected = 2 * np.log10(80.0 * float(jma_response(np.array([hz]))[0])) + 0.94
    assert abs(jma_intensity(_wave(hz, 80.0, rate_hz), rate_hz=rate_hz) - expected) <= 0.11


def test_only_what_lasts_for_three_tenths_of_a_second_counts() -> None:
    size = np.zeros(1000)
    size[100:129] = 5.0
    size[300] = 2.0
    assert level_exceeded(size, rate_hz=100.0) == 2.0
    size[301] = 5.0
    assert level_exceeded(size, rate_hz=100.0) == 5.0


@given(st.floats(-1.5, 1.5), st.integers(0, 2**32 - 1))
def test_ten_times_the_motion_is_two_more(power: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=(3, 400))
    change = jma_intensity(noise * 10**power, rate_hz=100.0) - jma_intensity(noise, rate_hz=100.0)
    assert abs(change - 2 * power) <= 0.11


@given(st.floats(0, 6.28), st.integers(0, 2**32 - 1))
def test_how_the_instrument_is_turned_does_not_matter(angle: float, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=(3, 400))
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]) @ noise
    assert abs(jma_intensity(turned, rate_hz=100.0) - jma_intensity(noise, rate_hz=100.0)) <= 0.1


def test_its_end_does_not_run_into_its_beginning() -> None:
    shaking = _wave(2.0, 50.0, 100.0)
    cut = shaking[:, : 3000 + 12]
    assert abs(jma_intensity(cut, rate_hz=100.0) - jma_intensity(shaking, rate_hz=100.0)) <= 0.1


def test_a_dead_record_and_a_short_one() -> None:
    assert jma_intensity(np.zeros((3, 100)), rate_hz=100.0) == -3.0
    with pytest.raises(ValueError, match="29 samples are shorter"):
        jma_intensity(np.zeros((3, 29)), rate_hz=100.0)


def test_classes_and_rounding_at_their_borders() -> None:
    assert [jma_class(one) for one in (0.49, 0.5, 4.49, 4.5, 4.99, 5.0, 5.5, 6.0, 6.5)] == [
        "0", "1", "4", "5-", "5-", "5+", "6-", "6+", "7",
    ]  # fmt: skip
    assert jma_rounded(4.4949) == 4.4
    assert jma_rounded(4.4951) == 4.5
    assert jma_rounded(-0.21) == -0.3
