"""What may come in: decided from a record's bytes before any decoder sees them.

The rule this file owns: a decoder gets only records whose every length, count and offset has been checked against the
bytes that are there. ``OK`` records are archived and used, ``ARCH`` ones archived but not used, ``QUAR`` ones set aside.
One function decides for batches of miniSEED 2 records of one length, another for single miniSEED 3 records; ``check``
takes either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from seismonet.core.arrays import BoolArray, FloatArray, IntArray
from seismonet.core.utc import SECOND_NS

from .headers import ENCODING_SIZES, Header3, Headers, parse_header3, parse_headers


class Verdict(IntEnum):
    """What becomes of a record."""

    OK = 0
    ARCH = 1
    QUAR = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a short code, the verdict that follows, and words for a person."""

    code: str
    verdict: Verdict
    text: str


OK = Reason("ok", Verdict.OK, "archived and used")
REASONS = (
    OK,
    Reason("length", Verdict.QUAR, "its length is not that of a record of 128 to 4096 bytes, or it is cut off"),
    Reason("signature", Verdict.QUAR, "no miniSEED header: sequence number, quality letter and byte order do not fit"),
    Reason("codes", Verdict.QUAR, "network, station, location or channel code with other signs than A-Z and 0-9"),
    Reason("time", Verdict.QUAR, "start time that no calendar has, or outside the years 1900 to 2100"),
    Reason("blockettes", Verdict.QUAR, "blockettes that point outside the record, in a circle, or into the data"),
    Reason("samples", Verdict.QUAR, "more samples than its bytes can hold, or data that begin outside the record"),
    Reason("rate", Verdict.QUAR, "sampling rate outside 0.001 to 1000 Hz"),
    Reason("future", Verdict.QUAR, "ends more than an hour after it was received"),
    Reason("gps_wnro", Verdict.QUAR, "1024 weeks (or a multiple) old: a GPS receiver's week number rolled over"),
    Reason("clock_reset", Verdict.QUAR, "dated 1980 or earlier on arrival: a clock that was reset"),
    Reason("empty", Verdict.ARCH, "no samples (a header, a log or an event record)"),
    Reason("text", Verdict.ARCH, "text, no samples"),
    Reason("encoding", Verdict.ARCH, "an encoding that is not decoded here (only Steim 1 and 2, integers and floats)"),
    Reason("correction", Verdict.ARCH, "a time correction of more than one second"),
    Reason("ahead", Verdict.ARCH, "ends more than five seconds after it was received"),
    Reason("steim", Verdict.ARCH, "samples do not begin and end as the record itself says (Steim X0 and Xn)"),
    Reason("decoder", Verdict.QUAR, "the decoder refused it"),
    Reason("crc", Verdict.QUAR, "its checksum is wrong"),
    Reason("extra", Verdict.QUAR, "extra headers of more than 4096 bytes"),
    Reason("nonfinite", Verdict.ARCH, "samples that are not finite numbers"),
)
CODE = {reason.code: number for number, reason in enumerate(REASONS)}
LENGTHS = (128, 256, 512, 1024, 2048, 4096)
MIN_RATE_HZ, MAX_RATE_HZ = 1e-3, 1e3
MAX_CORRECTION_NS = SECOND_NS
AHEAD_NS, FUTURE_NS = 5 * SECOND_NS, 3600 * SECOND_NS
GPS_WEEKS_NS = 1024 * 7 * 86400 * SECOND_NS
GPS_SLACK_NS = 36 * 3600 * SECOND_NS
RESET_NS = 11 * 365 * 86400 * SECOND_NS
MAX_EXTRA_BYTES = 4096


def check(record: bytes, received_ns: int | None = None) -> Reason:
    """The reason, and in it the verdict, of one record; ``received_ns`` is None where nobody knows (files).

    >>> check(b"not a record").code
    'length'
    """
    if record[:2] == b"MS" and record[2:3] == b"\x03":
        return check3(record, received_ns)
    if len(record) not in LENGTHS:
        return REASONS[CODE["length"]]
    raw = np.frombuffer(record, dtype=np.uint8).reshape(1, -1)
    received = None if received_ns is None else np.array([received_ns], dtype=np.int64)
    return REASONS[int(judge(parse_headers(raw), received)[0])]


