"""The day files of an SDS tree: which there are, and what their names say.

The rule this file owns: a name that is not exactly that of a day file in its place is not one; nothing is guessed.
Links are not followed.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

import numpy as np

from seismonet.core.errors import QueryError
from seismonet.core.sourceid import SourceId

from .sds import DAY_NS, NO_NETWORK, day_path

_NAME = re.compile(r"([A-Z0-9-]*|_)\.([A-Z0-9-]+)\.([A-Z0-9-]*)\.([A-Z0-9_]+)\.D\.([0-9]{4})\.([0-9]{3})")
_PATTERN = re.compile(r"[A-Z0-9*?_\[\]-]*(\.[A-Z0-9*?_\[\]-]*){0,3}")


@dataclass(frozen=True, slots=True)
class DayFile:
    """One file of one channel and one day (since 1970)."""

    path: Path
    source_id: SourceId
    day: int


def place_of(path: PurePath) -> tuple[SourceId, int] | None:
    """Channel and day (since 1970) that a day file's name and folders say; None where they say none.

    >>> place_of(PurePath("1970/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.1970.002"))[1]
    1
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    network, station, location, channel, year, number = match.groups()
    try:
        source_id = SourceId(network if network != NO_NETWORK else "", station, location, channel)
        day = int(np.datetime64(f"{year}-01-01", "D").astype(np.int64)) + int(number) - 1
        is_place = path.parts[-5:] == PurePath(day_path(source_id, day)).parts
    except (ValueError, OverflowError):
        return None
    return (source_id, day) if is_place else None


def day_files(sds: Path, wanted: Sequence[str] = (), window_ns: tuple[int, int] | None = None) -> Iterator[DayFile]:
    """The day files below a folder by year and name, of the wanted channels, that can hold something of the window."""
    for path in _files(sds):
        place = place_of(path)
        if place is None or not matches(place[0], wanted):
            continue
        if is_needed(place[1], window_ns):
            yield DayFile(path, *place)


def is_needed(day: int, window_ns: tuple[int, int] | None) -> bool:
    """Can the records that start on a day touch the window? They may reach into the next day."""
    return window_ns is None or ((day + 2) * DAY_NS > window_ns[0] and day * DAY_NS < window_ns[1])


def strangers(sds: Path) -> Iterator[Path]:
    """Files below a folder that are no day files in their place."""
    return (path for path in _files(sds) if place_of(path) is None)


def _files(sds: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(sds):
        below.sort()
        yield from (Path(folder, name) for name in sorted(names))


def matches(source_id: SourceId, wanted: Sequence[str]) -> bool:
    """Is it one of the wanted channels? ``TJ.SAREZ`` are all of a station, ``*.*.00.HH?`` some of all; none is any.

    >>> matches(SourceId.parse("TJ.SAREZ.00.HHZ"), ["TJ.MURGH", "TJ.SAR*.*.HH?"])
    True
    """
    parts = (source_id.network, source_id.station, source_id.location, source_id.channel)
    return not wanted or any(
        all(fnmatchcase(part, pattern) for part, pattern in zip(parts, one.split("."), strict=False)) for one in wanted
    )


def check_patterns(wanted: Sequence[str]) -> None:
    """QueryError for what is no pattern of a channel."""
    for one in wanted:
        if not _PATTERN.fullmatch(one):
            raise QueryError(f"{one!r} names no channels; write TJ.SAREZ, or NET.STA.LOC.CHA with * and ? in it")
