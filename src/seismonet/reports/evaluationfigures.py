"""The standard figures of an evaluation, a PNG each; readable in black and white, marked when simulated.

The rule this file owns: a figure whose numbers cannot be computed says why, in the place where they would be.
"""

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.utc import to_iso

from .evaluationmaps import draw_errors, frame_of
from .evaluationmetrics import Outcome, Section, Solution
from .evaluationresult import Evaluation
from .evaluationstatistics import coverage_band
from .style import ALERT_COLOUR, EVENT_COLOUR, FAINT_COLOUR, P_COLOUR, QUIET_COLOUR, TEXT_COLOUR, heading, plain

DOTS_PER_INCH = 110
GRID_S = np.arange(0.0, 301.0, 1.0)
LINE_INCHES, LETTERS_PER_INCH = 0.15, 15
LEAST_FOR_MEDIAN = 3
LEAST_ERROR_KM = 0.3
"""Below this the logarithmic axis ends; smaller errors lie on it."""


def draw_all(made: Evaluation, folder: Path) -> list[Path]:
    """Draw all figures into a folder that exists; their paths. OSError when they cannot be written."""
    frame = frame_of(made)
    shape = frame.half_y / frame.half_x
    figures: dict[str, tuple[tuple[float, float], Callable[[Any, Evaluation], None]]] = {
        "map.png": ((8.0, 1.9 + 7.2 * shape), draw_map),
        "course.png": ((8.5, 8.0), draw_course),
        "residuals.png": ((10.0, 7.2), draw_residuals),
        "calibration.png": ((10.0, 5.4), draw_calibration),
        "magnitudes.png": ((6.6, 6.8), draw_magnitudes),
    }
    paths = []
    for name, (size, draw) in figures.items():
        figure = new_figure(size, made)
        draw(figure, made)
        write_texts(figure, made)
        figure.savefig(folder / name, format="png")
        paths.append(folder / name)
    return paths


