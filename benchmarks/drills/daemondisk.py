"""The real daemon while its disk fails: full, read-only, syncs that fail, databases that somebody else has locked.

The waves of an earthquake reach three simulated stations while the disk is broken, and three more send so much that it
cannot all wait in memory. The alert must go out meanwhile; afterwards everything that was offered since the first
connection must be in the archive, once and byte for byte, and the daemon must be up to date within half a minute.

All daemons of a run listen to the same servers at the same time, each with a fault of its own. A file system that has
found an error in itself stays read-only until it is mounted again, for which the daemon is stopped and started.
"""

import asyncio
import json
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.page import Figure
from seismonet.core.errors import ArchiveError
from seismonet.core.share import share
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_seconds
from seismonet.daemon.digitizers import Digitizers
from seismonet.models.traveltime import cache_dir
from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams
from seismonet.store.archive import SDS
from seismonet.store.catalogue import Catalogue
from seismonet.store.index import NAME as INDEX
from seismonet.store.index import Index
from seismonet.store.inventory import read_inventories
from seismonet.synthesis.digitizer import Schedule
from seismonet.synthesis.earthmodels import PAMIR_EARTH, SimulatedEarth, errors_around
from seismonet.synthesis.scenarios import PAMIR, Quake, Scenario
from seismonet.synthesis.simulation import simulate

from .daemons import lines, status
from .faultydisks import filled, in_error, locked, mount_again, mounted, switched
from .nursery import REAL, Nursery, Tempo, quiet
from .offer import NETWORK, RECORD_NS, Audit, Offer

