"""The server as a client sees it: what is sent, in which order, until when."""

import asyncio
import ssl
from pathlib import Path

import pytest

from seismonet.core.errors import ConfigError
from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams
from tests.support import certificate
from tests.support.miniseed import record, record3
from tests.support.talk import BEGIN_NS, Got, S, Talk, run, seconds, serving, until

LONG = record(length=4096)
V4 = "SLPROTO 4.0"


def network() -> Ring:
    """Ten seconds of three channels, second by second; SAREZ has miniSEED 2 and 3, MANEM records of 4096 bytes."""
    ring = Ring(10_000_000)
    for k in range(10):
        seconds(ring, "TJ.SAREZ.00.HHZ", k, 1)
        seconds(ring, "TJ.SAREZ.00.HHN", k, 1, record3())
        seconds(ring, "TJ.MANEM..HHZ", k, 1, LONG)
    return ring


async def fetch(ring: Ring, version: int, *lines: str, answers: int | None = None) -> list[Got]:
    """What a client gets that says these lines (all but the last answered), up to END."""
    async with serving(ring) as server, Talk.to(server) as talk:
        for line in lines[: len(lines) - 1 if answers is None else answers]:
            assert await talk.ask(line) == ["OK"]
        talk.send(lines[-1])
        return await talk.rest(version)


def names(found: list[Got]) -> list[tuple[str, int]]:
    return [(one.station, one.sequence) for one in found]


def test_all_of_the_ring_in_version_4() -> None:
    ring = network()
    found = run(fetch(ring, 4, V4, "STATION *", "DATA ALL", "ENDFETCH"))
    assert names(found) == [
        (station, number)
        for k in range(10)
        for station, number in (("TJ_SAREZ", 2 * k + 1), ("TJ_SAREZ", 2 * k + 2), ("TJ_MANEM", k + 1))
    ]
    assert [(one.kind, one.payload) for one in found[:3]] == [("2D", record()), ("3D", record3()), ("2D", LONG)]


def test_version_3_carries_512_bytes_only_and_the_rest_is_counted() -> None:
    async def told() -> tuple[list[Got], int, int]:
        async with serving(network()) as server, Talk.to(server) as talk:
            await talk.ask("STATION * TJ", "FETCH 1")
            talk.send("END")
            found = await talk.rest(3)
            talk.writer.close()
            await until(lambda: not server.state.clients)
            return found, server.state.unsuited, server.state.sent

    found, unsuited, sent = run(told())
    assert [one.sequence for one in found] == list(range(1, 21, 2))
    assert {one.payload for one in found} == {record()}
    assert (unsuited, sent) == (20, 10)


def test_stations_and_selectors() -> None:
    ring = network()
    lines = (V4, "STATION TJ_SAREZ", "SELECT *_H_H_N", "DATA ALL", "STATION TJ_*", "DATA ALL", "ENDFETCH")
    found = names(run(fetch(ring, 4, *lines)))
    assert found[:2] == [("TJ_SAREZ", 2), ("TJ_MANEM", 1)]
    assert len(found) == 20
    assert run(fetch(ring, 4, V4, "STATION TJ_NONE", "DATA ALL", "ENDFETCH")) == []
    assert run(fetch(ring, 3, "STATION MANEM TJ", "SELECT 00HHZ", "FETCH 1", "END")) == []


def test_going_on_where_one_left_off() -> None:
    ring = network()
    found = run(fetch(ring, 4, V4, "STATION TJ_SAREZ", "DATA 19", "STATION TJ_MANEM", "DATA 10", "ENDFETCH"))
    assert names(found) == [("TJ_SAREZ", 19), ("TJ_SAREZ", 20), ("TJ_MANEM", 10)]
    assert run(fetch(ring, 4, V4, "STATION TJ_SAREZ", "DATA 21", "ENDFETCH")) == []
    assert [one.sequence for one in run(fetch(ring, 3, "STATION SAREZ TJ", "FETCH 0x11", "END"))] == [17, 19]


