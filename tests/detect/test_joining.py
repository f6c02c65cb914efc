"""Two sensors of three components: one pick a station and onset, the same however receipts are batched."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from seismonet.core.event import Amplitude, Pick, Rejection
from seismonet.core.inventory import ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Receipts
from seismonet.detect.detectors import PickerParams
from seismonet.detect.joining import JoinParams
from seismonet.feed import in_order, steps
from seismonet.pipeline import Fact, PipelineParams, StationPipeline
from tests.support.receipts import T0_NS, cut, table

CHANNELS = ("HHZ", "HHN", "HHE", "HNZ", "HNN", "HNE")
GAINS = {"HH": 3.0172e8, "HN": 2.04e5}
P_S, S_S = 60.0, 68.0
Samples = dict[str, NDArray[np.int32]]


def ground(seed: int = 0, seconds: float = 150.0, quakes: tuple[tuple[float, float], ...] = ((P_S, 2e-5),)) -> Samples:
    """Counts of both sensors: noise, and of each (onset, m/s) P on the vertical, 8 s later S on the horizontals."""
    rng = np.random.default_rng(seed)
    n = round(seconds * 100)
    t = np.arange(n) / 100.0
    found: Samples = {}
    waves = {phase: rng.standard_normal(n) for phase in ("P", "S")}
    for component, of_p, of_s in (("Z", 1.0, 0.3), ("N", 0.35, 1.5), ("E", -0.2, 1.0)):
        velocity = rng.standard_normal(n) * 1e-7
        for onset, size in quakes:
            for phase, at, share in (("P", onset, of_p), ("S", onset + S_S - P_S, 2 * of_s)):
                shape = np.where(t >= at, np.exp(-(t - at).clip(0) / 6.0), 0.0)
                wave = np.sin(2 * np.pi * 4.0 * (t - at)) + 0.4 * waves[phase]
                velocity += size * share * shape * wave
        acceleration = np.gradient(velocity, 0.01) + rng.standard_normal(n) * 1e-5
        found[f"HH{component}"] = np.round(velocity * GAINS["HH"]).astype(np.int32)
        found[f"HN{component}"] = np.round(acceleration * GAINS["HN"]).astype(np.int32)
    return found


def receipts_of(samples: Samples, lengths: tuple[int, ...] = (173, 100, 251)) -> list[Receipt]:
    """Records of each channel, later channels a little later."""
    found: list[Receipt] = []
    for k, (channel, counts) in enumerate(samples.items()):
        turned = [*lengths[k % 3 :], *lengths[: k % 3]]
        found += cut(SourceId("XX", "A", "00", channel), counts, turned, latency_ns=30_000_000 * k)
    return found


def site() -> ChannelTable:
    """One station, two sensors of three components."""
    made = table({"XX.A": (38.0, 72.0)}, CHANNELS)
    turned = (replace(one, azimuth_deg=90.0 if one.source_id.channel[2] == "E" else 0.0) for one in made.channels)
    return ChannelTable.of(made.stations, turned)


def facts_of(
    found: list[Receipt], span_s: float = 20.0, restart: bool = False, join: JoinParams | None = None
) -> list[Fact]:
    params = PipelineParams(picker=PickerParams(join=join or JoinParams()))
    pipeline = StationPipeline(site(), params)
    facts: list[Fact] = []
    for batch, tick in steps(in_order([Receipts.of(found)]), span_s):
        facts += pipeline.step(batch, tick)
        if restart:
            saved = pipeline.save()
            pipeline = StationPipeline(site(), params)
            assert pipeline.load(saved) == len(CHANNELS)
    return facts


def last_picks(facts: list[Fact]) -> list[Pick]:
    return list({fact.id: fact for fact in facts if isinstance(fact, Pick)}.values())


def seconds(time_ns: int) -> float:
    return (time_ns - T0_NS) / 1e9


@pytest.fixture(scope="module")
def quake() -> list[Fact]:
    return facts_of(receipts_of(ground()))


def test_one_p_and_one_s_of_all_that_triggered(quake: list[Fact]) -> None:
    picks = last_picks(quake)
    assert sorted(pick.phase for pick in picks) == ["P", "S"]
    p, s = sorted(picks, key=lambda pick: pick.phase)
    assert abs(seconds(p.time_ns) - P_S) < 0.1
    assert abs(seconds(s.time_ns) - S_S) < 0.5
    assert (s.p_pick_id, s.detector) == (p.id, "S")


def test_later_versions_know_more_and_come_later(quake: list[Fact]) -> None:
    versions = [fact for fact in quake if isinstance(fact, Pick) and fact.phase == "P"]
    assert [one.version for one in versions] == list(range(len(versions)))
    assert all(a.issued_ns <= b.issued_ns for a, b in pairwise(versions))
    assert len({one.first_issued_ns for one in versions}) == 1
    assert versions[0].polarization is None
    assert versions[-1].polarization is not None
    assert versions[-1].hint == "P"
    assert versions[-1].trust == 1.0


def test_amplitudes_of_both_sensors_and_of_horizontals_bear_the_id_of_the_station_s_pick(quake: list[Fact]) -> None:
    amplitudes = [fact for fact in quake if isinstance(fact, Amplitude)]
    assert {one.pick_id for one in amplitudes} == {pick.id for pick in last_picks(quake) if pick.phase == "P"}
    assert {one.source_id.channel for one in amplitudes} == set(CHANNELS)
    lying = [one for one in amplitudes if one.source_id.channel[2] != "Z"]
    assert all(one.wood_anderson_m > 0 for one in lying)


@pytest.mark.parametrize("span_s", [0.3, 7.0, 400.0])
def test_batches_change_nothing(span_s: float, quake: list[Fact]) -> None:
    assert facts_of(receipts_of(ground()), span_s) == quake


def test_a_restart_at_each_step_changes_nothing(quake: list[Fact]) -> None:
    assert facts_of(receipts_of(ground()), 1.7, restart=True) == quake


def broken() -> list[Receipt]:
    """One horizontal has a gap in the S waves, one is dead from 55 s on, a third lags behind by 40 s for a while."""
    found = receipts_of(ground(quakes=((40.0, 1e-5), (P_S, 3e-4))))
    kept = []
    for receipt in found:
        channel, start_s = receipt.record.source_id.channel, seconds(receipt.record.start_ns)
        if (channel == "HHN" and 66 < start_s < 70) or (channel == "HNE" and start_s > 55):
            continue
        late = channel == "HHE" and 58 < start_s < 75
        kept.append(replace(receipt, received_ns=T0_NS + 98_000_000_000) if late else receipt)
    return kept


def test_gaps_dead_and_late_components_change_nothing_either() -> None:
    whole = facts_of(broken(), 400.0)
    assert facts_of(broken(), 0.9) == whole
    assert facts_of(broken(), 5.0, restart=True) == whole
    assert any(abs(seconds(pick.time_ns) - P_S) < 0.2 for pick in last_picks(whole))


def test_sensors_that_do_not_see_the_same_lower_trust_and_silence_nobody() -> None:
    samples = ground()
    other = ground(seed=5, quakes=())
    unlike = {channel: other[channel] if channel.startswith("HN") else samples[channel] for channel in CHANNELS}
    picks = [pick for pick in last_picks(facts_of(receipts_of(unlike))) if pick.phase == "P"]
    assert len(picks) == 1
    assert picks[0].trust < 0.5


def test_a_pair_s_amplitude_ratio_is_learned() -> None:
    """The accelerometer's gain is wrong by four: doubted at first, usual after some earthquakes."""
    quakes = tuple((30.0 + 65.0 * k, 2e-5) for k in range(7))
    samples = ground(seconds=500.0, quakes=quakes)
    upright = {channel: samples[channel] * (4 if channel == "HNZ" else 1) for channel in ("HHZ", "HNZ")}
    facts = facts_of(receipts_of(upright, (200, 200, 200)), join=JoinParams(ratio_memory=4))
    trust = {round(seconds(pick.time_ns)): pick.trust for pick in last_picks(facts) if pick.phase == "P"}
    assert (trust[30], trust[95]) == (0.7, 0.7)
    assert trust[30 + 65 * 6] == 1.0


def test_s_waves_are_no_second_p() -> None:
    facts = facts_of(receipts_of(ground(quakes=((P_S, 2e-4),))))
    told = [pick for pick in last_picks(facts) if pick.phase == "P"]
    void = {fact.pick_id for fact in facts if isinstance(fact, Rejection)}
    assert [pick.id for pick in told if pick.id not in void] == [told[0].id]


def test_an_impulse_on_one_sensor_is_a_refusal_with_its_reason() -> None:
    samples = ground(quakes=())
    samples["HHZ"][5000] += 100_000
    refused = [fact for fact in facts_of(receipts_of(samples)) if isinstance(fact, Rejection)]
    assert {fact.reason for fact in refused} >= {"impulse"}
    assert all(fact.detail for fact in refused)
