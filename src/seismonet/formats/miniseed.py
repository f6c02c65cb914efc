"""miniSEED 2 and 3: finding records in bytes, and decoding many of them at once.

Headers are parsed and judged by numpy for all records of one length together; samples are decoded by libmseed (through
pymseed) straight into one array. That a Steim record begins and ends as it says itself is checked here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from seismonet.core.arrays import AnyArray, FloatArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Receipts, Record, join

from .gate import CODE, LENGTHS, OK, REASONS, Verdict, check3, judge
from .headers import Headers, parse_header3, parse_headers

SIGNATURE = re.compile(rb"[0-9 \0]{6}[DRQM][ \0][A-Z0-9][A-Z0-9 ]{11}|MS\x03", re.DOTALL)
RUN_AFTER = 4
RUN_CHUNK = 4096
MAX_RECORD3 = 1 << 20
STEIM = (10, 11)


@dataclass(frozen=True, slots=True)
class Skip:
    """Bytes of a file that are no record: where, how many, why."""

    offset: int
    length: int
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """The records of some bytes: (m,) ``offset`` and ``length``, and what lay between them."""

    offset: IntArray
    length: IntArray
    skipped: tuple[Skip, ...]

    @property
    def skipped_bytes(self) -> int:
        """How many bytes belong to no record."""
        return sum(skip.length for skip in self.skipped)


@dataclass(frozen=True, slots=True)
class Batch:
    """Decoded records. ``reason`` (m,) is an index into ``gate.REASONS`` for every record that was given."""

    receipts: Receipts
    reason: IntArray

    def outcomes(self) -> Counter[str]:
        """How many records met which fate, by reason code."""
        numbers, counts = np.unique(self.reason, return_counts=True)
        return Counter({REASONS[number].code: int(count) for number, count in zip(numbers, counts, strict=True)})


def scan(data: bytes) -> Scan:
    """Find all records; junk, zeros and cut-off records between them are skipped and told.

    >>> scan(b"junk").skipped
    (Skip(offset=0, length=4, reason='no record'),)
    """
    offsets: list[IntArray] = []
    lengths: list[IntArray] = []
    skipped: list[Skip] = []
    at, size, same, last = 0, len(data), 0, 0
    while at < size:
        length = _record_length(data, at)
        if length == 0 or at + length > size:
            follow = _resync(data, at + 1)
            skipped.append(Skip(at, follow - at, "cut off" if length and follow == size else "no record"))
            at = follow
            continue
        count = 1
        same = same + 1 if length == last else 0
        if same >= RUN_AFTER and data[at : at + 2] != b"MS":
            count = max(1, _run(data, at, length))
        offsets.append(at + length * np.arange(count))
        lengths.append(np.full(count, length))
        at, last = at + count * length, length
    none = np.empty(0, dtype=np.int64)
    return Scan(
        np.concatenate(offsets) if offsets else none, np.concatenate(lengths) if lengths else none, tuple(skipped)
    )


def _record_length(data: bytes, at: int) -> int:
    """Length of the record that begins at ``at``; 0 when none does."""
    if data[at : at + 3] == b"MS\x03":
        header = parse_header3(data[at : at + 40 + 255])
        return header.stated_length if header is not None and header.stated_length <= MAX_RECORD3 else 0
    if len(data) - at < 64 or not SIGNATURE.match(data, at):
        return 0
    position = int.from_bytes(data[at + 46 : at + 48], "big")
    order = "big"
    if not 1900 <= int.from_bytes(data[at + 20 : at + 22], "big") <= 2100:
        order, position = "little", int.from_bytes(data[at + 46 : at + 48], "little")
    for _ in range(8):
        here = at + position
        if position < 48 or position > 4096 - 8 or here + 8 > len(data):
            break
        if int.from_bytes(data[here : here + 2], order) == 1000:  # type: ignore[arg-type]
            exponent = data[here + 6]
            return 1 << exponent if 7 <= exponent <= 12 else 0
        follow = int.from_bytes(data[here + 2 : here + 4], order)  # type: ignore[arg-type]
        if follow <= position:
            break
        position = follow
    return _infer_length(data, at)


def _infer_length(data: bytes, at: int) -> int:
    """Without a blockette 1000: up to the next header, or to the end."""
    for length in LENGTHS:
        if at + length == len(data) or SIGNATURE.match(data, at + length):
            return length
    return 0


def _run(data: bytes, at: int, length: int) -> int:
    """How many records of ``length`` follow one another from ``at`` on."""
    total = 0
    while True:
        count = min(RUN_CHUNK, (len(data) - at) // length)
        if count == 0:
            return total
        raw = np.frombuffer(data, dtype=np.uint8, count=count * length, offset=at).reshape(count, length)
        headers = parse_headers(raw)
        good = headers.signature & headers.codes & (headers.stated_length == length)
        run = count if good.all() else int(np.argmin(good))
        total += run
        at += run * length
        if run < count or count < RUN_CHUNK:
            return total


def _resync(data: bytes, start: int) -> int:
    """Next position with the signature of a record that has a sensible length; the end when there is none."""
    for found in SIGNATURE.finditer(data, start):
        if _record_length(data, found.start()):
            return found.start()
    return len(data)


def decode_packets(packets: Sequence[bytes], received_ns: IntArray | None = None) -> Batch:
    """Decode records as they come from a server, one a packet; see :func:`decode`."""
    length = np.fromiter((len(packet) for packet in packets), dtype=np.int64, count=len(packets))
    return decode(b"".join(packets), np.cumsum(length) - length, length, received_ns)


def decode_file(data: bytes) -> tuple[Batch, Scan]:
    """Find and decode all records of a file's bytes; each counts as received when it was complete."""
    found = scan(data)
    return decode(data, found.offset, found.length), found


