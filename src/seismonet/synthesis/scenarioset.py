"""The scenario earthquakes of a certification: those of note, and others of all sizes and depths around the network.

Half of them happen while all stations are up, the others while one of all the combinations of fewer is.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from seismonet.core.geo import distance_km
from seismonet.core.inventory import Station

from .digitizer import LinkParams
from .draws import generator
from .nuisancecase import Case
from .scenarios import SCENARIOS, Quake, Scenario
from .source import SLAB_FROM_KM, setting_of

COUNT, ORIGIN_S, LONGEST_S = 216, 60.0, 260.0
MAGNITUDES, CRUST_KM, SLAB_KM = (3.0, 7.5), (3.0, 35.0), (70.0, 240.0)
MARGIN_KM, FAR_KM = 150.0, 500.0
CRUST_SHARE = 0.6
STRESS_LN = 0.5
MOST_COMBINED = 5
"""Of larger networks not all combinations are drawn, but some stations at random."""


def scenarios(stations: Sequence[Station], *, seed: int = 0, count: int = COUNT, deep: bool = True) -> tuple[Case, ...]:
    """The first ``count`` of the set; ``deep`` where earthquakes happen in a slab."""
    real = [
        one.events[0]
        for one in SCENARIOS
        if one.events and (deep or one.events[0].depth_km < SLAB_FROM_KM) and _near(one.events[0], stations)
    ]
    return tuple(_case(number, real, stations, seed, deep) for number in range(count))


def _near(quake: Quake, stations: Sequence[Station]) -> bool:
    km = [float(distance_km(quake.latitude, quake.longitude, one.latitude, one.longitude)) for one in stations]
    return min(km) <= FAR_KM


def subsets(codes: Sequence[str]) -> list[tuple[str, ...]]:
    """All combinations of fewer stations than there are, but none.

    >>> subsets(["A", "B", "C"])
    [('A',), ('B',), ('C',), ('A', 'B'), ('A', 'C'), ('B', 'C')]
    """
    return [some for size in range(1, len(codes)) for some in combinations(sorted(codes), size)]


def _case(number: int, real: Sequence[Quake], stations: Sequence[Station], seed: int, deep: bool) -> Case:
    random = generator(seed, "scenario", number)
    drawn = _quake(random, stations, deep)
    quake = real[number] if number < len(real) else drawn
    stress = setting_of(quake.depth_km).stress_drop_pa * float(np.exp(STRESS_LN * random.normal()))
    happened = Quake(
        quake.latitude,
        quake.longitude,
        quake.depth_km,
        quake.magnitude,
        ORIGIN_S,
        quake.magnitude_type,
        stress,
        name=quake.name,
    )
    up = _up(random, number, len(real), [one.station_code for one in stations])
    away_km = max(float(distance_km(quake.latitude, quake.longitude, one.latitude, one.longitude)) for one in stations)
    duration_s = min(ORIGIN_S + float(np.hypot(away_km, quake.depth_km)) / 3.2 + 45.0, LONGEST_S)
    name = quake.name or f"scenario-{number:03d}"
    level = round(float(random.uniform(0.3, 0.7)), 3)
    link = LinkParams(round(float(random.uniform(0.2, 0.8)), 2), 0.2)
    scenario = Scenario(name, "", duration_s, (happened,), (), up, level)
    return Case(name, "scenario", "an earthquake", scenario, link=link, seed=seed)


def _quake(random: np.random.Generator, stations: Sequence[Station], deep: bool) -> Quake:
    """All magnitudes equally likely, all places in the box of the stations with a margin."""
    latitude = np.array([one.latitude for one in stations])
    longitude = np.array([one.longitude for one in stations])
    up = MARGIN_KM / 111.19
    side = up / float(np.cos(np.deg2rad(latitude.mean())))
    low, high = CRUST_KM if not deep or random.random() < CRUST_SHARE else SLAB_KM
    return Quake(
        round(float(random.uniform(latitude.min() - up, latitude.max() + up)), 3),
        round(float(random.uniform(longitude.min() - side, longitude.max() + side)), 3),
        round(float(random.uniform(low, high)), 1),
        round(float(random.uniform(*MAGNITUDES)), 2),
    )


def _up(random: np.random.Generator, number: int, first: int, codes: Sequence[str]) -> tuple[str, ...]:
    """The earthquakes of note while all are up, of the others every second one; the rest through all combinations."""
    if number < first or number % 2 == 0 or len(codes) == 1:
        return tuple(sorted(codes))
    if len(codes) <= MOST_COMBINED:
        fewer = subsets(codes)
        return fewer[(number // 2) % len(fewer)]
    size = int(random.integers(1, len(codes)))
    return tuple(sorted(random.permutation(list(codes))[:size].tolist()))
