"""What may come in: decided from a record's bytes before any decoder sees them.

The rule this file owns: a decoder gets only records whose every length, count and offset has been checked against the
bytes that are there. ``OK`` records are archived and used, ``ARCH`` ones archived but not used, ``QUAR`` ones set
aside. One function decides for batches of miniSEED 2 records of one length, another for single miniSEED 3 records;
``check`` takes either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.inventory import ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS

from .headers import ENCODING_SIZES, MAX_EXTRA_BYTES, Header3, Headers, every, parse_header3, parse_headers, some


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


@dataclass(frozen=True, slots=True)
class Expected:
    """What the metadata say of a channel: its sampling rate (0 is unknown), and since when there is a station.

    ``former`` are earlier rates as (end of the epoch, rate), by time; without them the rate was always the same.
    """

    rate_hz: float
    start_ns: int
    former: tuple[tuple[int, float], ...] = ()

    def rate_at(self, time_ns: int) -> float:
        """The rate at a time.

        >>> Expected(100.0, 0, ((50, 20.0),)).rate_at(49)
        20.0
        """
        return next((rate_hz for end_ns, rate_hz in self.former if time_ns < end_ns), self.rate_hz)


def known(table: ChannelTable) -> dict[SourceId, Expected]:
    """What the metadata of a table let the gate expect of its channels.

    >>> known(ChannelTable.of([], []))
    {}
    """
    begun: dict[str, int] = {}
    for station in table.stations:
        begun[station.station_code] = min(station.start_ns, begun.get(station.station_code, station.start_ns))
    epochs: dict[SourceId, list[tuple[int, int, float]]] = {}
    for channel in table.channels:
        epochs.setdefault(channel.source_id, []).append((channel.start_ns, channel.end_ns, channel.rate_hz))
    found = {}
    for name, spans in epochs.items():
        spans.sort()
        rate_hz = spans[-1][2]
        former = tuple((end_ns, rate) for _, end_ns, rate in spans[:-1])
        several = any(rate != rate_hz for _, rate in former)
        start_ns = min(spans[0][0], begun.get(name.station_code, spans[0][0]))
        found[name] = Expected(rate_hz, start_ns, former if several else ())
    return found


OK = Reason("ok", Verdict.OK, "archived and used")
REASONS = (
    OK,
    Reason("leap_second", Verdict.OK, "used; it starts in a leap second, taken as the end of the second before"),
    Reason("length", Verdict.QUAR, "its length is not that of a record of 128 to 4096 bytes"),
    Reason("truncated", Verdict.QUAR, "it is cut off: shorter than it says itself"),
    Reason("signature", Verdict.QUAR, "no miniSEED header: sequence number, quality letter and byte order do not fit"),
    Reason("codes", Verdict.QUAR, "network, station, location or channel code with other signs than A-Z and 0-9"),
    Reason("time", Verdict.QUAR, "start time that no calendar has, or outside the years 1900 to 2100"),
    Reason("blockettes", Verdict.QUAR, "blockettes that point outside the record, in a circle, or into the data"),
    Reason("samples", Verdict.QUAR, "more samples than its bytes can hold, or data that begin outside the record"),
    Reason("rate", Verdict.QUAR, "sampling rate outside 0.001 to 1000 Hz"),
    Reason("future", Verdict.QUAR, "ends more than an hour after it was received"),
    Reason("gps_wnro", Verdict.QUAR, "1024 weeks (or a multiple) old: a GPS receiver's week number rolled over"),
    Reason("clock_reset", Verdict.QUAR, "older than its station, or than 2000-01-03: a clock that was reset"),
    Reason("decoder", Verdict.QUAR, "the decoder refused it"),
    Reason("crc", Verdict.QUAR, "its checksum is wrong"),
    Reason("extra", Verdict.QUAR, "extra headers of more than 4096 bytes"),
    Reason("empty", Verdict.ARCH, "no samples (a header, a log or an event record)"),
    Reason("text", Verdict.ARCH, "text, no samples"),
    Reason("encoding", Verdict.ARCH, "an encoding that is not decoded here (only Steim 1 and 2, integers and floats)"),
    Reason("correction", Verdict.ARCH, "a time correction of more than one second"),
    Reason("ahead", Verdict.ARCH, "ends more than five seconds after it was received"),
    Reason("rate_differs", Verdict.ARCH, "sampling rate more than 1 % off the metadata's"),
    Reason("steim", Verdict.ARCH, "samples do not begin and end as the record itself says (Steim X0 and Xn)"),
    Reason("nonfinite", Verdict.ARCH, "samples that are not finite numbers"),
    Reason("calibration", Verdict.ARCH, "a calibration signal, as its flag or a blockette says"),
    Reason("calibrated", Verdict.ARCH, "less than a minute after a calibration of its channel"),
    Reason("encoding_differs", Verdict.ARCH, "another encoding than its channel's usual one"),
)
CODE = {reason.code: number for number, reason in enumerate(REASONS)}
USED = np.array([reason.verdict is Verdict.OK for reason in REASONS])
LENGTHS = (128, 256, 512, 1024, 2048, 4096)
MIN_RATE_HZ, MAX_RATE_HZ, RATE_TOLERANCE = 1e-3, 1e3, 0.01
MAX_CORRECTION_NS = SECOND_NS
AHEAD_NS, FUTURE_NS = 5 * SECOND_NS, 3600 * SECOND_NS
DAY_NS = 86400 * SECOND_NS
GPS_WEEKS_NS, GPS_SLACK_NS = 1024 * 7 * DAY_NS, DAY_NS
# clocks wake up at the start of 1970, 1980 or 2000; nothing that arrives now was recorded before the last of these
RESET_NS = 10_959 * DAY_NS
MAX_DATA_BYTES = 65536


def check(record: bytes, received_ns: int | None = None, expected: Expected | None = None) -> Reason:
    """The reason, and in it the verdict, of one record before it is decoded.

    ``received_ns`` is None where nobody knows (files): then no time is judged but by the calendar.

    >>> check(b"not a record").code
    'length'
    """
    if record[:3] == b"MS\x03":
        return judge3(parse_header3(record), len(record), received_ns, expected)
    if len(record) not in LENGTHS:
        return REASONS[CODE["length"]]
    raw = np.frombuffer(record, dtype=np.uint8).reshape(1, -1)
    received = None if received_ns is None else np.array([received_ns], dtype=np.int64)
    return REASONS[int(judge(parse_headers(raw), received, (expected,))[0])]


def judge(
    headers: Headers, received_ns: IntArray | None = None, expected: tuple[Expected | None, ...] = ()
) -> IntArray:
    """(m,) index into ``REASONS`` for parsed miniSEED 2 headers of records of one length; the first reason counts.

    ``received_ns`` is (m,); ``expected``, when given, goes with ``headers.names``.
    """
    found = np.zeros(len(headers), dtype=np.int64)

    def mark(code: str, where: BoolArray) -> None:
        if some(where):
            found[where & (found == 0)] = CODE[code]

    _mark_form(mark, headers)
    if received_ns is not None:
        since_ns = _column([_since_ns(one) for one in expected], headers.channel, RESET_NS)
        until_ns = end_ns(headers.start_ns, headers.count, headers.rate_hz)
        _mark_age(mark, (headers.start_ns, until_ns), received_ns, since_ns)
    mark("correction", np.abs(headers.correction_ns) > MAX_CORRECTION_NS)
    mark("calibration", headers.calibration)
    if any(expected):
        rate_hz = _rates(expected, headers)
        mark("rate_differs", (rate_hz > 0) & (np.abs(headers.rate_hz - rate_hz) > RATE_TOLERANCE * rate_hz))
    mark("leap_second", headers.leap)
    return found


Mark = Callable[[str, BoolArray], None]


def _column(values: list[Any], channel: IntArray, default: float) -> AnyArray:
    return np.array(values)[channel] if values else np.full(len(channel), default)


def _since_ns(expected: Expected | None) -> int:
    return max(expected.start_ns, RESET_NS) if expected else RESET_NS


def _rates(expected: tuple[Expected | None, ...], headers: Headers) -> FloatArray:
    """(m,) rate that the metadata state for each record's time; 0 where they state none."""
    rate_hz: FloatArray = np.array([one.rate_hz if one else 0.0 for one in expected])[headers.channel]
    changed = [number for number, one in enumerate(expected) if one and one.former]
    for k in np.flatnonzero(np.isin(headers.channel, changed)).tolist() if changed else ():
        one = expected[int(headers.channel[k])]
        rate_hz[k] = one.rate_at(int(headers.start_ns[k])) if one else 0.0
    return rate_hz


