"""How much later than the model says waves come to a station: what one layered Earth for all paths cannot know."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from seismonet.core.arrays import FloatArray
from seismonet.core.errors import ArchiveError, FormatError

COLUMNS = ("station", "phase", "depth_class", "correction_s")
CLASSES = ("shallow", "intermediate", "deep")
# the crust; below the Pamir the slab goes down to some 150 km, deeper earthquakes are those of the Hindu Kush, whose
# paths are others
CLASS_EDGES_KM = (40.0, 150.0)
LARGEST_S = 10.0
"""Twice what sediments of 10 km or a root of the crust can do to S; more is a clock or a unit."""
MAX_BYTES = 2**24


@dataclass(frozen=True, slots=True)
class StationCorrections:
    """Corrections of stations, by phase and depth class of the source: none without a file.

    Attributes
    ----------
    seconds_of : by ``NET.STA`` and phase, seconds to add to the model's travel time for a source in the crust (above
        40 km), between 40 and 150 km, and below
    """

    seconds_of: Mapping[tuple[str, str], tuple[float, float, float]] = field(default_factory=dict)

    def seconds(self, station_code: str, phase: str, depth_km: ArrayLike) -> FloatArray:
        """Seconds to add to the travel time from depths to a station; zero for those that no file names.

        >>> file = ["station,phase,depth_class,correction_s", "TJ.SAREZ,P,deep,-0.4"]
        >>> parse_corrections(file, "here").seconds("TJ.SAREZ", "P", [10.0, 200.0])
        array([ 0. , -0.4])
        """
        depth = np.asarray(depth_km, float)
        known = self.seconds_of.get((station_code, phase))
        if known is None:
            return np.zeros(depth.shape)
        return np.array(known)[np.searchsorted(CLASS_EDGES_KM, depth, side="right")]

    @property
    def station_codes(self) -> list[str]:
        """The stations that have corrections, sorted."""
        return sorted({code for code, _ in self.seconds_of})


def read_corrections(path: str | Path = "") -> StationCorrections:
    """Corrections from a CSV file; none without one.

    Raises
    ------
    ArchiveError : the file cannot be read
    FormatError : the line that is no correction, and why
    """
    if not path:
        return StationCorrections()
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise FormatError(f"{path}: more than {MAX_BYTES // 2**20} MB; a network has fewer station corrections")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError(f"{path}: is no text; station corrections are a CSV of {', '.join(COLUMNS)}") from None
    return parse_corrections(text.splitlines(), str(path))


def parse_corrections(lines: Iterable[str], where: str) -> StationCorrections:
    """Corrections from the lines of a CSV, a header first; lines that begin with ``#`` are comment.

    >>> parse_corrections(["station,phase,depth_class,correction_s", "TJ.SAREZ,P,slab,0.3"], "here")
    Traceback (most recent call last):
    seismonet.core.errors.FormatError: here: line 2: depth_class 'slab' should be shallow, intermediate or deep
    """
    found: dict[tuple[str, str], dict[str, float]] = {}
    header = False
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = [value.strip() for value in line.split(",")]
        place = f"{where}: line {number}"
        if not header:
            if tuple(fields) != COLUMNS:
                raise FormatError(f"{place}: the first line should be {','.join(COLUMNS)}")
            header = True
            continue
        code, phase, depth_class, seconds = _correction(fields, place)
        known = found.setdefault((code, phase), {})
        if depth_class in known:
            raise FormatError(f"{place}: {code} {phase} {depth_class} a second time")
        known[depth_class] = seconds
    if not header:
        raise FormatError(f"{where}: is empty; the first line should be {','.join(COLUMNS)}")
    shallow, intermediate, deep = CLASSES
    return StationCorrections(
        {key: (one.get(shallow, 0.0), one.get(intermediate, 0.0), one.get(deep, 0.0)) for key, one in found.items()}
    )


def _correction(fields: list[str], place: str) -> tuple[str, str, str, float]:
    if len(fields) != len(COLUMNS):
        raise FormatError(f"{place}: {len(fields)} columns; there should be {','.join(COLUMNS)}")
    code, phase, depth_class, text = fields
    if code.count(".") != 1 or not all(code.split(".")):
        raise FormatError(f"{place}: station {code[:40]!r} should be NETWORK.STATION, as TJ.SAREZ")
    if phase not in ("P", "S"):
        raise FormatError(f"{place}: phase {phase[:40]!r} should be P or S")
    if depth_class not in CLASSES:
        raise FormatError(f"{place}: depth_class {depth_class[:40]!r} should be shallow, intermediate or deep")
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not abs(seconds) <= LARGEST_S:
        raise FormatError(
            f"{place}: correction_s {text[:40]!r} should be a number from -{LARGEST_S:g} to {LARGEST_S:g}"
        )
    return code, phase, depth_class, seconds
