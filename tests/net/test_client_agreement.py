"""What is said before data flow: in which words, what becomes of refusals, and what no server may do."""

import inspect
from importlib.metadata import version
from pathlib import Path

import pytest
import seedlink_client
from seedlink_client import AsyncSeedLink, _commands, streams

from seismonet.core.waveform import Resume
from seismonet.net import link
from tests.support.miniseed import record
from tests.support.scripted import SAYS3, SAYS4, scripted
from tests.support.sources import Received, params, receiving
from tests.support.talk import BEGIN_NS, S, run, until


def test_what_we_lean_on_in_seedlink_client_is_there() -> None:
    assert version("seedlink-client").startswith("0.2.")
    assert seedlink_client.__version__ == version("seedlink-client")
    maker = AsyncSeedLink("127.0.0.1", 1)
    assert [name for name in link.PRIVATE if not hasattr(maker, name)] == []
    for name in ("_connect_socket", "_read_line", "_send_command", "_do_hello", "close", "connect"):
        assert inspect.iscoroutinefunction(getattr(AsyncSeedLink, name))
    for name in ("end_v3", "end_v4", "plan_negotiation", "Command"):
        assert hasattr(_commands, name)
    assert streams.v3_to_v4_selector("HH?") == "*_H_H_?"
    # what connect() calls is what we put in its place
    source = inspect.getsource(AsyncSeedLink.connect)
    assert all(f"self.{name}(" in source for name in ("_connect_socket", "_do_hello", "_send_command"))


def test_version_3_in_its_words() -> None:
    async def scene() -> None:
        got = Received()
        got.stored = {
            "TJ.SAREZ": Resume(0xABC, BEGIN_NS),
            "TJ.MANEM": Resume(-1, BEGIN_NS + 30 * S),
            "XX.OTHER": Resume(1, BEGIN_NS),
        }
        source = {"stations": ("TJ.SAREZ", "TJ.M*"), "selectors": ("HH?", "!HHE")}
        async with scripted(SAYS3) as server, receiving(params(server.address, **source), got) as (client, _):
            await until(lambda: client.state.connections == 1)
            await until(lambda: server.heard[-1:] == ["END"])
            assert server.heard == [
                "HELLO",
                *("STATION MANEM TJ", "SELECT HH?", "SELECT !HHE", "TIME 2024,10,3,8,0,0"),
                *("STATION SAREZ TJ", "SELECT HH?", "SELECT !HHE", "DATA ABD"),
                *("STATION M* TJ", "SELECT HH?", "SELECT !HHE", "DATA"),
                "END",
            ]
            assert (client.state.server, client.state.organization) == ("SeedLink v3.1 (2020.075)", "GFZ")

    run(scene())


def test_version_4_in_its_words() -> None:
    async def scene() -> None:
        got = Received()
        got.stored = {"TJ.SAREZ": Resume(41, BEGIN_NS), "TJ.MANEM": Resume(-1, BEGIN_NS + 30 * S)}
        source = {"stations": ("TJ.SAREZ", "TJ.M*"), "selectors": ("HH?", "!00HHE")}
        async with scripted(SAYS4) as server, receiving(params(server.address, **source), got) as (client, _):
            await until(lambda: client.state.connections == 1)
            await until(lambda: server.heard[-1:] == ["END"])
            assert server.heard[:2] == ["HELLO", "SLPROTO 4.0"]
            assert server.heard[2].startswith("USERAGENT seismonet/")
            assert server.heard[3:] == [
                *("STATION TJ_MANEM", "SELECT *_H_H_?", "SELECT !00_H_H_E", "DATA ALL 2024-10-03T08:00:00Z"),
                *("STATION TJ_SAREZ", "SELECT *_H_H_?", "SELECT !00_H_H_E", "DATA 42"),
                *("STATION TJ_M*", "SELECT *_H_H_?", "SELECT !00_H_H_E", "DATA"),
                "END",
            ]

    run(scene())


@pytest.mark.parametrize(
    ("says", "no"), [(SAYS3, b"ERROR\r\n"), (SAYS4, b"ERROR ARGUMENTS no such station\r\n")], ids=["3", "4"]
)
def test_a_station_that_is_refused_does_not_cost_the_others(says: dict[str, bytes], no: bytes) -> None:
    async def scene() -> None:
        refusing = {**says, "STATION .*MANEM.*": no, "SELECT .*N.*": no}
        source = {"stations": ("TJ.MANEM", "TJ.SAREZ"), "selectors": ("HH?", "HN?")}
        async with scripted(refusing) as server, receiving(params(server.address, **source)) as (client, _):
            await until(lambda: client.state.connections == 1)
            assert client.state.refused == ("TJ.MANEM", f"TJ.SAREZ {'HN?' if says is SAYS3 else '*_H_N_?'}")
            await until(lambda: server.heard[-1:] == ["END"])
            last = "\n".join(server.heard).rpartition("HELLO")[2].split("\n")
            at = next(k for k, line in enumerate(last) if "MANEM" in line)
            assert "SAREZ" in last[at + 1]  # nothing of a refused station is said after it was refused

    run(scene())


