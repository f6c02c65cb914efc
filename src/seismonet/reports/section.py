"""Record section: vertical traces by distance from an epicentre, with picks and predicted arrivals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Event, Pick
from seismonet.core.geo import KM_PER_DEGREE, distance_km
from seismonet.core.inventory import ChannelTable
from seismonet.core.utc import to_iso
from seismonet.core.waveform import Segment
from seismonet.models.traveltime import TravelTimes

from .style import ALERT_COLOUR, P_COLOUR, QUIET_COLOUR, S_COLOUR, TRACE_COLOUR, heading, plain

MAX_TRACES = 40
FEW = 6
"""Up to so many traces have room of their own; more of them may overlap, or none could be read."""
COLUMNS = 1500
"""Points a trace is reduced to, two for each column: more than the figure has pixels."""
SETTLING_S = 20.0
BAND_HZ = (1.0, 10.0)
SLOWEST_S_KM_S = 3.3
"""Without a model the window ends when this wave has passed all stations."""


@dataclass(frozen=True, slots=True)
class Line:
    """One trace of the section: a station's vertical channel, where it is drawn, and how far it is (NaN unknown)."""

    station_code: str
    segments: tuple[Segment, ...]
    distance_km: float
    level: float


def draw_section(
    axes: Any,
    traces: Sequence[Segment],
    channels: ChannelTable,
    picks: Iterable[Pick],
    main: Event | None,
    model: TravelTimes | None,
) -> None:
    """Draw traces and picks; about ``main`` when there is an event, else everything by station name."""
    lines = arrange(traces, channels, main)
    if not lines:
        plain(axes)
        heading(axes, "Record section")
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "no vertical trace", ha="center", color=QUIET_COLOUR, transform=axes.transAxes)
        return
    zero_ns, first_s, last_s = span(lines, main, model)
    step = float(np.diff([line.level for line in lines]).min()) if len(lines) > 1 else 1.0
    height = (0.46 if main is None or len(lines) <= FEW else 0.9) * step
    for line in lines:
        for segment in line.segments:
            _draw_trace(axes, segment, line.level, height, zero_ns, (first_s, last_s))
    _draw_picks(axes, lines, picks, main, zero_ns, 0.44 * step)
    if main is not None and model is not None:
        _draw_predictions(axes, lines, main, model)
    _label(axes, lines, len({one.source_id.station_code for one in traces}), main, zero_ns)
    axes.set_xlim(first_s, last_s)
    axes.set_ylim(lines[0].level - 0.8 * step, lines[-1].level + 0.9 * step)


def arrange(traces: Sequence[Segment], channels: ChannelTable, main: Event | None) -> list[Line]:
    """One vertical channel per station, nearest first (by name without an event), spread until none hides another."""
    found: list[tuple[float, str, tuple[Segment, ...]]] = []
    for code in sorted({one.source_id.station_code for one in traces}):
        segments = _vertical([one for one in traces if one.source_id.station_code == code], main)
        if segments:
            found.append((_distance_km(code, channels, main), code, segments))
    if main is None:
        ordered = sorted(found, key=lambda one: one[1], reverse=True)
    else:
        ordered = sorted(found, key=lambda one: (np.isnan(one[0]), one[0], one[1]))
    kept = ordered[:MAX_TRACES]
    levels = spread(np.array([one[0] for one in kept])) if main is not None else np.arange(len(kept), dtype=float)
    return [Line(code, segments, km, float(level)) for (km, code, segments), level in zip(kept, levels, strict=True)]


def spread(distances: FloatArray) -> FloatArray:
    """Levels for traces: their distances, pushed apart where closer than two thirds of the mean spacing.

    ``distances`` ascend; NaN at the end stands for unknown ones.

    >>> spread(np.array([10.0, 10.0, 100.0])).round().tolist()
    [10.0, 32.0, 100.0]
    """
    if len(distances) < 2:
        return np.nan_to_num(distances)
    known = distances[np.isfinite(distances)]
    width = float(np.ptp(known)) if len(known) > 1 else 0.0
    gap = width / len(distances) / 1.5 * 1.1 if width > 0 else 1.0
    levels = np.where(np.isfinite(distances), distances, known[-1] + gap if len(known) else 0.0)
    for k in range(1, len(levels)):
        levels[k] = max(levels[k], levels[k - 1] + gap)
    return levels


