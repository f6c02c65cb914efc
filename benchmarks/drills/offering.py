"""A network of simulated stations on the line, as it is in the field: one record in a hundred has something wrong.

Records are made of templates (``records``). What is offered is written down, so that an archive can be held against it.
Servers go down and come back, and some of them come back as something else for a while.
"""

import asyncio
import heapq
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.models.instruments import digitizer, sensor
from seismonet.models.nominal import SUBJECTS, StationSpec, station_xml
from seismonet.net.clock import Clock
from seismonet.net.misbehaving import BEHAVIOURS, Behaviour, MisbehavingServer
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams

from .records import stamped, templates

STATIONS, LETTERS, SERVERS = 30, "ZNE", 10
CODES = [f"XX.S{number:03}" for number in range(STATIONS)]
VERSION3 = 2
"""So many of the servers are asked for SeedLink 3."""
RECORD_S, NOISES = 4, 7
LINK_S = 0.3
PACE_S = 0.05
RING_BYTES = 24 << 20
FAULTS = ("gap", "duplicate", "disorder", "broken", "clock")
SHARE = 0.002
"""Of each fault: one per cent in all."""
SHIFT_S = 600
"""What a wrong clock is ahead: such records are archived and not used."""
LATE_S = (5.0, 12.0)
OUTAGE_S = (60.0, 300.0)
OUTAGE_EVERY_S = 7200.0
RANDOM_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Outage:
    """A server is gone for a while; with a ``behaviour`` something else answers in its place."""

    begin_s: float
    length_s: float
    behaviour: Behaviour | None


