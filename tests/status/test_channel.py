"""The status of channels: silence, gaps, arming, clipping, flatness - and when each began."""

import numpy as np

from seismonet.core.sourceid import SourceId
from seismonet.core.status import ChannelStatus
from seismonet.core.waveform import Receipt, Receipts, Record, Tick
from seismonet.pipeline import StationPipeline
from tests.support.receipts import T0_NS, cut, samples_with_onsets, table

NAME = SourceId("XX", "A", "00", "HHZ")


def statuses(receipts: list[Receipt], until_s: float) -> list[ChannelStatus]:
    pipeline = StationPipeline(table({"XX.A": (38.0, 72.0)}))
    facts = pipeline.step(Receipts.of(receipts), Tick(T0_NS + round(until_s * 1e9)))
    return [fact for fact in facts if isinstance(fact, ChannelStatus)]


def at(found: list[ChannelStatus], seconds: float) -> ChannelStatus:
    return [one for one in found if one.time_ns <= T0_NS + round(seconds * 1e9)][-1]


def noise(seconds: int) -> np.ndarray:
    return samples_with_onsets(seconds * 100, {})


def test_a_channel_is_armed_after_ten_seconds_of_data() -> None:
    found = statuses(cut(NAME, noise(30), [100]), 30)
    assert not at(found, 9).armed
    assert at(found, 11.1).armed
    assert at(found, 11.1).usable
    assert at(found, 11.1).reasons == ()


def test_silence_is_noticed_and_ends() -> None:
    receipts = cut(NAME, noise(120), [100])
    del receipts[40:80]
    found = statuses(receipts, 125)
    assert at(found, 59).receiving
    assert not at(found, 61).receiving
    assert "no usable record" in at(found, 61).reasons[0]
    again = at(found, 82)
    assert again.receiving
    assert not again.armed
    assert again.gaps == 1


def test_a_flat_channel_is_told() -> None:
    samples = noise(60).copy()
    samples[2000:4000] = 7
    found = statuses(cut(NAME, samples, [100]), 60)
    assert not at(found, 29).flat
    assert at(found, 31.1).flat
    assert not at(found, 31.1).usable
    assert not at(found, 45).flat


def test_clipping_is_told_and_held() -> None:
    samples = noise(90).copy()
    samples[3000:3010] = 8_100_000
    found = statuses(cut(NAME, samples, [100]), 90)
    assert not at(found, 29).clipped
    assert at(found, 32).clipped
    assert at(found, 59).clipped
    assert not at(found, 63).clipped


def test_latency_is_the_age_of_the_newest_sample_on_arrival() -> None:
    found = statuses(cut(NAME, noise(40), [100], latency_ns=2_500_000_000), 43)
    assert found[-1].latency_s == 2.5


def timed(qualities: list[int], step_s: int = 300) -> list[ChannelStatus]:
    """Statuses of a channel whose records of a second, ``step_s`` apart, state these timing qualities."""
    receipts = []
    for k, quality in enumerate(qualities):
        record = Record(NAME, T0_NS + k * step_s * 1_000_000_000, 100.0, noise(1), quality)
        receipts.append(Receipt(record, record.end_ns))
    whole = statuses(receipts, len(qualities) * step_s)
    parts = StationPipeline(table({"XX.A": (38.0, 72.0)}))
    single = [parts.step(Receipts.of([one]), Tick(one.received_ns)) for one in receipts]
    told = [fact for facts in single for fact in facts if isinstance(fact, ChannelStatus)]
    assert [one.locked for one in told if one.receiving] == [one.locked for one in whole if one.receiving]
    return whole


def test_a_clock_that_lost_its_lock_an_hour_ago_is_told_and_its_channel_not_usable() -> None:
    found = timed([100, 100, *[20] * 14, 80, 20])
    assert at(found, 600 + 3599).locked
    bad = at(found, 600 + 3602)
    assert not bad.locked
    assert not bad.usable
    assert bad.reasons[-1] == "clock not locked: timing quality below 50 % for 60 min"
    assert at(found, 16 * 300 + 2).locked


def test_a_digitizer_that_states_no_timing_quality_is_believed() -> None:
    assert all(one.locked for one in timed([0] * 20))
    assert all(one.locked for one in timed([-1] * 20))
    assert not timed([0, 0, 1, *[0] * 13])[-1].locked
    assert timed([0] * 12 + [1] + [0] * 11)[-1].locked, "the hour begins when it first states any"
