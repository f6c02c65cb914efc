"""An HTTP server that speaks bytes: it answers each request with the next of its scripts, whatever that says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Script = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def response(status: str, body: bytes = b"", *headers: str) -> bytes:
    """A whole answer with its length stated."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass(slots=True)
class HttpServer:
    """Where it listens, what it was asked (request targets), and how many connections it had open at most."""

    port: int
    asked: list[str] = field(default_factory=list)
    open: int = 0
    most_open: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/"


@asynccontextmanager
async def serving(answer: Callable[[str], Script]) -> AsyncIterator[HttpServer]:
    """A server on loopback; ``answer`` gives what to send for a request target."""
    seen = HttpServer(0)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.open += 1
        seen.most_open = max(seen.most_open, seen.open)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b" ")[1].decode()
            seen.asked.append(target)
            script = answer(target)
            if isinstance(script, bytes):
                writer.write(script)
                await writer.drain()
            else:
                await script(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            seen.open -= 1
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 2.0)