@dataclass
class Offering:
    """Stations, their servers, and what they have offered: second and template of each sound record, by channel."""

    clock: Clock
    duration_s: float
    seed: int = 0
    offered: dict[SourceId, "array[int]"] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self.begin_s = 0
        self.names = {
            code: [SourceId("XX", code.partition(".")[2], "00", f"HH{letter}") for letter in LETTERS] for code in CODES
        }
        self.templates = {name: templates(name, RECORD_S, NOISES) for names in self.names.values() for name in names}
        self.offered = {name: array("q") for name in self.templates}
        self._rings = [Ring(RING_BYTES) for _ in range(SERVERS)]
        self._params = [ServerParams(port=0, organization="SIMULATED soak") for _ in range(SERVERS)]
        self._servers: dict[int, SeedLinkServer] = {}
        self._slots = [0] * STATIONS
        self._held: list[tuple[float, int, SourceId, int, bytes]] = []
        self._draws: Iterator[float] = iter(())
        self.sent_until_s = 0.0

    async def start(self) -> None:
        """Open all servers."""
        for number in range(SERVERS):
            await self._restore(number)

    async def run(self) -> None:
        """Send for the whole duration, with outages; all servers are up at the end."""
        self.begin_s = self.clock.now_ns() // SECOND_NS
        async with asyncio.TaskGroup() as group:
            for number in range(SERVERS):
                group.create_task(self._fail(number))
            while self.sent_until_s < self.duration_s:
                await asyncio.sleep(PACE_S)
                self._send()

    async def stop(self) -> None:
        """Close all servers."""
        for server in self._servers.values():
            await server.stop()

    @property
    def is_read(self) -> bool:
        """Has every server one client that is up to date?"""
        states = [server.state.clients for server in self._servers.values()]
        return len(states) == SERVERS and all(
            any(one.streaming and not one.behind for one in clients) for clients in states
        )

    def sources(self) -> str:
        """Them in the daemon's configuration. Time-outs are long, as the clock goes so fast."""
        lines = []
        for number, params in enumerate(self._params):
            own = ", ".join(f'"{code}"' for code in CODES[number::SERVERS])
            lines += ["[[source]]", f'name = "s{number}"', f'url = "seedlink://{params.host}:{params.port}"']
            lines += [f"stations = [{own}]", f'protocol = "{3 if number < VERSION3 else "auto"}"']
            lines += ["keepalive_s = 300.0", "dead_s = 900.0", "station_silent_s = 1800.0", ""]
        return "\n".join(lines)

    # what is sent

    def _send(self) -> None:
        """All records that are due."""
        now_s = (self.clock.now_ns() - self.begin_s * SECOND_NS) / SECOND_NS
        now_s = min(now_s, self.duration_s)
        for number, code in enumerate(CODES):
            while (slot := self._slots[number]) * RECORD_S + number % RECORD_S + RECORD_S + LINK_S <= now_s:
                self._slots[number] += 1
                second = self.begin_s + slot * RECORD_S + number % RECORD_S
                for name in self.names[code]:
                    self._record(number, name, second, slot % NOISES)
        while self._held and (self._held[0][0] <= now_s or now_s >= self.duration_s):
            _, number, name, second, payload = heapq.heappop(self._held)
            self._append(number, name, second, payload)
        self.sent_until_s = now_s

    def _record(self, number: int, name: SourceId, second: int, template: int) -> None:
        draw = self._draw()
        fault = FAULTS[int(draw / SHARE)] if draw < SHARE * len(FAULTS) else ""
        self.counts[fault or "sound"] += 1
        if fault == "gap":
            return
        if fault == "clock":
            second += SHIFT_S
        payload = stamped(self.templates[name][template], second)
        if fault == "broken":
            payload = payload[:20] + b"\xff\xff" + payload[22:]
        else:
            self.offered[name].append(second * NOISES + template)
        if fault == "disorder":
            late_s = second - self.begin_s + RECORD_S + self._random.uniform(*LATE_S)
            heapq.heappush(self._held, (late_s, number, name, second, payload))
            return
        for _ in range(2 if fault == "duplicate" else 1):
            self._append(number, name, second, payload)

    def _append(self, number: int, name: SourceId, second: int, payload: bytes) -> None:
        ring = self._rings[number % SERVERS]
        ring.append(name.station_code, name, second * SECOND_NS, (second + RECORD_S) * SECOND_NS, payload)

    def _draw(self) -> float:
        found = next(self._draws, None)
        if found is None:
            self._draws = iter(self._random.random(RANDOM_ROWS).tolist())
            found = next(self._draws)
        return found

    # outages

    def _outages(self, number: int) -> list[Outage]:
        count = max(1, round(self.duration_s / OUTAGE_EVERY_S))
        part_s = self.duration_s / count
        found = []
        for turn in range(count):
            length_s = min(self._random.uniform(*OUTAGE_S), part_s / 4)
            begin_s = part_s * turn + self._random.uniform(0.1, 0.9) * (part_s - length_s)
            kind = number + turn * SERVERS
            behaviour = BEHAVIOURS[kind // 2 % len(BEHAVIOURS)] if kind % 2 else None
            found.append(Outage(begin_s, length_s, behaviour))
        return found

    async def _fail(self, number: int) -> None:
        for outage in self._outages(number):
            await self._until(outage.begin_s)
            await self._servers.pop(number).stop()
            self.counts["outages"] += 1
            if outage.behaviour is None:
                await self._until(outage.begin_s + outage.length_s)
            else:
                await self._misbehave(number, outage.behaviour, outage.begin_s + outage.length_s)
            await self._restore(number)

    async def _misbehave(self, number: int, behaviour: Behaviour, until_s: float) -> None:
        params = self._params[number]
        bad = MisbehavingServer(behaviour, self._rings[number], self.clock, (params.host, params.port))
        await bad.start()
        self.counts["misbehaviours"] += 1
        await self._until(until_s)
        await bad.stop()

    async def _restore(self, number: int) -> None:
        server = SeedLinkServer(self._params[number], self._rings[number], self.clock)
        await server.start()
        self._servers[number] = server
        self._params[number] = replace(self._params[number], port=server.address[1])

    async def _until(self, moment_s: float) -> None:
        now_s = (self.clock.now_ns() - self.begin_s * SECOND_NS) / SECOND_NS
        await self.clock.sleep(moment_s - now_s)


def write_stations(folder: Path, codes: list[str]) -> None:
    """A StationXML file for each station; they lie half a degree apart."""
    for number, code in enumerate(codes):
        network, _, station = code.partition(".")
        spec = StationSpec(
            network=network, code=station, name="SIMULATED", latitude=36.0 + 0.5 * (number // 6),
            longitude=70.0 + 0.5 * (number % 6), elevation_m=3000.0, start="2020-01-01",
            seismometer=sensor("trillium-compact-120", "H"), accelerometer=None, digitizer=digitizer("centaur-100-lp"),
            confirmed=tuple(SUBJECTS),
        )  # fmt: skip
        (folder / f"{code}.xml").write_bytes(station_xml(spec))
