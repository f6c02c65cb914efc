"""One case of a certification: what its stations send, kept for the next time, and what configurations make of it.

The rule this file owns: what comes of a case depends on the case, the network and the configurations alone, so that it
does not matter which process worked at it, after which others, or whether its waveforms were kept from an earlier run.
"""

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

import seismonet.models
import seismonet.synthesis
from seismonet.config import Config
from seismonet.core.alert import Alert, Shaking
from seismonet.core.event import Event
from seismonet.core.inventory import ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Receipts
from seismonet.models.corrections import read_corrections
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.reports.certification import PUBLIC, NuisanceResult, ScenarioResult, Told
from seismonet.store.targets import read_targets
from seismonet.synthesis.earthmodels import SimulatedEarth, errors_around
from seismonet.synthesis.earthquake import SyntheticEvent, onsets
from seismonet.synthesis.nuisancecase import DENSE, Case
from seismonet.synthesis.realnoise import RealNoise
from seismonet.synthesis.sent import BEGIN_NS, sent
from seismonet.synthesis.shaken import Shaken, shake
from seismonet.warn.changes import levels
from seismonet.warn.shaking import forecast

from .replaying import Replay, run

EARTHS = 6
SAME_S = 60.0
COLUMNS = ("channel", "start_ns", "rate_hz", "first", "count", "received_ns", "timing_quality")


@dataclass(frozen=True, slots=True)
class Work:
    """What does not change from case to case; goes to other processes as it is.

    Attributes
    ----------
    configs : the new one and, where there is one, the old
    own, dense : the networks by a case's name for them
    targets : places to be warned, by configuration
    earth : the model that Earths are drawn around
    folder : where waveforms are kept; None keeps none
    """

    configs: tuple[Config, ...]
    own: ChannelTable
    dense: ChannelTable
    targets: tuple[tuple[Target, ...], ...]
    earth: str
    noise: RealNoise | None = None
    folder: Path | None = None

    @classmethod
    def of(
        cls,
        configs: Sequence[Config],
        own: ChannelTable,
        dense: ChannelTable,
        noise: RealNoise | None = None,
        folder: Path | None = None,
    ) -> "Work":
        """Of configurations, with the places that each of them warns."""
        targets = tuple(read_targets(config.network.targets) for config in configs)
        return cls(tuple(configs), own, dense, targets, configs[0].network.earth_model, noise, folder)

    def table(self, case: Case) -> ChannelTable:
        """The network of a case."""
        return self.dense if case.network == DENSE else self.own


@lru_cache(maxsize=EARTHS)
def _earth(base: str, seed: int) -> SimulatedEarth:
    return SimulatedEarth.draw(base, errors_around(base), seed)


def _earth_of(work: Work, case: Case) -> SimulatedEarth:
    number = int.from_bytes(hashlib.sha256(case.name.encode()).digest()[:4], "big")
    return _earth(work.earth, case.seed * EARTHS + number % EARTHS)


@cache
def _sources() -> str:
    """Digest of the programs that make waveforms: what they made before they changed is not used."""
    whole = hashlib.sha256()
    for package in (seismonet.synthesis, seismonet.models):
        for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            whole.update(path.read_bytes())
    return whole.hexdigest()


def _key(work: Work, case: Case) -> str:
    text = f"{_sources()} {case!r} {work.table(case)!r} {work.earth} {_noise_key(work.noise)} {np.__version__}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _noise_key(noise: RealNoise | None) -> str:
    if noise is None:
        return ""
    whole = hashlib.sha256()
    for site in noise.sites:
        for name, one in sorted(site.items()):
            whole.update(repr((name, one.rate_hz, one.quantity)).encode() + one.ground.tobytes())
    return whole.hexdigest()


def waveforms(work: Work, case: Case) -> Receipts:
    """What the stations of a case send: made, or as it was kept."""
    path = None if work.folder is None else work.folder / f"{_key(work, case)}.npz"
    if path is not None and (kept := _kept(path)) is not None:
        return kept
    receipts = sent(case, work.table(case), _earth_of(work, case).times_to, work.noise)
    if path is not None:
        _keep(receipts.compact(), path)
    return receipts


def _kept(path: Path) -> Receipts | None:
    """None where there is no such file, or one that was not written whole."""
    try:
        with np.load(path) as held:
            names = tuple(SourceId.parse(str(name)) for name in held["names"])
            steps = np.frombuffer(zlib.decompress(held["samples"].tobytes()), dtype=np.int32)
            columns: dict[str, Any] = {name: held[name] for name in COLUMNS}
    except (OSError, ValueError, KeyError, zlib.error, zipfile.BadZipFile):
        return None
    return Receipts(names, samples=np.cumsum(steps, dtype=np.int32), **columns)


def _keep(receipts: Receipts, path: Path) -> None:
    """Differences of samples, packed; a file that cannot be written is made again the next time."""
    steps = np.diff(receipts.samples, prepend=np.int32(0)).astype(np.int32)
    packed = np.frombuffer(zlib.compress(steps.tobytes(), 1), dtype=np.uint8)
    columns = {name: getattr(receipts, name) for name in COLUMNS}
    names = np.array([one.nslc for one in receipts.source_ids])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=".npz")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, names=names, samples=packed, **columns)
        os.replace(part, path)
    except OSError:
        return


def replayed(work: Work, case: Case, receipts: Receipts, number: int) -> Replay:
    """What a configuration makes of a case."""
    config = work.configs[number]
    return run(
        receipts,
        work.table(case),
        config.pipeline,
        _model(config),
        corrections=read_corrections(config.network.station_corrections),
        targets=work.targets[number],
    )