def _mark_form(mark: Mark, headers: Headers) -> None:
    """What a record must be to be decoded. Logs and headers without samples are kept, whatever rate they state."""
    length, rate = headers.length, headers.rate_hz
    size = ENCODING_SIZES[headers.encoding]
    room = length - headers.data_offset
    mark("signature", ~headers.signature)
    mark("codes", ~headers.codes)
    mark("time", ~headers.time)
    mark("blockettes", ~headers.blockettes)
    mark("truncated", headers.stated_length > length)
    mark("length", headers.stated_length < length)
    mark("empty", headers.count == 0)
    mark("samples", (headers.data_offset < headers.header_end) | (room <= 0))
    mark("text", headers.encoding == 0)
    mark("encoding", size == 0)
    mark("samples", headers.count > np.floor(room * size))
    mark("rate", ~((rate >= MIN_RATE_HZ) & (rate <= MAX_RATE_HZ)))


def end_ns(start_ns: IntArray, count: IntArray, rate_hz: FloatArray) -> IntArray:
    """(m,) time of the sample after each record's last; a rate that cannot be is taken as the nearest that can."""
    return np.asarray(start_ns + np.rint(count * (1e9 / np.clip(rate_hz, MIN_RATE_HZ, MAX_RATE_HZ))).astype(np.int64))


