"""Onsets: found where they are, at any rate and on either kind of sensor, and not where there are none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seismonet.core.event import Amplitude, Pick
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipts, Tick
from seismonet.pipeline import StationPipeline
from tests.support.receipts import T0_NS, cut, samples_with_onsets, table

PLACE = {"XX.A": (38.0, 72.0)}


def found(
    samples: NDArray[np.int32], channel: str = "HHZ", rate_hz: float = 100.0
) -> tuple[list[Pick], list[Amplitude], StationPipeline]:
    """Last versions of all picks, amplitudes, and the pipeline, of one channel sent in packets of about two seconds."""
    pipeline = StationPipeline(table(PLACE, (channel,), rate_hz))
    receipts = cut(SourceId("XX", "A", "00", channel), samples, [round(2 * rate_hz)], rate_hz)
    facts = pipeline.step(Receipts.of(receipts), Tick(receipts[-1].received_ns))
    picks = {fact.id: fact for fact in facts if isinstance(fact, Pick)}
    return list(picks.values()), [fact for fact in facts if isinstance(fact, Amplitude)], pipeline


def seconds(pick: Pick) -> float:
    return (pick.time_ns - T0_NS) / 1e9


@pytest.mark.parametrize("channel", ["HHZ", "EHZ", "BHZ", "SHZ", "HNZ", "HLZ", "HGZ", "BNZ", "ENZ"])
def test_an_onset_after_twelve_seconds_of_noise_is_picked(channel: str) -> None:
    picks, _, _ = found(samples_with_onsets(4000, {1200: 40.0}), channel)
    assert len(picks) == 1
    assert abs(seconds(picks[0]) - 12.0) < 0.06
    assert (picks[0].phase, picks[0].version, picks[0].nslc) == ("P", 1, f"XX.A.00.{channel}")


@pytest.mark.parametrize("rate_hz", [18.8, 20.0, 30.05, 31.31, 40.0, 50.0, 100.0, 200.0, 250.0])
def test_rates(rate_hz: float) -> None:
    samples = samples_with_onsets(round(60 * rate_hz), {round(30 * rate_hz): 40.0}, rate_hz=rate_hz)
    picks, _, _ = found(samples, rate_hz=rate_hz)
    assert picks
    assert abs(seconds(picks[0]) - 30.0) < 0.06 + 2 / rate_hz


def test_an_emergent_low_onset_is_for_d2() -> None:
    rng = np.random.default_rng(3)
    t = np.arange(8000) / 100
    swell = np.clip((t - 40) / 1.5, 0, 1) * 900 * np.sin(2 * np.pi * 1.2 * t)
    picks, _, _ = found(np.round(rng.standard_normal(8000) * 100 + swell).astype(np.int32))
    assert picks
    assert picks[0].detector == "D2"
    assert abs(seconds(picks[0]) - 40.0) < 1.0


@pytest.mark.parametrize("seed", range(4))
def test_noise_makes_no_pick_worth_anything(seed: int) -> None:
    picks, _, _ = found(samples_with_onsets(30_000, {}, seed=seed))
    assert [pick for pick in picks if pick.snr > 2.5] == []


def test_spikes_and_steps_are_no_onsets_and_counted() -> None:
    samples = samples_with_onsets(9000, {}).copy()
    samples[3000] += 100_000
    samples[6000:] += 50_000
    picks, _, pipeline = found(samples)
    assert picks == []
    assert pipeline.counts["XX.A.00.HHZ", "impulse"] >= 2


def test_a_dead_channel_makes_none() -> None:
    assert found(np.zeros(6000, dtype=np.int32))[0] == []
    assert found(np.full(6000, 12345, dtype=np.int32))[0] == []


def test_one_earthquake_makes_one_pick_and_a_much_larger_one_in_its_coda_another() -> None:
    one, _, _ = found(samples_with_onsets(9000, {3000: 20.0}))
    two, _, _ = found(samples_with_onsets(9000, {3000: 20.0, 3600: 2000.0}))
    assert len(one) == 1
    assert len(two) == 2
    assert two[1].detector.endswith("+")
    assert abs(seconds(two[1]) - 36.0) < 0.1


def test_a_weak_trigger_just_before_an_earthquake_does_not_hide_it() -> None:
    picks, _, _ = found(samples_with_onsets(9000, {2780: 8.0, 3000: 4000.0}))
    assert min(abs(seconds(pick) - 30.0) for pick in picks) < 0.1


def test_an_onset_that_surges_is_told_once() -> None:
    weak, strong = samples_with_onsets(9000, {3000: 20.0}), samples_with_onsets(9000, {3090: 4000.0}, seed=1)
    picks, _, _ = found(weak + strong)
    assert sum(abs(seconds(pick) - 30.9) < 0.3 for pick in picks) == 1


def test_no_pick_within_ten_seconds_after_a_gap() -> None:
    samples = samples_with_onsets(9000, {3700: 40.0, 6500: 200.0})
    receipts = cut(SourceId("XX", "A", "00", "HHZ"), samples, [200])
    del receipts[15:17]
    pipeline = StationPipeline(table(PLACE))
    facts = pipeline.step(Receipts.of(receipts), Tick(receipts[-1].received_ns))
    times = sorted({round(seconds(fact)) for fact in facts if isinstance(fact, Pick)})
    assert times == [65]


def test_amplitudes_are_those_of_the_ground() -> None:
    """A 2 Hz wave of 1 mm/s that begins at a zero: displacement up to twice 0.08 mm, acceleration 12.6 mm/s**2."""
    t = np.arange(6000) / 100
    velocity = np.where(t >= 30, 1e-3 * np.sin(2 * np.pi * 2 * (t - 30)), 0.0)
    noise = np.random.default_rng(1).standard_normal(6000) * 300
    picks, amplitudes, _ = found(np.round(velocity * 3.0172e8 + noise).astype(np.int32))
    assert len(picks) == 1
    assert {round(one.window_s) for one in amplitudes} >= {1, 2, 3, 4, 10}
    four = next(one for one in amplitudes if one.window_s == 4.0)
    assert four.pv_m_s == pytest.approx(1e-3, rel=0.1)
    assert 1.0 < four.pd_m / (1e-3 / (2 * np.pi * 2)) < 2.0
    assert four.pa_m_s2 == pytest.approx(1e-3 * 2 * np.pi * 2, rel=0.1)
    assert not four.clipped


def test_both_sensors_of_a_site_measure_the_same_ground() -> None:
    t = np.arange(6000) / 100
    phase = 2 * np.pi * 2 * (t - 30)
    velocity = np.where(t >= 30, 1e-2 * np.sin(phase), 0.0)
    acceleration = np.where(t >= 30, 1e-2 * 2 * np.pi * 2 * np.cos(phase), 0.0)
    noise = np.random.default_rng(1).standard_normal(6000)
    of = {}
    for channel, motion, gain in (("HHZ", velocity, 3.0172e8), ("HNZ", acceleration, 2.04e5)):
        _, amplitudes, _ = found(np.round(motion * gain + noise).astype(np.int32), channel)
        of[channel] = next(one for one in amplitudes if one.window_s == 4.0)
    assert of["HNZ"].pv_m_s == pytest.approx(of["HHZ"].pv_m_s, rel=0.1)
    assert of["HNZ"].pd_m == pytest.approx(of["HHZ"].pd_m, rel=0.2)


def test_a_clipped_amplitude_says_so() -> None:
    samples = samples_with_onsets(6000, {3000: 40.0}).copy()
    samples[3100:3150] = 8_200_000
    _, amplitudes, _ = found(samples)
    assert amplitudes
    assert all(one.clipped for one in amplitudes if one.window_s >= 2)


def test_versions_are_issued_in_order_when_their_last_sample_came() -> None:
    pipeline = StationPipeline(table(PLACE))
    receipts = cut(SourceId("XX", "A", "00", "HHZ"), samples_with_onsets(6000, {3000: 40.0}), [50])
    facts = pipeline.step(Receipts.of(receipts), Tick(receipts[-1].received_ns))
    picks = [fact for fact in facts if isinstance(fact, Pick)]
    assert [pick.version for pick in picks] == [0, 1]
    assert picks[0].id == picks[1].id
    assert picks[0].first_issued_ns == picks[1].first_issued_ns == picks[0].issued_ns
    assert 0 < (picks[0].issued_ns - T0_NS) / 1e9 - 30.0 < 1.2
    assert picks[0].issued_ns < picks[1].issued_ns < picks[0].issued_ns + 2_000_000_000


@pytest.mark.parametrize("packet", [1, 3, 7, 20])
def test_no_version_is_issued_before_an_older_one_at_low_rates(packet: int) -> None:
    """At 20 Hz the check against impulses takes longer than the onset's window."""
    pipeline = StationPipeline(table(PLACE, rate_hz=20.0))
    samples = samples_with_onsets(1200, {600: 40.0}, rate_hz=20.0)
    receipts = cut(SourceId("XX", "A", "00", "HHZ"), samples, [packet], 20.0)
    facts = pipeline.step(Receipts.of(receipts), Tick(receipts[-1].received_ns))
    versions = [fact.version for fact in facts if isinstance(fact, Pick)]
    assert versions in ([0, 1], [1])  # what comes with one record is told at once


def test_a_rate_that_leaves_no_band_is_told() -> None:
    picks, _, pipeline = found(samples_with_onsets(300, {150: 40.0}, rate_hz=1.0), rate_hz=1.0)
    assert picks == []
    assert pipeline.counts["XX.A.00.HHZ", "sampling rate too low to be picked"] == 1
