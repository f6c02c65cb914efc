"""One picture of a replay: what was recorded, what was found, where, how large, and with which stations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.alert import Alert
from seismonet.core.event import Event, Pick
from seismonet.core.inventory import ChannelTable
from seismonet.core.status import NetworkStatus
from seismonet.core.utc import to_iso
from seismonet.core.waveform import Segment
from seismonet.formats import eventwords
from seismonet.formats.geojson import coordinates
from seismonet.models.traveltime import TravelTimes

from .epicentres import draw_map
from .residuals import draw_residuals
from .section import draw_alert, draw_section
from .style import ALERT_COLOUR, EVENT_COLOUR, FAINT_COLOUR, P_COLOUR, QUIET_COLOUR, TEXT_COLOUR, heading, plain

SIZE_INCHES = (14.0, 11.0)
DOTS_PER_INCH = 110
FOOT_LETTERS = 190
LEAST_MAGNITUDES = 1.5
"""The magnitude axis spans at least this, so that small changes look small."""
ALERT_MARKS = {"new": "^", "update": "o", "cancel": "X"}


@dataclass(frozen=True, slots=True)
class ReportData:
    """What the picture is made of.

    Attributes
    ----------
    title : what was replayed
    traces : (k,) vertical channels in native units, any lengths; see :func:`section_window` for what is needed of them
    channels : stations and channels
    picks : in their last version
    events, alerts : all versions in the order of issue; alerts of one audience
    statuses : in order of time
    model : travel times for the predicted arrivals, or None for none
    refused : triggers that the gate refused, by reason
    """

    title: str
    traces: Sequence[Segment]
    channels: ChannelTable
    picks: Sequence[Pick]
    events: Sequence[Event]
    alerts: Sequence[Alert]
    statuses: Sequence[NetworkStatus]
    model: TravelTimes | None = None
    refused: Mapping[str, int] = field(default_factory=dict)


def main_event(events: Sequence[Event]) -> Event | None:
    """The event that the picture is about: the largest that was not taken back, in its last version."""
    last = {event.id: event for event in events}
    held = [event for event in last.values() if event.event_type == "earthquake"]
    return max(held, key=lambda one: (one.magnitude.value if one.magnitude else -9.0, one.id), default=None)


def section_window(event: Event, farthest_km: float) -> tuple[int, int]:
    """Begin and end (ns) of the samples that show an event to stations up to ``farthest_km`` from its epicentre."""
    reach_s = float(np.hypot(farthest_km, event.origin.depth_km)) / 3.0
    return event.origin.time_ns - round((30 + 0.1 * reach_s) * 1e9), event.origin.time_ns + round(
        (1.2 * reach_s + 15) * 1e9
    )


def draw_report(path: Path, data: ReportData) -> None:
    """Write the picture as a PNG of 1540 x 1210 pixels; OSError when it cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, facecolor="white")
    FigureCanvasAgg(figure)
    left = figure.add_axes((0.105, 0.110, 0.465, 0.745))
    upper = figure.add_axes((0.635, 0.540, 0.345, 0.315))
    lower = figure.add_axes((0.635, 0.110, 0.345, 0.110))
    main = main_event(data.events)
    status = _status(data, main)
    draw_section(left, data.traces, data.channels, data.picks, main, data.model)
    versions = [event for event in data.events if main is not None and event.id == main.id]
    others = [event for event in _held(data.events) if main is None or event.id != main.id]
    draw_map(upper, data.channels, status, main, versions, others)
    if main is None:
        lower.set_position((0.635, 0.110, 0.345, 0.280))
        _draw_contributing(lower, data.statuses, max((_end_ns(one) for one in data.traces), default=0))
    else:
        draw_residuals(figure.add_axes((0.635, 0.272, 0.345, 0.165)), main)
        _draw_magnitude(lower, data, main)
        first = next((alert for alert in data.alerts if alert.about == main.id), None)
        if first is not None:
            draw_alert(left, (first.issued_ns - main.origin.time_ns) / 1e9)
    _write_texts(figure, data, main, status)
    figure.savefig(path, format="png")