def decode(data: bytes, offset: IntArray, length: IntArray, received_ns: IntArray | None = None) -> Batch:
    """Judge and decode records.

    Parameters
    ----------
    data : bytes that hold all records
    offset, length : (m,) int64, where each lies; inside ``data``
    received_ns : (m,) int64 or None, when each arrived; None takes the end of its last sample

    Returns
    -------
    Batch
        Receipts of the records whose verdict is OK, in the order given, and a reason for every record.
    """
    reason = np.full(len(offset), CODE["length"], dtype=np.int64)
    view = np.frombuffer(data, dtype=np.uint8)
    parts: list[tuple[IntArray, Receipts]] = []
    third = np.array([data[at : at + 3] == b"MS\x03" for at in offset.tolist()], dtype=bool)
    for size in LENGTHS:
        index = np.flatnonzero((length == size) & ~third)
        if len(index):
            parts.append(_decode2(view, (offset[index], size), index, received_ns, reason))
    if third.any():
        parts.append(_decode3(data, np.flatnonzero(third), (offset, length), received_ns, reason))
    return Batch(_together(parts), reason)


def _together(parts: list[tuple[IntArray, Receipts]]) -> Receipts:
    if len(parts) == 1:
        return parts[0][1]
    whole = join(part for _, part in parts)
    index = np.concatenate([index for index, _ in parts]) if parts else np.empty(0, dtype=np.int64)
    return whole.select(np.argsort(index, kind="stable"))