def new_figure(size: tuple[float, float], made: Evaluation) -> Any:
    """A white figure that lays out its panels by itself, with room for a title above and for words below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    wide, high = size
    foot = 0.3 + LINE_INCHES * len(_foot(made, wide))
    engine = ConstrainedLayoutEngine(rect=(0.01, foot / high, 0.98, 1 - (0.6 + foot) / high), w_pad=0.12, h_pad=0.1)
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor="white", layout=engine)
    FigureCanvasAgg(figure)
    return figure


def write_texts(figure: Any, made: Evaluation) -> None:
    """What is judged by what, and how much of it there is; whether it is simulated, and what that assumed."""
    wide, high = figure.get_size_inches()
    count, real = sum(one.found.stands for one in made.outcomes), len(made.outcomes) + len(made.matching.missed)
    false = sum(one.stands for one in made.matching.false)
    alarms = sum(one.first_alert is not None for one in made.matching.false)
    mark = "SIMULATED: " if made.simulated else ""
    name = "" if made.run.given else f"{Path(made.run.name).name or made.run.name}: "
    above = f"{mark}{name}{count} of {real} earthquakes found, false: {false} events, {alarms} alerts"
    figure.text(0.02, 1 - 0.3 / high, above, fontsize=12, fontweight="bold", va="center", color=TEXT_COLOUR)
    figure.text(0.02, 0.1 / high, "\n".join(_foot(made, wide)), fontsize=8, va="bottom", color=TEXT_COLOUR)


def _foot(made: Evaluation, wide: float) -> list[str]:
    begin, end = (to_iso(ns, 0).replace("T", " ").removesuffix("Z") for ns in made.span_ns)
    text = (
        f"{made.run.name}. {made.run.note}"
        if made.run.note
        else f"{begin} to {end} UTC, against {', '.join(made.truth.names)}"
    )
    mark = f"{made.simulated}. " if made.simulated else ""
    return textwrap.wrap(mark + text, round(LETTERS_PER_INCH * wide))


def absent(axes: Any, why: str) -> None:
    """Say why a panel is empty."""
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, f"not computed:\n{why}", ha="center", va="center", color=TEXT_COLOUR, fontsize=9, wrap=True,
              transform=axes.transAxes)  # fmt: skip


def draw_map(figure: Any, made: Evaluation) -> None:
    """Where earthquakes were and where they were found at last."""
    axes = figure.add_subplot()
    draw_errors(axes, made)
    heading(axes, "Arrows lead from the true to the found epicentre")


def draw_course(figure: Any, made: Evaluation) -> None:
    """Error of epicentre and magnitude since the origin, every version of every earthquake; the median thick."""
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes, text in ((upper, "Error of the epicentre as it became known"), (lower, "Error of the magnitude")):
        plain(axes)
        heading(axes, text)
        axes.grid(color=FAINT_COLOUR, linewidth=0.6)
    upper.set_ylabel("distance to the true epicentre (km)", fontsize=9)
    lower.set_ylabel("magnitude minus true magnitude", fontsize=9)
    lower.set_xlabel("seconds after the origin time", fontsize=9)
    courses = [one for one in made.outcomes if one.course]
    if not courses:
        absent(upper, "no earthquake was found")
        absent(lower, "no earthquake was found")
        return
    upper.set_yscale("log")
    _lines(upper, courses, lambda one: max(one.epicentre_km, LEAST_ERROR_KM))
    upper.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    upper.yaxis.set_minor_formatter("")
    low, high = upper.get_ylim()
    upper.set_ylim(min(low, 1.0), max(high, 100.0))
    _lines(lower, courses, lambda one: one.magnitude)
    lower.axhline(0.0, color=QUIET_COLOUR, linewidth=0.8)
    last = [_after(one, one.course[-1]) for one in courses]
    lower.set_xlim(0.0, max(10.0, 1.05 * float(np.quantile(last, 0.95))))
    handles, labels = upper.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    if once:
        upper.legend(once.values(), once.keys(), fontsize=8, framealpha=0.9, edgecolor="white", loc="upper right")


def _after(one: Outcome, solution: Solution) -> float:
    return (solution.issued_ns - one.truth.time_ns) / 1e9


def _lines(axes: Any, courses: Sequence[Outcome], value: Callable[[Solution], float | None]) -> None:
    """A thin step line each, a circle where the first alert was told, and the median of those known at each second."""
    grid = np.full((len(courses), len(GRID_S)), np.nan)
    drawn = False
    for row, one in enumerate(courses):
        known = [(_after(one, solution), value(solution)) for solution in one.course]
        known = [(after, number) for after, number in known if number is not None]
        if not known:
            continue
        drawn = True
        x, y = (np.array(part, dtype=np.float64) for part in zip(*known, strict=True))
        axes.plot(x, y, color=P_COLOUR, linewidth=0.8, alpha=0.55, drawstyle="steps-post")
        held = np.searchsorted(x, GRID_S, side="right") - 1
        grid[row, held >= 0] = y[held[held >= 0]]
        if one.after_origin_s is not None:
            at = int(np.searchsorted(x, one.after_origin_s, side="right")) - 1
            if at >= 0:
                axes.plot(one.after_origin_s, y[at], "o", markerfacecolor="white", markeredgecolor=ALERT_COLOUR,
                          markersize=5, zorder=4, label="first alert")  # fmt: skip
    if not drawn:
        absent(axes, "the truth or the solutions have no magnitude")
        return
    enough = (~np.isnan(grid)).sum(axis=0) >= LEAST_FOR_MEDIAN
    if enough.any():
        median = np.nanmedian(grid[:, enough], axis=0)
        axes.plot(GRID_S[enough], median, color=EVENT_COLOUR, linewidth=2.4, label="median")


def draw_residuals(figure: Any, made: Evaluation) -> None:
    """Picks against analysts', arrivals against the final locations, origin times and depths against the truth."""
    panels = figure.subplots(2, 3).ravel()
    for axes, compared, section in zip(panels[:2], made.picks, made.general[:2], strict=True):
        near = [one for one in compared.late_s if abs(one) <= 0.5]
        text = f"{compared.phase} picks minus {made.run.readers}"
        _histogram(axes, text, near, "residual (s)", _why(section))
    for axes, phase in zip(panels[2:4], "PS", strict=True):
        arrivals = [arrival for one in made.outcomes for arrival in one.found.last.origin.arrivals]
        residuals = [one.residual_s for one in arrivals if one.phase == phase and one.weight > 0]
        _histogram(axes, f"{phase} minus the final location's", residuals, "residual (s)", f"no {phase} was used")
    final = [one.stages["final"] for one in made.outcomes if "final" in one.stages]
    times = [one.time_s for one in final]
    depths = [one.depth_km for one in final if one.depth_km is not None]
    _histogram(panels[4], "Origin time minus truth", times, "difference (s)", "no earthquake was found")
    _histogram(panels[5], "Depth minus truth", depths, "difference (km)", "no depth of an earthquake is known")


