"""The synthetic source keeps what it promises: onsets, spectrum, and one motion for both sensors."""

import numpy as np
import pytest
from scipy.signal import welch

from seismonet.core.geo import azimuth_deg, distance_km
from seismonet.synthesis.earthquake import SyntheticEvent, ground_motion, lean, onsets
from seismonet.synthesis.source import CRUST, corners, effective_km, level_m_s, loss, site_gain
from tests.synthesis.sites import ORIGIN_NS, START_NS, STATIONS, derivative_error, event, still, travel_time

ONE = STATIONS[0]


def times_s(n: int, rate_hz: float = 100.0) -> np.ndarray:
    return np.arange(n) / rate_hz


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
@pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.code)
def test_nothing_moves_before_the_onsets_and_something_right_after(station, rate_hz: float) -> None:
    p, s = onsets(event(), station, travel_time)
    motion = ground_motion(event(), station, travel_time, still(rate_hz=rate_hz))
    after_s = times_s(motion.velocity_m_s.shape[1], rate_hz) - (p.time_ns - START_NS) / 1e9
    assert not motion.acceleration_m_s2[:, after_s < 0].any()
    vertical = np.abs(motion.acceleration_m_s2[0])
    p_peak = vertical[(after_s >= 0) & (after_s < 3.0)].max()
    assert vertical[(after_s >= 0) & (after_s < 0.05)].max() > p_peak / 50
    # P leans to the north and east in one fixed proportion until S begins
    before_s = after_s < (s.time_ns - p.time_ns) / 1e9
    z, n, e = motion.displacement_m[:, (after_s > 0) & before_s]
    tangent = np.tan(lean(event(), station, travel_time))
    assert 0.3 < tangent < 1.0
    assert np.abs(np.hypot(n, e) - tangent * np.abs(z)).max() < 1e-9 * np.abs(z).max()
    horizontal = np.abs(motion.velocity_m_s[1:])
    assert horizontal[:, ~before_s].max() > 1.5 * horizontal[:, before_s].max()


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


@pytest.mark.parametrize(("magnitude", "phase"), [(4.0, "S"), (6.0, "S"), (4.0, "P")])
def test_the_mean_spectrum_is_that_of_the_source_model(magnitude: float, phase: str) -> None:
    """In absolute units: nothing but the moment sets the size. What is scattered later comes on top, a little."""
    near = event(magnitude, ONE.latitude + 0.2, ONE.longitude, 5.0)
    p, s = onsets(near, ONE, travel_time)
    rate_hz, begin = 200.0, p if phase == "P" else s
    n = round(3.0 * rate_hz) if phase == "P" else 4096
    power = np.zeros(n // 2 + 1)
    for seed in range(24):
        motion = ground_motion(near, ONE, travel_time, still(60.0, rate_hz), seed)
        first = int(np.ceil((begin.time_ns - START_NS) / 1e9 * rate_hz))
        # north points at the source: P lies in the plane of up and north, S along north
        component = 0 if phase == "P" else 1
        power += np.abs(np.fft.rfft(motion.acceleration_m_s2[component, first : first + n]) / rate_hz) ** 2 / 24
    frequency = np.fft.rfftfreq(n, 1 / rate_hz)
    km = effective_km(magnitude, float(distance_km(near.latitude, near.longitude, ONE.latitude, ONE.longitude)), 5.0)
    low, high, share = corners(magnitude)
    faster = 1.5 if phase == "P" else 1.0
    source = (1 - share**2) / (1 + (frequency / low / faster) ** 2) ** 2
    source += (share / (1 + (frequency / high / faster) ** 2)) ** 2
    left = loss(phase, frequency, CRUST, (begin.time_ns - ORIGIN_NS) / 1e9) * site_gain(phase, frequency, CRUST)
    model = source * (left * level_m_s(phase, magnitude, CRUST, km) * (2 * np.pi * frequency) ** 2) ** 2
    if phase == "P":
        model *= np.cos(lean(near, ONE, travel_time)) ** 2
    # three seconds of P are too short for the lowest band
    for band in ((0.5, 1.5), (1.5, 4.0), (4.0, 10.0), (10.0, 25.0))[phase == "P" :]:
        inside = (frequency > band[0]) & (frequency < band[1])
        assert 0.75 < np.sqrt(power[inside].sum() / model[inside].sum()) < 1.35, band


def test_the_coda_is_long_and_loses_its_high_frequencies() -> None:
    _, s = onsets(event(5.0), ONE, travel_time)
    lines = [ground_motion(event(5.0), ONE, travel_time, still(140.0), seed).velocity_m_s[1] for seed in range(8)]
    first = round((s.time_ns - START_NS) / 1e7)

    def level(after_s: float, low_hz: float, high_hz: float) -> float:
        begin = first + round(after_s * 100)
        density = [welch(line[begin : begin + 1000], 100.0, nperseg=500) for line in lines]
        frequency = density[0][0]
        inside = (frequency >= low_hz) & (frequency < high_hz)
        return float(np.sqrt(np.mean([one[inside].mean() for _, one in density])))

    early, middle, late = (level(after_s, 1.0, 3.0) for after_s in (1.0, 20.0, 60.0))
    assert early > 3 * middle > 9 * late > 0
    assert level(60.0, 8.0, 16.0) / late < 0.3 * level(1.0, 8.0, 16.0) / early


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
