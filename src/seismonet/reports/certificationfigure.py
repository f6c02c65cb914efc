"""The figure of a certification: false alerts by kind, time lost, whether probabilities are true."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .certification import PUBLIC, Certification, chances, losses, missed, tenths
from .style import ALERT_COLOUR, EVENT_COLOUR, FAINT_COLOUR, P_COLOUR, QUIET_COLOUR, TEXT_COLOUR, heading, plain

COLOURS = (P_COLOUR, QUIET_COLOUR)
MOST_LOSS_S = 20.0


def draw_certification(made: Sequence[Certification], path: Path) -> None:
    """One page, a PNG: nuisances by kind, time lost, lead times, reliability; a second configuration in grey."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 10), layout="constrained")
    figure.suptitle(
        "SIMULATED: certification of "
        + (" (blue) against ".join(one.name for one in made) + (" (grey)" * (len(made) > 1))),
        fontsize=12,
        fontweight="bold",
        x=0.01,
        ha="left",
    )
    axes = figure.subplots(2, 2)
    _kinds(axes[0, 0], made[0])
    _losses(axes[0, 1], made)
    _leads(axes[1, 0], made[0])
    _reliability(axes[1, 1], made)
    figure.savefig(path, dpi=130)


def _kinds(axes: Any, made: Certification) -> None:
    """Bars of the cases of each kind: silent, the operator told who may be, a false alert."""
    plain(axes)
    kinds = list(dict.fromkeys(case.kind for case in made.nuisances))
    public = sum(any(one.audience in PUBLIC for one in case.false) for case in made.nuisances)
    heading(axes, "Nuisances", f"{len(made.nuisances)} cases, {public} with a false alert of a public class")
    for row, kind in enumerate(kinds):
        cases = [case for case in made.nuisances if case.kind == kind]
        false = sum(bool(case.false or case.too_large) for case in cases)
        allowed = sum(bool(case.told) and not (case.false or case.too_large) for case in cases)
        silent = len(cases) - false - allowed
        left = 0
        for count, colour in ((silent, FAINT_COLOUR), (allowed, ALERT_COLOUR), (false, EVENT_COLOUR)):
            axes.barh(row, count, left=left, color=colour, edgecolor="white", linewidth=0.5)
            left += count
    axes.set_yticks(range(len(kinds)), kinds, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("cases: silent (light), told who may be told (green), false (red)", fontsize=9)


def _losses(axes: Any, made: Sequence[Certification]) -> None:
    plain(axes)
    found = [np.array(losses(one.scenarios)) for one in made]
    note = f"median {np.median(found[0]):.1f} s of {len(found[0])} earthquakes" if len(found[0]) else "no earthquake"
    heading(axes, "Time lost against P at the second station", note)
    for loss, colour in reversed(list(zip(found, COLOURS, strict=False))):
        if len(loss):
            shown = np.clip(np.sort(loss), 0.0, MOST_LOSS_S)
            axes.step(shown, np.arange(1, len(shown) + 1) / len(shown), where="post", color=colour, linewidth=1.8)
    axes.axvline(1.0, color=EVENT_COLOUR, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.set(xlim=(0, MOST_LOSS_S), ylim=(0, 1))
    axes.set_xlabel("seconds until the first alert of a public class that rests on two stations or more", fontsize=9)
    axes.set_ylabel("share of earthquakes", fontsize=9)
    axes.grid(color=FAINT_COLOUR, linewidth=0.6)


def _leads(axes: Any, made: Certification) -> None:
    """Every target shaken by V or more: what was possible, and what it got."""
    plain(axes)
    need = [case for case in made.scenarios if case.counts]
    late = len(missed(made.scenarios))
    heading(
        axes, "Lead time at targets shaken by V and more", f"{len(need)} earthquakes, {late} warned of too late or not"
    )
    possible, got, never = [], [], []
    for case in need:
        for one in case.possible:
            best_s = (one.s_ns - (case.second_ns or 0)) / 1e9
            at = case.warned_ns(one.target)
            if at is None:
                never.append(best_s)
            else:
                possible.append(best_s)
                got.append((one.s_ns - at) / 1e9)
    top = max([*possible, *never, 10.0])
    axes.plot([0, top], [0, top], color=TEXT_COLOUR, linewidth=0.9)
    axes.axhline(0.0, color=QUIET_COLOUR, linewidth=0.8)
    axes.plot(possible, got, "o", color=P_COLOUR, markersize=4, alpha=0.6, label="warned")
    if never:
        axes.plot(never, np.full(len(never), -top / 6), "x", color=EVENT_COLOUR, markersize=5, label="not warned")
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    axes.set_xlabel("seconds from the second station's P to S at the target", fontsize=9)
    axes.set_ylabel("seconds from the warning to S", fontsize=9)


def _reliability(axes: Any, made: Sequence[Certification]) -> None:
    plain(axes)
    chance, reached = chances(made[0].scenarios, "first")
    brier = f"Brier score {np.mean((chance - reached) ** 2):.3f}, {len(chance)} probabilities" if len(chance) else ""
    heading(axes, "Do probabilities of shaking come true? First forecast", brier)
    axes.plot([0, 1], [0, 1], color=TEXT_COLOUR, linewidth=0.9)
    for one, colour in reversed(list(zip(made, COLOURS, strict=False))):
        found = tenths(*chances(one.scenarios, "first"))
        if found:
            told, came, n = (np.array(column) for column in zip(*found, strict=True))
            size = 10 + 60 * np.sqrt(n / n.max())
            axes.plot(told, came, color=colour, linewidth=1.4)
            axes.scatter(told, came, s=size, color=colour)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_xlabel("P(I ≥ k) as forecast", fontsize=9)
    axes.set_ylabel("share that was reached", fontsize=9)
    axes.grid(color=FAINT_COLOUR, linewidth=0.6)
