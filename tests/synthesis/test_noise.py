import numpy as np
import pytest
from scipy.signal import welch

from seismonet.synthesis.noise import background, noise_db
from tests.synthesis.sites import START_NS, derivative_error, still


def test_the_models_are_petersons() -> None:
    # published corner values of both models at 0.8 s (1.25 Hz) and 10 s
    assert noise_db(np.array([1.25]), 0.0) == pytest.approx(-169.0, abs=1.0)
    assert noise_db(np.array([1 / 0.8]), 1.0) == pytest.approx(-120.0, abs=1.0)
    assert noise_db(np.array([1.25]), 0.5) == pytest.approx(-144.5, abs=1.0)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_the_ground_has_the_density_asked_for(level: float) -> None:
    motion = background("XX.ONE", still(2048.0, 50.0), level=level, seed=2)
    frequency, density = welch(motion.acceleration_m_s2, 50.0, nperseg=4096, axis=1)
    heard = (frequency > 0.1) & (frequency < 20.0)
    wanted = noise_db(frequency[heard], level)
    got = 10 * np.log10(density[:, heard].mean(axis=0))
    assert abs(np.mean(got - wanted)) < 0.3
    assert np.percentile(np.abs(got - wanted), 95) < 2.5


def test_velocity_is_the_integral_of_acceleration() -> None:
    motion = background("XX.ONE", still(600.0, 200.0))
    assert derivative_error(motion.displacement_m, motion.velocity_m_s, 200.0) < 0.005
    assert derivative_error(motion.velocity_m_s, motion.acceleration_m_s2, 200.0) < 0.005


def test_any_window_shows_the_same_noise() -> None:
    whole = background("XX.ONE", still(700.0, 50.0), seed=1)
    part = background("XX.ONE", still(20.0, 50.0, START_NS + 301 * 10**9), seed=1)
    assert np.array_equal(part.velocity_m_s, whole.velocity_m_s[:, 301 * 50 : 321 * 50])


def test_stations_components_and_seeds_differ() -> None:
    one, two, other = (
        background(code, still(60.0), seed=seed).velocity_m_s
        for code, seed in (("XX.ONE", 1), ("XX.TWO", 1), ("XX.ONE", 2))
    )
    lines = np.concatenate([one, two, other])
    lines = np.diff(lines, axis=1)
    cross = np.corrcoef(lines) - np.eye(9)
    assert np.abs(cross).max() < 0.3
