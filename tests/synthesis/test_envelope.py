import numpy as np
import pytest

from seismonet.synthesis.envelope import CODA_EDGES_S, coda, coda_parts, direct, fade

TAU_S = np.arange(-1000, 200_000) / 1000.0


@pytest.mark.parametrize(("rupture_s", "path_s"), [(0.2, 0.0), (1.0, 8.0), (20.0, 8.0)])
def test_the_direct_wave_has_energy_one_after_the_onset(rupture_s: float, path_s: float) -> None:
    power = direct(TAU_S, rupture_s, path_s) ** 2
    assert not power[TAU_S < 0].any()
    assert power.sum() / 1000 == pytest.approx(1.0, abs=0.005)
    share = np.cumsum(power) / power.sum()
    twice = 2 * (TAU_S[np.searchsorted(share, 0.8)] - TAU_S[np.searchsorted(share, 0.2)])
    # as long as the longer of both, at most as both together (a box measured this way counts 1.2 times)
    assert 0.95 * max(1.2 * rupture_s, path_s) <= twice + 0.02 <= 1.2 * rupture_s + path_s + 0.02


def test_the_coda_falls_with_the_square_of_time_and_is_weaker_than_the_direct_wave() -> None:
    power = coda(TAU_S, 10.0, 3.5, 2.0) ** 2
    assert not power[TAU_S < 0].any()
    at = {after_s: power[np.searchsorted(TAU_S, after_s)] for after_s in (1.0, 90.0, 190.0)}
    # a = 10 and a = 20: ln((a + 1) / (a - 1)) / a
    assert at[90.0] == pytest.approx(0.035 * np.log(11 / 9) / 10, rel=0.01)
    assert at[90.0] / at[190.0] == pytest.approx(4.0, rel=0.02)
    assert at[1.0] < direct(np.array([1.0]), 0.5, 5.0)[0] ** 2


def test_the_pieces_of_the_coda_add_up_until_it_fades_out() -> None:
    total = sum(fade(TAU_S, part) ** 2 for part in coda_parts())
    assert total[(TAU_S >= 0) & (TAU_S < 100.0)] == pytest.approx(1.0)
    assert total[CODA_EDGES_S[-1] <= TAU_S] == pytest.approx(0.0)
