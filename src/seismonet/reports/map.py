"""The network on a map, drawn without a map server: stations, names, distances, a scale."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.geo import distance_km
from seismonet.core.inventory import ChannelTable, Station

INK, QUIET, MARK = "#22303c", "#8a97a3", "#c1440e"
MOST_LINES = 6


def draw_map(table: ChannelTable, path: Path) -> None:
    """Write a map of all stations of a table to a PNG, PDF or SVG file."""
    from matplotlib.figure import Figure

    stations = list({station.station_code: station for station in table.stations}.values())
    figure = Figure(figsize=(8, 6.4), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    frame(axes, [(one.latitude, one.longitude) for one in stations])
    if len(stations) <= MOST_LINES:
        for one, other in combinations(stations, 2):
            _line(axes, one, other)
    for one in stations:
        axes.plot(one.longitude, one.latitude, "^", color=MARK, markersize=11, markeredgecolor="white", zorder=3)
        text = (
            one.station_code
            if len(stations) > 12
            else f"{one.station_code}\n{one.name}"
            if one.name
            else one.station_code
        )
        axes.annotate(
            text,
            (one.longitude, one.latitude),
            xytext=(9, 5),
            textcoords="offset points",
            fontsize=9,
            color=INK,
            zorder=4,
        )
    axes.set_title(_title(stations), loc="left", fontsize=11, color=INK)
    figure.savefig(path)


def _title(stations: list[Station]) -> str:
    networks = sorted({one.network for one in stations})
    return f"{len(stations)} station{'s' * (len(stations) != 1)} of {', '.join(networks)}"


def _line(axes: Any, one: Station, other: Station) -> None:
    km = float(distance_km(one.latitude, one.longitude, other.latitude, other.longitude))
    axes.plot([one.longitude, other.longitude], [one.latitude, other.latitude], "-", color=QUIET, lw=0.8, zorder=1)
    middle = (one.longitude + other.longitude) / 2, (one.latitude + other.latitude) / 2
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    axes.annotate(f"{km:.0f} km", middle, ha="center", va="center", fontsize=8, color=QUIET, bbox=box, zorder=2)


def frame(axes: Any, places: list[tuple[float, float]]) -> None:
    """Limits about places (latitude, longitude), true proportions in the middle, degrees, and a scale bar."""
    latitude, longitude = np.array([p[0] for p in places]), np.array([p[1] for p in places])
    middle = float((latitude.min() + latitude.max()) / 2)
    stretch = 1 / max(0.05, float(np.cos(np.deg2rad(middle))))
    half = max(float(np.ptp(latitude)), float(np.ptp(longitude)) / stretch, 0.2) * 0.7
    center = float((longitude.min() + longitude.max()) / 2)
    axes.set_xlim(center - half * stretch * 1.25, center + half * stretch * 1.25)
    axes.set_ylim(middle - half, middle + half)
    axes.set_aspect(stretch)
    axes.grid(True, color="#e3e7ea", lw=0.6, zorder=0)
    axes.tick_params(labelsize=8, colors=QUIET)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}°{'W' if value < 0 else 'E'}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}°{'S' if value < 0 else 'N'}")
    for side in axes.spines.values():
        side.set_color("#c9d1d6")
    _scale(axes, middle, center, half * stretch)


def _scale(axes: Any, latitude: float, longitude: float, half: float) -> None:
    """A bar of a round length, a fifth to a half of the width."""
    width_km = float(distance_km(latitude, longitude - half, latitude, longitude + half))
    step = 10 ** np.floor(np.log10(width_km / 2.5))
    length_km = max(step * k for k in (1, 2, 5) if step * k <= width_km / 2.5)
    length = length_km / width_km * 2 * half
    left, bottom = axes.get_xlim()[0], axes.get_ylim()[0]
    x, y = left + 0.05 * 2 * half, bottom + 0.05 * (axes.get_ylim()[1] - bottom)
    axes.plot([x, x + length], [y, y], "-", color=INK, lw=2.5, solid_capstyle="butt", zorder=4)
    axes.annotate(
        f"{length_km:g} km",
        (x + length / 2, y),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=INK,
    )
