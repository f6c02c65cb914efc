"""How late onsets of P are read, and how far they scatter, by the signal-to-noise ratio that the picker states.

Simulated earthquakes in recorded noise, as in :mod:`benchmarks.phasepicks` but fainter and from several draws; beside
them the analysts' readings of the labelled windows, from which nothing is fitted. What is stated of a pick is honest
where 68 % of the errors are within it: Student's distribution, by which location weighs them, is as wide as the normal
one there, and its tails take the others. The fit is of two terms, added as independent: the bound that the kernel gives
(:func:`seismonet.kernels.onset.onset_uncertainty`), and ``a / snr**b`` for emergent onsets, which begin in the noise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick, Rejection
from seismonet.core.utc import SECOND_NS
from seismonet.detect.onset import EMERGENT_POWER, EMERGENT_S, emergent_s
from seismonet.kernels.onset import MINIMUM_S

from .phasepicks import SHARED, WINDOWS, Case, facts, simulated, windows

EARLY_S, LATE_S = 2.0, 2.5
"""A pick so far from the onset is of it; others are of noise before it, or of what comes later."""
EDGES = (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 7.0, 10.0, 20.0, 1e4)
SEEDS = (7, 8, 9)
FAINT = (1.2, 12.0)
"""Ratios of the earthquakes that are drawn, over five seconds of the vertical as it was recorded."""
WITHIN = 0.683


@dataclass(frozen=True, slots=True)
class Reading:
    """A pick of P beside the truth: its stated ratio and standard deviation, and how late it is (s)."""

    snr: float
    stated_s: float
    late_s: float


def readings(cases: Sequence[Case]) -> Iterator[Reading]:
    """The refined pick nearest to each onset, if there is one, that was not refused."""
    for case in cases:
        latest: dict[str, Pick] = {}
        refused = set[str]()
        for fact in facts(case):
            if isinstance(fact, Pick) and fact.phase == "P":
                latest[fact.id] = fact
            elif isinstance(fact, Rejection):
                refused.add(fact.pick_id)
        true_s = case.p / case.rate_hz
        found = [
            Reading(one.snr, one.uncertainty_s, (one.time_ns - case.start_ns) / SECOND_NS - true_s)
            for one in latest.values()
            if one.version > 0 and one.id not in refused
        ]
        near = [one for one in found if -EARLY_S <= one.late_s <= LATE_S]
        if near:
            yield min(near, key=lambda one: abs(one.late_s))


def table(found: Sequence[Reading]) -> list[str]:
    """Lines of a table by stated ratio: mean and deviation of lateness, 68 % of it, and how often it is as stated."""
    lines = [
        "| SNR stated | picks | mean late | deviation | 68 % within | stated, median | within what is stated |",
        "|---|---|---|---|---|---|---|",
    ]
    for low, high in pairwise(EDGES):
        some = [one for one in found if low <= one.snr < high]
        if len(some) < 5:
            continue
        late, stated = np.array([one.late_s for one in some]), np.array([one.stated_s for one in some])
        size = np.abs(late)
        inside = float((size <= stated).mean())
        span = f"{low:g} to {high:g}" if high < 1e4 else f"from {low:g}"
        lines.append(
            f"| {span} | {len(some)} | {late.mean():+.2f} s | {late.std():.2f} s | {np.quantile(size, WITHIN):.2f} s"
            f" | {np.median(stated):.2f} s | {inside:.2f} |"
        )
    return lines


def fitted(found: Sequence[Reading]) -> tuple[float, float]:
    """``a`` and ``b`` of the second term, the likeliest; the first is what is stated less the second that is in it."""
    snr = np.array([one.snr for one in found])
    stated = np.sqrt([max(one.stated_s**2 - emergent_s(one.snr) ** 2, MINIMUM_S**2) for one in found])
    late = np.array([one.late_s for one in found])
    trials = [(a, b) for a in np.geomspace(0.1, 20.0, 60) for b in np.linspace(0.5, 4.0, 36)]
    fits = [_unlikely(late, np.hypot(stated, a / np.power(snr, b))) for a, b in trials]
    a, b = trials[int(np.argmin(fits))]
    return float(a), float(b)


def _unlikely(late_s: FloatArray, sigma_s: FloatArray) -> float:
    """Minus the logarithm of the likelihood, of Student's distribution with three degrees of freedom."""
    scale = sigma_s / 1.1967  # as wide as the normal one where 68 % lie
    return float(np.sum(np.log(scale) + 2.0 * np.log1p(np.square(late_s / scale) / 3.0)))


def section(folder: Path = SHARED) -> str:
    """Tables of both kinds, and what the fit gives."""
    made = [one for seed in SEEDS for one in readings(list(simulated(folder, seed, FAINT)))]
    read = list(readings(list(windows(folder / WINDOWS))))
    a, b = fitted(made)
    taken = f"{EMERGENT_S:g} s / SNR^{EMERGENT_POWER:g}"
    return "\n".join([
        "Lateness of P by the SNR that the pick states, simulated onsets in recorded noise:",
        "",
        *table(made),
        "",
        f"The fit gives {a:.2f} s / SNR^{b:.1f} for emergent onsets; taken is {taken}.",
        "",
        "The same against analysts' readings of the labelled windows:",
        "",
        *table(read),
    ])  # fmt: skip
