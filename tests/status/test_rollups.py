"""Rollups: the same however the records came, across restarts, and as worked out by hand."""

from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest

from seismonet.core.health import Metric
from seismonet.core.plain import flatten, unflatten
from seismonet.core.rollup import DAY_NS, FLAGS, SLOT_NS, ReceiptRollup, RecordRollup, Rollup, SampleRollup
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Receipts, Record, Tick
from seismonet.detect.rows import raw_table
from seismonet.pipeline import StationPipeline

FIRST, SECOND = SourceId.parse("XX.A.00.HHZ"), SourceId.parse("XX.A.00.HNZ")
NAMES = FIRST, SECOND
BEGIN_NS = 20_000 * DAY_NS + DAY_NS - 1500 * 10**9 + 3_700_000
"""25 minutes before a midnight, and not on a full sample."""
RATE_HZ = 20.0
Found = tuple[list[Rollup], list[Metric]]
Kind = TypeVar("Kind", SampleRollup, RecordRollup, ReceiptRollup)


def record(name: SourceId, at: int, samples: np.ndarray, flags: int = 0, quality: int = 90) -> Record:
    return Record(name, BEGIN_NS + round(at * 1e9 / RATE_HZ), RATE_HZ, samples, quality, flags)


def recording() -> list[Receipt]:
    """40 minutes of two channels: whole numbers and fractions, spikes, a gap, a surge, ragged and late records."""
    draw = np.random.default_rng(8)
    n = round(2400 * RATE_HZ)
    counts = np.rint(np.cumsum(draw.standard_normal(n)) * 3 + draw.standard_normal(n) * 50).astype(np.int32)
    counts[[5000, 5001, 9000]] = 9_999_999
    counts[30_000:30_400] += (draw.standard_normal(400) * 3000).astype(np.int32)
    fractions = draw.standard_normal(n) * 1e-3
    receipts, at = [], 0
    while at < n:
        size = min(int(draw.integers(15, 90)), n - at)
        if not 12_000 <= at < 12_700:
            for name, samples in ((FIRST, counts), (SECOND, fractions)):
                one = record(name, at, samples[at : at + size], 1 << 13)
                receipts.append(Receipt(one, one.end_ns + int(draw.integers(5, 9)) * 100_000_000))
        at += size
    return sorted(receipts, key=lambda one: one.received_ns)


def run(receipts: list[Receipt], sizes: list[int], restart_every: int = 0) -> Found:
    table = raw_table(NAMES)
    pipeline, rollups, days = StationPipeline(table), list[Rollup](), list[Metric]()
    at = turn = 0
    while at < len(receipts):
        some = receipts[at : at + sizes[turn % len(sizes)]]
        at, turn = at + len(some), turn + 1
        pipeline.step(Receipts.of(some), Tick(some[-1].received_ns))
        found = pipeline.rollups.collect()
        rollups += found[0]
        days += found[1]
        if restart_every and turn % restart_every == 0:
            saved = unflatten({name: array.copy() for name, array in flatten(pipeline.save()).items()})
            pipeline = StationPipeline(table)
            assert pipeline.load(saved) == len(NAMES)
    pipeline.rollups.finish()
    found = pipeline.rollups.collect()
    order = sorted([*rollups, *found[0]], key=lambda one: (type(one).__name__, one.source_id, one.start_ns))
    return order, sorted([*days, *found[1]], key=lambda one: (one.source_id, one.name, one.start_ns))


def of(found: Found, kind: type[Kind], name: SourceId = FIRST) -> list[Kind]:
    return [one for one in found[0] if isinstance(one, kind) and one.source_id == name]


def test_neither_cuts_nor_restarts_nor_other_channels_change_a_bit() -> None:
    receipts = recording()
    undisturbed = run(receipts, [1])
    assert len(of(undisturbed, SampleRollup)) == 5
    assert len(undisturbed[1]) == 8, "two days, two channels, median and unique values"
    assert run(receipts, [700, 3, 41]) == undisturbed
    assert run(receipts, [10_000]) == undisturbed
    assert run(receipts, [37], restart_every=5) == undisturbed
    alone = run([one for one in receipts if one.record.source_id == FIRST], [50])
    assert alone[0] == [one for one in undisturbed[0] if one.source_id == FIRST]
    assert alone[1] == [one for one in undisturbed[1] if one.source_id == FIRST]


