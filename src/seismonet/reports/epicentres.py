"""Map of stations and epicentres, to scale, without any map data."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Event, Origin, Place
from seismonet.core.geo import KM_PER_DEGREE, distance_km
from seismonet.core.inventory import ChannelTable, Station
from seismonet.core.status import NetworkStatus
from seismonet.formats.eventwords import percent

from .style import DEGRADED_COLOUR, EVENT_COLOUR, FAINT_COLOUR, P_COLOUR, QUIET_COLOUR, TEXT_COLOUR, heading, plain

MARKS = {
    "up": ("^", P_COLOUR, P_COLOUR),
    "degraded": ("^", DEGRADED_COLOUR, DEGRADED_COLOUR),
    "down": ("v", "white", QUIET_COLOUR),
}
LEAST_WIDTH_KM = 20.0
FARTHEST_KM = 400.0
"""A second place farther than this from the epicentre would make the network a dot."""


def draw_map(
    axes: Any,
    channels: ChannelTable,
    status: NetworkStatus | None,
    main: Event | None,
    versions: Sequence[Event],
    others: Sequence[Event],
) -> None:
    """Draw stations by what they could do, the main event with its versions, its 68 % circle and ellipse and where else
    it may have been; other events small.

    The axes must have their final place in the figure: the map is fitted to its shape.
    """
    stations = placed(channels)
    plain(axes)
    axes.spines[["top", "right"]].set(visible=True, color=QUIET_COLOUR)
    heading(axes, "Stations and epicentre" if main is not None else "Stations")
    if not stations and main is None:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "no station has coordinates", ha="center", color=QUIET_COLOUR, transform=axes.transAxes)
        return
    centre = _frame(axes, stations, main)
    axes.grid(color=FAINT_COLOUR, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    _draw_events(axes, main, versions, others, centre)
    _draw_stations(axes, stations, status, centre)
    _draw_scale(axes)
    handles = axes.get_legend_handles_labels()[0]
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=min(len(handles), 4), fontsize=8, frameon=False,
        handletextpad=0.3, columnspacing=1.2,
    )  # fmt: skip


def placed(channels: ChannelTable) -> list[Station]:
    """Every station with coordinates, in its latest epoch."""
    latest = {one.station_code: one for one in channels.stations}
    return [one for one in latest.values() if np.isfinite([one.latitude, one.longitude]).all()]


def near(longitude: float, centre: float) -> float:
    """A longitude within half a turn of another, so that a network across the date line stays together.

    >>> near(-179.0, 178.0)
    181.0
    """
    return centre + (longitude - centre + 180.0) % 360.0 - 180.0


def round_length_km(width_km: float) -> float:
    """A round length of about a quarter of a width, for a scale.

    >>> [round_length_km(width) for width in (90.0, 400.0, 1000.0)]
    [20.0, 100.0, 200.0]
    """
    target = width_km / 4
    power = 10.0 ** np.floor(np.log10(target))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= target * (1 + 1e-9)))


def _frame(axes: Any, stations: Sequence[Station], main: Event | None) -> float:
    """Limits that hold stations and events with equal scales both ways; the longitude everything is near to.

    Other events far from the network are left outside rather than making the network a dot.
    """
    centre = stations[0].longitude if stations else main.origin.longitude if main else 0.0
    points = [(near(one.longitude, centre), one.latitude) for one in stations]
    if main is not None:
        points.append((near(main.origin.longitude, centre), main.origin.latitude))
        reach = min(_reach_km(main.origin), 150.0) / KM_PER_DEGREE
        shrunk = reach / max(np.cos(np.deg2rad(main.origin.latitude)), 0.05)
        x, y = points[-1]
        points += [(x - shrunk, y - reach), (x + shrunk, y + reach)]
        points += [(near(one.longitude, centre), one.latitude) for one in _elsewhere(main.origin)]
    (west, south), (east, north) = np.min(points, axis=0), np.max(points, axis=0)
    x, y = (west + east) / 2, (south + north) / 2
    shrink = max(float(np.cos(np.deg2rad(y))), 0.05)
    box = axes.get_position()
    width, height = axes.figure.get_size_inches()
    ratio = box.height * height / (box.width * width)
    half = max((east - west) * shrink / 2, (north - south) / 2 / ratio, LEAST_WIDTH_KM / KM_PER_DEGREE) * 1.2
    axes.set_xlim(x - half / shrink, x + half / shrink)
    axes.set_ylim(y - half * ratio, y + half * ratio)
    axes.locator_params(nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: _degrees(near(float(value), 0.0), "E", "W"))
    axes.yaxis.set_major_formatter(lambda value, _: _degrees(float(value), "N", "S"))
    return float(x)


def _reach_km(origin: Origin) -> float:
    """How far the regions that are drawn reach from the epicentre."""
    sure = origin.confidence
    return float(np.nanmax([origin.horizontal_uncertainty_km, sure.major_km if sure else 0.0]))


def _elsewhere(origin: Origin) -> list[Place]:
    """The other places where it may have been; too far a one is left to the words."""
    places = origin.confidence.modes[1:] if origin.confidence else ()
    here = origin.latitude, origin.longitude
    return [one for one in places if distance_km(*here, one.latitude, one.longitude) <= FARTHEST_KM]


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(round(value, 6)):g}°{negative if value < 0 else positive}"


def _draw_stations(axes: Any, stations: Sequence[Station], status: NetworkStatus | None, centre: float) -> None:
    verdicts = {one.station_code: one.verdict for one in status.stations} if status is not None else {}
    for verdict, (marker, face, edge) in MARKS.items():
        some = [one for one in stations if verdicts.get(one.station_code, "down") == verdict]
        if some:
            x = [near(one.longitude, centre) for one in some]
            axes.scatter(
                x, [one.latitude for one in some], s=55, marker=marker, facecolor=face, edgecolor=edge, linewidth=1.2,
                zorder=5, label=f"{verdict} ({len(some)})",
            )  # fmt: skip
    _name_stations(axes, stations, centre)


def _name_stations(axes: Any, stations: Sequence[Station], centre: float) -> None:
    """Codes beside their marks, wherever there is room: below, above, right or left; where there is none, no code."""
    size = 7.5 if len(stations) <= 25 else 6.0
    scale = 72.0 / axes.figure.dpi
    places = [(near(one.longitude, centre), one.latitude) for one in stations]
    points = axes.transData.transform(places) * scale if places else np.empty((0, 2))
    taken = [_box(x, y, 8.0, 8.0) for x, y in points]
    for one, place, (x, y) in zip(stations, places, points, strict=True):
        width = 0.66 * size * len(one.code)
        for dx, dy in ((0.0, -10.5), (0.0, 10.5), (7 + width / 2, 0.0), (-7 - width / 2, 0.0)):
            box = _box(x + dx, y + dy, width, size)
            if not any(_overlap(box, other) for other in taken):
                taken.append(box)
                axes.annotate(
                    one.code, place, (dx, dy), textcoords="offset points", ha="center", va="center", fontsize=size,
                    color=TEXT_COLOUR, zorder=4, annotation_clip=True,
                )  # fmt: skip
                break


def _box(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _draw_events(
    axes: Any, main: Event | None, versions: Sequence[Event], others: Sequence[Event], centre: float
) -> None:
    if others:
        x = [near(one.origin.longitude, centre) for one in others]
        y = [one.origin.latitude for one in others]
        axes.scatter(
            x, y, s=70, marker="*", facecolor="white", edgecolor=EVENT_COLOUR, linewidth=0.9, zorder=6,
            label=f"other events ({len(others)})",
        )  # fmt: skip
    if main is None:
        return
    origin = main.origin
    x0, y0 = near(origin.longitude, centre), origin.latitude
    path = np.array([(near(one.origin.longitude, centre), one.origin.latitude) for one in versions])
    if len(path) > 1:
        axes.plot(*path.T, color=EVENT_COLOUR, linewidth=0.7, alpha=0.5, marker=".", markersize=4, zorder=6)
    _draw_regions(axes, origin, x0)
    for one in _elsewhere(origin):
        axes.scatter(
            near(one.longitude, centre), one.latitude, s=75, marker="D", facecolor="white", edgecolor=EVENT_COLOUR,
            linewidth=1.4, zorder=7, label=f"or here ({percent(one.probability)}, {one.depth_km:.0f} km deep)",
        )  # fmt: skip
    axes.scatter(
        x0, y0, s=210, marker="*", facecolor=EVENT_COLOUR, edgecolor="white", linewidth=0.8, zorder=7, label="epicentre"
    )


def _draw_regions(axes: Any, origin: Origin, x0: float) -> None:
    """The circle that holds 68 % of all probability, and the ellipse that holds 68 % of the dominant mode's."""
    radius_km, sure = origin.horizontal_uncertainty_km, origin.confidence
    if np.isfinite(radius_km):
        ring = outline(origin.latitude, x0, radius_km, radius_km, 0.0)
        axes.plot(*ring, color=EVENT_COLOUR, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2, label="68 % circle")
        if sure is None:
            axes.fill(*ring, color=EVENT_COLOUR, alpha=0.08, linewidth=0, zorder=1)
    if sure is not None and np.isfinite([sure.major_km, sure.minor_km, sure.azimuth_deg]).all():
        ring = outline(origin.latitude, x0, sure.major_km, sure.minor_km, sure.azimuth_deg)
        axes.fill(*ring, color=EVENT_COLOUR, alpha=0.12, linewidth=0, zorder=1)
        axes.plot(*ring, color=EVENT_COLOUR, linewidth=1.0, zorder=2, label="68 % ellipse")


