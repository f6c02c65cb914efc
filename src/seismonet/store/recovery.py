"""What is found in an archive's folder at the start, and what the index says of it.

The rule this file owns: bytes that nobody vouches for are moved, never deleted; an index that cannot be read is put
aside, and a new one is made from the files themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from seismonet.core.arrays import IntArray
from seismonet.core.waveform import Resume

from .files import Disk
from .index import HERE, NAME, DamagedError, Day, Index, Loss, Span, Writer
from .journal import Journal, Origin
from .opening import rename_aside
from .placing import SDS, union
from .quarantine import FOLDER, Tail
from .receiptslog import FOLDER as RECEIPTS
from .receiptslog import ROW
from .sds import DAY_NS, Places, day_of, walk_places

COMPLETE = "complete"
RECENT_NS = DAY_NS
"""A loss that ends longer than this before the newest record does not move the position to resume from: it is a gap."""


def open_index(disk: Disk, root: Path, journal: Journal, busy_ms: int, notes: list[str]) -> tuple[Index, bool]:
    """The index of an archive, and was it made anew from the files?"""
    path = root / NAME
    index: Index | None = None
    try:
        index = Index(path, create=True, busy_ms=busy_ms)
        if damage := index.damage():
            raise DamagedError(damage)
    except DamagedError as error:
        if index is not None:
            index.close()
        notes.append(f"{error}: it was renamed to {rename_aside(disk, path)} and is made anew")
        index = Index(path, create=True, busy_ms=busy_ms)
    if index.fact(COMPLETE):
        return index, False
    try:
        count = rebuild(disk, root, journal, index)
    except BaseException:
        index.close()
        raise
    if count:
        notes.append(f"the index was made from {count} day files")
    return index, bool(count)


def rebuild(disk: Disk, root: Path, journal: Journal, index: Index) -> int:
    """Fill an empty index from the day files; how many there are.

    The journal is to be taken again from where it is not certain any more that all of it is in the files: the receipts
    tell how far it had come at least. What is there already will be found to be, and receipts from there on are cut.
    (Were the clock set back between two runs within the last segments, some receipts of that time may be missing.)
    """
    count = 0
    for path in disk.walk(root / SDS):
        day = _day_at(disk, root, path)
        if day is not None:
            with index.writing() as writer:
                survey(disk, root, day).write(writer)
            count += 1
    last_ns = _last_receipt_ns(disk, root)
    segment, first_ns = journal.before(last_ns)
    lengths = {}
    for folder in (RECEIPTS, FOLDER):
        for name in disk.names(root / folder):
            place = root / folder / name
            lengths[f"{folder}/{name}"] = (
                _usable(disk, place, first_ns) if folder == RECEIPTS else disk.size(place) or 0
            )
    with index.writing() as writer:
        writer.put_files(lengths)
        writer.put_checkpoint(segment)
        writer.put_fact(COMPLETE, "yes")
    return count


def _last_receipt_ns(disk: Disk, root: Path) -> int | None:
    """When the last record was received that the log of receipts tells of; None without a log."""
    for name in reversed(disk.names(root / RECEIPTS)):
        whole = (disk.size(root / RECEIPTS / name) or 0) // ROW.itemsize
        if name.endswith(".rows") and whole:
            data = disk.read(root / RECEIPTS / name, (whole - 1) * ROW.itemsize, ROW.itemsize)
            return int(np.frombuffer(data, dtype=ROW)["received_ns"][0])
    return None


def _usable(disk: Disk, path: Path, first_ns: int | None) -> int:
    """How much of a file of receipts does not follow from the journal, which begins at ``first_ns``."""
    size = disk.size(path) or 0
    data = disk.read(path, 0, size)
    if path.suffix != ".rows":
        return data.rfind(b"\n") + 1
    rows = np.frombuffer(data, dtype=ROW, count=size // ROW.itemsize)
    after = np.flatnonzero(rows["received_ns"] >= first_ns) if first_ns is not None else np.empty(0, dtype=np.int64)
    return (int(after[0]) if len(after) else len(rows)) * ROW.itemsize


def _day_at(disk: Disk, root: Path, path: Path) -> Day | None:
    """The channel and day of a file, which its first record tells; None when the file is not in that one's place."""
    size = disk.size(path) or 0
    for found, _ in walk_places(partial(disk.read, path), size):
        if len(found):
            day = Day(found.names[int(found.channel[0])], day_of(int(found.start_ns[0])))
            return day if path == root / SDS / day.path else None
    return None


@dataclass(frozen=True, slots=True)
class Survey:
    """What a day file holds, by its bytes."""

    day: Day
    spans: list[Span]

    def write(self, writer: Writer) -> None:
        """Tell the index, which forgets what it knew of the file."""
        writer.put_days([self.day])
        writer.drop_spans(self.day)
        writer.put_spans([(self.day, False, span) for span in self.spans])


