"""The headers of miniSEED records: many of version 2 at once with numpy, single ones of version 3.

Nothing here trusts a byte: every position that is read is inside the record, and what does not fit is said in a flag.
Formats: SEED 2.4 manual, chapter 8 (fixed header, blockettes 100, 1000, 1001), and FDSN miniSEED 3.
"""

import json
import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seismonet.core.arrays import AnyArray, BoolArray, FloatArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS

FIRST_YEAR, LAST_YEAR = 1900, 2100
MAX_BLOCKETTES = 8
MAX_EXTRA_BYTES = 4096
ENCODING_SIZES = np.zeros(256)
ENCODING_SIZES[[1, 3, 4, 5, 10, 11]] = 1 / 2, 1 / 4, 1 / 4, 1 / 8, 60 / 64, 105 / 64
"""Samples that one byte of data can hold, by encoding: 16- and 32-bit integers, floats, Steim 1 and 2; 0 is unknown."""
_DAYS_BEFORE = np.arange(FIRST_YEAR - 1970, LAST_YEAR - 1968).astype("M8[Y]").astype("M8[D]").astype(np.int64)
_DAYS_IN = np.diff(_DAYS_BEFORE)
_PAIRS = np.arange(65536)
_DIGITS = np.isin(_PAIRS >> 8, [*b"0123456789 \0"]) & np.isin(_PAIRS & 255, [*b"0123456789 \0"])
_QUALITY = np.isin(_PAIRS >> 8, [*b"DRQM"]) & np.isin(_PAIRS & 255, [*b" \0"])
"""Which pairs of bytes may stand in a sequence number, and as quality letter with the byte after it."""
_POWERS = 1 << np.minimum(np.arange(256), 30)
FIRST_CALIBRATION, CALIBRATIONS = 300, (300, 310, 320, 390, 395)
"""Blockettes of step, sine, pseudo-random and generic calibrations, and of one broken off."""
_HEADER3 = struct.Struct("<2sBBIHHBBBBdIIBBHI")


def some(mask: BoolArray) -> bool:
    """``mask.any()``, a third of its time on short arrays."""
    return bool(np.count_nonzero(mask))


def every(mask: BoolArray) -> bool:
    """``mask.all()``, a third of its time on short arrays."""
    return bool(np.count_nonzero(mask) == mask.size)


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers of m records of one ``length``, as columns; flags say which parts make sense.

    ``channel`` (m,) is an index into ``names``, where codes that are none stand as None; ``start_ns`` has correction
    and microseconds in it, ``correction_ns`` is what was added; ``word_order_big`` of the data; ``header_end`` the byte
    after the last blockette; ``stated_length`` what blockette 1000 says (``length`` without one, then also Steim 1).
    ``calibration`` is told by bit 0 of the activity flags, or by a blockette.
    """

    length: int
    names: tuple[SourceId | None, ...]
    channel: IntArray
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
    leap: BoolArray
    blockettes: BoolArray
    calibration: BoolArray

    def __len__(self) -> int:
        return len(self.start_ns)


def parse_headers(raw: AnyArray) -> Headers:
    """Headers of miniSEED 2 records, ``raw`` (m, length) uint8 with length >= 64, m >= 1.

    A leap second's record (second 60 at 23:59) starts one nanosecond before midnight: int64 time has no place for it.
    """
    raw = np.ascontiguousarray(raw)
    length = raw.shape[1]
    words = raw[:, :48].view(">u2").astype(np.int64)
    signature = _DIGITS[words[:, 0]] & _DIGITS[words[:, 1]] & _DIGITS[words[:, 2]] & _QUALITY[words[:, 3]]
    plausible = _plausible(words)
    swap = ~plausible
    if some(swap | (words[:, 10] == 0x0808)):  # 2056 is the one year that reads the same both ways
        little = raw[:, :48].view("<u2").astype(np.int64)
        plausible_little = _plausible(little)
        signature &= plausible ^ plausible_little
        swap &= plausible_little
        plausible |= swap
        words[swap] = little[swap]
    chain = _walk(raw, words[:, 23], ~swap)
    time, leap, start_ns = _start(words, raw, plausible)
    correction_ns = np.zeros(len(raw), dtype=np.int64)
    if np.count_nonzero(words[:, 20:22]):
        correction_ns = _correction_ns(words, raw, swap)
        start_ns += correction_ns
    start_ns += chain.microseconds * 1000
    rate_hz = _rate_hz(_signed(words[:, 16]), _signed(words[:, 17]))
    names, channel, codes = _names(raw)
    return Headers(
        length, names, channel, start_ns, correction_ns, np.where(chain.rate_hz != 0, chain.rate_hz, rate_hz),
        words[:, 15].copy(), chain.encoding, chain.big, words[:, 22].copy(), chain.end,
        chain.stated_length,
        chain.timing_quality, signature, codes, time, leap, chain.ok, chain.calibration | ((raw[:, 36] & 1) != 0),
    )  # fmt: skip


def _plausible(words: IntArray) -> BoolArray:
    """Does a byte order give a year and a day that can be?"""
    year, day = words[:, 10], words[:, 11]
    return np.asarray((year >= FIRST_YEAR) & (year <= LAST_YEAR) & (day >= 1) & (day <= 366))


def _correction_ns(words: IntArray, raw: AnyArray, swap: BoolArray) -> IntArray:
    """Ten-thousandths of a second that are still to be added, as nanoseconds."""
    high, low = np.where(swap, words[:, 21], words[:, 20]), np.where(swap, words[:, 20], words[:, 21])
    return np.where(raw[:, 36] & 2, 0, _signed(high) * 6_553_600_000 + low * 100_000)


def _signed(word: IntArray) -> IntArray:
    return np.asarray((word ^ 0x8000) - 0x8000)


def _start(words: IntArray, raw: AnyArray, plausible: BoolArray) -> tuple[BoolArray, BoolArray, IntArray]:
    """(m,) is it a time, is it a leap second, and the time."""
    clock = raw[:, 24:27].astype(np.int64)
    hour, minute, second = clock[:, 0], clock[:, 1], clock[:, 2]
    year = words[:, 10] if every(plausible) else np.where(plausible, words[:, 10], FIRST_YEAR)
    index, day, fraction = year - FIRST_YEAR, words[:, 11], words[:, 14]
    leap = second == 60
    ok = plausible & (day <= _DAYS_IN[index]) & (hour < 24) & (minute < 60) & (fraction < 10_000)
    seconds = ((_DAYS_BEFORE[index] + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    start_ns = seconds * SECOND_NS + fraction * 100_000
    if some(leap):
        leap &= ok & (hour == 23) & (minute == 59)
        start_ns = np.where(leap, seconds * SECOND_NS - 1, start_ns)
    return np.asarray(ok & ((second < 60) | leap)), leap, np.asarray(start_ns)


def _rate_hz(factor: IntArray, multiplier: IntArray) -> FloatArray:
    """SEED's rule: positive numbers multiply, negative ones divide; 0 where one of them is 0."""
    if every((factor > 0) & (multiplier > 0)):
        return (factor * multiplier).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(factor > 0, factor, -1.0 / factor)
        rate = np.where(multiplier > 0, rate * multiplier, -(rate / multiplier))
    return np.where((factor == 0) | (multiplier == 0), 0.0, rate)


