"""What three components of a simulated sensor say."""

from dataclasses import replace

import numpy as np
import pytest

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick
from seismonet.core.geo import azimuth_deg
from seismonet.core.inventory import Channel
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Record
from seismonet.detect.history import History
from seismonet.detect.rows import raw_table
from seismonet.detect.threecomponent import (
    Components,
    awakened,
    first_motion,
    p_probability,
    polarize,
    seek_s,
)
from seismonet.feed import receive, steps
from seismonet.pipeline import StationPipeline
from seismonet.synthesis.earthquake import Onset, ground_motion, onsets
from seismonet.synthesis.noise import background
from tests.support.receipts import T0_NS
from tests.synthesis import sites

STATION = sites.STATIONS[0]
EVENT = sites.event(4.0, 38.1, 72.3, 12.0)
GAIN = 1e9


def channels(rate_hz: float = 100.0) -> list[Channel]:
    """Z, N, E of the velocity sensor."""
    return list(sites.two_sensors(STATION, rate_hz)[:3])


def recorded(rate_hz: float = 100.0) -> tuple[FloatArray, int, int]:
    """Counts of Z, N, E, and the samples at which P and S begin."""
    still = sites.still(70.0, rate_hz)
    motion = ground_motion(EVENT, STATION, sites.travel_time, still, 1) + background(
        STATION.station_code, still, seed=1
    )
    p, s = (round((one.time_ns - still.start_ns) / SECOND_NS * rate_hz) for one in times())
    return np.rint(motion.velocity_m_s * GAIN), p, s


def times() -> tuple[Onset, Onset]:
    """When P and S begin."""
    return onsets(EVENT, STATION, sites.travel_time)


def held(samples: FloatArray, rate_hz: float = 100.0, begin: tuple[int, ...] = (0, 0, 0)) -> History:
    return History.of(rate_hz, [(first, one[first:]) for first, one in zip(begin, samples, strict=True)])


def toward() -> float:
    return float(azimuth_deg(STATION.latitude, STATION.longitude, EVENT.latitude, EVENT.longitude)) % 360


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0])
def test_a_simulated_earthquake_says_all_it_can(rate_hz: float) -> None:
    samples, p, s = recorded(rate_hz)
    history, sensor = held(samples, rate_hz), Components.of(channels(rate_hz), (p, p, p))
    direction = polarize(history, sensor, p, p + round(rate_hz))
    assert direction is not None
    assert abs((direction.backazimuth_deg - toward() + 180) % 360 - 180) < 10
    assert direction.rectilinearity > 0.9
    assert direction.backazimuth_uncertainty_deg < 40
    assert p_probability(history, sensor, p, p + round(rate_hz)) > 0.5
    assert p_probability(history, sensor, s, s + round(rate_hz)) < 0.5
    answers = [seek_s(history, sensor, p, p + round(step * 0.5 * rate_hz)) for step in range(1, 60)]
    first = next(one for one in answers if one is not None)
    assert abs(first.number - s) / rate_hz < 0.3
    assert answers.index(first) * 0.5 < (s - p) / rate_hz + 5.0
    assert first.snr > 2


def test_nothing_is_told_before_its_window_is_there() -> None:
    samples, p, _ = recorded()
    early, sensor = held(samples[:, : p + 15]), Components.of(channels(), (p, p, p))
    assert polarize(early, sensor, p, p + 15) is None
    assert polarize(early, sensor, p, p + 100) is None
    assert p_probability(early, sensor, p, p + 15) == 0.5
    assert seek_s(early, sensor, p, p + 100) is None
    assert seek_s(held(samples[:, p - 50 :]), sensor, 50, 900) is None


def test_later_samples_change_nothing() -> None:
    samples, p, s = recorded()
    sensor, until = Components.of(channels(), (p, p, p)), s + 500
    short, long = held(samples[:, :until]), held(samples)
    assert polarize(short, sensor, p, until) == polarize(long, sensor, p, until)
    assert p_probability(short, sensor, p, until) == p_probability(long, sensor, p, until)
    assert seek_s(short, sensor, p, until) == seek_s(long, sensor, p, until) is not None


def test_components_may_be_counted_from_different_moments() -> None:
    samples, p, s = recorded()
    moved = [(0, samples[0]), (-40, samples[1]), (7, samples[2])]
    history = History.of(100.0, moved)
    plain = Components.of(channels(), (p, p, p))
    shifted = Components.of(channels(), (p, p - 40, p + 7))
    assert polarize(history, shifted, p, p + 100) == polarize(held(samples), plain, p, p + 100)
    assert seek_s(history, shifted, p, s + 500) == seek_s(held(samples), plain, p, s + 500)


