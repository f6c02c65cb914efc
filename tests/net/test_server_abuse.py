"""Clients that are slow, silent, greedy or mad: each costs a bounded share and leaves the others alone."""

import asyncio
import socket
from contextlib import AsyncExitStack

import pytest

from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer
from seismonet.net.session import ALLOWANCE
from tests.support.talk import Talk, run, seconds, serving, until

V4 = "SLPROTO 4.0"
FLOOD_BYTES = 32_000_000
FAST = 100.0
"""A clock that makes the thirty seconds of a time-out 0.3 s."""


async def deaf(server: SeedLinkServer, *lines: str) -> socket.socket:
    """A client that says some lines and never takes an answer; its own buffer is as small as can be."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, server.address)
    await loop.sock_sendall(client, "".join(f"{line}\r\n" for line in lines).encode("ascii"))
    return client


async def answers(server: SeedLinkServer) -> int:
    """How many records a well-behaved client gets now."""
    async with Talk.to(server) as talk:
        await talk.ask(V4, "STATION *", "DATA ALL")
        talk.send("ENDFETCH")
        return len(await talk.rest(4))


@pytest.mark.parametrize(
    "junk",
    [
        b"A" * 100_000,
        b"AUTH JWT " + b"A" * 100_000,
        bytes(range(256)) * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x80" * 500,
        b"SLPROTO 4.0\r\nSTATION *\r\nDATA\r\nEND\r\n" + b"B" * 300,
    ],
    ids=["endless line", "endless token", "binary", "TLS to a plain port", "junk when data flow"],
)
def test_what_is_no_command_ends_the_connection(junk: bytes) -> None:
    async def told() -> None:
        ring = Ring(1_000_000)
        seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
        async with serving(ring) as server:
            async with Talk.to(server) as talk:
                talk.writer.write(junk)
                assert await talk.closed()
            await until(lambda: any("a command" in reason for reason in server.state.ended))
            assert await answers(server) == 3

    run(told())


def test_a_client_that_takes_nothing_is_put_out_and_others_go_on() -> None:
    async def told() -> None:
        ring = Ring(20_000_000)
        seconds(ring, "TJ.SAREZ.00.HHZ", 0, 10_000)
        async with serving(ring, Clock(rate=FAST), buffer_kb=64) as server:
            client = await deaf(server, V4, "STATION *", "DATA ALL", "END")
            await until(lambda: server.state.clients and server.state.clients[0].sent)
            assert await answers(server) == 10_000
            assert server.state.sent_bytes < 8_000_000
            await until(lambda: server.state.ended.get("stalled") == 1)
            assert server.state.clients == ()
            client.close()

    run(told())


def test_what_a_slow_client_misses_is_counted_and_it_goes_on_with_what_there_is() -> None:
    async def told() -> tuple[list[int], int]:
        ring = Ring(2_000_000)
        async with serving(ring, buffer_kb=64) as server:
            client = await deaf(server, V4, "STATION *", "DATA", "END")
            loop = asyncio.get_running_loop()
            await until(lambda: server.state.clients and server.state.clients[0].streaming)
            for k in range(200):
                seconds(ring, "TJ.SAREZ.00.HHZ", 100 * k, 100)
                await asyncio.sleep(0.002)  # so that the server wakes its clients many times
            assert server.state.clients[0].sent_bytes < 2_000_000
            data = bytearray()
            while not data.endswith(b"END") and (20_000).to_bytes(8, "little") not in data[-2000:]:
                data += await loop.sock_recv(client, 1 << 20)
            client.close()
            found = data.split(b"SE2D")[1:]
            return [int.from_bytes(one[4:12], "little") for one in found], server.state.lost

    numbers, lost = run(told())
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert numbers[-1] == 20_000
    assert lost == 20_000 - len(numbers) > 0


def test_clients_that_say_nothing_are_put_out() -> None:
    async def told() -> None:
        async with serving(Ring(1000), Clock(rate=FAST)) as server:
            async with Talk.to(server) as silent, Talk.to(server) as half, Talk.to(server) as busy:
                half.send("HELLO")
                half.writer.write(b"STATI")
                await busy.ask(V4, "STATION *", "DATA")
                busy.send("END")
                assert await silent.closed()
                assert await half.closed()
                assert len(server.state.clients) == 1
                assert (await busy.info4("ID"))[0] == "JI"
            assert server.state.ended["silent"] == 2

    run(told())


def test_a_thousand_connections() -> None:
    """Fifty are served, the others are refused at once; when some have gone there is room again."""

    async def told() -> None:
        ring = Ring(1_000_000)
        seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
        async with serving(ring, clients=50) as server:
            async with AsyncExitStack() as stack:
                talks = [await stack.enter_async_context(Talk.to(server)) for _ in range(1000)]
                await until(lambda: server.state.accepted + server.state.refused == 1000)
                assert (server.state.accepted, server.state.refused) == (50, 950)
                assert await talks[0].ask(V4) == ["OK"]
                assert await talks[999].closed()
            await until(lambda: not server.state.clients)
            assert await answers(server) == 3

    run(told())


def test_who_is_gone_without_a_word_leaves_nothing_behind() -> None:
    async def told() -> None:
        ring = Ring(1_000_000)
        async with serving(ring) as server:
            for lines in ((), ("HELLO",), (V4, "STATION *", "DATA", "END")):
                client = await deaf(server, *lines)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
                seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
            await until(lambda: sum(server.state.ended.values()) == 3)
            assert server.state.clients == ()

    run(told())


@pytest.mark.parametrize("what", ["CAT", "INFO STREAMS", "INFO NONSENSE", "HELLO"])
def test_a_flood_of_commands_from_one_who_takes_no_answer(what: str) -> None:
    """No more answers are made than fit into the buffer, and no more commands are read."""

    async def told() -> None:
        ring, clock = Ring(5_000_000), Clock(rate=FAST)
        for k in range(2000):
            seconds(ring, f"TJ.S{k:04}.00.HHZ", 0, 1)
        async with serving(ring, clock, buffer_kb=64, stalled_s=1e6, handshake_s=1e6) as server:
            client = await deaf(server)
            flood = f"{what}\r\n".encode("ascii") * (FLOOD_BYTES // len(what))
            work = asyncio.ensure_future(asyncio.get_running_loop().sock_sendall(client, flood))
            await until(lambda: server.state.clients and server.state.clients[0].sent_bytes)
            begin_s = clock.monotonic_s()
            await until(lambda: clock.monotonic_s() > begin_s + 30)
            assert await answers(server) == 2000
            assert server.state.clients[0].sent_bytes < 4_000_000
            assert not work.done()
            work.cancel()
            client.close()

    run(told())


def test_a_client_gets_so_many_answers_a_second() -> None:
    """This clock's second takes a thousand."""

    async def told() -> None:
        ring = Ring(1_000_000)
        seconds(ring, "TJ.SAREZ.00.HHZ", 0, 3)
        async with serving(ring, Clock(rate=0.001)) as server, Talk.to(server) as greedy:
            greedy.send(*["BATCH"] * (2 * ALLOWANCE))
            greedy.send("HELLO")
            answer = await greedy.reader.readexactly(4)
            assert answer == b"OK\r\n"
            for _ in range(3):
                assert await answers(server) == 3
            assert server.state.clients[0].sent_bytes == 4
            greedy.writer.close()

    run(told())


