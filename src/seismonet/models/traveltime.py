"""First P and S arrivals in a layered Earth, as tables that are looked up for whole grids.

Next to the epicentre travel time bends sharply: it is a hyperbola, ``sqrt(vertical**2 + (growth * distance)**2)``. A
table holds the first arrival less how far that hyperbola is above its own asymptote, which is smooth
everywhere, so that linear interpolation is good to a millisecond even next to the source.

Where two kinds of rays change places as the first, time has a kink, and to interpolate across it is wrong by tens of
milliseconds. In the few cells of the table where that happens each kind is interpolated for itself, and the first
arrival is the least of what they give.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seismonet.core.arrays import FloatArray, IntArray

from .earth import Earth, earth_model
from .rays import NEVER_S, curves, kinds, layers, vertical

STEP_DEG = 0.01
MAX_DEG = 14.0
CLOSE_KM = 0.25
DEPTHS_KM = np.r_[np.arange(0, 5, CLOSE_KM), np.arange(5, 60, 1.0), np.arange(60, 311, 2.0)]
# rays that leave beside a border between layers come up far from those that leave at it, which is a row itself
BESIDE_KM = 0.5
# where velocity grows by more than this (1/s), as in sediments or a gradual Moho, rows are close
STEEP_S = 0.05
PHASES = ("P", "S")
VERSION = 6
KINK_S = 0.0005
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
BAND, PARTS = 16, 5

Table: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class PhaseTable:
    """First arrivals of one phase.

    Attributes
    ----------
    depth_km : (depths,) rows of the table
    vertical_s : (depths,) time of the ray straight up
    growth_s : (depths,) slope, s per degree, of the asymptote to the hyperbola of time near it
    excess_s : (depths, distances) first arrival less the hyperbola's height above its asymptote
    kink : (depths - 1, distances - 1) number of a cell's kink, -1 for most: there is none
    parts_s : (4 corners, kinds, kinks) excess of each kind of rays that comes first somewhere in the cell
    """

    depth_km: FloatArray
    vertical_s: FloatArray
    growth_s: FloatArray
    excess_s: Table
    kink: NDArray[np.int32]
    parts_s: Table

    def times(self, distance_deg: FloatArray, depth_km: FloatArray) -> FloatArray:
        """(…) s for distances and depths that broadcast; both at least one-dimensional."""
        last = len(self.depth_km) - 1
        depth = np.clip(depth_km, 0.0, self.depth_km[last])
        row = np.minimum(np.searchsorted(self.depth_km, depth, side="right") - 1, last - 1)
        down = (depth - self.depth_km[row]) / (self.depth_km[row + 1] - self.depth_km[row])
        vertical = self.vertical_s[row] + down * (self.vertical_s[row + 1] - self.vertical_s[row])
        growth = self.growth_s[row] + down * (self.growth_s[row + 1] - self.growth_s[row])
        asymptote = np.asarray(distance_deg * growth)
        time: FloatArray = asymptote * asymptote
        time += vertical * vertical
        np.sqrt(time, out=time)
        time -= asymptote
        time += self._excess(distance_deg, row, down.astype(np.float32))
        return time

    def _excess(self, distance_deg: FloatArray, row: IntArray, down: Table) -> Table:
        width = self.excess_s.shape[1]
        column = distance_deg * (1 / STEP_DEG)
        left = np.minimum(column.astype(np.int64), width - 2)
        right = (column - left).astype(np.float32)
        flat = self.excess_s.reshape(-1)
        index = row * width + left
        top = _between(flat, index, right)
        excess = _between(flat, index + width, right)
        excess -= top
        excess *= down
        excess += top
        kink = self.kink.reshape(-1).take(index - row)
        found = np.flatnonzero(kink >= 0)
        if len(found):
            there = np.broadcast_to(down, kink.shape).reshape(-1)[found], right.reshape(-1)[found]
            excess.reshape(-1)[found] = self._least(kink.reshape(-1)[found], *there)
        return excess

    def _least(self, kink: NDArray[np.int32], down: Table, right: Table) -> Table:
        corner = self.parts_s[:, :, kink]
        top = corner[0] + right * (corner[1] - corner[0])
        bottom = corner[2] + right * (corner[3] - corner[2])
        least: Table = (top + down * (bottom - top)).min(axis=0)
        return least


def _between(flat: Table, index: IntArray, part: Table) -> Table:
    here = flat.take(index)
    step = flat.take(index + 1)
    step -= here
    step *= part
    step += here
    return step


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """Tables of one Earth model.

    Attributes
    ----------
    name : of the model
    tables : by phase
    digest : of the model, which tells it from others of its name

    Examples
    --------
    >>> model = travel_times("iasp91", cache_dir())
    >>> float(model.times("P", 1.0, 10.0).round(2))
    19.23
    """

    name: str
    tables: dict[str, PhaseTable]
    digest: str = ""

    def times(self, phase: str, distance_deg: ArrayLike, depth_km: ArrayLike) -> FloatArray:
        """Travel time in s of the first ``P`` or ``S``; arguments broadcast.

        Good to 5 ms in the built-in models, to 10 ms in others, for distances to 14 degrees (1,556 km) and depths to
        310 km; beyond, the table's last slope is continued, and depths outside are taken as the nearest inside.
        Many distances for each of some depths, (stations, nodes) and (nodes,), are quicker than both in full.
        """
        distance, depth = np.asarray(distance_deg, float), np.asarray(depth_km, float)
        shape = np.broadcast_shapes(distance.shape, depth.shape)
        if distance.shape != shape:
            distance = np.broadcast_to(distance, shape)
        return self.tables[phase].times(np.atleast_1d(distance), np.atleast_1d(depth)).reshape(shape)


def cache_dir() -> Path:
    """Where tables are kept between runs: ``$XDG_CACHE_HOME/seismonet``, else ``~/.cache/seismonet``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "seismonet"


