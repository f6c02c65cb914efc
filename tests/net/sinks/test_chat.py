"""Chat goes through apprise, here to its simplest service: JSON posted to a server of our own."""

import asyncio
import json
from pathlib import Path

import pytest

from seismonet.core.errors import ConfigError
from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.chat import Chat
from tests.support.letters import T0_NS, letter

TEXT = b"Earthquake near Rushon\n\nStay where you are."


def receiver(folder: Path, address: str) -> ReceiverParams:
    path = folder / "address"
    path.write_text(address)
    path.chmod(0o600)
    return ReceiverParams("group", "chat", format="text", secret=f"file:{path}")


@pytest.mark.parametrize(("status", "outcome"), [("200 OK", "delivered"), ("500 Internal Server Error", "retry")])
def test_a_text_is_handed_to_the_service(tmp_path: Path, status: str, outcome: str) -> None:
    got: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-le")
        )
        got.append(await reader.readexactly(length))
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def work() -> str:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        sink = Chat(receiver(tmp_path, f"json://127.0.0.1:{port}/alerts"))
        result = await sink.send(letter(format="text", payload=TEXT), T0_NS)
        await sink.close()
        server.close()
        return result.outcome

    assert asyncio.run(work()) == outcome
    said = json.loads(got[0])
    assert (said["title"], said["message"]) == ("Earthquake near Rushon", "Stay where you are.")


def test_an_address_of_no_service_is_told_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="its secret holds no address that apprise knows") as caught:
        Chat(receiver(tmp_path, "nonsense-with-token"))
    assert "token" not in str(caught.value)
