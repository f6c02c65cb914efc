"""Part A of the fault catalogue, records and encodings: each fault put into the packets of an earthquake.

A test is named by its row of docs/faults.md. What is asserted is the verdict, and what the picker made of the rest.
"""

import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Record
from seismonet.formats.gate import MAX_RATE_HZ, MIN_RATE_HZ, REASONS, Verdict, check
from seismonet.formats.miniseed import decode_file, decode_packets
from tests.support.ingest import LATENCY_NS, NAME, ONSET, Line, Sent, packets, quake
from tests.support.miniseed import SAMPLES, record, record3
from tests.support.receipts import T0_NS, samples_with_onsets

VERDICT = {reason.code: reason.verdict for reason in REASONS}
PLAIN = Line().send(quake()).picks


def _shuffled(sent: list[Sent], window: int) -> Line:
    """After the first ten packets each window of them arrives at once, in a wrong order."""
    draw, line = np.random.default_rng(window), Line().send(sent[:10])
    for at in range(10, len(sent), window):
        part = sent[at : at + window]
        line.take([part[k].payload for k in draw.permutation(len(part)).tolist()], part[-1].end_ns + LATENCY_NS)
    return line


@pytest.mark.parametrize("window", [2, 5, 10])
def test_out_of_order(window: int) -> None:
    line = _shuffled(quake(), window)
    assert line.outcomes == {"ok": 60}
    assert line.picks[-1] == PLAIN[-1], "what comes in one go is told in its refined version only"
    assert line.counts == {}


def test_out_of_order_beyond_the_wait_is_a_gap() -> None:
    line = _shuffled(quake(), 50)
    assert line.outcomes == {"ok": 60}, "all of it goes into the archive"
    assert line.counts["gap"] > 0
    assert line.counts["duplicate or late"] > 0
    assert all(abs(one) < 2 for one in line.onset_s)


@pytest.mark.parametrize("times", [1, 10, 1000])
def test_exact_duplicate(times: int) -> None:
    sent = quake()
    line = Line().send(sent[:20])
    line.take([sent[19].payload] * times, sent[19].end_ns + LATENCY_NS)
    line.send(sent[20:])
    assert line.picks == PLAIN
    assert line.counts == {"duplicate or late": times}


def test_same_time_other_bytes() -> None:
    sent = quake()
    other = Record(NAME, sent[29].end_ns - SECOND_NS, 100.0, np.full(100, 7000, dtype=np.int32))
    again = decode_packets([sent[29].payload]).receipts.record(0)
    line = Line().send(sent[:30])
    for one in (other, Record(NAME, again.start_ns + 500_000_000, 100.0, again.samples)):
        line.take([part.payload for part in packets(one.samples, one.start_ns)], sent[29].end_ns + LATENCY_NS)
    line.send(sent[30:])
    assert line.counts["duplicate or late"] == 1, "what came first stays"
    assert line.counts["overlap"] == 2, "half of a record is known already, then half of the next"
    assert line.outcomes == {"ok": 62}
    assert 0 not in [len(line.picks), line.statuses[-1].overlaps]


@pytest.mark.parametrize("lost", [1, 5, 25])
def test_gap(lost: int) -> None:
    sent = quake()
    at = 30 - lost
    line = Line().send(sent[:at]).send(sent[30:])
    assert line.counts == {"gap": 1}
    assert line.picks == [], "an onset right behind a gap is not interpolated into being"
    assert not next(one for one in line.statuses if one.gaps).usable
    assert line.statuses[-1].gaps == 1
    assert line.statuses[-1].usable, "long enough after it"


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45])
def test_time_tear_below_half_a_sample(share: float) -> None:
    shift_ns = round(share * 1e7) // 1000 * 1000
    samples = samples_with_onsets(6000, {ONSET: 30.0})
    sent = packets(samples[:2000]) + packets(samples[2000:], T0_NS + 20 * SECOND_NS + shift_ns)
    line = Line().send(sent)
    assert line.counts == {"time drift followed": 1}
    assert [time_ns - shift_ns for _, time_ns in line.picks] == [time_ns for _, time_ns in PLAIN]


def test_time_tear_above_half_a_sample_is_a_gap() -> None:
    samples = samples_with_onsets(6000, {ONSET: 30.0})
    line = Line().send(packets(samples[:1000]) + packets(samples[1000:], T0_NS + 10 * SECOND_NS + 8_000_000))
    assert line.counts["gap"] == 1


def test_sampling_rate_change() -> None:
    samples = samples_with_onsets(6000, {ONSET: 30.0})
    faster = packets(samples[2000:], T0_NS + 20 * SECOND_NS, rate_hz=200.0)
    line = Line().send(packets(samples[:2000]) + faster)
    assert line.outcomes == {"ok": 20, "rate_differs": 40}, "the metadata say 100 Hz"
    assert VERDICT["rate_differs"] is Verdict.ARCH
    assert line.picks == []


