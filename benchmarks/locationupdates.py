"""CPU time of one update of the posterior, for a few stations and for many."""

from collections.abc import Callable

import numpy as np

from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.location.grid import Tables, around
from seismonet.location.posterior import Direction, Evidence, LocationParams, Observation, Size, locate
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.synthesis.draws import generator

from .page import Figure
from .timing import median_cpu_s

MODEL = "iasp91"


def update_figures(rounds: int) -> list[Figure]:
    """CPU time of one update of the posterior."""
    found = []
    for stations, limit_ms in ((3, 10.0), (300, 50.0)):
        tables, evidence = busy(stations)
        seconds = median_cpu_s(_update(tables, evidence), rounds)
        found.append(
            Figure(
                f"One update of the posterior, {stations} stations, {len(evidence.observations)} picks",
                f"≤ {limit_ms:g} ms", f"{seconds * 1e3:.1f} ms", seconds * 1e3 <= limit_ms,
                "CPU time, median, tables of the coarse grid there",
            )
        )  # fmt: skip
    return found


def _update(tables: Tables, evidence: Evidence) -> Callable[[int], object]:
    params = LocationParams()
    return lambda _: locate(tables, evidence, params)


def busy(number: int) -> tuple[Tables, Evidence]:
    """Stations within 200 km, all of which have read P, S, direction and size of one earthquake."""
    model = travel_times(MODEL, cache_dir())
    random = generator(1, "busy", number)
    places = random.uniform((38.2, 18.2), (41.8, 21.8), size=(number, 2))
    stations = [
        Station("XX", f"S{at}", 0, OPEN_END_NS, float(lat), float(lon), 0.0) for at, (lat, lon) in enumerate(places)
    ]
    degrees = [float(np.hypot(one.latitude - 40.0, (one.longitude - 20.0) * 0.77)) for one in stations]
    arrivals = {
        phase: [float(model.times(phase, away, 10.0)) + sigma * float(random.normal()) for away in degrees]
        for phase, sigma in (("P", 0.2), ("S", 0.5))
    }
    first = min(arrivals["P"])
    observations = [
        Observation(one, phase, time - first, 0.1 if phase == "P" else 0.3)
        for phase in "PS"
        for one, time in zip(stations, arrivals[phase], strict=True)
    ]
    pd = [-5.0 - 1.2 * np.log10(max(away, 0.1)) + 0.3 * float(random.normal()) for away in degrees]
    tables = Tables(around(stations), model)
    evidence = Evidence(
        observations,
        (),
        tuple(Direction(one, float(random.uniform(0, 360)), 25.0) for one in stations),
        tuple(Size(one, float(value), 0.3) for one, value in zip(stations, pd, strict=True)),
    )
    return tables, evidence