def outline(
    latitude: float, longitude: float, major_km: float, minor_km: float, azimuth_deg: float
) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes, (181,) each, of an ellipse by its half axes and the azimuth of the longer one.

    >>> x, y = outline(0.0, 0.0, 111.195, 11.1195, 90.0)
    >>> float(x.max().round(2)), float(y.max().round(2))
    (1.0, 0.1)
    """
    angle, turn = np.linspace(0, 2 * np.pi, 181), np.deg2rad(azimuth_deg)
    along, across = major_km * np.cos(angle), minor_km * np.sin(angle)
    east = along * np.sin(turn) + across * np.cos(turn)
    north = along * np.cos(turn) - across * np.sin(turn)
    shrink = max(float(np.cos(np.deg2rad(latitude))), 0.05)
    return longitude + east / KM_PER_DEGREE / shrink, latitude + north / KM_PER_DEGREE


def _draw_scale(axes: Any) -> None:
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    per_degree = KM_PER_DEGREE * max(float(np.cos(np.deg2rad((south + north) / 2))), 0.05)
    length_km = round_length_km((east - west) * per_degree)
    x, y = west + 0.04 * (east - west), south + 0.05 * (north - south)
    end = x + length_km / per_degree
    axes.plot([x, end], [y, y], color=TEXT_COLOUR, linewidth=2.2, solid_capstyle="butt", zorder=8)
    axes.annotate(
        f"{length_km:g} km", ((x + end) / 2, y), (0, 3), textcoords="offset points", ha="center", fontsize=8, zorder=8
    )