@pytest.mark.parametrize("rate", [(0, 1), (1, 0), (32767, 32767), (-32768, -32768), (-32768, 1), (1001, 1)])
def test_absurd_rate(rate: tuple[int, int]) -> None:
    assert check(record(rate=rate)).code == "rate"
    assert VERDICT["rate"] is Verdict.QUAR
    for rate_hz in (MIN_RATE_HZ * 0.99, MAX_RATE_HZ * 1.01, float("nan"), float("inf")):
        assert check(record3(rate=rate_hz)).verdict is Verdict.QUAR
        if np.isfinite(rate_hz):
            assert check(record(rate_100=rate_hz)).verdict is Verdict.QUAR


def test_record_length_change() -> None:
    sizes = [512, 4096, 512, 128, 256, 4096]
    made = [record([k, k + 1], length=size, clock=(8, 15, k)) for k, size in enumerate(sizes)]
    batch = decode_packets(made)
    assert batch.outcomes() == {"ok": 6}
    assert [one.record.samples[0] for one in batch.receipts] == list(range(6))
    assert check(record(length=8192)).verdict is Verdict.QUAR


@pytest.mark.parametrize("cut", [1, 64, 255, 256, 384, 511])
def test_truncated(cut: int) -> None:
    sent = quake()
    line = Line().send(sent[:10])
    (code,) = line.take([sent[10].payload[: 512 - cut]], sent[10].end_ns + LATENCY_NS)
    assert VERDICT[code] is Verdict.QUAR
    assert line.send(sent[10:]).picks == PLAIN, "sent again whole it is taken"


@pytest.mark.parametrize("between", [b"\xa5" * 100, bytes(512), bytes(100), record()[:300]])
def test_misaligned_or_zero_block_in_a_file(between: bytes) -> None:
    whole = [one.payload for one in quake()]
    data = b"".join(whole[:30]) + between + b"".join(whole[30:])
    batch, found = decode_file(data)
    assert batch.outcomes() == {"ok": 60}
    assert found.skipped_bytes == len(between)
    assert int(batch.receipts.count.sum()) == 6000


@pytest.mark.parametrize("encoding", [10, 11])
@pytest.mark.parametrize("count", [len(SAMPLES) + 1, 65535])
def test_bad_steim_with_too_many_samples(encoding: int, count: int) -> None:
    batch = decode_packets([record(encoding=encoding, count=count)])
    assert VERDICT[next(iter(batch.outcomes()))] is Verdict.QUAR
    assert len(batch.receipts) == 0


@pytest.mark.parametrize("encoding", [10, 11])
@pytest.mark.parametrize("lie", [{"count": 5}, {"xn": 7}, {"x0": 7}])
def test_bad_steim_with_too_few_samples_or_a_flipped_end(encoding: int, lie: dict[str, int]) -> None:
    assert decode_packets([record(encoding=encoding, **lie)]).outcomes() == {"steim": 1}
    assert VERDICT["steim"] is Verdict.ARCH


def test_wrong_encoding_byte() -> None:
    """All 256: no sample comes out that is not the record's, and none at all once the channel's usual one is known."""
    sent, line = quake(), Line()
    line.send(sent[:10])
    used = set()
    for encoding in range(256):
        payload = bytearray(sent[10].payload)
        payload[52] = encoding
        (code,) = line.take([bytes(payload)], sent[10].end_ns + LATENCY_NS)
        if VERDICT[code] is Verdict.OK:
            used.add(encoding)
        elif encoding not in (1, 3, 4, 5, 10):
            assert code in ("text", "encoding")
    assert used == {11}
    assert line.send(sent[10:]).picks == PLAIN


@pytest.mark.parametrize("order", "><")
@pytest.mark.parametrize("data_order", "><")
def test_endianness(order: str, data_order: str) -> None:
    sound = record(order=order, data_order=data_order)
    assert decode_packets([sound]).receipts.record(0).samples.tolist() == SAMPLES.tolist()
    swapped = bytearray(sound)
    swapped[53] ^= 1
    batch = decode_packets([bytes(swapped)])
    assert len(batch.receipts) == 0
    assert check(record(year=0x0808, day=0x0101)).code == "signature", "no order, or both"


def test_v3_checksum() -> None:
    whole = record3()
    for bit in range(8 * 28, 8 * len(whole), 7):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        batch = decode_packets([bytes(flipped)])
        assert len(batch.receipts) == 0
        assert VERDICT[next(iter(batch.outcomes()))] is Verdict.QUAR
    assert VERDICT["crc"] is Verdict.QUAR