def _names(raw: AnyArray) -> tuple[tuple[SourceId | None, ...], IntArray, BoolArray]:
    """The channels, (m,) which one each record is of, and whether that is one."""
    twelve = np.ascontiguousarray(raw[:, 8:20]).view("S12")[:, 0].tolist()
    numbers = dict.fromkeys(twelve, 0)
    channel = np.arange(len(twelve))
    if len(numbers) < len(twelve):
        numbers = dict(zip(numbers, range(len(numbers)), strict=True))
        channel = np.fromiter(map(numbers.__getitem__, twelve), np.int64, len(twelve))
    names = tuple(map(_name, numbers))
    if all(names):  # a name is never false; ``None in names`` would compare each with None
        return names, channel, np.ones(len(channel), dtype=bool)
    return names, channel, np.array([name is not None for name in names])[channel]


@lru_cache(maxsize=65536)
def _name(codes: bytes) -> SourceId | None:
    """Name from the twelve bytes station, location, channel, network; blanks may only fill up at the end."""
    try:
        text = codes.decode("ascii")
        station, location, channel, network = (text[a:b].rstrip(" ") for a, b in ((0, 5), (5, 7), (7, 10), (10, 12)))
        whole = len(codes) == 12 and "-" not in text
        return SourceId(network, station, location, channel) if whole else None
    except ValueError:
        return None


@dataclass(slots=True)
class _Chain:
    ok: BoolArray
    end: IntArray
    encoding: IntArray
    big: BoolArray
    stated_length: IntArray
    timing_quality: IntArray
    microseconds: IntArray
    rate_hz: FloatArray
    calibration: BoolArray


class _Bytes:
    """Bytes at one position of each record; a column where the position is the same in all."""

    def __init__(self, raw: AnyArray, at: IntArray, is_big: BoolArray) -> None:
        self._raw, self._at, self._is_big = raw, at, is_big
        self._column = int(at[0]) if every(at == at[0]) else -1
        self._all_big = every(is_big)

    def u1(self, k: int) -> IntArray:
        if self._column >= 0:
            return self._raw[:, self._column + k].astype(np.int64)
        return self._raw[np.arange(len(self._raw)), self._at + k].astype(np.int64)

    def u2(self, k: int) -> IntArray:
        if self._all_big and self._column >= 0:
            begin = self._column + k
            return self._raw[:, begin : begin + 2].view(">u2")[:, 0].astype(np.int64)
        high, low = self.u1(k), self.u1(k + 1)
        return np.where(self._is_big, high << 8 | low, low << 8 | high)

    def f4(self, k: int) -> FloatArray:
        first, second = self.u2(k), self.u2(k + 2)
        word = np.where(self._is_big, first << 16 | second, second << 16 | first)
        return word.astype(np.uint32).view(np.float32).astype(np.float64)


