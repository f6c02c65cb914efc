"""What a network may expect of itself: detection, error and time to alert over a region, from simulated earthquakes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray

from .epicentres import near, placed
from .evaluationfigures import new_figure, write_texts
from .evaluationmaps import Frame, framed, mark_stations, show
from .evaluationmetrics import CRUST_KM, Outcome
from .evaluationresult import Evaluation
from .evaluationstatistics import share
from .style import TEXT_COLOUR, heading

PER_CELL = 6
MOST_CELLS, MOST_WRITTEN = 12, 7
PANEL_INCHES = 3.3
LEAST_CELLS = 3
"""Fewer cells a side than this show less than the earthquakes themselves."""
ERROR_LIMITS_KM = (1.0, 100.0)
CLASSES = {"less than 40 km deep": (0.0, CRUST_KM), "40 km deep and more": (CRUST_KM, np.inf)}


@dataclass(frozen=True, slots=True)
class Shot:
    """A simulated earthquake: where it was, and what became of it; None is what there is not."""

    latitude: float
    longitude: float
    depth_km: float
    told: bool
    error_km: float | None
    alert_s: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a map and the earthquakes in it."""

    south: float
    north: float
    west: float
    east: float
    shots: tuple[Shot, ...]

    def median(self, value: Callable[[Shot], float | None]) -> float | None:
        """The median of what is known."""
        known = [one for one in map(value, self.shots) if one is not None]
        return float(np.median(known)) if known else None

    @property
    def detection(self) -> float:
        """Share that an alert told."""
        return sum(one.told for one in self.shots) / len(self.shots)


def shots(made: Evaluation) -> list[Shot]:
    """All simulated earthquakes of an evaluation."""
    found = [_shot(one) for one in made.outcomes]
    missed = [Shot(one.latitude, one.longitude, one.depth_km or 0.0, False, None, None) for one in made.matching.missed]
    return found + missed


def _shot(one: Outcome) -> Shot:
    final = one.stages.get("final")
    place = one.truth.latitude, one.truth.longitude, one.truth.depth_km or 0.0
    error_km = None if final is None else final.epicentre_km
    return Shot(*place, one.is_told, error_km, one.after_origin_s)


def cells(some: Sequence[Shot]) -> list[Cell]:
    """Equal parts of the region with some earthquakes in each; none where there are too few of them.

    >>> cells([Shot(0.0, 0.0, 5.0, True, 1.0, 9.0)])
    []
    """
    side = min(int(np.sqrt(len(some) / PER_CELL)), MOST_CELLS)
    if side < LEAST_CELLS:
        return []
    centre = some[0].longitude
    latitude = np.array([one.latitude for one in some])
    longitude = np.array([near(one.longitude, centre) for one in some])
    rows, columns = _edges(latitude, side), _edges(longitude, side)
    row, column = (
        np.clip(np.searchsorted(edges, values, side="right") - 1, 0, side - 1)
        for edges, values in ((rows, latitude), (columns, longitude))
    )
    found = []
    for i in range(side):
        for j in range(side):
            own = tuple(some[k] for k in np.flatnonzero((row == i) & (column == j)).tolist())
            if own:
                found.append(Cell(float(rows[i]), float(rows[i + 1]), float(columns[j]), float(columns[j + 1]), own))
    return found


def _edges(values: FloatArray, count: int) -> FloatArray:
    return np.linspace(float(values.min()), float(values.max()), count + 1)


def expectation(made: Evaluation) -> dict[str, Any]:
    """The maps as JSON: cells with detection rate and its interval, median error and median time to the alert."""
    everything = shots(made)
    return {
        name: [_cell(one) for one in cells([one for one in everything if low <= one.depth_km < high])]
        for name, (low, high) in CLASSES.items()
    }


def _cell(one: Cell) -> dict[str, Any]:
    rate = share(sum(shot.told for shot in one.shots), len(one.shots), "")
    return {
        "south": one.south, "north": one.north, "west": one.west, "east": one.east, "earthquakes": len(one.shots),
        "told": rate.value, "told_low": rate.low, "told_high": rate.high,
        "epicentre_km": one.median(lambda shot: shot.error_km),
        "alert_after_origin_s": one.median(lambda shot: shot.alert_s),
    }  # fmt: skip


