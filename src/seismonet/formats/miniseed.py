"""miniSEED 2 and 3: decoding many records at once.

Headers are parsed and judged by numpy for all records of one length together; samples are decoded by libmseed straight
into one array. That a Steim record begins and ends as it says itself is checked here. What comes out for a record does
not depend on the records beside it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import AnyArray, IntArray, SampleArray
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Receipt, Receipts, Record, join

from .gate import CODE, LENGTHS, OK, REASONS, USED, Expected, Verdict, end_ns, judge, judge3
from .headers import Header3, Headers, every, parse_header3, parse_headers, some
from .libmseed import Payloads, decode_payloads, decode_record, decode_records
from .scan import SIGNATURE, Scan, Skip, scan
from .usual import Traits, Usual

__all__ = ["SIGNATURE", "Batch", "Scan", "Skip", "decode", "decode_file", "decode_packets", "scan"]

STEIM = (10, 11)
INT32 = np.zeros(256, dtype=bool)
INT32[[1, 3, *STEIM]] = True
FLAGS3 = (0, 0), (23, 1), (13, 2)
"""Where the flags of version 3 (calibration, time tag questionable, clock locked) are among those of version 2."""
Known = Mapping[SourceId, Expected]


@dataclass(frozen=True, slots=True)
class Batch:
    """Decoded records. ``reason`` (m,) is an index into ``gate.REASONS`` for every record that was given."""

    receipts: Receipts
    reason: IntArray

    def outcomes(self) -> Counter[str]:
        """How many records met which fate, by reason code."""
        numbers, counts = np.unique(self.reason, return_counts=True)
        return Counter({REASONS[number].code: int(count) for number, count in zip(numbers, counts, strict=True)})

    def used(self) -> IntArray:
        """(k,) which of the given records the receipts are, in their order."""
        return np.flatnonzero(USED[self.reason])


def decode_packets(
    packets: Sequence[bytes],
    received_ns: IntArray | None = None,
    known: Known | None = None,
    usual: Usual | None = None,
) -> Batch:
    """Decode records as they come from a server, one a packet; see :func:`decode`.

    >>> decode_packets([b"not a record"]).outcomes()
    Counter({'length': 1})
    """
    length = np.fromiter(map(len, packets), np.int64, len(packets))
    return decode(b"".join(packets), np.cumsum(length) - length, length, received_ns, known, usual)


def decode_file(data: bytes, known: Known | None = None) -> tuple[Batch, Scan]:
    """Find and decode all records of a file's bytes; each counts as received when it was complete."""
    found = scan(data)
    return decode(data, found.offset, found.length, known=known), found


def decode(
    data: bytes | memoryview,
    offset: IntArray,
    length: IntArray,
    received_ns: IntArray | None = None,
    known: Known | None = None,
    usual: Usual | None = None,
) -> Batch:
    """Judge and decode records.

    Parameters
    ----------
    data : bytes, or a memoryview of bytes, that hold all records
    offset, length : (m,) int64, where each lies; inside ``data``, ascending
    received_ns : (m,) int64 or None, when each arrived; None takes the end of its last sample and judges no clock
    known : what the metadata say of the channels, for those that have any
    usual : the memory of what the channels sent before; it is brought up to date. None judges each record by itself

    Returns
    -------
    Batch
        Receipts of the records whose verdict is OK, in the order given, and a reason for every record.
    """
    view = np.frombuffer(data, dtype=np.uint8)
    size = int(length[0]) if len(length) else 0
    if size in LENGTHS and every(length == size) and not some(view[offset] == ord("M")):
        found, receipts, headers = _decode2(_rows(view, offset, size), received_ns, known)
        return _sift(Batch(receipts, found), usual, [(slice(None), headers)])
    reason = np.full(len(offset), CODE["length"], dtype=np.int64)
    heads = (bytes(data[at : at + min(n, 3)]) for at, n in zip(offset.tolist(), length.tolist(), strict=True))
    third = np.array([head == b"MS\x03" for head in heads], dtype=bool)
    parts: list[tuple[IntArray, Receipts]] = []
    read: list[_Read] = []
    for size in LENGTHS:
        index = np.flatnonzero((length == size) & ~third)
        if len(index):
            raw = _rows(view, offset[index], size)
            found, receipts, headers = _decode2(raw, None if received_ns is None else received_ns[index], known)
            reason[index] = found
            parts.append((index[USED[found]], receipts))
            read.append((index, headers))
    if some(third):
        index = np.flatnonzero(third)
        records = [data[at : at + n] for at, n in zip(offset[index].tolist(), length[index].tolist(), strict=True)]
        found, receipts, headers3 = _decode3(records, None if received_ns is None else received_ns[index], known)
        reason[index] = found
        parts.append((index[USED[found]], receipts))
        read.append((index, headers3))
    whole = join(part for _, part in parts)
    order = np.concatenate([index for index, _ in parts]) if parts else np.empty(0, dtype=np.int64)
    return _sift(Batch(whole.select(np.argsort(order, kind="stable")), reason), usual, read)


