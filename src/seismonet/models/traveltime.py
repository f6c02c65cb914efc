"""First P and S arrivals in a layered Earth, as tables that are looked up for whole grids.

Where two kinds of rays change places as the first, travel time has a kink, and to interpolate across it is wrong by
tens of milliseconds. So rays that turn in the upper crust, in the lower crust and in each gradient of the mantle have
tables of their own, each smooth, and the first arrival is the least of what they give.

A table holds how far the travel time differs from that of a straight ray at the velocity of the surface. Inside the top
layer that is nothing and elsewhere it is smooth, so that linear interpolation is good to a millisecond even next
to the source, where the travel time itself bends sharply.
"""

import os
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike

from seismonet.core.arrays import BoolArray, FloatArray, IntArray

EARTH_RADIUS_KM = 6371.0
STEP_DEG = 0.01
MAX_DEG = 14.0
DEPTHS_KM = np.r_[np.arange(0, 60, 1.0), np.arange(60, 311, 2.0)]
PHASES = {"P": ("p", "P"), "S": ("s", "S")}
VERSION = 3

MODELS = ("iasp91", "ak135")
# where velocity or its gradient jumps in iasp91 and in ak135 alike, all of them at rows of the tables
INTERFACES_KM = (0.0, 20.0, 35.0, 120.0, 210.0, 410.0, 660.0)
CRUST, MANTLE, MAIN = (0, 1), (2, 3, 4, 5), 4
# nearer than this the mantle's rays do not change places
FAR_DEG = 8.0
NEVER_S = 1e6
BESIDE_KM = 1e-3


@dataclass(frozen=True, slots=True)
class Branch:
    """Rays that are first in a part of the table only: from depth 0 and from column ``first`` on.

    ``excess_s`` (depths, distances) as in :class:`TravelTimes`, ``NEVER_S`` where there is no such ray.
    """

    first: int
    excess_s: FloatArray


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """Tables of one Earth model.

    Attributes
    ----------
    name : of the model
    surface_km_s : velocity at the surface by phase
    excess_s : by phase, (depths, distances) travel time minus that of the straight ray, s, of the main rays: those that
        turn in the mantle or come straight up from there; beyond 8 degrees only of those from 210-410 km
    branches : by phase, all other rays

    Examples
    --------
    >>> model = travel_times("iasp91", cache_dir())
    >>> float(model.times("P", 1.0, 10.0).round(2))
    19.23
    """

    name: str
    surface_km_s: dict[str, float]
    excess_s: dict[str, FloatArray]
    branches: dict[str, tuple[Branch, ...]] = field(default_factory=dict)

    def times(self, phase: str, distance_deg: ArrayLike, depth_km: ArrayLike) -> FloatArray:
        """Travel time in s of the first ``P`` or ``S``; arguments broadcast.

        Good to 5 ms against TauP for distances to 14 degrees (1,556 km) and depths to 310 km; beyond, the table's last
        slope is continued, and depths outside are taken as the nearest inside.
        """
        distance, depth = np.broadcast_arrays(np.asarray(distance_deg, float), np.asarray(depth_km, float))
        depth = np.clip(depth, 0.0, DEPTHS_KM[-1])
        column = distance / STEP_DEG
        row = np.where(depth < 60.0, depth, 60.0 + (depth - 60.0) / 2.0)
        excess = np.asarray(_bilinear(self.excess_s[phase], row, column))
        for branch in self.branches.get(phase, ()):
            inside = np.asarray((row <= len(branch.excess_s) - 1) & (column >= branch.first))
            if inside.any():
                other = _bilinear(branch.excess_s, row[inside], column[inside] - branch.first)
                excess[inside] = np.minimum(excess[inside], other)
        return np.asarray(excess + straight_s(distance, depth, self.surface_km_s[phase]))


def _bilinear(table: FloatArray, row: FloatArray, column: FloatArray) -> FloatArray:
    """Between the rows and columns of a table; beyond its last ones along the last slope."""
    width, flat = table.shape[1], table.reshape(-1)
    left = np.minimum(column.astype(np.int64), width - 2)
    level = np.minimum(row.astype(np.int64), len(table) - 2)
    right, down = column - left, row - level
    level *= width
    level += left
    top = _between(flat, level, right)
    level += width
    bottom = _between(flat, level, right)
    bottom -= top
    bottom *= down
    bottom += top
    return bottom