def test_numbers_that_were_begun_anew_give_everything() -> None:
    """A client that asks for a number this server never gave has talked to another one: better twice than lost."""
    assert len(run(fetch(network(), 4, V4, "STATION TJ_SAREZ", "DATA 5000", "ENDFETCH"))) == 20


def test_version_3_goes_on_across_the_wrap() -> None:
    ring = Ring(1_000_000, {"TJ.SAREZ": 0xFFFFFFFFFE})
    given = seconds(ring, "TJ.SAREZ.00.HHZ", 0, 5)
    assert [one & 0xFFFFFF for one in given] == [0xFFFFFE, 0xFFFFFF, 0, 1, 2]
    for asked, expected in (("FFFFFF", [0xFFFFFF, 0, 1, 2]), ("0x1000000", [0, 1, 2]), ("2", [2]), ("3", [])):
        found = run(fetch(ring, 3, "STATION SAREZ TJ", f"FETCH {asked}", "END"))
        assert [one.sequence for one in found] == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("2024-10-03T08:00:03Z 2024-10-03T08:00:06Z", [4, 5, 6]),
        ("2024-10-03T08:00:03.5Z 2024-10-03T08:00:05.000000001Z", [4, 5, 6]),
        ("2024-10-03T08:00:08Z", [9, 10]),
        ("2024-10-03T07:00:00Z 2024-10-03T08:00:00Z", []),
    ],
)
def test_time_windows_end(window: str, expected: list[int]) -> None:
    fetched = run(fetch(network(), 4, V4, "STATION TJ_MANEM", f"DATA ALL {window}", "ENDFETCH"))
    assert [one.sequence for one in fetched] == expected
    if " " in window:
        lived = run(fetch(network(), 4, V4, "STATION TJ_MANEM", f"DATA ALL {window}", "END"))
        assert [one.sequence for one in lived] == expected


def test_time_windows_of_version_3_end() -> None:
    window = "2024,10,3,8,0,3 2024,10,3,8,0,6"
    multi = run(fetch(network(), 3, "STATION SAREZ TJ", "SELECT HHZ.D", f"TIME {window}", "END"))
    assert [one.sequence for one in multi] == [7, 9, 11]
    uni = run(fetch(network(), 3, "SELECT HHZ", f"TIME {window}"))
    assert [one.sequence for one in uni] == [7, 9, 11]
    resumed = run(fetch(network(), 3, "STATION SAREZ TJ", f"FETCH 9 {window}", "END"))
    assert [one.sequence for one in resumed] == [9, 11]


def test_a_window_in_the_future_waits_for_every_stream() -> None:
    async def told() -> list[Got]:
        ring = network()
        then = Clock(wall_ns=lambda: BEGIN_NS + 15 * S)
        async with serving(ring, then) as server, Talk.to(server) as talk:
            window = "2024-10-03T08:00:09Z 2024-10-03T08:00:12Z"
            await talk.ask(V4, "STATION *", "SELECT *_H_H_Z", f"DATA ALL {window}")
            talk.send("END")
            first = [await talk.packet4(), await talk.packet4()]
            seconds(ring, "TJ.SAREZ.00.HHZ", 10, 3)
            first += [await talk.packet4(), await talk.packet4()]
            seconds(ring, "TJ.MANEM..HHZ", 10, 2, LONG)
            return [*filter(None, first), *await talk.rest(4)]

    assert names(run(told())) == [
        ("TJ_SAREZ", 19), ("TJ_MANEM", 10), ("TJ_SAREZ", 21), ("TJ_SAREZ", 22), ("TJ_MANEM", 11), ("TJ_MANEM", 12),
    ]  # fmt: skip


def test_a_window_that_a_dead_stream_never_ends_is_ended_by_the_clock() -> None:
    """MANEM is dead since 08:00:10; it is years later."""
    window = "2024-10-03T08:00:08Z 2024-10-03T08:00:30Z"
    assert len(run(fetch(network(), 4, V4, "STATION TJ_MANEM", f"DATA ALL {window}", "END"))) == 2