def test_a_server_that_takes_one_command_at_a_time_is_told_one_at_a_time() -> None:
    async def scene() -> None:
        async with scripted(SAYS3, one_at_a_time=True) as old, scripted(SAYS4, one_at_a_time=True) as new:
            for server in (old, new):
                async with receiving(params(server.address, selectors=("HH?", "HN?"))) as (client, _):
                    await until(lambda client=client: client.state.connections == 1)

    run(scene())


def test_when_no_station_is_had_it_says_so() -> None:
    async def scene() -> None:
        async with (
            scripted({**SAYS3, "STATION .*": b"ERROR\r\n"}) as server,
            receiving(params(server.address)) as (client, _),
        ):
            await until(lambda: client.state.error == "the server has none of the stations: TJ.SAREZ")
            assert client.state.connections == 0

    run(scene())


def test_a_number_that_is_refused_is_followed_by_a_time() -> None:
    async def scene() -> None:
        got = Received()
        got.stored = {"TJ.SAREZ": Resume(0xABC, BEGIN_NS + 30 * S)}
        refusing = {**SAYS3, "DATA ABD": b"ERROR\r\n"}
        async with scripted(refusing) as server, receiving(params(server.address), got) as (client, _):
            await until(lambda: client.state.connections == 1)
            assert "TIME 2024,10,3,8,0,0" in server.heard
            assert client.state.resets == 1

    run(scene())


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ({**SAYS3, "STATION .*": b"x" * 300}, "a line of more than 255 bytes"),
        ({**SAYS4, "STATION .*": b"x" * 5000}, "a line of more than 4096 bytes"),
        ({**SAYS3, "STATION .*": b""}, "no answer within"),
        ({**SAYS3, "STATION .*": b"SL000001"}, "no answer within"),
        ({**SAYS4, "STATION .*": b"SE2D"}, "an answer that is none"),
        ({**SAYS3, "STATION .*": b"HTTP/1.1 400\r\n"}, "an answer that is none: HTTP/1.1 400"),
        ({**SAYS3, "STATION .*": b"\x07\xff\x1b[31m\r\n"}, "an answer that is none"),
        ({"HELLO": b"220 mail.example ESMTP\r\nhello\r\n", "STATION .*": b"500 what\r\n"}, "an answer that is none"),
        ({**SAYS4, "SLPROTO.*": b"ERROR UNSUPPORTED no\r\n"}, "no"),
    ],
)
def test_answers_that_are_none(says: dict[str, bytes], words: str) -> None:
    async def scene() -> None:
        async with scripted(says) as server, receiving(params(server.address)) as (client, _):
            await until(lambda: words in client.state.error)
            assert client.state.error.isprintable()
            assert client.state.connections == 0

    run(scene())


def test_a_version_that_is_not_spoken_is_an_error() -> None:
    async def scene() -> None:
        async with scripted(SAYS3) as server, receiving(params(server.address, protocol="4")) as (client, _):
            await until(lambda: "v4" in client.state.error)

    run(scene())


def password(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "password"
    path.write_text("hunter2", "ascii")
    path.chmod(0o600)
    return {"user": "anna", "password_file": str(path)}


def test_a_password_that_the_server_repeats_is_not_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        says = {**SAYS4, "AUTH .*": b"ERROR AUTH password hunter2 is wrong\r\n"}
        async with scripted(says) as server, receiving(params(server.address, **password(tmp_path))) as (client, _):
            await until(lambda: client.state.condition == "refused")
            assert "password *** is wrong" in client.state.error
            assert "AUTH USERPASS anna hunter2" in server.heard

    with caplog.at_level("DEBUG"):
        run(scene())
    assert "hunter2" not in caplog.text


def test_a_password_for_a_server_that_cannot_be_told_is_a_refusal(tmp_path: Path) -> None:
    async def scene() -> None:
        async with scripted(SAYS3) as server, receiving(params(server.address, **password(tmp_path))) as (client, _):
            await until(lambda: client.state.condition == "refused")
            assert "SeedLink 3 only" in client.state.error
            assert server.heard == ["HELLO"]

    run(scene())


def test_an_answer_in_pieces_and_data_right_behind_it() -> None:
    async def scene() -> None:
        packet = b"SL000007" + record()
        async with (
            scripted({**SAYS3, "END": packet + packet[:100]}) as server,
            receiving(params(server.address)) as (client, got),
        ):
            await until(lambda: got.packets)
            assert got.numbers()[0] == 7
            await until(lambda: "nothing heard" in client.state.error or "not complete" in client.state.error)

    run(scene())
