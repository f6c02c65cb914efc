"""A SeedLink server whose every answer is written in the test."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

SAYS3 = {"HELLO": b"SeedLink v3.1 (2020.075)\r\nGFZ\r\n"}
SAYS4 = {"HELLO": b"SeedLink v4.0 (x) :: SLPROTO:4.0 SLPROTO:3.1\r\nGFZ\r\n"}


class Scripted:
    """``heard`` are the lines of all connections; ``says`` gives the answer to those that fit a pattern, the first that
    fits; all else is answered by OK. ``one_at_a_time``: of what comes together only the first line is heard."""

    def __init__(self, says: Mapping[str, bytes], one_at_a_time: bool = False) -> None:
        self.says, self.one_at_a_time = dict(says), one_at_a_time
        self.heard: list[str] = []
        self.address = ("", 0)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        try:
            while data := await (reader.read(4096) if self.one_at_a_time else reader.readuntil(b"\r")):
                line = data.decode("ascii").strip().partition("\r")[0]
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
async def scripted(says: Mapping[str, bytes], one_at_a_time: bool = False) -> AsyncIterator[Scripted]:
    """Such a server at work."""
    server = Scripted(says, one_at_a_time)
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.address = listener.sockets[0].getsockname()[:2]
    try:
        yield server
    finally:
        listener.close()
