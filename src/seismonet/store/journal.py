"""The journal: the one place where what was received becomes durable; all else in the archive is made from it.

The rule this file owns: what ``commit`` has acknowledged is on the disk, and no position to resume from passes anything
that is not. Segments are written once, front to back; after any error a segment is sealed at the last acknowledged
byte and the next commit begins another, as a sync that failed once says nothing when it is repeated.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Delivery, Resume
from seismonet.formats.gate import AHEAD_NS, MIN_RATE_HZ
from seismonet.formats.headers import parse_header3

from .files import Appender, Disk
from .frames import SEGMENT_HEAD_BYTES, Frames, pack, read_segment_head, segment_head, unpack

CHUNK_BYTES = 4 * 2**20
OLDEST_NS = 7 * 86400 * SECOND_NS
"""A record that is older than this when it arrives does not tell where to go on."""
_FIXED_BIG, _FIXED_LITTLE = struct.Struct(">HHBBBxHHhh"), struct.Struct("<HHBBBxHHhh")
_EPOCH = date(1970, 1, 1).toordinal()
_NAME = re.compile(r"(\d{10})\.journal")


class Position(NamedTuple):
    """A place in the journal: the number of the segment, and the byte in it."""

    segment: int
    offset: int


START = Position(0, 0)
Origin = tuple[str, str]
"""Source and station (``NET.STA``)."""


@dataclass(slots=True)
class _Segment:
    number: int
    end: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class _Newest:
    sequence: int
    received_ns: int
    payload: bytes


class Journal:
    """A folder of segments, for one writer.

    Attributes
    ----------
    end : Position after the last acknowledged delivery
    cut_bytes : what was found behind the last whole frame when it was opened, and moved to ``quarantine``
    """

    def __init__(
        self, folder: Path, *, disk: Disk | None = None, segment_bytes: int = 64 * 2**20, quarantine: Path | None = None
    ) -> None:
        """Open it, making the folder; a torn end is cut and kept in ``quarantine``. OSError when that is impossible."""
        self.folder, self.segment_bytes = folder, segment_bytes
        self.disk = disk or Disk()
        self.cut_bytes = 0
        self._quarantine = quarantine or folder.parent / "quarantine"
        self._segments: list[_Segment] = []
        self._file: Appender | None = None
        self._packed: list[bytes] = []
        self._packed_bytes, self._first_ns = 0, 0
        self._pending: dict[Origin, _Newest] = {}
        self._newest: dict[Origin, _Newest] = {}
        self._told: dict[Origin, tuple[_Newest, Resume]] = {}
        self._resume: dict[Origin, Resume] = {}
        self.disk.make_folder(folder)
        self._open()

    # ---- writing

    def append(self, deliveries: Sequence[Delivery]) -> None:
        """Take deliveries, in memory until ``commit``. ValueError, and nothing is taken, for what no frame can hold."""
        packed: list[bytes] = []
        size = sum(pack(delivery, packed) for delivery in deliveries)
        if not size:
            return
        if not self._packed:
            self._first_ns = deliveries[0].received_ns
        self._packed += packed
        self._packed_bytes += size
        for delivery in deliveries:
            if not delivery.flags:
                for packet in delivery.packets:
                    newest = _Newest(packet.sequence, delivery.received_ns, packet.payload)
                    self._pending[delivery.source, packet.station] = newest

    def commit(self) -> Position:
        """Make durable what was appended; the position after it.

        OSError when it is not durable: then it is forgotten here, and is to be appended again.
        """
        if not self._packed:
            return self.end
        data, pending = b"".join(self._packed), self._pending
        self._packed, self._packed_bytes, self._pending = [], 0, {}
        segment = self._segments[-1] if self._file is not None else None
        try:
            if segment is None:
                segment = self._begin(self._first_ns)
            assert self._file is not None
            self._file.write(data)
            self._file.sync()
        except OSError:
            self._seal()
            raise
        segment.end += len(data)
        self._newest = {**self._newest, **pending}
        if segment.end >= self.segment_bytes:
            self._close_file()
        return self.end

    @property
    def end(self) -> Position:
        """The position after all that is durable."""
        return Position(self._segments[-1].number, self._segments[-1].end) if self._segments else START

    @property
    def first(self) -> Position:
        """The oldest position that is still there."""
        return Position(self._segments[0].number, SEGMENT_HEAD_BYTES) if self._segments else START

    def tail(self, length: int) -> Position:
        """A position from which some ``length`` bytes follow; reading finds the next frame from there."""
        for segment in reversed(self._segments):
            if segment.end >= length:
                return Position(segment.number, segment.end - length)
            length -= segment.end
        return self.first

    def before(self, received_ns: int | None) -> tuple[Position, int | None]:
        """A position that lies a whole segment before what was received at a time, and when that part was received.

        That is the beginning when there is no such position, or no such time.
        """
        last = 0
        if received_ns is not None:
            later = (k for k, one in enumerate(self._segments) if k and one.received_ns > received_ns)
            last = next(later, len(self._segments)) - 1
        if not self._segments:
            return START, None
        chosen = self._segments[max(0, last - 1)]
        return Position(chosen.number, SEGMENT_HEAD_BYTES), chosen.received_ns

    @property
    def waiting_bytes(self) -> int:
        """What was appended and not committed."""
        return self._packed_bytes

    @property
    def bytes(self) -> int:
        """How long all segments are together."""
        return sum(segment.end for segment in self._segments)

    def drop_before(self, position: Position, received_ns: int | None = None) -> int:
        """Remove segments that lie wholly before a position, and in which all was received before a time; how many.

        The last segment always stays.
        """
        dropped = 0
        while len(self._segments) > 1 and self._segments[0].number < position.segment:
            if received_ns is not None and self._segments[1].received_ns > received_ns:
                break
            self.disk.remove(self._path(self._segments[0].number))
            del self._segments[0]
            dropped += 1
        if dropped:
            self.disk.sync_folder(self.folder)
        return dropped

    def close(self) -> None:
        """Close the file. What was not committed is not kept."""
        self._close_file()

    # ---- reading

    def frames(self, after: Position, limit_bytes: int = CHUNK_BYTES) -> tuple[Frames, Position] | None:
        """The next frames after a position, some ``limit_bytes`` of them, and the position after those.

        None when all was read. Bytes that are no frame are passed over and counted.
        """
        for segment in self._segments:
            offset = max(after.offset if segment.number == after.segment else 0, SEGMENT_HEAD_BYTES)
            if segment.number < after.segment or offset >= segment.end:
                continue
            wanted = min(limit_bytes, segment.end - offset)
            data = self.disk.read(self._path(segment.number), offset, wanted)
            is_short = len(data) < wanted  # the file is shorter than it was: nothing more of it will come
            more = offset + wanted < segment.end and not is_short
            found = unpack(data, more=more)
            if more and not found.upto:  # a frame that is longer than the limit
                return self.frames(after, 2 * limit_bytes)
            return found, Position(segment.number, segment.end if is_short else offset + found.upto)
        return None

    def read(self, after: Position = START) -> Iterator[tuple[Position, Delivery]]:
        """Deliveries after a position in the order of receipt, each with the position after it."""
        while (found := self.frames(after)) is not None:
            frames, follow = found
            base = max(after.offset if after.segment == follow.segment else 0, SEGMENT_HEAD_BYTES)
            for end, delivery in frames.deliveries():
                yield Position(follow.segment, base + end), delivery
            after = follow

    def resume(self) -> dict[Origin, Resume]:
        """How far each station of each source is durable. May be called from another thread."""
        found = dict(self._resume)
        for origin, newest in self._newest.items():
            told = self._told.get(origin)
            if told is None or told[0] is not newest:
                known = told[1] if told is not None else found.get(origin)
                end_ns = _end_ns(newest)
                if end_ns is None:
                    end_ns = known.end_ns if known is not None else newest.received_ns
                told = self._told[origin] = newest, Resume(newest.sequence, end_ns)
            found[origin] = told[1]
        return found

    def remember(self, resume: Mapping[Origin, Resume]) -> None:
        """Positions that the archive knows; from now on they count instead of those found in the journal."""
        self._resume = {**self.resume(), **resume}
        self._newest, self._told = {}, {}

    # ---- files

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:010d}.journal"

    def _begin(self, received_ns: int) -> _Segment:
        number = self._segments[-1].number + 1 if self._segments else 1
        path = self._path(number)
        if self.disk.size(path):  # left by an attempt that failed
            self.disk.truncate(path, 0)
        self._file = self.disk.append(path)
        segment = _Segment(number, SEGMENT_HEAD_BYTES, received_ns)
        self._file.write(segment_head(self.end.offset, received_ns))
        self.disk.sync_folder(self.folder)
        self._segments.append(segment)
        return segment

    def _close_file(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            with suppress(OSError):  # all that counts was synced
                file.close()

    def _seal(self) -> None:
        """Cut what was not acknowledged, if the disk lets us: the head of the next segment says where this one ends."""
        path = self._file.path if self._file is not None else None
        self._close_file()
        if path is None:
            return
        number = int(path.stem)
        segment = next((one for one in self._segments if one.number == number), None)
        is_empty = segment is None or segment.end == SEGMENT_HEAD_BYTES
        if is_empty and segment is not None:
            self._segments.remove(segment)
        with suppress(OSError):
            if is_empty:
                self.disk.remove(path)
            elif segment is not None:
                self.disk.truncate(path, segment.end)

    def _open(self) -> None:
        """Find the segments and how far each counts. Only the last can have a torn end."""
        numbers = [int(match[1]) for name in self.disk.names(self.folder) if (match := _NAME.fullmatch(name))]
        for number in numbers:
            head = read_segment_head(self.disk.read(self._path(number), 0, SEGMENT_HEAD_BYTES))
            if head is None and number == numbers[-1]:
                self._set_aside(number, 0)
                continue
            # a head that was damaged later says nothing; the frames behind it speak for themselves
            before, received_ns = head or (2**62, self._segments[-1].received_ns if self._segments else 0)
            if self._segments and self._segments[-1].number == number - 1:
                self._segments[-1].end = min(self._segments[-1].end, before)
            size = self.disk.size(self._path(number)) or 0
            self._segments.append(_Segment(number, size, received_ns))
        if self._segments:
            self._check_last(self._segments[-1])

    def _check_last(self, last: _Segment) -> None:
        size, at = last.end, SEGMENT_HEAD_BYTES
        while at < size:
            data = self.disk.read(self._path(last.number), at, CHUNK_BYTES)
            found = unpack(data, torn=True, more=at + len(data) < size)
            self._learn(found)
            if not found.upto:
                break
            at += found.upto
        if at < size:
            self._set_aside(last.number, at)
            last.end = at

    def _learn(self, found: Frames) -> None:
        """The newest of each station; what was not asked for or is late says nothing on where to go on."""
        for k, (origin, flags) in enumerate(zip(found.origin.tolist(), found.flags.tolist(), strict=True)):
            if not flags:
                newest = _Newest(found.sequence[k], int(found.received_ns[k]), found.payload(k))
                self._newest[found.origins[origin]] = newest

    def _set_aside(self, number: int, offset: int) -> None:
        """Move the end of a segment, from ``offset`` on, to the quarantine."""
        path = self._path(number)
        size = self.disk.size(path) or 0
        if size > offset:
            self.disk.make_folder(self._quarantine)
            kept = self.disk.append(self._quarantine / f"journal.{number:010d}.{offset}.bin")
            try:
                for at in range(offset, size, CHUNK_BYTES):
                    kept.write(self.disk.read(path, at, CHUNK_BYTES))
                kept.sync()
            finally:
                kept.close()
            self.disk.sync_folder(self._quarantine)
            self.cut_bytes += size - offset
        if offset:
            self.disk.truncate(path, offset)
        else:
            self.disk.remove(path)
            self.disk.sync_folder(self.folder)


def _end_ns(newest: _Newest) -> int | None:
    """About when a record ends, by its fixed header; None where that is no record, or its clock is clearly wrong.

    It is asked for on every commit, so nothing else is looked at.
    """
    payload, end_ns = newest.payload, None
    if payload[:3] == b"MS\x03":
        header = parse_header3(payload)
        if header is not None and header.start_ns is not None and header.rate_hz >= MIN_RATE_HZ:
            end_ns = header.start_ns + round(header.count * 1e9 / header.rate_hz)
    elif len(payload) >= 48:
        fields = _FIXED_BIG.unpack_from(payload, 20)
        if not 1900 <= fields[0] <= 2100:
            fields = _FIXED_LITTLE.unpack_from(payload, 20)
        year, day, hour, minute, second, fraction, count, factor, multiplier = fields
        if 1970 <= year <= 2100 and 1 <= day <= 366 and factor and multiplier:
            days = date(year, 1, 1).toordinal() - _EPOCH + day - 1
            start_ns = (((days * 24 + hour) * 60 + minute) * 60 + second) * SECOND_NS + fraction * 100_000
            rate_hz = (factor if factor > 0 else -1 / factor) * (multiplier if multiplier > 0 else -1 / multiplier)
            end_ns = start_ns + round(count * 1e9 / max(rate_hz, MIN_RATE_HZ))
    if end_ns is None or not newest.received_ns - OLDEST_NS <= end_ns <= newest.received_ns + AHEAD_NS:
        return None
    return end_ns