def _decode2(
    view: AnyArray, where: tuple[IntArray, int], index: IntArray, received_ns: IntArray | None, reason: IntArray
) -> tuple[IntArray, Receipts]:
    """Records of version 2 and one length: their receipts, with the index of each; ``reason`` is filled in."""
    offset, size = where
    begin = int(offset[0])
    if len(offset) * size == int(offset[-1]) + size - begin:
        raw = view[begin : begin + len(offset) * size].reshape(-1, size)
    else:
        raw = view[offset[:, None] + np.arange(size)]
    headers = parse_headers(raw)
    found = judge(headers, None if received_ns is None else received_ns[index])
    good = np.flatnonzero(found == 0)
    samples, first, bad = _samples(np.ascontiguousarray(raw), headers, good)
    found[good[bad > 0]] = bad[bad > 0]
    reason[index] = found
    keep = bad == 0
    good = good[keep]
    channel, names = _names(headers.name[good])
    end_ns = headers.start_ns[good] + np.rint(headers.count[good] * (1e9 / headers.rate_hz[good])).astype(np.int64)
    return index[good], Receipts(
        names,
        channel,
        headers.start_ns[good],
        headers.rate_hz[good],
        first[keep],
        headers.count[good],
        samples,
        end_ns if received_ns is None else received_ns[index[good]],
        headers.timing_quality[good],
    )


def _samples(raw: AnyArray, headers: Headers, good: IntArray) -> tuple[Any, IntArray, IntArray]:
    """All samples of the good records in one array, where each begins, and (good,) a reason against it or 0."""
    count = headers.count[good]
    first = np.cumsum(count) - count
    total = int(count.sum())
    encoding = headers.encoding[good]
    bad = np.zeros(len(good), dtype=np.int64)
    whole = np.isin(encoding, (1, 3, *STEIM))
    integers = np.zeros(total, dtype=np.int32)
    bad[whole & ~_decode_into(integers, raw, headers, good, (first, whole, "i"))] = CODE["decoder"]
    steim = np.isin(encoding, STEIM) & (bad == 0)
    if steim.any():
        x0, xn = _steim_ends(raw, headers, good)
        last = np.minimum(first + count - 1, max(total - 1, 0))
        at = np.minimum(first, max(total - 1, 0))
        bad[steim & ((integers[at] != x0) | (integers[last] != xn))] = CODE["steim"]
    if whole.all():
        return integers, first, bad
    return _with_floats(integers, raw, headers, good, (first, encoding, bad)), first, bad


def _with_floats(
    integers: AnyArray, raw: AnyArray, headers: Headers, good: IntArray, more: tuple[IntArray, IntArray, IntArray]
) -> FloatArray:
    first, encoding, bad = more
    samples = integers.astype(np.float64)
    for kind, number, letter in ((np.float32, 4, "f"), (np.float64, 5, "d")):
        own = encoding == number
        if not own.any():
            continue
        floats = np.zeros(len(integers), dtype=kind)
        bad[own & ~_decode_into(floats, raw, headers, good, (first, own, letter))] = CODE["decoder"]
        for one in np.flatnonzero(own & (bad == 0)).tolist():
            part = slice(int(first[one]), int(first[one] + headers.count[good[one]]))
            samples[part] = floats[part]
            if not np.isfinite(floats[part]).all():
                bad[one] = CODE["nonfinite"]
    return samples


def _steim_ends(raw: AnyArray, headers: Headers, good: IntArray) -> tuple[IntArray, IntArray]:
    """First and last sample as the first frame of a Steim record states them (0 where it has no room for that)."""
    start = headers.data_offset[good]
    roomy = start + 12 <= headers.length
    at = np.where(roomy, start, 0)[:, None] + np.arange(4, 12)
    words = raw[good[:, None], at]
    swapped = ~headers.word_order_big[good]
    if swapped.any():
        words[swapped] = words[swapped].reshape(-1, 2, 4)[:, :, ::-1].reshape(-1, 8)
    ends = np.ascontiguousarray(words).view(">i4").astype(np.int64)
    return ends[:, 0], ends[:, 1]


@lru_cache(maxsize=1)
def _libmseed() -> tuple[Any, Any]:
    """libmseed's C functions as pymseed carries them."""
    from pymseed.clib import clibmseed, ffi

    return clibmseed, ffi


