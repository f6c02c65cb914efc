"""Where each packet of the journal goes: which file, or the quarantine, or nowhere as it is there already.

Nothing is written here. ``Memory`` is what the writer remembers of the index between two takes; ``Batch`` is one part
of the journal on its way.
"""

import json
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from seismonet.core.plain import from_plain, to_plain
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Resume
from seismonet.formats.usual import Usual

from .dayrecords import BASE_RECORDS, Bases, DayRecords
from .files import Disk
from .frames import Frames
from .index import HERE, Day, Index, Span, Writer
from .indexwriter import USUAL
from .journal import Origin, Position
from .openfiles import Addition
from .quarantine import Quarantine
from .receiptslog import ReceiptsLog
from .sds import day_of
from .sorting import Sorted

SDS = "sds"
MOST_DAYS = 2048
"""So many day files are remembered; others are looked up in the index again."""
Key = tuple[SourceId, int]


@dataclass(slots=True)
class Taken:
    """What became of a part of the journal.

    Each of the ``packets`` is ``archived``, one of the ``duplicates``, or ``quarantined`` (by source and reason);
    ``outcomes`` counts all by source and reason. ``overlaps`` of the archived share time with others, ``conflicts`` of
    those disagree; ``unreadable_bytes`` of the journal were damaged. ``position`` is how far the archive has come.
    """

    position: Position
    packets: int = 0
    archived: int = 0
    late: int = 0
    duplicates: int = 0
    overlaps: int = 0
    conflicts: int = 0
    unreadable_bytes: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    quarantined: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: "Taken") -> None:
        """Count what was taken after this as well."""
        for name in ("packets", "archived", "late", "duplicates", "overlaps", "conflicts", "unreadable_bytes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.outcomes += other.outcomes
        self.quarantined += other.quarantined
        self.position = other.position


class Memory:
    """What the index says, as far as the writer needs it."""

    def __init__(self, index: Index, disk: Disk, root: Path, base_records: int = BASE_RECORDS) -> None:
        self.position = index.checkpoint()
        self.usual, self.saved_usual = _usual(index), _usual(index)
        self.resume = index.resume()
        self.lengths = index.files()
        self.quarantine = Quarantine(self.lengths)
        self.receipts = ReceiptsLog(disk, root, self.lengths)
        self._index, self._disk, self._root = index, disk, root
        self._days: OrderedDict[Key, DayRecords] = OrderedDict()
        self._bases = Bases(base_records)

    def day(self, key: Key) -> DayRecords:
        """The file of a channel and day, which may not be there yet."""
        found = self._days.get(key)
        if found is None:
            known = self._index.day(*key)
            day = known if known is not None and known.state == HERE else Day(*key)
            found = DayRecords(day, partial(self._disk.read, self._root / SDS / day.path), self._bases)
            self._days[key] = found
        self._days.move_to_end(key)
        return found

    def flushed(self, batch: "Batch") -> None:
        """All of a batch is on the disk and in the index."""
        self.lengths |= batch.file_lengths()
        self.resume |= batch.resume
        if batch.usual_changed:
            self.saved_usual = _copy(self.usual)
        for one in batch.days.values():
            one.flushed()
        while len(self._days) > MOST_DAYS:
            self._days.popitem(last=False)


class Batch:
    """Some frames on their way: ``taken`` counts them, ``days`` are the files that they go to."""

    def __init__(self, memory: Memory, frames: Frames, ruled: Sorted, follow: Position) -> None:
        self.taken = Taken(follow, unreadable_bytes=frames.skipped)
        self.days: dict[Key, DayRecords] = {}
        self.resume: dict[Origin, Resume] = {}
        self._memory, self._frames, self._ruled = memory, frames, ruled
        self._files: list[Addition] = []
        self._is_whole = False

    def place_all(self) -> None:
        """All packets, with receipts, quarantine and positions to resume from."""
        memory, frames, ruled = self._memory, self._frames, self._ruled
        self._is_whole = True
        origins, received = frames.origin.tolist(), frames.received_ns.tolist()
        for k, name in enumerate(ruled.name):
            origin, payload = frames.origins[origins[k]], frames.payload(k)
            told = origin[0], ruled.reason[k]
            self.taken.packets += 1
            self.taken.outcomes[told] += 1
            if name is None:
                memory.quarantine.add(payload, ruled.reason[k], origin, received[k])
                self.taken.quarantined[told] += 1
                continue
            path, offset, is_twin = self._place(k, name, payload)
            if ruled.used[k]:
                memory.receipts.add(payload, (path, offset), origin[0], received[k], is_twin)
        self._note_resume(origins, received)
        self._count()
        parts = memory.receipts.drain() | memory.quarantine.drain()
        self._files = [Addition(path, memory.lengths.get(path, 0), parts[path]) for path in sorted(parts)]

    def place_only(self, keys: frozenset[Key]) -> None:
        """Only what belongs into some files; nothing else happens."""
        for k, name in enumerate(self._ruled.name):
            if name is not None and (name, day_of(self._ruled.start_ns[k])) in keys:
                self._place(k, name, self._frames.payload(k))

    def _place(self, k: int, name: SourceId, payload: bytes) -> tuple[str, int, bool]:
        """Day file below ``sds/``, offset there, and was it there before."""
        ruled = self._ruled
        start_ns = ruled.start_ns[k]
        key = name, day_of(start_ns)
        day = self.days.get(key)
        if day is None:
            day = self.days[key] = self._memory.day(key)
        twin = day.twin(payload, start_ns)
        if twin is not None:
            return day.day.path, twin.offset, True
        extent = start_ns, ruled.end_ns[k], ruled.samples[k]
        return day.day.path, day.add(payload, extent, ruled.half_ns[k], ruled.late[k]).offset, False

    def _note_resume(self, origins: list[int], received: list[int]) -> None:
        """The newest packet of each station; its end from the newest that is a record. Late packets say nothing."""
        frames, ruled = self._frames, self._ruled
        for k, flags in enumerate(frames.flags.tolist()):
            if flags:
                continue
            origin = frames.origins[origins[k]]
            last = self.resume.get(origin) or self._memory.resume.get(origin)
            end_ns = ruled.end_ns[k] if ruled.name[k] is not None else last.end_ns if last is not None else received[k]
            self.resume[origin] = Resume(frames.sequence[k], end_ns)

    def _count(self) -> None:
        for one in self.days.values():
            one.day.duplicates += one.repeated
            self.taken.archived += len(one.pending)
            self.taken.late += one.late
            self.taken.duplicates += one.repeated
            self.taken.overlaps += one.overlapping
            self.taken.conflicts += len(one.conflicts)

    def additions(self) -> list[Addition]:
        """What is to be written, records first."""
        grown = [one for one in self.days.values() if one.pending]
        return [Addition(f"{SDS}/{one.day.path}", one.written, one.pending) for one in grown] + self._files

    def file_lengths(self) -> dict[str, int]:
        """Length of the receipts' and the quarantine's files after that."""
        return {one.path: one.length + sum(map(len, one.parts)) for one in self._files}

    @property
    def usual_changed(self) -> bool:
        """Is what the channels usually send another than the index says?"""
        return self._is_whole and self._memory.usual != self._memory.saved_usual

    def write(self, writer: Writer) -> None:
        """Tell the index of it."""
        days = list(self.days.values())
        for one in days:
            if not one.written:  # what is known of a file that was removed once
                writer.drop_spans(one.day)
        writer.put_days([one.day for one in days])
        writer.put_spans([row for one in days for row in _spans(writer, one)])
        for one in days:
            for span in one.conflicts:
                writer.add_conflict(one.day, span)
        writer.put_resume(self.resume)
        writer.put_files(self.file_lengths())
        if self.usual_changed:
            writer.put_fact(USUAL, json.dumps(to_plain(self._memory.usual)))


def _spans(writer: Writer, one: DayRecords) -> list[tuple[Day, bool, Span]]:
    """Spans to set for a file; those that they join are dropped."""
    rows = []
    for late, new in enumerate(one.spans):
        if not new:
            continue
        last = one.last_span[late]
        is_next = last is not None and last[0] <= new[0][0] <= last[1] + one.half_ns
        if is_next and len(new) == 1 and last is not None:
            found = [(last[0], max(last[1], new[0][1]))]
        else:
            hull = min(new)[0] - one.half_ns, max(end for _, end in new) + one.half_ns
            old = writer.spans(one.day, bool(late), hull)
            found = union([*old, *new], one.half_ns)
            kept = {begin for begin, _ in found}
            if gone := [span for span in old if span[0] not in kept]:
                writer.drop_spans(one.day, bool(late), gone)
        one.last_span[late] = found[-1] if found[-1][1] >= one.day.last_ns else None
        rows += [(one.day, bool(late), span) for span in found]
    return rows


def union(spans: Iterable[Span], half_ns: int) -> list[Span]:
    """Spans joined where they touch, by start.

    >>> union([(10, 20), (0, 5), (6, 9)], 1)
    [(0, 20)]
    """
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1] + half_ns:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def _usual(index: Index) -> Usual:
    found = index.fact(USUAL)
    usual: Usual = from_plain(Usual, json.loads(found)) if found else Usual()
    return usual


def _copy(usual: Usual) -> Usual:
    return Usual(dict(usual.encoding), dict(usual.strange), dict(usual.held))
