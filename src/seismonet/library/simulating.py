"""Many simulated earthquakes through the whole pipeline: what a network may expect of itself.

Everything that comes of it says that it is simulated.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from seismonet.config import Config
from seismonet.core.errors import QueryError
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.inventory import OPEN_END_NS, ChannelTable, Station
from seismonet.core.share import share
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.reports.evaluation import Rule, Run, StatusPoint, TruthSet
from seismonet.reports.evaluationresult import Evaluation, evaluate
from seismonet.store.inventory import read_inventories
from seismonet.store.targets import read_targets
from seismonet.synthesis.draws import generator
from seismonet.synthesis.truth import NOTICE

from .evaluating import by_event, read_regions, told_operators
from .shots import Draw, Plan, Single, recordable, simulate_one

TRIES = 10_000
"""Places that are tried for one within a region."""
MOST_NAMED = 5

Holds = Callable[[float, float], bool]


@dataclass(frozen=True, slots=True)
class Network:
    """Which network is simulated: StationXML files (else those of the configuration), stations up and down, a region.

    Codes are ``NET.STA`` or ``STA``.
    """

    config: Config
    stations: Sequence[str] = ()
    up: Sequence[str] = ()
    down: Sequence[str] = ()
    region: Path | None = None


def evaluate_simulated(
    draw: Draw,
    network: Network,
    *,
    rule: Rule | None = None,
    jobs: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Evaluation:
    """Let earthquakes happen at a network, and judge what it would have found of them.

    Parameters
    ----------
    draw : which earthquakes
    network : which stations
    rule : what counts as the same earthquake
    jobs : how many processes work at it; the result is the same for any number
    progress : is told which share is done

    Raises
    ------
    ArchiveError, FormatError, QueryError
        Files that cannot be used, stations that there are not, a region without a place in reach.
    """
    patterns = [*network.stations] or [*network.config.network.stations] or [str(share("stations"))]
    regions = read_regions(network.region) if network.region is not None else {}
    made = plan(
        draw,
        read_inventories(patterns),
        network.config,
        up=network.up,
        down=network.down,
        regions=list(regions.values()),
    )
    found, truth = simulate_many(made, jobs=jobs, progress=progress)
    model = travel_times(network.config.network.earth_model, cache_dir())
    return evaluate(
        found,
        truth,
        model,
        rule=rule,
        regions=regions,
        targets=read_targets(network.config.network.targets),
        shaking=network.config.pipeline.shaking,
    )


def plan(
    draw: Draw,
    table: ChannelTable,
    config: Config,
    *,
    up: Sequence[str] = (),
    down: Sequence[str] = (),
    regions: Sequence[Holds] = (),
) -> Plan:
    """Prepare a simulation: which stations are up, and where earthquakes happen.

    Parameters
    ----------
    table : the network
    up, down : ``NET.STA``; only those up, or all but those down
    regions : earthquakes happen in one of them, equally likely everywhere; without any, around the stations

    Raises
    ------
    QueryError
        A station that there is not, none that is up, or a region far from the network.
    """
    own = timeless(table)
    known = sorted({one.station_code for one in own.stations})
    up, down = ([_known(code, known) for code in codes] for codes in (up, down))
    able = {one.source_id.station_code for one in own if recordable(one)}
    chosen = tuple(code for code in up or known if code not in down and code in able)
    if not chosen:
        raise QueryError("no station is up that records velocity or acceleration at 50 Hz or more; nothing to simulate")
    stations = [one for one in own.stations if one.station_code in chosen]
    places = _places(draw, _box(stations, config.pipeline.location.margin_km), regions)
    return Plan(draw, own, chosen, config, places)


def _known(code: str, known: Sequence[str]) -> str:
    """``NET.STA`` of a code with or without its network; QueryError when there is none, or more than one."""
    found = [one for one in known if one == code or one.partition(".")[2] == code]
    if len(found) != 1:
        what = "no such station" if not found else f"more than one station ({', '.join(found)})"
        raise QueryError(f"{code}: {what}; the station files hold {', '.join(known) or 'none with coordinates'}")
    return found[0]


def timeless(table: ChannelTable) -> ChannelTable:
    """The latest epoch of every station and channel, as if it had always been and stayed so."""
    stations = {one.station_code: replace(one, start_ns=0, end_ns=OPEN_END_NS) for one in table.stations}
    channels = {one.source_id: replace(one, start_ns=0, end_ns=OPEN_END_NS) for one in table}
    placed = [one for one in stations.values() if np.isfinite([one.latitude, one.longitude]).all()]
    codes = {one.station_code for one in placed}
    return ChannelTable.of(placed, (one for one in channels.values() if one.source_id.station_code in codes))


def _box(stations: Sequence[Station], margin_km: float) -> tuple[float, float, float, float]:
    """South, north, west and east of the stations, with a margin; longitudes on the side of the first one."""
    latitude = np.array([one.latitude for one in stations])
    longitude = np.array([one.longitude for one in stations])
    longitude = stations[0].longitude + (longitude - stations[0].longitude + 180.0) % 360.0 - 180.0
    up = margin_km / KM_PER_DEGREE
    south, north = max(float(latitude.min()) - up, -85.0), min(float(latitude.max()) + up, 85.0)
    side = up / max(float(np.cos(np.deg2rad((south + north) / 2))), 0.05)
    return south, north, float(longitude.min()) - side, float(longitude.max()) + side


def _places(
    draw: Draw, box: tuple[float, float, float, float], regions: Sequence[Holds]
) -> tuple[tuple[float, float], ...]:
    """Epicentres, as many on each square kilometre."""
    south, north, west, east = box
    low, high = np.sin(np.deg2rad(south)), np.sin(np.deg2rad(north))
    found = []
    for number in range(draw.count):
        random = generator(draw.seed, "evaluate", "place", number)
        for _ in range(TRIES if regions else 1):
            latitude = float(np.rad2deg(np.arcsin(random.uniform(low, high))))
            longitude = float((random.uniform(west, east) + 180.0) % 360.0 - 180.0)
            if not regions or any(holds(latitude, longitude) for holds in regions):
                found.append((latitude, longitude))
                break
        else:
            raise QueryError("the region holds no place near the stations; give another --region, or other stations")
    return tuple(found)


def simulate_many(
    made: Plan, *, jobs: int = 1, progress: Callable[[float], None] | None = None
) -> tuple[Run, TruthSet]:
    """Let all earthquakes happen, in so many processes; what was found of them, and the truth.

    ``progress`` is told which share is done. The result is the same for any number of jobs.
    """
    singles = []
    for done, single in enumerate(_all(made, jobs), start=1):
        singles.append(single)
        if progress is not None:
            progress(done / made.draw.count)
    truth = TruthSet(tuple(one.truth for one in singles), (), (f"{made.draw.count} simulated earthquakes",))
    return _together(made, singles), truth


def _all(made: Plan, jobs: int) -> Iterator[Single]:
    """Each earthquake, in the order of their numbers."""
    numbers = range(made.draw.count)
    if jobs == 1 or made.draw.count == 1:
        yield from map(partial(simulate_one, made), numbers)
        return
    # new processes rather than copies of this one: a copy of a process with threads may hang
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, made.draw.count), mp_context=context) as pool:
        yield from pool.map(partial(simulate_one, made), numbers)


def _together(made: Plan, singles: Sequence[Single]) -> Run:
    """One run of all: earthquakes an hour apart, and between them no station is up."""
    total = len({one.station_code for one in made.table.stations})
    statuses = []
    for one in singles:
        statuses += [StatusPoint(one.begin_ns, made.up, total), StatusPoint(one.end_ns, (), total)]
    events = [event for one in singles for event in one.events]
    alerts = [alert for one in singles for alert in one.alerts]
    picks = tuple(pick for one in singles for pick in one.picks)
    refused = sum(one.refused for one in singles)
    shown = f" ({', '.join(made.up)})" if len(made.up) <= MOST_NAMED else ""
    name = f"{len(made.up)} of {total} stations up{shown}"
    note = made.draw.sentence(made.config.network.earth_model)
    return Run(
        name,
        made.table,
        by_event(events),
        by_event(told_operators(alerts)),
        picks,
        tuple(statuses),
        refused,
        NOTICE,
        given=True,
        note=note,
        warnings=by_event(alerts),
    )
