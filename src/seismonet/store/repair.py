"""Making an archive sound again.

The rule this file owns: nothing is thrown away. What is moved out of a day file is on the disk in its new place, the
quarantine or the journal, before the file is written anew; and the index is put aside first, so that a repair that is
cut short leaves an archive that the next one, or the daemon, puts in order.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seismonet.core.arrays import BoolArray
from seismonet.core.errors import ArchiveError
from seismonet.core.waveform import LATE, Delivery

from .archive import Archive
from .contents import Contents, contents
from .dayfiles import DayFile, day_files
from .files import Disk
from .index import NAME, Index
from .indexwriter import HERE, Day, Span, Writer
from .inspection import SDS
from .journal import Journal
from .placing import union
from .quarantine import FOLDER as QUARANTINE
from .recovery import without
from .verify import CHANNEL, DAY, STEIM, checks

ASIDE = "before-repair"
Piece = tuple[int, int, str]
"""Bytes of a file: offset, length, and why they do not stay."""
SOURCE = "repair"
"""What records that were in a wrong file give as their source."""


@dataclass(slots=True)
class Repaired:
    """What was done: ``moved`` records (by code) and ``junk`` bytes to the quarantine, records sent to their own files,
    which files were written anew; and what the archive found while it was put in order."""

    files: int = 0
    rewritten: list[str] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    junk: int = 0
    sent: int = 0
    notes: tuple[str, ...] = ()


def repair(archive: Archive, received_ns: int, progress: Callable[[int], None] | None = None) -> Repaired:
    """Put an archive in order; the caller holds its lock.

    ArchiveError when the disk does not let us: nothing is lost, and it can be tried again.
    """
    done = Repaired()
    told = _told(archive.folder / NAME)
    try:
        aside = _put_aside(archive.disk, archive.folder)
        journal = Journal(archive.folder / "journal", disk=archive.disk)
        try:
            for one in day_files(archive.folder / SDS):
                _mend(archive, journal, one, (received_ns, done))
                if progress is not None:
                    progress(archive.disk.size(one.path) or 0)
            done.notes = archive.recover(journal).notes
            if aside:
                done.notes += (f"the index as it was is kept: {archive.folder / NAME}.{ASIDE}",)
            _remember(archive, told, done)
        finally:
            archive.close()
            journal.close()
    except OSError as error:
        where = error.filename or archive.folder
        raise ArchiveError(f"{where}: cannot be mended: {error.strerror or error}; check the disk") from None
    return done


@dataclass(frozen=True, slots=True)
class _Told:
    """What an index tells of a day file that the file does not: counts, and what came live and what late."""

    day: Day
    live: list[Span]
    late: list[Span]


def _told(path: Path) -> list[_Told] | None:
    """All of it; None when the index cannot be read."""
    if not path.is_file():
        return []
    try:
        index = Index(path)
    except ArchiveError:
        return None
    try:
        rows = index.days()
        with index.writing() as writer:
            return [_Told(row, writer.spans(row, False), writer.spans(row, True)) for row in rows]
    except ArchiveError:
        return None
    finally:
        index.close()


def _remember(archive: Archive, told: list[_Told] | None, done: Repaired) -> None:
    if told is None:
        lost = "which days were removed on purpose, what came late and how often records came twice is forgotten"
        done.notes += (f"the old index could not be read: {lost}",)
        return
    found = [(one, archive.index.day(one.day.source_id, one.day.day)) for one in told]
    with archive.index.writing() as writer:
        for one, day in found:
            if day is not None:
                _late_and_twice(writer, one, day)
            elif one.day.state != HERE:
                writer.put_days([one.day])
                writer.put_spans([(one.day, False, span) for span in one.live])
                writer.put_spans([(one.day, True, span) for span in one.late])


def _late_and_twice(writer: Writer, old: _Told, day: Day) -> None:
    """Into the new row of a day file.

    The journal that was taken again offered everything a second time, so the new count of duplicates says nothing. Of
    the records that went to the quarantine nobody knows whether they had come late: there are at most as many.
    """
    day.duplicates = old.day.duplicates
    day.late = min(day.late + old.day.late, day.records)
    live, late = writer.spans(day, False), writer.spans(day, True)
    only_late = without(old.late, old.live)
    here = union([*live, *late], 0)
    writer.put_days([day])
    writer.drop_spans(day)
    writer.put_spans([(day, False, span) for span in without(live, only_late)])
    writer.put_spans([(day, True, span) for span in union([*late, *_common(here, old.late)], 0)])


def _common(spans: list[Span], others: list[Span]) -> list[Span]:
    return without(spans, without(spans, others))


def _put_aside(disk: Disk, folder: Path) -> bool:
    """The index as it was, with what SQLite has beside it; was there one?"""
    found = disk.size(folder / NAME) is not None
    for suffix in ("", "-wal", "-shm"):
        path = folder / f"{NAME}{suffix}"
        if disk.size(path) is not None:
            disk.rename(path, folder / f"{NAME}.{ASIDE}{suffix}")
    return found


def _mend(archive: Archive, journal: Journal, one: DayFile, into: tuple[int, Repaired]) -> None:
    received_ns, done = into
    done.files += 1
    data = archive.disk.read(one.path, 0, archive.disk.size(one.path) or 0)
    found = contents(data)
    wrong = {check.code: check.where for check in checks(found, data, one.source_id, one.day) if check.code != STEIM}
    stray = (wrong[CHANNEL] | wrong[DAY]) & ~_any(found, [wrong[code] for code in wrong if code not in (CHANNEL, DAY)])
    bad = _any(found, list(wrong.values()))
    if not bad.any() and not found.skipped:
        return
    path = one.path.relative_to(archive.folder).as_posix()
    _keep(archive, path, data, _lines(found, wrong, stray, done))
    if packets := found.packets(data, stray):
        journal.append([Delivery(SOURCE, received_ns, tuple(packets), LATE)])
        journal.commit()
        done.sent += len(packets)
    good = b"".join(packet.payload for packet in found.packets(data, ~bad))
    if good:
        _write(archive.disk, one.path, good)
    else:
        archive.disk.remove(one.path)
    done.rewritten.append(path)


def _any(found: Contents, masks: list[BoolArray]) -> BoolArray:
    return np.logical_or.reduce(masks) if masks else np.zeros(len(found), dtype=bool)


def _lines(
    found: Contents, wrong: dict[str, BoolArray], stray: BoolArray, done: Repaired
) -> list[tuple[int, int, str]]:
    """What goes to the quarantine."""
    lines = [(skip.offset, skip.length, skip.reason) for skip in found.skipped]
    done.junk += sum(length for _, length, _ in lines)
    taken = stray.copy()
    for code, where in wrong.items():
        for k in np.flatnonzero(where & ~taken).tolist():
            lines.append((int(found.offset[k]), int(found.length[k]), code))
            done.moved[code] += 1
        taken |= where
    return sorted(lines)


def _keep(archive: Archive, path: str, data: bytes, lines: list[Piece]) -> None:
    """Into a new file of the quarantine, with a line of JSON for each piece."""
    if not lines:
        return
    folder, disk = archive.folder / QUARANTINE, archive.disk
    disk.make_folder(folder)
    taken = set(disk.names(folder))
    number = next(one for one in range(len(taken) + 1) if f"repair.{one}.bin" not in taken)
    told, at = [], 0
    for offset, length, reason in lines:
        told.append({"offset": at, "length": length, "file": path, "from": offset, "reason": reason})
        at += length
    _append(
        disk, folder / f"repair.{number}.bin", b"".join(data[offset : offset + length] for offset, length, _ in lines)
    )
    _append(disk, folder / f"repair.{number}.jsonl", b"".join(json.dumps(one).encode() + b"\n" for one in told))
    disk.sync_folder(folder)


def _write(disk: Disk, path: Path, data: bytes) -> None:
    """A file in the place of another, whole at every moment."""
    part = path.with_name(f".{path.name}.part")
    disk.remove(part)
    _append(disk, part, data)
    disk.rename(part, path)


def _append(disk: Disk, path: Path, data: bytes) -> None:
    file = disk.append(path)
    try:
        file.write(data)
        file.sync()
    finally:
        file.close()
