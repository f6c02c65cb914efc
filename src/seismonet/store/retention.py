"""What is removed from an archive, so that there is room for what comes.

The rule this file owns: only whole days go, the oldest first, of all channels alike; never today, never the journal.
What goes by age goes when it is old enough; what goes for lack of space goes until there is enough, and no further.
"""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.errors import ArchiveError

from .archive import Archive
from .indexwriter import HERE, Day
from .quarantine import FOLDER as QUARANTINE
from .receiptslog import FOLDER as RECEIPTS
from .receiptslog import SDS, log_path
from .sds import DAY_NS, day_of

GIB, MIB = 2**30, 2**20


@parameters(frozen=True)
class RetentionParams:
    """How long data are kept."""

    days: float = Field(default=0.0, ge=0, description="age at which a day is removed; 0: keep for ever")
    free_gb: float = Field(default=2.0, ge=0, description="oldest days are removed to keep so much free, GiB; 0: never")
    free_percent: float = Field(default=5.0, ge=0, lt=100, description="and so much of the disk, percent; 0: never")
    quarantine_mb: float = Field(default=1024.0, ge=1, description="what is kept of refused bytes, the newest, MiB")


@dataclass(frozen=True, slots=True)
class Space:
    """A disk: what is free, and all of it."""

    free_bytes: int
    total_bytes: int


def days_to_remove(days: Mapping[int, int], now_ns: int, space: Space, params: RetentionParams) -> list[int]:
    """Which days (since 1970) go, oldest first. ``days`` are the bytes of each day that has files.

    >>> days_to_remove({0: 5, 1: 5, 2: 5}, 3 * DAY_NS, Space(10**12, 10**12), RetentionParams(days=1.5))
    [0]
    """
    oldest_first = sorted(day for day in days if day < day_of(now_ns))
    going = [day for day in oldest_first if params.days and (day + 1 + params.days) * DAY_NS <= now_ns]
    lacking = _wanted_bytes(space, params) - space.free_bytes - sum(days[day] for day in going)
    for day in oldest_first[len(going) :]:
        if lacking <= 0:
            break
        going.append(day)
        lacking -= days[day]
    return going


def _wanted_bytes(space: Space, params: RetentionParams) -> float:
    return max(params.free_gb * GIB, params.free_percent / 100 * space.total_bytes)


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed: days (since 1970), their day files and bytes; and bytes of the quarantine."""

    days: tuple[int, ...] = ()
    files: int = 0
    bytes: int = 0
    quarantine_bytes: int = 0


def retain(archive: Archive, now_ns: int, params: RetentionParams) -> Removed:
    """Remove what is too old or too much; for the archive's writer, now and then.

    The index says first that a day is removed, so that no crash makes a loss of it. ArchiveError when the index or the
    disk cannot be written: what was not removed is the next time.
    """
    every = archive.index.days()
    rows = [row for row in every if row.state == HERE and row.length]
    days = Counter[int]()
    for row in rows:
        days[row.day] += row.length
    try:
        _remove_rest(archive, [row for row in every if row.state != HERE])
        space = Space(archive.disk.free_bytes(archive.folder), shutil.disk_usage(archive.folder).total)
        going = days_to_remove(days, now_ns, space, params)
        for day in going:
            _remove_day(archive, [row for row in rows if row.day == day])
        if going:
            _remove_receipts(archive, going[-1])
        trimmed = trim_quarantine(archive, params)
    except OSError as error:
        where = error.filename or archive.folder
        raise ArchiveError(f"{where}: cannot be removed: {error.strerror or error}; check the disk") from None
    files = sum(row.day in going for row in rows)
    return Removed(tuple(going), files, sum(days[day] for day in going), trimmed)


def _remove_day(archive: Archive, rows: Sequence[Day]) -> None:
    archive.release([f"{SDS}/{row.path}" for row in rows])
    with archive.index.writing() as writer:
        writer.mark_removed(rows)
    for row in rows:
        archive.disk.remove(archive.folder / SDS / row.path)


def _remove_rest(archive: Archive, removed: Sequence[Day]) -> None:
    """Files of the last day that was removed, in case that was interrupted."""
    last = max((row.day for row in removed), default=0)
    for row in removed:
        if row.day == last:
            archive.disk.remove(archive.folder / SDS / row.path)


def _remove_receipts(archive: Archive, day: int) -> None:
    """Receipts of a day and of those before: what they point to is gone."""
    last = log_path(day * DAY_NS)
    _forget(archive, [path for path in archive.index.files(f"{RECEIPTS}/") if path[: len(last) - 5] <= last[:-5]])


def trim_quarantine(archive: Archive, params: RetentionParams) -> int:
    """Remove the files of the quarantine that were written to longest ago, until the rest is within bounds.

    The bytes that were removed; OSError when a file cannot be.
    """
    folder = archive.folder / QUARANTINE
    paths = [folder / name for name in archive.disk.names(folder)]
    found = sorted((status.st_mtime_ns, path.name, status.st_size) for path in paths if (status := path.stat()))
    over, going = sum(size for _, _, size in found) - params.quarantine_mb * MIB, list[str]()
    removed = 0
    for _, name, size in found:
        if removed >= over:
            break
        going.append(f"{QUARANTINE}/{name}")
        removed += size
    _forget(archive, going)
    return removed


def _forget(archive: Archive, paths: Sequence[str]) -> None:
    """Files that are no day files: the index first."""
    if not paths:
        return
    archive.release(list(paths))
    with archive.index.writing() as writer:
        writer.drop_files(paths)
    for path in paths:
        archive.disk.remove(archive.folder / path)
