"""``seismonet certify``: configurations tried on nuisances, scenarios and the last days of an archive."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from seismonet.config import Config
from seismonet.core.errors import QueryError
from seismonet.core.inventory import ChannelTable
from seismonet.core.utc import SECOND_NS
from seismonet.models.corrections import read_corrections
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.reports.certification import ArchiveEvent, Certification, NuisanceResult, ScenarioResult
from seismonet.store.inventory import read_inventories
from seismonet.store.receiptslog import last_ns
from seismonet.synthesis.nuisance import denser, suite
from seismonet.synthesis.nuisancecase import Case
from seismonet.synthesis.realnoise import RealNoise
from seismonet.synthesis.scenarioset import COUNT, scenarios
from seismonet.synthesis.source import SLAB_FROM_KM

from .casework import Work, nuisance, scenario
from .replaying import run
from .simulating import timeless
from .source import ReceiptsSource

FOLDER = "certify"


@dataclass(frozen=True, slots=True)
class Cases:
    """What is tried: numbers of cases (None: all there are), their seed, recorded noise, an archive's last days.

    ``kinds`` of nuisances, all when empty; no nuisance at all where ``nuisances`` is 0.
    """

    nuisances: int | None = None
    scenarios: int = COUNT
    seed: int = 0
    noise: RealNoise | None = None
    archive: Path | None = None
    last_s: float = 7 * 86_400.0
    kinds: tuple[str, ...] = ()


def certify(
    named: Sequence[tuple[str, Config]],
    cases: Cases | None = None,
    *,
    jobs: int = 1,
    folder: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Certification, ...]:
    """Try one configuration, or two against each other, on the same waveforms.

    Parameters
    ----------
    named : names and configurations: the new one first; its stations, Earth model and targets decide what happens
    cases : what is tried; without it everything but an archive
    jobs : how many processes work at it; the result is the same for any number
    folder : where waveforms are kept for the next time; None keeps none
    progress : is told which share is done

    Raises
    ------
    ArchiveError, FormatError : files that cannot be used
    QueryError : no station, no targets, nothing in the archive

    Returns
    -------
    tuple of Certification
        One for each configuration.
    """
    cases = cases or Cases()
    work = prepare(named, noise=cases.noise, folder=folder)
    own, dense = work.own.stations, work.dense.stations
    nuisances = suite(own, dense, work.targets[0], seed=cases.seed, count=cases.nuisances, kinds=cases.kinds)
    if cases.nuisances == 0:
        nuisances = ()
    deep = work.configs[0].pipeline.location.max_depth_km > SLAB_FROM_KM
    shocks = scenarios(own, seed=cases.seed, count=cases.scenarios, deep=deep)
    total = len(nuisances) + len(shocks)

    def tell(done: int) -> None:
        if progress is not None:
            progress(done / max(total, 1))

    first: list[tuple[NuisanceResult, ...]] = []
    for one in _each(partial(nuisance, work), nuisances, jobs):
        first.append(one)
        tell(len(first))
    second: list[tuple[ScenarioResult, ...]] = []
    for other in _each(partial(scenario, work), shocks, jobs):
        second.append(other)
        tell(len(first) + len(second))
    return tuple(
        Certification(
            name,
            tuple(found[number] for found in first),
            tuple(found[number] for found in second),
            None if cases.archive is None else archived(work, number, cases.archive, cases.last_s),
        )
        for number, (name, _) in enumerate(named)
    )


def prepare(named: Sequence[tuple[str, Config]], *, noise: RealNoise | None = None, folder: Path | None = None) -> Work:
    """The network and the places of the first configuration, for any number of cases."""
    name, config = named[0]
    if not config.network.stations:
        raise QueryError(f"{name} names no station files; give them in [network]")
    if not config.network.targets:
        raise QueryError(f"{name} names no targets, so nobody but the operator could be told; give them in [network]")
    own = timeless(read_inventories(config.network.stations))
    if not own.stations:
        raise QueryError(f"{name}: its station files hold no station with coordinates")
    return Work.of([config for _, config in named], own, denser(own), noise, folder)


Of = TypeVar("Of")


def _each(act: Callable[[Case], Of], cases: Sequence[Case], jobs: int) -> Iterator[Of]:
    """Each case, in order, in so many processes."""
    if jobs == 1 or len(cases) < 2:
        yield from map(act, cases)
        return
    # new processes rather than copies of this one: a copy of a process with threads may hang
    with ProcessPoolExecutor(min(jobs, len(cases)), mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(act, cases, chunksize=4)


def archived(work: Work, number: int, folder: Path, last_s: float) -> tuple[ArchiveEvent, ...]:
    """What a configuration would have told of the last days of a daemon's archive."""
    config = work.configs[number]
    table = _as_recorded(config)
    end_ns = last_ns(folder)
    if end_ns is None:
        raise QueryError(f"{folder}: holds no receipts; give the folder of a daemon's archive")
    window = end_ns - round(last_s * SECOND_NS), end_ns + 1
    source = ReceiptsSource(folder, window, config.daemon.late_s, table)
    source.check()
    found = run(
        source.batches(),
        table,
        config.pipeline,
        travel_times(config.network.earth_model, cache_dir()),
        corrections=read_corrections(config.network.station_corrections),
        targets=work.targets[number],
    )
    result = []
    for name in dict.fromkeys(one.event_id for one in found.alerts):
        alerts = [one for one in found.alerts if one.event_id == name]
        last = alerts[-1]
        audiences = tuple(sorted({one.audience for one in alerts}))
        place = last.latitude, last.longitude, last.magnitude
        result.append(ArchiveEvent(last.origin_time_ns, *place, audiences, alerts[0].issued_ns))
    return tuple(sorted(result, key=lambda one: one.time_ns))


def _as_recorded(config: Config) -> ChannelTable:
    return read_inventories(config.network.stations)
