"""Windows out of a real server's ring, and out of servers that never come to an end."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Literal

import numpy as np
import pytest

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Record
from seismonet.net.clock import Clock
from seismonet.net.fdsn import Answer
from seismonet.net.link import READ_BYTES
from seismonet.net.ring import Ring
from seismonet.net.ringfetch import BATCH_BYTES, RingFetch, WindowLimits
from seismonet.net.server import SeedLinkServer, ServerParams
from seismonet.net.source import Limits, SourceParams
from seismonet.synthesis.records import miniseed

HHZ, HHN = SourceId.parse("TJ.SAREZ.00.HHZ"), SourceId.parse("TJ.SAREZ.00.HHN")
SECOND = 10**9
BEGIN = 1_700_000_000 * SECOND
QUICK = WindowLimits(quiet_s=0.3, first_s=0.6)
Version = Literal["3", "4"]
Versions = pytest.mark.parametrize("version", ["3", "4"])


def filled(*names: SourceId, seconds: int = 600) -> tuple[Ring, dict[SourceId, list[bytes]]]:
    ring, sent = Ring(2**24), {name: [] for name in names}
    for at in range(0, seconds, 10):
        for name in names:
            record = Record(name, BEGIN + at * SECOND, 20.0, (np.arange(200) % 50).astype(np.int32))
            for payload in miniseed(record):
                ring.append(name.station_code, name, record.start_ns, record.end_ns, payload)
                sent[name].append(payload)
    return ring, sent


class Basket:
    def __init__(self) -> None:
        self.data: list[bytes] = []

    async def take(self, data: bytes) -> None:
        self.data.append(data)

    @property
    def records(self) -> list[bytes]:
        whole = b"".join(self.data)
        return [whole[at : at + 512] for at in range(0, len(whole), 512)]


async def ask(
    port: int, version: Version, basket: Basket, name: SourceId = HHZ, limits: WindowLimits = QUICK
) -> Answer:
    params = SourceParams("here", f"seedlink://127.0.0.1:{port}", ("TJ.*",), protocol=version)
    window = BEGIN + 200 * SECOND, BEGIN + 300 * SECOND
    return await RingFetch(params, Clock(), limits=limits).window(name, window, basket.take)


def from_ring(
    ring: Ring, version: Version, name: SourceId = HHZ, limits: WindowLimits = QUICK
) -> tuple[Answer, Basket]:
    async def scene() -> tuple[Answer, Basket]:
        server, basket = SeedLinkServer(ServerParams(port=0), ring, Clock()), Basket()
        await server.start()
        try:
            answer = await ask(server.address[1], version, basket, name, limits)
            async with asyncio.timeout(3.0):
                while server.state.clients:  # its connection is closed
                    await asyncio.sleep(0.01)
            return answer, basket
        finally:
            await server.stop()

    return asyncio.run(asyncio.wait_for(scene(), 20.0))


@Versions
def test_a_window_of_one_channel_comes_and_nothing_else(version: Version) -> None:
    ring, sent = filled(HHZ, HHN)
    answer, basket = from_ring(ring, version)
    assert basket.records == sent[HHZ][20:30]
    assert (answer.kind, answer.words) == ("data", f"{10 * 512} bytes")


def crowded() -> Ring:
    """A ring with 3000 records in the window."""
    ring, _ = filled(HHZ)
    for at in range(2990):
        record = Record(HHZ, BEGIN + 200 * SECOND + at * SECOND // 40, 20.0, np.array([at, at], dtype=np.int32))
        ring.append("TJ.SAREZ", HHZ, record.start_ns, record.end_ns, miniseed(record)[0])
    return ring


@Versions
def test_a_long_window_comes_in_bunches(version: Version) -> None:
    _, basket = from_ring(crowded(), version)
    assert len(basket.records) == 3000
    assert max(map(len, basket.data)) < BATCH_BYTES + READ_BYTES


@Versions
def test_not_much_more_is_taken_than_the_limit(version: Version) -> None:
    limits = WindowLimits(quiet_s=0.3, first_s=0.6, whole_mb=0.1)
    answer, basket = from_ring(crowded(), version, limits=limits)
    assert answer.kind == "data"
    assert 0.1 * 2**20 <= 512 * len(basket.records) < 0.1 * 2**20 + READ_BYTES


@Versions
def test_what_the_ring_does_not_have_is_none(version: Version) -> None:
    ring, _ = filled(HHZ, seconds=100)
    answer, basket = from_ring(ring, version)
    assert (answer.kind, basket.data) == ("none", [])


@Versions
def test_a_station_that_the_server_does_not_have_is_none(version: Version) -> None:
    answer, basket = from_ring(filled(HHN)[0], version, SourceId.parse("XX.ABC.00.HHZ"))
    assert (answer.kind in ("none", "refused"), basket.data) == (True, [])


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def from_talk(talk: Talk, limits: WindowLimits) -> tuple[Answer, Basket]:
    async def scene() -> tuple[Answer, Basket]:
        basket = Basket()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await talk(reader, writer)
            except ConnectionError:
                return
            finally:
                writer.close()

        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await ask(port, "3", basket, limits=limits), basket

    return asyncio.run(asyncio.wait_for(scene(), 20.0))


async def agree(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a server of version 3 answers, up to the client's END."""
    while (line := (await reader.readuntil(b"\r")).strip()) != b"END":
        writer.write(b"SeedLink v3.1\r\nhere\r\n" if line == b"HELLO" else b"OK\r\n")


def test_a_server_that_says_nothing_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    answer, _ = from_talk(silent, WindowLimits(link=Limits(line_s=0.3)))
    assert answer.kind == "failed"


def test_a_server_that_never_ends_is_left_at_the_deadline_with_what_came() -> None:
    payload = filled(HHZ)[1][HHZ][20]

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await agree(reader, writer)
        while True:
            writer.write(b"SL000001" + payload)
            await writer.drain()

    answer, basket = from_talk(endless, WindowLimits(whole_s=0.3, whole_mb=1e6))
    assert answer.kind == "failed"
    assert basket.data


def test_a_server_that_breaks_off_or_sends_junk_is_a_failure_with_what_came() -> None:
    payload = filled(HHZ)[1][HHZ][20]

    async def junk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await agree(reader, writer)
        writer.write(b"SL000001" + payload + b"\xff" * 600)
        await writer.drain()

    answer, basket = from_talk(junk, QUICK)
    assert (answer.kind, basket.records) == ("failed", [payload])


def test_nobody_there_is_a_failure() -> None:
    async def scene() -> Answer:
        async with await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
        return await ask(port, "3", Basket())

    assert asyncio.run(scene()).kind == "failed"


def test_cancelling_ends_it_even_while_data_pour_in() -> None:
    payload = filled(HHZ)[1][HHZ][20]

    async def scene() -> None:
        async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await agree(reader, writer)
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"SL000001" + payload)
                    await writer.drain()

        basket = Basket()
        async with await asyncio.start_server(endless, "127.0.0.1", 0) as server:
            for _ in range(5):
                task = asyncio.create_task(ask(server.sockets[0].getsockname()[1], "3", basket))
                before = len(basket.data)
                while len(basket.data) == before:
                    await asyncio.sleep(0.01)
                task.cancel()
                async with asyncio.timeout(1.0):
                    with pytest.raises(asyncio.CancelledError):
                        await task

    asyncio.run(asyncio.wait_for(scene(), 20.0))