def _held(events: Sequence[Event]) -> list[Event]:
    last = {event.id: event for event in events}
    return [event for event in last.values() if event.event_type == "earthquake"]


def _status(data: ReportData, main: Event | None) -> NetworkStatus | None:
    """The status that the main event was made under, else the newest."""
    if main is not None:
        found = next((one for one in data.statuses if one.id == main.network_status), None)
        if found is not None:
            return found
    return data.statuses[-1] if data.statuses else None


def _draw_magnitude(axes: Any, data: ReportData, main: Event) -> None:
    """Magnitude by the time its version was issued, with one standard deviation; other events thin."""
    plain(axes)
    heading(axes, "Magnitude as it became known")
    axes.set_xlabel("seconds after origin time", fontsize=9)
    axes.grid(axis="y", color=FAINT_COLOUR, linewidth=0.6)
    for event in _held(data.events):
        if event.id != main.id:
            x, y, _ = _sizes(data.events, event)
            axes.plot(
                x, y, color=QUIET_COLOUR, linewidth=0.8, marker=".", markersize=3, alpha=0.7, drawstyle="steps-post"
            )
    x, y, sigma = _sizes(data.events, main)
    if len(x) == 0:
        axes.text(0.5, 0.5, "no magnitude", ha="center", color=QUIET_COLOUR, transform=axes.transAxes)
        return
    axes.fill_between(x, y - sigma, y + sigma, step="post", color=EVENT_COLOUR, alpha=0.12, linewidth=0)
    at_least = main.magnitude is not None and main.magnitude.at_least
    axes.errorbar(x[-1:], y[-1:], sigma[-1:], lolims=at_least, color=EVENT_COLOUR, linewidth=1.0, capsize=2)
    axes.plot(x, y, color=EVENT_COLOUR, linewidth=1.4, drawstyle="steps-post")
    axes.set_xlim(left=min(0.0, float(x[0])))
    low, high = axes.get_ylim()
    spare = max(0.0, LEAST_MAGNITUDES - (high - low)) / 2
    axes.set_ylim(low - spare, high + spare)
    for kind, marker in ALERT_MARKS.items():
        told = [one for one in data.alerts if one.about == main.id and one.kind == kind and one.magnitude is not None]
        if told:
            after_s = [(one.issued_ns - main.origin.time_ns) / 1e9 for one in told]
            axes.scatter(
                after_s, [one.magnitude for one in told], s=34, marker=marker, color=ALERT_COLOUR, zorder=5,
                edgecolor="white", linewidth=0.6, label=f"alert: {kind}",
            )  # fmt: skip
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.3), ncols=3, fontsize=8, frameon=False, handletextpad=0.2
        )


def _sizes(events: Sequence[Event], one: Event) -> tuple[Any, Any, Any]:
    """Seconds after the final origin time, magnitude and its sigma of every version that has one."""
    found = [
        ((event.issued_ns - one.origin.time_ns) / 1e9, event.magnitude.value, event.magnitude.uncertainty)
        for event in events
        if event.id == one.id and event.magnitude is not None
    ]
    return tuple(np.array(found, dtype=np.float64).reshape(-1, 3).T)  # type: ignore[return-value]


def _end_ns(segment: Segment) -> int:
    return segment.start_ns + round(len(segment.samples) * 1e9 / segment.rate_hz)


