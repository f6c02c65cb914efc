"""Maps of an evaluation: true and found epicentres, and what simulated earthquakes expect of a network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.inventory import Station

from .epicentres import near, placed, round_length_km
from .evaluationresult import Evaluation
from .style import EVENT_COLOUR, FAINT_COLOUR, P_COLOUR, QUIET_COLOUR, TEXT_COLOUR, plain

LEAST_WIDTH_KM = 40.0
MARGIN = 1.2
MARK_POINTS = 4.0
MOST_NAMED = 40
FAR_DEG = 8.0
"""Stations farther than this from every earthquake are left outside of the picture."""
TRUE = {"s": 26, "marker": "o", "facecolor": "white", "edgecolor": TEXT_COLOUR}
FOUND = {"s": 60, "marker": "*", "facecolor": EVENT_COLOUR, "edgecolor": EVENT_COLOUR}
MISSED = {"s": 60, "marker": "X", "facecolor": TEXT_COLOUR, "edgecolor": "white"}
FALSE = {"s": 50, "marker": "P", "facecolor": "white", "edgecolor": EVENT_COLOUR}
Points = Sequence[tuple[float, float]]
"""Longitude and latitude."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a map shows, in degrees: its middle and half its extent; ``shrink`` is the cosine of the latitude.

    ``half_x`` is in degrees of latitude, so that it compares with ``half_y``.
    """

    x: float
    y: float
    half_x: float
    half_y: float
    shrink: float

    def holds(self, longitude: float, latitude: float) -> bool:
        """Is a place shown?"""
        return (
            abs(near(longitude, self.x) - self.x) * self.shrink <= self.half_x and abs(latitude - self.y) <= self.half_y
        )


def frame_of(made: Evaluation) -> Frame:
    """What a map of all earthquakes shows."""
    ends = [(one.longitude, one.latitude) for one in (done.stages.get("final") for done in made.outcomes) if one]
    truths = [(one.longitude, one.latitude) for one in (*(done.truth for done in made.outcomes), *made.matching.missed)]
    false = [(one.last.origin.longitude, one.last.origin.latitude) for one in made.matching.false]
    return framed(placed(made.run.table), [*truths, *ends], false)


def draw_errors(axes: Any, made: Evaluation) -> None:
    """Arrows from where earthquakes were to where they were found; those missed and those that were none."""
    stations, frame = placed(made.run.table), frame_of(made)
    solved = [(one, one.stages["final"]) for one in made.outcomes if "final" in one.stages]
    truths = [(one.truth.longitude, one.truth.latitude) for one, _ in solved]
    missed = [(one.truth.longitude, one.truth.latitude) for one in made.outcomes if "final" not in one.stages]
    missed += [(one.longitude, one.latitude) for one in made.matching.missed]
    false = [(one.last.origin.longitude, one.last.origin.latitude) for one in made.matching.false]
    ends = [(solution.longitude, solution.latitude) for _, solution in solved]
    centre = show(axes, frame)
    outside = sum(not frame.holds(*place) for place in false)
    mark_stations(axes, stations, centre)
    for one, solution in solved:
        begin = near(one.truth.longitude, centre), one.truth.latitude
        axes.annotate(
            "", (near(solution.longitude, centre), solution.latitude), begin, zorder=6,
            arrowprops={"arrowstyle": "-|>", "color": EVENT_COLOUR, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0,
                        "mutation_scale": 8},
        )  # fmt: skip
    _scatter(axes, truths, centre, f"true epicentre ({len(truths)})", TRUE)
    _scatter(axes, ends, centre, f"found ({len(ends)})", FOUND)
    _scatter(axes, missed, centre, f"missed or taken back ({len(missed)})", MISSED)
    beyond = f", {outside} outside of the map" if outside else ""
    _scatter(axes, false, centre, f"false ({len(false)}{beyond})", FALSE)
    legend(axes)


def _scatter(axes: Any, points: Points, centre: float, label: str, style: Mapping[str, Any]) -> None:
    if points:
        x, y = [near(one[0], centre) for one in points], [one[1] for one in points]
        axes.scatter(x, y, linewidth=0.9, zorder=7, label=label, **style)


def framed(stations: Sequence[Station], points: Points, others: Points = ()) -> Frame:
    """A frame that holds points and the stations near them.

    Other points are shown where there is room for them; without any point the stations make the frame.
    """
    places = [(one.longitude, one.latitude) for one in stations]
    some = list(points) or list(others) or places or [(0.0, 0.0)]
    centre = some[0][0]
    reach = np.array([(near(x, centre), y) for x, y in some])
    held = reach.tolist()
    for x, y in ((near(x, centre), y) for x, y in places):
        if np.hypot((reach[:, 0] - x) * np.cos(np.deg2rad(y)), reach[:, 1] - y).min() <= FAR_DEG:
            held.append([x, y])
    (west, south), (east, north) = np.min(held, axis=0), np.max(held, axis=0)
    x, y = float(west + east) / 2, float(south + north) / 2
    shrink = max(float(np.cos(np.deg2rad(y))), 0.05)
    least = LEAST_WIDTH_KM / KM_PER_DEGREE / 2
    half_x, half_y = max((east - west) * shrink / 2, least) * MARGIN, max((north - south) / 2, least) * MARGIN
    return Frame(x, y, float(max(half_x, 0.8 * half_y)), float(max(half_y, 0.6 * half_x)), shrink)


def show(axes: Any, frame: Frame) -> float:
    """Set limits, true to scale in the middle, with degrees and a scale; the middle's longitude."""
    plain(axes)
    axes.spines[["top", "right"]].set(visible=True, color=QUIET_COLOUR)
    axes.set_xlim(frame.x - frame.half_x / frame.shrink, frame.x + frame.half_x / frame.shrink)
    axes.set_ylim(frame.y - frame.half_y, frame.y + frame.half_y)
    axes.set_aspect(1 / frame.shrink)
    axes.grid(color=FAINT_COLOUR, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.locator_params(nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: _degrees(near(float(value), 0.0), "E", "W"))
    axes.yaxis.set_major_formatter(lambda value, _: _degrees(float(value), "N", "S"))
    _scale(axes, 2 * frame.half_x * KM_PER_DEGREE)
    return frame.x


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(round(value, 6)):g}°{negative if value < 0 else positive}"


