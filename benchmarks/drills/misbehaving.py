"""Twelve servers that misbehave, with the client's limits as they are in earnest, beside one that is sound.

Every behaviour is met in both versions of SeedLink. It is over when the client has given the connection up by itself;
where there is no reason to (``foreign``, ``ring_reset``) when all the records there are have come, and where the fault
is in a document that only a probe reads (``entity_bomb``) when the probe has ended with an error. Time counts from the
moment the server began to misbehave.
"""

import asyncio
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.page import Figure
from seismonet.core.errors import ProtocolError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import FOREIGN, Packet, Record, Resume
from seismonet.net.client import SeedLinkClient
from seismonet.net.clock import Clock
from seismonet.net.dialing import Dialer
from seismonet.net.misbehaving import BEHAVIOURS, Behaviour, MisbehavingServer
from seismonet.net.probe import probe
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams
from seismonet.net.source import SourceParams
from seismonet.synthesis.records import miniseed

LIMIT_S, LIMIT_MB = 30.0, 64.0
PATIENCE_S = 120.0
EVERY_S = 0.1
RECORDS = 20
NAME = SourceId("TJ", "SAREZ", "00", "HHZ")
NO_REASON = ("foreign", "ring_reset")
IN_DOCUMENT = "entity_bomb"
BEGIN_NS = 1_750_000_000 * SECOND_NS


@dataclass(slots=True)
class Seen:
    """What one source received; ``late_s`` is the longest time a record was on its way."""

    clock: Clock
    sent_s: dict[bytes, float] = field(default_factory=dict)
    sequences: set[int] = field(default_factory=set)
    payloads: set[bytes] = field(default_factory=set)
    foreign: int = 0
    late_s: float = 0.0

    def deliver(self, packets: Sequence[Packet], flags: int) -> None:
        """Take note."""
        if flags & FOREIGN:
            self.foreign += len(packets)
            return
        now_s = self.clock.monotonic_s()
        for one in packets:
            self.payloads.add(one.payload)
            self.sequences.add(one.sequence)
            self.late_s = max(self.late_s, now_s - self.sent_s.get(one.payload, now_s))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one behaviour ended."""

    behaviour: str
    protocol: str
    over_s: float
    why: str
    late_s: float
    lost: int
    reconnects: int


async def room() -> None:
    """There is always room."""
    return


def nothing() -> Mapping[str, Resume]:
    """Nothing is stored."""
    return {}


def record(number: int) -> bytes:
    """One record a second."""
    samples = np.arange(100, dtype=np.int32) + number
    return miniseed(Record(NAME, BEGIN_NS + number * SECOND_NS, 100.0, samples))[0]


def append(ring: Ring, number: int) -> bytes:
    """The record of a second, into a ring."""
    payload, start_ns = record(number), BEGIN_NS + number * SECOND_NS
    ring.append("TJ.SAREZ", NAME, start_ns, start_ns + SECOND_NS, payload)
    return payload


def source_of(name: str, address: tuple[str, int], protocol: str) -> SourceParams:
    """A source with the time-outs that it has in earnest."""
    url = f"seedlink://{address[0]}:{address[1]}"
    return SourceParams(name, url, ("TJ.SAREZ",), protocol="3" if protocol == "3" else "4")


def client_of(source: SourceParams, seen: Seen, dialer: Dialer) -> SeedLinkClient:
    """A client with the limits that it has in earnest."""
    return SeedLinkClient(source, seen.deliver, resume=nothing, room=room, clock=seen.clock, dialer=dialer)


async def meet(behaviour: Behaviour, protocol: str) -> Outcome:
    """One behaviour, until it is over, while a sound server sends ten records a second."""
    clock = Clock()
    dialer, rings, seen = Dialer(clock), [Ring(1 << 22), Ring(1 << 22)], [Seen(clock), Seen(clock)]
    sound, bad = SeedLinkServer(ServerParams(port=0), rings[0], clock), MisbehavingServer(behaviour, rings[1], clock)
    await sound.start()
    await bad.start()
    sources = [source_of("sound", sound.address, protocol), source_of("bad", bad.address, protocol)]
    clients = [client_of(source, one, dialer) for source, one in zip(sources, seen, strict=True)]
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(client.run()) for client in clients]
    try:
        while not clients[0].state.connections or (behaviour in NO_REASON and not clients[1].state.connections):
            await clock.sleep(EVERY_S / 10)
        if behaviour == IN_DOCUMENT:
            tasks.append(asyncio.create_task(told(sources[1], clock)))
        begin_s, number = clock.monotonic_s(), 0
        while clock.monotonic_s() - begin_s < PATIENCE_S:
            if tasks[2].done() if behaviour == IN_DOCUMENT else is_over(behaviour, clients[1], seen[1]):
                break
            seen[0].sent_s[append(rings[0], number)] = clock.monotonic_s()
            if number < RECORDS:
                append(rings[1], number)
            number += 1
            await clock.sleep(EVERY_S)
        over_s = clock.monotonic_s() - (bad.misbehaves_since_s or begin_s)
        await clock.sleep(EVERY_S)
        lost = number - len(seen[0].payloads)
        why = str(tasks[2].result()) if behaviour == IN_DOCUMENT and tasks[2].done() else clients[1].state.error
        return Outcome(behaviour, protocol, over_s, why, seen[0].late_s, lost, clients[0].state.reconnects)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await bad.stop()
        await sound.stop()


async def told(source: SourceParams, clock: Clock) -> str:
    """What a probe says of a server whose answers make no sense; it fails when they do."""
    try:
        info = await probe(source, clock)
    except ProtocolError as error:
        return str(error)
    raise AssertionError(f"believed {info}")


def is_over(behaviour: str, client: SeedLinkClient, seen: Seen) -> bool:
    """See the head of this file."""
    return len(seen.payloads) >= RECORDS if behaviour in NO_REASON else bool(client.state.error)


def memory_mb() -> float:
    """What this process has in memory now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 2**20


