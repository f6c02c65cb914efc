"""The picture of an explanation: map, timeline, rules, and what places were to expect, on one page."""

import textwrap
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from seismonet.formats import eventwords
from seismonet.warn.audience import AUDIENCES

from .epicentres import draw_map, near, placed
from .explanation import AHEAD, ALIKE, MISSING, REFUSED, SILENT, USED, Explanation, Verdict
from .replay import foot
from .style import (
    ALERT_COLOUR,
    EVENT_COLOUR,
    FAINT_COLOUR,
    P_COLOUR,
    QUIET_COLOUR,
    S_COLOUR,
    TEXT_COLOUR,
    heading,
    plain,
)

SIZE_INCHES = (14.0, 11.0)
DOTS_PER_INCH = 110
MOST_ROWS, MOST_PLACES, MOST_NAMED, MOST_RULES = 9, 10, 6, 15
ANSWER_LETTERS, ANSWER_LINES, RULE_LETTERS = 172, 7, 84
LEAST_SPAN_S, MOST_SPAN_S = 15.0, 90.0
ROLE_COLOURS = {USED: P_COLOUR, ALIKE: "#56B4E9", REFUSED: S_COLOUR, SILENT: TEXT_COLOUR, AHEAD: QUIET_COLOUR,
                MISSING: QUIET_COLOUR}  # fmt: skip
KIND_MARKS = {"new": "^", "update": "o", "cancel": "X"}


def draw(one: Explanation, title: str, answer: Sequence[str], file: BinaryIO, form: str) -> None:
    """Write the picture as ``png`` or ``pdf``."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, facecolor="white")
    FigureCanvasAgg(figure)
    figure.text(0.02, 0.972, title, fontsize=15, fontweight="bold", va="center")
    lines = [line for said in answer for line in textwrap.wrap(said, ANSWER_LETTERS, initial_indent="•  ",
             subsequent_indent="    ")]  # fmt: skip
    shown = (
        lines if len(lines) <= ANSWER_LINES else [*lines[: ANSWER_LINES - 1], "    … (the rest stands in the tables)"]
    )
    figure.text(0.02, 0.948, "\n".join(shown), fontsize=9.5, va="top", color=TEXT_COLOUR, linespacing=1.35)
    top = 0.905 - 0.0165 * len(shown)
    _map(figure.add_axes((0.045, 0.455, 0.39, top - 0.455)), one)
    _timeline(figure.add_axes((0.535, 0.455, 0.445, top - 0.455)), one)
    if one.event is None:
        _parts(figure.add_axes((0.045, 0.05, 0.93, 0.30)), one)
    else:
        _rules(figure.add_axes((0.045, 0.05, 0.455, 0.30)), one)
        _places(figure.add_axes((0.665, 0.085, 0.315, 0.265)), one)
    figure.text(0.02, 0.015, foot(one.status), fontsize=9, va="center", color=TEXT_COLOUR)
    figure.savefig(file, format=form)


def _map(axes: Any, one: Explanation) -> None:
    """Stations as they were able, the posterior's regions, and the places that were to be shaken most."""
    versions = [one.event] if one.event is not None else []
    draw_map(axes, one.channels, one.status, one.event, versions, [])
    heading(axes, "Where", "regions of the location; places with the intensity to expect" if one.event else " ")
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    centre = (west + east) / 2
    if one.event is None:
        x = near(one.source.longitude, centre)
        inside = west < x < east and south < one.source.latitude < north
        axes.scatter([min(max(x, west), east)], [min(max(one.source.latitude, south), north)], s=210, marker="*",
                     facecolor="white", edgecolor=EVENT_COLOUR, linewidth=1.4, zorder=7,
                     clip_on=False, label="asked about" if inside else "asked about (outside)")  # fmt: skip
    _name_places(axes, one, centre)
    handles = axes.get_legend_handles_labels()[0]
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=min(len(handles), 4), fontsize=8, frameon=False,
                handletextpad=0.3, columnspacing=1.2)  # fmt: skip


