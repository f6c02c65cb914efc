"""Where simulated earthquakes are placed, and whether the stated uncertainties hold: the figures of location.

The Earth in which earthquakes happen is never the model of the locator; the errors stand beside the figures.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seismonet.location.posterior import LocationParams
from seismonet.synthesis.arrivals import FINAL, FIRST, STAGES, THREE_P, THREE_P_S, ReadingErrors
from seismonet.synthesis.earthmodels import EarthErrors

from . import geometries, locationpublic, locationsheet
from .accuracy import SHARED
from .locationerrors import errors_table
from .locationsensitivity import sensitivity_table
from .locationupdates import update_figures
from .page import Figure, figures
from .simulated import (
    Outcome,
    Simulated,
    baseline_km,
    coverage,
    network_quakes,
    outcomes,
    pamir_params,
    pamir_quakes,
    setting,
)

PAMIR_ERRORS = EarthErrors(moho_km=(60.0, 75.0))
OTHER_ERRORS = EarthErrors()
READING = ReadingErrors()
MANY = 10
PAMIR_BASE, OTHER_BASE, OTHER_MODEL = "pamir70-v0", "ak135", "iasp91"


HOLDS = "68 % region holds the epicentre, last solutions of the Pamir, in and beside all networks"
ANEW = (
    "`common_error` was chosen on the earthquakes of the table above, so what they show is no proof. The same of"
    " others, in other Earths, once all has been read. By how much rows differ between the two shows how much hangs on"
    " the Earths, which are few for each place: more than the numbers of earthquakes suggest."
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is simulated: trials of a cell of the sheet, earthquakes in the Pamir, in and beside each network.

    ``earths`` of each network, and three times as many of the Pamir: how often regions hold the truth depends as much
    on the Earth as on the earthquake.
    """

    trials: int = 60
    pamir: int = 720
    network: int = 35
    beside: int = 20
    sensitivity: int = 60
    rounds: int = 15
    earths: int = 16


def section(scale: Scale | None = None, public: Path = geometries.PUBLIC, shared: Path = SHARED) -> str:
    """Figures and tables."""
    scale = scale or Scale()
    params = locationsheet.sheet_params()
    cells, alike = (locationsheet.measure(one, scale.trials) for one in (params, locationsheet.sheet_prior(params)))
    found, anew = simulate(scale, public), simulate(scale, public, anew=True)
    parts = [
        errors_text(scale.earths),
        figures([
            *sheet_figures(cells, alike),
            *pamir_figures(found.pamir_found),
            *coverage_figures(found),
            *coverage_figures(anew, "The same of other earthquakes in other Earths, on which nothing was fitted"),
            *network_figures(found),
            *update_figures(scale.rounds),
        ]),
        sheet_table(cells),
        prior_text(alike),
        coverage_table(found),
        ANEW,
        coverage_rows(anew),
        locationpublic.section(shared),
        network_table(found),
        errors_table(found),
        sensitivity_table(found, scale.sensitivity),
    ]  # fmt: skip
    return "\n\n".join(parts)


def errors_text(earths: int) -> str:
    """The error models, as every figure below has them."""
    return (
        f"Simulated. Pamir: {PAMIR_ERRORS.sentence(PAMIR_BASE)} The locator has {PAMIR_BASE}. Other networks:"
        f" {OTHER_ERRORS.sentence(OTHER_BASE)} The locator has {OTHER_MODEL}. Both: {READING.sentence()}"
        f" Earthquakes take turns among {earths} Earths below each network and {3 * earths} below the Pamir;"
        " seeds are fixed."
    )


def simulate(scale: Scale, public: Path, *, anew: bool = False) -> Simulated:
    """Draw all earthquakes and locate them; ``anew``: others, in other Earths, only when all has been read."""
    seed, other = (2, ", anew") if anew else (1, "")
    pamir_stages, stages = ((FINAL,), (FINAL,)) if anew else (STAGES, (FIRST, THREE_P, FINAL))
    pamir = setting(f"Pamir{other}", geometries.pamir(), PAMIR_BASE, PAMIR_BASE, PAMIR_ERRORS, 3 * scale.earths)
    pamir_all = pamir_quakes(pamir, READING, scale.pamir, seed)
    networks, beside = [], []
    for one in geometries.networks(public):
        where = setting(f"{one.name}{other}", one.stations, OTHER_BASE, OTHER_MODEL, OTHER_ERRORS, scale.earths)
        networks.append((where, network_quakes(where, one.deepest_km, READING, scale.network, seed=seed)))
        beside.append((where, network_quakes(where, one.deepest_km, READING, scale.beside, beside=True, seed=seed)))
    found = [
        [one for where, quakes in some for one in outcomes(where, quakes, stages, LocationParams())]
        for some in (networks, beside)
    ]
    return Simulated(
        pamir, pamir_all, networks, beside, outcomes(pamir, pamir_all, pamir_stages, pamir_params()), *found
    )


