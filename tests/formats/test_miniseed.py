"""Decoding of batches: samples, times, rates, and that a record's neighbours do not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.utc import SECOND_NS, from_iso
from seismonet.core.waveform import Record
from seismonet.formats.gate import REASONS, Expected, Verdict
from seismonet.formats.libmseed import Payloads, decode_payloads, decode_records
from seismonet.formats.miniseed import Batch, decode_file, decode_packets
from tests.support.miniseed import SAMPLES, record, record3

START_NS = from_iso("2024-10-03T08:15:30.1234Z")


def _only(data: bytes) -> Record:
    batch = decode_packets([data])
    assert batch.outcomes() == {"ok": 1}
    return batch.receipts.record(0)


def _codes(batch: Batch) -> list[str]:
    return [REASONS[number].code for number in batch.reason.tolist()]


@pytest.mark.parametrize("encoding", [1, 3, 4, 5, 10, 11])
@pytest.mark.parametrize("order", "><")
@pytest.mark.parametrize("data_order", "><")
@pytest.mark.parametrize("length", [128, 512, 4096])
def test_samples_come_out_as_they_went_in(encoding: int, order: str, data_order: str, length: int) -> None:
    found = _only(record(encoding=encoding, order=order, data_order=data_order, length=length))
    assert found.samples.dtype == (np.float64 if encoding in (4, 5) else np.int32)
    assert found.samples.tolist() == SAMPLES.tolist()
    assert (str(found.source_id), found.start_ns, found.rate_hz) == ("TJ.SAREZ.00.HHZ", START_NS, 100.0)


@pytest.mark.parametrize("encoding", [1, 3, 4, 5, 10, 11])
def test_version_3_too(encoding: int) -> None:
    found = _only(record3(encoding=encoding, extra=b'{"FDSN":{"Time":{"Quality":87}}}'))
    assert found.samples.tolist() == SAMPLES.tolist()
    assert (str(found.source_id), found.start_ns, found.rate_hz) == ("TJ.SAREZ.00.HHZ", START_NS, 100.0)
    assert found.timing_quality == 87


def test_the_ends_of_the_number_ranges() -> None:
    wide = [-(2**31), 2**31 - 1, 0, -1]
    assert _only(record(wide, encoding=3)).samples.tolist() == wide
    assert _only(record([-(2**31), 0, 2**31 - 1], encoding=10)).samples.tolist() == [-(2**31), 0, 2**31 - 1]
    assert _only(record([2**15 - 1, -(2**15)], encoding=1)).samples.tolist() == [2**15 - 1, -(2**15)]
    assert _only(record([0.1, -1e300], encoding=5)).samples.tolist() == [0.1, -1e300]


def test_time_has_microseconds_and_a_correction_that_was_not_applied() -> None:
    assert _only(record(timing=(93, -50))).start_ns == START_NS - 50_000
    assert _only(record(timing=(93, 49))).timing_quality == 93
    assert _only(record()).timing_quality == -1
    assert _only(record(correction=-25)).start_ns == START_NS - 2_500_000
    assert _only(record(correction=-25, order="<")).start_ns == START_NS - 2_500_000
    assert _only(record(correction=-25, activity=2)).start_ns == START_NS
    assert _only(record(year=1965, day=60)).start_ns == from_iso("1965-03-01T08:15:30.1234Z")


def test_a_leap_second_ends_the_second_before() -> None:
    for data in (record(clock=(23, 59, 60), fraction=5000), record3(clock=(23, 59, 60))):
        batch = decode_packets([data])
        assert _codes(batch) == ["leap_second"]
        assert batch.receipts.start_ns.tolist() == [from_iso("2024-10-04T00:00:00Z") - 1]


@pytest.mark.parametrize(
    ("rate", "rate_hz"),
    [((20, 1), 20.0), ((188, -10), 18.8), ((-10, 1), 0.1), ((-10, -3), 1 / 30), ((3131, -100), 31.31)],
)
def test_rates_multiply_and_divide(rate: tuple[int, int], rate_hz: float) -> None:
    assert _only(record(rate=rate)).rate_hz == pytest.approx(rate_hz, rel=1e-15)


def test_blockette_100_tells_the_rate_more_exactly() -> None:
    for order in "><":
        assert _only(record(rate_100=30.05, order=order, timing=(1, 0))).rate_hz == float(np.float32(30.05))


def test_steim_data_must_begin_and_end_as_they_say() -> None:
    for encoding in (10, 11):
        lies = [record(encoding=encoding, xn=7), record(encoding=encoding, x0=4), record(encoding=encoding)]
        batch = decode_packets(lies)
        assert _codes(batch) == ["steim", "steim", "ok"]
        assert batch.used().tolist() == [2]
        assert batch.receipts.record(0).samples.tolist() == SAMPLES.tolist()
        assert _codes(decode_packets([record3(encoding=encoding, xn=7), record3(encoding=encoding)])) == ["steim", "ok"]
    assert _codes(decode_packets([record(count=7)])) == ["steim"], "fewer samples than there are"
    assert _codes(decode_packets([record(count=9)])) == ["decoder"], "more samples than there are"
    assert _codes(decode_packets([record(data_order="<", exponent=9), record()])) == ["ok", "ok"]


def test_a_wrong_byte_order_or_encoding_of_the_data_is_noticed() -> None:
    swapped = bytearray(record(data_order="<"))
    swapped[53] = 1
    wrong = bytearray(record())
    wrong[52] = 10
    found = decode_packets([bytes(swapped), bytes(wrong)])
    assert len(found.receipts) == 0
    assert {REASONS[number].verdict for number in found.reason.tolist()} <= {Verdict.ARCH, Verdict.QUAR}


def test_samples_that_are_not_finite_are_not_used() -> None:
    for encoding in (4, 5):
        for make in (record, record3):
            bad = [make([1.0, value], encoding=encoding) for value in (np.nan, np.inf, -np.inf, 2.0)]
            batch = decode_packets(bad)
            assert _codes(batch) == ["nonfinite"] * 3 + ["ok"]
            assert batch.receipts.record(0).samples.tolist() == [1.0, 2.0]


def test_version_3_checksums_are_verified() -> None:
    whole = record3()
    flipped = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in (32, len(whole) - 1)]
    assert _codes(decode_packets([*flipped, record3(crc=1)])) == ["crc"] * 3


def test_arrival_and_metadata_count() -> None:
    received_ns = np.array([START_NS + SECOND_NS, START_NS + 2 * SECOND_NS])
    batch = decode_packets([record(), record3()], received_ns)
    assert batch.receipts.received_ns.tolist() == received_ns.tolist()
    assert _codes(decode_packets([record(), record3()], received_ns - 7200 * SECOND_NS)) == ["future"] * 2
    known = {batch.receipts.source_ids[0]: Expected(50.0, 0)}
    other = record(name=b"MURGH00HHZTJ")
    assert _codes(decode_packets([record(), other, record3()], known=known)) == ["rate_differs", "ok", "rate_differs"]


def test_without_arrival_a_record_is_received_when_it_is_complete() -> None:
    batch, _ = decode_file(record() + record3())
    assert batch.receipts.received_ns.tolist() == [START_NS + 80_000_000] * 2
    assert batch.receipts.received_ns.tolist() == batch.receipts.end_ns().tolist()


def test_the_order_of_packets_stays_whatever_their_form() -> None:
    packets = [record([k, k], length=size) for k, size in enumerate((512, 128, 512, 256))]
    packets.insert(2, record3([9, 9]))
    packets.insert(1, b"junk")
    batch = decode_packets(packets)
    assert [one.record.samples[0] for one in batch.receipts] == [0, 1, 9, 2, 3]
    assert batch.used().tolist() == [0, 2, 3, 4, 5]
    assert len(decode_packets([]).receipts) == len(decode_file(b"")[0].receipts) == 0


VARIED = st.builds(
    record,
    samples=st.lists(st.integers(-(2**27), 2**27), min_size=1, max_size=60),
    name=st.sampled_from([b"SAREZ00HHZTJ", b"MURGH00HNZTJ", b"A      HNE  ", b"..   00HHZTJ"]),
    encoding=st.sampled_from([3, 10, 11, 11, 11, 4, 5, 0]),
    order=st.sampled_from(">><"),
    length=st.sampled_from([512, 512, 1024]),
    rate=st.sampled_from([(100, 1), (20, 1), (0, 0)]),
    timing=st.tuples(st.integers(0, 100), st.integers(-50, 49)),
)
SPOILT = st.builds(record, xn=st.just(5), count=st.sampled_from([4, 8, 200]))
PACKET = st.one_of(VARIED, SPOILT, st.builds(record3), st.binary(max_size=64))


@settings(max_examples=150, deadline=None)
@given(st.lists(PACKET, min_size=1, max_size=15), st.data())
def test_a_record_decodes_alike_in_any_company(packets: list[bytes], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(packets))))
    together = decode_packets([packets[k] for k in order])
    alone = [decode_packets([packets[k]]) for k in order]
    assert together.reason.tolist() == [int(one.reason[0]) for one in alone]
    records = [receipt for one in alone for receipt in one.receipts]
    assert len(together.receipts) == len(records)
    for found, wanted in zip(together.receipts, records, strict=True):
        assert found.received_ns == wanted.received_ns
        assert found.record.samples.astype(np.float64).tobytes() == wanted.record.samples.astype(np.float64).tobytes()
        for name in ("source_id", "start_ns", "rate_hz", "timing_quality"):
            assert getattr(found.record, name) == getattr(wanted.record, name)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(-(2**27), 2**27), min_size=1, max_size=50), min_size=1, max_size=9))
def test_both_ways_into_libmseed_give_the_same(lists: list[list[int]]) -> None:
    records = [record(samples, xn=None) for samples in lists]
    records.append(record(count=50))
    count = np.array([len(samples) for samples in lists] + [50])
    first, total = np.cumsum(count) - count, int(count.sum())
    raw = np.frombuffer(b"".join(records), dtype=np.uint8)
    m = len(records)
    payloads = Payloads(np.arange(m) * 512 + 64, np.full(m, 448), np.full(m, 11), count, np.ones(m, dtype=bool))
    direct, parsed = np.zeros(total, dtype=np.int32), np.zeros(total, dtype=np.int32)
    failed = decode_payloads(raw, payloads, direct, first)
    assert failed == decode_records(records, parsed, first, count) == [m - 1]
    assert direct[: first[-1]].tolist() == parsed[: first[-1]].tolist() == [one for samples in lists for one in samples]
