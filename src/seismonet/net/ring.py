"""The records of the last hours in memory, as a SeedLink server serves them.

The rule this file owns: a record has one place in the order of arrival (its position, for all stations together) and
one sequence number (of its station), and both only ever grow. A reader holds a position and nothing else, so any number
of readers cost no memory, and one that is too slow finds out by how much it missed what was dropped.
"""

import struct
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from seismonet.core.sourceid import SourceId

MAX_PAYLOAD_BYTES = 65_536
SEQUENCES = 1 << 64
ENTRY_BYTES = 490
"""What a record costs beside its own bytes: its entry, five integers and three references (measured)."""
GAP_NS = 5_000_000
"""Less than half a sample of the fastest usual channel: whatever is missing is longer."""
MAX_GAPS = 100
_LENGTH_SEQUENCE = struct.Struct("<IQ")
_TWO = {order: struct.Struct(order + "HH") for order in "<>"}
MAX_BLOCKETTES = 8
Bits = Literal[24, 64]


class Stream:
    """Records of one channel in one format; ``entries`` are those that are kept.

    ``kind`` is SeedLink's format and subformat (``2D``), ``stream_id`` is ``LOC_B_S_SS``, ``seed`` the five characters
    ``LLCCC`` of a miniSEED 2 header. ``end_ns`` is the latest end of a record, ``gaps`` what is missing before it.
    """

    __slots__ = ("end_ns", "entries", "gaps", "kind", "offset", "seed", "source_id", "station", "stream_id", "tail")

    def __init__(self, station: "Station", source_id: SourceId, kind: str) -> None:
        self.station, self.source_id, self.kind = station, source_id, kind
        self.stream_id = source_id.fdsn.split("_", 2)[2]
        self.seed = source_id.location.ljust(2) + source_id.channel
        self.tail = bytes([len(station.station_id)]) + station.station_id.encode("ascii")
        self.offset = 16 + len(self.tail)
        self.entries: deque[Entry] = deque()
        self.end_ns = 0
        self.gaps: deque[tuple[int, int]] = deque(maxlen=MAX_GAPS)

    def extend(self, start_ns: int, end_ns: int) -> None:
        """Take note of a record's span."""
        if self.end_ns and start_ns > self.end_ns + GAP_NS:
            self.gaps.append((self.end_ns, start_ns))
        elif self.gaps and start_ns < self.end_ns:
            left = [piece for gap in self.gaps for piece in _without(gap, start_ns, end_ns)]
            self.gaps = deque(left, maxlen=MAX_GAPS)
        self.end_ns = max(self.end_ns, end_ns)


def _without(gap: tuple[int, int], start_ns: int, end_ns: int) -> Iterator[tuple[int, int]]:
    """What is left of a gap after a record."""
    if start_ns - gap[0] > GAP_NS:
        yield gap[0], min(gap[1], start_ns)
    if gap[1] - end_ns > GAP_NS:
        yield max(gap[0], end_ns), gap[1]


class Station:
    """Records of one station; ``next`` is the sequence number that the next one gets."""

    __slots__ = ("code", "entries", "next", "station_id")

    def __init__(self, code: str, first: int) -> None:
        self.code, self.next = code, first
        self.station_id = code.replace(".", "_", 1)
        self.entries: deque[Entry] = deque()

    @property
    def first(self) -> int:
        """The lowest sequence number that is kept; ``next`` when none is."""
        return self.entries[0].sequence if self.entries else self.next


class Entry:
    """One record: ``frame`` is the SeedLink 4 packet, header and all, made once for all clients."""

    __slots__ = ("end_ns", "frame", "position", "sequence", "start_ns", "stream")

    def __init__(self, stream: Stream, position: int, sequence: int, span_ns: tuple[int, int], frame: bytes) -> None:
        self.stream, self.position, self.sequence, self.frame = stream, position, sequence, frame
        self.start_ns, self.end_ns = span_ns

    @property
    def payload(self) -> bytes:
        """The record, as it came."""
        return self.frame[self.stream.offset :]