def test_gains_and_orientations_come_from_the_metadata() -> None:
    samples, p, _ = recorded()
    z, n, e = channels()
    turned = replace(n, azimuth_deg=60.0, source_id=SourceId("XX", "ONE", "00", "HH1"), sensitivity=z.sensitivity * 3)
    across = replace(e, azimuth_deg=150.0, source_id=SourceId("XX", "ONE", "00", "HH2"))
    angle = np.deg2rad(60.0)
    first = 3 * (np.cos(angle) * samples[1] + np.sin(angle) * samples[2])
    second = -np.sin(angle) * samples[1] + np.cos(angle) * samples[2]
    usual = polarize(held(samples), Components.of([z, n, e], (p, p, p)), p, p + 100)
    other = polarize(
        held(np.stack([samples[0], second, first])), Components.of([z, across, turned], (p, p, p)), p, p + 100
    )
    assert usual is not None
    assert other is not None
    assert other.backazimuth_deg == pytest.approx(usual.backazimuth_deg, abs=1e-6)
    assert other.incidence_deg == pytest.approx(usual.incidence_deg, abs=1e-6)


def test_without_metadata_the_codes_say_what_is_what() -> None:
    samples, p, s = recorded()
    for codes, oriented in (("ZNE", True), ("Z12", False)):
        table = raw_table([SourceId("XX", "ONE", "", "HH" + code) for code in codes])
        raw = sorted(table.channels, key=lambda one: (one.source_id.subsource != "Z", one.source_id.subsource))
        order = ["ZNE12".index(one.source_id.subsource) for one in raw]
        rows = samples[[place if place < 3 else place - 2 for place in order]]
        sensor = Components.of(raw, (p, p, p))
        assert sensor.three
        assert (polarize(held(rows), sensor, p, p + 100) is not None) is oriented
        found = seek_s(held(rows), sensor, p, s + 500)
        assert found is not None
        assert abs(found.number - s) < 30


def test_a_lone_vertical_and_components_in_a_plane_say_nothing_of_three() -> None:
    samples, p, s = recorded()
    z, n, e = channels()
    for few in ([z], [z, n], [z, n, replace(e, azimuth_deg=1.0)]):
        sensor = Components.of(few, (p,) * len(few))
        assert not sensor.three
        assert polarize(held(samples), sensor, p, p + 100) is None
        assert seek_s(held(samples), sensor, p, s + 500) is None
        assert p_probability(held(samples), sensor, p, p + 100) == 0.5


def test_a_clipped_sensor_tells_neither_direction_nor_s() -> None:
    samples, p, s = recorded()
    limit = float(np.abs(samples[1]).max())
    sensor = Components.of([replace(one, clip_counts=limit) for one in channels()], (p, p, p))
    assert seek_s(held(samples), sensor, p, s + 500) is None
    assert polarize(held(samples), sensor, p, p + 100) is not None  # it was clipped by S alone
    low = Components.of(
        [replace(one, clip_counts=float(np.abs(samples[0, p : p + 50]).max())) for one in channels()], (p,) * 3
    )
    assert polarize(held(samples), low, p, p + 100) is None


def test_a_late_s_must_be_plain_and_is_less_sure() -> None:
    random, p, p_coda = np.random.default_rng(9), 1000, np.array([2.0, 1.0, 1.0])
    told = {}
    for after_s, size in ((5.0, 3.0), (25.0, 2.5), (25.0, 9.0)):
        n, s = p + round((after_s + 6) * 100), p + round(after_s * 100)
        strength = np.full((3, n), 0.02)
        strength[:, p:] = p_coda[:, None]
        strength[:, s:] += np.outer([0.5, size, size], np.exp(-np.arange(n - s) / 200))
        samples = random.normal(size=(3, n)) * strength
        found = seek_s(held(samples), Components.of(channels(), (p, p, p)), p, s + 400)
        assert found is None or abs(found.number - s) < 30
        told[after_s, size] = found
    plain, early = told[25.0, 9.0], told[5.0, 3.0]
    assert told[25.0, 2.5] is None
    assert plain is not None
    assert early is not None
    assert plain.uncertainty_s == pytest.approx(0.5, abs=0.01)
    assert early.uncertainty_s < 0.2


