"""The headers of miniSEED records: many of version 2 at once with numpy, single ones of version 3.

Nothing here trusts a byte: every position that is read is inside the record, and what does not fit is said in a flag.
"""

import struct
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.utc import SECOND_NS

FIRST_YEAR, LAST_YEAR = 1900, 2100
MAX_BLOCKETTES = 8
HEADER = [
    ("sequence", "S6"), ("quality", "u1"), ("reserved", "u1"), ("name", "S12"), ("year", "u2"), ("day", "u2"),
    ("hour", "u1"), ("minute", "u1"), ("second", "u1"), ("unused", "u1"), ("fraction", "u2"), ("count", "u2"),
    ("factor", "i2"), ("multiplier", "i2"), ("activity", "u1"), ("io", "u1"), ("data_quality", "u1"),
    ("blockettes", "u1"), ("correction", "i4"), ("data_offset", "u2"), ("blockette_offset", "u2"),
]  # fmt: skip
BIG = np.dtype([(name, ">" + kind if kind[0] in "ui" and kind[1] != "1" else kind) for name, kind in HEADER])
LITTLE = BIG.newbyteorder("<")
ENCODING_SIZES = np.zeros(256)
ENCODING_SIZES[[1, 3, 4, 5, 10, 11]] = 1 / 2, 1 / 4, 1 / 4, 1 / 8, 60 / 64, 105 / 64
"""Samples that one byte of data can hold, by encoding: 16- and 32-bit integers, floats, Steim 1 and 2; 0 is unknown."""
_YEARS = np.arange(FIRST_YEAR, LAST_YEAR + 2)
_DAYS_BEFORE = (_YEARS.astype(str).astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
_CODE_BYTES = np.zeros(256, dtype=bool)
_CODE_BYTES[[*b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "]] = True
_SEQUENCE_BYTES = np.zeros(256, dtype=bool)
_SEQUENCE_BYTES[[*b"0123456789 \0"]] = True
_HEADER3 = struct.Struct("<2sBBIHHBBBBdIIBBHI")


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers of m records of one ``length``, as columns; flags say which parts make sense.

    ``name`` (m,) the twelve bytes of codes; ``start_ns`` with correction and microseconds; ``word_order_big`` of the data;
    ``header_end`` the byte after the last blockette; ``stated_length`` what blockette 1000 says (``length`` without one).
    """

    length: int
    name: AnyArray
    start_ns: IntArray
    correction_ns: IntArray
    rate_hz: FloatArray
    count: IntArray
    encoding: IntArray
    word_order_big: BoolArray
    data_offset: IntArray
    header_end: IntArray
    stated_length: IntArray
    timing_quality: IntArray
    signature: BoolArray
    codes: BoolArray
    time: BoolArray
    blockettes: BoolArray

    def __len__(self) -> int:
        return len(self.start_ns)


def parse_headers(raw: AnyArray) -> Headers:
    """Headers of miniSEED 2 records, ``raw`` (m, length) uint8 with length >= 64."""
    raw = np.ascontiguousarray(raw)
    m, length = raw.shape
    fixed = np.ascontiguousarray(raw[:, :48])
    big, little = fixed.view(BIG)[:, 0], fixed.view(LITTLE)[:, 0]
    is_big, is_little = _plausible(big), _plausible(little)
    swap = is_little & ~is_big
    head = np.where(swap, little.astype(BIG), big) if swap.any() else big
    signature = is_big ^ is_little
    signature &= _SEQUENCE_BYTES[fixed[:, :6]].all(axis=1) & np.isin(fixed[:, 6], [*b"DRQM"])
    signature &= np.isin(fixed[:, 7], [*b" \0"])
    chain = _walk(raw, head["blockette_offset"].astype(np.int64), ~swap)
    time_ok = _time_ok(head)
    correction_ns = np.where(head["activity"] & 2, 0, head["correction"].astype(np.int64) * 100_000)
    start_ns = _start_ns(head, time_ok) + correction_ns + chain.microseconds * 1000
    rate = _rate_hz(head["factor"].astype(np.float64), head["multiplier"].astype(np.float64))
    rate = np.where(chain.rate_hz != 0, chain.rate_hz, rate)
    return Headers(
        length,
        head["name"],
        start_ns,
        correction_ns,
        rate,
        head["count"].astype(np.int64),
        chain.encoding,
        np.where(chain.order < 0, ~swap, chain.order == 1),
        head["data_offset"].astype(np.int64),
        chain.end,
        np.where(chain.exponent < 0, length, 1 << np.clip(chain.exponent, 0, 30)),
        chain.timing_quality,
        signature,
        _CODE_BYTES[fixed[:, 8:20]].all(axis=1) & (fixed[:, 8] != 32) & (fixed[:, 15] != 32),
        time_ok,
        chain.ok,
    )


def _plausible(head: AnyArray) -> BoolArray:
    """Does a byte order give a year and a day that can be?"""
    year, day = head["year"], head["day"]
    return np.asarray((year >= FIRST_YEAR) & (year <= LAST_YEAR) & (day >= 1) & (day <= 366))


def _time_ok(head: AnyArray) -> BoolArray:
    """Hour, minute, second (60 is a leap second) and fraction within their bounds."""
    ok = (head["hour"] < 24) & (head["minute"] < 60) & (head["second"] <= 60) & (head["fraction"] < 10_000)
    return np.asarray(ok & _plausible(head))


def _start_ns(head: AnyArray, ok: BoolArray) -> IntArray:
    year = np.where(ok, head["year"], 1970).astype(np.int64)
    days = _DAYS_BEFORE[year - FIRST_YEAR] + np.where(ok, head["day"], 1).astype(np.int64) - 1
    second = np.minimum(head["second"], 59).astype(np.int64)
    leap = head["second"] == 60
    fraction = np.where(leap, 9_999, head["fraction"]).astype(np.int64)
    seconds = (days * 24 + head["hour"]) * 3600 + head["minute"].astype(np.int64) * 60 + second
    return np.asarray(np.where(ok, seconds * SECOND_NS + fraction * 100_000, 0))


def _rate_hz(factor: FloatArray, multiplier: FloatArray) -> FloatArray:
    """SEED's rule: positive numbers multiply, negative ones divide."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(factor > 0, factor, -1 / factor) * np.where(multiplier > 0, multiplier, -1 / multiplier)
    return np.where((factor == 0) | (multiplier == 0), 0.0, rate)


@dataclass(slots=True)
class _Chain:
    ok: BoolArray
    end: IntArray
    encoding: IntArray
    order: IntArray
    exponent: IntArray
    timing_quality: IntArray
    microseconds: IntArray
    rate_hz: FloatArray


def _walk(raw: AnyArray, first: IntArray, is_big: BoolArray) -> _Chain:
    """Follow the blockettes of all records, step by step, forwards only."""
    m, length = raw.shape
    none = np.full(m, -1, dtype=np.int64)
    chain = _Chain(
        np.ones(m, dtype=bool), np.full(m, 48), np.full(m, 10), none.copy(), none.copy(), none.copy(),
        np.zeros(m, dtype=np.int64), np.zeros(m),
    )  # fmt: skip
    position, live = first, first != 0
    for _ in range(MAX_BLOCKETTES):
        if not live.any():
            return chain
        inside = (position >= 48) & (position <= length - 8)
        chain.ok &= inside | ~live
        live = live & inside
        at = np.where(live, position, 48)
        kind, follow = _u2(raw, at, is_big), _u2(raw, at + 2, is_big)
        _read(raw, (at, kind, live, is_big), chain)
        chain.end = np.where(live, np.maximum(chain.end, at + 8), chain.end)
        chain.ok &= ~live | (follow == 0) | (follow >= position + 4)
        live = live & (follow >= position + 4)
        position = follow
    chain.ok &= ~live
    return chain


def _read(raw: AnyArray, here: tuple[IntArray, IntArray, BoolArray, BoolArray], chain: _Chain) -> None:
    at, kind, live, is_big = here
    rows = np.arange(len(raw))
    is_1000, is_1001, is_100 = live & (kind == 1000), live & (kind == 1001), live & (kind == 100)
    fourth, fifth, sixth = (raw[rows, at + k].astype(np.int64) for k in (4, 5, 6))
    if is_1000.any():
        chain.encoding = np.where(is_1000, fourth, chain.encoding)
        chain.order = np.where(is_1000, fifth, chain.order)
        chain.exponent = np.where(is_1000, sixth, chain.exponent)
    if is_1001.any():
        chain.timing_quality = np.where(is_1001, fourth, chain.timing_quality)
        chain.microseconds = np.where(is_1001, fifth.astype(np.int8), chain.microseconds)
    if is_100.any():
        word = raw[rows[:, None], at[:, None] + np.arange(4, 8)]
        word = np.ascontiguousarray(np.where(is_big[:, None], word, word[:, ::-1]))
        rate = word.view(">f4")[:, 0].astype(np.float64)
        chain.rate_hz = np.where(is_100 & np.isfinite(rate) & (rate > 0), rate, chain.rate_hz)


def _u2(raw: AnyArray, at: IntArray, is_big: BoolArray) -> IntArray:
    rows = np.arange(len(raw))
    high, low = raw[rows, at].astype(np.int64), raw[rows, at + 1].astype(np.int64)
    return np.asarray(np.where(is_big, high << 8 | low, low << 8 | high))


@dataclass(frozen=True, slots=True)
class Header3:
    """Header of one miniSEED 3 record; ``start_ns`` is None when it is no time, ``source_id`` empty when no name."""

    stated_length: int
    source_id: str
    start_ns: int | None
    rate_hz: float
    count: int
    encoding: int
    extra_length: int
    data_length: int


def parse_header3(record: bytes) -> Header3 | None:
    """Header of a miniSEED 3 record; None when the bytes are fewer than one."""
    if len(record) < _HEADER3.size or record[:3] != b"MS\x03":
        return None
    (_, _, _, nanosecond, year, day, hour, minute, second, encoding, rate, count, _, _, name_length, extra, data) = (
        _HEADER3.unpack_from(record)
    )
    start_ns = None
    if FIRST_YEAR <= year <= LAST_YEAR and 1 <= day <= 366 and hour < 24 and minute < 60 and second <= 60:
        days = int(_DAYS_BEFORE[year - FIRST_YEAR]) + day - 1
        whole = ((days * 24 + hour) * 60 + minute) * 60 + min(second, 59)
        start_ns = whole * SECOND_NS + (min(nanosecond, SECOND_NS - 1) if second < 60 else SECOND_NS - 1)
    name = record[40 : 40 + name_length].decode("ascii", "replace").rstrip("\0")
    rate_hz = -1 / rate if rate < 0 else rate
    length = _HEADER3.size + name_length + extra + data
    return Header3(length, _source_id(name), start_ns, float(rate_hz), count, encoding, extra, data)


def _source_id(name: str) -> str:
    from seismonet.core.sourceid import SourceId

    try:
        return SourceId.parse(name).fdsn
    except ValueError:
        return ""
