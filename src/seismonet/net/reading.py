"""From the ring to one client's packets: which records, framed for its version of the protocol.

The rule this file owns: whether a stream is wanted is decided once for each client and stream, so that a record which
is not wanted costs a client one look into a dictionary.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .ring import Entry, Ring, Stream
from .selectors import Wish

RECORD3 = 512
"""SeedLink 3 carries miniSEED 2 records of this length and nothing else."""
LATE_NS = 60_000_000_000
"""How long after the end of a time window a record that belongs to it may still come."""
MAX_DECIDED = 20_000


@dataclass(slots=True)
class _Cut:
    """Of a wanted stream: nothing before a position, nothing outside a time window."""

    position: int
    begin_ns: int | None
    end_ns: int | None

    @property
    def is_open(self) -> bool:
        return self.begin_ns is None and self.end_ns is None

    def takes(self, entry: Entry) -> bool:
        """Starts before the window's end, ends after its begin (SeedLink 4, command DATA)."""
        if entry.position < self.position or (self.end_ns is not None and entry.start_ns >= self.end_ns):
            return False
        return self.begin_ns is None or entry.end_ns > self.begin_ns


class Reader:
    """A client's place in the ring.

    ``position`` is of the record to look at next, ``lost`` counts records that were dropped from the ring before this
    client came to look at them, ``unsuited`` those that were wanted and that SeedLink 3 cannot carry.
    """

    def __init__(self, ring: Ring, wishes: Sequence[Wish], version: int, dialup: bool = False) -> None:
        self.ring, self.wishes, self.version = ring, tuple(wishes), version
        self._from = [wish.position(ring) for wish in self.wishes]
        self._until = ring.end if dialup else None
        self._decided: dict[Stream, _Cut | None] = {}
        self.position = min(self._from, default=ring.end)
        self.lost = self.unsuited = self.sent = 0

    @property
    def behind(self) -> int:
        """Records in the ring that are still to be looked at."""
        return max(0, self.ring.end - max(self.position, self.ring.begin))

    def read(self, limit: int) -> list[bytes]:
        """The packets among the next ``limit`` records, in pieces to be sent one after the other."""
        if self.position < self.ring.begin:
            self.lost += self.ring.begin - self.position
            self.position = self.ring.begin
        if self._until is not None:
            limit = min(limit, self._until - self.position)
        entries = self.ring.read(self.position, limit)
        self.position += len(entries)
        wanted = self._wanted(entries)
        if self.version == 3:
            suited = [entry for entry in wanted if _suits(entry)]
            self.unsuited += len(wanted) - len(suited)
            self.sent += len(suited)
            return [piece for entry in suited for piece in (b"SL%06X" % (entry.sequence & 0xFFFFFF), entry.payload)]
        self.sent += len(wanted)
        return [entry.frame for entry in wanted]

    def _wanted(self, entries: list[Entry]) -> list[Entry]:
        decided, wanted = self._decided, []
        for entry in entries:
            try:
                cut = decided[entry.stream]
            except KeyError:
                cut = self._decide(entry.stream)
            if cut is not None and entry.position >= cut.position and (cut.is_open or cut.takes(entry)):
                wanted.append(entry)
        return wanted

    def _decide(self, stream: Stream) -> _Cut | None:
        """The first wish that means a station is the one that counts for it (SeedLink 4, command STATION)."""
        if len(self._decided) >= MAX_DECIDED:
            self._decided.clear()
        cut = None
        for wish, position in zip(self.wishes, self._from, strict=True):
            if wish.takes_station(stream.station.station_id):
                cut = _Cut(position, wish.begin_ns, wish.end_ns) if wish.takes_stream(stream) else None
                break
        self._decided[stream] = cut
        return cut

    def is_over(self, now_ns: int) -> bool:
        """Is there nothing more to come: all queued data sent (dial-up), or every time window past?

        A window is past when every selected stream of the ring has come to its end, or a minute later by the clock.
        """
        if self._until is not None:
            return self.position >= self._until
        ends = [wish.end_ns for wish in self.wishes]
        if not ends or None in ends or self.behind:
            return False
        if now_ns >= max(end for end in ends if end is not None) + LATE_NS:
            return True
        selected = [(stream, cut) for stream in self.ring.streams.values() if (cut := self._cut(stream))]
        return bool(selected) and all(cut.end_ns is None or stream.end_ns >= cut.end_ns for stream, cut in selected)

    def _cut(self, stream: Stream) -> _Cut | None:
        return self._decided[stream] if stream in self._decided else self._decide(stream)


def _suits(entry: Entry) -> bool:
    return entry.stream.kind[0] == "2" and len(entry.frame) == entry.stream.offset + RECORD3
