"""A simulated earthquake at the three stations of the Pamir, live, and the real daemon, faster than real time.

Stations and daemon share one time of day that runs fast and begins at the same moment in every scene, so the records of
all scenes are the same, byte for byte, and what two daemons say of them can be compared.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from seismonet.config import load_config, to_toml
from seismonet.core.alert import Alert
from seismonet.core.event import Event
from seismonet.core.share import share
from seismonet.core.utc import from_iso, from_seconds
from seismonet.daemon.digitizers import Digitizers
from seismonet.formats import jsonlines
from seismonet.models.traveltime import cache_dir
from seismonet.net.source import SourceParams
from seismonet.store.catalogue import Catalogue
from seismonet.store.inventory import read_inventories
from seismonet.synthesis.digitizer import Schedule
from seismonet.synthesis.earthmodels import PAMIR_EARTH, SimulatedEarth, errors_around
from seismonet.synthesis.scenarios import scenario
from seismonet.synthesis.simulation import simulate

from .nursery import REAL, Child, Nursery, Tempo

NAME = "2015-sarez"
SCENE_NS = from_iso("2025-06-01T12:00:00Z")
ORIGIN_NS = SCENE_NS + from_seconds(scenario(NAME).events[0].after_s)
OPEN_S, LONGEST_S = -35.0, 140.0
"""The stations are switched on so long before the origin; what they will have recorded ends so long after it."""
RATE = 10.0
SNAPSHOT_S = 10.0
CATALOGUE, ALERTS = "catalogue.sqlite", "alerts.jsonl"


@cache
def schedule() -> Schedule:
    """What the stations send; the Earth is another than the model by which the daemon locates."""
    table = read_inventories([str(share("stations") / "TJ.*.xml")])
    earth = SimulatedEarth.draw(PAMIR_EARTH, errors_around(PAMIR_EARTH), 0, cache_dir())
    begin_s = scenario(NAME).events[0].after_s
    window_s = begin_s + OPEN_S, begin_s + LONGEST_S
    made = simulate(scenario(NAME), table, earth.times_to, begin_ns=SCENE_NS, window_s=window_s)
    return made.schedule()


@dataclass(frozen=True, slots=True)
class Found:
    """What a daemon left behind: alerts as they were stored, and the event in its last version, if there is one."""

    alerts: tuple[Alert, ...]
    events: tuple[Event, ...]


class Scene:
    """Stations on the line, and a folder for the daemon."""

    def __init__(self, folder: Path, nursery: Nursery, tempo: Tempo) -> None:
        self.folder, self.archive, self.config = folder, folder / "archive", folder / "scene.toml"
        self.nursery, self.tempo, self.clock = nursery, tempo, tempo.clock()
        self.digitizers = Digitizers(schedule(), NAME, self.clock)

    def write_config(self) -> None:
        """That of the Pamir; without backfill, which is not what is looked at."""
        config = load_config(share("config") / "pamir.toml")
        sources = [
            SourceParams(code.partition(".")[2].lower(), f"seedlink://{host}:{port}", (code,))
            for code, (host, port) in self.digitizers.addresses.items()
        ]
        config = replace(
            config,
            network=replace(config.network, stations=(str(share("stations") / "TJ.*.xml"),)),
            sources=tuple(sources),
            archive=replace(config.archive, folder=str(self.archive), reserve_mb=0),
            server=replace(config.server, port=0),
            daemon=replace(config.daemon, snapshot_s=SNAPSHOT_S),
            backfill=replace(config.backfill, days=0.0),
        )
        self.config.write_text(to_toml(config), "utf-8")

    async def start(self, entry: str = REAL) -> Child:
        """The daemon, or a twin of it."""
        return await self.nursery.start(self.config, self.folder / "daemon.log", self.tempo, entry)

    async def stop(self, daemon: Child, number: int = signal.SIGTERM) -> None:
        """End it; RuntimeError when it ends otherwise than that signal asks for."""
        code, wanted = await daemon.end(number), 0 if number == signal.SIGTERM else -number
        if code != wanted:
            raise RuntimeError(f"the daemon ended with exit code {code}, not {wanted}; see {self.folder}/daemon.log")

    async def until(self, after_s: float) -> None:
        """Wait until so many seconds after the origin."""
        while (left_s := after_s - (self.clock.now_ns() - ORIGIN_NS) / 1e9) > 0:
            await self.clock.sleep(min(left_s, 1.0))

    def alerts(self) -> tuple[Alert, ...]:
        """What was told up to now."""
        path = self.archive / ALERTS
        return tuple(jsonlines.read_alerts(path.read_text("utf-8"))) if path.exists() else ()

    def found(self) -> Found:
        """What there is after the daemon's end."""
        with Catalogue(self.archive / CATALOGUE, create=False) as catalogue:
            return Found(self.alerts(), tuple(catalogue.events()))


@asynccontextmanager
async def scene(folder: Path, nursery: Nursery, rate: float = RATE) -> AsyncIterator[Scene]:
    """A scene that begins now."""
    folder.mkdir(parents=True)
    schedule()
    one = Scene(folder, nursery, Tempo.now(rate, ORIGIN_NS + from_seconds(OPEN_S)))
    await one.digitizers.start()
    pacing = asyncio.create_task(one.digitizers.run())
    try:
        one.write_config()
        yield one
    finally:
        pacing.cancel()
        await one.digitizers.stop()
