"""What no ground does and what noise does, by shape alone, at any rate and in any unit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from seismonet.core.event import Rejection
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipts, Tick
from seismonet.detect.gate import REASONS, GateParams, quiet
from seismonet.detect.history import History
from seismonet.detect.rows import raw_table
from seismonet.detect.seen import PASSED, Seen
from seismonet.detect.shape import electronic, noise_like, sideways
from seismonet.pipeline import StationPipeline
from tests.support.receipts import cut

RATES = (20.0, 50.0, 100.0, 200.0)
BAND = (2.0, 8.0)
CHANNEL = raw_table([SourceId.parse("XX.A..HHZ")]).channels[0]


def time(rate_hz: float) -> NDArray[np.float64]:
    return np.asarray(np.arange(round(-20 * rate_hz), round(10 * rate_hz)) / rate_hz)


def seen(trace: NDArray[np.float64], rate_hz: float, noise: float = 10.0) -> Seen:
    rng = np.random.default_rng(5)
    samples = np.round(trace + noise * rng.standard_normal(len(trace)))
    return Seen(History.of(rate_hz, [(0, samples)]), round(20 * rate_hz), CHANNEL)


def wave(rate_hz: float, size: float, hz: float = 4.0, decay_s: float = 5.0) -> NDArray[np.float64]:
    at = time(rate_hz)
    return np.asarray(np.where(at >= 0, size * np.exp(-at.clip(0) / decay_s) * np.sin(2 * np.pi * hz * at), 0.0))


@pytest.mark.parametrize("rate_hz", RATES)
def test_waves_large_and_small_slow_and_fast_are_no_electronics(rate_hz: float) -> None:
    for size in (30.0, 1e3, 1e6):
        for hz in (1.0, 4.0, 7.0):
            assert electronic(seen(wave(rate_hz, size, hz), rate_hz)) == PASSED


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_clipped_wave_is_no_boxcar(rate_hz: float) -> None:
    clipped = np.clip(wave(rate_hz, 1e6, 3.0), -2e5, 2e5)
    assert electronic(seen(clipped, rate_hz)) == PASSED


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("held_s", [0.2, 0.6])
def test_a_trace_that_jumps_to_a_level_and_back_is_a_boxcar(rate_hz: float, held_s: float) -> None:
    at = time(rate_hz)
    pulse = np.where((at >= 0) & (at < held_s), 5e3, 0.0)
    reason, detail = electronic(seen(pulse, rate_hz))
    assert reason == "boxcar"
    assert "two levels" in detail


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_trace_that_recovers_one_way_hardly_turns(rate_hz: float) -> None:
    at = time(rate_hz)
    recovery = np.where(at >= 0, 1e7 * np.exp(-at.clip(0) / 3.0), 0.0)
    assert electronic(seen(recovery, rate_hz))[0] == "crossings"
    assert electronic(seen(recovery + wave(rate_hz, 5e6, 3.0), rate_hz)) == PASSED


def test_a_level_that_stays_is_a_step() -> None:
    at = time(100.0)
    assert electronic(seen(np.clip(at / 0.08, 0, 1) * 5e3, 100.0))[0] == "step"


@pytest.mark.parametrize("rate_hz", RATES)
def test_what_moves_sideways_from_the_first_is_no_p(rate_hz: float) -> None:
    up, side = wave(rate_hz, 1e4), wave(rate_hz, 1e3)
    noise = 3.0 * np.random.default_rng(2).standard_normal((3, len(up)))
    onset = round(20 * rate_hz)
    assert sideways(noise + np.stack([up, side, side]), onset, rate_hz, 2.0) == PASSED
    assert sideways(noise + np.stack([side, side, up]), onset, rate_hz, 2.0)[0] == "sideways"
    assert sideways(noise + np.stack([up, 1.5 * up, side]), onset, rate_hz, 2.0) == PASSED


@pytest.mark.parametrize("rate_hz", RATES)
def test_an_onset_must_stand_out_of_what_the_noise_did(rate_hz: float) -> None:
    swell = 60.0 * np.sin(2 * np.pi * 3.0 * time(rate_hz)) * (np.abs(time(rate_hz) + 6.0) < 0.5)
    small, large = wave(rate_hz, 55.0, 3.0), wave(rate_hz, 200.0, 3.0)
    assert noise_like(seen(small, rate_hz), BAND, 2.1) == PASSED
    assert noise_like(seen(swell + small, rate_hz), BAND, 2.1)[0] == "noise"
    assert noise_like(seen(swell + large, rate_hz), BAND, 2.1) == PASSED


def test_a_short_and_sharp_onset_stands_out_though_it_does_not_last() -> None:
    assert noise_like(seen(wave(100.0, 200.0, 6.0, decay_s=0.08), 100.0), BAND, 2.1) == PASSED


def test_a_clear_onset_is_not_asked_to_stand_out_of_the_coda_before() -> None:
    before = seen(1e5 * np.sin(20 * time(100.0)) * (time(100.0) < -5) + wave(100.0, 1e3), 100.0)
    assert quiet(before, 5.0, BAND, GateParams())[0] == "noise"
    assert quiet(before, 15.0, BAND, GateParams()) == PASSED


@pytest.mark.parametrize("order", ["ZNE", "NEZ"])
def test_the_station_refuses_what_moves_sideways(order: str) -> None:
    parts = dict(zip(order, (1e5, 1e4, 1e4), strict=True))
    rng = np.random.default_rng(4)
    names = [SourceId("XX", "A", "", f"HH{letter}") for letter in "ZNE"]
    noise = [30.0 * rng.standard_normal(3000) for _ in names]
    traces = [np.round(one + wave(100.0, parts[name.subsource])) for one, name in zip(noise, names, strict=True)]
    receipts = [
        one for name, trace in zip(names, traces, strict=True) for one in cut(name, trace.astype(np.int32), [100])
    ]
    receipts.sort(key=lambda one: one.received_ns)
    facts = StationPipeline(raw_table(names)).step(Receipts.of(receipts), Tick(receipts[-1].received_ns))
    reasons = [fact.reason for fact in facts if isinstance(fact, Rejection)]
    assert ("sideways" in reasons) == (order == "NEZ")


def test_every_reason_is_named() -> None:
    assert {"boxcar", "crossings", "sideways", "step", "noise"} <= set(REASONS)
