"""Colours and type of all figures: few, quiet, and distinct to colour-blind eyes (Okabe and Ito's palette)."""

from typing import Any

P_COLOUR = "#0072B2"
S_COLOUR = "#D55E00"
EVENT_COLOUR = "#CC3311"
ALERT_COLOUR = "#009E73"
DEGRADED_COLOUR = "#E69F00"
TRACE_COLOUR = "#333333"
TEXT_COLOUR = "#333333"
QUIET_COLOUR = "#8A8A8A"
FAINT_COLOUR = "#DDDDDD"


def plain(axes: Any) -> None:
    """Only the frame that is needed, and small quiet numbers."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(QUIET_COLOUR)
    axes.tick_params(labelsize=8, color=QUIET_COLOUR, length=3)


def heading(axes: Any, text: str, note: str = "") -> None:
    """A panel's name, above its left corner; a note goes between."""
    axes.set_title(text, loc="left", fontsize=10, fontweight="bold", pad=20 if note else 8)
    axes.annotate(note, (0.0, 1.0), (0, 5), xycoords="axes fraction", textcoords="offset points", fontsize=8,
                  color=TEXT_COLOUR)  # fmt: skip