def _between(flat: FloatArray, index: IntArray, part: FloatArray) -> FloatArray:
    here = flat.take(index, mode="clip")
    step = flat.take(index + 1, mode="clip")
    step -= here
    step *= part
    step += here
    return step


def straight_s(distance_deg: FloatArray, depth_km: FloatArray, velocity_km_s: float) -> FloatArray:
    """Time in s of a straight ray from a depth to the surface."""
    radius = EARTH_RADIUS_KM - depth_km
    half = np.sin(np.deg2rad(distance_deg) / 2)
    return np.asarray(np.sqrt(depth_km**2 + 4 * EARTH_RADIUS_KM * radius * half**2) / velocity_km_s)


def cache_dir() -> Path:
    """Where tables are kept between runs: ``$XDG_CACHE_HOME/seismonet``, else ``~/.cache/seismonet``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "seismonet"


def travel_times(name: str = "iasp91", cache: Path | None = None) -> TravelTimes:
    """The tables of ``iasp91`` or ``ak135``, ValueError for others; built in some seconds, then kept in ``cache``.

    A cache that cannot be read or written, or was written by another version, is no error: the table is built.
    """
    path = cache / f"traveltime-{name}-{VERSION}.npz" if cache else None
    if path is not None:
        found = _load(name, path)
        if found is not None:
            return found
    model = build(name)
    if path is not None:
        _save(model, path)
    return model


def build(name: str) -> TravelTimes:
    """Compute the tables of ``iasp91`` or ``ak135`` from TauP's phase curves."""
    if name not in MODELS:
        raise ValueError(f"no tables for an Earth model {name!r}, only for {' and '.join(MODELS)}")
    from obspy.taup import TauPyModel

    taup = TauPyModel(name).model
    layers = taup.s_mod.v_mod.layers
    distance = np.arange(0, MAX_DEG + STEP_DEG / 2, STEP_DEG)
    tables = {phase: np.full((len(INTERFACES_KM) - 1, len(DEPTHS_KM), len(distance)), NEVER_S) for phase in PHASES}
    surface = {phase: float(layers[f"top_{phase.lower()}_velocity"][0]) for phase in PHASES}
    for level, depth in enumerate(DEPTHS_KM):
        for source_km in (depth - BESIDE_KM, depth + BESIDE_KM) if depth in INTERFACES_KM[1:] else (depth,):
            corrected = taup.depth_correct(float(source_km))
            for phase in PHASES:
                straight = straight_s(distance, np.asarray(depth), surface[phase])
                for kind, time in _first_of_each(corrected, layers, phase, distance):
                    tables[phase][kind, level] = time - straight
    main = {phase: _main(table) for phase, table in tables.items()}
    return TravelTimes(name, surface, main, {phase: _branches(table) for phase, table in tables.items()})


def _main(table: FloatArray) -> FloatArray:
    """Of (kinds, depths, distances): the mantle's rays, one column further than where branches take over."""
    far = round(FAR_DEG / STEP_DEG) + 2
    return np.concatenate([table[list(MANTLE), :, :far].min(axis=0), table[MAIN, :, far:]], axis=1)


def _branches(table: FloatArray) -> tuple[Branch, ...]:
    rows = np.searchsorted(DEPTHS_KM, INTERFACES_KM[1:]) + 1
    far = round(FAR_DEG / STEP_DEG)
    crust = [Branch(0, table[kind, : rows[kind]]) for kind in CRUST]
    return (*crust, *(Branch(far, table[kind, : rows[kind], far:]) for kind in MANTLE if kind != MAIN))


def _first_of_each(corrected: Any, layers: Any, phase: str, distance_deg: FloatArray) -> list[tuple[int, FloatArray]]:
    """Kind and times of the rays that turn between each two interfaces, or come straight up from there.

    Kinds above the source are left out. The slowness at which a ray turns tells its kind; those that belong to none are
    reflected at an interface and never first.
    """
    from obspy.taup.seismic_phase import SeismicPhase

    up, down = (_rays(SeismicPhase(name, corrected)) for name in PHASES[phase])
    own = bisect_right(INTERFACES_KM, corrected.source_depth) - 1
    found = []
    for kind in range(own, len(INTERFACES_KM) - 1):
        low, high = _slownesses(layers, phase, kind)
        turning = (down[2] >= low * (1 - 1e-9)) & (down[2] <= high * (1 + 1e-9))
        curves = [(up, np.ones(len(up[2]), dtype=bool))] if kind == own else []
        found.append((kind, _continued(first_arrival([*curves, (down, turning)], distance_deg))))
    return found


