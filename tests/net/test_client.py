"""The client and a sound server: everything that comes is delivered, and it goes on from what is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Resume
from seismonet.net.client import SeedLinkClient
from seismonet.net.clock import Clock
from seismonet.net.dialing import Dialer
from seismonet.net.misbehaving import MisbehavingServer
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams
from tests.support import certificate
from tests.support.miniseed import record, record3
from tests.support.sources import Received, params, receiving
from tests.support.talk import BEGIN_NS, S, run, seconds, serving, until

HHZ = "TJ.SAREZ.00.HHZ"
Versions = pytest.mark.parametrize("protocol", ["3", "4"])


async def connected(client: SeedLinkClient, server: SeedLinkServer, times: int = 1) -> None:
    """Wait until both sides are ready: a record of before is not sent."""
    await until(lambda: client.state.condition == "connected" and client.state.connections >= times)
    await until(lambda: sum(server.state.ended.values()) >= times - 1)
    await until(lambda: any(one.streaming for one in server.state.clients))


def timed(second: int) -> bytes:
    """A record that begins so many seconds after BEGIN_NS."""
    return record(day=277, clock=(8 + second // 3600, second // 60 % 60, second % 60), fraction=0)


def fill(ring: Ring, first: int, count: int) -> list[int]:
    source_id, numbers = SourceId.parse(HHZ), []
    for second in range(first, first + count):
        span = BEGIN_NS + second * S, BEGIN_NS + (second + 1) * S
        numbers.append(ring.append("TJ.SAREZ", source_id, *span, timed(second)))
    return numbers


@Versions
def test_packets_are_delivered_as_they_came_and_counted(protocol: str) -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        async with serving(ring) as server, receiving(params(server.address, protocol=protocol)) as (client, got):
            await connected(client, server)
            fill(ring, 0, 20)
            await until(lambda: len(got.packets) == 20)
            assert got.payloads() == [timed(k) for k in range(20)]
            assert got.numbers() == list(range(1, 21))
            state = client.state
            assert (state.protocol, state.organization, state.error) == (protocol, "seismonet", "")
            assert (state.packets, state.received_bytes, state.reconnects, state.foreign) == (20, 20 * 512, 0, 0)
            assert [(one.station, one.sequence, one.packets) for one in state.stations] == [("TJ.SAREZ", 20, 20)]
            assert state.round_trip_s is not None
            assert 0 < state.round_trip_s < 1
            assert state.received_ns > state.since_ns > 0

    run(scene())


def test_version_4_is_chosen_where_both_are_spoken() -> None:
    async def scene() -> None:
        async with serving(Ring(1 << 20)) as server, receiving(params(server.address)) as (client, _):
            await connected(client, server)
            assert client.state.protocol == "4"

    run(scene())


@Versions
def test_selectors_take_and_leave_out(protocol: str) -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        source = ("HH?", "!HHE")
        async with (
            serving(ring) as server,
            receiving(params(server.address, protocol=protocol, selectors=source)) as (client, got),
        ):
            await connected(client, server)
            for channel in ("HHE", "HNZ", "HHZ"):
                seconds(ring, f"TJ.SAREZ.00.{channel}", 0, 2, record(name=b"SAREZ00%sTJ" % channel.encode()))
            await until(lambda: got.packets)
            seconds(ring, HHZ, 2, 1, record(clock=(9, 0, 0)))
            await until(lambda: record(clock=(9, 0, 0)) in got.payloads())
            assert {one.payload[15:18] for one in got.packets} == {b"HHZ"}

    run(scene())


@Versions
def test_stations_by_pattern_and_records_of_other_lengths(protocol: str) -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        long = record(list(range(900)), length=4096, name=b"MUR  00HHZTJ")
        payloads = [record3(sid=b"FDSN:TJ_MANEM_00_H_H_Z"), long, record()] if protocol == "4" else [record()] * 3
        names = ["TJ.MANEM.00.HHZ", "TJ.MUR.00.HHZ", HHZ] if protocol == "4" else [HHZ] * 3
        async with (
            serving(ring) as server,
            receiving(params(server.address, protocol=protocol, stations=("TJ.*",))) as (client, got),
        ):
            await connected(client, server)
            for name, payload in zip(names, payloads, strict=True):
                seconds(ring, name, 0, 1, payload)
            await until(lambda: len(got.packets) == 3)
            assert got.payloads() == payloads
            assert [one.station for one in got.packets] == [name[: name.rindex(".00")] for name in names]
            assert client.state.foreign == 0

    run(scene())


@Versions
def test_goes_on_after_what_is_stored_and_after_nothing_else(protocol: str) -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 20), Received()
        fill(ring, 0, 30)
        got.stored["TJ.SAREZ"] = Resume(10, BEGIN_NS + 10 * S)
        async with serving(ring) as server, receiving(params(server.address, protocol=protocol), got) as (client, _):
            await until(lambda: len(got.packets) == 20)
            assert got.numbers() == list(range(11, 31))
            assert client.state.resets == 0
            got.packets.clear()
            client.redial()  # nothing more was stored, so the same comes again
            await until(lambda: len(got.packets) == 20)
            assert got.numbers() == list(range(11, 31))
            assert got.asked == 2
            assert (client.state.connections, client.state.reconnects, client.state.error) == (2, 0, "")

    run(scene())


def test_a_lost_connection_is_warned_of_and_one_that_we_end_is_not() -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        with capture_logs() as lines:
            async with serving(ring) as server, receiving(params(server.address)) as (client, _):
                await connected(client, server)
                client.redial()
                await connected(client, server, 2)
            assert [one["log_level"] for one in lines if one["event"] == "source asked again"] == ["info"]
            assert [one for one in lines if one["log_level"] != "info"] == []
            lines.clear()
            async with receiving(params(server.address)) as (client, _):
                await until(lambda: client.state.error != "")
            assert {one["event"] for one in lines if one["log_level"] == "warning"} == {"source lost"}

    run(scene())


@Versions
def test_goes_on_by_time_where_no_number_is_known(protocol: str) -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 20), Received()
        fill(ring, 0, 100)
        got.stored["TJ.SAREZ"] = Resume(-1, BEGIN_NS + 60 * S)
        async with serving(ring) as server, receiving(params(server.address, protocol=protocol), got):
            await until(lambda: len(got.packets) == 70)
            assert got.numbers() == list(range(31, 101))  # from half a minute before the end of what is stored

    run(scene())


@Versions
def test_numbers_that_come_round_are_no_reset(protocol: str) -> None:
    async def scene() -> None:
        first = 0xFFFFFE if protocol == "3" else (1 << 64) - 2
        ring, got = Ring(1 << 20, first=first), Received()
        fill(ring, 0, 6)
        got.stored["TJ.SAREZ"] = Resume(0xFFFFFF, BEGIN_NS + 2 * S)
        if protocol == "4":
            del got.stored["TJ.SAREZ"]
        async with serving(ring) as server, receiving(params(server.address, protocol=protocol), got) as (client, _):
            await connected(client, server)
            fill(ring, 6, 2)
            await until(lambda: got.payloads()[-1:] == [timed(7)])
            assert client.state.resets == 0
            if protocol == "3":
                assert got.numbers() == list(range(6))

    run(scene())


@Versions
def test_numbers_begun_anew_are_asked_again_by_time_and_nothing_is_missing(protocol: str) -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 20), Received()
        fill(ring, 0, 100)
        got.stored["TJ.SAREZ"] = Resume(5000, BEGIN_NS + 40 * S)  # from before the server began its numbers anew
        source = {"protocol": protocol, "station_silent_s": 60.0}
        async with serving(ring) as server, receiving(params(server.address, **source), got) as (client, _):
            await connected(client, server, 2)
            await until(lambda: got.numbers()[-1:] == [100])
            assert set(got.payloads()) >= {timed(k) for k in range(40, 100)}
            assert client.state.resets >= 1
            assert client.state.connections == 2

    run(scene())


def test_after_a_time_window_it_is_asked_by_number_again() -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 20), Received()
        fill(ring, 0, 100)
        got.stored["TJ.SAREZ"] = Resume(5000, BEGIN_NS + 40 * S)
        async with (
            serving(ring) as server,
            receiving(params(server.address, station_silent_s=60.0), got, settle_s=0.3) as (client, _),
        ):
            await until(lambda: got.numbers()[-1:] == [100])
            got.stored["TJ.SAREZ"] = Resume(100, BEGIN_NS + 100 * S)
            await connected(client, server, 3)
            fill(ring, 10, 1)  # old data that come late, which a time window would keep back
            await until(lambda: got.numbers()[-1:] == [101])
            assert got.payloads()[-1] == timed(10)

    run(scene())


def test_a_jump_over_a_stretch_of_time_is_asked_again_once_by_time() -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 20, first=5000), Received()
        fill(ring, 500, 20)
        got.stored["TJ.SAREZ"] = Resume(10, BEGIN_NS)  # the server's memory does not reach back so far
        patient = {"station_silent_s": 60.0}
        async with serving(ring) as server, receiving(params(server.address, **patient), got) as (client, _):
            await connected(client, server, 2)
            await until(lambda: len(got.packets) >= 40)
            await asyncio.sleep(0.2)
            assert client.state.connections == 2

    run(scene())


@Versions
def test_foreign_stations_are_told_apart(protocol: str) -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        async with serving(ring) as server, receiving(params(server.address, protocol=protocol)) as (client, got):
            await connected(client, server)
            # under the station's own name, with a record that claims to be another's
            seconds(ring, HHZ, 0, 1, record(name=b"SPOOF00HHZXX"))
            seconds(ring, HHZ, 1, 1)
            await until(lambda: got.packets)
            assert [one.station for one in got.foreign] == ["XX.SPOOF"]
            assert [one.station for one in got.packets] == ["TJ.SAREZ"]
            assert client.state.foreign == 1
            assert client.state.packets == 2

    run(scene())


def test_while_there_is_no_room_nothing_is_read_and_the_connection_stays() -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 24), Received()
        async with serving(ring) as server, receiving(params(server.address), got) as (client, _):
            await connected(client, server)
            got.room.clear()
            fill(ring, 0, 3000)
            await asyncio.sleep(1.5)  # longer than a connection that is silent may live
            assert len(got.packets) < 3000
            got.room.set()
            await until(lambda: len(got.packets) == 3000)
            assert client.state.connections == 1

    run(scene())


def test_a_silent_station_is_named_and_the_others_go_on() -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        source = {"stations": ("TJ.SAREZ", "TJ.MANEM"), "station_silent_s": 0.4}
        async with serving(ring) as server, receiving(params(server.address, **source)) as (client, _):
            await connected(client, server)
            for second in range(12):
                fill(ring, second, 1)
                await asyncio.sleep(0.08)
            assert client.state.silent == ("TJ.MANEM",)
            assert client.state.connections == 1

    run(scene())


def test_when_all_stations_are_silent_it_connects_anew_with_growing_patience() -> None:
    async def scene() -> None:
        async with serving(Ring(1 << 20)) as server:
            async with receiving(params(server.address, station_silent_s=0.2)) as (client, _):
                await until(lambda: client.state.connections == 4)
            assert sum(server.state.ended.values()) >= 3
            assert "no data from any station" in client.state.error

    run(scene())


@Versions
def test_a_quiet_server_that_answers_is_left_connected(protocol: str) -> None:
    async def scene() -> None:
        async with (
            serving(Ring(1 << 20)) as server,
            receiving(params(server.address, protocol=protocol)) as (
                client,
                _,
            ),
        ):
            await connected(client, server)
            first_s = client.state.round_trip_s
            await asyncio.sleep(1.5)  # more than twice as long as it may live in silence
            assert client.state.connections == 1
            assert client.state.round_trip_s != first_s

    run(scene())


def test_what_is_asked_for_and_not_offered_is_told() -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        source = {"stations": ("TJ.SAREZ", "TJ.MANEM"), "selectors": ("HH?", "HN?")}
        async with serving(ring) as server, receiving(params(server.address, **source)) as (client, _):
            await connected(client, server)
            fill(ring, 0, 2)
            await until(lambda: client.state.unmatched == ("TJ.SAREZ HN?", "TJ.MANEM"))
            seconds(ring, "TJ.SAREZ.00.HNZ", 0, 1, record(name=b"SAREZ00HNZTJ"))
            await until(lambda: client.state.unmatched == ("TJ.MANEM",))
            assert client.state.connections == 1

    run(scene())


def test_the_first_connection_is_tried_until_there_is_a_server() -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        async with serving(ring) as server:
            address = server.address
        async with receiving(params(address)) as (client, _):
            await until(lambda: "refused" in client.state.error)
            assert client.state.connections == 0
            server = SeedLinkServer(ServerParams(port=address[1]), ring, Clock())
            await server.start()
            await connected(client, server)
            await server.stop()

    run(scene())


def test_a_closed_connection_is_made_anew_at_once() -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 20), Received()
        async with serving(ring) as server:
            address = server.address
            source = params(address)
            client_context = receiving(source, got, first_retry_s=1.0, last_retry_s=60.0)
            async with client_context as (client, _):
                await connected(client, server)
                fill(ring, 0, 3)
                await until(lambda: len(got.packets) == 3)
                got.stored["TJ.SAREZ"] = Resume(3, BEGIN_NS + 3 * S)
                await server.stop()
                fill(ring, 3, 3)
                again = SeedLinkServer(ServerParams(port=address[1]), ring, Clock())
                await again.start()
                async with asyncio.timeout(5.0):
                    await until(lambda: len(got.packets) == 6)
                assert got.numbers() == [1, 2, 3, 4, 5, 6]
                assert client.state.reconnects == 1
                await again.stop()

    run(scene())


def test_steady_data_make_earlier_failures_forgotten() -> None:
    async def scene() -> None:
        ring, got = Ring(1 << 20), Received()
        server = MisbehavingServer("hang_up", ring, Clock(), sound=10)
        await server.start()
        longest = {"first_retry_s": 60.0, "last_retry_s": 60.0, "steady_s": 0.1}
        async with receiving(params(server.address), got, draw=lambda low, high: high, **longest) as (client, _):
            while client.state.connections < 4:
                fill(ring, ring.end, 1)
                await asyncio.sleep(0.02)
        await server.stop()

    run(scene())


@asynccontextmanager
async def guarded(tmp_path: Path, ring: Ring, **more: Any) -> AsyncIterator[SeedLinkServer]:
    entries = tmp_path / "entries"
    entries.write_text("USERPASS anna secret\nJWT a.b.c\n", "ascii")
    entries.chmod(0o600)
    async with serving(ring, credentials_file=str(entries), **more) as server:
        yield server


def secret(tmp_path: Path, text: str) -> str:
    path = tmp_path / f"secret-{text}"
    path.write_text(text + "\n", "ascii")
    path.chmod(0o600)
    return str(path)


def test_user_and_password_or_token_are_told(tmp_path: Path) -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        async with guarded(tmp_path, ring) as server:
            for login in (
                {"user": "anna", "password_file": secret(tmp_path, "secret")},
                {"token_file": secret(tmp_path, "a.b.c")},
            ):
                async with receiving(params(server.address, **login)) as (client, got):
                    await connected(client, server)
                    fill(ring, 0, 1)
                    await until(lambda got=got: got.packets)

    run(scene())


def test_a_refused_password_is_not_tried_again_and_never_told(tmp_path: Path) -> None:
    async def scene() -> None:
        async with guarded(tmp_path, Ring(1 << 20)) as server:
            login = {"user": "anna", "password_file": secret(tmp_path, "hunter2")}
            async with receiving(params(server.address, **login)) as (client, _):
                await until(lambda: client.state.condition == "refused")
                await asyncio.sleep(0.5)
                assert server.state.accepted == 1
                assert "anna" in client.state.error
                assert "hunter2" not in repr(client.state)
                assert client.state.next_try_ns > client.state.since_ns

    run(scene())


def test_a_server_that_wants_a_name_and_is_told_none_is_a_refusal(tmp_path: Path) -> None:
    async def scene() -> None:
        async with guarded(tmp_path, Ring(1 << 20)) as server, receiving(params(server.address)) as (client, _):
            await until(lambda: client.state.condition == "refused")
            assert client.state.connections == 0

    run(scene())


def test_a_secret_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    async def scene() -> None:
        open_file = tmp_path / "open"
        open_file.write_text("secret", "ascii")
        open_file.chmod(0o644)
        login = {"user": "anna", "password_file": str(open_file)}
        async with serving(Ring(1 << 20)) as server, receiving(params(server.address, **login)) as (client, _):
            await until(lambda: client.state.condition == "refused")
            assert "chmod 600" in client.state.error

    run(scene())


@Versions
def test_tls_with_a_certificate_that_is_trusted(tmp_path: Path, protocol: str) -> None:
    async def scene() -> None:
        ring = Ring(1 << 20)
        cert, key = certificate.write(tmp_path)
        async with serving(ring, cert_file=cert, key_file=key) as server:
            secure = {"scheme": "seedlinks", "host": "localhost", "ca_file": cert, "protocol": protocol}
            async with receiving(params(server.address, **secure)) as (client, got):
                await connected(client, server)
                fill(ring, 0, 200)
                await until(lambda: len(got.packets) == 200)

    run(scene())


def test_tls_with_a_certificate_that_is_not(tmp_path: Path) -> None:
    async def scene() -> None:
        cert, key = certificate.write(tmp_path)
        secure = {"scheme": "seedlinks", "host": "localhost"}
        async with (
            serving(Ring(1 << 20), cert_file=cert, key_file=key) as server,
            receiving(params(server.address, **secure)) as (client, _),
        ):
            await until(lambda: "certificate is not trusted" in client.state.error)
            assert client.state.connections == 0

    run(scene())


def test_a_name_that_cannot_be_looked_up_any_more_is_remembered() -> None:
    async def scene() -> None:
        answers = [["127.0.0.1"]]

        async def lookup(host: str, port: int) -> list[str]:
            if not answers:
                raise OSError(f"no such name {host}")
            return answers.pop()

        ring = Ring(1 << 20)
        async with serving(ring) as server:
            source = params(server.address, host="sarez.example")
            async with receiving(source, dialer=Dialer(Clock(), lookup)) as (client, _):
                await connected(client, server)
                client.redial()
                await connected(client, server, 2)
            async with receiving(source, dialer=Dialer(Clock(), lookup)) as (client, _):
                await until(lambda: "cannot be looked up" in client.state.error)

    run(scene())


def test_clients_take_turns_to_dial() -> None:
    async def scene() -> None:
        clock = Clock()
        dialer, moments, inside = Dialer(clock), [], []

        async def dial(host: str) -> None:
            async with dialer.turn(host, 1):
                assert host not in inside
                inside.append(host)
                moments.append(clock.monotonic_s())
                await asyncio.sleep(0.05)
                inside.remove(host)

        await asyncio.gather(*(dial(host) for host in ("a", "a", "b", "c", "d", "e")))
        assert len(moments) == 6
        assert moments[-1] - moments[0] >= 0.99

    run(scene())