def test_rollups_hold_what_the_samples_are() -> None:
    receipts = recording()
    found = run(receipts, [64])
    parts = sorted((one.record for one in receipts if one.record.source_id == FIRST), key=lambda one: one.start_ns)
    samples = np.concatenate([one.samples for one in parts]).astype(np.float64)
    times = np.concatenate([one.start_ns + np.arange(len(one.samples)) * 50_000_000 for one in parts])
    rollups = of(found, SampleRollup)
    for one in rollups:
        own = samples[(times >= one.start_ns) & (times < one.start_ns + SLOT_NS)]
        assert (one.samples, one.minimum, one.maximum) == (len(own), own.min(), own.max())
        assert one.mean == pytest.approx(own.mean(), rel=1e-12)
        assert one.m2 / one.samples == pytest.approx(own.var(), rel=1e-9)
    assert sum(one.gaps for one in rollups) == 1
    assert max(one.gap_longest_s for one in rollups) == pytest.approx(35, abs=4.5)
    assert sum(one.spikes for one in rollups[:2]) == 2, "two samples side by side are one spike"
    assert max(one.max_stalta for one in rollups) > 100
    midnight = 20_001 * DAY_NS
    for metric in found[1]:
        day = times < midnight if metric.start_ns < midnight else times >= midnight
        if metric.source_id == FIRST and metric.name == "sample_median":
            assert np.mean(samples[day] < metric.value) == pytest.approx(0.5, abs=0.05)
        elif metric.source_id == FIRST:
            assert metric.value == pytest.approx(len(np.unique(samples[day])), rel=0.15)


def simple(count: int, flags: int = -1, quality: int = -1, late_s: float = 2.0) -> list[Receipt]:
    """Records of ten seconds from a slot's begin on."""
    draw, found = np.random.default_rng(9), []
    for k in range(count):
        samples = draw.integers(-9, 9, round(10 * RATE_HZ)).astype(np.int32)
        one = Record(FIRST, 20_000 * DAY_NS + k * 10**10, RATE_HZ, samples, quality, flags)
        found.append(Receipt(one, one.end_ns + round(late_s * 1e9)))
    return found


def test_headers_are_counted_by_their_flags() -> None:
    flags = 1 << 13 | 1 << 17 | 1 << 23
    receipts = [*simple(7, flags, 80), replace(simple(8)[7])]
    (rollup,) = of(run(receipts, [3]), RecordRollup)
    assert (rollup.records, rollup.timed, rollup.timing, rollup.flagged) == (8, 7, 560, 7)
    counted = {name for name, count in zip(FLAGS, rollup.flags, strict=True) if count == 7}
    assert counted == {"clock_locked", "digitizer_clipping", "suspect_time_tag"}
    assert sum(rollup.flags) == 21


def test_overlaps_are_counted_and_copies_are_not() -> None:
    receipts = simple(5)
    shifted = replace(receipts[3].record, start_ns=receipts[3].record.start_ns - 4 * 10**9)
    several = [*receipts[:3], Receipt(shifted, receipts[3].received_ns), receipts[3], receipts[3]]
    (rollup,) = of(run(several, [2]), RecordRollup)
    assert rollup.records == 6
    assert (rollup.overlaps, rollup.overlap_longest_s) == (2, 6.0)


def test_latencies_are_averaged_over_time() -> None:
    receipts = simple(4, late_s=2.0)
    receipts[3] = replace(receipts[3], received_ns=receipts[3].received_ns + 20 * 10**9)
    (rollup,) = of(run(receipts, [1]), ReceiptRollup)
    assert (rollup.receipts, rollup.latency_s, rollup.latency_longest_s) == (4, 2 + 2 + 2 + 22, 22.0)
    assert (rollup.held_s, rollup.silence_longest_s) == (50.0, 30.0)
    # age of what came last: 10 s, 10 s, 30 s without a receipt; of the newest sample 2 s more all the time
    assert rollup.feed_s2 == (100 + 100 + 900) / 2
    assert rollup.total_s2 == rollup.feed_s2 + 2 * 50


def test_the_range_is_that_of_five_minutes() -> None:
    receipts = simple(60)
    for k, value in ((3, 5000), (20, -3000), (40, -4000)):
        receipts[k].record.samples[50] = value
    rollups = of(run(receipts, [7]), SampleRollup)
    assert [one.max_range for one in rollups] == [8000.0]
    assert [one.minimum for one in rollups] == [-4000.0]