def travel_times(earth: Earth | str = "iasp91", cache: Path | None = None) -> TravelTimes:
    """The tables of an Earth model, given itself, by its name or as a file; built in a second, then kept in ``cache``.

    The file in the cache bears the model's digest in its name, so that a changed model has other tables. A cache that
    cannot be read or written, or was written by another version, is no error: the tables are built.

    Raises
    ------
    ValueError : there is no model of that name
    ArchiveError, FormatError : the file cannot be read, or is no model
    """
    model = earth_model(earth) if isinstance(earth, str) else earth
    path = cache / f"traveltime-{model.digest}-{VERSION}.npz" if cache else None
    found = _load(path) if path is not None else None
    tables = found or {phase: build(model, phase) for phase in PHASES}
    if path is not None and found is None:
        _save(tables, path)
    return TravelTimes(model.name, tables, model.digest)


def build(earth: Earth, phase: str) -> PhaseTable:
    """Shoot the rays of a model and set up the table of one phase."""
    rows = _rows(earth, phase)
    cut = layers(earth, phase, rows)
    distance = np.arange(round(MAX_DEG / STEP_DEG) + 1, dtype=np.float64) * STEP_DEG
    time, growth = vertical(cut)
    index = np.searchsorted(cut.depth_km, rows)
    time, growth = time[index], np.deg2rad(growth[index])
    asymptote = growth[:, None] * distance
    bend = np.sqrt(time[:, None] ** 2 + asymptote**2) - asymptote
    found = [(curves(cut, kind, rows, distance) - bend).astype(np.float32) for kind in kinds(earth, phase, cut)]
    excess = np.stack(found)
    kink, parts = _kinks(excess)
    return PhaseTable(rows, time, growth, excess.min(axis=0), kink, parts)


