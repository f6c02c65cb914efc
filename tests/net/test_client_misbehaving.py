"""Servers that misbehave in each of the twelve ways: bounded in time and memory; the other source notices nothing."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from seismonet.core.errors import ProtocolError
from seismonet.core.waveform import Resume
from seismonet.net.clock import Clock
from seismonet.net.dialing import Dialer
from seismonet.net.misbehaving import BEHAVIOURS, MEANING, Behaviour, MisbehavingServer
from seismonet.net.probe import probe
from seismonet.net.ring import Ring
from tests.support.sources import QUICK, Received, params, receiving
from tests.support.talk import BEGIN_NS, S, run, seconds, serving, until

HHZ = "TJ.SAREZ.00.HHZ"
MEMORY_BYTES = 16 * 2**20
WHY = {
    "silent": "no answer within",
    "endless_line": "a line of more than",
    "wrong_signature": "bytes that are no packet",
    "huge_length": "claims to have",
    "slow_loris": "not complete after",
    "info_flood": "INFO",
    "entity_bomb": "no data from any station",
    "cut_info": "closed the connection",
    "half_open": "nothing heard",
    "hang_up": "closed the connection",
    "foreign": "",
    "ring_reset": "",
}
Versions = pytest.mark.parametrize("protocol", ["3", "4"])


@asynccontextmanager
async def misbehaving(behaviour: Behaviour, ring: Ring, sound: int = 3) -> AsyncIterator[MisbehavingServer]:
    server = MisbehavingServer(behaviour, ring, Clock(), sound=sound, trickle_s=0.05)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def test_there_are_twelve_ways_and_each_says_what_it_does() -> None:
    assert len(BEHAVIOURS) == len(set(MEANING)) == len(WHY) == 12


@Versions
@pytest.mark.parametrize("behaviour", [one for one in BEHAVIOURS if WHY[one]])
def test_given_up_in_time_and_memory_while_another_source_is_undisturbed(behaviour: Behaviour, protocol: str) -> None:
    async def scene() -> None:
        good_ring, bad_ring, dialer = Ring(1 << 22), Ring(1 << 22), Dialer(Clock())
        seconds(bad_ring, HHZ, 0, 5)
        got = Received()
        got.stored["TJ.SAREZ"] = Resume(0, BEGIN_NS)
        async with serving(good_ring) as sound, misbehaving(behaviour, bad_ring) as bad:
            good_source = params(sound.address, "good", protocol=protocol)
            bad_source = params(bad.address, "bad", protocol=protocol, station_silent_s=0.9)
            async with receiving(good_source, dialer=dialer) as (good, others):
                await until(lambda: any(one.streaming for one in sound.state.clients))
                tracemalloc.start()
                async with receiving(bad_source, got, dialer=dialer, look_s=60.0) as (client, _):
                    sent = 0
                    while not (WHY[behaviour] in client.state.error and bad.ended >= 2):
                        seconds(good_ring, HHZ, sent, 1)
                        sent += 1
                        await asyncio.sleep(0.02)
                    await until(lambda: len(others.packets) == sent)
                    most = tracemalloc.get_traced_memory()[1]
                    tracemalloc.stop()
                assert most < MEMORY_BYTES
                assert good.state.connections == 1
                assert good.state.error == ""
                if behaviour not in ("silent", "endless_line"):
                    assert {one.sequence for one in got.packets} >= {1, 2, 3}  # what came before was handed over

    run(scene())


@Versions
def test_packets_of_a_stranger_are_set_apart(protocol: str) -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        async with (
            misbehaving("foreign", ring) as bad,
            receiving(params(bad.address, protocol=protocol)) as (
                client,
                got,
            ),
        ):
            await until(lambda: ring.listeners)
            seconds(ring, HHZ, 0, 10)
            await until(lambda: len(got.packets) == 10)
            assert len(got.foreign) == client.state.foreign == 7
            assert {one.station for one in got.foreign} == {"TJ.SPOOF"}
            assert client.state.connections == 1

    run(scene())


@Versions
def test_a_server_that_forgets_its_numbers_loses_us_nothing(protocol: str) -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 22), Received()
        async with misbehaving("ring_reset", ring) as bad:
            async with receiving(params(bad.address, protocol=protocol), got) as (client, _):
                await until(lambda: ring.listeners)
                seconds(ring, HHZ, 0, 50)
                await until(lambda: len(got.packets) == 50)
            got.stored["TJ.SAREZ"] = Resume(50, BEGIN_NS + 50 * S)
            await until(lambda: not ring.listeners)
            seconds(ring, HHZ, 50, 20)  # while we are away
            got.packets.clear()
            async with receiving(params(bad.address, protocol=protocol), got) as (client, _):
                await until(lambda: ring.listeners)
                seconds(ring, HHZ, 70, 1)
                await until(lambda: client.state.connections == 2)
                await until(lambda: len(got.packets) >= 1 + 51)
                assert client.state.resets >= 1

    run(scene())


@Versions
@pytest.mark.parametrize("behaviour", ["silent", "endless_line", "info_flood", "entity_bomb", "cut_info"])
def test_a_probe_comes_to_an_end(behaviour: Behaviour, protocol: str) -> None:
    async def scene() -> None:
        async with misbehaving(behaviour, Ring(1 << 20)) as bad:
            tracemalloc.start()
            with pytest.raises(ProtocolError, match=r"^seedlink://127.0.0.1:\d+: \w"):
                await probe(params(bad.address, protocol=protocol), Clock(), limits=QUICK)
            assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
            tracemalloc.stop()

    run(scene())


@Versions
def test_what_misbehaves_while_streaming_answers_a_probe(protocol: str) -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        seconds(ring, HHZ, 0, 5)
        async with misbehaving("half_open", ring) as bad:
            info = await probe(params(bad.address, protocol=protocol), Clock(), limits=QUICK)
            assert info.stations == ("TJ.SAREZ",)
            assert [(one.source_id.nslc, one.begin_ns, one.end_ns) for one in info.streams] == [
                (HHZ, BEGIN_NS, BEGIN_NS + 5 * S)
            ]
            assert info.protocols == ("3", "4")
            assert info.organization == "SIMULATED"

    run(scene())
