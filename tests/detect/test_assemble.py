"""Records to blocks: gaps, overlaps, duplicates, order, odd rates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.core.waveform import Receipt, Receipts, Record
from seismonet.detect.assemble import Assembler
from seismonet.detect.rows import Rows, raw_table
from tests.support.receipts import T0_NS, cut

Z = SourceId("XX", "ABC", "00", "HHZ")
N = SourceId("XX", "ABC", "00", "HHN")


def joined(assembler: Assembler, row: int = 0) -> tuple[list[float], list[int]]:
    """All samples a row has given so far, and the numbers at which segments began."""
    samples: list[float] = []
    fresh: list[int] = []
    for _, block in assembler.cut():
        for i, one in enumerate(block.rows.tolist()):
            if one == row:
                samples += block.samples[i].tolist()
                fresh += [int(block.number[i])] if block.fresh[i] else []
    return samples, fresh


def assembler_of(*names: SourceId) -> Assembler:
    return Assembler(Rows.of(raw_table(names)))


def receipt(start_s: float, samples: list[int], rate_hz: float = 100.0, received_s: float | None = None) -> Receipt:
    record = Record(Z, T0_NS + round(start_s * 1e9), rate_hz, np.array(samples, dtype=np.int32))
    return Receipt(record, record.end_ns if received_s is None else T0_NS + round(received_s * 1e9))


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.lists(st.integers(1, 90), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_cut_gives_the_same_samples_in_order(lengths: list[int], steps: list[int]) -> None:
    x, y = np.arange(3000, dtype=np.int32), np.arange(3000, 6000, dtype=np.int32)
    receipts = sorted(cut(Z, x, lengths) + cut(N, y, lengths[::-1]), key=lambda one: one.received_ns)
    assembler = assembler_of(Z, N)
    got: dict[int, list[float]] = {0: [], 1: []}
    at, k = 0, 0
    while at < len(receipts):
        n = steps[k % len(steps)]
        assembler.add(Receipts.of(receipts[at : at + n]))
        for _, block in assembler.cut():
            for i, row in enumerate(block.rows.tolist()):
                assert int(block.number[i]) == len(got[row])
                got[row] += block.samples[i].tolist()
        at, k = at + n, k + 1
    assert got[1] == x.tolist()
    assert got[0] == y.tolist()


def test_a_gap_begins_a_segment_and_is_counted() -> None:
    assembler = assembler_of(Z)
    assembler.add(Receipts.of([receipt(0, [1, 2, 3, 4]), receipt(20.0, [5, 6])]))
    samples, fresh = joined(assembler)
    assert (samples, fresh) == ([1, 2, 3, 4, 5, 6], [0, 4])
    assert assembler.counts["XX.ABC.00.HHZ", "gap"] == 1


def test_duplicates_are_dropped_and_overlaps_cut() -> None:
    assembler = assembler_of(Z)
    first = receipt(0, [1, 2, 3, 4])
    assembler.add(Receipts.of([first, first, receipt(0.02, [3, 4, 5, 6])]))
    samples, fresh = joined(assembler)
    assert (samples, fresh) == ([1, 2, 3, 4, 5, 6], [0])
    assert assembler.counts["XX.ABC.00.HHZ", "duplicate or late"] == 1
    assert assembler.counts["XX.ABC.00.HHZ", "overlap"] == 1


def test_a_record_out_of_order_fills_its_gap_when_it_comes_in_time() -> None:
    assembler = assembler_of(Z)
    late = receipt(0.02, [3, 4], received_s=0.5)
    assembler.add(Receipts.of([receipt(0, [1, 2]), receipt(0.04, [5, 6]), late]))
    assert joined(assembler) == ([1, 2, 3, 4, 5, 6], [0])


def test_a_record_that_comes_too_late_leaves_a_gap() -> None:
    assembler = assembler_of(Z)
    assembler.add(Receipts.of([receipt(0, [1, 2]), receipt(0.04, [5, 6])]))
    assembler.flush(T0_NS + 3_000_000_000)
    assembler.add(Receipts.of([receipt(0.02, [3, 4], received_s=4.0)]))
    assert joined(assembler) == ([1, 2, 5, 6], [0, 2])
    assert assembler.counts["XX.ABC.00.HHZ", "gap"] == 1
    assert assembler.counts["XX.ABC.00.HHZ", "duplicate or late"] == 1


@pytest.mark.parametrize("rate_hz", [18.8, 20.0, 30.05, 31.31, 100.0, 200.0])
def test_odd_rates_make_no_gaps_and_times_do_not_add_up_errors(rate_hz: float) -> None:
    assembler = assembler_of(Z)
    assembler.add(Receipts.of(cut(Z, np.arange(20_000, dtype=np.int32), [37, 64], rate_hz)))
    samples, fresh = joined(assembler)
    assert (len(samples), fresh) == (20_000, [0])
    assert assembler.time_of(0, 19_999)[0] == T0_NS + round(19_999 * (1e9 / rate_hz))


def test_a_drifting_clock_is_followed() -> None:
    receipts = [receipt(k * 1.0004, [k] * 100) for k in range(50)]
    assembler = assembler_of(Z)
    assembler.add(Receipts.of(receipts))
    samples, fresh = joined(assembler)
    assert (len(samples), fresh) == (5000, [0])
    assert assembler.counts["XX.ABC.00.HHZ", "time drift followed"] > 10
    assert abs(assembler.time_of(0, 4900)[0] - receipts[49].record.start_ns) <= 500_000


def test_a_change_of_rate_begins_a_segment() -> None:
    assembler = assembler_of(Z)
    assembler.add(Receipts.of([receipt(0, [1, 2]), receipt(0.02, [3, 4], rate_hz=200.0)]))
    assert joined(assembler) == ([1, 2, 3, 4], [0, 2])
    assert assembler.counts["XX.ABC.00.HHZ", "sampling rate changed"] == 1


def test_an_unknown_channel_is_counted_and_left_out() -> None:
    assembler = assembler_of(N)
    assembler.add(Receipts.of([receipt(0, [1, 2])]))
    assert assembler.cut() == []
    assert assembler.counts["XX.ABC.00.HHZ", "unknown channel"] == 1


def test_rates_that_differ_slightly_share_a_block() -> None:
    names = [SourceId("XX", f"S{k}", "00", "HHZ") for k in range(6)]
    assembler = assembler_of(*names)
    rates = [31.311, 31.342, 31.281, 31.159, 31.098, 31.068]
    records = [
        Record(name, T0_NS, rate, np.arange(64, dtype=np.int32)) for name, rate in zip(names, rates, strict=True)
    ]
    assembler.add(Receipts.of([Receipt(record, record.end_ns) for record in records]))
    blocks = assembler.cut()
    assert len(blocks) == 1
    assert blocks[0][1].samples.shape == (6, 64)


MIDNIGHT_NS = from_iso("2017-01-01T00:00:00Z")


def stamped(second: float, value: int, midnight_ns: int = MIDNIGHT_NS, samples: int = 100) -> Receipt:
    """A record of whole seconds that says it starts so many seconds after a midnight."""
    start_ns = midnight_ns + round(second * 1e9)
    record = Record(Z, start_ns, 100.0, np.full(samples, value, dtype=np.int32))
    return Receipt(record, record.end_ns)


def test_a_leap_second_is_no_gap_and_no_overlap() -> None:
    # 23:59:59.5, then 23:59:60.5 (which the decoder puts just before midnight), then 00:00:00.5
    for one_by_one in (True, False):
        records = [stamped(t, k) for k, t in enumerate([-1.5, -0.5, -1e-9, 0.5, 1.5])]
        assembler = assembler_of(Z)
        for part in [[one] for one in records] if one_by_one else [records]:
            assembler.add(Receipts.of(part))
        samples, fresh = joined(assembler)
        assert samples == [float(k) for k in range(5) for _ in range(100)]
        assert fresh == [0]
        counts = {what: count for (_, what), count in assembler.counts.items() if what != "time drift followed"}
        assert counts == {"leap second": 2}
        assert assembler.time_of(0, 499)[0] == records[-1].record.end_ns - 10_000_000


def test_a_long_record_over_a_leap_second_is_followed_by_the_next() -> None:
    assembler = assembler_of(Z)
    assembler.add(Receipts.of([stamped(-3.0, 1, samples=500), stamped(1.0, 2, samples=500), stamped(6.0, 3)]))
    assert [len(part) for part in joined(assembler)] == [1100, 1]
    assert assembler.counts["XX.ABC.00.HHZ", "leap second"] == 1


def test_at_other_midnights_an_overlap_is_one_and_at_a_leap_second_a_duplicate_is_one() -> None:
    ordinary = MIDNIGHT_NS + 365 * 86_400_000_000_000
    assembler = assembler_of(Z)
    assembler.add(Receipts.of([stamped(-0.5, 1, ordinary), stamped(0.0, 2, ordinary)]))
    assert len(joined(assembler)[0]) == 150
    assert assembler.counts["XX.ABC.00.HHZ", "overlap"] == 1
    assembler = assembler_of(Z)
    assembler.add(Receipts.of([stamped(-0.5, 1), stamped(-0.5, 1), stamped(-1.5, 0)]))
    assert len(joined(assembler)[0]) == 100
    assert assembler.counts["XX.ABC.00.HHZ", "duplicate or late"] == 2
