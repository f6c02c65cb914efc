"""The synthetic source keeps what it promises: onsets, size, spectrum, and one motion for both sensors."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt, welch

from seismonet.core.geo import azimuth_deg, distance_km
from seismonet.models.magnitude import pd_of
from seismonet.synthesis.earthquake import SyntheticEvent, corner_hz, ground_motion, onsets
from tests.synthesis.sites import ORIGIN_NS, START_NS, STATIONS, derivative_error, event, still, travel_time

ONE = STATIONS[0]


def times_s(n: int, rate_hz: float = 100.0) -> np.ndarray:
    return np.arange(n) / rate_hz


def test_the_corner_is_brunes() -> None:
    # r = (7 M0 / 16 / stress)**(1/3) with M0 = 10**16.6 N m and 3 MPa: 1796.5 m; 2.34 * 3500 / (2 pi r)
    assert corner_hz(5.0) == pytest.approx(0.7256, abs=0.001)
    assert corner_hz(6.0) / corner_hz(5.0) == pytest.approx(10**-0.5)
    assert corner_hz(5.0, 24e6) / corner_hz(5.0) == pytest.approx(2.0)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
@pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.code)
def test_nothing_moves_before_the_onsets_and_something_right_after(station, rate_hz: float) -> None:
    p, s = onsets(event(), station, travel_time)
    motion = ground_motion(event(), station, travel_time, still(rate_hz=rate_hz))
    after_s = times_s(motion.velocity_m_s.shape[1], rate_hz) - (p.time_ns - START_NS) / 1e9
    assert not motion.acceleration_m_s2[:, after_s < 0].any()
    vertical = np.abs(motion.acceleration_m_s2[0])
    assert vertical[(after_s >= 0) & (after_s < 0.05)].max() > vertical.max() / 50
    # P leans to the north and east in one fixed proportion until S begins
    before_s = after_s < (s.time_ns - p.time_ns) / 1e9
    z, n, e = motion.displacement_m[:, (after_s > 0) & before_s]
    assert np.abs(np.hypot(n, e) - 0.4 * np.abs(z)).max() < 1e-9 * np.abs(z).max()
    horizontal = np.abs(motion.velocity_m_s[1:])
    assert horizontal[:, ~before_s].max() > 2 * horizontal[:, before_s].max()


def test_the_onset_is_the_travel_time_after_the_origin() -> None:
    p, s = onsets(event(), ONE, travel_time)
    slant_km = np.hypot(float(distance_km(38.0, 72.8, ONE.latitude, ONE.longitude)), 10.0)
    assert (p.station_code, p.phase, s.phase) == ("XX.ONE", "P", "S")
    assert p.time_ns - ORIGIN_NS == pytest.approx(slant_km / 6.0 * 1e9, abs=1)
    assert s.time_ns - ORIGIN_NS == pytest.approx(slant_km / 3.5 * 1e9, abs=1)


def test_a_move_of_the_origin_by_a_fraction_of_a_sample_moves_the_wave_by_it() -> None:
    late = SyntheticEvent(38.0, 72.8, 10.0, 5.0, ORIGIN_NS + 4_000_000)
    motions = [ground_motion(one, ONE, travel_time, still(rate_hz=500.0), seed=3) for one in (event(5.0), late)]
    first = [int(np.flatnonzero(motion.acceleration_m_s2[0])[0]) for motion in motions]
    assert first[1] - first[0] == 2


@pytest.mark.parametrize("magnitude", [2.5, 4.0, 5.5, 7.0])
@pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.code)
def test_early_displacement_is_that_of_the_magnitude_relation(station, magnitude: float) -> None:
    rate_hz = 400.0
    p, s = onsets(event(magnitude), station, travel_time)
    motion = ground_motion(event(magnitude), station, travel_time, still(rate_hz=rate_hz))
    passed = sosfilt(butter(2, 0.075, "highpass", fs=rate_hz, output="sos"), motion.displacement_m[0])
    first, last = (round((ns - START_NS) / 1e9 * rate_hz) for ns in (p.time_ns, min(p.time_ns + 4 * 10**9, s.time_ns)))
    slant_km = float(np.hypot(distance_km(38.0, 72.8, station.latitude, station.longitude), 10.0))
    assert np.abs(passed[first:last]).max() == pytest.approx(pd_of(magnitude, slant_km), rel=0.01)


@pytest.mark.parametrize("magnitude", [4.0, 5.0])
def test_the_spectrum_falls_off_as_omega_squared_beyond_the_corner(magnitude: float) -> None:
    """Mean spectra of many S waves, freed of their attenuation, against ``1 / (1 + (f/fc)**2)``."""
    near = event(magnitude, ONE.latitude + 0.05, ONE.longitude, 5.0)
    _, s = onsets(near, ONE, travel_time)
    corner, t_star = corner_hz(magnitude), 0.04 + (s.time_ns - ORIGIN_NS) / 1e9 / 400.0
    power = np.zeros(8193)
    for seed in range(60):
        motion = ground_motion(near, ONE, travel_time, still(82.0, 200.0), seed)
        frequency, one = welch(motion.displacement_m[2], 200.0, window="boxcar", nperseg=16384, detrend=False)
        ratio = frequency / corner
        steep = (ratio > 5) & (ratio < 10)  # many lines: the surest measure of one wave's size
        power += one / one[steep].mean()
    power *= np.exp(2 * np.pi * frequency * t_star)
    model = 1 / (1 + ratio**2) ** 2
    bands = [(ratio > low) & (ratio < high) for low, high in ((0.1, 0.4), (0.8, 1.25), (2.0, 3.0), (6.0, 9.0))]
    fit = [np.sqrt(power[band].mean() / model[band].mean()) for band in bands]
    assert np.array(fit) / np.mean(fit) == pytest.approx(1.0, abs=0.1)


def test_velocity_and_acceleration_are_derivatives() -> None:
    motion = ground_motion(event(5.0), ONE, travel_time, still(rate_hz=200.0))
    assert derivative_error(motion.displacement_m, motion.velocity_m_s, 200.0) < 0.005
    assert derivative_error(motion.velocity_m_s, motion.acceleration_m_s2, 200.0) < 0.005


def test_first_motion_leans_along_the_line_to_the_epicentre() -> None:
    motion = ground_motion(event(), ONE, travel_time, still())
    p, s = onsets(event(), ONE, travel_time)
    window = slice(round((p.time_ns - START_NS) / 1e7), round((s.time_ns - START_NS) / 1e7) - 1)
    z, n, e = motion.displacement_m[:, window]
    # where Z goes up the ground moves away from the source
    back = np.rad2deg(np.arctan2(-(e * np.sign(z)).sum(), -(n * np.sign(z)).sum())) % 360
    assert back == pytest.approx(float(azimuth_deg(ONE.latitude, ONE.longitude, 38.0, 72.8)), abs=1e-6)


def test_seeds_and_windows() -> None:
    whole = ground_motion(event(), ONE, travel_time, still(60.0), seed=5)
    again = ground_motion(event(), ONE, travel_time, still(60.0), seed=5)
    other = ground_motion(event(), ONE, travel_time, still(60.0), seed=6)
    part = ground_motion(event(), ONE, travel_time, still(10.0, start_ns=START_NS + 26 * 10**9), seed=5)
    assert np.array_equal(whole.velocity_m_s, again.velocity_m_s)
    assert not np.array_equal(whole.velocity_m_s, other.velocity_m_s)
    assert part.velocity_m_s.any()
    scale = np.abs(part.velocity_m_s).max()
    assert np.abs(whole.velocity_m_s[:, 2600:3600] - part.velocity_m_s).max() < 1e-9 * scale


def test_a_rate_below_its_frequencies_is_refused() -> None:
    with pytest.raises(ValueError, match=r"20\.0 Hz is too slow"):
        ground_motion(event(), ONE, travel_time, still(rate_hz=20.0))
