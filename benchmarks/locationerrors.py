"""By how much Earths differ from the model of the locator, beside what the locator assumes of it.

Times of P and S are compared without any location: what all P of an earthquake have in common is the factor that
``slowness_error`` stands for, what S have in common beside it ``s_slowness_error``, and what is left of each path, over
the move-out, ``path_error``. Factors are about none, not about their mean: the locator knows no mean, and two models of
the whole Earth differ by 3 % in the S of the upper crust. Station terms are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import distance_deg
from seismonet.location.likelihood import LocationParams, averaged
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.synthesis.arrivals import Source

from .simulated import Setting, Simulated, pamir_params

MOST_STATIONS, MOST_QUAKES = 20, 12


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one earthquake in one Earth: the two factors, and the paths' own rests and move-outs in s."""

    factor: float
    s_factor: float
    rest_s: FloatArray
    move_out_s: FloatArray


def errors_table(found: Simulated) -> str:
    """Differences by place, and what is assumed for the median depth there."""
    other, own = LocationParams(), pamir_params()
    lines = [
        "How much simulated Earths differ from the locator's model (P and S times at the nearest"
        f" {MOST_STATIONS} stations, no location involved), in brackets what the locator assumes at the earthquakes'"
        " median depth: root mean square of the factor that all P have in common, of that of S beside it, and of the"
        " rest of each path over the move-out.",
        "",
        "| earthquakes | depth km | P, all paths | S beside P | each path |",
        "|---|---|---|---|---|",
    ]
    kinds = {"Pamir, crust": "crust", "Pamir, slab": "slab, Pamir", "Hindu Kush, slab": "slab, Hindu Kush"}
    groups = [(name, [(found.pamir, found.pamir_quakes)], kind, own) for name, kind in kinds.items()]
    groups.append(("networks", found.networks, "crust", other))
    groups.append(("beside the networks", found.beside, "crust", other))
    for name, settings, kind, params in groups:
        some = [(where, [one.source for one in quakes if one.kind == kind][:MOST_QUAKES]) for where, quakes in settings]
        depth_km = float(np.median([one.depth_km for _, sources in some for one in sources]))
        measured = [one for where, sources in some for one in differences(where, sources)]
        left = float(averaged(np.array(depth_km)))
        rest, move_out = (np.concatenate([getattr(one, of) for one in measured]) for of in ("rest_s", "move_out_s"))
        lines.append(
            f"| {name} | {depth_km:.0f}"
            f" | {_rms([one.factor for one in measured]):.4f} ({params.slowness_error * left:.4f})"
            f" | {_rms([one.s_factor for one in measured]):.4f} ({params.s_slowness_error * left:.4f})"
            f" | {_rms(rest) / _rms(move_out):.4f} ({params.path_error:.4f}) |"
        )
    return "\n".join(lines)


def _rms(values: Sequence[float] | FloatArray) -> float:
    return float(np.sqrt(np.square(values).mean()))


def differences(where: Setting, sources: Sequence[Source]) -> list[Difference]:
    """Of earthquakes in all Earths of a setting."""
    model, found = travel_times(where.model, cache_dir()), []
    for source in sources:
        away = [
            (float(distance_deg(source.latitude, source.longitude, one.latitude, one.longitude)), one.station_code, one)
            for one in where.stations
        ]
        nearest = [one for _, _, one in sorted(away)[:MOST_STATIONS]]
        degrees = np.sort([one[0] for one in away])[:MOST_STATIONS]
        p, s = (model.times(phase, degrees, source.depth_km) for phase in "PS")
        for earth in where.earths:
            late, s_late = (
                earth.travel_times.times(phase, degrees, source.depth_km)
                * (1 + np.array([earth.late_share(phase, source.place, one) for one in nearest]))
                - one
                for phase, one in (("P", p), ("S", s))
            )
            factor = float(late.sum() / p.sum())
            s_factor = float((s_late - factor * s).sum() / s.sum())
            rest = late - factor * p
            found.append(Difference(factor, s_factor, rest - rest.mean(), p - p.min()))
    return found
