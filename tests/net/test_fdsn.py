"""Requests to servers that behave, that do not, and that never end."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs, urlsplit

import pytest

from seismonet.core.errors import ConfigError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.net.fdsn import Answer, RequestLimits, dataselect, query_url
from tests.support.httpserver import HttpServer, Script, response, serving

NAME = SourceId.parse("TJ.SAREZ.00.HHZ")
START_NS = from_iso("2025-02-01T00:00:00Z")
END_NS = START_NS + 60 * 10**9
BODY = bytes(range(256)) * 40
QUICK = RequestLimits(silent_s=5.0, whole_s=5.0)
LIMIT = 1 << 20


def ask(
    answer: Script | Callable[[str], Script], limit_bytes: int = LIMIT, limits: RequestLimits = QUICK
) -> tuple[Answer, HttpServer]:
    async def scene() -> tuple[Answer, HttpServer]:
        def script(target: str) -> Script:
            return answer(target) if takes_target else answer  # type: ignore[operator,return-value,arg-type]

        takes_target = getattr(answer, "takes_target", False)
        async with serving(script) as server:
            return await dataselect(server.url, NAME, START_NS, END_NS, limit_bytes, limits), server

    return asyncio.run(scene())


def by_target(answer: Callable[[str], Script]) -> Callable[[str], Script]:
    answer.takes_target = True  # type: ignore[attr-defined]
    return answer


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    coded = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\n\r\n"


def test_a_window_is_asked_for_and_given() -> None:
    answer, server = ask(response("200 OK", BODY))
    assert (answer.kind, answer.payload) == ("data", BODY)
    target = urlsplit(server.asked[0])
    assert target.path == "/fdsnws/dataselect/1/query"
    assert parse_qs(target.query) == {
        "net": ["TJ"], "sta": ["SAREZ"], "loc": ["00"], "cha": ["HHZ"], "nodata": ["204"],
        "starttime": ["2025-02-01T00:00:00.000000"], "endtime": ["2025-02-01T00:01:00.000000"],
    }  # fmt: skip


def test_an_empty_location_is_two_dashes() -> None:
    assert "loc=--&" in query_url("http://host/base", SourceId.parse("TJ.SAREZ..HHZ"), 0, 1)


@pytest.mark.parametrize("size", [1, 100, 5000])
def test_chunks_are_put_together(size: int) -> None:
    assert ask(chunked(BODY, size))[0] == Answer("data", BODY, f"{len(BODY)} bytes")


def test_without_a_length_the_end_of_the_connection_is_the_end() -> None:
    assert ask(b"HTTP/1.0 200 OK\r\n\r\n" + BODY)[0].payload == BODY


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("204 No Content", "none"),
        ("404 Not Found", "none"),
        ("413 Request Entity Too Large", "too much"),
        ("429 Too Many Requests", "busy"),
        ("503 Service Unavailable", "busy"),
        ("400 Bad Request", "refused"),
        ("401 Unauthorized", "refused"),
        ("403 Forbidden", "refused"),
        ("500 Internal Server Error", "failed"),
        ("502 Bad Gateway", "failed"),
    ],
)
def test_every_status_has_its_consequence(status: str, kind: str) -> None:
    answer, _ = ask(response(status, b"an error page"))
    assert (answer.kind, answer.payload, answer.words != "") == (kind, b"", True)


def test_success_without_a_byte_is_no_data() -> None:
    assert ask(response("200 OK"))[0].kind == "none"


@pytest.mark.parametrize(
    ("said", "retry_s"), [("120", 120.0), ("0", 1.0), ("99999999", 3600.0), ("Tue, 24 Nov 2026", 60.0), ("nan", 60.0)]
)
def test_how_long_a_busy_server_wants_to_be_left_alone(said: str, retry_s: float) -> None:
    assert ask(response("503 Busy", b"", f"Retry-After: {said}"))[0].retry_s == retry_s


def test_more_than_the_limit_is_not_kept() -> None:
    assert ask(response("200 OK", BODY), len(BODY))[0].kind == "data"
    answer, _ = ask(response("200 OK", BODY), len(BODY) - 1)
    assert (answer.kind, answer.payload) == ("too much", BODY[:-1])


def test_an_answer_without_end_is_left_at_the_limit() -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    answer, _ = ask(flood, 300_000)
    assert (answer.kind, len(answer.payload)) == ("too much", 300_000)


def test_a_cut_off_answer_is_a_failure_with_what_came() -> None:
    stated = response("200 OK", BODY)[:-100]
    assert ask(stated)[0] == Answer("failed", BODY[:-100], f"cut off after {len(BODY) - 100} of {len(BODY)} bytes")
    in_chunks = ask(chunked(BODY, 4096)[:-200])[0]
    assert in_chunks.kind == "failed"
    assert BODY.startswith(in_chunks.payload)
    assert len(in_chunks.payload) > 4096


@pytest.mark.parametrize(
    "junk", [b"", b"\x00" * 100, b"SeedLink v4.0\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200, b"H" * 200_000]
)
def test_what_is_no_http_is_a_failure(junk: bytes) -> None:
    assert ask(junk)[0].kind == "failed"


def test_a_server_that_says_nothing_is_given_up() -> None:
    async def silence(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(4.0)

    answer, _ = ask(silence, limits=RequestLimits(silent_s=0.2, whole_s=10.0))
    assert (answer.kind, answer.words) == ("failed", "nothing came for 0.2 s")


def test_a_server_that_trickles_is_given_up_at_the_deadline_with_what_came() -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for number in itertools.count():
            writer.write(bytes([number % 256]))
            await writer.drain()
            await asyncio.sleep(0.02)

    answer, _ = ask(trickle, limits=RequestLimits(silent_s=5.0, whole_s=0.5))
    assert (answer.kind, answer.words) == ("failed", "no whole answer within 0.5 s")
    assert len(answer.payload) > 0


def test_a_cancelled_request_closes_its_connection() -> None:
    async def scene() -> None:
        asked, closed = asyncio.Event(), asyncio.Event()

        async def wait(writer: asyncio.StreamWriter) -> None:
            asked.set()
            while not writer.transport.is_closing():  # the end of the client's side ends the transport
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await asyncio.sleep(0.01)
            closed.set()

        async with serving(lambda _: wait) as server:
            task = asyncio.create_task(dataselect(server.url, NAME, START_NS, END_NS, LIMIT))
            await asyncio.wait_for(asked.wait(), 3.0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(closed.wait(), 3.0)

    asyncio.run(scene())


def redirecting(places: Iterable[str]) -> Callable[[str], Script]:
    queue = iter(places)

    def answer(target: str) -> Script:
        place = next(queue, None)
        return response("200 OK", BODY) if place is None else response("302 Found", b"", f"Location: {place}")

    return by_target(answer)


def test_a_redirect_is_followed_on_the_same_host_only() -> None:
    answer, server = ask(redirecting(["/elsewhere?a=b"]))
    assert (answer.kind, server.asked[1]) == ("data", "/elsewhere?a=b")
    answer, server = ask(redirecting(["http://localhost:1/fdsnws"]))
    assert (answer.kind, len(server.asked)) == ("refused", 1)
    assert "another host (localhost)" in answer.words
    answer, server = ask(redirecting(["file:///etc/passwd"]))
    assert (answer.kind, len(server.asked)) == ("refused", 1)


def test_redirects_in_a_circle_end() -> None:
    answer, server = ask(redirecting(itertools.repeat("/again")))
    assert (answer.kind, len(server.asked)) == ("failed", 4)


def test_nobody_there_is_a_failure() -> None:
    async def scene() -> Answer:
        async with serving(lambda _: b"") as server:
            url = server.url
        return await dataselect(url, NAME, START_NS, END_NS, LIMIT, QUICK)

    assert asyncio.run(scene()).kind == "failed"


@pytest.mark.parametrize("url", ["", "host", "ftp://host/", "http://", "http://user:secret@host/", "http://host:x/"])
def test_what_is_no_address_is_a_mistake_in_the_configuration(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        query_url(url, NAME, START_NS, END_NS)
    assert "secret" not in str(error.value)
