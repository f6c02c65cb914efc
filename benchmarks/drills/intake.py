"""How many packets a second are accepted on one core: from the socket to the journal, every commit included.

A server in a process of its own sends records as fast as they are taken. Here the client, the intake and the writer's
thread do what they do in the daemon; the time is the CPU time of this whole process, so it is that of one core however
the machine is shared. Then the same with the archive made at once, and with the pipeline deciding on every packet.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from tests.synthesis.sites import two_sensors

from benchmarks.page import Figure
from seismonet.core.inventory import OPEN_END_NS, ChannelTable, Station
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Packet, Resume
from seismonet.daemon.intake import Intake
from seismonet.daemon.live import Live
from seismonet.daemon.logs import get_log
from seismonet.daemon.writer import Stores, Writer
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.net.client import SeedLinkClient
from seismonet.net.clock import Clock
from seismonet.net.commands import Lines
from seismonet.net.framing import HEAD4
from seismonet.net.handshake import Action, Handshake, Identity
from seismonet.net.source import SourceParams
from seismonet.pipeline import PipelineParams
from seismonet.store.archive import Archive, Taken
from seismonet.store.catalogue import Catalogue
from seismonet.store.journal import Journal

from .records import stamped, templates

PACKETS = 200_000
STATIONS, CHANNELS = 30, "ZNE"
RECORD_S, NOISES = 4, 5
BEGIN_S = 1_764_000_000
AT_ONCE = 600
MEMORY_BYTES = 64 << 20
LIMIT_S = 150.0
TARGETS = {"4": 20_000, "3": 12_000}
PEERS = (
    "on another day slinktool -4 took 148,000 into a file and slarchive 145,000 (v3), by that clock and without a sync"
)
ROOT = Path(__file__).resolve().parents[2]


def run(scale: float = 1.0) -> list[Figure]:
    """Rates beside their targets, and what a packet costs on the way to the archive and through the pipeline."""
    packets = max(3000, round(PACKETS * scale))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    try:
        rows = [_accepted(protocol, packets) for protocol in ("4", "3")]
        journal, archive = measure("4", packets), measure("4", packets, archive=True)
        pipeline = measure("4", packets, pipeline=True)
    finally:
        structlog.reset_defaults()
    what = "CPU time a packet over SeedLink 4, beyond client and journal"
    detail = f"{RECORD_S}-s records of {STATIONS * len(CHANNELS)} channels"
    return [
        *rows,
        Figure(f"{what}: archive", "", f"{(archive.cpu_s - journal.cpu_s) / packets * 1e6:.0f} µs", None, detail),
        Figure(f"{what}: decoding and a step", "", f"{(pipeline.cpu_s - journal.cpu_s) / packets * 1e6:.0f} µs", None,
               f"{detail}, {pipeline.steps:,} steps"),
    ]  # fmt: skip


def _accepted(protocol: str, packets: int) -> Figure:
    found = measure(protocol, packets)
    rate = packets / found.cpu_s
    target = TARGETS[protocol]
    detail = (
        f"{packets:,} packets; {packets / found.wall_s:,.0f} /s by the wall clock, the server's share included; {PEERS}"
    )
    what = f"512-byte packets accepted a second over SeedLink {protocol}, client and journal, one core"
    return Figure(what, f"≥ {target:,} /s", f"{rate:,.0f} /s", rate >= target, detail)


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU and wall time until all was committed (and archived, and decided); ``used`` packets came to the pipeline."""

    cpu_s: float
    wall_s: float
    committed: int
    archived: int
    steps: int
    used: int


class Postponed(Archive):
    """An archive that is made another time."""

    def take(self, journal: Journal, *_: object, **__: object) -> Taken:
        """Nothing now."""
        return Taken(journal.end)