def span(lines: Sequence[Line], main: Event | None, model: TravelTimes | None) -> tuple[int, float, float]:
    """Zero of the time axis (ns), and where it begins and ends (s after zero)."""
    starts = [one.start_ns for line in lines for one in line.segments]
    ends = [one.start_ns + round(len(one.samples) * 1e9 / one.rate_hz) for line in lines for one in line.segments]
    zero_ns = min(starts) if main is None else main.origin.time_ns
    first_s, last_s = (min(starts) - zero_ns) / 1e9, (max(ends) - zero_ns) / 1e9
    if main is None:
        return zero_ns, first_s, last_s
    known = [line.distance_km for line in lines if np.isfinite(line.distance_km)]
    farthest_km = max(known, default=50.0)
    passed_s = float(np.hypot(farthest_km, main.origin.depth_km)) / SLOWEST_S_KM_S
    if model is not None:
        passed_s = float(model.times("S", farthest_km / KM_PER_DEGREE, main.origin.depth_km))
    return zero_ns, max(first_s, -5.0 - 0.1 * passed_s), max(min(last_s, 1.15 * passed_s + 10.0), 1.0)


def envelope(times_s: FloatArray, values: FloatArray, columns: int = COLUMNS) -> tuple[FloatArray, FloatArray]:
    """A trace with at most twice ``columns`` points that looks the same: the extremes of every column, in order."""
    if len(values) <= 2 * columns:
        return times_s, values
    size = -(-len(values) // columns)
    whole = len(values) // size * size
    blocks = values[:whole].reshape(-1, size)
    low, high = blocks.argmin(axis=1), blocks.argmax(axis=1)
    index = np.sort(np.stack([low, high], axis=1), axis=1) + np.arange(len(blocks))[:, None] * size
    keep = index.ravel()
    return times_s[keep], values[keep]


def _vertical(segments: Sequence[Segment], main: Event | None) -> tuple[Segment, ...]:
    """The segments of a station's vertical channel: one that the event used, else velocity, else any."""
    used = {one.source_id for one in main.origin.arrivals if one.phase == "P"} if main is not None else set()
    names = {one.source_id for one in segments if one.source_id.subsource in ("Z", "3") or one.source_id in used}
    if not names:
        return ()
    best = min(names, key=lambda name: (name not in used, name.source not in "HL", name))
    return tuple(one for one in segments if one.source_id == best and len(one.samples) > 1)


def _distance_km(code: str, channels: ChannelTable, main: Event | None) -> float:
    if main is None:
        return float("nan")
    origin = main.origin
    station = channels.find_station(code, origin.time_ns)
    if station is None:
        return float("nan")
    return float(distance_km(origin.latitude, origin.longitude, station.latitude, station.longitude))


def _draw_trace(
    axes: Any, segment: Segment, level: float, height: float, zero_ns: int, window_s: tuple[float, float]
) -> None:
    """One trace between 1 and 10 Hz, scaled by its own peak. The filter only looks back, so onsets stay in place."""
    start_s = (segment.start_ns - zero_ns) / 1e9
    first = max(0, int((window_s[0] - SETTLING_S - start_s) * segment.rate_hz))
    last = max(0, int((window_s[1] - start_s) * segment.rate_hz) + 1)
    values = np.asarray(segment.samples[first:last], dtype=np.float64)
    if len(values) < 2 or not np.isfinite(values).all():
        return
    times_s = start_s + (first + np.arange(len(values))) / segment.rate_hz
    seen = times_s >= window_s[0]
    values, times_s = _filtered(values, segment.rate_hz)[seen], times_s[seen]
    peak = float(np.abs(values).max(initial=0.0))
    scaled = values * (height / peak) if peak > 0 else values
    axes.plot(*envelope(times_s, level + scaled), color=TRACE_COLOUR, linewidth=0.5, zorder=2)


def _filtered(values: FloatArray, rate_hz: float) -> FloatArray:
    from scipy.signal import butter, sosfilt

    centred: FloatArray = values - values[0]
    if BAND_HZ[0] >= 0.45 * rate_hz:
        return np.asarray(centred - centred.mean())
    sos = butter(2, (BAND_HZ[0], min(BAND_HZ[1], 0.45 * rate_hz)), "bandpass", fs=rate_hz, output="sos")
    return np.asarray(sosfilt(sos, centred))


def _draw_picks(
    axes: Any, lines: Sequence[Line], picks: Iterable[Pick], main: Event | None, zero_ns: int, height: float
) -> None:
    """A mark for each pick on its station's trace; paler when the event shown did not use it."""
    levels = {line.station_code: line.level for line in lines}
    used = {one.pick_id for one in main.origin.arrivals} if main is not None else None
    for phase, colour in (("P", P_COLOUR), ("S", S_COLOUR)):
        for strong in (True, False):
            marks = [
                ((pick.time_ns - zero_ns) / 1e9, levels[pick.source_id.station_code])
                for pick in picks
                if pick.phase == phase
                and pick.source_id.station_code in levels
                and (used is None or pick.id in used) == strong
            ]
            if marks:
                x, y = np.array(marks).T
                label = f"{phase} pick" + ("" if strong else ", unused")
                width, alpha = (1.8, 1.0) if strong else (1.2, 0.45)
                axes.vlines(
                    x, y - height, y + height, color=colour, linewidth=width, alpha=alpha, label=label, zorder=4
                )


def _draw_predictions(axes: Any, lines: Sequence[Line], main: Event, model: TravelTimes) -> None:
    known = [line for line in lines if np.isfinite(line.distance_km)]
    degrees = np.array([line.distance_km for line in known]) / KM_PER_DEGREE
    levels = [line.level for line in known]
    for phase, colour in (("P", P_COLOUR), ("S", S_COLOUR)):
        times_s = model.times(phase, degrees, main.origin.depth_km)
        axes.plot(
            times_s, levels, color=colour, linewidth=1.0, linestyle=(0, (4, 3)), alpha=0.8, zorder=3,
            label=f"{phase} predicted ({model.name})",
        )  # fmt: skip


def _label(axes: Any, lines: Sequence[Line], stations: int, main: Event | None, zero_ns: int) -> None:
    plain(axes)
    axes.spines["left"].set_visible(False)
    told = [
        f"{line.station_code}  {line.distance_km:.0f} km" if np.isfinite(line.distance_km) else line.station_code
        for line in lines
    ]
    axes.set_yticks([line.level for line in lines], told, fontsize=8 if len(lines) <= 25 else 6)
    axes.tick_params(axis="y", length=0)
    hidden = f" ({len(lines)} of {stations} stations)" if len(lines) < stations else ""
    about = "by distance from the epicentre" if main is not None else "by name"
    heading(axes, f"Vertical traces {about}, 1-10 Hz, each scaled by itself{hidden}")
    axes.set_xlabel(f"seconds after {to_iso(zero_ns, 1)}{' (origin time)' if main else ''}", fontsize=9)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.055), ncols=5, fontsize=8, frameon=False, handlelength=1.6
        )


def draw_alert(axes: Any, after_origin_s: float) -> None:
    """A line where the first alert was issued, when that is within the section."""
    if after_origin_s <= axes.get_xlim()[1]:
        axes.axvline(after_origin_s, color=ALERT_COLOUR, linewidth=1.4, zorder=1)
        axes.annotate(
            f"first alert +{after_origin_s:.1f} s", (after_origin_s, 1), (3, -2), xycoords=("data", "axes fraction"),
            textcoords="offset points", va="top", fontsize=8, color=ALERT_COLOUR, zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
        )  # fmt: skip
