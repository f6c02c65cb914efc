"""The figures of shaking in their short form, and the pieces they are made of."""

import numpy as np
import pytest
from benchmarks.shaking import Case, calibration, classes, errors, judged, past, reliability, simulate


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return simulate(16)


def test_forecasts_are_as_good_as_they_say(cases: list[Case]) -> None:
    off = np.array([(case.known.intensity - case.reported) / case.known.sd for case in cases])
    assert np.sqrt(np.mean(off**2)) < 1.4
    slab = errors([case for case in cases if case.kind == "slab"])
    assert abs(slab.mean()) < 0.6
    crust = errors([case for case in cases if case.kind == "crust"])
    # the mean of two models that differ by more than one degree, of which the truth is nearer to the lower
    assert 0.0 < crust.mean() < 1.3


def test_what_was_told_at_first_is_less_sure(cases: list[Case]) -> None:
    assert np.mean([case.told.sd - case.known.sd for case in cases]) > 0.02


def test_the_page(cases: list[Case]) -> None:
    assert len(judged(cases)) == 8
    assert classes(cases).count("\n| crust") >= 2
    assert reliability(cases).count(" % |") >= 5
    assert past().count("| Hindu Kush, 2015-10-26 |") == 4


def test_calibration_by_hand() -> None:
    """Of ten forecasts of 35 % five came true, of ten of 75 % seven; what was as good as sure does not count."""
    chances = np.r_[np.full(10, 0.35), np.full(10, 0.75), np.full(50, 0.01)]
    reached = np.r_[np.ones(5), np.zeros(5), np.ones(7), np.zeros(3), np.zeros(50)]
    assert calibration(chances, reached) == pytest.approx((1.5 + 0.5) / 20)
