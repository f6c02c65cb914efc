"""Every part of a packet's way is timed; percentiles are true, bounded, mergeable, and forget."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.alert import Alert
from seismonet.core.event import Arrival, Event, Origin, Pick
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Receipts, Record
from seismonet.status.latency import (
    ALERT,
    BINS,
    EVENT,
    PICKED,
    RECEIVED,
    RECORD,
    STAGES,
    Latency,
    LatencyParams,
    bins,
    durations,
    spreads,
)

S = 10**9
BEGIN_NS = 1_764_000_000 * S
SAREZ, MANEM = SourceId.parse("TJ.SAREZ.00.HHZ"), SourceId.parse("TJ.MANEM.00.HHZ")
FOREIGN = SourceId.parse("XX.OTHER.00.HHZ")


def receipts(*entries: tuple[SourceId, int, float, float]) -> Receipts:
    """Records by channel, begin, length and latency in seconds."""
    made = []
    for name, start_ns, length_s, latency_s in entries:
        record = Record(name, start_ns, 100.0, np.zeros(round(length_s * 100), dtype=np.int32))
        made.append(Receipt(record, record.end_ns + round(latency_s * S)))
    return Receipts.of(made)


def latency(window_s: float = 600.0, slices: int = 6) -> Latency:
    return Latency(["TJ.SAREZ", "TJ.MANEM"], LatencyParams(window_s, slices))


@given(st.floats(-3000.0, 80_000.0))
def test_a_bin_is_right_to_a_twentieth(duration_s: float) -> None:
    middle = float(durations(bins(np.array([duration_s])))[0])
    assert abs(middle - duration_s) <= 0.05 * abs(duration_s) + 5e-5


@given(st.lists(st.floats(-10.0, 1000.0), min_size=1, max_size=300))
def test_percentiles_are_those_of_the_values(values: list[float]) -> None:
    counts = np.bincount(bins(np.array(values)), minlength=BINS)
    (found,) = spreads(counts[np.newaxis])
    assert found is not None
    assert found.count == len(values)
    ordered = np.sort(values)
    for share, told in ((0.5, found.p50_s), (0.9, found.p90_s), (0.99, found.p99_s)):
        true = float(ordered[int(np.ceil(share * len(values))) - 1])
        assert abs(told - true) <= 0.05 * abs(true) + 5e-5


def test_beyond_the_last_bin_nothing_is_lost() -> None:
    counts = np.bincount(bins(np.array([-1e9, 1e12, np.inf])), minlength=BINS)
    assert (counts.sum(), counts[0], counts[-1]) == (3, 1, 2)


def test_the_stages_of_a_record_are_timed() -> None:
    timed = latency()
    for start_ns in (BEGIN_NS, BEGIN_NS + 5 * S):
        assert all(one[RECEIVED] is None for one in timed.spreads().values())
        batch = receipts((SAREZ, start_ns, 5.0, 1.0), (MANEM, start_ns, 1.0, 0.3), (FOREIGN, start_ns, 1.0, 0.3))
        timed.receive(batch, start_ns + round(6.05 * S), [512, 128, 512])
    found = timed.spreads()
    stages = {code: [one.p50_s for one in found[code] if one is not None] for code in found}
    assert stages["TJ.SAREZ"] == pytest.approx([5.0, 1.0, 0.05], rel=0.06)
    assert stages["TJ.MANEM"] == pytest.approx([1.0, 0.3, 4.75], rel=0.06)
    assert timed.record_bytes.tolist() == [512, 128]


def test_what_makes_up_for_a_pause_is_no_latency() -> None:
    """A minute asked back at the start, in three reads, beside live data; then data as ever; then an outage's."""
    timed = latency()
    now_ns = BEGIN_NS + round(60.3 * S)
    for first, last in ((0, 25), (25, 50), (50, 60)):
        timed.receive(
            receipts(*((SAREZ, BEGIN_NS + k * S, 1.0, (now_ns - BEGIN_NS) / S - k - 1) for k in range(first, last))),
            now_ns,
        )
        now_ns += S // 100
    for k in range(60, 100):
        timed.receive(receipts((SAREZ, BEGIN_NS + k * S, 1.0, 0.3)), now_ns)
    timed.receive(receipts(*((SAREZ, BEGIN_NS + k * S, 1.0, 40.3 + 100 - k) for k in range(100, 141))), now_ns)
    timed.receive(receipts((SAREZ, BEGIN_NS + 141 * S, 1.0, 0.3)), now_ns)
    received = timed.spreads()["TJ.SAREZ"][RECEIVED]
    assert received is not None
    assert received.p50_s == pytest.approx(0.3, rel=0.1)
    assert received.p99_s < 2.5
    assert received.count == 3 + 40 + 3


def test_packets_that_come_in_pairs_are_late_all_the_same() -> None:
    timed = latency()
    for k in range(0, 40, 2):
        pair = [(SAREZ, BEGIN_NS + (k + one) * S, 1.0, 1.5 - one) for one in (0, 1)]
        timed.receive(receipts(*pair), BEGIN_NS + 60 * S)
    received = timed.spreads()["TJ.SAREZ"][RECEIVED]
    assert received is not None
    assert (received.count, received.p90_s) == (38, pytest.approx(1.5, rel=0.06))


