"""The bytes of the journal: how deliveries lie in a segment, and how they are found again.

The rule this file owns: a frame counts when its checksum fits, and every byte of a segment belongs to a frame or is
told to be none.

::

    segment   header 32 | frame | frame | …
    header    magic 8, length of the segment before 8, received_ns of the first frame 8, CRC-32 of these 4, zeros 4
    frame     magic 4, length of what follows the head 4, CRC-32 of the rest 4,
              received_ns 8, sequence 8, flags 1, length of source 1, length of station 1, zero 1,
              source, station, payload
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import IntArray
from seismonet.core.waveform import Delivery, Packet

MAGIC, SEGMENT_MAGIC = b"SNf1", b"SNjourn1"
MAX_PAYLOAD = 2**20
_NO_SEQUENCE = 2**64 - 1
_FRONT, _BACK = struct.Struct("<4sII"), struct.Struct("<qQBBBx")
_HEAD = struct.Struct("<4sIIqQBBBx")
_SEGMENT = struct.Struct("<8sqqI4x")
SEGMENT_HEAD_BYTES = _SEGMENT.size


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames that were found in some bytes, as columns; ``offset`` and ``length`` are those of the payloads.

    ``origin`` (m,) is an index into ``origins``, pairs of source and station; ``ends`` where each frame ends, ``upto``
    how far the bytes were used; ``skipped`` of them are no frame.
    """

    data: bytes
    offset: IntArray
    length: IntArray
    received_ns: IntArray
    sequence: list[int]
    flags: IntArray
    origin: IntArray
    origins: list[tuple[str, str]]
    ends: IntArray
    upto: int = 0
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.offset)

    def payload(self, index: int) -> bytes:
        """The bytes of one packet."""
        at = int(self.offset[index])
        return self.data[at : at + int(self.length[index])]

    def deliveries(self) -> Iterator[tuple[int, Delivery]]:
        """Packets that were received at once from one source, and where the last of their frames ends."""
        columns = self.received_ns.tolist(), self.flags.tolist(), self.origin.tolist(), self.ends.tolist()
        packets: list[Packet] = []
        last: tuple[str, int, int] | None = None
        until = 0
        for k, (received_ns, flags, origin, end) in enumerate(zip(*columns, strict=True)):
            source, station = self.origins[origin]
            if last is not None and last != (source, received_ns, flags):
                yield until, Delivery(last[0], last[1], tuple(packets), last[2])
                packets = []
            last, until = (source, received_ns, flags), end
            packets.append(Packet(station, self.sequence[k], self.payload(k)))
        if last is not None:
            yield until, Delivery(last[0], last[1], tuple(packets), last[2])


def origin_bytes(source: str, station: str) -> bytes:
    """Both names with their lengths; ValueError when one is longer than 255 bytes."""
    one, other = source.encode(), station.encode()
    if max(len(one), len(other)) > 255:
        raise ValueError(f"{source[:40]!r}, {station[:40]!r}: names of sources and stations have at most 255 bytes")
    return one + other


def pack(delivery: Delivery, into: list[bytes]) -> int:
    """Append the frames of a delivery to a list of bytes; their length. ValueError for what no frame can hold."""
    total = 0
    last, names, front = "", b"", 0
    source_length = len(delivery.source.encode())
    for packet in delivery.packets:
        if packet.station != last or not names:
            last, names = packet.station, origin_bytes(delivery.source, packet.station)
            front = len(names) - source_length
        payload = packet.payload
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"a packet of {len(payload)} bytes; the journal takes up to {MAX_PAYLOAD}")
        sequence = packet.sequence if packet.sequence >= 0 else _NO_SEQUENCE
        back = (
            _BACK.pack(
                delivery.received_ns,
                sequence,
                delivery.flags,
                source_length,
                front,
            )
            + names
        )
        length = len(names) + len(payload)
        into += (_FRONT.pack(MAGIC, length, zlib.crc32(payload, zlib.crc32(back))), back, payload)
        total += _HEAD.size + length
    return total


def unpack(data: bytes, *, torn: bool = False, more: bool = False) -> Frames:
    """The frames in some bytes of a segment, from the beginning of a frame on.

    With ``torn`` all ends at the first byte that is no frame: what follows was never acknowledged. Without, the next
    frame is looked for, and the bytes between are counted. With ``more`` the segment goes on after these bytes: a frame
    that is not finished is left for later.
    """
    columns: tuple[list[int], ...] = ([], [], [], [], [], [], [])
    offsets, lengths, received, sequences, flags, origins, ends = columns
    numbers: dict[tuple[bytes, int], int] = {}
    view = memoryview(data)
    at, skipped, size = 0, 0, len(data)
    while at < size:
        whole = size - at >= _HEAD.size
        head = _HEAD.unpack_from(data, at) if whole else (data[at : at + 4], 0, 0, 0, 0, 0, 0, 0)
        magic, length, crc, received_ns, sequence, flag, source_length, station_length = head
        body, end, names = at + _HEAD.size, at + _HEAD.size + length, source_length + station_length
        sane = magic == MAGIC[: len(magic)] and names <= length <= MAX_PAYLOAD + 510
        if more and sane and end > size:
            break
        if sane and end <= size and zlib.crc32(view[at + _FRONT.size : end]) == crc:
            offsets.append(body + names)
            lengths.append(length - names)
            received.append(received_ns)
            sequences.append(sequence if sequence != _NO_SEQUENCE else -1)
            flags.append(flag)
            origins.append(numbers.setdefault((data[body : body + names], source_length), len(numbers)))
            ends.append(end)
            at = end
            continue
        if torn:
            break
        follow = data.find(MAGIC, at + 1)
        follow = follow if follow >= 0 else max(size - len(MAGIC) + 1, at + 1) if more else size
        skipped += follow - at
        at = follow
    pairs = [(key[:n].decode(errors="replace"), key[n:].decode(errors="replace")) for key, n in numbers]
    offset, length_, received_, flags_, origin_, ends_ = (
        np.array(column, dtype=np.int64) for column in (offsets, lengths, received, flags, origins, ends)
    )
    return Frames(data, offset, length_, received_, sequences, flags_, origin_, pairs, ends_, at, skipped)


def segment_head(before: int, received_ns: int) -> bytes:
    """Head of a segment: how long the one before it is, and when its first frame was received."""
    body = _SEGMENT.pack(SEGMENT_MAGIC, before, received_ns, 0)
    return _SEGMENT.pack(SEGMENT_MAGIC, before, received_ns, zlib.crc32(body[:24]))


def read_segment_head(data: bytes) -> tuple[int, int] | None:
    """Length of the segment before, and when the first frame was received; None when it is no head.

    >>> read_segment_head(segment_head(5, 7)), read_segment_head(bytes(32))
    ((5, 7), None)
    """
    if len(data) < SEGMENT_HEAD_BYTES:
        return None
    magic, before, received_ns, crc = _SEGMENT.unpack_from(data)
    return (before, received_ns) if magic == SEGMENT_MAGIC and crc == zlib.crc32(data[:24]) else None
