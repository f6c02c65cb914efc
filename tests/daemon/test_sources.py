"""Sources go on after what is durable, and what was never heard is asked for its last minute, by time and once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Resume
from seismonet.daemon.intake import Intake
from seismonet.daemon.sources import Sources
from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.source import SourceParams
from seismonet.store.journal import Origin
from tests.support.daemons import noise
from tests.support.talk import run, serving, until

S = 1_000_000_000
HHZ = SourceId.parse("TJ.SAREZ.00.HHZ")


def fill(ring: Ring, begin_ns: int, *seconds: int) -> None:
    for k in seconds:
        ring.append("TJ.SAREZ", HHZ, begin_ns + k * S, begin_ns + (k + 1) * S, noise(HHZ, begin_ns + k * S)[0])


class Line:
    """Sources, what they bring, and what of it is durable."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.intake = Intake(self.clock, 1 << 24, lambda: False)
        self.durable: dict[Origin, Resume] = {}
        self.sources = Sources(self.intake, lambda: self.durable, self.clock)
        self.numbers: list[int] = []

    def look(self) -> list[int]:
        """All that came, by number."""
        self.numbers += [one.sequence for delivery in self.intake.take() for one in delivery.packets]
        return self.numbers


@asynccontextmanager
async def dialled(*params: SourceParams) -> AsyncIterator[tuple[Line, asyncio.TaskGroup]]:
    line = Line()
    async with asyncio.TaskGroup() as group:
        line.sources.dial(group, params)
        yield line, group
        for task in line.sources.tasks:
            task.cancel()


def test_what_was_never_heard_is_asked_for_its_last_minute_and_then_by_number() -> None:
    async def work() -> None:
        ring = Ring(1 << 24)
        begin_ns = Clock().now_ns() // S * S - 600 * S
        fill(ring, begin_ns, 0, 500, 550, 580)
        async with serving(ring) as server:
            url = f"seedlink://127.0.0.1:{server.address[1]}"
            async with dialled(SourceParams("sarez", url, ("TJ.SAREZ",))) as (line, _):
                await until(lambda: line.look() == [3, 4])
                fill(ring, begin_ns, 100)  # older than the minute: held back by the server as long as it goes by time
                fill(ring, begin_ns, 590)
                await until(lambda: line.look() == [3, 4, 6])
                line.sources.look()
                assert line.sources.states[0].connections == 1, "nothing is durable yet"
                line.durable["sarez", "TJ.SAREZ"] = Resume(6, begin_ns + 591 * S)
                line.sources.look()
                await until(lambda: line.sources.states[0].connections == 2)
                fill(ring, begin_ns, 101)
                await until(lambda: line.look() == [3, 4, 6, 7])
                line.sources.look()
                assert line.sources.states[0].connections == 2

    run(work())


def test_a_pattern_is_asked_for_what_comes_from_now_on() -> None:
    async def work() -> None:
        ring = Ring(1 << 24)
        begin_ns = Clock().now_ns() // S * S - 600 * S
        fill(ring, begin_ns, 595)
        async with serving(ring) as server:
            url = f"seedlink://127.0.0.1:{server.address[1]}"
            async with dialled(SourceParams("all", url, ("TJ.*",))) as (line, _):
                await until(lambda: line.sources.states[0].condition == "connected")
                await until(lambda: any(one.streaming for one in server.state.clients))
                fill(ring, begin_ns, 100)
                await until(lambda: line.look() == [2])

    run(work())


def test_sources_that_stay_as_they_are_notice_no_change() -> None:
    async def work() -> None:
        async with serving(Ring(1 << 20)) as server:
            url = f"seedlink://127.0.0.1:{server.address[1]}"
            stays, goes, comes = (SourceParams(name, url, (f"TJ.{name}",)) for name in ("A", "B", "C"))
            changed = SourceParams("B", url, ("TJ.D",))
            async with dialled(stays, goes) as (line, group):
                await until(lambda: all(one.condition == "connected" for one in line.sources.states))
                line.sources.change(group, [stays, comes])
                await until(lambda: [one.name for one in line.sources.states if one.connections] == ["A", "C"])
                line.sources.change(group, [stays, changed])
                await until(lambda: [one.name for one in line.sources.states if one.connections] == ["A", "B"])
                assert [one.connections for one in line.sources.states] == [1, 1]
                await until(lambda: len(server.state.clients) == 2)

    run(work())
