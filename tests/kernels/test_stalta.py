"""Energy and averages, by hand."""

import numpy as np
import pytest

from seismonet.kernels.stalta import (
    classic_initial,
    classic_sta_lta,
    energy,
    energy_initial,
    sta_lta,
    stalta_initial,
)


def test_energy_by_hand() -> None:
    x = np.array([[2.0, 3.0, 1.0], [5.0, 5.0, 5.0]])
    y, state = energy(x, energy_initial(2), k=3.0)
    assert y.tolist() == [[4.0, 12.0, 13.0], [25.0, 25.0, 25.0]]
    y, _ = energy(np.array([[4.0], [5.0]]), state, k=3.0)
    assert y.tolist() == [[43.0], [25.0]]


def test_recursive_by_hand() -> None:
    energies = np.array([[4.0, 0.0, 8.0]])
    ratio, state = sta_lta(energies, stalta_initial(1), nsta=1, nlta=2, corrected=False)
    # sta 4, 0, 8; lta 2, 1, 4.5
    assert ratio[0].tolist() == [0.0, 0.0, pytest.approx(8 / 4.5)]
    ratio, _ = sta_lta(energies, stalta_initial(1), nsta=1, nlta=2)
    # the long average has gathered 7/8 of its weight
    assert ratio[0].tolist() == [0.0, 0.0, pytest.approx(8 / 4.5 * 7 / 8)]
    assert state.seen.tolist() == [3]


def test_corrected_averages_of_steady_noise_have_the_ratio_one_at_once() -> None:
    ratio, _ = sta_lta(np.full((1, 300), 7.0), stalta_initial(1), nsta=10, nlta=100)
    assert ratio[0, :100].tolist() == [0.0] * 100
    assert np.allclose(ratio[0, 100:], 1.0, rtol=1e-12)
    raw, _ = sta_lta(np.full((1, 300), 7.0), stalta_initial(1), nsta=10, nlta=100, corrected=False)
    assert raw[0, 100] > 1.5


def test_a_step_up_shows_first_in_the_short_average() -> None:
    energies = np.concatenate([np.ones((1, 20_000)), np.full((1, 50), 100.0)], axis=1)
    ratio, _ = sta_lta(energies, stalta_initial(1), nsta=50, nlta=1000)
    expected = 1 + 99 * (1 - (1 - 1 / 50) ** 50), 1 + 99 * (1 - (1 - 1 / 1000) ** 50)
    assert ratio[0, -1] == pytest.approx(expected[0] / expected[1], rel=1e-6)


def test_a_dead_channel_has_no_ratio() -> None:
    ratio, _ = sta_lta(np.zeros((1, 50)), stalta_initial(1), nsta=2, nlta=10)
    assert ratio.tolist() == [[0.0] * 50]
    ratio, _ = classic_sta_lta(np.zeros((1, 50)), classic_initial(1, 10), nsta=2, nlta=10)
    assert ratio.tolist() == [[0.0] * 50]


def direct_classic(energies: np.ndarray, nsta: int, nlta: int) -> np.ndarray:
    """Every window summed anew."""
    ratio = np.zeros(len(energies))
    for k in range(nlta - 1, len(energies)):
        ratio[k] = energies[k - nsta + 1 : k + 1].mean() / energies[k - nlta + 1 : k + 1].mean()
    return ratio


@pytest.mark.parametrize(("nsta", "nlta", "n"), [(1, 2, 9), (3, 10, 47), (4, 12, 200), (9, 10, 31), (5, 50, 20)])
def test_classic_equals_sums_done_anew(nsta: int, nlta: int, n: int) -> None:
    energies = np.random.default_rng(nsta * n).exponential(size=(3, n))
    ratio, _ = classic_sta_lta(energies, classic_initial(3, nlta), nsta=nsta, nlta=nlta)
    for row in range(3):
        assert np.allclose(ratio[row], direct_classic(energies[row], nsta, nlta), rtol=1e-11, atol=0)


def test_rounding_of_classic_does_not_pile_up() -> None:
    energies = np.concatenate([np.full(200_000, 1e6), np.ones(500)])
    ratio, _ = classic_sta_lta(energies[None], classic_initial(1, 100), nsta=10, nlta=100)
    assert abs(ratio[0, -1] - 1.0) < 1e-12


@pytest.mark.parametrize(("nsta", "nlta"), [(0, 10), (10, 10), (20, 10)])
def test_lengths_out_of_order_are_refused(nsta: int, nlta: int) -> None:
    with pytest.raises(ValueError, match="nsta"):
        sta_lta(np.ones((1, 5)), stalta_initial(1), nsta=nsta, nlta=nlta)
    with pytest.raises(ValueError, match="nsta"):
        classic_sta_lta(np.ones((1, 5)), classic_initial(1, nlta), nsta=nsta, nlta=nlta)
