"""A SeedLink server whose every answer is written in the test."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

SAYS3 = {"HELLO": b"SeedLink v3.1 (2020.075)\r\nGFZ\r\n"}
SAYS4 = {"HELLO": b"SeedLink v4.0 (x) :: SLPROTO:4.0 SLPROTO:3.1\r\nGFZ\r\n"}


class Scripted:
    """``heard`` are the lines of all connections; ``says`` gives the answer to those that fit a pattern, the first that
    fits; all else is answered by OK."""

    def __init__(self, says: Mapping[str, bytes]) -> None:
        self.says = dict(says)
        self.heard: list[str] = []
        self.address = ("", 0)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        try:
            while data := await reader.readuntil(b"\r"):
                line = data.decode("ascii").strip()
                if not line:
                    continue
                self.heard.append(line)
                for pattern, answer in self.says.items():
                    if re.fullmatch(pattern, line):
                        writer.write(answer)
                        break
                else:
                    writer.write(b"OK\r\n" if line != "END" else b"")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def scripted(says: Mapping[str, bytes]) -> AsyncIterator[Scripted]:
    """Such a server at work."""
    server = Scripted(says)
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.address = listener.sockets[0].getsockname()[:2]
    try:
        yield server
    finally:
        listener.close()
