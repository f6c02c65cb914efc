"""A message is posted byte for byte to whom it is meant for, and the answer is judged, not believed."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from seismonet.core.errors import AuthError
from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.result import Result
from seismonet.net.sinks.webhook import Webhook
from tests.support.httpsserver import OK, HttpsServer, Posted, reply, serving
from tests.support.letters import T0_NS, letter


async def here(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def receiver(server: HttpsServer, host: str = "localhost", **changes: object) -> ReceiverParams:
    facts = {
        "ports": (server.port,), "allow_private": ("127.0.0.0/8",), "ca_file": server.ca_file, "timeout_s": 2.0,
        **changes,
    }  # fmt: skip
    return ReceiverParams("hook", "webhook", f"https://{host}:{server.port}/alerts?to=us", **facts)  # type: ignore[arg-type]


def answers(folder: Path, *said: bytes, **changes: object) -> tuple[list[Result], list[Posted]]:
    """What becomes of one letter after the other, as the server says this and that."""

    async def work() -> tuple[list[Result], list[Posted]]:
        async with serving(folder, lambda number: said[min(number, len(said) - 1)]) as server:
            hook = Webhook(receiver(server, **changes), here)
            found = [await hook.send(letter(), T0_NS) for _ in said]
            await hook.close()
            return found, server.posted

    return asyncio.run(work())


def test_the_bytes_the_key_and_the_signature_arrive(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("only-for-you\n")
    token.chmod(0o600)
    (result,), (posted,) = answers(tmp_path, OK, secret=f"file:{token}")
    assert (result.outcome, result.ack) == ("delivered", "")
    assert (posted.body, posted.target) == (letter().payload, "/alerts?to=us")
    assert posted.headers["idempotency-key"] == letter().key
    assert posted.headers["seismonet-signature"] == letter().signature
    assert posted.headers["content-type"] == "application/json"
    assert posted.headers["host"].startswith("localhost:")
    assert posted.headers["authorization"] == "Bearer only-for-you"
    token.chmod(0o644)
    with pytest.raises(AuthError, match="others may read it"):
        answers(tmp_path, OK, secret=f"file:{token}")


def test_one_connection_serves_many_letters(tmp_path: Path) -> None:
    async def work() -> int:
        async with serving(tmp_path) as server:
            hook = Webhook(receiver(server), here)
            for _ in range(3):
                assert (await hook.send(letter(), T0_NS)).outcome == "delivered"
            assert (await hook.beat(b"{}", "signed")).outcome == "delivered"
            await hook.close()
            assert [one.headers.get("seismonet-heartbeat") for one in server.posted] == [None, None, None, "1"]
            return server.connections

    assert asyncio.run(work()) == 1


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (reply("204 No Content"), "delivered"),
        (reply("500 Internal Server Error", b"<secret>"), "retry"),
        (reply("503 Service Unavailable"), "retry"),
        (reply("429 Too Many Requests"), "retry"),
        (reply("408 Request Timeout"), "retry"),
        (reply("400 Bad Request", b"<secret>"), "dead"),
        (reply("404 Not Found"), "dead"),
        (reply("302 Found", b"", "Location: https://127.0.0.1:1/"), "dead"),
        (b"no HTTP at all\r\n\r\n", "retry"),
        (b"", "retry"),
    ],
)
def test_answers_are_judged_by_their_status_and_never_shown(tmp_path: Path, said: bytes, outcome: str) -> None:
    (result,), posted = answers(tmp_path, said, timeout_s=0.5)
    assert (result.outcome, len(posted)) == (outcome, 1)
    assert "secret" not in result.words


def test_an_acknowledgement_is_taken_from_the_reply(tmp_path: Path) -> None:
    said = [
        b'{"ack": "siren-7"}', b'{"ack": 7}', b'["ack"]', b"{", b'{"ack": "%s"}' % (b"x" * 70_000),
        b'{"ack": "a\\u0007b"}',
    ]  # fmt: skip
    found, _ = answers(tmp_path, *(reply("200 OK", body) for body in said))
    assert [one.ack for one in found] == ["siren-7", "", "", "", "", "a b"]
    assert {one.outcome for one in found} == {"delivered"}


def test_a_certificate_that_nobody_vouches_for_or_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    (result,), posted = answers(tmp_path, OK, ca_file="")
    assert (result.outcome, result.words, posted) == ("retry", "its certificate cannot be trusted", [])

    async def work() -> Result:
        async with serving(tmp_path) as server:
            hook = Webhook(receiver(server, "other.example"), here)
            found = await hook.send(letter(), T0_NS)
            assert server.posted == []
            assert (await hook.probe()).outcome == "retry"
            await hook.close()
            return found

    assert asyncio.run(work()).words == "its certificate cannot be trusted"


def test_proxies_of_the_environment_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (result,), _ = answers(tmp_path, OK)
    assert result.outcome == "delivered"


def test_a_server_that_is_not_there_is_tried_again_later(tmp_path: Path) -> None:
    async def work() -> tuple[Result, Result]:
        async with serving(tmp_path) as server:
            hook = Webhook(receiver(server), here)
            assert (await hook.probe()).outcome == "delivered"
        found = await hook.send(letter(), T0_NS), await hook.probe()
        await hook.close()
        return found

    sent, probed = asyncio.run(work())
    assert (sent.outcome, probed.outcome) == ("retry", "retry")
    assert os.strerror(111).lower() in probed.words.lower() or "connect" in sent.words