def sheet_figures(cells: Sequence[locationsheet.Cell], alike: Sequence[locationsheet.Cell]) -> list[Figure]:
    """Table 3.2: how many cells are within 1.15 times the sheet's, and what publishing modes brings.

    ``alike`` are measured with a prior like the sheet's.
    """
    good, good_alike = ([one for one in some if one.ratio <= 1.15] for some in (cells, alike))
    worst = max(cells, key=lambda one: one.ratio)
    p_only = [one for one in cells if one.column.s == 0]
    better = [one for one in p_only if one.either_km < one.sheet_km]
    return [
        Figure(
            "Table 3.2 with its own error model: cells within 1.15 times the sheet's median error",
            f"{len(cells)} of {len(cells)}", f"{len(good)} of {len(cells)}", len(good) == len(cells),
            f"worst: {worst.row.name}, {worst.column.name}: {worst.error_km:.0f} km against {worst.sheet_km:.0f} km;"
            f" {locationsheet.SENTENCE}",
        ),
        Figure(
            "The same with a prior like the sheet's, on its own scenarios",
            f"{len(alike)} of {len(alike)}", f"{len(good_alike)} of {len(alike)}", len(good_alike) == len(alike),
            f"our error over the sheet's, median {statistics.median(one.ratio for one in alike):.2f}",
        ),
        Figure(
            "With the shipped prior, cells without S, the nearer of the published modes: better than the sheet's",
            "most", f"{len(better)} of {len(p_only)}", len(better) > len(p_only) / 2,
            f"dominant mode's error over the sheet's, median {statistics.median(one.ratio for one in p_only):.2f};"
            " a median of 60 trials is itself uncertain by a tenth",
        ),
    ]  # fmt: skip