BEGUN_S = 45.0
"""The stations have recorded for so long when the daemon starts."""
READY_S, BEFORE_S, LENGTH_S = 16.0, 4.0, 30.0
"""The fault comes so long after the stage is set, the earthquake so much before that its waves are on the way, and the
fault lasts so long, in real seconds."""
GRACE_S = 20.0
"""So much longer when there was no alert yet: a busy machine is no fault of the daemon's."""
TAIL_S = 240.0
MEMORY_MB = 2
BULK_RATE = 450
PACE_S, LOOK_S = 0.02, 0.1
SETUP_S, START_S = 5.0, 60.0
RECOVERY_S, PATIENCE_S, SETTLED_S = 30.0, 90.0, 4.0
BEHIND_S, WAITING_BYTES = 8.0, 400_000
"""The archive is made every two seconds; so far behind what is sent it may be and still be up to date."""
SWITCHED = "benchmarks.drills.faultydisks:run_switched"
PLACE = 38.3, 72.9, 15.0, 5.8
"""Latitude, longitude, depth and magnitude of the earthquake."""
BULK = ("BA", "BB", "BC")
TABLE = str(share("stations") / "TJ.*.xml")
RECORD_BYTES = 512
Fault = Callable[[Path], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Case:
    """One fault: how it is made in a folder, and with which daemon."""

    name: str
    fault: Fault
    entry: str = REAL
    kind: str = ""
    """Of the small file system that it has for its own. An ext4 is mounted again and the daemon started anew."""


CASES = (
    Case("a full disk (tmpfs)", lambda folder: filled(folder / "disk"), kind="tmpfs"),
    Case("a file system in error", lambda folder: in_error(folder / "disk"), kind="ext4"),
    Case("a full disk (each write torn)", partial(switched, what="write ENOSPC"), SWITCHED),
    Case("a read-only disk", partial(switched, what="* EROFS"), SWITCHED),
    Case("syncs that fail and drop", partial(switched, what="sync EIO"), SWITCHED),
    Case("a locked index", lambda folder: locked(folder / "disk" / "index.sqlite")),
    Case("a locked catalogue", lambda folder: locked(folder / "disk" / "catalogue.sqlite")),
)


@dataclass
class Seen:
    """What a daemon did: seconds after the repair until it was up to date, the alert's delay after the origin."""

    case: Case
    recovery_s: float | None = None
    alert_s: float | None = None
    was_meanwhile: bool = False
    was_stored: bool = False
    unjournaled: int = 0
    exit_code: int | None = None
    audit: Audit = field(default_factory=Audit)

    def figure(self) -> Figure:
        """A row."""
        audit = self.audit
        wrong = audit.lost + audit.twice + audit.corrupt
        told = self.was_meanwhile and self.was_stored and self.exit_code == 0
        met = wrong == 0 and told and self.recovery_s is not None and self.recovery_s <= RECOVERY_S
        alert = f"alert {self.alert_s:.0f} s after the origin" if self.alert_s is not None else "no alert"
        back = f"up to date {self.recovery_s:.1f} s after it" if self.recovery_s is not None else "never up to date"
        detail = (
            f"{audit.offered:,} offered, {audit.twice} twice, {audit.corrupt} corrupt; {self.unjournaled:,} did not "
            "fit into memory and were asked for again"
        )
        target = f"0 lost, alert meanwhile, ≤ {RECOVERY_S:.0f} s"
        return Figure(f"Daemon with {self.case.name}", target, f"{audit.lost} lost, {alert}, {back}", met, detail)


def run(scale: float = 1.0) -> list[Figure]:
    """A row for each fault."""
    return [one.figure() for one in drill(CASES, max(8.0, LENGTH_S * scale))]


def drill(cases: Sequence[Case], length_s: float, rate: float = 1.0) -> list[Seen]:
    """All cases at once; the fault lasts for so many real seconds, all else goes ``rate`` times as fast."""
    with quiet(), ExitStack() as stack:
        folders = []
        for case in cases:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seismonet-disk-")))
            if case.kind:
                stack.enter_context(mounted(folder / "disk", case.kind))
            folders.append(folder)
        return asyncio.run(_drill(list(zip(cases, folders, strict=True)), length_s, rate))


async def _drill(cases: list[tuple[Case, Path]], length_s: float, rate: float) -> list[Seen]:
    host_ns = time.time_ns()
    tempo = Tempo(rate, host_ns, host_ns)
    async with AsyncExitStack() as stack:
        nursery = await stack.enter_async_context(Nursery())
        stage = await asyncio.to_thread(Stage, tempo.clock())
        await stage.start()
        stack.push_async_callback(stage.stop)
        runs = [Run(stage, case, folder) for case, folder in cases]
        for one in runs:
            await one.start(nursery, tempo)
        await until(lambda: stage.listeners == len(runs), START_S)
        pacing = asyncio.create_task(stage.pace())
        await asyncio.gather(*(one.suffer(length_s) for one in runs))
        pacing.cancel()
        await asyncio.gather(pacing, return_exceptions=True)
        await asyncio.gather(*(one.finish() for one in runs))
        return [one.seen for one in runs]


class Stage:
    """What all daemons listen to: three stations that record an earthquake, and three that send much and old."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.begin_ns = clock.now_ns() + from_seconds(SETUP_S * clock.rate)
        after_s = BEGUN_S + READY_S - BEFORE_S
        quake = Quake(*PLACE, after_s=after_s)
        scenario = Scenario("disk", events=(quake,), duration_s=after_s + TAIL_S, stations=PAMIR)
        table = read_inventories([TABLE])
        earth = SimulatedEarth.draw(PAMIR_EARTH, errors_around(PAMIR_EARTH), 0, cache_dir())
        recorded_ns = self.begin_ns - from_seconds(BEGUN_S)
        self.schedule: Schedule = simulate(scenario, table, earth.times_to, begin_ns=recorded_ns).schedule()
        self.origin_ns = recorded_ns + from_seconds(after_s)
        self.digitizers = Digitizers(self.schedule, "disk", clock)
        old_ns = recorded_ns // RECORD_NS * RECORD_NS - from_seconds(3 * 86_400)
        names = [SourceId(NETWORK, station, "00", f"HH{letter}") for station in BULK for letter in "ZN"]
        self.bulk = [Offer(name, old_ns, number) for number, name in enumerate(names)]
        self.ring = Ring(512 << 20)
        self.server = SeedLinkServer(ServerParams(port=0), self.ring, clock)
        self.each, self.end_ns = 0, 0

    async def start(self) -> None:
        """Open the servers; those with much to send have nothing yet."""
        await self.digitizers.start()
        await self.server.start()

    async def stop(self) -> None:
        """Close them."""
        await self.digitizers.stop()
        await self.server.stop()

    @property
    def listeners(self) -> int:
        """Daemons that listen to the server that sends much."""
        return sum(one.streaming for one in self.server.state.clients)

    async def pace(self) -> None:
        """Send, until cancelled."""
        begin_s, rate = time.monotonic(), BULK_RATE / len(self.bulk)
        digitizing = asyncio.create_task(self.digitizers.run())
        try:
            while True:
                due = int((time.monotonic() - begin_s) * rate)
                numbers = np.arange(self.each, due)
                made = [offer.records(numbers) for offer in self.bulk]
                for row, k in enumerate(numbers.tolist()):
                    for offer, records in zip(self.bulk, made, strict=True):
                        span_ns = offer.span_ns(k)
                        self.ring.append(offer.name.station_code, offer.name, *span_ns, records[row].tobytes())
                self.each = due
                await asyncio.sleep(PACE_S)
        finally:
            digitizing.cancel()
            self.end_ns = self.clock.now_ns()

    def configuration(self) -> str:
        """The daemon's. No backfill: it would fetch what was lost, and hide that it was."""
        lines = [
            "[network]",
            f"stations = [{json.dumps(TABLE)}]",
            f'earth_model = "{PAMIR_EARTH}"',
            "[archive]",
            'folder = "disk"',
            "reserve_mb = 1",
        ]
        lines += ["free_gb = 0.0", "[server]", "port = 0", "ring_mb = 4", "[backfill]", "days = 0.0"]
        lines += ["[daemon]", f"memory_mb = {MEMORY_MB}", "snapshot_s = 5.0"]
        many = {code: (code, address) for code, address in self.digitizers.addresses.items()}
        # as a pattern, since a station that is named would first be asked for its last minute only
        many["bulk"] = f"{NETWORK}.B?", self.server.address
        for name, (station, (host, port)) in many.items():
            lines += [
                "[[source]]",
                f'name = "{name}"',
                f'url = "seedlink://{host}:{port}"',
                f'stations = ["{station}"]',
            ]
        return "\n".join(lines) + "\n"

    def audit(self, sds: Path) -> Audit:
        """An archive held against all that was sent."""
        audit = Audit()
        for offer in self.bulk:
            audit.look(sds, offer, self.each)
        for code in PAMIR:
            self._look(audit, sds, code)
        return audit

    def _look(self, audit: Audit, sds: Path, code: str) -> None:
        """A station's records from the first that is there on: what came before its first connection is nobody's."""
        network, _, station = code.partition(".")
        data = b"".join(path.read_bytes() for path in sorted(sds.glob(f"*/{network}/{station}/*/*")))
        found = Counter(data[at : at + RECORD_BYTES] for at in range(0, len(data), RECORD_BYTES))
        sent = [one for one in self.schedule.sendings if one.station == code]
        until_s = (self.end_ns - self.schedule.begin_ns) / 1e9 - 1.0
        first = next((k for k, one in enumerate(sent) if one.payload in found), 0)
        own = [one.payload for one in sent[first:] if one.send_offset_s <= until_s]
        audit.offered += len(own)
        audit.lost += sum(one not in found for one in own)
        audit.twice += sum(count - 1 for count in found.values())
        audit.corrupt += len(found.keys() - {one.payload for one in sent})


class Run:
    """One daemon and its fault."""

    def __init__(self, stage: Stage, case: Case, folder: Path) -> None:
        self.stage, self.case, self.folder, self.seen = stage, case, folder, Seen(case)
        self.archive, self.log = folder / "disk", folder / "daemon.log"

    async def start(self, nursery: Nursery, tempo: Tempo) -> None:
        """Let it run."""
        config = self.folder / "disk.toml"
        config.write_text(self.stage.configuration(), "utf-8")
        self.child = await nursery.start(config, self.log, tempo, self.case.entry)
        self._again = partial(nursery.start, config, self.log, tempo)

    async def suffer(self, length_s: float) -> None:
        """The fault, from its begin to when all is well again."""
        stage = self.stage
        await stage.clock.sleep((stage.begin_ns - stage.clock.now_ns()) / 1e9 + READY_S)
        before = self._alerts()
        async with self.case.fault(self.folder):
            end_s = time.monotonic() + length_s
            while time.monotonic() < end_s or (self.seen.alert_s is None and time.monotonic() < end_s + GRACE_S):
                await asyncio.sleep(LOOK_S)
                if self.seen.alert_s is None and self._alerts() > before:
                    self.seen.alert_s = (stage.clock.now_ns() - stage.origin_ns) / 1e9
        fixed_s = time.monotonic()
        if self.case.kind == "ext4":
            self.seen.exit_code = await self.child.end(signal.SIGTERM) or None
            mount_again(self.archive)
            self.child = await self._again()
        self.seen.was_meanwhile = self.seen.alert_s is not None
        with suppress(TimeoutError):
            await until(self._is_well, PATIENCE_S)
            self.seen.recovery_s = time.monotonic() - fixed_s

    async def finish(self) -> None:
        """Let it take what is left, stop it, and look at what it has kept."""
        last, since_s, begin_s = -1, time.monotonic(), time.monotonic()
        while time.monotonic() - since_s < SETTLED_S and time.monotonic() - begin_s < PATIENCE_S:
            await asyncio.sleep(LOOK_S)
            state = status(self.archive)
            if state is not None and state.writer.archived != last:
                last, since_s = state.writer.archived, time.monotonic()
        self.seen.unjournaled = state.writer.unjournaled if state else 0
        self.seen.exit_code = self.seen.exit_code or await self.child.end(signal.SIGTERM)
        self.seen.audit = self.stage.audit(self.archive / SDS)
        self.seen.was_stored = self._is_stored()

    def _alerts(self) -> int:
        return sum(1 for _ in lines(self.log, "ALERT"))

    def _is_stored(self) -> bool:
        """Is the alert in its file, as new once, and in the catalogue with its picks?"""
        path = self.archive / "alerts.jsonl"
        told = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        with Catalogue(self.archive / "catalogue.sqlite") as catalogue:
            known = catalogue.alerts()
            picks = catalogue.picks(self.stage.origin_ns)
        return sum(one["kind"] == "new" for one in told) == 1 and len(known) == len(told) and len(picks) >= len(PAMIR)

    def _is_well(self) -> bool:
        """Does nothing fail, and is the archive but seconds behind what is sent?"""
        state = status(self.archive)
        if state is None or state.writer.failing or state.writer.waiting_bytes > WAITING_BYTES:
            return False
        return all(one.state == "connected" for one in state.sources) and self._is_current()

    def _is_current(self) -> bool:
        index = Index(self.archive / INDEX)
        try:
            spans = index.spans()
        except ArchiveError:
            return False
        finally:
            index.close()
        wanted = max(0, self.stage.each - round(BEHIND_S * BULK_RATE / len(self.stage.bulk)))
        return all(
            offer.name in spans and spans[offer.name][-1][1] >= offer.span_ns(wanted)[0] for offer in self.stage.bulk
        )


async def until(condition: Callable[[], bool], limit_s: float) -> None:
    """Wait for something to become true; TimeoutError when it does not in time."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(LOOK_S)