@pytest.mark.parametrize("rate_hz", [20.0, 100.0, 200.0])
def test_a_second_wave_that_moves_as_p_did_is_no_s(rate_hz: float) -> None:
    """Pn, then ten times as much of Pg along the same ray, which lies low; or of S across it."""
    random, p, later = np.random.default_rng(3), round(10 * rate_hz), round(14 * rate_hz)
    along, across = np.array([0.5, 0.8, 0.3]), np.array([-0.4, -0.1, 1.0])
    told = []
    for direction in (along, across):
        n = later + round(4 * rate_hz)
        samples = 0.02 * random.normal(size=(3, n))
        fade = np.exp(-np.arange(n) / rate_hz)
        samples[:, p:] += np.outer(along, random.normal(size=n - p) * fade[: n - p])
        samples[:, later:] += np.outer(direction, 10 * random.normal(size=n - later) * fade[: n - later])
        sensor = Components.of(channels(rate_hz), (p, p, p))
        told.append(seek_s(held(samples, rate_hz), sensor, p, later + round(3 * rate_hz)))
    assert told[0] is None
    assert told[1] is not None
    assert abs(told[1].number - later) < 0.15 * rate_hz


@pytest.mark.parametrize("rate_hz", [20.0, 100.0, 200.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_first_motion(rate_hz: float, sign: float) -> None:
    random, k = np.random.default_rng(2), round(8 * rate_hz)
    time_s = (np.arange(round(10 * rate_hz)) - k) / rate_hz
    pulse = np.where(time_s >= 0, np.sin(2 * np.pi * 2 * time_s) * np.exp(-time_s), 0.0)
    sway = 300 * np.sin(2 * np.pi * 0.15 * time_s)  # a microseism that drowns the onset unfiltered
    noise = random.normal(size=len(time_s))
    told = {True: "positive", False: "negative"}[sign > 0]
    assert first_motion(held((noise + sway + sign * 40 * pulse)[None], rate_hz, (0,)), 0, k) == told
    assert first_motion(held((noise + sway + sign * 0.5 * pulse)[None], rate_hz, (0,)), 0, k) == "undecidable"
    assert first_motion(held((sign * pulse * 0)[None], rate_hz, (0,)), 0, k) == "undecidable"
    assert first_motion(held(noise[None, : k + 2], rate_hz, (0,)), 0, k) == "undecidable"


def test_a_spike_is_no_first_motion() -> None:
    noise = np.random.default_rng(5).normal(size=1000)
    noise[805] += 100
    assert first_motion(held(noise[None], begin=(0,)), 0, 800) == "undecidable"


def test_a_dead_channel_that_comes_alive_is_no_onset() -> None:
    random = np.random.default_rng(6)
    woken = np.rint(np.r_[np.full(800, -17.0), random.normal(size=400) * 30])
    assert awakened(held(woken[None], begin=(0,)), 0, 810)
    assert not awakened(held(woken[None], begin=(0,)), 0, 1100)
    assert not awakened(held(woken[None, :830], begin=(0,)), 0, 810), "not yet"
    coarse = np.rint(np.r_[np.zeros(800), np.cumsum(random.uniform(0, 2, 100)), random.normal(size=300) * 200])
    assert not awakened(held(coarse[None], begin=(0,)), 0, 810), "a sensor whose noise is less than a count"
    assert not awakened(held(random.normal(size=(1, 1200)), begin=(0,)), 0, 810)


@pytest.mark.parametrize("rate_hz", [31.3, 49.1, 100.0])
def test_s_is_timed_by_the_true_rate(rate_hz: float) -> None:
    """Filters are made for classes of rates 4 % apart: counted at such a rate, S would come 0.3 s late 20 s after P."""
    p_s, s_s = 40.0, 60.0
    rng = np.random.default_rng(3)
    t = np.arange(round(80 * rate_hz)) / rate_hz
    wave = rng.standard_normal(len(t))
    p, s = (np.where(t >= at, np.exp(-(t - at).clip(0) / 6.0), 0.0) * wave for at in (p_s, s_s))
    names = [SourceId("XX", "A", "00", "HH" + letter) for letter in "ZNE"]
    records = [
        Record(name, T0_NS, rate_hz, np.round(100 * rng.standard_normal(len(t)) + 2e4 * (of_p * p + of_s * s)))
        for name, of_p, of_s in zip(names, (1.0, 0.3, 0.2), (1.0, 6.0, 4.0), strict=True)
    ]
    pipeline = StationPipeline(raw_table(names))
    facts = [fact for receipts, tick in steps(receive(records)) for fact in pipeline.step(receipts, tick)]
    told = {one.phase: (one.time_ns - T0_NS) / SECOND_NS for one in facts if isinstance(one, Pick)}
    assert told["P"] == pytest.approx(p_s, abs=0.1)
    assert told["S"] == pytest.approx(s_s, abs=0.1)