def _scale(axes: Any, width_km: float) -> None:
    """A bar of a round length above the right corner, where nothing else is drawn."""
    length_km = round_length_km(width_km)
    wide = length_km / width_km
    axes.plot([1 - wide, 1], [1.018, 1.018], color=TEXT_COLOUR, linewidth=2.2, transform=axes.transAxes,
              solid_capstyle="butt", clip_on=False)  # fmt: skip
    axes.annotate(f"{length_km:g} km", (1 - wide / 2, 1.018), (0, 3), xycoords="axes fraction",
                  textcoords="offset points", ha="center", fontsize=8, color=TEXT_COLOUR)  # fmt: skip


def mark_stations(axes: Any, stations: Sequence[Station], centre: float, down: Iterable[str] = ()) -> None:
    """Stations with their codes, where these are not too many; those that are down are empty triangles."""
    absent = set(down)
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    shown = [one for one in stations if west <= near(one.longitude, centre) <= east and south <= one.latitude <= north]
    for is_down, face, label in ((False, P_COLOUR, "station"), (True, "white", "down")):
        some = [one for one in shown if (one.station_code in absent) == is_down]
        if some:
            x, y = [near(one.longitude, centre) for one in some], [one.latitude for one in some]
            axes.scatter(
                x, y, s=52, marker="v" if is_down else "^", facecolor=face,
                edgecolor=P_COLOUR if is_down else "white", linewidth=1.0, zorder=5, label=f"{label} ({len(some)})",
            )  # fmt: skip
    if len(shown) <= MOST_NAMED:
        _name(axes, shown, centre)


def _name(axes: Any, shown: Sequence[Station], centre: float) -> None:
    """Codes beside their marks, wherever there is room: below, above, right or left; where there is none, no code."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.0, foreground="white")]
    places = [(near(one.longitude, centre), one.latitude) for one in shown]
    points = [axes.transData.transform(place) * 72.0 / axes.figure.dpi for place in places]
    taken = [(x, y, MARK_POINTS, MARK_POINTS) for x, y in points]
    for one, place, (x, y) in zip(shown, places, points, strict=True):
        half = 2.4 * len(one.code)
        for dx, dy in ((0.0, -10.5), (0.0, 10.5), (half + 6.0, 0.0), (-half - 6.0, 0.0)):
            box = x + dx, y + dy, half, 3.5
            if all(abs(box[0] - a) > half + b or abs(box[1] - c) > 3.5 + d for a, c, b, d in taken):
                taken.append(box)
                axes.annotate(
                    one.code, place, (dx, dy), textcoords="offset points", ha="center", va="center", fontsize=7,
                    color=TEXT_COLOUR, zorder=8, annotation_clip=True, path_effects=halo,
                )  # fmt: skip
                break


def legend(axes: Any) -> None:
    """Below the map, in a row."""
    handles = axes.get_legend_handles_labels()[0]
    if handles:
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=min(len(handles), 5), fontsize=8, frameon=False,
            handletextpad=0.2, columnspacing=1.2,
        )  # fmt: skip