@pytest.mark.parametrize("version", [3, 4])
def test_new_records_come_as_they_arrive(version: int) -> None:
    async def told() -> list[int]:
        ring = network()
        async with serving(ring) as server, Talk.to(server) as talk:
            await talk.ask(*([V4, "STATION *"] if version == 4 else ["STATION * TJ"]), "DATA")
            talk.send("END")
            await (talk.info4("ID") if version == 4 else talk.info3("ID"))
            found = []
            for k in range(10, 13):
                seconds(ring, "TJ.SAREZ.00.HHZ", k, 1)
                one = await (talk.packet4() if version == 4 else talk.packet3())
                assert one is not None
                found.append(one.sequence)
            seconds(ring, "TJ.NEW.00.HHZ", 0, 1)
            new = await (talk.packet4() if version == 4 else talk.packet3())
            assert new is not None
            return [*found, new.sequence]

    assert run(told()) == [21, 22, 23, 1]


def test_what_is_queued_comes_before_end_and_what_comes_later_does_not_come_at_all() -> None:
    async def told() -> tuple[int, bool]:
        ring = network()
        async with serving(ring, Clock(rate=60.0)) as server, Talk.to(server) as talk:
            await talk.ask(V4, "STATION *", "DATA ALL")
            talk.send("ENDFETCH")
            found = await talk.rest(4)
            talk.send("INFO ID", "DATA ALL", "HELLO")
            seconds(ring, "TJ.SAREZ.00.HHZ", 10, 1)
            rest = await talk.reader.read()
            return len(found), rest == b""

    assert run(told()) == (30, True)


def test_info_between_packets() -> None:
    async def told() -> tuple[str, str, list[str]]:
        ring = network()
        async with serving(ring) as server, Talk.to(server) as four, Talk.to(server) as three:
            await four.ask(V4, "STATION *", "DATA")
            await three.ask("STATION SAREZ TJ", "DATA")
            four.send("END")
            three.send("END")
            kind, document = await four.info4("STREAMS", "TJ_S*")
            channel, text = await three.info3("ID")
            seconds(ring, "TJ.SAREZ.00.HHZ", 10, 1)
            late = [(await four.packet4()), (await three.packet3())]
            return kind + document["station"][0]["id"], channel + text[:30], [f"{one and one.sequence}" for one in late]

    kind, channel, late = run(told())
    assert kind == "JITJ_SAREZ"
    assert channel == 'INF<?xml version="1.0"?><seedlink'[: len(channel)]
    assert late == ["21", "21"]


def test_the_rest_of_the_talk() -> None:
    async def told() -> None:
        async with serving(network(), organization="SIMULATED Sarez") as server:
            async with Talk.to(server) as talk:
                talk.send("HELLO")
                assert [await talk.line(), await talk.line()] == [server.identity.hello, "SIMULATED Sarez"]
                talk.send("CAT")
                assert [await talk.line() for _ in range(3)] == ["TJ MANEM TJ.MANEM", "TJ SAREZ Sarez <dam>", "END"]
                assert (await talk.info3("NONSENSE"))[0] == "ERR"
                assert (await talk.info3("CONNECTIONS"))[0] == "INF"
                talk.send("BYE")
                assert await talk.closed()
            async with Talk.to(server) as talk:
                await talk.ask(V4)
                assert (await talk.info4("GAPS"))[0] == "JE"
                assert (await talk.info4("CONNECTIONS"))[1]["connections"]["client_count"] == 1
            await until(lambda: dict(server.state.ended) == {"BYE": 1, "closed by the client": 1})

    run(told())


def test_commands_may_be_sent_without_waiting_for_answers() -> None:
    async def told() -> tuple[list[str], int]:
        async with serving(network()) as server, Talk.to(server) as talk:
            talk.send("HELLO", V4, "STATION TJ_SAREZ", "SELECT *N", "DATA ALL", "ENDFETCH")
            return [await talk.line() for _ in range(6)], len(await talk.rest(4))

    lines, count = run(told())
    assert lines[2:] == ["OK"] * 4
    assert count == 10


