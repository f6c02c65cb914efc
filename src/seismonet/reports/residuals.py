"""Arrivals of an event as a small table: how well each reading fits, and what it says of the size."""

from typing import Any

from seismonet.core.event import Arrival, Event

from .style import P_COLOUR, QUIET_COLOUR, S_COLOUR, TEXT_COLOUR, heading

ROWS = 12
"""Of more arrivals the nearest are shown, and the rest is counted."""
COLUMNS = (("station", 0.0, "left"), ("", 0.27, "left"), ("km", 0.43, "right"), ("residual", 0.62, "right"),
           ("weight", 0.79, "right"), ("magnitude", 1.0, "right"))  # fmt: skip


def draw_residuals(axes: Any, event: Event) -> None:
    """Fill axes with the arrivals, nearest first; P and S in the colours of the section, what has no weight pale."""
    axes.set_axis_off()
    heading(axes, f"Arrivals (root mean square {event.origin.rms_s:.2f} s)")
    arrivals = sorted(event.origin.arrivals, key=lambda one: (one.distance_km, one.phase))
    shown = arrivals if len(arrivals) <= ROWS else arrivals[: ROWS - 1]
    for name, x, align in COLUMNS:
        _write(axes, 0, x, name, align, QUIET_COLOUR)
    for row, one in enumerate(shown, start=1):
        colour = QUIET_COLOUR if one.weight == 0 else TEXT_COLOUR
        for (_, x, align), text in zip(COLUMNS, cells(event, one), strict=True):
            phase = {"P": P_COLOUR, "S": S_COLOUR}.get(text, colour)
            _write(axes, row, x, text, align, phase if one.weight else colour)
    if len(shown) < len(arrivals):
        rest = arrivals[len(shown) :]
        worst = max(abs(one.residual_s) for one in rest)
        _write(axes, ROWS, 0.0, f"and {len(rest)} more, within {worst:.1f} s", "left", QUIET_COLOUR)


def cells(event: Event, arrival: Arrival) -> tuple[str, ...]:
    """What a row says: station, phase, distance, residual, weight, and the magnitudes read there."""
    parts = event.magnitude.station_magnitudes if event.magnitude else ()
    kind = "ML" if arrival.phase == "S" else "Mpd"
    code = arrival.source_id.station_code
    found = [one for one in parts if one.source_id.station_code == code and one.type == kind]
    size = ", ".join(f"{one.type} {one.value:.1f}" if one.used else f"({one.type} {one.value:.1f})" for one in found)
    return (
        code,
        arrival.phase,
        f"{arrival.distance_km:.0f}",
        f"{arrival.residual_s:+.2f} s",
        f"{arrival.weight:.2f}",
        size,
    )


def _write(axes: Any, row: int, x: float, text: str, align: str, colour: str) -> None:
    axes.text(
        x, 1.0 - (row + 0.5) / (ROWS + 1), text, ha=align, va="center", fontsize=8, color=colour,
        transform=axes.transAxes,
    )  # fmt: skip
