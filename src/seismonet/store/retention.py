"""What is removed from an archive, so that there is room for what comes.

The rule this file owns: only whole days go, the oldest first, of all channels alike; never today, never the journal.
What goes by age goes when it is old enough; what goes for lack of space goes until there is enough, and no further.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from .files import Disk
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


def trim_quarantine(folder: Path, params: RetentionParams, disk: Disk) -> int:
    """Remove the files of the quarantine that were written to longest ago, until the rest is within bounds.

    The bytes that were removed; OSError when a file cannot be.
    """
    paths = [folder / name for name in disk.names(folder)]
    found = sorted((status.st_mtime_ns, path, status.st_size) for path in paths if (status := path.stat()))
    over, removed = sum(size for _, _, size in found) - params.quarantine_mb * MIB, 0
    for _, path, size in found:
        if removed >= over:
            break
        disk.remove(path)
        removed += size
    return removed
