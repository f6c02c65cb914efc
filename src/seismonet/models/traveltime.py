"""First P and S arrivals in a layered Earth, as tables that are looked up for whole grids.

A table holds how far the travel time differs from that of a straight ray at the velocity of the surface. Inside the top
layer that is nothing and elsewhere it is smooth, so that linear interpolation is good to some milliseconds even next
to the source, where the travel time itself bends sharply.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from seismonet.core.arrays import FloatArray

EARTH_RADIUS_KM = 6371.0
STEP_DEG = 0.01
MAX_DEG = 14.0
DEPTHS_KM = np.r_[np.arange(0, 60, 1.0), np.arange(60, 311, 2.0)]
PHASES = {"P": ("p", "P", "Pn", "Pg"), "S": ("s", "S", "Sn", "Sg")}
VERSION = 2


@dataclass(frozen=True, slots=True)
class TravelTimes:
    """Tables of one Earth model.

    Attributes
    ----------
    name : of the model
    surface_km_s : velocity at the surface by phase
    excess_s : by phase, (depths, distances) travel time minus that of the straight ray, s

    Examples
    --------
    >>> model = travel_times("iasp91", cache=None)  # doctest: +SKIP
    >>> float(model.times("P", 1.0, 10.0).round(1))  # doctest: +SKIP
    19.1
    """

    name: str
    surface_km_s: dict[str, float]
    excess_s: dict[str, FloatArray]

    def times(self, phase: str, distance_deg: ArrayLike, depth_km: ArrayLike) -> FloatArray:
        """Travel time in s of the first ``P`` or ``S``; arguments broadcast.

        Good to 5 ms against TauP for distances to 14 degrees (1,556 km) and depths to 310 km; beyond, the table's last
        slope is continued, and depths are taken as within.
        """
        distance, depth = np.broadcast_arrays(np.asarray(distance_deg, float), np.asarray(depth_km, float))
        depth = np.clip(depth, 0.0, DEPTHS_KM[-1])
        table = self.excess_s[phase]
        column = np.minimum((distance / STEP_DEG).astype(np.int64), table.shape[1] - 2)
        right = distance / STEP_DEG - column
        row = np.where(depth < 60.0, depth, 60.0 + (depth - 60.0) / 2.0)
        level = np.minimum(row.astype(np.int64), table.shape[0] - 2)
        down = row - level
        flat = table.ravel()
        index = level * table.shape[1] + column
        top = flat[index] + right * (flat[index + 1] - flat[index])
        index = index + table.shape[1]
        bottom = flat[index] + right * (flat[index + 1] - flat[index])
        return np.asarray(top + down * (bottom - top) + straight_s(distance, depth, self.surface_km_s[phase]))


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
    """The tables of one of TauP's models (``iasp91``, ``ak135``); built in some seconds, then from ``cache``.

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
    """Compute the tables from TauP's phase curves."""
    from obspy.taup import TauPyModel

    taup = TauPyModel(name).model
    layers = taup.s_mod.v_mod.layers
    surface = {"P": float(layers["top_p_velocity"][0]), "S": float(layers["top_s_velocity"][0])}
    distance = np.arange(0, MAX_DEG + STEP_DEG / 2, STEP_DEG)
    excess = {phase: np.empty((len(DEPTHS_KM), len(distance))) for phase in PHASES}
    for level, depth in enumerate(DEPTHS_KM):
        corrected = taup.depth_correct(float(depth)) if depth > 0 else taup.depth_correct(0.0)
        for phase, names in PHASES.items():
            first = first_arrival(corrected, names, distance)
            excess[phase][level] = first - straight_s(distance, np.asarray(depth), surface[phase])
    return TravelTimes(name, surface, excess)


def first_arrival(corrected: Any, names: tuple[str, ...], distance_deg: FloatArray) -> FloatArray:
    """Earliest time (s) at distances over all branches of some phases, by cubic interpolation of TauP's curves.

    Along a branch dT/d(distance) is the ray parameter, so two neighbouring rays give values and slopes.
    """
    from obspy.taup.seismic_phase import SeismicPhase

    first = np.full(len(distance_deg), np.inf)
    target = np.deg2rad(distance_deg)
    for name in names:
        curve = SeismicPhase(name, corrected)
        if len(curve.dist) < 2:
            continue
        for a in range(len(curve.dist) - 1):
            ends = float(curve.dist[a]), float(curve.dist[a + 1])
            low, high = np.searchsorted(target, min(ends) - 1e-12), np.searchsorted(target, max(ends) + 1e-12)
            if low == high or ends[0] == ends[1]:
                continue
            rays = (curve.time[a], curve.time[a + 1]), (curve.ray_param[a], curve.ray_param[a + 1])
            time = _hermite(target[low:high], ends, *rays)
            first[low:high] = np.minimum(first[low:high], time)
    return _fill(first, distance_deg)


def _hermite(x: FloatArray, ends: tuple[float, float], values: Any, slopes: Any) -> FloatArray:
    h = ends[1] - ends[0]
    t = (x - ends[0]) / h
    return np.asarray(
        (1 + 2 * t) * (1 - t) ** 2 * values[0]
        + t**2 * (3 - 2 * t) * values[1]
        + h * t * (1 - t) ** 2 * slopes[0]
        - h * t**2 * (1 - t) * slopes[1]
    )


def _fill(first: FloatArray, distance_deg: FloatArray) -> FloatArray:
    """Distances that no ray of the discrete set reaches (next to the epicentre) take their neighbours' line."""
    known = np.isfinite(first)
    if known.all():
        return first
    return np.where(known, first, np.interp(distance_deg, distance_deg[known], first[known]))


def _load(name: str, path: Path) -> TravelTimes | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            excess = {phase: stored[phase].astype(np.float64) for phase in PHASES}
            surface = dict(zip(PHASES, stored["surface"].tolist(), strict=True))
    except (OSError, ValueError, KeyError, EOFError):
        return None
    shape = len(DEPTHS_KM), round(MAX_DEG / STEP_DEG) + 1
    good = all(table.shape == shape and np.isfinite(table).all() for table in excess.values())
    return TravelTimes(name, surface, excess) if good else None


def _save(model: TravelTimes, path: Path) -> None:
    """Written beside, then renamed, so that no reader meets half a table."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            surface = np.array([model.surface_km_s[phase] for phase in PHASES])
            np.savez(file, surface=surface, P=model.excess_s["P"], S=model.excess_s["S"])
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