def draw_expectation(made: Evaluation, path: Path) -> None:
    """Write the maps as a PNG: a row a class of depth; OSError when it cannot be written."""
    everything = shots(made)
    classes = {name: [one for one in everything if low <= one.depth_km < high] for name, (low, high) in CLASSES.items()}
    classes = {name: some for name, some in classes.items() if some}
    stations = placed(made.run.table)
    frame = framed(stations, [(one.longitude, one.latitude) for one in everything])
    tall = PANEL_INCHES * frame.half_y / frame.half_x + 0.75
    figure = new_figure((14.0, 1.5 + tall * len(classes)), made)
    panels = figure.subplots(len(classes), 3, squeeze=False)
    times = [one.alert_s for one in everything if one.alert_s is not None]
    latest_s = max(10.0, float(np.quantile(times, 0.95))) if times else 10.0
    for row, (name, some) in zip(panels, classes.items(), strict=True):
        own = cells(some)
        for axes, text in zip(
            row, ("Told by an alert", "Error of the epicentre", "Alert after the origin"), strict=True
        ):
            _panel(axes, made, frame, text)
        row[0].set_ylabel(f"{name} ({len(some)})", fontsize=10, fontweight="bold", labelpad=10)
        _detection(row[0], some, own)
        _values(row[1], some, own, lambda one: one.error_km, ("km", ERROR_LIMITS_KM, True))
        _values(row[2], some, own, lambda one: one.alert_s, ("s", (0.0, latest_s), False))
    write_texts(figure, made)
    figure.savefig(path, format="png")


def _panel(axes: Any, made: Evaluation, frame: Frame, text: str) -> None:
    stations = placed(made.run.table)
    able = {code for one in made.run.statuses for code in one.able}
    centre = show(axes, frame)
    mark_stations(axes, stations, centre, [one.station_code for one in stations if one.station_code not in able])
    heading(axes, text)


def _detection(axes: Any, some: Sequence[Shot], own: Sequence[Cell]) -> None:
    """Cells by their share, else each earthquake: filled when it was told, a cross when not."""
    if own:
        _mesh(axes, own, [100 * one.detection for one in own], ("%", (0.0, 100.0), False))
        return
    for told, marker, label in ((True, "o", "told"), (False, "x", "not told")):
        points = [(one.longitude, one.latitude) for one in some if one.told == told]
        if points:
            x, y = zip(*((near(a, some[0].longitude), b) for a, b in points), strict=True)
            axes.scatter(x, y, s=34, marker=marker, color=TEXT_COLOUR, linewidth=1.4, zorder=7,
                         label=f"{label} ({len(points)})")  # fmt: skip
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=2, fontsize=8, frameon=False, handletextpad=0.2)


Scale = tuple[str, tuple[float, float], bool]
"""Unit, limits, and whether colours follow the logarithm."""


def _values(
    axes: Any, some: Sequence[Shot], own: Sequence[Cell], value: Callable[[Shot], float | None], scale: Scale
) -> None:
    known = [(one, number) for one in some if (number := value(one)) is not None]
    if not known:
        text = "no earthquake was found" if scale[2] else "none was told by an alert"
        axes.text(0.5, 0.95, text, ha="center", va="top", fontsize=9, color=TEXT_COLOUR, transform=axes.transAxes)
        return
    if own:
        told = [(one, number) for one in own if (number := one.median(value)) is not None]
        _mesh(axes, [one for one, _ in told], [number for _, number in told], scale)
        return
    x = [near(one.longitude, some[0].longitude) for one, _ in known]
    y = [one.latitude for one, _ in known]
    drawn = axes.scatter(x, y, c=[number for _, number in known], s=70, zorder=7, edgecolor=TEXT_COLOUR,
                         linewidth=0.8, **_colours(scale))  # fmt: skip
    _bar(axes, drawn, scale, "final error" if scale[2] else "time")


def _mesh(axes: Any, own: Sequence[Cell], values: Sequence[float], scale: Scale) -> None:
    """Cells in shades, with their numbers as long as there is room for these."""
    from matplotlib.collections import PolyCollection
    from matplotlib.patheffects import withStroke

    corners = [
        [(one.west, one.south), (one.east, one.south), (one.east, one.north), (one.west, one.north)] for one in own
    ]
    mesh = PolyCollection(corners, edgecolors="white", linewidths=0.6, zorder=2, **_colours(scale))
    mesh.set_array(np.array(values))
    axes.add_collection(mesh)
    if len({one.south for one in own}) <= MOST_WRITTEN:
        halo = [withStroke(linewidth=2.0, foreground="white")]
        for one, value in zip(own, values, strict=True):
            axes.annotate(f"{value:.0f}", (one.west, one.north), (3, -3), textcoords="offset points", va="top",
                          fontsize=8, color=TEXT_COLOUR, path_effects=halo, zorder=4)  # fmt: skip
    _bar(axes, mesh, scale, "share" if scale[0] == "%" else "median")


def _colours(scale: Scale) -> dict[str, Any]:
    """Dark is much in grey and in colour alike."""
    from matplotlib.colors import LogNorm, Normalize

    (low, high), is_log = scale[1], scale[2]
    return {"cmap": "cividis_r", "norm": LogNorm(low, high, clip=True) if is_log else Normalize(low, high, clip=True)}


def _bar(axes: Any, drawn: Any, scale: Scale, words: str) -> None:
    unit, _, is_log = scale
    bar = axes.figure.colorbar(drawn, ax=axes, shrink=0.7, pad=0.02, extend="neither" if unit == "%" else "both")
    bar.set_label(f"{words} ({unit})", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    if is_log:
        bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        bar.ax.yaxis.set_minor_formatter("")