def test_many_clients_take_all_that_comes() -> None:
    """Fifty clients on a network of 500 stations with three channels each."""

    async def told() -> list[int]:
        ring = Ring(20_000_000)
        async with serving(ring) as server, AsyncExitStack() as stack:
            talks = [await stack.enter_async_context(Talk.to(server)) for _ in range(50)]
            for talk in talks:
                await talk.ask(V4, "STATION *", "DATA")
                talk.send("END")
                await talk.info4("ID")
            for k in range(500):
                for channel in ("HHZ", "HHN", "HHE"):
                    seconds(ring, f"TJ.S{k:03}.00.{channel}", 0, 1)
                if k % 50 == 0:
                    await asyncio.sleep(0)

            async def take(talk: Talk) -> int:
                return len({(one.station, one.sequence) for _ in range(1500) if (one := await talk.packet4())})

            found = await asyncio.gather(*map(take, talks))
            assert all(one.behind == 0 and one.sent == 1500 for one in server.state.clients)
            return found

    assert run(told()) == [1500] * 50


def test_a_server_that_stops_forgets_clients_that_are_just_coming_in() -> None:
    async def told(turns: int) -> None:
        async with serving(Ring(1_000_000)) as server:
            for _ in range(3):
                await asyncio.sleep(0)
            with socket.create_connection(server.address):
                for _ in range(turns):
                    await asyncio.sleep(0)
                await server.stop()
                assert server.state.clients == ()
                assert sum(server.state.ended.values()) == server.state.accepted

    for turns in range(8):
        run(told(turns))