class Ring:
    """The newest records, at most ``limit_bytes`` of memory. One thread fills and reads it: that of the event loop.

    Parameters
    ----------
    limit_bytes : what records and their entries may take; the oldest go, of whatever station
    sequences : next sequence number by station (``NET.STA``), from where an earlier run left off
    first : sequence number of the first record of all other stations

    Examples
    --------
    >>> ring = Ring(1_000_000, {"TJ.SAREZ": 41})
    >>> ring.append("TJ.SAREZ", SourceId.parse("TJ.SAREZ.00.HHZ"), 0, 1_000_000_000, bytes(512))
    41
    >>> [(entry.sequence, entry.stream.stream_id) for entry in ring.read(ring.begin, 10)]
    [(41, '00_H_H_Z')]
    """

    def __init__(self, limit_bytes: int, sequences: Mapping[str, int] | None = None, first: int = 1) -> None:
        self.limit_bytes = limit_bytes
        self.stations: dict[str, Station] = {}
        self.streams: dict[tuple[str, SourceId, str], Stream] = {}
        self.begin = self.end = 0
        """Positions of the oldest record that is kept, and after the newest."""
        self.bytes = 0
        self.refused = 0
        """Records that are longer than SeedLink clients take."""
        self.listeners: list[Callable[[], None]] = []
        """Called after each record that came in; they should do no more than to take note."""
        self._first = first
        self._entries: dict[int, Entry] = {}
        for code, number in (sequences or {}).items():
            self.stations[code] = Station(code, number % SEQUENCES)

    def append(
        self, station: str, source_id: SourceId, start_ns: int, end_ns: int, payload: bytes, sequence: int = -1
    ) -> int:
        """Take a record in and return its sequence number; -1 for one that is longer than 64 KiB (it is counted).

        ``station`` is ``NET.STA``. A ``sequence`` that is given must not be among the station's earlier ones
        (ValueError); without one it is the next.
        """
        if len(payload) > MAX_PAYLOAD_BYTES:
            self.refused += 1
            return -1
        stream = self._stream(station, source_id, kind(payload))
        number = stream.station.next if sequence < 0 else sequence % SEQUENCES
        if (number - stream.station.next) % SEQUENCES >= SEQUENCES // 2:
            raise ValueError(
                f"{station}: sequence number {number} was given before (the next is {stream.station.next})"
            )
        head = b"SE%b" % stream.kind.encode("ascii"), _LENGTH_SEQUENCE.pack(len(payload), number)
        entry = Entry(stream, self.end, number, (start_ns, end_ns), b"".join((*head, stream.tail, payload)))
        stream.station.next = (number + 1) % SEQUENCES
        stream.extend(start_ns, end_ns)
        for entries in (stream.entries, stream.station.entries):
            entries.append(entry)
        self._entries[self.end] = entry
        self.end += 1
        self.bytes += len(entry.frame) + ENTRY_BYTES
        while self.bytes > self.limit_bytes and self.begin < self.end:
            self._drop_oldest()
        for listener in self.listeners:
            listener()
        return number

    def _stream(self, station: str, source_id: SourceId, record_kind: str) -> Stream:
        key = station, source_id, record_kind
        if found := self.streams.get(key):
            return found
        owner = self.stations.setdefault(station, Station(station, self._first))
        return self.streams.setdefault(key, Stream(owner, source_id, record_kind))

    def _drop_oldest(self) -> None:
        entry = self._entries.pop(self.begin)
        self.begin += 1
        self.bytes -= len(entry.frame) + ENTRY_BYTES
        stream = entry.stream
        stream.entries.popleft()
        stream.station.entries.popleft()
        if not stream.entries:
            del self.streams[stream.station.code, stream.source_id, stream.kind]

    def read(self, position: int, limit: int) -> list[Entry]:
        """At most ``limit`` records from a position on, in the order of their arrival."""
        first = max(position, self.begin)
        return [self._entries[k] for k in range(first, min(first + limit, self.end))]

    def find(self, station: str, sequence: int, bits: Bits = 64) -> int:
        """Position from which a station's records have this sequence number or a later one.

        Numbers wrap at ``2**bits``; SeedLink 3 knows the lowest 24 bits only. A number that the ring cannot place (long
        gone, or never given: the numbers were begun anew) gives the oldest position: better twice than lost.
        """
        owner = self.stations.get(station)
        back = (owner.next - sequence) % (1 << bits) if owner else 0
        if owner is None or back > (owner.next - owner.first) % SEQUENCES:
            return self.begin
        if back == 0:
            return self.end
        whole = (owner.next - back - owner.first) % SEQUENCES
        index = bisect_left(owner.entries, whole, key=lambda entry: (entry.sequence - owner.first) % SEQUENCES)
        return owner.entries[index].position if index < len(owner.entries) else self.end

    def find_any(self, stations: list[str], sequence: int, bits: Bits = 64) -> int:
        """Position from which nothing is missed after ``sequence - 1`` was the last received of one of some stations.

        Readers get records in the order of arrival, so a client has all that came before that record. Whichever station
        it was of, this is not after the earliest record that it can have been.
        """
        last = (sequence - 1) % (1 << bits)
        places = [self._after(self.stations[code], last, bits) for code in stations if code in self.stations]
        return min((place for place in places if place is not None), default=self.begin)

    def _after(self, station: Station, sequence: int, bits: Bits) -> int | None:
        """Position after a record; None when the station has not come to that number."""
        back = (station.next - sequence) % (1 << bits)
        if back == 0 or (bits == 64 and back > SEQUENCES // 2) or (bits == 24 and sequence >= station.next):
            return None
        place = self.find(station.code, sequence, bits)
        entry = self._entries.get(place)
        is_it = entry is not None and entry.stream.station is station and (entry.sequence - sequence) % (1 << bits) == 0
        return place + 1 if is_it else place


def kind(record: bytes) -> str:
    """SeedLink's format and subformat: ``3D``; for miniSEED 2 ``2`` and, as its blockettes say, ``D`` data, ``L`` log,
    ``E`` event, ``C`` calibration, ``T`` timing, ``O`` opaque.

    >>> kind(b"MS" + bytes([3]) + bytes(60)), kind(bytes(512))
    ('3D', '2D')
    """
    if record[:3] == b"MS\x03":
        return "3D"
    two = _TWO[">" if 1900 <= int.from_bytes(record[20:22], "big") <= 2100 else "<"]
    place, last = int.from_bytes(record[46:48], "big" if two is _TWO[">"] else "little"), len(record) - 8
    text = False
    for _ in range(MAX_BLOCKETTES):
        if not 48 <= place <= last:
            break
        number, follow = two.unpack_from(record, place)
        if number == 1000:
            text = record[place + 4] == 0
        elif number not in (100, 1001):
            return "2" + {2: "E", 3: "C", 5: "T", 20: "O"}.get(number // 100, "D")
        place = follow if follow > place else 0
    return "2L" if text else "2D"
