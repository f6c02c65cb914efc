"""Strong motion: as strong as it was, as soon as it was, whatever the rate and the batches; and nothing electronic."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Amplitude, Pick, Rejection
from seismonet.core.motion import Motion
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipts
from seismonet.detect.motion import Shaken
from seismonet.detect.strong import Ground, instrumental
from seismonet.feed import in_order
from seismonet.kernels.intensity import LOWEST, jma_intensity
from seismonet.models.intensity import worden12
from tests.support.receipts import T0_NS
from tests.support.strong import (
    FULL,
    HH,
    HN,
    NUISANCES,
    counts,
    disturb,
    facts,
    motions,
    only,
    receipts,
    shaking,
    told,
)

P_S, S_S, GAL = 30.0, 34.0, 40.0


def at_s(time_ns: int) -> float:
    return (time_ns - T0_NS) / 1e9


@pytest.fixture(scope="module")
def strong() -> list[Motion]:
    return told(counts(shaking(80.0, P_S, S_S, GAL)))


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 200.0, 500.0])
@pytest.mark.parametrize("sensor", [HN, HH])
def test_what_is_told_is_how_the_ground_moved(sensor: tuple[str, ...], rate_hz: float) -> None:
    ground = shaking(80.0, P_S, S_S, GAL, rate_hz)
    last = told(only(counts(ground, rate_hz), sensor), rate_hz)[-1]
    size = np.hypot(ground[1], ground[2])
    velocity = np.cumsum(ground, axis=1) / rate_hz
    assert last.pga_m_s2 == pytest.approx(size.max(), rel=0.05 if rate_hz > 50 else 0.12)
    assert last.pgv_m_s == pytest.approx(np.hypot(velocity[1], velocity[2]).max(), rel=0.1)
    assert last.jma_intensity == pytest.approx(jma_intensity(ground, rate_hz=rate_hz), abs=0.11)
    assert last.above_s == pytest.approx(np.count_nonzero(size >= 0.25) / rate_hz, abs=0.15)
    larger = [np.abs(one[1:]).max() for one in (ground, velocity)]
    both = (float(worden12(larger[0], "PGA")) + float(worden12(larger[1], "PGV"))) / 2
    assert last.intensity == pytest.approx(both, abs=0.1)
    assert (last.final, last.agreeing, sorted(one.channel for one in last.source_ids)) == (True, None, sorted(sensor))


def test_both_sensors_agree_and_the_accelerometer_is_told(strong: list[Motion]) -> None:
    assert {one.agreeing for one in strong} == {True}
    assert {one.source_ids[0].channel for one in strong} == {"HNZ"}


def test_it_begins_where_the_floor_is_reached_and_is_told_within_seconds(strong: list[Motion]) -> None:
    first = strong[0]
    assert 0 <= at_s(first.start_ns) - P_S < 0.3
    assert at_s(first.issued_ns) - P_S < 3.0
    threshold = next(one for one in strong if one.above_s >= 0.2)
    assert at_s(threshold.issued_ns) - S_S < 3.0
    assert len({one.start_ns for one in strong}) == 1


def test_it_is_told_when_it_grew_and_once_more_when_it_is_over(strong: list[Motion]) -> None:
    assert [one.final for one in strong] == [False] * (len(strong) - 1) + [True]
    assert len(strong) <= 8
    assert all(a.issued_ns < b.issued_ns for a, b in pairwise(strong))
    over_s = at_s(strong[-1].until_ns)
    size = np.hypot(*shaking(80.0, P_S, S_S, GAL)[1:])
    assert np.max(size[round(100 * (over_s - 9)) :]) < 0.01
    assert over_s < at_s(T0_NS) + np.flatnonzero(size >= 0.01)[-1] / 100 + 18


def test_displacement_and_period_are_those_of_the_p_pick(strong: list[Motion]) -> None:
    found = facts(receipts(counts(shaking(80.0, P_S, S_S, GAL))))
    pick = next(one for one in found if isinstance(one, Pick))
    three = next(one for one in found if isinstance(one, Amplitude) and one.tau_c_s > 0)
    assert {one.pick_id for one in strong} == {pick.id}
    assert (strong[-1].pd_m, strong[-1].tau_c_s) == (three.pd_m, three.tau_c_s)
    assert strong[0].tau_c_s == 0
    assert next(at_s(one.issued_ns) for one in strong if one.tau_c_s) - P_S < 5.0


@pytest.mark.parametrize("span_s", [0.7, 3.0, 240.0])
def test_batches_and_restarts_change_nothing(span_s: float) -> None:
    sent = receipts(counts(shaking(80.0, P_S, S_S, GAL)), lengths=(173, 100, 251))
    whole = facts(sent)
    assert motions(whole)
    assert facts(sent, span_s=span_s) == whole
    if span_s == 3.0:
        assert facts(sent, span_s=span_s, restart=True) == whole


def test_sensors_that_come_late_or_not_at_all_change_nothing_either() -> None:
    """The seismometer lags by 4 s, later by a minute; a horizontal of the accelerometer is not there for a while."""
    channels = counts(shaking(120.0, P_S, S_S, GAL))
    sent = receipts(channels)
    names = np.array([sent.source_ids[k].channel for k in sent.channel])
    since_s = (sent.start_ns - T0_NS) / 1e9
    late_s = np.where(np.char.startswith(names, "HH"), np.where(since_s > 40, 60.0, 4.0), 0.0)
    lost = (names == "HNE") & (since_s > 37) & (since_s < 42)
    moved = replace_received(sent, late_s)
    moved = in_order([moved.select(~lost)])
    whole = facts(moved, span_s=240.0)
    assert motions(whole)
    assert facts(moved, span_s=0.9) == whole
    assert facts(moved, span_s=5.0, restart=True) == whole


@pytest.mark.parametrize("period_s", [7.0, 16.0])
def test_a_sensor_whose_delay_comes_and_goes_changes_nothing(period_s: float) -> None:
    """The other sensor is waited for at one look and not at the next; nothing is issued before what it follows from."""
    sent = receipts(counts(shaking(80.0, P_S, S_S, GAL)))
    names = np.array([sent.source_ids[k].channel for k in sent.channel])
    since_s = (sent.start_ns - T0_NS) / 1e9
    delayed = np.char.startswith(names, "HH") & (since_s % period_s > period_s / 2)
    moved = in_order([replace_received(sent, np.where(delayed, 12.0, 0.0))])
    found = facts(moved, span_s=240.0)
    issued = [one.issued_ns for one in motions(found) if one.tau_c_s]
    until = [one.until_ns for one in motions(found) if one.tau_c_s]
    assert issued == sorted(issued)
    assert until == sorted(until)
    assert facts(moved, span_s=0.9) == found


def replace_received(sent: Receipts, late_s: FloatArray) -> Receipts:
    return replace(sent, received_ns=sent.received_ns + np.round(late_s * 1e9).astype(np.int64))


@pytest.mark.parametrize("kind", NUISANCES)
@pytest.mark.parametrize("names", [(*HN, *HH), HN, HH])
def test_nothing_electronic_is_motion(kind: str, names: tuple[str, ...]) -> None:
    channels = disturb(counts(np.zeros((3, 8000))), kind, 4000, np.random.default_rng(0))
    assert told(only(channels, names)) == []


@pytest.mark.parametrize("kind", NUISANCES)
@pytest.mark.parametrize("names", [(*HN, *HH), HN, HH])
def test_nor_what_comes_into_the_coda_of_a_small_earthquake(kind: str, names: tuple[str, ...]) -> None:
    """A watch goes on then, so that no gate looks at it."""
    quiet = counts(shaking(90.0, P_S, S_S, 4.0))
    usual = max(one.pga_m_s2 for one in told(only(quiet, names)))
    found = told(only(disturb(quiet, kind, 4200, np.random.default_rng(0)), names))
    assert found
    assert max(one.pga_m_s2 for one in found) < 1.05 * usual


@pytest.mark.parametrize("gain", [0.2, 4.0])
def test_sensors_that_differ_in_size_do_not_agree(gain: float) -> None:
    channels = counts(shaking(80.0, P_S, S_S, 20.0))
    unlike = {name: one * (gain if name.startswith("HH") else 1.0) for name, one in channels.items()}
    assert {one.agreeing for one in told(unlike)} == {False}


def test_a_burst_on_one_sensor_alone_is_not_agreed_on() -> None:
    channels = counts(np.zeros((3, 8000)))
    rng = np.random.default_rng(0)
    for name in HN:
        channels[name][4000:4300] += rng.standard_normal(300) * 5e4
    found = told(channels)
    assert found
    assert {one.agreeing for one in found} == {False}


@pytest.mark.parametrize("gal", [300.0, 1500.0])
def test_a_seismometer_that_runs_into_its_stop_had_agreed_before(gal: float) -> None:
    channels = counts(shaking(110.0, P_S, S_S, gal, p=45.0 / gal))
    assert max(np.abs(channels[name]).max() for name in HH) > 9e6
    found = told(channels)
    assert {one.agreeing for one in found} == {True}
    alone = told(only(channels, HH))
    stop = min(int(np.argmax(np.abs(channels[name]) > FULL)) or 8000 for name in HH)
    assert alone
    assert max(at_s(one.until_ns) for one in alone) <= stop / 100 + 0.01


def test_a_dead_horizontal_leaves_the_word_to_the_other_sensor() -> None:
    channels = counts(shaking(80.0, P_S, S_S, 20.0))
    channels["HNE"][:] = 17.0
    found = told(channels)
    assert {one.source_ids[0].channel for one in found} == {"HHZ"}
    assert found[-1].pga_m_s2 == pytest.approx(np.hypot(*shaking(80.0, P_S, S_S, 20.0)[1:]).max(), rel=0.05)


def test_strong_shaking_needs_no_pick() -> None:
    """After electronic spikes the detectors have lost their measure, and pick nothing for a while."""
    quiet = only(counts(shaking(90.0, 47.0, 50.0, GAL)), HN)
    found = facts(receipts(disturb(quiet, "spikes", 4000, np.random.default_rng(0))))
    assert [one for one in found if isinstance(one, Pick)] == []
    assert {one.reason for one in found if isinstance(one, Rejection)} == {"impulse"}
    assert {one.pick_id for one in motions(found)} == {""}
    assert round(at_s(motions(found)[0].start_ns)) == 47
    assert motions(found)[-1].pga_m_s2 > 0.9 * told(quiet)[-1].pga_m_s2


def test_a_second_earthquake_in_the_watch_of_the_first_is_one_of_its_own() -> None:
    ground = shaking(130.0, 30.0, 31.0, 3.0) + shaking(130.0, 62.0, 64.0, GAL)
    found = told(counts(ground))
    starts = sorted({one.start_ns for one in found})
    assert [round(at_s(one)) for one in starts] == [31, 62]
    first = [one for one in found if one.start_ns == starts[0]]
    assert first[-1].final
    assert max(one.pga_m_s2 for one in first) < 0.1
    assert found[-1].pga_m_s2 > 0.3


def test_little_is_not_told_and_nothing_of_what_has_no_unit() -> None:
    assert told(counts(shaking(60.0, P_S, S_S, 0.5))) == []


def motion(pick_id: str, start_s: float, issued_s: float, channel: str = "HNZ", final: bool = False) -> Motion:
    times = (round(one * 1e9) for one in (start_s, issued_s - 1, issued_s))
    start_ns, until_ns, issued_ns = times
    names = (SourceId("XX", "A", "00", channel),)
    return Motion(
        "XX.A", names, start_ns, until_ns, 0.1, 0.01, 1.0, 3.0, 0.0, None, issued_ns, pick_id=pick_id, final=final
    )


def test_one_shaking_has_one_teller_until_it_is_over() -> None:
    joined = Shaken()
    assert joined.step([], [motion("a", 100.0, 103.0), motion("b", 100.5, 103.5, "HHZ")]) == [
        replace(motion("a", 100.0, 103.0), pick_id="")
    ]
    assert joined.step([], [motion("b", 100.5, 104.0, "HHZ")]) == []
    assert len(joined.step([], [motion("a", 100.0, 120.0, final=True), motion("b", 130.0, 131.0, "HHZ")])) == 2


def test_a_refused_p_is_not_named() -> None:
    joined = Shaken()
    name = SourceId("XX", "A", "00", "HNZ")
    picks = [
        Pick(one, name, round(at * 1e9), "P", 0.1, 9.0, 1, round(at * 1e9), round(at * 1e9), "D1")
        for one, at in (("p", 98.0), ("q", 99.0))
    ]
    assert joined.step(picks, [motion("q", 100.0, 103.0)])[0].pick_id == "q"
    refused = Rejection("q", name, 99 * 10**9, 104 * 10**9, "noise", "")
    assert joined.step([refused], [motion("q", 100.0, 105.0)])[0].pick_id == "p"


def test_a_part_too_short_for_the_intensity_of_japan_has_the_lowest() -> None:
    moved = Ground(np.ones((3, 200)), np.ones((3, 200)), 100.0, (1, 2), 0)
    assert instrumental(moved, slice(0, 7)) == LOWEST
    assert instrumental(moved, slice(0, 100)) > 3
