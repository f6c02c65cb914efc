"""kill -9 of the real daemon at random moments, without server overlap: nothing lost, nothing twice, nothing corrupt.

Nine stations send without a pause, through SeedLink 4 and 3, most of it older than the pipeline takes. Their server
goes on exactly where it is asked to, so it hides no mistake about where to resume. Daemons are killed some tenths of a
second after their first packet, one in five while it starts, and each tenth time the journal is left with a torn end.
A twin that resumes from what it has received, not from what is in its journal, must lose records in the same harness.
"""

import asyncio
import json
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.page import Figure
from seismonet.core.errors import SeismonetError
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Delivery, Packet, Resume
from seismonet.daemon.run import Daemon
from seismonet.daemon.statefile import NAME as STATUS_NAME
from seismonet.daemon.statefile import read_status
from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams
from seismonet.store.frames import pack
from seismonet.store.receiptslog import FOLDER as RECEIPTS
from seismonet.store.receiptslog import ROW

from .nursery import REAL, Child, Nursery, quiet
from .offer import NETWORK, RECORD_NS, Audit, Offer, torn_frame, write_stations

CYCLES, TWIN_CYCLES = 1000, 30
RATE = 900
"""Old records a second, of all channels together."""
RECOVERY_S = 5.0
TORN_EVERY, EARLY_SHARE, EARLY_S = 10, 0.2, 0.6
KILL_S = (0.1, 0.6)
RING_BYTES = 96 << 20
"""A minute of records at the least; a daemon that is away for longer has failed anyway."""
PACE_S, LOOK_S, PATIENCE_S, SETTLED_S = 0.02, 0.003, 60.0, 5.0
OLD_NS = 3 * 86_400 * 1_000_000_000
SOURCES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "four": ("4", ("KA", "KB", "KC", "KD", "KE")),
    "three": ("3", ("KF", "KG", "KH", "KI")),
}
TWIN = "benchmarks.drills.kill:run_hasty"


class Hasty(Daemon):
    """Wrong on purpose: where to go on is saved when packets are received, and not when they are in the journal."""

    def _step(self) -> None:
        super()._step()
        told = [
            [source.name, station.station, station.sequence]
            for source in self.sources.states
            for station in source.stations
            if station.sequence >= 0
        ]
        draft = self.folder / ".positions.json"
        draft.write_text(json.dumps(told), "utf-8")
        os.replace(draft, self.folder / "positions.json")

    def _durable(self) -> Mapping[tuple[str, str], Resume]:
        found = dict(super()._durable())
        with suppress(FileNotFoundError):
            told = json.loads((self.folder / "positions.json").read_text("utf-8"))
            found |= {(source, station): Resume(number, 0) for source, station, number in told}
        return found


def run_hasty(path: Path, clock: Clock) -> int:
    """The twin, in place of the daemon's ``run``."""

    async def main() -> int:
        return await Hasty(path, clock).run()

    return asyncio.run(main())


