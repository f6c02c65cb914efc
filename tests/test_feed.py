"""Inputs in one order, however they lie in files."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Receipts, Record
from seismonet.feed import CLOSING_S, chained, in_order, modelled, packets, sliced, steps, within

NAMES = [SourceId("XX", code, "00", "HHZ") for code in ("A", "B", "C")]


def batch(moments: list[tuple[int, int]]) -> Receipts:
    """Receipts of channel k ending at second t."""
    found = []
    for k, t in moments:
        record = Record(NAMES[k], (t - 1) * 10**9, 100.0, np.full(100, t, dtype=np.int32))
        found.append(Receipt(record, record.end_ns))
    return in_order([Receipts.of(found)])


def content(receipts: Receipts) -> list[tuple[str, int, int, int]]:
    return [(r.record.source_id.nslc, r.record.start_ns, r.received_ns, int(r.record.samples[0])) for r in receipts]


moments = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 60)), min_size=1, max_size=60, unique=True)


@given(moments, st.integers(1, 60))
@settings(max_examples=80, deadline=None)
def test_days_chained_are_the_whole_in_order(found: list[tuple[int, int]], midnight: int) -> None:
    """Also where one channel's records lie in the file of the day before although they came after midnight."""
    early = [(k, t) for k, t in found if t <= midnight + (3 if k == 2 else 0)]
    groups = [batch(part) for part in (early, [one for one in found if one not in early]) if part]
    got = [one for part in chained(iter(groups)) for one in content(part)]
    assert got == content(batch(found))


@given(moments, st.floats(0.5, 100))
@settings(max_examples=60, deadline=None)
def test_steps_hand_over_everything_once_and_keep_the_promise_of_ticks(
    found: list[tuple[int, int]], span_s: float
) -> None:
    receipts = batch(found)
    handed, last = [], -1
    for part, tick in steps(receipts, span_s):
        assert all(last < time <= tick.time_ns for time in part.received_ns.tolist())
        handed += content(part)
        last = tick.time_ns
    assert handed == content(receipts)
    assert last == int(receipts.received_ns[-1]) + round(CLOSING_S * 1e9)


def test_latency_delays_receipt_and_nothing_else() -> None:
    receipts = batch([(0, 5), (1, 7)])
    late = modelled(receipts, 2.5)
    assert (late.received_ns - receipts.received_ns).tolist() == [2_500_000_000] * 2
    assert late.start_ns.tolist() == receipts.start_ns.tolist()


def test_no_receipts_make_no_steps() -> None:
    assert list(steps(Receipts.of([]))) == []
    assert list(steps(iter([]))) == []


@given(moments, st.floats(0.7, 50), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_files_side_by_side_come_in_one_order(found: list[tuple[int, int]], span_s: float, files: int) -> None:
    parts = [batch(found[k::files]) for k in range(files) if found[k::files]]
    slices = list(sliced(parts, span_s))
    assert [one for part in slices for one in content(part)] == content(batch(found))
    assert all(len(part.samples) == int(part.count.sum()) for part in slices)


def test_a_window_keeps_what_touches_it() -> None:
    receipts = batch([(0, 5), (0, 6), (0, 7)])
    assert [r.received_ns for r in within(receipts, (5 * 10**9, None))] == [6 * 10**9, 7 * 10**9]
    assert [r.received_ns for r in within(receipts, (None, 5 * 10**9))] == [5 * 10**9]
    assert len(within(receipts, (None, None))) == 3


@given(st.lists(st.integers(1, 900), min_size=1, max_size=4), st.sampled_from([18.8, 31.31, 100.0]))
@settings(max_examples=40, deadline=None)
def test_packets_hold_the_same_samples_at_the_same_times(lengths: list[int], rate_hz: float) -> None:
    """Long records become packets of a second; each arrives at its own end, in order."""
    found = []
    for k, n in enumerate(lengths):
        record = Record(NAMES[k % 3], k * 10**12, rate_hz, np.arange(n, dtype=np.int32) + 1000 * k)
        found.append(Receipt(record, record.end_ns))
    cut = packets(Receipts.of(found))
    size = round(rate_hz)
    assert int(cut.count.max()) <= size
    assert cut.received_ns.tolist() == sorted(cut.end_ns().tolist())
    for k, n in enumerate(lengths):
        own = [r.record for r in cut if k * 10**12 <= r.record.start_ns < (k + 1) * 10**12]
        assert np.concatenate([one.samples for one in own]).tolist() == (np.arange(n) + 1000 * k).tolist()
        starts = [k * 10**12 + round(j * size * (1e9 / rate_hz)) for j in range(len(own))]
        assert [one.start_ns for one in own] == starts
