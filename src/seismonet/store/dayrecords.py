"""One day file as the writer sees it: is a record there already, does it share time with another?

The rule this file owns: memory is bounded however many records a file has. Records that arrived lately are remembered;
what a record might meet before those is looked up in the file itself::

    file     | record | record | record | … | record | record |
    known by  └── base: read when needed ──┘  └─── recent ────┘

Almost every record begins after all that is in its file, and needs neither.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from seismonet.core.arrays import IntArray
from seismonet.formats.miniseed import decode_packets

from .index import Day, Span
from .sds import places, walk_places

RECENT = 48
TAIL_BYTES = 64 * 1024
BASE_RECORDS = 250_000
"""Records of looked-up files that are kept in memory, all files together: 8 MB."""
BASE_MOST = 2048
"""Of a file that is looked up at most so many are remembered, and the latest half in any case: a quarter of an hour of
records of a second."""
COMPARED = 16
_EVER, _NEVER = -(2**63), 2**63 - 1


class Place(NamedTuple):
    """A record in a day file."""

    start_ns: int
    end_ns: int
    offset: int
    length: int


class Base:
    """Records of a file up to some byte, by start: all that end at ``floor_ns`` or later, and none of the others."""

    def __init__(self, found: Iterable[Place]) -> None:
        self._rows = _sorted(np.array(list(found), dtype=np.int64).reshape(-1, 4))
        self.floor_ns = _EVER

    @classmethod
    def of_file(cls, read: Callable[[int, int], bytes], length: int) -> "Base":
        """By the headers in the file."""
        base = cls(())
        parts = [
            np.stack((one.start_ns, one.end_ns, one.offset, one.length), axis=1) for one, _ in walk_places(read, length)
        ]
        base._rows = _sorted(np.concatenate([base._rows, *parts]))
        return base

    def add(self, found: Iterable[Place]) -> None:
        """More records; when they are many the earlier half is forgotten, as hardly anything comes so late."""
        rows = np.concatenate([self._rows, np.array(list(found), dtype=np.int64).reshape(-1, 4)])
        if len(rows) > BASE_MOST:
            self.floor_ns = max(self.floor_ns, int(np.partition(rows[:, 1], -BASE_MOST // 2)[-BASE_MOST // 2]))
            rows = rows[rows[:, 1] >= self.floor_ns]
        self._rows = _sorted(rows)

    def near(self, start_ns: int, end_ns: int) -> list[Place]:
        """Records that touch a time window, which does not begin before ``floor_ns``."""
        rows = self._rows
        upto = int(np.searchsorted(rows[:, 0], end_ns, side="right"))
        found = np.flatnonzero(rows[:upto, 1] >= start_ns)
        return [Place(*row) for row in rows[found].tolist()]

    def __len__(self) -> int:
        return len(self._rows)


def _sorted(rows: IntArray) -> IntArray:
    return np.asarray(rows[np.argsort(rows[:, 0], kind="stable")])


class Bases:
    """The files that were looked up last."""

    def __init__(self, records: int = BASE_RECORDS) -> None:
        self._records = records
        self._found: OrderedDict[str, Base] = OrderedDict()

    def get(self, path: str) -> Base | None:
        """What is known of a file."""
        if path in self._found:
            self._found.move_to_end(path)
        return self._found.get(path)

    def put(self, path: str, base: Base) -> None:
        """Remember a file, and forget others when they are too many."""
        self._found[path] = base
        while len(self._found) > 1 and sum(map(len, self._found.values())) > self._records:
            self._found.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        self._found.clear()


class DayRecords:
    """A day file, what the index says of it, and what is to be appended.

    Attributes
    ----------
    day : brought up to date with every record
    pending : payloads that are not in the file yet; ``written`` is how long that is
    spans, last_span : [live, late] the times that records of this batch cover; the last stretch, if it is known
    conflicts : times at which records of this batch disagree with others
    repeated, overlapping, late : how many records of this batch were there already, share time, came late
    half_ns : half a sample: so far apart records may lie and still touch
    """

    def __init__(self, day: Day, read: Callable[[int, int], bytes], bases: Bases) -> None:
        """``read(offset, length)`` gives the file's bytes."""
        self.day = day
        self.written = day.length
        self.pending: list[bytes] = []
        self.spans: tuple[list[Span], list[Span]] = ([], [])
        self.last_span: list[Span | None] = [None, None]
        self.conflicts: list[Span] = []
        self.repeated = self.overlapping = self.late = self.half_ns = 0
        self._read, self._bases = read, bases
        self._recent: list[Place] = []
        self._by_offset: dict[int, bytes] = {}
        self._longest_ns = 0
        # of what is neither remembered nor looked up: the latest start and the latest end
        self._past_start = day.newest_ns if day.length else _EVER
        self._past_end = day.last_ns if day.length else _EVER
        self._looked_back = not day.length

    def twin(self, payload: bytes, start_ns: int) -> Place | None:
        """The same record, if it is there already: equal but for a sequence number of version 2."""
        if start_ns > self.day.newest_ns or not self.day.length:
            return None
        for one in self._near(start_ns, start_ns, 0):
            if one.start_ns == start_ns and one.length == len(payload) and same(payload, self.payload(one)):
                self.repeated += 1
                return one
        return None

    def add(self, payload: bytes, extent: tuple[int, int, int], half_ns: int, late: bool) -> Place:
        """Take a record that is not there: ``extent`` is start, end and samples, ``half_ns`` half a sample."""
        start_ns, end_ns, samples = extent
        day = self.day
        place = Place(start_ns, end_ns, day.length, len(payload))
        if day.length and start_ns < day.last_ns - half_ns:
            self._overlap(payload, place, half_ns)
            day.turned_at = day.length
        day.first_ns = min(day.first_ns, start_ns) if day.length else start_ns
        day.last_ns = max(day.last_ns, end_ns) if day.length else end_ns
        day.newest_ns = max(day.newest_ns, start_ns) if day.length else start_ns
        day.records, day.samples, day.late = day.records + 1, day.samples + samples, day.late + late
        self.late += late
        self.half_ns = max(self.half_ns, half_ns)
        day.length += len(payload)
        self.pending.append(payload)
        self._by_offset[place.offset] = payload
        self._remember(place)
        if samples:
            own = self.spans[late]
            if own and own[-1][0] <= start_ns <= own[-1][1] + half_ns:
                own[-1] = own[-1][0], max(own[-1][1], end_ns)
            else:
                own.append((start_ns, end_ns))
        return place

    def payload(self, place: Place) -> bytes:
        """The bytes of a record, written or not."""
        return self._by_offset.get(place.offset) or self._read(place.offset, place.length)

    def flushed(self) -> None:
        """All that was pending is in the file, and in the index."""
        self.written = self.day.length
        self.pending, self.spans, self.conflicts = [], ([], []), []
        self.repeated = self.overlapping = self.late = 0
        self._by_offset.clear()
        if len(self._recent) <= 2 * RECENT:
            return
        by_age = sorted(self._recent, key=lambda place: place.offset)
        old, self._recent = by_age[:-RECENT], sorted(by_age[-RECENT:])
        self._longest_ns = max(place.end_ns - place.start_ns for place in self._recent)
        self._past_start = max(self._past_start, max(place.start_ns for place in old))
        self._past_end = max(self._past_end, max(place.end_ns for place in old))
        if (base := self._bases.get(self.day.path)) is not None:
            base.add(old)

    def _overlap(self, payload: bytes, place: Place, half_ns: int) -> None:
        if place.end_ns <= place.start_ns:
            return
        met = [
            one
            for one in self._near(place.start_ns, place.end_ns, half_ns)
            if one.start_ns < place.end_ns - half_ns
            and one.end_ns > place.start_ns + half_ns
            and one.end_ns > one.start_ns
        ]
        if not met:
            return
        self.day.overlaps += 1
        self.overlapping += 1
        if any(disagree(payload, self.payload(one)) for one in met[:COMPARED]):
            self.day.conflicts += 1
            self.conflicts.append((place.start_ns, place.end_ns))

    def _near(self, start_ns: int, end_ns: int, half_ns: int) -> list[Place]:
        """Records that touch a window; those of the past only when it reaches there."""
        if self._in_past(start_ns, half_ns) and not self._looked_back:
            self._look_back()
        first = bisect_left(self._recent, (start_ns - self._longest_ns,))
        last = bisect_left(self._recent, (end_ns + 1,))
        found = {one.offset: one for one in self._recent[first:last] if one.end_ns >= start_ns}
        if self._in_past(start_ns, half_ns):
            base = self._bases.get(self.day.path)
            if base is None or start_ns < base.floor_ns:
                base = Base.of_file(self._read, self.written)
                self._bases.put(self.day.path, base)
            found |= {one.offset: one for one in base.near(start_ns, end_ns)}
        return [found[offset] for offset in sorted(found)]

    def _in_past(self, start_ns: int, half_ns: int) -> bool:
        return start_ns <= self._past_start or start_ns < self._past_end - half_ns

    def _look_back(self) -> None:
        """Remember the file's last records: if they are all since its last disorder, the rest ends before them."""
        self._looked_back = True
        at = max(0, self.written - TAIL_BYTES)
        found, _ = places(self._read(at, self.written - at), at)
        if not len(found):
            return
        columns = (found.start_ns, found.end_ns, found.offset, found.length)
        for row in zip(*(column.tolist() for column in columns), strict=True):
            self._remember(Place(*row))
        begin = int(found.offset[0])
        if begin == 0:
            self._past_start = self._past_end = _EVER
        elif begin > self.day.turned_at:
            self._past_start = int(found.start_ns[0]) - 1
            self._past_end = int(found.start_ns[0])

    def _remember(self, place: Place) -> None:
        self._longest_ns = max(self._longest_ns, place.end_ns - place.start_ns)
        if not self._recent or place.start_ns >= self._recent[-1].start_ns:
            self._recent.append(place)
        else:
            insort(self._recent, place)


def same(one: bytes, other: bytes) -> bool:
    """Are two records the same? Sequence numbers of version 2 are the server's, not the record's."""
    return one == other or (one[:2] != b"MS" and other[:2] != b"MS" and one[6:] == other[6:])


def disagree(one: bytes, other: bytes) -> bool:
    """Do two records give different samples for a time that both cover? Yes also when one of them cannot be decoded."""
    found = decode_packets([one, other]).receipts
    if len(found) < 2:
        return True
    first, second = found.record(0), found.record(1)
    if abs(first.rate_hz - second.rate_hz) > 1e-6 * first.rate_hz:
        return True
    shift = round((second.start_ns - first.start_ns) * first.rate_hz / 1e9)
    begin, end = max(0, shift), min(len(first.samples), shift + len(second.samples))
    return not np.array_equal(first.samples[begin:end], second.samples[begin - shift : end - shift])