def _rays(curve: Any) -> FloatArray:
    """(3, rays) distance in radians, time in s, ray parameter in s per radian."""
    return np.array([curve.dist, curve.time, curve.ray_param], dtype=np.float64).reshape(3, -1)


def _slownesses(layers: Any, phase: str, kind: int) -> tuple[float, float]:
    """Least and largest ray parameter (s per radian) of rays that turn between two neighbouring interfaces."""
    top, bottom = INTERFACES_KM[kind : kind + 2]
    upper, lower = layers[layers["top_depth"] == top][0], layers[layers["bot_depth"] == bottom][0]
    name = phase.lower()
    high, low = upper[f"top_{name}_velocity"], lower[f"bot_{name}_velocity"]
    return float((EARTH_RADIUS_KM - bottom) / low), float((EARTH_RADIUS_KM - top) / high)


def first_arrival(curves: list[tuple[FloatArray, BoolArray]], distance_deg: FloatArray) -> FloatArray:
    """Earliest time (s) at distances over the chosen rays of some curves, by cubic interpolation.

    Along a curve dT/d(distance) is the ray parameter, so two neighbouring rays give values and slopes. ``NEVER_S``
    where there is no such ray.
    """
    first = np.full(len(distance_deg), NEVER_S)
    target = np.deg2rad(distance_deg)
    for (dist, time, slowness), chosen in curves:
        for a in np.flatnonzero(chosen[:-1] & chosen[1:] & (dist[:-1] != dist[1:])).tolist():
            ends = float(dist[a]), float(dist[a + 1])
            low, high = np.searchsorted(target, min(ends) - 1e-12), np.searchsorted(target, max(ends) + 1e-12)
            if low < high:
                here = _hermite(target[low:high], ends, time[a : a + 2], slowness[a : a + 2])
                first[low:high] = np.minimum(first[low:high], here)
    return first


def _continued(first: FloatArray) -> FloatArray:
    """The curve beyond its last ray, straight on, and for one place before its first one.

    Straight on is later than other rays there, as the curves of diving rays bend down, so it is harmless; before its
    first ray a curve must not go on, but interpolation has to reach that ray.
    """
    known = np.flatnonzero(first < NEVER_S)
    if len(known) > 1:
        begin, end = int(known[0]), int(known[-1])
        if begin > 0:
            first[begin - 1] = 2 * first[begin] - first[begin + 1]
        first[end:] = first[end] + (first[end] - first[end - 1]) * np.arange(len(first) - end)
    return first


def _hermite(x: FloatArray, ends: tuple[float, float], values: Any, slopes: Any) -> FloatArray:
    h = ends[1] - ends[0]
    t = (x - ends[0]) / h
    return np.asarray(
        (1 + 2 * t) * (1 - t) ** 2 * values[0]
        + t**2 * (3 - 2 * t) * values[1]
        + h * t * (1 - t) ** 2 * slopes[0]
        - h * t**2 * (1 - t) * slopes[1]
    )


def _load(name: str, path: Path) -> TravelTimes | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            excess = {phase: np.asarray(stored[phase], dtype=np.float64) for phase in PHASES}
            surface = dict(zip(PHASES, stored["surface"].tolist(), strict=True))
            branches = {phase: tuple(_load_branches(stored, phase)) for phase in PHASES}
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, BadZipFile):
        return None
    tables = [*excess.values(), *(branch.excess_s for several in branches.values() for branch in several)]
    shape = len(DEPTHS_KM), round(MAX_DEG / STEP_DEG) + 1
    good = all(np.isfinite(table).all() for table in tables) and all(one.shape == shape for one in excess.values())
    return TravelTimes(name, surface, excess, branches) if good else None


def _load_branches(stored: Any, phase: str) -> Iterator[Branch]:
    for number, first in enumerate(stored[f"{phase}_first"].tolist()):
        yield Branch(first, np.asarray(stored[f"{phase}_{number}"], dtype=np.float64))


def _save(model: TravelTimes, path: Path) -> None:
    """Written beside, then renamed, so that no reader meets half a table."""
    arrays = {"surface": np.array([model.surface_km_s[phase] for phase in PHASES]), **model.excess_s}
    for phase, several in model.branches.items():
        arrays[f"{phase}_first"] = np.array([branch.first for branch in several])
        arrays |= {f"{phase}_{number}": branch.excess_s for number, branch in enumerate(several)}
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