def survey(disk: Disk, root: Path, old: Day) -> Survey:
    """Look at the records of a day file, by their headers; ``length`` is where the last whole one ends.

    What came late cannot be told from the file.
    """
    path = root / SDS / old.path
    day = Day(old.source_id, old.day, duplicates=old.duplicates, conflicts=old.conflicts)
    starts, ends = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    half_ns = 0
    for found, upto in walk_places(partial(disk.read, path), disk.size(path) or 0):
        if not len(found):
            continue
        own_start, own_end = _extend(day, found)
        day.length = upto
        starts, ends = np.concatenate((starts, own_start)), np.concatenate((ends, own_end))
        half_ns = max(half_ns, _half_ns(found))
        spans = union(zip(starts.tolist(), ends.tolist(), strict=True), half_ns)
        starts, ends = (np.array(one, dtype=np.int64) for one in zip(*spans, strict=True)) if spans else (starts, ends)
    return Survey(day, list(zip(starts.tolist(), ends.tolist(), strict=True)))


def _half_ns(found: Places) -> int:
    real = found.count > 0
    return int(np.max((found.end_ns - found.start_ns)[real] // found.count[real] // 2)) if real.any() else 0


def _extend(day: Day, found: Places) -> tuple[IntArray, IntArray]:
    """Count more records of a file in; starts and ends of those that have samples."""
    reach = np.maximum.accumulate(np.concatenate(([day.last_ns if day.records else found.start_ns[0]], found.end_ns)))
    half_ns = (found.end_ns - found.start_ns) // np.maximum(found.count, 1) // 2
    back = np.flatnonzero(found.start_ns < reach[:-1] - half_ns)
    if len(back):
        day.turned_at = int(found.offset[back[-1]])
    first_ns, newest_ns = int(found.start_ns.min()), int(found.start_ns.max())
    day.first_ns = min(day.first_ns, first_ns) if day.records else first_ns
    day.newest_ns = max(day.newest_ns, newest_ns) if day.records else newest_ns
    day.last_ns = int(reach[-1])
    day.records, day.samples = day.records + len(found), day.samples + int(found.count.sum())
    real = found.count > 0
    start_ns, end_ns = found.start_ns[real], found.end_ns[real]
    order = np.argsort(start_ns, kind="stable")
    before = np.maximum.accumulate(end_ns[order])[:-1]
    day.overlaps += int(np.count_nonzero(start_ns[order][1:] < before - half_ns[real][order][1:]))
    return start_ns, end_ns


def check_checkpoint(index: Index, journal: Journal, notes: list[str]) -> None:
    """The journal may have become shorter than what was archived from it; then it goes on from its present end."""
    checkpoint, end = index.checkpoint(), journal.end
    if checkpoint > end:
        notes.append(f"the journal ends at {tuple(end)}, before the archived part of it ends, {tuple(checkpoint)}")
        with index.writing() as writer:
            writer.put_checkpoint(end)


@dataclass(frozen=True, slots=True)
class Compared:
    """Files that are not as the index says: bytes behind their recorded ends, and day files that are too short."""

    tails: list[Tail]
    shorter: list[Day]


def compare(disk: Disk, root: Path, index: Index) -> Compared:
    """Look at the length of every file that the index knows. What was removed on purpose is not missed.

    Receipts and quarantine that are too long are cut, as they follow from the journal; too short, they are taken as
    they are.
    """
    found = Compared([], [])
    for day in index.days():
        size = disk.size(root / SDS / day.path) if day.state == HERE else day.length
        if size is None or size < day.length:
            found.shorter.append(day)
        elif size > day.length:
            found.tails.append(Tail(root / SDS / day.path, day.length, size - day.length))
    cut: dict[str, int] = {}
    for path, length in index.files().items():
        size = disk.size(root / path) or 0
        if size > length:
            disk.truncate(root / path, length)
        elif size < length:
            cut[path] = size // ROW.itemsize * ROW.itemsize if path.endswith(".rows") else size
            if size > cut[path]:
                disk.truncate(root / path, cut[path])
    if cut:
        with index.writing() as writer:
            writer.put_files(cut)
    return found


def without(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What of some spans is not in others.

    >>> without([(0, 10)], [(2, 4), (8, 20)])
    [(0, 2), (4, 8)]
    """
    found: list[Span] = []
    for begin, end in union(spans, 0):
        at = begin
        for start, stop in union(others, 0):
            if start < end and stop > at:
                if start > at:
                    found.append((at, start))
                at = max(at, stop)
        if at < end:
            found.append((at, end))
    return found


def taken_back(resume: Mapping[Origin, Resume], losses: Sequence[Loss]) -> dict[Origin, Resume]:
    """Positions to resume from, so that what was lost lately is asked for again; only those that change."""
    changed: dict[Origin, Resume] = {}
    for loss in losses:
        for origin, one in resume.items():
            one = changed.get(origin, one)
            if origin[1] == loss.source_id.station_code and one.end_ns - RECENT_NS <= loss.end_ns:
                changed[origin] = Resume(-1, min(one.end_ns, loss.start_ns))
    return changed