def _decode_into(
    out: AnyArray, raw: AnyArray, headers: Headers, good: IntArray, more: tuple[IntArray, AnyArray, str]
) -> AnyArray:
    """(good,) bool: libmseed decoded that record's samples into ``out``; others are left alone.

    The gate has bounded every count by the bytes that are there, and libmseed is told how many those are.
    """
    first, chosen, letter = more
    lib, ffi = _libmseed()
    source, target = ffi.cast("char *", ffi.from_buffer(raw)), ffi.cast("char *", ffi.from_buffer(out))
    kind, name, width = ffi.new("char *", letter.encode()), ffi.new("char[]", b"record"), out.itemsize
    decoded = np.zeros(len(good), dtype=bool)
    counts, starts = headers.count[good].tolist(), first.tolist()
    data = (good * headers.length + headers.data_offset[good]).tolist()
    room = (headers.length - headers.data_offset[good]).tolist()
    encodings, swaps = headers.encoding[good].tolist(), headers.word_order_big[good].tolist()
    call = lib.ms_decode_data
    for one in np.flatnonzero(chosen).tolist():
        n = counts[one]
        where = target + starts[one] * width
        decoded[one] = n == call(
            source + data[one], room[one], encodings[one], n, where, n * width, kind, swaps[one], name, 0
        )
    return decoded


@lru_cache(maxsize=65536)
def _source_id(name: bytes) -> SourceId:
    text = name.ljust(12).decode("ascii")
    return SourceId(text[10:12].strip(), text[:5].strip(), text[5:7].strip(), text[7:10].strip())


def _names(name: AnyArray) -> tuple[IntArray, tuple[SourceId, ...]]:
    """(m,) index of each record's channel, and the channels."""
    numbers: dict[bytes, int] = {}
    channel = np.fromiter((numbers.setdefault(one, len(numbers)) for one in name.tolist()), np.int64, len(name))
    return channel, tuple(_source_id(one) for one in numbers)


def _decode3(
    data: bytes, index: IntArray, where: tuple[IntArray, IntArray], received_ns: IntArray | None, reason: IntArray
) -> tuple[IntArray, Receipts]:
    """Records of version 3, one by one through pymseed."""
    receipts: list[Receipt] = []
    kept: list[int] = []
    for one in index.tolist():
        at = int(where[0][one])
        arrived = None if received_ns is None else int(received_ns[one])
        record, why = _record3(data[at : at + int(where[1][one])], arrived)
        reason[one] = CODE[why]
        if record is not None:
            receipts.append(Receipt(record, record.end_ns if arrived is None else arrived))
            kept.append(one)
    return np.array(kept, dtype=np.int64), Receipts.of(receipts)


def _record3(record: bytes, received_ns: int | None) -> tuple[Record | None, str]:
    from pymseed import MS3Record
    from pymseed.exceptions import MiniSEEDError

    verdict = check3(record, received_ns)
    if verdict.verdict is not Verdict.OK:
        return None, verdict.code
    header = parse_header3(record)
    try:
        parsed = MS3Record.parse(record, unpack_data=True, validate_crc=True)
        samples = np.array(parsed.np_datasamples)
    except (MiniSEEDError, ValueError) as error:
        return None, "crc" if "crc" in str(error).lower() else "decoder"
    if header is None or header.start_ns is None or len(samples) != header.count:
        return None, "decoder"
    if samples.dtype != np.int32:
        samples = samples.astype(np.float64)
        if not np.isfinite(samples).all():
            return None, "nonfinite"
    elif header.encoding in STEIM and not _ends_fit(record, header.data_length, samples):
        return None, "steim"
    return Record(SourceId.parse(header.source_id), header.start_ns, header.rate_hz, samples), OK.code


def _ends_fit(record: bytes, data_length: int, samples: AnyArray) -> bool:
    """Version 3 keeps Steim data in big-endian order, at the end of the record."""
    words = np.frombuffer(record[len(record) - data_length :][4:12], dtype=">i4")
    return len(words) == 2 and samples[0] == words[0] and samples[-1] == words[1]


def raw_records(packets: Iterable[bytes]) -> list[Record]:
    """The decoded records of packets, as objects: for a handful, not for a stream."""
    return [receipt.record for receipt in decode_packets(list(packets)).receipts]
