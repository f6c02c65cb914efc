"""Each row of the fault catalogue that concerns one record; the batch's rules against the same rules one by one."""

import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.inventory import OPEN_END_NS, ChannelTable, Station
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_datetime, from_iso
from seismonet.detect.rows import raw_table
from seismonet.formats.gate import REASONS, Expected, Verdict, check, judge, known
from seismonet.formats.headers import parse_headers
from tests.support.miniseed import record, record3
from tests.support.receipts import table

START_NS = from_iso("2024-10-03T08:15:30.1234Z")
DAY_NS = 86400 * SECOND_NS
HOUR_NS = 3600 * SECOND_NS

FAULTS = {
    "cut to 256 bytes": (record()[:256], "truncated"),
    "cut to 300 bytes": (record()[:300], "length"),
    "longer than it says": (record(exponent=8), "length"),
    "shorter than it says": (record(exponent=12), "truncated"),
    "empty bytes": (b"", "length"),
    "8192 bytes": (record(length=8192), "length"),
    "zeros": (bytes(512), "signature"),
    "no quality letter": (record(quality=b"X"), "signature"),
    "letters as sequence number": (record(sequence=b"00A001"), "signature"),
    "year 1899": (record(year=1899), "signature"),
    "year 2101": (record(year=2101), "signature"),
    "a year that reads the same both ways": (record(year=0x0808, day=0x0101), "signature"),
    "day 0": (record(day=0), "signature"),
    "day 366 of 2023": (record(year=2023, day=366), "time"),
    "hour 24": (record(clock=(24, 0, 0)), "time"),
    "minute 60": (record(clock=(0, 60, 0)), "time"),
    "second 61": (record(clock=(23, 59, 61)), "time"),
    "second 60 at noon": (record(clock=(12, 0, 60)), "time"),
    "fraction of 10000": (record(fraction=10_000), "time"),
    "leap second": (record(clock=(23, 59, 60)), "leap_second"),
    "small letters": (record(name=b"sarez00HHZTJ"), "codes"),
    "a path as station": (record(name=b"../..00HHZTJ"), "codes"),
    "NUL in a code": (record(name=b"SA\0EZ00HHZTJ"), "codes"),
    "NUL at the end of the codes": (record(name=b"SAREZ00HHZT\0"), "codes"),
    "high byte in a code": (record(name=b"SAR\xc9Z00HHZTJ"), "codes"),
    "blank within a code": (record(name=b"S REZ00HHZTJ"), "codes"),
    "no station": (record(name=b"     00HHZTJ"), "codes"),
    "no channel": (record(name=b"SAREZ00   TJ"), "codes"),
    "channel of two letters": (record(name=b"SAREZ00HH TJ"), "codes"),
    "no network, no location": (record(name=b"SAR    HHZ  "), "ok"),
    "blockette before the end of the header": (record(first_blockette=40), "blockettes"),
    "blockette outside the record": (record(first_blockette=508), "blockettes"),
    "blockettes in a circle": (record()[:50] + struct.pack(">H", 48) + record()[52:], "blockettes"),
    "blockettes into the data": (record(timing=(90, 0), data_offset=56), "samples"),
    "data within the header": (record(data_offset=40), "samples"),
    "data behind the record": (record(data_offset=512), "samples"),
    "no data offset": (record(data_offset=0), "samples"),
    "65535 samples": (record(count=65535), "samples"),
    "one sample more than integers have room for": (record(encoding=3, count=113), "samples"),
    "no samples": (record(count=0), "empty"),
    "factor 0": (record(rate=(0, 1)), "rate"),
    "multiplier 0": (record(rate=(100, 0)), "rate"),
    "32767 x 32767 Hz": (record(rate=(32767, 32767)), "rate"),
    "1 / (32768 x 32768) Hz": (record(rate=(-32768, -32768)), "rate"),
    "1001 Hz": (record(rate=(1001, 1)), "rate"),
    "1000 Hz": (record(rate=(1000, 1)), "ok"),
    "1000 s": (record(rate=(-1000, 1)), "ok"),
    "1001 s": (record(rate=(-1001, 1)), "rate"),
    "0.1 Hz": (record(rate=(-10, 1)), "ok"),
    "blockette 100 says 1e9 Hz": (record(rate_100=1e9), "rate"),
    "blockette 100 says -1 Hz": (record(rate_100=-1.0), "rate"),
    "text": (record(encoding=0), "text"),
    "correction of 1.0001 s": (record(correction=10_001), "correction"),
    "correction of -1.0001 s": (record(correction=-10_001), "correction"),
    "the largest correction": (record(correction=2**31 - 1), "correction"),
    "correction of a second": (record(correction=10_000), "ok"),
    "large correction, applied already": (record(correction=2**31 - 1, activity=2), "ok"),
    "little-endian header": (record(order="<"), "ok"),
    "sequence number of blanks": (record(sequence=b"      "), "ok"),
    "without a blockette 1000": (record(encoding=10, blockette_1000=False), "ok"),
    "miniSEED 3": (record3(), "ok"),
    "3: cut off": (record3()[:-1], "truncated"),
    "3: nothing but a signature": (record3()[:20], "truncated"),
    "3: with a byte more": (record3() + b"\0", "length"),
    "3: 2**32 - 1 samples": (record3(count=2**32 - 1), "samples"),
    "3: 2**30 samples": (record3(count=2**30), "samples"),
    "3: path as name": (record3(sid=b"FDSN:TJ_../../ETC_00_H_H_Z"), "codes"),
    "3: no FDSN name": (record3(sid=b"XFDSN:TJ_SAREZ_00_H_H_Z"), "codes"),
    "3: name that is no text": (record3(sid=b"FDSN:TJ_SAR\xc9_00_H_H_Z"), "codes"),
    "3: 4097 bytes of extra headers": (record3(extra=b'{"X":"' + b"x" * 4089 + b'"}'), "extra"),
    "3: day 366 of 2023": (record3(year=2023, day=366), "time"),
    "3: a second of nanoseconds": (record3(nanosecond=10**9), "time"),
    "3: leap second": (record3(clock=(23, 59, 60)), "leap_second"),
    "3: no rate": (record3(rate=0.0), "rate"),
    "3: rate that is no number": (record3(rate=float("nan")), "rate"),
    "3: 10 s": (record3(rate=-10.0), "ok"),
    "3: no samples": (record3(samples=()), "empty"),
    "3: unknown encoding": (record3(encoding=19), "encoding"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_record_with_a_fault_gets_its_reason(fault: str) -> None:
    data, code = FAULTS[fault]
    assert check(data).code == code


def test_encodings_that_are_not_decoded_are_kept_and_not_used() -> None:
    known = {0: "text", 1: "ok", 3: "ok", 4: "ok", 5: "ok", 10: "ok", 11: "ok"}
    for encoding in range(256):
        found = check(record(encoding=encoding))
        assert found.code == known.get(encoding, "encoding")
        assert found.verdict is (Verdict.OK if found.code == "ok" else Verdict.ARCH)


def test_every_reason_has_a_code_of_its_own_and_words() -> None:
    assert len({reason.code for reason in REASONS}) == len({reason.text for reason in REASONS}) == len(REASONS)


def _dated(moment: datetime) -> bytes:
    clock = (moment.hour, moment.minute, moment.second)
    return record(year=moment.year, day=moment.timetuple().tm_yday, clock=clock, fraction=0)


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CLOCKS = {
    "as it should be": (NOW - timedelta(seconds=2), "ok"),
    "a week late": (NOW - timedelta(days=7), "ok"),
    "4 s ahead": (NOW + timedelta(seconds=4), "ok"),
    "6 s ahead": (NOW + timedelta(seconds=6), "ahead"),
    "59 min ahead": (NOW + timedelta(minutes=59), "ahead"),
    "61 min ahead": (NOW + timedelta(minutes=61), "future"),
    "a year ahead": (NOW + timedelta(days=365), "future"),
    "2099": (datetime(2099, 1, 1, tzinfo=UTC), "future"),
    "1024 weeks behind": (NOW - timedelta(days=7168), "gps_wnro"),
    "1024 weeks and 23 hours behind": (NOW - timedelta(days=7168, hours=23), "gps_wnro"),
    "1024 weeks less 23 hours behind": (NOW - timedelta(days=7168, hours=-23), "gps_wnro"),
    "1024 weeks and 25 hours behind": (NOW - timedelta(days=7168, hours=25), "ok"),
    "2048 weeks behind": (NOW - timedelta(days=2 * 7168), "gps_wnro"),
    "1970": (datetime(1970, 1, 1, 0, 5, tzinfo=UTC), "clock_reset"),
    "1980": (datetime(1980, 1, 6, 0, 5, tzinfo=UTC), "clock_reset"),
    "2000": (datetime(2000, 1, 1, 0, 5, tzinfo=UTC), "clock_reset"),
    "1905": (datetime(1905, 1, 1, tzinfo=UTC), "clock_reset"),
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_is_judged_by_when_the_record_arrived(clock: str) -> None:
    moment, code = CLOCKS[clock]
    assert check(_dated(moment), from_datetime(NOW)).code == code
    assert check(_dated(moment)).code == "ok", "without a time of arrival only the calendar counts"
    clock3 = (moment.hour, moment.minute, moment.second)
    third = record3(year=moment.year, day=moment.timetuple().tm_yday, clock=clock3, nanosecond=0)
    assert check(third, from_datetime(NOW)).code == code


def test_metadata_tell_an_early_clock_and_another_rate() -> None:
    early = Expected(100.0, START_NS + DAY_NS)
    assert check(record(), START_NS + HOUR_NS, early).code == "clock_reset"
    assert check(record3(), START_NS + HOUR_NS, early).code == "clock_reset"
    for rate_hz, code in ((100.0, "ok"), (100.9, "ok"), (99.1, "ok"), (102.0, "rate_differs"), (50.0, "rate_differs")):
        expected = Expected(rate_hz, 0)
        assert check(record(), None, expected).code == code
        assert check(record3(), None, expected).code == code


def _by_hand(data: bytes, received_ns: int | None) -> str:
    """The catalogue's rules for one miniSEED 2 record, read with nothing but ``struct``."""
    orders = []
    for order in "><":
        year, day = struct.unpack_from(order + "HH", data, 20)
        if 1900 <= year <= 2100 and 1 <= day <= 366:
            orders.append(order)
    if len(orders) != 1 or data[6] not in b"DRQM" or data[7] not in b" \0" or set(data[:6]) - set(b"0123456789 \0"):
        return "signature"
    order = orders[0]
    codes = [data[8:13], data[13:15], data[15:18], data[18:20]]
    stripped = [code.rstrip(b" ") for code in codes]
    if (
        set(b"".join(stripped)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        or not stripped[0]
        or len(stripped[2]) != 3
    ):
        return "codes"
    year, day = struct.unpack_from(order + "HH", data, 20)
    hour, minute, second = data[24:27]
    fraction, count = struct.unpack_from(order + "HH", data, 28)
    factor, multiplier = struct.unpack_from(order + "hh", data, 32)
    leap = (hour, minute, second) == (23, 59, 60)
    days = (datetime(year + 1, 1, 1, tzinfo=UTC) - datetime(year, 1, 1, tzinfo=UTC)).days
    if day > days or hour > 23 or minute > 59 or (second > 59 and not leap) or fraction > 9999:
        return "time"
    correction, offset, position = struct.unpack_from(order + "iHH", data, 40)
    rate = 0.0
    if factor and multiplier:
        rate = float(factor) if factor > 0 else -1 / factor
        rate = rate * multiplier if multiplier > 0 else -rate / multiplier
    encoding, stated, end, microseconds, steps, calibration = 10, len(data), 48, 0, 0, data[36] & 1
    while position:
        steps += 1
        if not 48 <= position <= len(data) - 8 or steps > 8:
            return "blockettes"
        kind, follow = struct.unpack_from(order + "HH", data, position)
        calibration |= kind in (300, 310, 320, 390, 395)
        if kind == 1000:
            encoding, stated = data[position + 4], 1 << min(data[position + 6], 30)
        elif kind == 1001:
            (microseconds,) = struct.unpack_from("b", data, position + 5)
        elif kind == 100:
            (actual,) = struct.unpack_from(order + "f", data, position + 4)
            rate = actual if np.isfinite(actual) and actual != 0 else rate
        end = position + 8
        if follow and follow < position + 4:
            return "blockettes"
        position = follow
    if stated != len(data):
        return "truncated" if stated > len(data) else "length"
    size = {1: 1 / 2, 3: 1 / 4, 4: 1 / 4, 5: 1 / 8, 10: 60 / 64, 11: 105 / 64}.get(encoding)
    room = len(data) - offset
    rules = [
        ("empty", count == 0),
        ("samples", offset < end or room <= 0),
        ("text", encoding == 0),
        ("encoding", size is None),
        ("samples", size is not None and count > int(room * size)),
        ("rate", not 1e-3 <= rate <= 1e3),
    ]
    for code, wrong in rules:
        if wrong:
            return code
    shift = 0 if data[36] & 2 else correction * 100_000
    start_ns = from_datetime(datetime(year, 1, 1, tzinfo=UTC)) + (day - 1) * DAY_NS
    start_ns += ((hour * 60 + minute) * 60 + second) * SECOND_NS + (-1 if leap else fraction * 100_000)
    start_ns += shift + microseconds * 1000
    if received_ns is not None:
        end_ns = start_ns + round(count * (1e9 / rate))
        age_ns = received_ns - start_ns
        turns = round(age_ns / (7168 * DAY_NS))
        if end_ns > received_ns + HOUR_NS:
            return "future"
        if turns and abs(age_ns - turns * 7168 * DAY_NS) <= DAY_NS:
            return "gps_wnro"
        if start_ns < from_iso("2000-01-03T00:00:00Z"):
            return "clock_reset"
        if end_ns > received_ns + 5 * SECOND_NS:
            return "ahead"
    if abs(shift) > SECOND_NS:
        return "correction"
    return "calibration" if calibration else "leap_second" if leap else "ok"


MADE = st.builds(
    record,
    samples=st.just([1, 2, 3]),
    order=st.sampled_from("><"),
    encoding=st.sampled_from([0, 1, 3, 4, 5, 10, 11, 16]),
    year=st.sampled_from([1970, 2004, 2005, 2024, 2056, 2099]),
    day=st.sampled_from([1, 59, 256, 277, 365, 366]),
    clock=st.sampled_from([(8, 15, 30), (23, 59, 60), (23, 59, 59), (24, 0, 0)]),
    count=st.sampled_from([0, 1, 3, 110, 112, 113, 420, 734, 736, 65535]),
    rate=st.sampled_from([(100, 1), (1, 100), (-10, 1), (100, -3), (-7, -5), (0, 1), (2000, 1), (-32768, -32768)]),
    correction=st.sampled_from([0, 1, -1, 10_000, -10_001, 70_000, 2**31 - 1, -(2**31)]),
    activity=st.sampled_from([0, 1, 2, 4]),
    timing=st.tuples(st.integers(0, 100), st.integers(-128, 127)),
    name=st.sampled_from([b"SAREZ00HHZTJ", b"A      HNE  ", b"a0   00HHZXX", b"AB C   HHZXX"]),
)
CHANGES = st.lists(st.tuples(st.integers(0, 71), st.integers(0, 255)), max_size=3)


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(MADE))
    for at, value in draw(CHANGES):
        data[at] = value
    return bytes(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(changed(), min_size=1, max_size=12), st.booleans())
def test_the_batch_decides_as_the_rules_do_one_by_one(records: list[bytes], live: bool) -> None:
    received_ns = START_NS + 3 * SECOND_NS if live else None
    raw = np.frombuffer(b"".join(records), dtype=np.uint8).reshape(len(records), -1)
    received = None if received_ns is None else np.full(len(records), received_ns)
    together = [REASONS[number].code for number in judge(parse_headers(raw), received).tolist()]
    assert together == [_by_hand(one, received_ns) for one in records]
    assert together == [check(one, received_ns).code for one in records]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", record()[:128], record3()[:40], b"MS\x03"]))
def test_any_bytes_get_a_verdict(data: bytes, start: bytes) -> None:
    assert check(start + data) in REASONS


def test_metadata_of_several_epochs_expect_the_rate_of_each_records_time() -> None:
    epochs = ((0, START_NS, 20.0), (START_NS, OPEN_END_NS, 100.0))
    one = table({"TJ.SAREZ": (38.0, 72.0)}).channels[0]
    channels = [replace(one, start_ns=a, end_ns=b, rate_hz=rate_hz) for a, b, rate_hz in epochs]
    station = Station("TJ", "SAREZ", -5, OPEN_END_NS, 38.0, 72.0, 3000.0)
    expected = known(ChannelTable.of([station], channels))[one.source_id]
    assert expected == Expected(100.0, -5, ((START_NS, 20.0),))
    early = {"clock": (8, 15, 29)}
    cases = [(record(), "ok"), (record(rate=(20, 1)), "rate_differs"), (record(**early), "rate_differs"),
             (record(rate=(20, 1), **early), "ok"), (record3(rate=20.0, **early), "ok")]  # fmt: skip
    for data, code in cases:
        assert check(data, None, expected).code == code
    raw = np.frombuffer(b"".join(data for data, _ in cases[:4]), dtype=np.uint8).reshape(4, -1)
    found = judge(parse_headers(raw), None, (expected,))
    assert [REASONS[number].code for number in found.tolist()] == [code for _, code in cases[:4]]


def test_metadata_without_rate_or_date_expect_none() -> None:
    expected = known(raw_table([SourceId.parse("TJ.SAREZ.00.HHZ")]))
    assert [one.rate_hz for one in expected.values()] == [0.0]
    (only,) = expected.values()
    assert check(record(rate=(500, 1)), START_NS + HOUR_NS, only).code == "ok"
    assert check(record(year=1970, day=1), START_NS, only).code == "clock_reset"
