"""Shaking that is there needs no source: two neighbours that are shaken strongly, and what that says of places near.

After PLUM as run in California (Kodera et al., 2018, BSSA 108, 983-1003; Cochran et al., 2019, BSSA 109, 1524-1541):
one station at intensity 4.0, a neighbour at 2.5, and every place near a station is expected to be shaken as that is.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.alert import LEVELS, Shaking
from seismonet.core.geo import distance_km
from seismonet.core.inventory import Station
from seismonet.core.motion import Motion
from seismonet.core.target import Target
from seismonet.core.utc import from_seconds, to_seconds
from seismonet.models.intensity import SCALE_SD, WORDEN12_SD

from .rules import Answer

S_KM_S = 3.5
"""Shear waves in the upper crust."""
SD = math.hypot(WORDEN12_SD["PGA"], SCALE_SD)


@parameters(frozen=True)
class PairParams:
    """When shaking at two neighbours is enough."""

    first: float = Field(default=4.0, ge=1, le=10, description="intensity at one station")
    second: float = Field(default=2.5, ge=1, le=10, description="intensity at a neighbour")
    neighbour_km: float = Field(default=30.0, gt=0, le=200, description="neighbours are no farther apart")
    apart_s: float = Field(default=20.0, gt=0, le=120, description="their shaking begins within this time")
    near_km: float = Field(default=30.0, gt=0, le=200, description="targets as near to a station as this are told")


def pair(motions: Iterable[Motion], places: Mapping[str, Station], params: PairParams) -> tuple[Motion, Motion] | None:
    """The strongest station and the strongest of its neighbours that bears it out; None where there are none.

    A station whose sensors differ says nothing.
    """
    shaken = [one for one in motions if one.agreeing is not False and one.station_code in places]
    shaken.sort(key=lambda one: (-one.intensity, one.station_code))
    for first in shaken:
        if first.intensity < params.first:
            break
        for other in shaken:
            if other is first or other.intensity < params.second:
                continue
            apart_s = abs(to_seconds(other.start_ns - first.start_ns))
            if apart_s <= params.apart_s and apart_km(first, other, places) <= params.neighbour_km:
                return first, other
    return None


def apart_km(one: Motion, other: Motion, places: Mapping[str, Station]) -> float:
    """Between two stations."""
    a, b = places[one.station_code], places[other.station_code]
    return float(distance_km(a.latitude, a.longitude, b.latitude, b.longitude))


def shaken_pair(motions: Sequence[Motion], found: tuple[Motion, Motion] | None, params: PairParams) -> Answer:
    """The pair in words."""
    if found is not None:
        first, other = found
        words = f"intensity {first.intensity:.1f} at {first.station_code} and {other.intensity:.1f} at"
        return Answer(f"{words} its neighbour {other.station_code}", True)
    best = max(motions, key=lambda one: one.intensity, default=None)
    at = f" ({best.intensity:.1f} at {best.station_code})" if best is not None else ""
    limits = f"intensity {params.first:g} at a station and {params.second:g} at a neighbour"
    return Answer(f"{limits} within {params.neighbour_km:g} km{at}", False)


def measured(
    motions: Sequence[Motion],
    places: Mapping[str, Station],
    targets: Sequence[Target],
    near_km: float,
    issued_ns: int,
) -> tuple[Shaking, ...]:
    """What targets near shaken stations are to expect: what the strongest of these saw, the strongest first.

    The wave may be there already, so nothing is promised: the lead counts from the data themselves.
    """
    found = []
    for target in targets:
        near = [(_km(target, places[one.station_code]), one) for one in motions if one.station_code in places]
        near = [(km, one) for km, one in near if km <= near_km]
        if near:
            km, most = max(near, key=lambda one: (one[1].intensity, -one[0]))
            found.append(_shaking(target.name, km, most, issued_ns))
    return tuple(sorted(found, key=lambda one: (-one.intensity, one.epicentral_km, one.target)))


def _km(target: Target, station: Station) -> float:
    return float(distance_km(target.latitude, target.longitude, station.latitude, station.longitude))


def _shaking(name: str, km: float, motion: Motion, issued_ns: int) -> Shaking:
    chances = tuple(0.5 * math.erfc((level - motion.intensity) / (SD * math.sqrt(2))) for level in LEVELS)
    lead_s = to_seconds(motion.until_ns - issued_ns)
    return Shaking(
        name,
        km,
        motion.intensity,
        SD,
        chances,
        motion.pga_m_s2,
        motion.pgv_m_s,
        motion.until_ns + from_seconds(km / S_KM_S),
        motion.until_ns,
        lead_s,
        lead_s <= 0,
    )
