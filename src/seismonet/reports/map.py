"""The network on a map, drawn without a map server: stations, names, distances, a scale."""

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.geo import distance_km
from seismonet.core.inventory import ChannelTable, Station

INK, QUIET, MARK = "#22303c", "#8a97a3", "#c1440e"
MOST_JOINED, MOST_NAMED = 4, 8
WIDTH_IN = 8.0


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a map shows: its middle and half its extent, in degrees; ``stretch`` degrees of longitude are as long as one
    of latitude."""

    latitude: float
    longitude: float
    half_height: float
    half_width: float
    stretch: float

    @property
    def height_to_width(self) -> float:
        return self.half_height / (self.half_width / self.stretch)

    @property
    def width_km(self) -> float:
        west, east = self.longitude - self.half_width, self.longitude + self.half_width
        return float(distance_km(self.latitude, west, self.latitude, east))


def draw_map(table: ChannelTable, path: Path) -> None:
    """Write a map of all stations of a table to a PNG, PDF or SVG file.

    Up to four stations are joined by lines with their distances; in a crowd, names that find no room are left out.
    ValueError for another ending of the file's name.
    """
    from matplotlib.figure import Figure

    stations = list({station.station_code: station for station in table.stations}.values())
    frame = _frame(stations)
    figure = Figure(figsize=(WIDTH_IN, WIDTH_IN * frame.height_to_width + 0.7), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    _set_frame(axes, frame)
    if len(stations) <= MOST_JOINED:
        for one, other in combinations(stations, 2):
            _line(axes, one, other)
    size = 11 if len(stations) <= MOST_NAMED else 8
    for one in stations:
        axes.plot(one.longitude, one.latitude, "^", color=MARK, markersize=size, markeredgecolor="white", zorder=3)
    _label_all(axes, frame, stations)
    axes.set_title(_title(stations), loc="left", fontsize=11, color=INK)
    figure.savefig(path)


def _title(stations: list[Station]) -> str:
    networks = sorted({one.network for one in stations})
    return f"{len(stations)} station{'s' * (len(stations) != 1)} of {', '.join(networks)}"


def _label_all(axes: Any, frame: _Frame, stations: list[Station]) -> None:
    """Each station's name where it covers no other name and no mark: away from the middle, or towards it, or beside."""
    size = 9 if len(stations) <= MOST_NAMED else 7
    points = [_points(frame, one) for one in stations]
    taken = [(x - 6.0, x + 6.0, y - 6.0, y + 6.0) for x, y in points]
    for one, (x, y) in zip(stations, points, strict=True):
        lines = [one.station_code, one.name] if len(stations) <= MOST_NAMED and one.name else [one.code]
        width, height = 0.6 * size * max(map(len, lines)), 1.25 * size * len(lines)
        above, below = (0.0, 10.0, "center", "bottom"), (0.0, -10.0, "center", "top")
        sides = [(9.0, 0.0, "left", "center"), (-9.0, 0.0, "right", "center")]
        for dx, dy, across, up in [above, below, *sides] if one.latitude >= frame.latitude else [below, above, *sides]:
            left = x + dx - width * {"left": 0.0, "center": 0.5, "right": 1.0}[across]
            low = y + dy - height * {"bottom": 0.0, "center": 0.5, "top": 1.0}[up]
            box = (left, left + width, low, low + height)
            if not any(box[0] < b and box[1] > a and box[2] < d and box[3] > c for a, b, c, d in taken):
                taken.append(box)
                place = {"xytext": (dx, dy), "textcoords": "offset points", "ha": across, "va": up}
                text = "\n".join(lines)
                axes.annotate(text, (one.longitude, one.latitude), fontsize=size, color=INK, zorder=4, **place)
                break


def _points(frame: _Frame, one: Station) -> tuple[float, float]:
    """Where a station stands, in points of the page."""
    points_per_degree = WIDTH_IN * 72 * 0.92 / (2 * frame.half_width)
    return one.longitude * points_per_degree, one.latitude * points_per_degree * frame.stretch


def _line(axes: Any, one: Station, other: Station) -> None:
    km = float(distance_km(one.latitude, one.longitude, other.latitude, other.longitude))
    axes.plot([one.longitude, other.longitude], [one.latitude, other.latitude], "-", color=QUIET, lw=0.8, zorder=1)
    middle = (one.longitude + other.longitude) / 2, (one.latitude + other.latitude) / 2
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axes.annotate(f"{km:.0f} km", middle, ha="center", va="center", fontsize=8, color=QUIET, bbox=box, zorder=2)


def _frame(stations: list[Station]) -> _Frame:
    """All stations with a margin for their names, neither very flat nor very tall."""
    latitude, longitude = np.array([one.latitude for one in stations]), np.array([one.longitude for one in stations])
    middle = float((latitude.min() + latitude.max()) / 2)
    stretch = 1 / max(0.05, float(np.cos(np.deg2rad(middle))))
    width = max(float(np.ptp(longitude)) / stretch, 0.7 * float(np.ptp(latitude)), 0.2)
    height = max(float(np.ptp(latitude)), 0.35 * width)
    half_height, half_width = height / 2 + 0.17 * width, 0.72 * width * stretch
    return _Frame(middle, float((longitude.min() + longitude.max()) / 2), half_height, half_width, stretch)


def _set_frame(axes: Any, frame: _Frame) -> None:
    """Limits, true proportions in the middle, degrees, and a scale bar."""
    axes.set_xlim(frame.longitude - frame.half_width, frame.longitude + frame.half_width)
    axes.set_ylim(frame.latitude - frame.half_height, frame.latitude + frame.half_height)
    axes.set_aspect(frame.stretch)
    axes.grid(True, color="#e3e7ea", lw=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=QUIET)
    axes.locator_params(nbins=6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}°{'W' if value < 0 else 'E'}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}°{'S' if value < 0 else 'N'}")
    for side in axes.spines.values():
        side.set_color("#c9d1d6")
    _scale(axes, frame)


def _scale(axes: Any, frame: _Frame) -> None:
    """A bar of a round length, at most a quarter of the width, in the lower right corner."""
    step = 10 ** np.floor(np.log10(frame.width_km / 4))
    length_km = max(step * k for k in (1, 2, 5) if step * k <= frame.width_km / 4)
    length = length_km / frame.width_km * 2 * frame.half_width
    right = frame.longitude + 0.96 * frame.half_width
    y = frame.latitude - frame.half_height + 0.05 * frame.half_width / frame.stretch
    axes.plot([right - length, right], [y, y], "-", color=INK, lw=2.5, solid_capstyle="butt", zorder=4)
    axes.annotate(
        f"{length_km:g} km",
        (right - length / 2, y),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=INK,
    )