@dataclass(slots=True)
class Line:
    """The stations on the line: one server a source, a ring that is filled as time goes on, and never overlaps."""

    clock: Clock = field(default_factory=Clock)
    servers: dict[str, SeedLinkServer] = field(default_factory=dict)
    old: list[tuple[Ring, Offer]] = field(default_factory=list)
    fresh: list[tuple[Ring, Offer]] = field(default_factory=list)
    old_each: int = 0
    fresh_each: int = 0

    async def start(self) -> None:
        """Open the servers; their rings are empty."""
        now_ns = self.clock.now_ns() // RECORD_NS * RECORD_NS
        for source, (_, codes) in SOURCES.items():
            ring = Ring(RING_BYTES)
            self.servers[source] = SeedLinkServer(ServerParams(port=0), ring, self.clock)
            await self.servers[source].start()
            for code in codes:
                for number, channel in enumerate(("HHZ", "HHN", "HHE")):
                    name = SourceId(NETWORK, code, "00", channel)
                    self.old.append((ring, Offer(name, now_ns - OLD_NS, 10 * len(self.old) + number)))
                live = Offer(SourceId(NETWORK, code, "00", "HNZ"), now_ns, len(self.old))
                self.fresh.append((ring, live))

    async def stop(self) -> None:
        """Close the servers."""
        for server in self.servers.values():
            await server.stop()

    async def pace(self, rate: float) -> None:
        """Send, until cancelled: so many old records a second, fresh ones when they are complete."""
        begin_s, old_rate = time.monotonic() - PACE_S, rate / len(self.old)
        begin, fresh_begin = self.old_each, self.fresh[0][1].begin_ns
        while True:
            due = begin + int((time.monotonic() - begin_s) * old_rate)
            due_fresh = max(self.fresh_each, (self.clock.now_ns() - fresh_begin) // RECORD_NS)
            self.old_each = self._send(self.old, self.old_each, min(due, self.old_each + 500))
            self.fresh_each = self._send(self.fresh, self.fresh_each, due_fresh)
            await asyncio.sleep(PACE_S)

    @staticmethod
    def _send(offers: list[tuple[Ring, Offer]], first: int, end: int) -> int:
        numbers = np.arange(first, end, dtype=np.int64)
        made = [(ring, offer, offer.records(numbers)) for ring, offer in offers] if len(numbers) else []
        for k in range(end - first):
            for ring, offer, records in made:
                ring.append(offer.name.station_code, offer.name, *offer.span_ns(first + k), records[k].tobytes())
        return max(first, end)

    def heard_by(self, began_ns: int) -> bool:
        """Has a client that came after a moment been sent anything?"""
        clients = [one for server in self.servers.values() for one in server.state.clients]
        return any(one.sent > 0 and one.began_ns > began_ns for one in clients)

    def offered(self) -> list[tuple[Offer, int]]:
        """Channels, and how many records of each were sent."""
        found = [(offer, self.old_each) for _, offer in self.old]
        return found + [(offer, self.fresh_each) for _, offer in self.fresh]


@dataclass(slots=True)
class Result:
    """What came of some cycles."""

    cycles: int
    audit: Audit = field(default_factory=Audit)
    recovery_s: list[float] = field(default_factory=list)
    early: int = 0
    torn: int = 0
    set_aside: int = 0
    receipts: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Harness:
    """A folder, the stations, and one daemon after the other."""

    folder: Path
    nursery: Nursery
    line: Line
    entry: str
    seed: int

    @property
    def archive(self) -> Path:
        """The daemon's folder."""
        return self.folder / "archive"

    def write_config(self) -> Path:
        """The daemon's configuration. No backfill: it would fetch what was lost, and hide that it was."""
        codes = [code for _, (_, codes) in SOURCES.items() for code in codes]
        pattern = write_stations(self.folder / "stations", codes)
        lines = ["[network]", f"stations = [{json.dumps(pattern)}]", "[archive]", "journal_hours = 0.0"]
        lines += ["reserve_mb = 0", "[server]", "port = 0", "[daemon]", "snapshot_s = 1.0", "[backfill]", "days = 0.0"]
        for source, (protocol, codes_of) in SOURCES.items():
            host, port = self.line.servers[source].address
            # as patterns, since a station that is named would first be asked for its last minute only
            stations = json.dumps([f"{NETWORK}.?{code[1:]}" for code in codes_of])
            lines += ["[[source]]", f'name = "{source}"', f'url = "seedlink://{host}:{port}"']
            lines += [f"stations = {stations}", f'protocol = "{protocol}"']
        path = self.folder / "drill.toml"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    async def run(self, cycles: int) -> Result:
        """Cycles of birth and death, then one daemon that may finish, then the audit."""
        result, draw, begin_s = Result(cycles), random.Random(self.seed), time.monotonic()
        config = self.write_config()
        await self._begin(config)
        pacing = asyncio.create_task(self.line.pace(RATE))
        try:
            for cycle in range(cycles):
                await self._cycle(config, cycle, draw, result)
        finally:
            pacing.cancel()
        await self._finish(config)
        for offer, count in self.line.offered():
            result.audit.look(self.archive / "sds", offer, count)
        rows = [np.fromfile(path, dtype=ROW) for path in (self.archive / RECEIPTS).glob("*.rows")]
        result.receipts = len(np.concatenate(rows))
        result.set_aside = len(list((self.archive / "quarantine").glob("journal.*")))
        result.seconds = time.monotonic() - begin_s
        return result

    async def _start(self, config: Path) -> Child:
        return await self.nursery.start(config, self.folder / "daemon.log", entry=self.entry)

    async def _begin(self, config: Path) -> None:
        """A first daemon meets all stations: of one that nobody has heard yet there is no place to go on from."""
        child = await self._start(config)
        servers = self.line.servers.values()
        await until(lambda: all(any(one.streaming for one in server.state.clients) for server in servers))
        pacing = asyncio.create_task(self.line.pace(0.0))
        try:
            await until(self._all_known)
        finally:
            pacing.cancel()
        await self._stop(child)

    async def _stop(self, child: Child) -> None:
        """As systemd would."""
        code = await child.end(signal.SIGTERM)
        if code != 0:
            raise RuntimeError(f"the daemon was stopped and ended with exit code {code}; see {self.folder}/daemon.log")

    def _all_known(self) -> bool:
        """Is a record of every station in the journal? They come in turn."""
        with suppress(SeismonetError):
            return read_status(self.archive / STATUS_NAME).writer.committed >= len(self.line.fresh)
        return False

    async def _cycle(self, config: Path, cycle: int, draw: random.Random, result: Result) -> None:
        began_ns = self.line.clock.now_ns()
        child = await self._start(config)
        if draw.random() < EARLY_SHARE:
            result.early += 1
            await asyncio.sleep(draw.uniform(0.0, EARLY_S))
        else:
            await until(lambda: self.line.heard_by(began_ns))
            result.recovery_s.append(time.monotonic() - child.born_s)
            await asyncio.sleep(draw.uniform(*KILL_S))
        code = await child.end(signal.SIGKILL)
        if code != -signal.SIGKILL:
            raise RuntimeError(f"the daemon ended by itself with exit code {code}; see {self.folder}/daemon.log")
        if cycle % TORN_EVERY == TORN_EVERY - 1:
            self._tear(cycle // TORN_EVERY, draw)
            result.torn += 1

    def _tear(self, count: int, draw: random.Random) -> None:
        """Leave something behind the last frame."""
        offer = self.line.old[count % len(self.line.old)][1]
        payload = offer.records(np.array([10**6 + count]))[0].tobytes()
        frames: list[bytes] = []
        pack(Delivery("four", time.time_ns(), (Packet(offer.name.station_code, 2**40 + count, payload),)), frames)
        segment = max((self.archive / "journal").glob("*.journal"))
        with segment.open("ab") as file:
            file.write(torn_frame(draw.randbytes(700), b"".join(frames), count % 3))

    async def _finish(self, config: Path) -> None:
        """The last daemon works until all is archived, or nothing more comes, and is stopped as systemd would."""
        child = await self._start(config)
        wanted = sum(count for _, count in self.line.offered()) * 512
        last, since_s = -1, time.monotonic()
        while last < wanted and time.monotonic() - since_s < SETTLED_S:
            size = sum(path.stat().st_size for path in (self.archive / "sds").rglob("*.D.*"))
            last, since_s = (size, time.monotonic()) if size != last else (last, since_s)
            await asyncio.sleep(0.1)
        await self._stop(child)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(LOOK_S)


async def drill(cycles: int, entry: str = REAL, seed: int = 1) -> Result:
    """Some cycles with the real daemon or a twin, in a temporary folder."""
    async with AsyncExitStack() as stack:
        stack.enter_context(quiet())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seismonet-kill-")))
        line = Line()
        await line.start()
        stack.push_async_callback(line.stop)
        nursery = await stack.enter_async_context(Nursery())
        return await Harness(folder, nursery, line, entry, seed).run(cycles)


def run(scale: float = 1.0) -> list[Figure]:
    """The real daemon, and the twin that must lose."""
    found = asyncio.run(drill(max(10, round(CYCLES * scale))))
    twin = asyncio.run(drill(max(5, round(TWIN_CYCLES * scale)), TWIN))
    return [*figures(found), twin_figure(twin)]


def figures(found: Result) -> list[Figure]:
    """What the real daemon is held to."""
    audit, median_s, worst_s = found.audit, statistics.median(found.recovery_s), max(found.recovery_s)
    unsaid = abs(found.receipts - audit.offered)
    detail = f"{audit.offered:,} records, {audit.offered / found.seconds:,.0f} a second; "
    detail += f"{found.early} kills while starting, {found.torn} torn ends of the journal"
    return [
        Figure(f"Records lost in {found.cycles:,} kills", "0", f"{audit.lost}", audit.lost == 0, detail),
        Figure("Records archived twice", "0", f"{audit.twice}", audit.twice == 0),
        Figure("Records corrupt or foreign", "0", f"{audit.corrupt}", audit.corrupt == 0, "compared byte for byte"),
        Figure("Receipts that are missing or too many", "0", f"{unsaid}", unsaid == 0),
        Figure(
            "From the start of the process to its first packet",
            f"≤ {RECOVERY_S:g} s",
            f"{worst_s:.2f} s",
            worst_s <= RECOVERY_S,
            f"the slowest of {len(found.recovery_s):,}; median {median_s:.2f} s",
        ),
    ]


def twin_figure(found: Result) -> Figure:
    """What the twin must show."""
    lost = found.audit.lost
    what = f"Records lost in {found.cycles} kills by a twin that resumes from what it received"
    return Figure(what, "> 0", f"{lost:,}", lost > 0, f"of {found.audit.offered:,}: the harness sees a loss")