def test_batches_count_as_single_records_do() -> None:
    entries = [(SAREZ, BEGIN_NS + k * S, 1.0, 0.3 + 0.01 * k) for k in range(40)]
    together, alone = latency(), latency()
    together.receive(receipts(*entries), BEGIN_NS + 60 * S)
    for entry in entries:
        alone.receive(receipts(entry), BEGIN_NS + 60 * S)
    assert (together.histogram() == alone.histogram()).all()


def test_clocks_that_are_ahead_give_negative_latencies() -> None:
    timed = latency()
    timed.receive(receipts(*((SAREZ, BEGIN_NS + k * S, 1.0, -2.0) for k in range(2))), BEGIN_NS + 10 * S)
    received = timed.spreads()["TJ.SAREZ"][RECEIVED]
    assert received is not None
    assert received.p50_s == pytest.approx(-2.0, rel=0.06)


def test_what_is_older_than_the_window_is_forgotten() -> None:
    timed = latency(window_s=60.0, slices=6)
    for k in range(300):
        timed.receive(receipts((SAREZ, BEGIN_NS + k * S, 1.0, 0.0)), BEGIN_NS + (k + 1) * S)
        record = timed.spreads()["TJ.SAREZ"][RECORD]
        assert record is not None
        assert min(k + 1, 50) <= record.count <= 60
    timed.receive(receipts((MANEM, BEGIN_NS, 1.0, 0.0)), BEGIN_NS + 10_000 * S)
    assert timed.spreads()["TJ.SAREZ"] == (None,) * len(STAGES)


def test_a_clock_set_back_does_no_harm() -> None:
    timed = latency(window_s=60.0)
    for k, now_s in enumerate((1, -3600, 1, 2)):
        timed.receive(receipts((SAREZ, BEGIN_NS + k * S, 1.0, now_s - k - 1.0)), BEGIN_NS + now_s * S)
    found = timed.spreads()["TJ.SAREZ"]
    assert [one and one.count for one in found[: RECEIVED + 1]] == [4, 3]


def test_histograms_of_two_processes_add_up() -> None:
    rng = np.random.default_rng(1)
    values = enumerate(rng.lognormal(0.0, 1.0, 400).tolist())
    entries = [((SAREZ, MANEM)[k % 2], BEGIN_NS + 100 * k * S, 1.0, value) for k, value in values]
    whole, one, two = latency(), latency(), latency()
    whole.receive(receipts(*entries), BEGIN_NS + 60 * S)
    one.receive(receipts(*entries[::2]), BEGIN_NS + 60 * S)
    two.receive(receipts(*entries[1::2]), BEGIN_NS + 60 * S)
    assert (whole.histogram() == one.histogram() + two.histogram()).all()


def pick(name: SourceId, number: int = 0) -> Pick:
    return Pick(f"{name.nslc}-{number}", name, BEGIN_NS, "P", 0.1, 9.0, 0, BEGIN_NS, BEGIN_NS, "D1")


def event(*picks: Pick) -> Event:
    arrivals = tuple(Arrival(one.id, one.source_id, "P", 50.0, 0.0, 0.0, 1.0) for one in picks)
    origin = Origin(BEGIN_NS, 38.0, 72.0, 10.0, 0.1, 5.0, 5.0, 0.1, 90.0, 50.0, arrivals, "iasp91")
    return Event("event", 0, BEGIN_NS, origin, None, "status")


def alert(kind: str, *codes: str) -> Alert:
    return Alert("event", 0, kind, BEGIN_NS, BEGIN_NS, 38.0, 72.0, 10.0, None, None, codes, 5.0, "status")


def test_picks_events_and_alerts_are_timed_once_from_their_first_version() -> None:
    timed = latency()
    first, second = pick(SAREZ), pick(MANEM)
    timed.publish([first], [], [], BEGIN_NS)
    timed.publish([replace(first, version=1), second], [], [], BEGIN_NS + 2 * S)
    timed.publish([], [event(first, second)], [], BEGIN_NS + 5 * S)
    for later in (6, 7):
        told = [alert("new", "TJ.SAREZ", "XX.OTHER")] if later == 6 else [alert("update", "TJ.SAREZ")]
        timed.publish([first], [event(first, second)], told, BEGIN_NS + later * S)
    found = timed.spreads()
    rounded = {
        code: [(one.count, round(one.p50_s)) if one else None for one in found[code][PICKED + 1 :]] for code in found
    }
    assert rounded == {"TJ.SAREZ": [(1, 5), (1, 1)], "TJ.MANEM": [(1, 3), None]}
    assert (EVENT, ALERT) == (PICKED + 1, PICKED + 2)


def test_picks_that_no_event_uses_do_not_pile_up() -> None:
    timed = latency()
    old, new = pick(SAREZ, -1), pick(SAREZ, 49_999)
    timed.publish([old, *(pick(SAREZ, number) for number in range(50_000))], [], [], BEGIN_NS)
    timed.publish([], [event(old, new)], [], BEGIN_NS + S)
    found = timed.spreads()["TJ.SAREZ"][EVENT]
    assert found is not None
    assert found.count == 1


def test_nothing_received_is_nothing_told() -> None:
    timed = latency()
    timed.receive(Receipts.of([]), BEGIN_NS)
    assert timed.spreads()["TJ.SAREZ"][RECORD] is None
