"""A real HTTPS server with a certificate of its own, which answers as it is told and remembers what it was sent."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from . import certificate

Answer = Callable[[int], bytes]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole answer, after which the connection stays."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Posted:
    """One request; ``at_s`` is when its head was there, on the clock of ``time.perf_counter``."""

    target: str
    headers: dict[str, str]
    body: bytes
    at_s: float = 0.0


@dataclass(slots=True)
class HttpsServer:
    """``answer`` gives what to say to the n-th request; empty bytes say nothing, for ever."""

    port: int
    ca_file: str
    answer: Answer
    posted: list[Posted] = field(default_factory=list)
    connections: int = 0
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def letters(self) -> list[Posted]:
        """Without heartbeats."""
        return [one for one in self.posted if "seismonet-heartbeat" not in one.headers]

    async def until(self, count: int, limit_s: float = 20.0) -> None:
        """Wait for so many letters."""
        async with asyncio.timeout(limit_s):
            while len(self.letters) < count:
                self.heard.clear()
                await self.heard.wait()


async def _request(reader: asyncio.StreamReader) -> Posted:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    at_s = time.perf_counter()
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Posted(head[0].split(" ")[1], headers, body, at_s)


@asynccontextmanager
async def serving(folder: Path, answer: Answer = lambda _: OK) -> AsyncIterator[HttpsServer]:
    """A server on loopback."""
    folder.mkdir(exist_ok=True)
    cert_file, key_file = certificate.write(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    made = HttpsServer(0, cert_file, answer)
    writers: set[asyncio.StreamWriter] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.connections += 1
        writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                made.posted.append(await _request(reader))
                made.heard.set()
                said = made.answer(len(made.posted) - 1)
                if not said:
                    await reader.read()  # until the other side gives up
                    break
                writer.write(said)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