@pytest.mark.parametrize("count", [2**30, 2**32 - 1])
def test_huge_count(count: int) -> None:
    for encoding in (1, 3, 4, 5, 10, 11):
        assert decode_packets([record3(count=count, encoding=encoding)]).outcomes() == {"samples": 1}
    assert VERDICT["samples"] is Verdict.QUAR


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(value: float) -> None:
    sent = quake()
    line = Line().send(sent[:10])
    for encoding, letter in ((4, "f"), (5, "d")):
        payload = bytearray(sent[10].payload)
        payload[30:32], payload[52], payload[53] = struct.pack(">H", 50), encoding, 1
        struct.pack_into(">50" + letter, payload, 64, *[1.0] * 17, value, *[1.0] * 32)
        assert line.take([bytes(payload)], sent[10].end_ns + LATENCY_NS) == ["nonfinite"]
    assert VERDICT["nonfinite"] is Verdict.ARCH
    assert line.send(sent[10:]).picks == PLAIN


def test_full_scale_samples_do_not_poison_the_picker_for_ever() -> None:
    quiet_s = 380
    samples = samples_with_onsets((quiet_s + 30) * 100, {(quiet_s + 10) * 100: 30.0})
    samples[1000:1200] = np.where(np.arange(200) % 2, 2**31 - 1, -(2**31))
    line = Line().send(_raw(samples))
    assert any(one.clipped for one in line.statuses)
    assert not line.statuses[-1].clipped
    again = [time_ns for version, time_ns in line.picks if version == 1 and time_ns > T0_NS + 100 * SECOND_NS]
    assert len(again) == 1
    assert abs(again[0] - T0_NS - (quiet_s + 10) * SECOND_NS) < SECOND_NS // 10


def _raw(samples: NDArray[np.int32]) -> list[Sent]:
    """Packets of plain integers, which hold every step there is."""
    found = []
    for one in packets(np.zeros(len(samples), dtype=np.int32)):
        at = round((one.end_ns - T0_NS) * 100 / SECOND_NS) - 100
        part = samples[at : at + 100]
        payload = bytearray(one.payload)
        payload[52], payload[53] = 3, 1
        payload[64:512] = bytes(448)
        payload[64 : 64 + 400] = part.astype(">i4").tobytes()
        found.append(Sent(one.end_ns, bytes(payload)))
    return found


@pytest.mark.parametrize(
    "name", [b"SA\0EZ00HHZTJ", b"SAR\xc9Z00HHZTJ", b"sarez00HHZTJ", b"../..00HHZTJ", b"  REZ00HHZTJ"]
)
def test_codes_that_are_none(name: bytes) -> None:
    assert check(record(name=name)).code == "codes"
    assert VERDICT["codes"] is Verdict.QUAR
    assert check(record3(sid=b"FDSN:TJ_" + name[:5] + b"_00_H_H_Z")).code == "codes"


@pytest.mark.parametrize(
    "extra",
    [b'{"X":"' + b"x" * 4089 + b'"}', b"[" * 65535, b'{"a":' * 10_000],
)
def test_extra_headers_too_long(extra: bytes) -> None:
    assert check(record3(extra=extra[:65535])).code == "extra"
    assert VERDICT["extra"] is Verdict.QUAR


@pytest.mark.parametrize(
    "extra",
    [b"[" * 4096, b'{"FDSN":' * 500, b'{"FDSN":{"Time":{"Quality":"9"}}}', b'{"FDSN":[]}', b"\xff\xfe\x00",
     b'{"FDSN":{"Time":{"Quality":' + b"9" * 4000 + b"}}}", b'{"Unknown":{"a":[1,2,{"b":null}]}}'],
)  # fmt: skip
def test_extra_headers_that_make_no_sense_are_passed_over(extra: bytes) -> None:
    batch = decode_packets([record3(extra=extra)])
    assert batch.outcomes() == {"ok": 1}
    assert batch.receipts.timing_quality.tolist() == [-1]


def test_calibration_signal() -> None:
    """The pulse is kept and raises no pick; nor does what follows within a minute."""
    samples = samples_with_onsets(15_000, {ONSET: 30.0, 5000: 30.0, 12_000: 30.0})
    sent = packets(samples)
    marked = [Sent(one.end_ns, one.payload[:36] + b"\x01" + one.payload[37:]) for one in sent[30:33]]
    line = Line().send(sent[:30] + marked + sent[33:])
    assert line.outcomes == {"ok": 30 + 57, "calibration": 3, "calibrated": 60}
    assert {VERDICT["calibration"], VERDICT["calibrated"]} == {Verdict.ARCH}
    assert [time_ns for version, time_ns in line.picks if version == 1] == [T0_NS + 120 * SECOND_NS]
    assert line.counts == {"gap": 1}
    silent = [one for one in line.statuses if not one.receiving]
    assert silent[0].reasons == ("no usable record for 20 s",)
    assert line.statuses[-1].usable
