"""What half and twice each parameter of location does to errors and to the honesty of regions."""

from dataclasses import replace
from typing import Any

import numpy as np

from seismonet.location.posterior import LocationParams
from seismonet.synthesis.arrivals import FINAL, THREE_P_S

from .simulated import Quake, Setting, Simulated, coverage, outcomes, pamir_params

FACTORS = (0.5, 2.0)
CHANGED = (
    "slowness_error", "s_slowness_error", "path_error", "p_error_s", "s_error_s", "size_error", "wrong_direction",
    "steep_weight", "missed", "prior.crust", "prior.deep_scale_km",
)  # fmt: skip
PROBABILITIES = ("wrong_direction", "missed", "prior.crust", "steep_weight")


def sensitivity_table(found: Simulated, number: int) -> str:
    """What half and twice each parameter of location would change."""
    each = max(1, number // 10)
    few = found.pamir_quakes[:number], [(where, quakes[:each]) for where, quakes in found.networks]
    before = _judge(found.pamir, *few, {})
    lines = [
        f"Half and twice each parameter of location (of probabilities, the odds), on {number} earthquakes of the Pamir"
        f" (3 P + 1 S + back-azimuths) and {each} of each network (all P and S): change of the median error in km and"
        f" of the share within the 68 % region. As shipped: {before[0]:.1f} km and {before[1]:.2f} in the Pamir,"
        f" {before[2]:.1f} km and {before[3]:.2f} in networks.",
        "",
        "| parameter | times | Pamir km | region | networks km | region |",
        "|---|---|---|---|---|---|",
    ]
    for name in CHANGED:
        for factor in FACTORS:
            after = _judge(found.pamir, *few, {name: factor})
            moved = " | ".join(f"{new - old:+.2f}" for new, old in zip(after, before, strict=True))
            lines.append(f"| `{name}` | {factor:g} | {moved} |")
    return "\n".join(lines)


def changed(params: LocationParams, name: str, factor: float) -> LocationParams:
    """A parameter times a factor; a probability's odds times it. Those of the prior are ``prior.NAME``.

    >>> changed(LocationParams(missed=0.5), "missed", 2.0).missed
    0.6666666666666666
    """
    holder: Any = params.prior if name.startswith("prior.") else params
    key = name.removeprefix("prior.")
    value = getattr(holder, key)
    odds = factor * value / (1 - value) if name in PROBABILITIES else 0.0
    new = replace(holder, **{key: odds / (1 + odds) if name in PROBABILITIES else factor * value})
    return replace(params, prior=new) if name.startswith("prior.") else new


Judged = tuple[float, float, float, float]


def _judge(
    pamir: Setting, quakes: list[Quake], networks: list[tuple[Setting, list[Quake]]], change: dict[str, float]
) -> Judged:
    """Median error (km) and share within the 68 % region, in the Pamir and in networks."""
    own, other = pamir_params(), LocationParams()
    for name, factor in change.items():
        own, other = changed(own, name, factor), changed(other, name, factor)
    there = outcomes(pamir, quakes, (THREE_P_S,), own)
    elsewhere = [one for where, few in networks for one in outcomes(where, few, (FINAL,), other)]
    errors = [float(np.median([one.error_km for one in found])) for found in (there, elsewhere)]
    return errors[0], coverage(there)[1], errors[1], coverage(elsewhere)[1]
