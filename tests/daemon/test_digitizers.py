"""Simulated digitizers: a client that we did not write gets what was scheduled, and a cut link loses nothing."""

import asyncio

import numpy as np
import pytest
from seedlink_client import AsyncSeedLink

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Segment
from seismonet.daemon.digitizers import Digitizers
from seismonet.net.clock import Clock
from seismonet.synthesis.digitizer import Schedule, schedule

NAMES = [SourceId.parse(f"TJ.{station}.00.HHZ") for station in ("SAREZ", "MANEM")]
SECONDS = 20


def planned(begin_ns: int) -> Schedule:
    samples = np.arange(SECONDS * 100, dtype=np.int32)
    return schedule([Segment(name, begin_ns, 100.0, samples) for name in NAMES], begin_ns)


async def collected(address: tuple[str, int], count: int, after: int | None = None) -> list[tuple[int, bytes]]:
    async with AsyncSeedLink(address[0], address[1], timeout=5.0) as client:
        assert client.organization is not None
        assert client.organization.startswith("SIMULATED")
        client.add_stream("TJ_SAREZ", seqnum=after)
        found: list[tuple[int, bytes]] = []
        async for packet in client.collect(reconnect=False):
            found.append((int(packet.seqnum or 0), packet.payload))
            if len(found) == count:
                break
        return found


def test_records_come_when_they_are_due_and_a_cut_link_loses_none() -> None:
    async def work() -> None:
        clock = Clock(rate=20.0)
        plan = planned(clock.now_ns() - 10 * SECOND_NS)
        digitizers = Digitizers(plan, "test", clock)
        await digitizers.start()
        pacing = asyncio.create_task(digitizers.run())
        try:
            before = await collected(digitizers.addresses["TJ.SAREZ"], 8, 0)
            await digitizers.cut("TJ.SAREZ")
            await pacing
            await digitizers.restore("TJ.SAREZ")
            after = await collected(digitizers.addresses["TJ.SAREZ"], SECONDS - 8, before[-1][0])
        finally:
            pacing.cancel()
            await digitizers.stop()
        sent = [one.payload for one in plan.sendings if one.station == "TJ.SAREZ"]
        assert [payload for _, payload in [*before, *after]] == sent
        assert digitizers.done

    async def bounded() -> None:
        async with asyncio.timeout(20):
            await work()

    asyncio.run(bounded())


def test_what_is_not_due_yet_is_not_sent() -> None:
    async def work() -> None:
        clock = Clock()
        digitizers = Digitizers(planned(clock.now_ns() + 3600 * SECOND_NS), "test", clock)
        await digitizers.start()
        assert not digitizers.done
        assert set(digitizers.addresses) == {"TJ.SAREZ", "TJ.MANEM"}
        await digitizers.stop()

    asyncio.run(work())


def test_one_station_may_misbehave_and_the_others_do_not() -> None:
    async def work() -> None:
        clock = Clock(rate=20.0)
        plan = planned(clock.now_ns() - 15 * SECOND_NS)
        digitizers = Digitizers(plan, "test", clock, misbehaving={"TJ.MANEM": "silent"})
        await digitizers.start()
        pacing = asyncio.create_task(digitizers.run())
        try:
            sound = await collected(digitizers.addresses["TJ.SAREZ"], SECONDS, 0)
            reader, writer = await asyncio.open_connection(*digitizers.addresses["TJ.MANEM"])
            writer.write(b"HELLO\r\n")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await reader.read(1)
            writer.close()
        finally:
            pacing.cancel()
            await digitizers.stop()
        assert len(sound) == SECONDS

    async def bounded() -> None:
        async with asyncio.timeout(20):
            await work()

    asyncio.run(bounded())
