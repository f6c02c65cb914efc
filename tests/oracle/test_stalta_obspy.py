"""STA/LTA and triggers against ObsPy; where they differ on purpose, by how much."""

import numpy as np
import pytest
from obspy.signal.filter import bandpass
from obspy.signal.trigger import classic_sta_lta as obspy_classic
from obspy.signal.trigger import recursive_sta_lta, trigger_onset

from seismonet.kernels.stalta import classic_initial, classic_sta_lta, sta_lta, stalta_initial
from seismonet.kernels.trigger import hysteresis, hysteresis_initial


def day_part(n: int = 200_000, seed: int = 0) -> np.ndarray:
    """Band-passed noise with some earthquakes in it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(scale=25.0, size=n)
    for begin in rng.integers(n // 10, n - n // 10, size=8):
        m = min(n - begin, 4000)
        x[begin : begin + m] += np.exp(-np.arange(m) / 800) * 4000 * rng.normal(size=m)
    return bandpass(x, 1.0, 20.0, 100.0)


@pytest.mark.parametrize(("nsta", "nlta"), [(50, 1000), (20, 200), (5, 3000)])
def test_uncorrected_recursive_is_obspys_bit_for_bit_from_its_second_sample(nsta: int, nlta: int) -> None:
    """ObsPy leaves the very first sample out of its averages, so ours begin with the second."""
    x = day_part()
    expected = recursive_sta_lta(x, nsta, nlta)
    ratio, _ = sta_lta(np.square(x[None, 1:]), stalta_initial(1), nsta=nsta, nlta=nlta, corrected=False)
    assert np.array_equal(ratio[0, nlta:], expected[nlta + 1 :])
    silent = np.square(x)[None]
    silent[0, 0] = 0.0
    ratio, _ = sta_lta(silent, stalta_initial(1), nsta=nsta, nlta=nlta, corrected=False)
    assert np.array_equal(ratio[0], expected)


def test_the_correction_matters_to_young_averages_only() -> None:
    x = day_part()
    energies, expected = np.square(x)[None], recursive_sta_lta(x, 50, 1000)
    ratio, _ = sta_lta(energies, stalta_initial(1), nsta=50, nlta=1000)
    # after one lta the uncorrected average has 63 % of its weight
    assert ratio[0, 1000] == pytest.approx(expected[1000] * (1 - np.exp(-1)), rel=0.01)
    assert np.allclose(ratio[0, 10_000:], expected[10_000:], rtol=1e-4)
    assert np.allclose(ratio[0, 45_000:], expected[45_000:], rtol=1e-12)


@pytest.mark.parametrize(("nsta", "nlta"), [(50, 1000), (20, 200)])
def test_classic_is_obspys_within_what_its_running_sum_loses(nsta: int, nlta: int) -> None:
    x = day_part()
    ratio, _ = classic_sta_lta(np.square(x)[None], classic_initial(1, nlta), nsta=nsta, nlta=nlta)
    expected = obspy_classic(x, nsta, nlta)
    assert np.array_equal(ratio[0] == 0, expected == 0)
    assert np.allclose(ratio[0], expected, rtol=1e-8, atol=0)


@pytest.mark.parametrize(("on", "off"), [(3.5, 1.0), (8.0, 2.0), (1.5, 0.5), (2.0, 2.0)])
def test_hysteresis_finds_obspys_onsets(on: float, off: float) -> None:
    ratio = recursive_sta_lta(day_part(), 50, 1000)
    found, state = hysteresis(ratio[None], hysteresis_initial(1), on=on, off=off)
    begins, ends = found.index[found.on], found.index[~found.on]
    expected = trigger_onset(ratio, on, off)
    assert len(expected) > 3
    assert begins.tolist() == expected[:, 0].tolist()
    # ObsPy names the last sample of a trigger, we the first after it; one still on at the end has no end here
    assert ends.tolist() == (expected[:, 1] + 1).tolist()[: len(ends)]
    assert len(ends) == len(expected) - int(state.on[0])
