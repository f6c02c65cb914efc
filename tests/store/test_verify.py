"""Every kind of damage to a day file is found, where it is."""

import numpy as np
import pytest

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.core.waveform import Record
from seismonet.formats.miniseed import decode_packets
from seismonet.store.sds import DAY_NS
from seismonet.store.verify import TOLD, Verified, verify_file
from seismonet.synthesis.records import miniseed
from tests.support.miniseed import record, record3

HHZ = SourceId.parse("TJ.SAREZ.00.HHZ")
DAY = from_iso("2024-10-03T00:00:00Z")  # day 277, that of tests.support.miniseed
SECOND = 10**9


def day_file(seconds: int = 200, *, start_ns: int = DAY) -> list[bytes]:
    """Records of ten seconds, with samples that fill them."""
    rng = np.random.default_rng(3)
    found = []
    for at in range(0, seconds, 10):
        samples = rng.normal(0, 1000, 200).astype(np.int32)
        found += miniseed(Record(HHZ, start_ns + at * SECOND, 20.0, samples))
    return found


def verify(*parts: bytes) -> Verified:
    return verify_file(b"".join(parts), "file", HHZ, DAY // DAY_NS)


def codes(verified: Verified) -> list[tuple[int, str, bool]]:
    return [(one.offset, one.code, one.is_error) for one in verified.findings]


def test_a_good_file_has_no_finding() -> None:
    verified = verify(*day_file(), record(), record3(clock=(9, 0, 0)), record(length=4096, clock=(9, 1, 0)))
    assert (verified.findings, verified.errors) == ((), 0)
    assert len(verified.contents) == len(day_file()) + 3


def test_every_bit_that_is_flipped_in_a_miniseed_3_record_is_found() -> None:
    good = record3(clock=(9, 0, 0))
    for bit in np.random.default_rng(5).choice(len(good) * 8, 300, replace=False).tolist():
        damaged = bytearray(good)
        damaged[bit // 8] ^= 1 << bit % 8
        assert verify(good, bytes(damaged)).errors, bit


def test_every_bit_that_is_flipped_in_steim_data_and_changes_a_sample_is_found() -> None:
    good = day_file(10)[0]
    samples = decode_packets([good]).receipts.samples
    changed = 0
    for bit in np.random.default_rng(6).choice(np.arange(64 * 8, 512 * 8), 300, replace=False).tolist():
        damaged = bytearray(good)
        damaged[bit // 8] ^= 1 << bit % 8
        if not np.array_equal(decode_packets([bytes(damaged)]).receipts.samples, samples):
            changed += 1
            assert verify(bytes(damaged)).errors, bit
    assert changed > 200


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (record(xn=5), "steim"),
        (record(name=b"sarez00HHZTJ"), "codes"),
        (record(rate=(0, 1)), "rate"),
        (record(count=60000), "samples"),
        (record3(crc=5), "crc"),
        (record(name=b"SAREZ00HHNTJ"), "channel"),
        (record(day=278), "day"),
    ],
)
def test_a_record_that_is_wrong_is_told_with_its_place(damage: bytes, code: str) -> None:
    good = day_file(20)
    at = sum(map(len, good))
    assert codes(verify(*good, damage)) == [(at, code, True)]


def test_junk_zeros_and_half_records_are_told_with_their_place() -> None:
    good = day_file(10)[0]
    verified = verify(b"junk" * 8, good, bytes(512), good[:100])
    assert [(one.offset, one.code) for one in verified.findings] == [(0, "bytes"), (544, "bytes"), (1056, "bytes")]
    assert "512 bytes that are no record (zeros)" in str(verified.findings[1])


def test_a_record_that_is_there_twice_is_told_once() -> None:
    first, second, *_ = day_file(40)
    renumbered = b"000777" + first[6:]
    verified = verify(first, second, renumbered)
    assert codes(verified) == [(1024, "twice", True), (-1, "order", False)]


def test_the_same_time_with_other_samples_is_no_repetition() -> None:
    assert verify(record(), record(samples=np.array([1, 2, 3], dtype=np.int32))).errors == 0


def test_what_is_kept_as_it_came_is_a_remark() -> None:
    first, second = day_file(20)
    verified = verify(second, first, record(correction=30_000))
    assert codes(verified) == [(-1, "order", False), (-1, "correction", False)]
    assert verified.errors == 0


def test_of_many_findings_of_one_kind_some_are_told_and_the_others_counted() -> None:
    strange = [record(name=b"SAREZ00HHNTJ", clock=(10, 0, second)) for second in range(TOLD + 7)]
    findings = verify(*strange).findings
    assert len(findings) == TOLD + 1
    assert findings[-1].words == "7 more records: of another channel"


def test_an_empty_file_is_no_error() -> None:
    assert verify().findings == ()


def test_a_finding_is_one_line_with_file_and_offset() -> None:
    line = str(verify(record(day=278)).findings[0])
    assert line == "file:0: day: record of TJ.SAREZ.00.HHZ at 2024-10-04T08:15:30.123Z: of another day"