def test_tls(tmp_path: Path) -> None:
    cert_file, key_file = certificate.write(tmp_path)

    async def told() -> int:
        context = ssl.create_default_context(cafile=cert_file)
        async with serving(network(), cert_file=cert_file, key_file=key_file) as server:
            async with Talk.to(server) as plain:
                plain.send("HELLO")
                assert await plain.closed()
            await until(lambda: server.state.ended.get("no TLS") == 1)
            async with Talk.to(server, context) as talk:
                await talk.ask(V4, "STATION *", "DATA ALL")
                talk.send("ENDFETCH")
                return len(await talk.rest(4))

    assert run(told()) == 30


def test_who_says_who_he_is_sees_what_others_do_not(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("# ours\nUSERPASS ali letmein\nJWT aa.bb.cc\n", "utf-8")
    path.chmod(0o600)

    async def told() -> None:
        async with serving(network(), credentials_file=str(path)) as server:
            async with Talk.to(server) as talk:
                await talk.ask(V4)
                assert (await talk.info4("STATIONS"))[1]["station"] == []
                assert (await talk.info4("CONNECTIONS"))[0] == "JE"
                assert (await talk.ask("STATION *"))[0].startswith("ERROR UNAUTHORIZED")
                assert await talk.ask("AUTH JWT aa.bb.cc") == ["OK"]
                assert len((await talk.info4("STATIONS"))[1]["station"]) == 2
                await talk.ask("STATION *", "DATA ALL")
                talk.send("ENDFETCH")
                assert len(await talk.rest(4)) == 30
            async with Talk.to(server) as talk:
                talk.send("CAT")
                assert await talk.line() == "END"
                assert await talk.ask("STATION SAREZ TJ", "DATA 1") == ["ERROR", "ERROR"]
            async with Talk.to(server) as talk:
                await talk.ask(V4)
                talk.send(*[f"AUTH USERPASS ali {k}" for k in range(9)])
                assert await talk.closed()
            await until(lambda: server.state.ended.get("authentication failed") == 1)

    run(told())


def test_a_server_that_cannot_be_says_why(tmp_path: Path) -> None:
    bare, loose, odd = tmp_path / "bare", tmp_path / "loose", tmp_path / "odd"
    for path, text, mode in ((bare, "\n", 0o600), (loose, "JWT a\n", 0o644), (odd, "USERPASS ali\n", 0o600)):
        path.write_text(text, "utf-8")
        path.chmod(mode)

    async def told() -> None:
        async with serving(network()) as server:
            wrong = [
                (
                    ServerParams(port=server.address[1]),
                    r"cannot listen on 127\.0\.0\.1:\d+: address already in use; choose another",
                ),
                (ServerParams(port=0, host="no.such.host.invalid"), r"cannot listen"),
                (ServerParams(port=0, cert_file=str(tmp_path / "none")), r"cert_file .*: cannot be used"),
                (ServerParams(port=0, credentials_file=str(tmp_path / "none")), r"cannot be read"),
                (ServerParams(port=0, credentials_file=str(bare)), r"no entry"),
                (ServerParams(port=0, credentials_file=str(loose)), r"chmod 600"),
                (ServerParams(port=0, credentials_file=str(odd)), r"entry 1 is neither"),
            ]
            for params, words in wrong:
                with pytest.raises(ConfigError, match=words):
                    await SeedLinkServer(params, Ring(1), Clock()).start()

    run(told())


def test_stop_closes_everything_and_can_be_done_twice() -> None:
    async def told() -> None:
        ring = network()
        server = SeedLinkServer(ServerParams(port=0), ring, Clock())
        await server.start()
        async with Talk.to(server) as talk, Talk.to(server) as idle:
            await talk.ask(V4, "STATION *", "DATA")
            talk.send("END")
            await until(lambda: len(server.state.clients) == 2)
            await server.stop()
            assert await talk.closed()
            assert await idle.closed()
        assert server.state.clients == ()
        assert ring.listeners == []
        await server.stop()
        with pytest.raises(OSError):
            await asyncio.open_connection(*server.address)

    run(told())