def _rows(earth: Earth, phase: str) -> FloatArray:
    """Depths of the table's rows: the usual ones, the borders between kinds of rays, more where time bends fast."""
    borders = np.array([kind.top_km for kind in kinds(earth, phase, layers(earth, phase, DEPTHS_KM))])
    close = np.arange(0, DEPTHS_KM[-1], CLOSE_KM)
    below = np.searchsorted(earth.depth_km, close, side="right")
    rise = np.diff(earth.velocity(phase)) / np.maximum(np.diff(earth.depth_km), 1e-6)
    steep = close[np.abs(rise[below - 1]) > STEEP_S]
    more = np.r_[borders, borders - BESIDE_KM, borders + BESIDE_KM, steep]
    return np.unique(np.r_[DEPTHS_KM, more[(more > 0) & (more < DEPTHS_KM[-1])]])


def _kinks(excess: Table) -> tuple[NDArray[np.int32], Table]:
    """The cells of (kinds, depths, distances) in which no kind is first in all corners, as good as; numbered.

    For each its kinds: the few that are nearest to being first in a corner, of those that have rays at all corners.
    """
    depths, distances = excess.shape[1:]
    kink = np.full((depths - 1, distances - 1), -1, dtype=np.int32)
    parts, count = [], 0
    for start in range(0, depths - 1, BAND):
        cells, part = _kinks_between(excess[:, start : start + BAND + 1])
        kink[start : start + BAND].reshape(-1)[cells] = np.arange(count, count + len(cells))
        count += len(cells)
        parts.append(part)
    return kink, np.concatenate(parts, axis=2)


def _kinks_between(excess: Table) -> tuple[IntArray, Table]:
    """Flat numbers of the cells with a kink in some rows, and their parts (4 corners, kinds, cells)."""
    first = excess.min(axis=0)
    depths, distances = first.shape
    late = excess - first
    views = [late[:, r : r + depths - 1, c : c + distances - 1] for r, c in CORNERS]
    worst = np.maximum(np.maximum(views[0], views[1]), np.maximum(views[2], views[3])).min(axis=0)
    row, column = np.nonzero(worst > KINK_S)
    corners = np.stack([excess[:, row + r, column + c] for r, c in CORNERS])
    behind = np.stack([view[:, row, column] for view in views]).min(axis=0)
    behind[corners.max(axis=0) > NEVER_S / 2] = NEVER_S
    chosen = np.argsort(behind, axis=0, kind="stable")[:PARTS]
    parts = np.take_along_axis(corners, chosen[None], axis=1)
    return np.asarray(row * (distances - 1) + column), parts


def _load(path: Path) -> dict[str, PhaseTable] | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            tables = {phase: _stored(stored, phase) for phase in PHASES}
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, BadZipFile):
        return None
    return tables if all(map(_whole, tables.values())) else None


def _stored(stored: Any, phase: str) -> PhaseTable:
    names = PhaseTable.__dataclass_fields__
    return PhaseTable(**{name: stored[f"{phase}_{name}"] for name in names})


def _whole(table: PhaseTable) -> bool:
    """Whether the arrays of a table fit each other."""
    depths, distances = len(table.depth_km), round(MAX_DEG / STEP_DEG) + 1
    shapes = table.vertical_s.shape, table.growth_s.shape, table.excess_s.shape, table.kink.shape
    fit = shapes == ((depths,), (depths,), (depths, distances), (depths - 1, distances - 1))
    fit = fit and table.parts_s.ndim == 3 and table.parts_s.shape[2] == int(table.kink.max()) + 1
    return fit and all(np.isfinite(getattr(table, name)).all() for name in PhaseTable.__dataclass_fields__)


def _save(tables: dict[str, PhaseTable], path: Path) -> None:
    """Written beside, then renamed, so that no reader meets half a table."""
    names = PhaseTable.__dataclass_fields__
    arrays = {f"{phase}_{name}": getattr(table, name) for phase, table in tables.items() for name in names}
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