def _why(section: Section) -> str:
    return next((row.measure.why for row in section.rows if row.measure.why), "nothing to compare")


def _histogram(axes: Any, text: str, values: Sequence[float], label: str, why: str) -> None:
    plain(axes)
    some = np.array([one for one in values if np.isfinite(one)])
    if len(some) == 0:
        heading(axes, text)
        absent(axes, why)
        return
    spread = f", sd {some.std(ddof=1):.2f}" if len(some) > 1 else ""
    heading(axes, text, f"n {len(some)}, median {np.median(some):+.2f}{spread}")
    reach = max(float(np.quantile(np.abs(some), 0.98)), 0.05)
    bins = np.linspace(-reach, reach, 4 * min(max(round(np.sqrt(len(some))), 2), 10) + 1)
    axes.hist(np.clip(some, -reach, reach), bins=bins.tolist(), color=P_COLOUR, edgecolor="white", linewidth=0.5)
    axes.axvline(0.0, color=TEXT_COLOUR, linewidth=0.8)
    axes.axvline(float(np.median(some)), color=EVENT_COLOUR, linewidth=1.6, linestyle=(0, (4, 2)))
    axes.set_xlabel(label, fontsize=9)
    axes.set_ylabel("number", fontsize=9)
    axes.yaxis.get_major_locator().set_params(integer=True)


def draw_calibration(figure: Any, made: Evaluation) -> None:
    """How often the truth lay within the stated region of each probability, and at which level it lay."""
    left, right = figure.subplots(1, 2)
    plain(left)
    heading(left, "Does the stated region hold the truth?")
    left.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    left.set_xlabel("stated probability of the region", fontsize=9)
    left.set_ylabel("share of earthquakes within it", fontsize=9)
    left.grid(color=FAINT_COLOUR, linewidth=0.6)
    final = _levels(made, "final")
    if len(final) == 0:
        absent(left, "no solution states a radius")
    else:
        _coverage(left, made, len(final))
    plain(right)
    heading(right, "Level of probability at which the truth lay")
    _pit(right, made)


def _levels(made: Evaluation, stage: str) -> Any:
    found = [one.stages[stage].level for one in made.outcomes if stage in one.stages]
    return np.sort([one for one in found if one is not None and np.isfinite(one)])


def _coverage(axes: Any, made: Evaluation, n: int) -> None:
    grid = np.linspace(0, 1, 101)
    low, high = coverage_band(n, grid)
    axes.fill_between(
        grid,
        low,
        high,
        facecolor=FAINT_COLOUR,
        edgecolor=QUIET_COLOUR,
        linewidth=0.6,
        label=f"95 % of honest samples of {n}",
    )
    axes.plot([0, 1], [0, 1], color=TEXT_COLOUR, linewidth=0.9)
    for stage, words, colour, style in (
        ("final", "final", EVENT_COLOUR, "-"),
        ("first", "first alert", ALERT_COLOUR, (0, (4, 2))),
    ):
        levels = _levels(made, stage)
        if len(levels):
            share = np.searchsorted(levels, grid, side="right") / len(levels)
            axes.plot(grid, share, color=colour, linewidth=1.8, linestyle=style, drawstyle="steps-post",
                      label=f"{words} ({len(levels)})")  # fmt: skip
    axes.legend(fontsize=8, framealpha=0.9, edgecolor="white", loc="lower right")


