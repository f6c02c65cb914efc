"""Where a record lies in an SDS tree, and what the records of a day file are, by their headers alone.

The rule this file owns: a path is built from a ``SourceId`` and nothing else, whose letters are on a whitelist; the
folder of a record cannot be chosen by who sends it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, to_datetime
from seismonet.formats.gate import LENGTHS, MAX_RATE_HZ, MIN_RATE_HZ
from seismonet.formats.headers import parse_header3, parse_headers
from seismonet.formats.scan import MAX_RECORD3, Scan, scan

DAY_NS = 86400 * SECOND_NS
PIECE_BYTES = 16 * 2**20
NO_NETWORK = "_"
"""Folder of records without a network code; no code has this letter."""
_TEXT = 0


@lru_cache(maxsize=65536)
def day_path(source_id: SourceId, day: int) -> str:
    """Path below ``sds/`` of the file of a channel and a day (days since 1970), whatever the platform.

    >>> day_path(SourceId.parse("TJ.SAREZ.00.HHZ"), 19981)
    '2024/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.2024.259'
    """
    network = source_id.network or NO_NETWORK
    date = to_datetime(day * DAY_NS).strftime("%Y.%j")
    name = f"{network}.{source_id.station}.{source_id.location}.{source_id.channel}.D.{date}"
    return f"{date[:4]}/{network}/{source_id.station}/{source_id.channel}.D/{name}"


def day_of(start_ns: int) -> int:
    """The day (since 1970) under which a record is filed: the one it starts on."""
    return start_ns // DAY_NS


@dataclass(frozen=True, slots=True)
class Places:
    """Records of a file, by their headers: ``names`` are the channels, the rest (m,) int64 columns.

    ``end_ns`` is the time of the sample after the last; of a record without samples, its start.
    """

    names: tuple[SourceId, ...]
    channel: IntArray
    offset: IntArray
    length: IntArray
    start_ns: IntArray
    end_ns: IntArray
    count: IntArray

    def __len__(self) -> int:
        return len(self.offset)


def places(data: bytes, base: int = 0) -> tuple[Places, Scan]:
    """The records in some bytes that tell a channel and a time, and where all lie; ``base`` is added to the offsets.

    >>> len(places(b"junk")[0])
    0
    """
    found = scan(data)
    return _described(data, found, base), found


def _described(data: bytes, found: Scan, base: int) -> Places:
    names: dict[SourceId, int] = {}
    parts: list[tuple[IntArray, ...]] = []
    view = np.frombuffer(data, dtype=np.uint8)
    third = view[found.offset] == ord("M") if len(found.offset) else np.empty(0, dtype=bool)
    for size in LENGTHS:
        index = np.flatnonzero((found.length == size) & ~third)
        if not len(index):
            continue
        headers = parse_headers(view[found.offset[index][:, None] + np.arange(size)])
        numbers = [-1 if one is None else names.setdefault(one, len(names)) for one in headers.names]
        channel = np.array(numbers, dtype=np.int64)[headers.channel]
        good = headers.time & (channel >= 0)
        parts.append(
            tuple(
                column[good]
                for column in (
                    index, channel, headers.start_ns, *_extent(headers.count, headers.encoding, headers.rate_hz)
                )
            )
        )  # fmt: skip
    for k in np.flatnonzero(third).tolist():
        at = int(found.offset[k])
        header = parse_header3(data[at : at + int(found.length[k])])
        if header is None or header.source_id is None or header.start_ns is None:
            continue
        number = names.setdefault(header.source_id, len(names))
        row = [np.array([one], dtype=np.int64) for one in (k, number, header.start_ns)]
        extent = _extent(np.array([header.count]), np.array([header.encoding]), np.array([header.rate_hz]))
        parts.append((*row, *extent))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [_NONE] * 5
    index, channel, start_ns, span_ns, count = (column[np.argsort(columns[0], kind="stable")] for column in columns)
    offset, length = found.offset[index] + base, found.length[index]
    return Places(tuple(names), channel, offset, length, start_ns, start_ns + span_ns, count)


_NONE = np.empty(0, dtype=np.int64)


def _extent(count: IntArray, encoding: IntArray, rate_hz: FloatArray) -> tuple[IntArray, IntArray]:
    """(m,) nanoseconds and samples: nothing of either where there are no samples, or no rate that can be."""
    real = (rate_hz >= MIN_RATE_HZ) & (rate_hz <= MAX_RATE_HZ) & (encoding != _TEXT)
    span_ns = np.rint(count * (1e9 / np.where(real, rate_hz, 1.0))).astype(np.int64)
    return np.where(real, span_ns, 0), np.where(real, count, 0).astype(np.int64)


def extent(count: int, encoding: int, rate_hz: float) -> tuple[int, int]:
    """The same for one record: its nanoseconds and samples."""
    span_ns, samples = _extent(np.array([count]), np.array([encoding]), np.array([rate_hz]))
    return int(span_ns[0]), int(samples[0])


def walk_places(read: Callable[[int, int], bytes], length: int) -> Iterator[tuple[Places, int]]:
    """The records of a long file in pieces, and the offset behind the last whole one of each piece.

    ``read(offset, length)`` gives its bytes; it is ``length`` bytes long.
    """
    at = 0
    while at < length:
        data = read(at, min(PIECE_BYTES + MAX_RECORD3, length - at))
        if not data:
            return
        final = at + len(data) >= length
        found, scanned = places(data, at)
        ends = scanned.offset + scanned.length
        whole = ends if final else ends[ends <= PIECE_BYTES]
        upto = int(whole[-1]) if len(whole) else 0
        chosen = found.offset - at < upto
        columns = (found.channel, found.offset, found.length, found.start_ns, found.end_ns, found.count)
        yield Places(found.names, *(column[chosen] for column in columns)), at + upto
        at += len(data) if final else upto or PIECE_BYTES - MAX_RECORD3
