"""Clients that others wrote: ObsPy's, and EarthScope's in both versions, synchronous and asynchronous."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import seedlink_client
from obspy import UTCDateTime
from obspy.clients.seedlink.basic_client import Client
from obspy.clients.seedlink.slclient import SLClient
from obspy.clients.seedlink.slpacket import SLPacket

from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer
from tests.support import certificate
from tests.support.miniseed import record, record3
from tests.support.talk import BEGIN_NS, run, seconds, serving, until

V3, V4 = seedlink_client.Protocol.V3, seedlink_client.Protocol.V4
BEGIN = UTCDateTime(ns=BEGIN_NS)
SAMPLES = 8


def fill(ring: Ring, first: int, count: int, station: str = "SAREZ") -> None:
    """One record a second of a channel of 8 Hz: sample k of second n is 10 n + k."""
    for k in range(first, first + count):
        samples = 10 * k + np.arange(SAMPLES, dtype=np.int32)
        clock, name = (8, 0, k), f"{station:<5}00HHZTJ".encode("ascii")
        data = record(samples, clock=clock, fraction=0, rate=(SAMPLES, 1), name=name, encoding=10)
        seconds(ring, f"TJ.{station}.00.HHZ", k, 1, data)


def values(first: int, count: int) -> list[int]:
    return [10 * n + k for n in range(first, first + count) for k in range(SAMPLES)]


@asynccontextmanager
async def twenty() -> AsyncIterator[tuple[SeedLinkServer, Ring]]:
    """A server with twenty seconds of two stations."""
    ring = Ring(10_000_000)
    for k in range(20):
        fill(ring, k, 1)
        fill(ring, k, 1, "MANEM")
    async with serving(ring) as server:
        yield server, ring


def is_streaming(server: SeedLinkServer) -> bool:
    return any(one.streaming for one in server.state.clients)


# ObsPy


def obspy_client(server: SeedLinkServer, **settings: Any) -> SLClient:
    client = SLClient(timeout=20)
    host, port = server.address
    client.slconn.set_sl_address(f"{host}:{port}")
    for name, value in settings.items():
        setattr(client, name, value)
    client.initialize()
    return client


def collect(client: SLClient, enough: int, each: Callable[[], None] | None = None) -> list[Any]:
    """Packets until there are enough, or the server says END."""
    found: list[Any] = []

    def take(_: int, packet: Any) -> bool:
        if isinstance(packet, SLPacket):
            found.append((packet.get_sequence_number(), packet.get_trace()))
        if each:
            each()
        return len(found) >= enough

    client.run(packet_handler=take)
    return found


def test_obspy_takes_a_time_window() -> None:
    async def told() -> Any:
        async with twenty() as (server, _):
            client = obspy_client(
                server, multiselect="TJ_SAREZ:00HHZ.D,TJ_MANEM:HH?", begin_time=BEGIN + 5, end_time=BEGIN + 8
            )
            return await asyncio.to_thread(collect, client, 99)

    found = run(told())
    assert [number for number, _ in found] == [6, 6, 7, 7, 8, 8]
    assert [trace.id for _, trace in found[:2]] == ["TJ.SAREZ.00.HHZ", "TJ.MANEM.00.HHZ"]
    assert [int(x) for _, trace in found[::2] for x in trace.data] == values(5, 3)


def test_obspy_goes_on_from_its_state_file(tmp_path: Path) -> None:
    """What came while it was away comes first, then what is new."""
    state = str(tmp_path / "state")

    async def told() -> tuple[Any, Any]:
        async with twenty() as (server, ring):
            loop = asyncio.get_running_loop()
            client = obspy_client(server, multiselect="TJ_SAREZ:00HHZ", statefile=state)
            work = asyncio.create_task(asyncio.to_thread(collect, client, 3))
            await until(lambda: is_streaming(server))
            fill(ring, 20, 3)
            first = await work
            fill(ring, 23, 4)
            client = obspy_client(server, multiselect="TJ_SAREZ:00HHZ", statefile=state)
            more = lambda: loop.call_soon_threadsafe(fill, ring, 27, 1)  # noqa: E731
            return first, await asyncio.to_thread(collect, client, 5, more)

    first, second = run(told())
    assert [number for number, _ in first] == [21, 22, 23]
    assert [number for number, _ in second] == [24, 25, 26, 27, 28]


def test_obspys_basic_client_asks_and_gets() -> None:
    async def told() -> tuple[Any, Any, Any]:
        async with twenty() as (server, _):
            client = Client(*server.address, timeout=20)
            stations = await asyncio.to_thread(client.get_info)
            channels = await asyncio.to_thread(lambda: client.get_info(level="channel"))
            asked = ("TJ", "*", "00", "HH?", BEGIN + 2, BEGIN + 5)
            return stations, channels, await asyncio.to_thread(client.get_waveforms, *asked)

    stations, channels, stream = run(told())
    assert stations == [("TJ", "MANEM"), ("TJ", "SAREZ")]
    assert channels == [("TJ", "MANEM", "00", "HHZ"), ("TJ", "SAREZ", "00", "HHZ")]
    assert sorted(trace.id for trace in stream.merge()) == ["TJ.MANEM.00.HHZ", "TJ.SAREZ.00.HHZ"]
    assert [int(x) for x in stream[0].data][: 3 * SAMPLES] == values(2, 3)


@pytest.mark.parametrize("level", ["ID", "CAPABILITIES", "STATIONS", "STREAMS", "GAPS", "CONNECTIONS", "ALL"])
def test_obspy_puts_info_together(level: str) -> None:
    async def told() -> str:
        async with twenty() as (server, ring):
            for k in range(30):
                fill(ring, 0, 1, f"S{k}")
            client = obspy_client(server, multiselect="TJ_SAREZ:HHZ")
            client.infolevel = level

            def ask() -> str:
                client.run(packet_handler=lambda _, packet: packet.get_type() == SLPacket.TYPE_SLINFT)
                return str(client.slconn.get_info_string())

            return await asyncio.to_thread(ask)

    text = run(told())
    assert text.startswith('<?xml version="1.0"?>')
    assert text.endswith("/>") or text.endswith("</seedlink>")
    assert ('name="S29"' in text) == (level in ("STATIONS", "STREAMS", "GAPS", "ALL"))


# EarthScope's seedlink-client


def peer_sync(address: tuple[str, int], protocol: Any, count: int, **settings: Any) -> list[Any]:
    streams = settings.pop("streams")
    with seedlink_client.SeedLink(*address, timeout=10, protocol=protocol, **settings) as client:
        for stream in streams:
            client.add_stream(**stream)
        client.negotiate()
        found = []
        for packet in client.collect():
            found.append(packet)
            if len(found) == count:
                break
        return found


async def peer_async(address: tuple[str, int], protocol: Any, count: int, **settings: Any) -> list[Any]:
    streams = settings.pop("streams")
    async with seedlink_client.AsyncSeedLink(*address, timeout=10, protocol=protocol, **settings) as client:
        for stream in streams:
            client.add_stream(**stream)
        await client.negotiate()
        found: list[Any] = []
        async for packet in client.collect():
            found.append(packet)
            if len(found) == count:
                break
        return found


@pytest.mark.parametrize("protocol", [V3, V4])
@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_peers_client_takes_what_is_queued(protocol: Any, way: str) -> None:
    async def told() -> list[Any]:
        async with twenty() as (server, ring):
            seconds(ring, "TJ.SAREZ.00.HHZ", 20, 1, record3())
            seconds(ring, "TJ.SAREZ.00.HNZ", 20, 1, record(length=4096))
            streams = [
                {"station_id": "TJ_SAREZ", "selectors": ["00HHZ"], "seqnum": 17},
                {
                    "station_id": "TJ_MANEM",
                    "selectors": ["*_H_H_?", "!*.?L"] if protocol is V4 else ["HH?"],
                    "seqnum": 18,
                },
            ]
            settings = {"streams": streams, "dialup": True}
            if way == "async":
                return await peer_async(server.address, protocol, 99, **settings)
            return await asyncio.to_thread(peer_sync, server.address, protocol, 99, **settings)

    found = [(one.station_id, one.seqnum, one.payload_format) for one in run(told())]
    expected = [("TJ_SAREZ", 18), ("TJ_SAREZ", 19), ("TJ_MANEM", 19), ("TJ_SAREZ", 20), ("TJ_MANEM", 20)]
    new = [("TJ_SAREZ", 21, "3")] if protocol is V4 else []
    assert found == [(*one, "2") for one in expected] + new


@pytest.mark.parametrize("protocol", [V3, V4])
@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_peers_client_takes_what_comes(protocol: Any, way: str) -> None:
    async def told() -> list[Any]:
        async with twenty() as (server, ring):
            settings: dict[str, Any] = {"streams": [{"station_id": "TJ_*"}], "keepalive": 0.1}
            call = peer_async if way == "async" else lambda *a, **k: asyncio.to_thread(peer_sync, *a, **k)
            work = asyncio.ensure_future(call(server.address, protocol, 4, **settings))
            await until(lambda: is_streaming(server))
            fill(ring, 20, 2)
            fill(ring, 20, 2, "MANEM")
            return await work

    found = run(told())
    assert [(one.station_id, one.seqnum) for one in found] == [
        ("TJ_SAREZ", 21), ("TJ_SAREZ", 22), ("TJ_MANEM", 21), ("TJ_MANEM", 22),
    ]  # fmt: skip
    assert [int(x) for x in found[0].record().unpack_data() and found[0].record().np_datasamples] == values(20, 1)


@pytest.mark.parametrize("protocol", [V3, V4])
def test_the_peers_client_comes_back_and_goes_on(protocol: Any) -> None:
    """With a wildcard for a station too, where one number has to do for all: some come twice, none is missed."""

    async def told(station: str) -> list[Any]:
        ring = Ring(10_000_000)
        found: list[Any] = []
        async with serving(ring) as server:
            settings = {"timeout": 10, "protocol": protocol, "reconnect_delay": 0.05}
            client = seedlink_client.AsyncSeedLink(*server.address, **settings)
            client.add_stream(station)
            async with client:
                await client.negotiate()
                await until(lambda: is_streaming(server))
                for k in range(20):
                    fill(ring, k, 1)
                    fill(ring, k, 1, "MANEM")
                async for packet in client.collect():
                    found.append((packet.station_id, packet.seqnum))
                    if len(found) == 11:
                        await client.reconnect()
                    if found[-1][1] == 20 and (station != "TJ_*" or len(set(found)) == 40):
                        break
        return found

    assert run(told("TJ_SAREZ")) == [("TJ_SAREZ", k + 1) for k in range(20)]
    both = run(told("TJ_*"))
    assert set(both) == {(station, k + 1) for station in ("TJ_SAREZ", "TJ_MANEM") for k in range(20)}


@pytest.mark.parametrize("protocol", [V3, V4])
def test_the_peers_client_reads_info(protocol: Any) -> None:
    async def told() -> dict[str, Any]:
        levels = ("ID", "CAPABILITIES", "STATIONS", "STREAMS", "CONNECTIONS")
        async with twenty() as (server, _):
            client = seedlink_client.AsyncSeedLink(*server.address, timeout=10, protocol=protocol)
            async with client:
                return {level: await client.info_dict(level) for level in levels}

    found = run(told())
    streams = found["STREAMS"] if protocol is V4 else found["STREAMS"]["seedlink"]
    assert len(streams["station"]) == 2
    assert all(len(station["stream"]) == 1 for station in streams["station"])


@pytest.mark.parametrize("way", ["sync", "async"])
def test_the_peers_client_takes_a_time_window(way: str) -> None:
    async def told(protocol: Any) -> list[Any]:
        async with twenty() as (server, _):
            kind = seedlink_client.SeedLink if way == "sync" else seedlink_client.AsyncSeedLink
            client = kind(*server.address, timeout=10, protocol=protocol)
            client.add_stream("TJ_SAREZ")
            client.set_timewindow((BEGIN + 5).datetime, (BEGIN + 8).datetime)

            def collect_all() -> list[Any]:
                with client:
                    client.negotiate()
                    return [one.seqnum for one in client.collect()]

            if way == "sync":
                return await asyncio.to_thread(collect_all)
            async with client:
                await client.negotiate()
                return [one.seqnum async for one in client.collect()]

    assert run(told(V3)) == run(told(V4)) == [6, 7, 8]


def test_the_peers_client_with_tls_and_a_password(tmp_path: Path) -> None:
    cert_file, key_file = certificate.write(tmp_path)
    path = tmp_path / "credentials"
    path.write_text("USERPASS ali letmein\nJWT aa.bb.cc\n", "utf-8")
    path.chmod(0o600)
    ring = Ring(1_000_000)
    fill(ring, 0, 3)
    settings = {"cert_file": cert_file, "key_file": key_file, "credentials_file": str(path)}

    async def told() -> None:
        async with serving(ring, **settings) as server:
            streams = [{"station_id": "TJ_SAREZ", "seqnum": 0}]
            secure = {"streams": streams, "tls": True, "tls_noverify": True, "dialup": True}
            for auth in (("ali", "letmein"), "aa.bb.cc"):
                found = await peer_async(server.address, V4, 99, auth=auth, **dict(secure))
                assert [one.seqnum for one in found] == [1, 2, 3]
            with pytest.raises(seedlink_client.SeedLinkAuthError):
                await peer_async(server.address, V4, 99, auth=("ali", "open"), **dict(secure))
            with pytest.raises(seedlink_client.SeedLinkError):
                await peer_async(server.address, V4, 99, **dict(secure))

    run(told())
