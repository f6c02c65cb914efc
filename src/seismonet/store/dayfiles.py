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

DAY_NS = 86_400_000_000_000
_NAME = re.compile(r"([A-Z0-9]*)\.([A-Z0-9]+)\.([A-Z0-9]*)\.([A-Z0-9_]+)\.D\.([0-9]{4})\.([0-9]{3})")
_PATTERN = re.compile(r"[A-Z0-9*?_\[\]-]*(\.[A-Z0-9*?_\[\]-]*){0,3}")


@dataclass(frozen=True, slots=True)
class DayFile:
    """One file of one channel and one day (``day_ns``: its midnight)."""

    path: Path
    source_id: SourceId
    day_ns: int


def place_of(path: PurePath) -> tuple[SourceId, int] | None:
    """Channel and day (midnight, ns) that an SDS day file's name and folders say; None where they say none.

    >>> place_of(PurePath("1970/TJ/SAREZ/HHZ.D/TJ.SAREZ.00.HHZ.D.1970.002"))[1] // 10**9
    86400
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    *codes, year, day = match.groups()
    try:
        source_id = SourceId(*codes)
        first = np.datetime64(f"{year}-01-01", "D").astype(np.int64)
    except ValueError:
        return None
    folders = (year, source_id.network, source_id.station, f"{source_id.channel}.D")
    if path.parts[-5:-1] != folders or not 1 <= int(day) <= 366:
        return None
    return source_id, int(first + int(day) - 1) * DAY_NS


def day_files(sds: Path, wanted: Sequence[str] = (), window_ns: tuple[int, int] | None = None) -> Iterator[DayFile]:
    """The day files below a folder by year and name, of the wanted channels, that can hold something of the window.

    A record is filed under the day it starts on, so the day before the window counts as well.
    """
    for path in _files(sds):
        place = place_of(path)
        if place is None or not matches(place[0], wanted):
            continue
        day_ns = place[1]
        if window_ns is None or (window_ns[0] - DAY_NS < day_ns + DAY_NS and day_ns < window_ns[1]):
            yield DayFile(path, *place)


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
