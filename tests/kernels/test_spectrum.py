"""Spectra of hours: known powers come out, gaps are left out."""

import numpy as np
import pytest

from seismonet.kernels.spectrum import flat_response_db, hour_db, plan


def test_white_noise_has_its_power_at_all_periods() -> None:
    rate_hz, n = 20.0, plan(20.0).samples
    x = np.random.default_rng(4).standard_normal(n) * 100.0
    db = hour_db(x, np.ones(n, dtype=bool), rate_hz)
    assert db is not None
    # 100**2 counts**2 over 10 Hz are 30 dB; the mean of dB lies below the dB of the mean
    short = plan(rate_hz).period_s < 2
    assert np.abs(db[short] - (30.0 - 0.35)).max() < 0.25


def test_windows_with_a_gap_are_left_out_and_too_few_give_nothing() -> None:
    rate_hz, n = 20.0, plan(20.0).samples
    x = np.random.default_rng(5).standard_normal(n) * 100.0
    present = np.ones(n, dtype=bool)
    whole = hour_db(x, present, rate_hz)
    broken, present[:100] = x.copy(), False
    broken[:100] = 1e9
    found = hour_db(broken, present, rate_hz)
    assert found is not None
    assert whole is not None
    assert np.abs(found - whole).max() < 3.0
    present[: n // 2] = False
    assert hour_db(broken, present, rate_hz) is None


def test_a_constant_is_as_low_as_it_gets() -> None:
    n = plan(10.0).samples
    db = hour_db(np.full(n, 77, dtype=np.int32), np.ones(n, dtype=bool), 10.0)
    assert db is not None
    assert (db <= -300).all()


def test_a_sensitivity_takes_its_decibels_off() -> None:
    acceleration = flat_response_db(100.0, "acceleration", 1e6)
    assert acceleration == pytest.approx(np.full(121, -120.0))
    velocity = flat_response_db(100.0, "velocity", 1e6)
    one = np.argmin(np.abs(plan(100.0).period_s - 1.0))
    assert velocity[one] == pytest.approx(-120.0 + 20 * np.log10(2 * np.pi), abs=1.5)
    assert velocity[one] - velocity[one + 8] == pytest.approx(6.02, abs=0.1)