async def _all(behaviours: Sequence[Behaviour]) -> tuple[list[Outcome], float]:
    """Those of one version at a time, side by side, as most of the time is waiting; and by how much memory grew."""
    before_mb, most_mb = memory_mb(), 0.0

    async def watch() -> None:
        nonlocal most_mb
        while True:
            most_mb = max(most_mb, memory_mb())
            await asyncio.sleep(EVERY_S / 10)

    watching = asyncio.create_task(watch())
    found: list[Outcome] = []
    for protocol in ("3", "4"):
        found += await asyncio.gather(*(meet(one, protocol) for one in behaviours))
    watching.cancel()
    return found, most_mb - before_mb


def run(scale: float = 1.0) -> list[Figure]:
    """The drill: all twelve; below a scale of 1 the first of them only."""
    count = max(1, min(len(BEHAVIOURS), round(len(BEHAVIOURS) * scale)))
    outcomes, grown_mb = asyncio.run(_all(BEHAVIOURS[:count]))
    slowest = max(outcomes, key=lambda one: one.over_s)
    disturbed = sum(one.lost + one.reconnects for one in outcomes)
    late_s = max(one.late_s for one in outcomes)
    return [
        Figure(
            f"{count} misbehaving servers, SeedLink 3 and 4: each over within",
            f"≤ {LIMIT_S:g} s",
            f"{slowest.over_s:.1f} s",
            slowest.over_s <= LIMIT_S,
            f"the slowest is {slowest.behaviour}: {slowest.why}",
        ),
        Figure(
            "… memory more, all of a version at once",
            f"≤ {LIMIT_MB:g} MB",
            f"{grown_mb:.0f} MB",
            grown_mb <= LIMIT_MB,
            "the servers' own memory, in the same process, included",
        ),
        Figure(
            "… records lost and reconnects of the sound sources beside them",
            "0",
            f"{disturbed}",
            disturbed == 0,
            f"longest way of a record {late_s * 1e3:.0f} ms",
        ),
    ]
