"""Places that are warned, as a CSV that people edit: one place a line, a header first, ``#`` begins a comment.

What a line leaves empty is not known and gets the default; what it says must make sense, or the file is refused with
the number of the line, as a place that is warned wrongly is worse than a daemon that does not start.
"""

import csv
import difflib
import math
import re
from collections.abc import Iterable, Mapping

from seismonet.core.errors import FormatError
from seismonet.core.target import Target

NEEDED = ("name", "kind", "latitude", "longitude")
OPTIONAL = ("elevation_m", "vs30_m_s", "population", "threshold", "confidence", "source")
KINDS = ("city", "town", "village", "district", "dam", "power station", "lake")
CONFIDENCES = ("high", "medium", "low")
LONGEST_NAME = 100
_LANGUAGE = re.compile(r"name_([a-z]{2,3})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RANGES = {
    "latitude": (-90.0, 90.0),
    "longitude": (-180.0, 180.0),
    "elevation_m": (-500.0, 9000.0),
    "vs30_m_s": (100.0, 3000.0),
    "population": (0.0, 1e8),
    "threshold": (2.0, 10.0),
}


def parse_targets(lines: Iterable[str], where: str) -> tuple[Target, ...]:
    """The places in the lines of a CSV.

    Columns in any order: name, kind, latitude, longitude (degrees), and, where known, elevation_m, vs30_m_s,
    population, threshold (MSK-64), confidence of the coordinates (high, medium, low), source, and names in other
    languages as ``name_ru``.

    FormatError with the number of the line that cannot be used, and why.

    >>> lines = ["name,kind,latitude,longitude,name_ru", "Khorugh,city,37.49,71.55,Хорог"]
    >>> parse_targets(lines, "here")[0].name_in("ru")
    'Хорог'
    >>> parse_targets(["name,kind,latitude,longitude", "Khorugh,city,71.55,374.9"], "here")
    Traceback (most recent call last):
    seismonet.core.errors.FormatError: here: line 2: longitude '374.9' should be a number from -180 to 180
    """
    found: dict[str, Target] = {}
    columns: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        place = f"{where}: line {number}"
        fields = _fields(line, place)
        if not columns:
            columns = _header(fields, place)
            continue
        if len(fields) != len(columns):
            raise FormatError(f"{place}: {len(fields)} columns where the header has {len(columns)}")
        target = _target(dict(zip(columns, fields, strict=True)), place)
        if target.name in found:
            raise FormatError(f"{place}: {target.name!r} stands here a second time")
        found[target.name] = target
    if not found:
        raise FormatError(
            f"{where}: names no place; the first line should be {','.join(NEEDED)}, then one place a line"
        )
    return tuple(found.values())


def _fields(line: str, place: str) -> list[str]:
    try:
        fields = [field.strip() for field in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        raise FormatError(f"{place}: is no line of a CSV: {error}") from None
    if any(_CONTROL.search(field) for field in fields):
        raise FormatError(f"{place}: holds characters that cannot be printed")
    return fields


def _header(fields: list[str], place: str) -> list[str]:
    for column in fields:
        if column not in NEEDED + OPTIONAL and not _LANGUAGE.fullmatch(column):
            near = difflib.get_close_matches(column, NEEDED + OPTIONAL, 1)
            raise FormatError(f"{place}: there is no column {column[:40]!r}" + (f"; is it {near[0]}?" if near else ""))
    if len(set(fields)) < len(fields):
        raise FormatError(f"{place}: a column stands there twice")
    if missing := [column for column in NEEDED if column not in fields]:
        raise FormatError(f"{place}: the header lacks {', '.join(missing)}")
    return fields


def _target(row: Mapping[str, str], place: str) -> Target:
    name = row["name"]
    if not name or len(name) > LONGEST_NAME:
        raise FormatError(f"{place}: a name should have 1 to {LONGEST_NAME} characters")
    _one_of(row, "kind", KINDS, place)
    if confidence := row.get("confidence", ""):
        _one_of(row, "confidence", CONFIDENCES, place)
    names = [(column.removeprefix("name_"), value) for column, value in row.items() if _LANGUAGE.fullmatch(column)]
    people = _number(row, "population", place)
    if people is not None and people != int(people):
        raise FormatError(f"{place}: population {row['population']!r} should be a whole number")
    return Target(
        name,
        row["kind"],
        _given(row, "latitude", place),
        _given(row, "longitude", place),
        elevation_m=_or(_number(row, "elevation_m", place), 0.0),
        population=None if people is None else int(people),
        threshold=_or(_number(row, "threshold", place), 5.0),
        names=tuple(sorted((language, value) for language, value in names if value)),
        vs30_m_s=_or(_number(row, "vs30_m_s", place), 760.0),
        confidence=confidence or "high",
        source=row.get("source", ""),
    )


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _one_of(row: Mapping[str, str], column: str, words: tuple[str, ...], place: str) -> None:
    if row[column] not in words:
        raise FormatError(f"{place}: {column} {row[column][:40]!r} should be {', '.join(words[:-1])} or {words[-1]}")


def _given(row: Mapping[str, str], column: str, place: str) -> float:
    value = _number(row, column, place)
    if value is None:
        raise FormatError(f"{place}: {column} is missing")
    return value


def _number(row: Mapping[str, str], column: str, place: str) -> float | None:
    text = row.get(column, "")
    if not text:
        return None
    low, high = _RANGES[column]
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise FormatError(f"{place}: {column} {text[:40]!r} should be a number from {low:.0f} to {high:.0f}")
    return value
