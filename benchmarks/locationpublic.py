"""Real earthquakes one by one: how far the last solution is from the catalogue's place, and what it stated itself.

Nothing of location was fitted to these. A catalogue has errors of its own, so a region that misses its place need not
miss the earthquake.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.reports.evaluationstatistics import share

from .accuracy import score

CATALOGUE_KM = (
    ("grsn_", 10.0, "regional catalogue, most of them abroad, far from its stations"),
    ("hawaii", 1.0, "USGS, dense local network"),
    ("openeew_", 5.0, "the SSN's list, at the coast, without depth"),
    ("ridgecrest", 1.0, "SCSN, dense local network"),
)
"""Orders of magnitude of the catalogues' own errors, by the networks behind them: assumed, as none states any."""
COPY = "_3st"


def section(shared: Path) -> str:
    """Table and shares; a sentence where the recordings are not here."""
    sets = [path.parent for path in sorted((shared / "data" / "public").glob("*/truth.json")) if _placed(path)]
    scorer = shared / "eval" / "score.py"
    if not sets or not scorer.exists():
        return "Real recordings: not measured, as data under ../shared is not here."
    found = score(scorer, [*map(str, sets), "--seismonet", f"{sys.executable} -m seismonet"])
    return table([_row(one) for one in found["results"]])


def _placed(path: Path) -> bool:
    return any(not one.get("optional") for one in json.loads(path.read_text("utf-8"))["events"])


Row = tuple[str, float, float | None, float | None]


def _row(result: Any) -> Row:
    """Name, gap, error and stated radius (km), None where it was not found."""
    event = next(one for one in result["events"] if not one["truth"]["optional"])
    final = event.get("final", {})
    return result["name"], float(event["truth"]["gap_deg"]), final.get("epi_km"), final.get("stated_km")


def table(rows: list[Row]) -> str:
    """Each earthquake, and in how many the stated 68 % held the catalogue's place, with Wilson's interval.

    >>> print(table([("hawaii2019", 259.0, 3.0, 4.0), ("grsn_1", 300.0, 8.0, 7.0)]).splitlines()[-1])
    | grsn_1 | 300° | 8.0 | 7.0 | no | 10 | yes |
    """
    told = [(name, gap, km, radius, *_catalogue(name)) for name, gap, km, radius in rows]
    located = [(name, km, radius, own) for name, _, km, radius, own, _ in told if km is not None and radius is not None]
    inside = [(name, km <= radius, km <= float(np.hypot(radius, own))) for name, km, radius, own in located]
    whole = [one for one in inside if not one[0].endswith(COPY)]
    sources = "; ".join(f"{prefix.strip('_')} {km:g} km ({why})" for prefix, km, why in CATALOGUE_KM)
    lines = [
        "Real recordings, on none of which location was fitted: the last epicentre against the catalogue's. The stated"
        f" 68 % region held it in {_share([one for _, one, _ in inside])}, without the copy of three stations in"
        f" {_share([one for _, one, _ in whole])}; with the catalogue's own error beside it (in quadrature) in"
        f" {_share([one for _, _, one in inside])}. What we assume of the catalogues, by the networks behind them, as"
        f" they state none: {sources}. Earthquakes are few and most lie beside their network, so this is a check, no"
        " measure.",
        "",
        "| set | gap | error km | stated 68 % km | inside | catalogue km | inside, with it |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, gap, km, radius, own, _ in told:
        if km is None or radius is None:
            lines.append(f"| {name} | {gap:.0f}° | - | - | not located | {own:g} | - |")
            continue
        words = ["yes" if km <= limit else "no" for limit in (radius, float(np.hypot(radius, own)))]
        lines.append(f"| {name} | {gap:.0f}° | {km:.1f} | {radius:.1f} | {words[0]} | {own:g} | {words[1]} |")
    return "\n".join(lines)


def _catalogue(name: str) -> tuple[float, str]:
    return next((km, why) for prefix, km, why in CATALOGUE_KM if name.startswith(prefix))


def _share(inside: list[bool]) -> str:
    found = share(sum(inside), len(inside), "none located")
    if found.value is None or found.low is None or found.high is None:
        return found.why
    return f"{sum(inside)} of {len(inside)} ({found.low:.2f} to {found.high:.2f} by Wilson, 95 %)"
