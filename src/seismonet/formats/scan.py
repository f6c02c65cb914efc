"""Finding the miniSEED records in a file's bytes, whatever lies between them.

The rule this file owns: every byte belongs to a record or to a ``Skip``; "no error" never stands for "the whole file".
A record that is cut off in the middle of a file does not swallow the head of the next.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seismonet.core.arrays import IntArray

from .gate import LENGTHS
from .headers import MAX_BLOCKETTES, parse_header3, parse_headers

SIGNATURE = re.compile(rb"[0-9 \0]{6}[DRQM][ \0][\0-\xff]{16}[\0-\x17][\0-\x3b][\0-\x3c]|MS\x03")
RUN_AFTER = 4
RUN_CHUNK = 4096
MAX_EXPONENT = 13
MAX_RECORD3 = 1 << 20


@dataclass(frozen=True, slots=True)
class Skip:
    """Bytes of a file that are no record: where, how many, why (``zeros``, ``no record``, ``cut off``)."""

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


def scan(data: bytes) -> Scan:
    """Find all records; junk, zeros and cut-off records between them are skipped and told.

    >>> scan(b"junk").skipped
    (Skip(offset=0, length=4, reason='no record'),)
    """
    offsets: list[IntArray] = []
    lengths: list[IntArray] = []
    skipped: list[Skip] = []
    for at, length, count in _pieces(data):
        if count:
            offsets.append(at + length * np.arange(count))
            lengths.append(np.full(count, length))
        else:
            skipped.append(Skip(at, length, _why(data, at, length)))
    none = np.empty(0, dtype=np.int64)
    return Scan(
        np.concatenate(offsets) if offsets else none, np.concatenate(lengths) if lengths else none, tuple(skipped)
    )


def _pieces(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(offset, length, count): so many records of one length, or with a count of 0 bytes that are none."""
    at, same, last = 0, 0, 0
    while at < len(data):
        length = _whole_record(data, at)
        if not length:
            follow = _resync(data, at + 1)
            yield at, follow - at, 0
            at = follow
            continue
        same = same + 1 if length == last else 0
        count = _run(data, at, length) if same >= RUN_AFTER and length in LENGTHS and data[at : at + 2] != b"MS" else 1
        yield at, length, count
        at, last = at + count * length, length


def _why(data: bytes, at: int, length: int) -> str:
    if not data[at : at + length].strip(b"\0"):
        return "zeros"
    return "cut off" if record_length(data, at) else "no record"


def _whole_record(data: bytes, at: int) -> int:
    """Length of the record at ``at``; 0 when there is none, or less of it than it says."""
    length = record_length(data, at)
    end = at + length
    if not length or end > len(data):
        return 0
    if end == len(data) or SIGNATURE.match(data, end):
        return length
    # what follows is no record: perhaps it began already, inside of this one
    inner = _next_header(data, at + 48, end)
    return 0 if inner else length


def _next_header(data: bytes, start: int, stop: int) -> int:
    """Position of a header in the given range that is followed by another, or by the end; 0 when there is none."""
    for found in SIGNATURE.finditer(data, start, min(stop + 48, len(data))):
        at = found.start()
        length = record_length(data, at) if at < stop else 0
        if length and (at + length == len(data) or (at + length < len(data) and SIGNATURE.match(data, at + length))):
            return at
    return 0


def record_length(data: bytes, at: int) -> int:
    """Length of the record that begins at ``at``, by its own words; 0 when none does.

    Without a blockette 1000 it is the distance to the next header or to the end of the data, if that is a length.
    """
    if data[at : at + 3] == b"MS\x03":
        header = parse_header3(data[at : at + 40 + 255])
        return header.stated_length if header is not None and header.stated_length <= MAX_RECORD3 else 0
    if len(data) - at < 64 or not SIGNATURE.match(data, at):
        return 0
    order: Literal["big", "little"] = "big"
    if not 1900 <= int.from_bytes(data[at + 20 : at + 22], "big") <= 2100:
        order = "little"
        if not 1900 <= int.from_bytes(data[at + 20 : at + 22], "little") <= 2100:
            return 0
    position = int.from_bytes(data[at + 46 : at + 48], order)
    for _ in range(MAX_BLOCKETTES):
        here = at + position
        if position < 48 or here + 8 > len(data):
            break
        if int.from_bytes(data[here : here + 2], order) == 1000:
            exponent = data[here + 6]
            return 1 << exponent if 7 <= exponent <= MAX_EXPONENT else 0
        follow = int.from_bytes(data[here + 2 : here + 4], order)
        if follow <= position:
            break
        position = follow
    return next((n for n in LENGTHS if at + n == len(data) or SIGNATURE.match(data, at + n)), 0)


def _run(data: bytes, at: int, length: int) -> int:
    """How many records of ``length`` follow one another from ``at`` on, at least the first."""
    total = 0
    while count := min(RUN_CHUNK, (len(data) - at) // length):
        raw = np.frombuffer(data, dtype=np.uint8, count=count * length, offset=at).reshape(count, length)
        headers = parse_headers(raw)
        good = headers.signature & headers.codes & headers.blockettes & (headers.stated_length == length)
        run = count if good.all() else int(np.argmin(good))
        total += run
        at += run * length
        if run < count:
            # the last of a run is looked at alone: it may be cut off
            return max(total - 1, 1)
    return max(total, 1)


def _resync(data: bytes, start: int) -> int:
    """Next position with the signature of a record that has a sensible length; the end when there is none."""
    return next(
        (found.start() for found in SIGNATURE.finditer(data, start) if record_length(data, found.start())), len(data)
    )