def measure(protocol: str, packets: int, *, archive: bool = False, pipeline: bool = False) -> Measured:
    """Receive so many packets, from the first to the moment when all are safe."""
    command = [sys.executable, "-m", "benchmarks.drills.intake", str(packets)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            return asyncio.run(_bounded(Path(folder), (archive, pipeline), (protocol, port, packets)))
        finally:
            server.kill()


async def _bounded(folder: Path, parts: tuple[bool, bool], asked: tuple[str, int, int]) -> Measured:
    async with asyncio.timeout(LIMIT_S):
        return await _Line(folder, *parts).run(*asked)


class _Line:
    """Client, intake and writer as the daemon joins them, and if wanted the pipeline."""

    def __init__(self, folder: Path, archive: bool, pipeline: bool) -> None:
        self.folder, self.archive = folder, archive
        self.now_ns = BEGIN_S * SECOND_NS
        self.clock = Clock(wall_ns=lambda: self.now_ns)
        self.intake = Intake(self.clock, MEMORY_BYTES, lambda: False)
        self.live = Live(_table(), travel_times("iasp91", cache_dir()), PipelineParams(), 60.0) if pipeline else None
        self.count = self.decided = self.used = self.steps = 0
        self.begin: tuple[float, float] | None = None

    async def run(self, protocol: str, port: int, packets: int) -> Measured:
        """All of it."""
        writer = self._writer()
        deciding = asyncio.create_task(self._decide()) if self.live else None
        version = "3" if protocol == "3" else "4"
        source = SourceParams("bench", f"seedlink://127.0.0.1:{port}", ("XX.*",), protocol=version)  # type: ignore[arg-type]
        client = SeedLinkClient(source, self._deliver, resume=_nothing, room=self.intake.room, clock=Clock())
        receiving = asyncio.create_task(client.run())
        while not self._is_done(writer, packets):
            if writer.error is not None:
                raise writer.error
            await asyncio.sleep(0.005)
        cpu_s, wall_s = self._now()
        assert self.begin is not None
        tasks = [task for task in (deciding, receiving) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.stop(LIMIT_S)
        state = writer.state
        return Measured(
            cpu_s - self.begin[0], wall_s - self.begin[1], state.committed, state.archived, self.steps, self.used
        )

    def _is_done(self, writer: Writer, packets: int) -> bool:
        state = writer.state
        decided = packets if self.live is None else self.decided
        archived = state.archived if self.archive else packets
        return min(state.committed, archived, decided) >= packets

    def _writer(self) -> Writer:
        journal = Journal(self.folder / "journal")
        archive = Archive(self.folder) if self.archive else Postponed(self.folder)
        if self.archive:
            archive.recover(journal)
        catalogue = Catalogue(self.folder / "catalogue.sqlite")
        writer = Writer(self.folder, self.intake, Stores(journal, archive, catalogue), get_log().warning)
        writer.start()
        return writer

    def _deliver(self, packets: Sequence[Packet], flags: int) -> None:
        self.begin = self.begin or self._now()
        self.count += len(packets)
        # each channel's newest record has just ended: the clock goes as fast as the records come
        self.now_ns = (BEGIN_S + (self.count // (STATIONS * len(CHANNELS)) + 2) * RECORD_S) * SECOND_NS
        self.intake.deliver("bench", packets, flags)

    async def _decide(self) -> None:
        """As the daemon does: a step for whatever has come."""
        assert self.live is not None
        while True:
            await self.intake.wake.wait()
            heard = self.live.hear(self.intake.take())
            self.live.step(heard.batch.receipts, self.clock.now_ns())
            self.steps += 1
            self.used += len(heard.payloads)
            self.decided += len(heard.payloads) + heard.refused.total()
            await asyncio.sleep(0)

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.process_time(), time.perf_counter()


def _nothing() -> Mapping[str, Resume]:
    return {}


def _names() -> list[SourceId]:
    return [SourceId("XX", f"S{number:03}", "00", f"HH{letter}") for number in range(STATIONS) for letter in CHANNELS]


def _table() -> ChannelTable:
    stations = [
        Station("XX", f"S{number:03}", 0, OPEN_END_NS, 36 + 0.3 * (number // 6), 68 + 0.3 * (number % 6), 0.0)
        for number in range(STATIONS)
    ]
    return ChannelTable.of(stations, [channel for station in stations for channel in two_sensors(station)[:3]])


# the server's process


async def _serve(packets: int) -> None:
    done = asyncio.Event()
    made = [templates(name, RECORD_S, NOISES) for name in _names()]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handshake, lines = Handshake(Identity("benchmark", "SIMULATED")), Lines()
        while data := await reader.read(4096):
            lines.feed(data)
            while (line := lines.next()) is not None:
                answer = handshake.answer(line)
                writer.write(answer.reply)
                if answer.action is Action.STREAM:
                    await _send(writer, handshake.version, packets, made)
                    await reader.read()
                    done.set()
                    return

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await done.wait()


async def _send(writer: asyncio.StreamWriter, version: int, packets: int, made: list[list[bytes]]) -> None:
    heads = [b"XX_S%03d" % (number // len(CHANNELS)) for number in range(len(made))]
    for first in range(0, packets, AT_ONCE):
        piece = []
        for number in range(first, min(first + AT_ONCE, packets)):
            turn, channel = divmod(number, len(made))
            record = stamped(made[channel][turn % NOISES], BEGIN_S + turn * RECORD_S)
            front = (
                b"SL%06X" % (number & 0xFFFFFF)
                if version == 3
                else HEAD4.pack(b"SE", b"2D", 512, number, 7) + heads[channel]
            )
            piece += [front, record]
        writer.write(b"".join(piece))
        await writer.drain()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