def judge(headers: Headers, received_ns: IntArray | None) -> IntArray:
    """(m,) index into ``REASONS`` for parsed miniSEED 2 headers of records of one length; the first reason counts."""
    found = np.zeros(len(headers), dtype=np.int64)
    size = ENCODING_SIZES[np.minimum(headers.encoding, len(ENCODING_SIZES) - 1)]
    length = headers.length
    room = length - headers.data_offset
    rate = headers.rate_hz

    def mark(code: str, where: BoolArray) -> None:
        found[(found == 0) & where] = CODE[code]

    mark("signature", ~headers.signature)
    mark("codes", ~headers.codes)
    mark("time", ~headers.time)
    mark("blockettes", ~headers.blockettes)
    mark("length", headers.stated_length != length)
    mark("empty", headers.count == 0)
    mark("samples", (headers.data_offset < 48) | (room <= 0) | (headers.data_offset < headers.header_end))
    mark("text", headers.encoding == 0)
    mark("encoding", size == 0)
    mark("samples", headers.count > np.floor(room * np.where(size > 0, size, 1.0)))
    with np.errstate(invalid="ignore"):
        mark("rate", ~((rate >= MIN_RATE_HZ) & (rate <= MAX_RATE_HZ)))
    mark("correction", np.abs(headers.correction_ns) > MAX_CORRECTION_NS)
    if received_ns is not None:
        _mark_age(mark, headers.start_ns, _end_ns(headers.start_ns, headers.count, rate), received_ns)
    return found


def _end_ns(start_ns: IntArray, count: IntArray, rate_hz: FloatArray) -> IntArray:
    safe = np.where((rate_hz >= MIN_RATE_HZ) & (rate_hz <= MAX_RATE_HZ), rate_hz, 1.0)
    return np.asarray(start_ns + np.rint(count * (1e9 / safe)).astype(np.int64))


def _mark_age(
    mark: Callable[[str, BoolArray], None], start_ns: IntArray, end_ns: IntArray, received_ns: IntArray
) -> None:
    age_ns = received_ns - start_ns
    weeks = np.rint(age_ns / GPS_WEEKS_NS).astype(np.int64)
    mark("future", end_ns > received_ns + FUTURE_NS)
    mark("gps_wnro", (weeks != 0) & (np.abs(age_ns - weeks * GPS_WEEKS_NS) <= GPS_SLACK_NS))
    mark("clock_reset", start_ns < RESET_NS)
    mark("ahead", end_ns > received_ns + AHEAD_NS)


def check3(record: bytes, received_ns: int | None = None) -> Reason:
    """The same for one miniSEED 3 record; its checksum is verified by the decoder."""
    header = parse_header3(record)
    if header is None:
        return REASONS[CODE["length"]]
    code = _judge3(header, len(record))
    if code:
        return REASONS[CODE[code]]
    if received_ns is None:
        return OK
    start_ns = np.array([header.start_ns], dtype=np.int64)
    found: list[str] = []

    def mark(code: str, where: BoolArray) -> None:
        if bool(where[0]):
            found.append(code)

    count, rate = np.array([header.count]), np.array([header.rate_hz])
    _mark_age(mark, start_ns, _end_ns(start_ns, count, rate), np.array([received_ns], dtype=np.int64))
    return REASONS[CODE[found[0]]] if found else OK


def _judge3(header: Header3, length: int) -> str:
    size = float(ENCODING_SIZES[header.encoding]) if header.encoding < len(ENCODING_SIZES) else 0.0
    checks = (
        ("length", header.stated_length != length),
        ("extra", header.extra_length > MAX_EXTRA_BYTES),
        ("codes", not header.source_id),
        ("time", header.start_ns is None),
        ("empty", header.count == 0),
        ("text", header.encoding == 0),
        ("encoding", size == 0),
        ("samples", header.count > header.data_length * size),
        ("rate", not MIN_RATE_HZ <= header.rate_hz <= MAX_RATE_HZ),
    )
    return next((code for code, wrong in checks if wrong), "")
