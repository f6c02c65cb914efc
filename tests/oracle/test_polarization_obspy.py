"""Polarization against ObsPy's flinn, and S against ar_pick on simulated earthquakes."""

import numpy as np
from obspy.signal.polarization import flinn
from obspy.signal.trigger import ar_pick

from seismonet.kernels.polarization import covariance, motion
from seismonet.kernels.sphase import s_candidate


def test_the_angles_of_flinn() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        line, n = random.normal(size=3), 200
        samples = np.outer(line, random.normal(size=n)) + 0.1 * random.normal(size=(3, n))
        samples -= samples.mean(axis=1, keepdims=True)
        azimuth, incidence, _, _ = flinn([one.copy() for one in samples])
        found = motion(covariance(samples), np.zeros((3, 3)), 10.0)
        # flinn's azimuth is that of the motion, with its sign left open
        assert abs((found.backazimuth_deg - azimuth + 90) % 180 - 90) < 1e-6
        assert abs(found.incidence_deg - incidence) < 1e-6


def test_s_where_ar_pick_has_it() -> None:
    random, rate_hz, p, s = np.random.default_rng(2), 100.0, 1500, 2000
    time_s = np.arange(3500) / rate_hz
    fade = [np.where(time_s >= k / rate_hz, np.exp(-(time_s - k / rate_hz) / 2.0), 0.0) for k in (p, s)]
    size = 0.05 + np.outer([2.0, 0.5, 0.5], fade[0]) + np.outer([1.5, 6.0, 6.0], fade[1])
    samples = random.normal(size=(3, 3500)) * size
    _, theirs = ar_pick(*samples, rate_hz, 1.0, 20.0, 1.0, 0.1, 4.0, 1.0, 2, 8, 0.1, 0.2)
    ours = s_candidate(samples[:, :2500], p, rate_hz)
    assert ours is not None
    assert abs(ours.onset - s) <= 10
    assert abs(ours.onset / rate_hz - theirs) < 0.5
