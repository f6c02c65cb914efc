"""What association costs: CPU of one update and of all, for networks of 3 to 300 stations, from simulated picks.

A large earthquake is seen by every station, its S waves too as triggers like any other, and each station triggers on
noise once a minute besides. An update is all that follows from one moment's facts, location and magnitude included.
"""

import time
from dataclasses import replace

import numpy as np
from tests.support.picks import Fact, Quake, World, grid_of, matched, order, standing
from tests.support.receipts import T0_NS

from seismonet.core.event import Amplitude, Event, Pick
from seismonet.core.utc import from_seconds
from seismonet.location.associate import Associator
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times

from .page import Figure

PAMIR = {"TJ.SAREZ": (38.27, 72.60), "TJ.MURGH": (38.17, 73.97), "TJ.MANEM": (37.54, 71.66)}
NETWORKS = {3: PAMIR, 30: grid_of(5, 6, 45.0), 150: grid_of(10, 15, 30.0), 300: grid_of(15, 20, 25.0)}
LIMIT_MS = {3: 10.0, 300: 50.0}
QUAKE = Quake(38.05, 72.7, 12.0, 60.0, 6.5)
SECONDS = 180.0


def measure() -> list[Figure]:
    """Each network once; every one has the same earthquake below it."""
    model = travel_times("iasp91", cache_dir())
    return [_figure(stations, _case(places, model)) for stations, places in NETWORKS.items()]


def _figure(stations: int, found: "tuple[list[float], list[Event], int]") -> Figure:
    spent_ms, events, facts = found
    usual, rare, most = np.percentile(spent_ms, [50, 99, 100])
    limit_ms = LIMIT_MS.get(stations)
    right = [matched(one, QUAKE, seconds=10.0, km=100.0) for one in standing(events)]
    verdict = (
        "found, nothing else" if right == [True] else f"{sum(right)} of it and {len(right) - sum(right)} others found"
    )
    return Figure(
        f"Association and location, {stations} stations, CPU of an update, 99 of 100",
        f"≤ {limit_ms:g} ms" if limit_ms else "",
        f"{rare:.1f} ms",
        None if limit_ms is None else bool(rare <= limit_ms and right == [True]),
        f"median {usual:.2f} ms, longest {most:.0f} ms; {sum(spent_ms) / 1000:.1f} s for {facts} facts"
        f" in {SECONDS:g} s; {verdict}",
    )


def _case(places: dict[str, tuple[float, float]], model: TravelTimes) -> tuple[list[float], list[Event], int]:
    world = World(places, model, seed=1)
    facts = [*map(_disguised, world.facts(QUAKE, s=True)), *world.noise(SECONDS, 1.0)]
    here, events, spent_ms = world.associator(), list[Event](), list[float]()
    here.prepare()
    moments: dict[int, list[Fact]] = {}
    for one in order(facts):
        moments.setdefault(one.issued_ns, []).append(one)
    for now_ns, several in moments.items():
        while (due_ns := here.due_ns) is not None and due_ns < now_ns:
            events += _timed(here, [], due_ns, spent_ms)
        events += _timed(here, several, now_ns, spent_ms)
    while (due_ns := here.due_ns) is not None and due_ns <= T0_NS + from_seconds(SECONDS + 60):
        events += _timed(here, [], due_ns, spent_ms)
    return spent_ms, events, len(facts)


def _disguised(one: Fact) -> Fact:
    """An S that the detectors take for any other trigger."""
    if isinstance(one, Pick) and one.phase == "S":
        return replace(one, phase="P", detector="D1", p_pick_id="")
    return one


def _timed(here: Associator, facts: list[Fact], now_ns: int, spent_ms: list[float]) -> list[Event]:
    begin = time.process_time()
    for one in facts:
        if isinstance(one, Pick):
            here.add_pick(one, now_ns)
        elif isinstance(one, Amplitude):
            here.add_amplitude(one)
    events = here.news(now_ns)
    spent_ms.append(1000 * (time.process_time() - begin))
    return events