def _pit(axes: Any, made: Evaluation) -> None:
    final = [one.stages["final"] for one in made.outcomes if "final" in one.stages]
    kinds = {
        "epicentre": ([one.level for one in final], P_COLOUR, "-"),
        "depth": ([one.depth_level for one in final], EVENT_COLOUR, (0, (4, 2))),
        "magnitude": ([one.magnitude_level for one in final], ALERT_COLOUR, (0, (1, 1))),
    }
    drawn = False
    for words, (values, colour, style) in kinds.items():
        some = [one for one in values if one is not None and np.isfinite(one)]
        if not some:
            continue
        drawn = True
        number = min(max(round(np.sqrt(len(some))), 2), 10)
        heights, edges = np.histogram(some, bins=number, range=(0, 1))
        axes.stairs(heights / len(some) * number, edges, color=colour, linewidth=1.8, linestyle=style,
                    label=f"{words} ({len(some)})")  # fmt: skip
    if not drawn:
        absent(axes, "no solution states how sure it is")
        return
    axes.axhline(1.0, color=TEXT_COLOUR, linewidth=0.9)
    axes.text(0.02, 1.02, "honest", fontsize=8, va="bottom", color=TEXT_COLOUR)
    axes.set(xlim=(0, 1), ylim=(0, max(2.2, 1.25 * axes.get_ylim()[1])))
    axes.set_xlabel("probability that it is nearer, shallower, smaller (PIT)", fontsize=9)
    axes.set_ylabel("density (1: as often as stated)", fontsize=9)
    axes.legend(fontsize=8, frameon=False, loc="upper right")


def draw_magnitudes(figure: Any, made: Evaluation) -> None:
    """Magnitudes of the first alerts and at last against the true ones."""
    axes = figure.add_subplot()
    plain(axes)
    heading(axes, "Magnitude found against true magnitude")
    sized = [one for one in made.outcomes if one.truth.magnitude is not None]
    points = {
        stage: [
            (one.truth.magnitude, one.truth.magnitude + one.stages[stage].magnitude)  # type: ignore[operator]
            for one in sized
            if stage in one.stages and one.stages[stage].magnitude is not None
        ]
        for stage in ("first", "final")
    }
    everything = np.array([pair for some in points.values() for pair in some], dtype=np.float64)
    if len(everything) == 0:
        absent(axes, "the truth or the solutions have no magnitude")
        return
    low, high = float(everything.min()) - 0.4, float(everything.max()) + 0.4
    axes.plot([low, high], [low, high], color=TEXT_COLOUR, linewidth=0.9)
    for off in (-0.5, 0.5):
        axes.plot([low, high], [low + off, high + off], color=QUIET_COLOUR, linewidth=0.8, linestyle=(0, (4, 3)),
                  label="0.5 off" if off > 0 else None)  # fmt: skip
    if points["first"]:
        axes.scatter(*zip(*points["first"], strict=True), s=30, marker="o", facecolor="none", edgecolor=ALERT_COLOUR,
                     linewidth=1.0, label=f"first alert ({len(points['first'])})", zorder=3)  # fmt: skip
    if points["final"]:
        _final_magnitudes(axes, sized)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.grid(color=FAINT_COLOUR, linewidth=0.6)
    axes.set_axisbelow(True)
    kinds = sorted({one.truth.magnitude_type for one in sized if one.truth.magnitude_type})
    kind = f" ({', '.join(kinds)})" if kinds else ""
    axes.set_xlabel(f"true magnitude{kind}", fontsize=9)
    axes.set_ylabel("magnitude found", fontsize=9)
    axes.legend(fontsize=8, frameon=False, loc="upper left")


def _final_magnitudes(axes: Any, sized: Sequence[Outcome]) -> None:
    some = [one for one in sized if "final" in one.stages and one.found.last.magnitude is not None]
    x = [one.truth.magnitude for one in some]
    y = [one.found.last.magnitude.value for one in some if one.found.last.magnitude is not None]
    sigma = [one.found.last.magnitude.uncertainty for one in some if one.found.last.magnitude is not None]
    axes.errorbar(x, y, sigma, fmt="s", markersize=4.5, color=EVENT_COLOUR, elinewidth=0.6, capsize=1.5, zorder=4,
                  label=f"final, with one standard deviation ({len(some)})")  # fmt: skip
