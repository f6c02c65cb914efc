"""The measure of picks: who is judged, what counts as found, and the ratio by which cases are told apart."""

import numpy as np
import pytest
from benchmarks.phasepicks import Case, ours, ratio, score

from seismonet.core.sourceid import SourceId
from seismonet.detect.rows import raw_table

NAMES = (SourceId.parse("XX.A..HHZ"),)
RATE_HZ, P, S = 100.0, 3000, 3600


def case(size: float = 40.0) -> Case:
    rng = np.random.default_rng(6)
    samples = 100 * rng.standard_normal((1, 6000))
    time = np.arange(6000 - P) / RATE_HZ
    samples[0, P:] += 100 * size * np.exp(-time / 4) * np.sin(2 * np.pi * 5 * time)
    return Case("made", NAMES, raw_table(NAMES), 0, RATE_HZ, np.round(samples), P, S)


def test_what_is_told_until_two_seconds_after_s_is_judged_and_the_nearest_is_the_partner() -> None:
    told = [("P", P + 5.0), ("P", P - 2000.0), ("P", S + 150.0), ("P", S + 250.0), ("S", S - 30.0)]
    p, s, none = (score([case()], [one], phase) for one, phase in ((told, "P"), (told, "S"), ([], "P")))
    assert (p.within(0.1), p.within(0.5), p.told, p.real) == (1, 1, 3, 1)
    assert p.late_s.tolist() == pytest.approx([0.05])
    assert (s.within(0.1), s.within(0.5), s.told) == (0, 1, 1)
    assert (none.within(0.5), none.told, none.real) == (0, 0, 1)


def test_the_ratio_is_that_of_five_seconds_after_to_five_before() -> None:
    quiet = np.tile([1.0, -1.0], 3000)
    loud = quiet.copy()
    loud[P : P + 500] *= 12.0
    loud[P + 500 :] *= 1e3
    loud[: P - 500] *= 1e3
    assert ratio(loud, P, RATE_HZ) == pytest.approx(12.0)


def test_a_clear_onset_is_found_by_the_pipeline() -> None:
    found = score([case()], [ours(case())], "P")
    assert case().snr > 10
    assert found.within(0.1) == found.told == 1