def sheet_table(cells: Sequence[locationsheet.Cell]) -> str:
    """Ours beside the sheet's."""
    names = [one.name for one in locationsheet.COLUMNS]
    lines = [
        "Table 3.2 of the evidence sheet, measured again. Each cell: our median epicentre error in km, the sheet's,"
        " their ratio; in brackets the stated 68 % radius and, where a second mode was published in more than a tenth"
        " of the trials, in how many, and the median error of the better of the two.",
        "",
        f"| scenario (depth) | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for row in locationsheet.ROWS:
        own = [one for one in cells if one.row is row]
        lines.append(f"| {row.name}, {row.depth_km:g} km | {' | '.join(map(_cell_text, own))} |")
    return "\n".join(lines)


def prior_text(alike: Sequence[locationsheet.Cell]) -> str:
    """What differs from the sheet beside its error model, and which cells are worse with a prior like the sheet's."""
    worse = [f"{one.row.name}, {one.column.name}: {_cell_text(one)}" for one in alike if one.ratio > 1.15]
    return (
        "What differs from the sheet: its prior has modes where its own scenarios C and D are and is not written down"
        " further, ours has the zones of config/pamir.toml; ours counts a far, large earthquake as rarer than a near,"
        " small one, the sheet's does not; ours tells the mean of the dominant mode, the sheet the mean of all; our"
        " arrivals have Student's distribution, which costs a few per cent where errors are normal; the sheet's errors"
        " are rounded to a kilometre. With zones on C and D and no rarity of far ones, worse than 1.15 times its"
        f" error are: {'; '.join(worse) or 'none'}."
    )


def _cell_text(one: locationsheet.Cell) -> str:
    modes = f"; {one.ambiguous:.0%}: {one.either_km:.0f}" if one.ambiguous > 0.1 else ""
    return f"{one.error_km:.0f} / {one.sheet_km:.0f} = {one.ratio:.2f} ({one.radius_km:.0f}{modes})"


def pamir_figures(found: Sequence[Outcome]) -> list[Figure]:
    """Three P, one S and back-azimuths: error and depth class; and what is said of the depth before."""
    with_s = [one for one in found if one.shear]
    three = [one for one in found if one.stage is THREE_P_S]
    before = [one for one in found if not one.shear]
    certain = [one for one in before if one.confidence.depth_class != "undecided"]
    right = [one.class_right for one in with_s]
    likelier = [one.likelier_right for one in with_s]
    undecided = [one.confidence.depth_class == "undecided" for one in with_s]
    wrong = len(with_s) - sum(right) - sum(undecided)
    return [
        _median("Pamir, crust, 3 P + 1 S + back-azimuths: epicentre", 10.0, _errors(three, "crust")),
        _median("Pamir, slabs, 3 P + 1 S + back-azimuths: epicentre", 25.0, _errors(three, "slab")),
        Figure(
            "Pamir, depth class once an S is in: right", "≥ 0.95", f"{np.mean(right):.3f}",
            bool(np.mean(right) >= 0.95),
            f"of {len(with_s)} solutions {sum(undecided)} undecided, {wrong} wrong; the likelier class is right in"
            f" {np.mean(likelier):.3f}",
        ),
        Figure(
            "Pamir, depth class before any S: published as certain", "never", f"{len(certain)} of {len(before)}",
            not certain, f"{sum(not one.class_right for one in certain)} of these wrong",
        ),
    ]  # fmt: skip


def _errors(found: Sequence[Outcome], kind: str) -> list[float]:
    return [one.error_km for one in found if one.quake.kind.startswith(kind)]


def _median(what: str, target_km: float, errors: list[float]) -> Figure:
    middle = float(np.median(errors))
    return Figure(
        f"{what}, median", f"≤ {target_km:g} km", f"{middle:.1f} km", middle <= target_km,
        f"{len(errors)} earthquakes, nine in ten within {np.percentile(errors, 90):.0f} km",
    )  # fmt: skip


def coverage_figures(found: Simulated, what: str = HOLDS) -> list[Figure]:
    """The last solution of each earthquake: how often the 68 % region holds the truth."""
    final = [one for one in (*found.pamir_found, *found.network_found, *found.beside_found) if one.stage is FINAL]
    half, most, nearly_all = coverage(final)
    return [
        Figure(
            what, "0.60 to 0.76", f"{most:.3f}", 0.60 <= most <= 0.76,
            f"{len(final)} earthquakes; 50 % region {half:.3f}, 90 % region {nearly_all:.3f}; the 68 % ellipse of the"
            f" dominant mode {np.mean([one.in_ellipse for one in final]):.3f}",
        )
    ]  # fmt: skip


def coverage_table(found: Simulated) -> str:
    """Coverage by class and stage."""
    return (
        "How often regions hold the epicentre, by place and stage, with the median error, the median radius stated"
        " (68 %) and how often a second mode was published. Earthquakes beside a network leave a gap of 180 to"
        " 330°.\n\n" + coverage_rows(found)
    )


def coverage_rows(found: Simulated) -> str:
    """The table itself."""
    lines = [
        "| earthquakes | stage | number | 50 % | 68 % | 90 % | error km | radius km | second mode |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for place, everything, within in _places(found):
        for stage in STAGES:
            some = [one for one in everything if one.stage is stage and within(one)]
            if some:
                shares = " | ".join(f"{share:.2f}" for share in coverage(some))
                error, radius = np.median([(one.error_km, one.radii_km[1]) for one in some], axis=0)
                second = np.mean([one.second > 0 for one in some])
                lines.append(
                    f"| {place} | {stage.name} | {len(some)} | {shares} | {error:.1f} | {radius:.1f} | {second:.0%} |"
                )
    return "\n".join(lines)


def _places(found: Simulated) -> list[tuple[str, list[Outcome], Callable[[Outcome], bool]]]:
    pamir, inside, beside = found.pamir_found, found.network_found, found.beside_found
    return [
        ("Pamir, crust", pamir, lambda one: one.quake.kind == "crust"),
        ("Pamir, slab", pamir, lambda one: one.quake.kind == "slab, Pamir"),
        ("Hindu Kush, slab", pamir, lambda one: one.quake.kind == "slab, Hindu Kush"),
        ("networks of 4 to 9", inside, lambda one: len(one.quake.up) < MANY),
        ("networks of 10 and more", inside, lambda one: len(one.quake.up) >= MANY),
        ("beside networks of 4 to 9", beside, lambda one: len(one.quake.up) < MANY),
        ("beside networks of 10 and more", beside, lambda one: len(one.quake.up) >= MANY),
    ]


def network_figures(found: Simulated) -> list[Figure]:
    """Final epicentres in real geometries, beside plain ObsPy's."""
    final = [one for one in found.network_found if one.stage is FINAL]
    ours = np.array([one.error_km for one in final])
    peer = np.array([baseline_km(one.quake) for one in final])
    sizes = [len(where.stations) for where, _ in found.networks]
    what = (
        f"Final epicentre, {len(found.networks)} real geometries of {min(sizes)} to {max(sizes)} stations, gap < 180°"
    )
    middle, nine = float(np.median(ours)), float(np.percentile(ours, 90))
    return [
        Figure(f"{what}: median", "≤ 5 km", f"{middle:.1f} km", middle <= 5.0,
               f"{len(final)} earthquakes; ObsPy L2 grid {np.median(peer):.1f} km"),
        Figure("The same: nine in ten", "≤ 20 km", f"{nine:.1f} km", nine <= 20.0,
               f"ObsPy L2 grid {np.percentile(peer, 90):.1f} km"),
    ]  # fmt: skip


def network_table(found: Simulated) -> str:
    """Each network by itself."""
    lines = [
        "Final epicentres by network, errors in km; ObsPy is a plain L2 grid search with iasp91 and the source at 10"
        " km, of the same P.",
        "",
        "| network | stations | earthquakes | median | nine in ten | ObsPy median | nine in ten | 68 % region |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for where, _ in found.networks:
        some = [one for one in found.network_found if one.quake.network == where.name and one.stage is FINAL]
        if some:
            errors = ([one.error_km for one in some], [baseline_km(one.quake) for one in some])
            cells = " | ".join(f"{np.median(one):.1f} | {np.percentile(one, 90):.1f}" for one in errors)
            lines.append(f"| {where.name} | {len(where.stations)} | {len(some)} | {cells} | {coverage(some)[1]:.2f} |")
    return "\n".join(lines)