def _draw_contributing(axes: Any, statuses: Sequence[NetworkStatus], end_ns: int) -> None:
    """Without an event there is still something to say: how many stations could have seen one, to the traces' end."""
    plain(axes)
    heading(axes, "Stations that could contribute")
    if not statuses:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "no network status", ha="center", color=QUIET_COLOUR, transform=axes.transAxes)
        return
    zero_ns = statuses[0].time_ns
    last_s = (max(end_ns, statuses[-1].time_ns) - zero_ns) / 1e9
    x = [*((one.time_ns - zero_ns) / 1e9 for one in statuses), last_s]
    y = [*(one.contributing for one in statuses), statuses[-1].contributing]
    axes.plot(x, y, color=P_COLOUR, linewidth=1.4, drawstyle="steps-post")
    axes.axhline(statuses[-1].total, color=QUIET_COLOUR, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_ylim(-0.3, statuses[-1].total + 0.5)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(f"seconds after {to_iso(zero_ns, 1)}", fontsize=9)


def _write_texts(figure: Any, data: ReportData, main: Event | None, status: NetworkStatus | None) -> None:
    figure.text(0.02, 0.967, data.title, fontsize=15, fontweight="bold", va="center")
    figure.text(0.02, 0.935, summary(data, main), fontsize=11, va="center", color=TEXT_COLOUR)
    sure = quality(main) if main is not None else refusals(data.refused)
    figure.text(0.02, 0.911, sure, fontsize=10, va="center", color=TEXT_COLOUR)
    figure.text(0.02, 0.018, foot(status), fontsize=9, va="center", color=TEXT_COLOUR)


def summary(data: ReportData, main: Event | None) -> str:
    """The event in one line, and how many others there are."""
    held = _held(data.events)
    taken_back = len({event.id for event in data.events}) - len(held)
    more = [f"{len(held) - 1} more event{'s' * (len(held) > 2)}"] if len(held) > 1 else []
    more += [f"{taken_back} cancelled"] if taken_back else []
    if main is None:
        return f"No event{f' ({more[0]})' if more else ''}"
    origin, size = main.origin, main.magnitude
    parts = [
        f"{eventwords.size(size)} ± {size.uncertainty:.1f}" if size else "no magnitude",
        to_iso(origin.time_ns, 1),
        coordinates(origin.latitude, origin.longitude) + f" ± {origin.horizontal_uncertainty_km:.0f} km",
        f"depth {origin.depth_km:.0f} ± {origin.depth_uncertainty_km:.0f} km",
        f"{len(origin.station_codes)} stations",
        *more,
    ]
    return "   ·   ".join(parts)


def refusals(refused: Mapping[str, int]) -> str:
    """How many triggers were refused for which reason, the most frequent first; nothing when none was.

    >>> refusals({"teleseism": 2, "spike": 7})
    'Triggers refused: spike 7, teleseism 2'
    """
    told = [f"{reason} {count}" for reason, count in sorted(refused.items(), key=lambda one: (-one[1], one[0]))]
    return f"Triggers refused: {', '.join(told)}" if told else ""


def quality(main: Event) -> str:
    """How sure the event is, in one line."""
    origin, size = main.origin, main.magnitude
    sure = origin.confidence
    parts = [eventwords.standing(main), eventwords.phases(origin)]
    if sure is not None:
        parts = [f"location {sure.quality}", *parts, eventwords.depth_class(origin), *eventwords.other_places(origin)]
    if aside := eventwords.set_aside(size):
        more = f" and {len(aside) - 1} more" if len(aside) > 1 else ""
        parts.append(f"set aside: {aside[0]}{more}")
    return "   ·   ".join(parts)


def foot(status: NetworkStatus | None) -> str:
    """The network status in one line: how many stations could contribute, and why the others could not."""
    if status is None:
        return "Network status unknown."
    text = f"Network at {to_iso(status.time_ns, 1)}: {status.contributing} of {status.total} stations could contribute."
    idle = [one for one in status.stations if not one.can_contribute]
    for k, one in enumerate(idle):
        why = f"; {one.station_code} {one.verdict}" + (f" ({'; '.join(one.reasons)})" if one.reasons else "")
        if len(text) + len(why) > FOOT_LETTERS:
            return f"{text} … and {len(idle) - k} more"
        text += why if k else " Could not:" + why[1:]
    return text