def _mark_age(mark: Mark, span_ns: tuple[IntArray, IntArray], received_ns: IntArray, since_ns: IntArray) -> None:
    """Future, rolled over, reset: ``span_ns`` is start and end, ``since_ns`` when there was something to record."""
    start_ns, until_ns = span_ns
    age_ns = received_ns - start_ns
    if every((until_ns <= received_ns) & (age_ns < GPS_WEEKS_NS - GPS_SLACK_NS) & (start_ns >= since_ns)):
        return
    weeks = np.rint(age_ns / GPS_WEEKS_NS).astype(np.int64)
    mark("future", until_ns > received_ns + FUTURE_NS)
    mark("gps_wnro", (weeks != 0) & (np.abs(age_ns - weeks * GPS_WEEKS_NS) <= GPS_SLACK_NS))
    mark("clock_reset", start_ns < since_ns)
    mark("ahead", until_ns > received_ns + AHEAD_NS)


def judge3(header: Header3 | None, length: int, received_ns: int | None, expected: Expected | None) -> Reason:
    """The same for the header of one miniSEED 3 record of ``length`` bytes; its checksum is verified by the decoder."""
    if header is None:
        return REASONS[CODE["truncated"]]
    found = [code for code, wrong in _form3(header, length) if wrong]

    def mark(code: str, where: BoolArray) -> None:
        if where[0]:
            found.append(code)

    if received_ns is not None and header.start_ns is not None and not found:
        start_ns, count, rate = np.array([header.start_ns]), np.array([header.count]), np.array([header.rate_hz])
        since_ns = np.array([_since_ns(expected)])
        _mark_age(mark, (start_ns, end_ns(start_ns, count, rate)), np.array([received_ns]), since_ns)
    if header.calibration:
        found.append("calibration")
    if expected is not None and header.start_ns is not None:
        rate_hz = expected.rate_at(header.start_ns)
        if abs(header.rate_hz - rate_hz) > RATE_TOLERANCE * rate_hz > 0:
            found.append("rate_differs")
    if header.leap:
        found.append("leap_second")
    return REASONS[CODE[found[0]]] if found else OK


def _form3(header: Header3, length: int) -> tuple[tuple[str, bool], ...]:
    size = float(ENCODING_SIZES[header.encoding])
    return (
        ("length", header.stated_length < length or header.data_length > MAX_DATA_BYTES),
        ("truncated", header.stated_length > length),
        ("extra", header.extra_length > MAX_EXTRA_BYTES),
        ("codes", header.source_id is None),
        ("time", header.start_ns is None),
        ("empty", header.count == 0),
        ("text", header.encoding == 0),
        ("encoding", size == 0),
        ("samples", header.count > header.data_length * size),
        ("rate", not MIN_RATE_HZ <= header.rate_hz <= MAX_RATE_HZ),
    )