def _model(config: Config) -> TravelTimes:
    return travel_times(config.network.earth_model, cache_dir())


def told(alerts: Sequence[Alert], config: Config) -> tuple[Told, ...]:
    """Alerts as a certification looks at them."""
    found = []
    for one in alerts:
        audience = config.pipeline.alert.of(one.audience)
        warned = {name: level for name, level in levels(one, audience).items() if level} if audience.level else {}
        if one.kind == "cancel":
            warned = {}
        found.append(
            Told(
                one.audience,
                one.kind,
                one.basis,
                one.event_id,
                one.issued_ns,
                one.magnitude,
                one.latitude,
                one.longitude,
                max(warned.values(), default=0),
                tuple(sorted(warned)),
            )
        )
    return tuple(found)


def nuisance(work: Work, case: Case) -> tuple[NuisanceResult, ...]:
    """A nuisance case under each configuration."""
    receipts, results = waveforms(work, case), []
    for number, config in enumerate(work.configs):
        found = replayed(work, case, receipts, number)
        events = sum(event.event_type == "earthquake" for event in found.latest_events)
        alerts = told(found.alerts, config)
        results.append(
            NuisanceResult(case.name, case.kind, case.network, case.why, case.may, case.most, alerts, events)
        )
    return tuple(results)


def scenario(work: Work, case: Case) -> tuple[ScenarioResult, ...]:
    """A scenario earthquake under each configuration."""
    (event,) = case.scenario.at(BEGIN_NS)
    receipts, truth = waveforms(work, case), _truth(work, case, event)
    arrived_ns = _arrived_ns(work, case, event, receipts)
    results = []
    for number, config in enumerate(work.configs):
        found = replayed(work, case, receipts, number)
        versions = _versions(found, event)
        sized = [one for one in versions if one.magnitude is not None]
        results.append(
            ScenarioResult(
                case.scenario.name,
                event.magnitude,
                event.latitude,
                event.longitude,
                event.depth_km,
                event.origin_ns,
                case.scenario.stations,
                len(work.own.stations),
                arrived_ns,
                config.pipeline.associate.minimum_stations,
                truth,
                told(found.alerts, config),
                _forecast(work, number, sized[0]) if sized else (),
                _forecast(work, number, sized[-1]) if sized else (),
                versions[0].issued_ns if versions else None,
                _refused(found),
            )
        )
    return tuple(results)


def _versions(found: Replay, event: SyntheticEvent) -> list[Event]:
    """The versions of the event that begins nearest to the earthquake in time."""
    standing = [one for one in found.latest_events if one.event_type == "earthquake"]
    near = [one for one in standing if abs(one.origin.time_ns - event.origin_ns) < SAME_S * SECOND_NS]
    if not near:
        return []
    best = min(near, key=lambda one: abs(one.origin.time_ns - event.origin_ns))
    return [one for one in found.events if one.id == best.id]


def _forecast(work: Work, number: int, event: Event) -> tuple[Shaking, ...]:
    config = work.configs[number]
    return forecast(
        event.origin, event.magnitude, work.targets[number], _model(config), event.issued_ns, config.pipeline.shaking
    )


def _truth(work: Work, case: Case, event: SyntheticEvent) -> tuple[Shaken, ...]:
    """At all targets in reach: made, or as it was kept."""
    text = f"{_key(work, case)} {work.targets[0]!r}"
    name = hashlib.sha256(text.encode()).hexdigest()[:32]
    path = None if work.folder is None else work.folder / f"{name}.truth.npz"
    if path is not None:
        try:
            with np.load(path) as held:
                rows = zip(held["target"].tolist(), held["values"].tolist(), held["s_ns"].tolist(), strict=True)
                return tuple(
                    Shaken(target, km, pga, pgv, felt, told, s_ns) for target, (km, pga, pgv, felt, told), s_ns in rows
                )
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            pass
    truth = shake(event, work.targets[0], _earth_of(work, case).times_to, case.seed)
    if path is not None and truth:
        values = np.array([astuple(one)[1:-1] for one in truth], dtype=np.float64)
        names, s_ns = np.array([one.target for one in truth]), np.array([one.s_ns for one in truth])
        try:
            np.savez(path, target=names, values=values, s_ns=s_ns)
        except OSError:
            return truth
    return truth


def _arrived_ns(work: Work, case: Case, event: SyntheticEvent, receipts: Receipts) -> tuple[int, ...]:
    """When the records that hold P of each station were received, in order."""
    earth, arrived = _earth_of(work, case), list[int]()
    ends_ns = receipts.end_ns()
    for station in work.own.stations:
        if station.station_code not in case.scenario.stations:
            continue
        p_ns = onsets(event, station, earth.times_to(event, station))[0].time_ns
        mine = np.array([one.station_code == station.station_code for one in receipts.source_ids])[receipts.channel]
        holds = mine & (receipts.start_ns <= p_ns) & (p_ns < ends_ns)
        if holds.any():
            arrived.append(int(receipts.received_ns[holds].min()))
    return tuple(sorted(arrived))


def _refused(found: Replay) -> str:
    """What the last decision not to tell the public of an event said no to."""
    for one in reversed(found.decisions):
        if one.audience == PUBLIC[0] and one.event_id and one.alert is None:
            return "; ".join(rule for rule in one.rules if rule.endswith(": no"))
    return ""