_Read = tuple[IntArray | slice, Headers | list[Header3 | None]]


def _sift(batch: Batch, usual: Usual | None, read: list[_Read]) -> Batch:
    """The batch without the records that are not what their channels usually send."""
    if usual is None or not len(batch.reason):
        return batch
    reason = usual.sift(batch.reason, _traits(len(batch.reason), read))
    keep = USED[reason[batch.used()]]
    return Batch(batch.receipts if every(keep) else batch.receipts.select(keep), reason)


def _traits(m: int, read: list[_Read]) -> Traits:
    """What was read of the headers, in the order of the records."""
    names = np.full(m, None, dtype=object)
    start_ns, until_ns, encoding = np.zeros((3, m), dtype=np.int64)
    for index, headers in read:
        if isinstance(headers, list):
            own = [one for one in headers if one is not None]
            index = np.asarray(index)[[one is not None for one in headers]]
            names[index] = [one.source_id for one in own]
            start_ns[index], encoding[index] = [one.start_ns or 0 for one in own], [one.encoding for one in own]
            count, rate_hz = np.array([one.count for one in own]), np.nan_to_num([one.rate_hz for one in own])
        else:
            names[index] = [headers.names[k] for k in headers.channel.tolist()]
            start_ns[index], encoding[index] = headers.start_ns, headers.encoding
            count, rate_hz = headers.count, headers.rate_hz
        until_ns[index] = end_ns(start_ns[index], count, rate_hz)
    return Traits(names.tolist(), start_ns, until_ns, encoding)


def _take(column: AnyArray, index: IntArray) -> AnyArray:
    """``column[index]`` for an ascending index; the column itself when that is all of it."""
    return column if len(index) == len(column) else np.asarray(column[index])


def _rows(view: AnyArray, offset: IntArray, size: int) -> AnyArray:
    """(m, size) the records' bytes; where they follow one another, without a copy."""
    begin = int(offset[0])
    if len(offset) * size == int(offset[-1]) + size - begin:
        return view[begin : begin + len(offset) * size].reshape(-1, size)
    return np.asarray(view[offset[:, None] + np.arange(size)])


def _decode2(raw: AnyArray, received_ns: IntArray | None, known: Known | None) -> tuple[IntArray, Receipts, Headers]:
    """Reasons of, and receipts for, records of version 2 and one length."""
    headers = parse_headers(raw)
    expected = tuple(known.get(name) if name else None for name in headers.names) if known else ()
    reason = judge(headers, received_ns, expected)
    good = np.flatnonzero(USED[reason])
    samples, first, bad = _samples(raw, headers, good)
    if some(bad != 0):
        reason[good] = np.where(bad > 0, bad, reason[good])
        good, first = good[bad == 0], first[bad == 0]
    start_ns, rate_hz, count = (_take(column, good) for column in (headers.start_ns, headers.rate_hz, headers.count))
    names, channel = _named(headers.names, _take(headers.channel, good))
    if received_ns is None:
        received = start_ns + np.rint(count * (1e9 / rate_hz)).astype(np.int64)
    else:
        received = _take(received_ns, good)
    quality = _take(headers.timing_quality, good)
    columns = start_ns, rate_hz, first, count, samples, received, quality, _flags(_take(raw[:, 36:39], good))
    return reason, Receipts(names, channel, *columns), headers


def _flags(three: AnyArray) -> IntArray:
    """(m,) activity, input and output, and data quality flags of records of version 2, as ``Record`` has them."""
    flags = three.astype(np.int64)
    return np.asarray(flags[:, 0] | flags[:, 1] << 8 | flags[:, 2] << 16)


def _named(names: tuple[SourceId | None, ...], channel: IntArray) -> tuple[tuple[SourceId, ...], IntArray]:
    """The channels that have a record, and (m,) the number of each record's."""
    real = tuple(filter(None, names))
    used = np.unique(channel) if len(channel) < len(names) or len(real) < len(names) else None
    if used is None:
        return real, channel
    chosen = [names[k] for k in used.tolist()]
    return tuple(name for name in chosen if name is not None), np.searchsorted(used, channel)


def _samples(raw: AnyArray, headers: Headers, good: IntArray) -> tuple[SampleArray, IntArray, IntArray]:
    """All samples of the good records in one array, where each begins, and (good,) a reason against it or 0."""
    count, encoding = _take(headers.count, good), _take(headers.encoding, good)
    first = np.cumsum(count) - count
    bad = np.zeros(len(good), dtype=np.int64)
    samples: SampleArray = np.empty(int(count.sum()), dtype=np.int32)
    whole = INT32[encoding]
    _decode_into(samples, raw, headers, (good, first, whole, bad))
    steim = whole & (encoding >= STEIM[0]) & (bad == 0)
    if some(steim):
        own = np.flatnonzero(steim)
        bad[own] = _steim(raw, headers, _take(good, own), samples, _take(first, own))
    if not every(whole):
        samples = _with_floats(samples, raw, headers, (good, first, encoding, bad))
    return samples, first, bad