def _walk(raw: AnyArray, first: IntArray, is_big: BoolArray) -> _Chain:
    """Follow the blockettes of all records, step by step, forwards only."""
    m, length = raw.shape
    true, zero = np.ones(m, dtype=bool), np.zeros(m)
    stated, quality = np.full(m, length), np.full(m, -1)
    chain = _Chain(true, np.full(m, 48), np.full(m, 10), true, stated, quality, zero.view(np.int64), zero, ~true)
    position, live = first, first != 0
    for _ in range(MAX_BLOCKETTES):
        if not some(live):
            break
        inside = (position >= 48) & (position <= length - 8)
        if not every(inside):
            chain.ok = chain.ok & (inside | ~live)
            live = live & inside
        at = np.where(live, position, 48)
        here = _Bytes(raw, at, is_big)
        kind, position = here.u2(0), here.u2(2)
        _read(here, np.where(live, kind, 0), chain)
        chain.end = np.where(live, at + 8, chain.end)
        forwards = position >= at + 4
        if some(stuck := live & ~forwards & (position != 0)):
            chain.ok = chain.ok & ~stuck
        live = live & forwards
    chain.ok = chain.ok & ~live
    return chain


def _read(here: _Bytes, kind: IntArray, chain: _Chain) -> None:
    if some(at := kind == 1000):
        chain.encoding = np.where(at, here.u1(4), chain.encoding)
        chain.big = np.where(at, here.u1(5) != 0, chain.big)
        chain.stated_length = np.where(at, _POWERS[here.u1(6)], chain.stated_length)
    if some(at := kind == 1001):
        chain.timing_quality = np.where(at, here.u1(4), chain.timing_quality)
        chain.microseconds = np.where(at, (here.u1(5) ^ 0x80) - 0x80, chain.microseconds)
    if some(at := kind == 100):
        rate = here.f4(4)
        chain.rate_hz = np.where(at & np.isfinite(rate), rate, chain.rate_hz)
    if some((kind >= FIRST_CALIBRATION) & (kind <= CALIBRATIONS[-1])):
        chain.calibration = chain.calibration | np.isin(kind, CALIBRATIONS)


@dataclass(frozen=True, slots=True)
class Header3:
    """Header of one miniSEED 3 record; ``start_ns`` is None when it is no time, ``source_id`` when it is no name."""

    stated_length: int
    source_id: SourceId | None
    start_ns: int | None
    leap: bool
    rate_hz: float
    count: int
    encoding: int
    timing_quality: int
    extra_length: int
    data_length: int
    calibration: bool


def parse_header3(record: bytes | memoryview) -> Header3 | None:
    """Header of a miniSEED 3 record; None when the bytes are fewer than one."""
    if len(record) < _HEADER3.size or record[:3] != b"MS\x03":
        return None
    (
        _,
        _,
        flags,
        nanosecond,
        year,
        day,
        hour,
        minute,
        second,
        encoding,
        rate,
        count,
        _,
        _,
        name_length,
        extra,
        data,
    ) = _HEADER3.unpack_from(record)
    start_ns, leap = None, second == 60 and (hour, minute) == (23, 59)
    if FIRST_YEAR <= year <= LAST_YEAR and 1 <= day <= _DAYS_IN[year - FIRST_YEAR] and hour < 24 and minute < 60:
        whole = (((int(_DAYS_BEFORE[year - FIRST_YEAR]) + day - 1) * 24 + hour) * 60 + minute) * 60 + second
        if (second < 60 or leap) and nanosecond < SECOND_NS:
            start_ns = whole * SECOND_NS + (-1 if leap else nanosecond)
    end = _HEADER3.size + name_length
    quality, calibration = _extra(bytes(record[end : end + extra]))
    return Header3(
        end + extra + data, _name3(bytes(record[_HEADER3.size : end])), start_ns, leap, -1 / rate if rate < 0 else rate,
        count, encoding, quality, extra, data, calibration or bool(flags & 1),
    )  # fmt: skip


@lru_cache(maxsize=65536)
def _name3(name: bytes) -> SourceId | None:
    try:
        return SourceId.parse(name.decode("ascii")) if name.startswith(b"FDSN:") else None
    except ValueError:
        return None


def _extra(extra: bytes) -> tuple[int, bool]:
    """FDSN's extra headers: timing quality in percent (-1: none that can be read), and whether they tell a calibration.

    What else they hold, and how deeply, does not matter.
    """
    if not 2 < len(extra) <= MAX_EXTRA_BYTES:
        return -1, False
    try:
        told = json.loads(extra)["FDSN"]
        calibration = bool(told.get("Calibration"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return -1, False
    try:
        quality = told["Time"]["Quality"]
        return (int(quality) if 0 <= quality <= 100 else -1), calibration
    except (KeyError, TypeError):
        return -1, calibration