def _name_places(axes: Any, one: Explanation, centre: float) -> None:
    """The places that were to be shaken most; a name where it covers no mark and no other name."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    scale = 72.0 / axes.figure.dpi

    def point(longitude: float, latitude: float) -> tuple[float, float]:
        x, y = axes.transData.transform((near(longitude, centre), latitude)) * scale
        return float(x), float(y)

    taken = [(x - 16, y - 16, x + 16, y + 7) for x, y in (point(s.longitude, s.latitude) for s in placed(one.channels))]
    x, y = point(one.source.longitude, one.source.latitude)
    taken.append((x - 8, y - 8, x + 8, y + 8))
    shown = 0
    for part in one.shaking:
        place = one.targets.get(part.target)
        if place is None or not (west < near(place.longitude, centre) < east and south < place.latitude < north):
            continue
        if shown == MOST_NAMED:
            break
        shown += 1
        at = near(place.longitude, centre), place.latitude
        axes.scatter(*at, s=16, marker="s", facecolor=ALERT_COLOUR, edgecolor="white", linewidth=0.5, zorder=6,
                     label="place, with its intensity" if shown == 1 else None)  # fmt: skip
        words = f"{textwrap.shorten(part.target, 24, placeholder=' …')} {part.intensity:.1f}"
        x, y = point(place.longitude, place.latitude)
        width = 3.6 * len(words)
        for dx, dy in ((5, -2), (-5 - width, -2), (-width / 2, 5), (-width / 2, -10), (5, 8), (5, -14)):
            box = (x + dx, y + dy, x + dx + width, y + dy + 7)
            if not any(box[0] < c and a < box[2] and box[1] < d and b < box[3] for a, b, c, d in taken):
                taken.append(box)
                axes.annotate(words, at, (dx, dy), textcoords="offset points", fontsize=6.5, color=ALERT_COLOUR,
                              zorder=8, annotation_clip=True)  # fmt: skip
                break


def _timeline(axes: Any, one: Explanation) -> None:
    """Stations from near to far, then what was made of it: from the first P to the last message."""
    zero_ns = one.source.time_ns
    stations = _shown(one)
    audiences = [verdict for verdict in one.verdicts if verdict.told]
    messages = [part for part in one.posted if part.settled_ns]
    names = [part.code for part in stations] + ["event"] * bool(one.event)
    names += [verdict.audience.replace("_", " ") for verdict in audiences] + ["messages"] * bool(messages)
    end_s = _end_s(one, [(part.p_ns - zero_ns) / 1e9 for part in stations])
    plain(axes)
    heading(axes, "When", "expected P | and S | ;  ▲ pick, from its onset to when it was told")
    axes.set_xlim(-0.03 * end_s, end_s)
    axes.set_ylim(len(names) - 0.4, -0.7)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("seconds after the origin", fontsize=9)
    axes.grid(axis="x", color=FAINT_COLOUR, linewidth=0.6)
    axes.set_axisbelow(True)
    for row, part in enumerate(stations):
        _station_row(axes, row, part, zero_ns, end_s)
    row = len(stations)
    if one.event is not None:
        _event_row(axes, row, one, zero_ns)
        row += 1
    for verdict in audiences:
        _audience_row(axes, row, verdict, zero_ns, end_s)
        row += 1
    if messages:
        x = [(part.settled_ns - zero_ns) / 1e9 for part in messages]
        axes.scatter(x, [row] * len(x), s=16, marker="|", color=TEXT_COLOUR, zorder=4)
    if one.event is not None:
        axes.axvline((one.at_ns - zero_ns) / 1e9, color=ALERT_COLOUR if one.told else QUIET_COLOUR, linewidth=0.9,
                     linestyle=(0, (4, 3)), zorder=1)  # fmt: skip


def _shown(one: Explanation) -> list[Any]:
    """The stations that are drawn: those that had a part in it first, in order of distance."""
    ranked = sorted(one.stations, key=lambda part: (part.role in (AHEAD,), part.km))[:MOST_ROWS]
    return sorted(ranked, key=lambda part: (part.km, part.code))


def _end_s(one: Explanation, p_s: Sequence[float]) -> float:
    """How long after the origin is shown."""
    told_s = [(verdict.alerts[0].issued_ns - one.source.time_ns) / 1e9 for verdict in one.verdicts if verdict.alerts]
    event_s = [(one.event.issued_ns - one.source.time_ns) / 1e9] if one.event else []
    longest = max([*told_s, *event_s, *p_s[:4], 0.0])
    return float(np.clip(1.35 * longest + 6.0, LEAST_SPAN_S, MOST_SPAN_S))


def _station_row(axes: Any, row: int, part: Any, zero_ns: int, end_s: float) -> None:
    for due_ns, colour in ((part.p_ns, P_COLOUR), (part.s_ns, S_COLOUR)):
        axes.plot([(due_ns - zero_ns) / 1e9] * 2, [row - 0.32, row + 0.32], color=colour, linewidth=1.0, alpha=0.6)
    colour = ROLE_COLOURS[part.role]
    at_s = (part.pick_ns - zero_ns) / 1e9
    if part.pick_ns:
        axes.plot([at_s, (part.told_ns - zero_ns) / 1e9], [row, row], color=colour, linewidth=2.2, alpha=0.55,
                  solid_capstyle="butt")  # fmt: skip
        axes.scatter([at_s], [row], s=34, marker="^", color=colour, zorder=5)
    if part.role == USED:
        return
    times_s = [(time_ns - zero_ns) / 1e9 for time_ns in (part.p_ns, part.pick_ns, part.told_ns) if time_ns]
    words = part.role if part.role == SILENT else f"{part.role}: {part.why}"
    words = textwrap.shorten(words, 62, placeholder=" …")
    left = max(times_s) < 0.45 * end_s
    at_s = max(times_s) if left else min(times_s)
    axes.annotate(words, (min(at_s, end_s), row), (6 if left else -6, 0), textcoords="offset points", fontsize=7,
                  color=colour, va="center", ha="left" if left else "right", annotation_clip=False,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}, zorder=6)  # fmt: skip


def _event_row(axes: Any, row: int, one: Explanation, zero_ns: int) -> None:
    x = [(part.time_ns - zero_ns) / 1e9 for part in one.moments if part.kind == "event"]
    axes.scatter(x, [row] * len(x), s=46, marker="*", color=EVENT_COLOUR, zorder=5, clip_on=True)


def _audience_row(axes: Any, row: int, verdict: Verdict, zero_ns: int, end_s: float) -> None:
    for alert in verdict.alerts:
        x = (alert.issued_ns - zero_ns) / 1e9
        if x <= end_s:
            axes.scatter([x], [row], s=30 if alert.kind == "new" else 18, marker=KIND_MARKS[alert.kind],
                         color=ALERT_COLOUR, edgecolor="white", linewidth=0.5, zorder=5)  # fmt: skip
    first_s = (verdict.alerts[0].issued_ns - zero_ns) / 1e9
    axes.annotate(f"{first_s:.1f} s", (first_s, row), (-7, 0), textcoords="offset points", fontsize=7,
                  color=ALERT_COLOUR, ha="right", va="center", zorder=6,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})  # fmt: skip


def _parts(axes: Any, one: Explanation) -> None:
    """Without an event: what each station made of it."""
    axes.axis("off")
    heading(axes, "Why", "there was no event, so nothing was decided: what each station had to do with it")
    axes.set(xlim=(0, 1), ylim=(1, 0))
    for row, part in enumerate(one.stations[:MOST_RULES]):
        y = 0.075 + 0.062 * row
        due_s = (part.p_ns - one.source.time_ns) / 1e9
        axes.text(0.0, y, part.code, fontsize=8.5, color=TEXT_COLOUR)
        axes.text(0.085, y, f"{part.km:.0f} km", fontsize=8.5, color=TEXT_COLOUR, ha="right")
        axes.text(0.10, y, f"P due {due_s:.1f} s after the time asked for", fontsize=8.5, color=QUIET_COLOUR)
        axes.text(0.30, y, f"{part.role}: {part.why}", fontsize=8.5, color=ROLE_COLOURS[part.role])


def _rules(axes: Any, one: Explanation) -> None:
    """What each rule said for the audience that was told first, or came nearest to it; of the others what failed."""
    axes.axis("off")
    heading(axes, "Why", "one way is enough: stations locate it, one shakes strongly, or two neighbours are shaken")
    axes.set(xlim=(0, 1), ylim=(1, 0))
    if not one.verdicts:
        axes.text(0.0, 0.04, "No decision is stored of it.", fontsize=9, color=QUIET_COLOUR, va="top")
        return
    main, *others = sorted(one.verdicts, key=_prominence)
    y = _rule_lines(axes, 0.0, main, main.rules, one)
    for verdict in others:
        if y > 0.93:
            break
        rules = [rule for rule in verdict.rules if not rule[1]] if not verdict.told else []
        y = _rule_lines(axes, y + 0.015, verdict, rules, one)


def _prominence(verdict: Verdict) -> tuple[bool, int, int]:
    """Those told by the network first, then who was told at all, then who came nearest; the public before others."""
    first = verdict.alerts[0] if verdict.alerts else None
    place = AUDIENCES.index(verdict.audience) if verdict.audience in AUDIENCES else len(AUDIENCES)
    return first is None, first.basis != "network" if first else len(verdict.failed), place


def _rule_lines(axes: Any, y: float, verdict: Verdict, rules: Sequence[tuple[str, bool]], one: Explanation) -> float:
    """Lines from a height down; the height below them."""
    said = "not told"
    if verdict.told:
        after_s = (verdict.alerts[0].issued_ns - one.source.time_ns) / 1e9
        said = f"told {after_s:.1f} s after the origin: {verdict.alerts[0].reason}"
    step = 0.054
    y += step
    colour = ALERT_COLOUR if verdict.told else EVENT_COLOUR
    axes.text(0.0, y, f"{verdict.audience.replace('_', ' ')}: {said}", fontsize=8.5, fontweight="bold", color=colour)
    shown = list(rules[:MOST_RULES])
    for text, yes in shown:
        y += step
        if y > 1.0:
            return y
        short = textwrap.shorten(text, RULE_LETTERS, placeholder=" …")
        axes.text(0.012, y, "✓" if yes else "✗", fontsize=8.5, color=ALERT_COLOUR if yes else EVENT_COLOUR,
                  fontfamily="DejaVu Sans")  # fmt: skip
        axes.text(0.04, y, short, fontsize=8, color=TEXT_COLOUR)
    return y


def _places(axes: Any, one: Explanation) -> None:
    """How long each place had, and how strongly it was to be shaken."""
    plain(axes)
    heading(axes, "What places were to expect", "from the decision to the S wave (its early 16 %); intensity MSK-64")
    shown = one.shaking[:MOST_PLACES]
    if not shown:
        axes.set(xticks=[], yticks=[])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.text(
            0.5,
            0.5,
            "no magnitude, or no places: nothing was forecast",
            ha="center",
            color=QUIET_COLOUR,
            fontsize=9,
            transform=axes.transAxes,
        )
        return
    lead_s = [part.lead_s for part in shown]
    colours = [QUIET_COLOUR if part.blind or part.lead_s <= 0 else ALERT_COLOUR for part in shown]
    rows = range(len(shown))
    for row, part in enumerate(shown):
        strength = float(np.clip((part.intensity - 2.0) / 4.0, 0.2, 0.85))
        axes.barh(row, part.lead_s, height=0.62, color=colours[row], alpha=strength)
    names = [textwrap.shorten(part.target, 26, placeholder=" …") for part in shown]
    axes.set_yticks(rows, names, fontsize=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    low, high = min(0.0, *lead_s), max(1.0, *lead_s)
    axes.set_xlim(low - 0.02 * (high - low), high + 0.5 * (high - low))
    axes.axvline(0.0, color=TEXT_COLOUR, linewidth=0.8)
    for row, part in enumerate(shown):
        chance = eventwords.percent(part.probability(5))
        words = f"{part.intensity:.1f} ± {part.sd:.1f};  ≥ V: {chance}" + ("  blind zone" if part.blind else "")
        axes.annotate(words, (max(part.lead_s, 0.0), row), (5, 0), textcoords="offset points", fontsize=7.5,
                      va="center", color=TEXT_COLOUR)  # fmt: skip
    axes.set_xlabel("lead time, s", fontsize=9)