def _decode_into(
    out: AnyArray, raw: AnyArray, headers: Headers, jobs: tuple[IntArray, IntArray, AnyArray, IntArray]
) -> None:
    """Decode the chosen ones of the good records into ``out``; what fails is noted in ``bad`` and left zero."""
    good, first, chosen, bad = jobs
    own = np.flatnonzero(chosen)
    if not len(own):
        return
    rows, begin = _take(good, own), _take(first, own)
    offset, count = _take(headers.data_offset, rows), _take(headers.count, rows)
    at, size = rows * headers.length + offset, headers.length - offset
    payloads = Payloads(at, size, _take(headers.encoding, rows), count, _take(headers.word_order_big, rows))
    failed = decode_payloads(np.ascontiguousarray(raw), payloads, out, begin)
    if failed is None:
        failed = decode_records((raw[row].tobytes() for row in rows.tolist()), out, begin, count)
    for one in failed:
        bad[own[one]] = CODE["decoder"]
        out[begin[one] : begin[one] + count[one]] = 0


def _steim(raw: AnyArray, headers: Headers, rows: IntArray, samples: AnyArray, first: IntArray) -> IntArray:
    """(rows,) 0 where the first and last sample are those that the first frame states, else a reason."""
    offset, last = _take(headers.data_offset, rows), first + _take(headers.count, rows) - 1
    if every(offset == offset[0]) and len(rows) == len(raw):
        words = np.ascontiguousarray(raw[:, int(offset[0]) + 4 : int(offset[0]) + 12])
    else:
        words = raw[rows[:, None], offset[:, None] + np.arange(4, 12)]
    ends = words.view(">i4")
    if not every(big := _take(headers.word_order_big, rows)):
        ends = np.where(big[:, None], ends, words.view("<i4"))
    fits = (samples[first] == ends[:, 0]) & (samples[last] == ends[:, 1])
    return np.where(fits, 0, CODE["steim"])


def _with_floats(
    integers: AnyArray, raw: AnyArray, headers: Headers, jobs: tuple[IntArray, IntArray, IntArray, IntArray]
) -> AnyArray:
    """All samples as float64, when some of the records have floats."""
    good, first, encoding, bad = jobs
    samples = integers.astype(np.float64)
    for kind, number in ((np.float32, 4), (np.float64, 5)):
        chosen = encoding == number
        if not chosen.any():
            continue
        floats = np.empty(len(integers), dtype=kind)
        _decode_into(floats, raw, headers, (good, first, chosen, bad))
        for one in np.flatnonzero(chosen).tolist():
            part = slice(int(first[one]), int(first[one] + headers.count[good[one]]))
            if np.isfinite(floats[part]).all():
                samples[part] = floats[part]
            else:
                samples[part], bad[one] = 0.0, bad[one] or CODE["nonfinite"]
    return samples


def _decode3(
    records: Sequence[bytes | memoryview], received_ns: IntArray | None, known: Known | None
) -> tuple[IntArray, Receipts, list[Header3 | None]]:
    """Reasons of, and receipts for, records of version 3, one by one."""
    receipts: list[Receipt] = []
    headers: list[Header3 | None] = []
    reason = np.zeros(len(records), dtype=np.int64)
    for one, data in enumerate(records):
        arrived = None if received_ns is None else int(received_ns[one])
        headers.append(parse_header3(data))
        record, why = _record3(data, headers[-1], arrived, known)
        reason[one] = CODE[why]
        if record is not None:
            receipts.append(Receipt(record, record.end_ns if arrived is None else arrived))
    return reason, Receipts.of(receipts), headers


def _record3(
    data: bytes | memoryview, header: Header3 | None, received_ns: int | None, known: Known | None
) -> tuple[Record | None, str]:
    name = header.source_id if header is not None else None
    ruling = judge3(header, len(data), received_ns, known.get(name) if known and name else None)
    if ruling.verdict is not Verdict.OK:
        return None, ruling.code
    samples, why = decode_record(data)
    if samples is None or header is None or name is None or header.start_ns is None or len(samples) != header.count:
        return None, "decoder" if why == OK.code else why
    if samples.dtype != np.int32:
        if not np.isfinite(samples).all():
            return None, "nonfinite"
        samples = samples.astype(np.float64)
    elif header.encoding in STEIM and not _ends_fit(bytes(data[len(data) - header.data_length :]), samples):
        return None, "steim"
    flags = sum(1 << bit for bit, own in FLAGS3 if data[3] >> own & 1)
    return Record(name, header.start_ns, header.rate_hz, samples, header.timing_quality, flags), ruling.code


def _ends_fit(payload: bytes, samples: AnyArray) -> bool:
    """Version 3 keeps Steim data in big-endian order."""
    words = np.frombuffer(payload[4:12], dtype=">i4")
    return len(words) == 2 and bool(samples[0] == words[0] and samples[-1] == words[1])
