"""Warnings, simulated: nuisances and scenario earthquakes of `seismonet certify`, with the Pamir's configuration.

What each figure is, and what the cases are made of: docs/certification.md. Everything is drawn from seed 0, so that it
comes out the same each time; earthquakes happen in Earths that differ from the one that locates. The second network of
the suite has six stations more, on a ring about the Pamir's three. Where recordings of noise are at hand, a part of the
suite is repeated on them.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from seismonet.config import load_config
from seismonet.core.share import share
from seismonet.library.certifying import FOLDER, Cases, certify
from seismonet.models.traveltime import cache_dir
from seismonet.reports.certification import (
    PUBLIC,
    Certification,
    NuisanceResult,
    ScenarioResult,
    Told,
    chances,
    missed,
    rows,
    tenths,
)
from seismonet.reports.certificationfigure import draw_certification
from seismonet.synthesis.realnoise import RealNoise, read_noise

from .page import Figure, figures

CONFIG = share("config") / "pamir.toml"
FIGURE = Path(__file__).resolve().parents[1] / "docs" / "figures" / "certification.png"
NOISE = Path(os.environ.get("SEISMONET_NOISE", "/nowhere"))
ON_NOISE = 104
"""Cases that are repeated on recorded noise: four of each kind."""
JOBS = 2


def section() -> str:
    """All figures and tables."""
    begin = time.perf_counter()
    named = [("pamir", load_config(CONFIG))]
    folder = cache_dir() / FOLDER
    (made,) = certify(named, jobs=JOBS, folder=folder)
    minutes = (time.perf_counter() - begin) / 60
    draw_certification((made,), FIGURE)
    head = (__doc__ or "").split("\n\n", 1)[1].strip()
    parts = [
        head,
        f"It took {minutes:.0f} minutes.",
        figures(_figures(made)),
        kinds(made.nuisances),
        false(made.nuisances),
    ]
    noise = recorded()
    if noise is not None:
        (again,) = certify(named, Cases(ON_NOISE, 0, noise=noise), jobs=JOBS, folder=folder)
        parts.append(_on_noise(again, noise))
    parts += [combinations(made.scenarios), late(made.scenarios), reliability(made.scenarios)]
    parts.append("![Certification of the Pamir's configuration](figures/certification.png)")
    return "\n\n".join(parts)


def recorded() -> RealNoise | None:
    """Noise from sets in the folder that SEISMONET_NOISE names, each with waveforms.mseed, stations.xml and truth.json.

    Of these only sets without an earthquake.
    """
    truths = sorted(NOISE.glob("*/truth.json"))
    sets = [path.parent for path in truths if not json.loads(path.read_text("utf-8")).get("events")]
    found = [read_noise([one / "waveforms.mseed"], [one / "stations.xml"]) for one in sets]
    return RealNoise(tuple(site for one in found for site in one.sites)) if found else None


def _figures(made: Certification) -> list[Figure]:
    return [Figure(row.what, row.target, row.text, row.met, row.detail) for row in rows(made)]


def kinds(cases: Sequence[NuisanceResult]) -> str:
    """A row a kind: how many cases, who was told."""
    lines = [
        "By kind; the operator may be told of small earthquakes, everybody of the great one after its foreshock.",
        "",
        "| kind | cases | events | operator told | public classes told | of these false |",
        "|---|---|---|---|---|---|",
    ]
    for kind in dict.fromkeys(case.kind for case in cases):
        some = [case for case in cases if case.kind == kind]
        events = sum(case.events > 0 for case in some)
        operator = sum(any(one.audience == "operator" for one in case.told) for case in some)
        public = sum(any(one.audience in PUBLIC for one in case.told) for case in some)
        false = sum(any(one.audience in PUBLIC for one in case.false) for case in some)
        lines.append(f"| {kind} | {len(some)} | {events} | {operator} | {public} | {false} |")
    return "\n".join(lines)


def _on_noise(made: Certification, noise: RealNoise) -> str:
    found = {row.key: row for row in rows(made)}
    names = ", ".join(case.name for case in made.nuisances if any(one.audience in PUBLIC for one in case.false))
    return (
        f"On recorded noise of {len(noise.sites)} stations: {found['nuisance.public'].text} of"
        f" {found['nuisance.cases'].text} cases with a false alert of a public class ({names or 'none'})."
    )


def false(cases: Sequence[NuisanceResult]) -> str:
    """Every case with a false alert."""
    lines = [
        "False alerts, and those of far too great an earthquake:",
        "",
        "| case | stations | told |",
        "|---|---|---|",
    ]
    for case in cases:
        wrong = {f"{one.audience} ({one.basis}{_size(one)})": 0 for one in (*case.false, *case.too_large)}
        if wrong:
            lines.append(f"| {case.name} | {case.network} | {', '.join(wrong)} |")
    return "\n".join(lines)


def _size(one: Told) -> str:
    return "" if one.magnitude is None else f", M {one.magnitude:.1f}"


def combinations(cases: Sequence[ScenarioResult]) -> str:
    """By stations that are up: how many earthquakes, how many of them were found, warned of, and in time."""
    lines = [
        "Scenario earthquakes by the stations that are up.",
        "",
        "| up | earthquakes | located | V at some target | with time to warn | warned before S |",
        "|---|---|---|---|---|---|",
    ]
    count = Counter(case.up for case in cases)
    for up in sorted(count, key=lambda one: (-len(one), one)):
        some = [case for case in cases if case.up == up]
        row = (
            len(some),
            sum(case.located_ns is not None for case in some),
            sum(bool(case.strong) for case in some),
            sum(bool(case.possible) for case in some),
            sum(bool(case.in_time) for case in some),
        )
        lines.append(f"| {', '.join(code.partition('.')[2] for code in up)} | {' | '.join(map(str, row))} |")
    return "\n".join(lines)


def late(cases: Sequence[ScenarioResult]) -> str:
    """Those with three stations up that could be warned of and were not in time, and why."""
    found = missed(cases)
    if not found:
        return "No strong earthquake of which a warning was possible was warned of too late."
    lines = [
        "Not warned of in time though it was possible:",
        "",
        "| earthquake | M | depth | why |",
        "|---|---|---|---|",
    ]
    lines += [f"| {case.name} | {case.magnitude:.1f} | {case.depth_km:.0f} km | {why} |" for case, why in found]
    return "\n".join(lines)


def reliability(cases: Sequence[ScenarioResult]) -> str:
    """The diagram as a table."""
    first, last = (tenths(*chances(cases, stage)) for stage in ("first", "last"))
    lines = [
        "Reliability of all P(I ≥ k) at all targets, k III to X: what was forecast, how often it came true (number).",
        "",
        "| | first located | last located |",
        "|---|---|---|",
    ]
    columns = [{int(min(told, 0.999) * 10): (told, came, n) for told, came, n in one} for one in (first, last)]
    for tenth in range(10):
        cells = [
            f"{100 * one[tenth][0]:.0f} %: {100 * one[tenth][1]:.0f} % ({one[tenth][2]})" if tenth in one else "-"
            for one in columns
        ]
        lines.append(f"| {10 * tenth} to {10 * tenth + 10} % | {' | '.join(cells)} |")
    return "\n".join(lines)
