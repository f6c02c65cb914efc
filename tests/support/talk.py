"""A SeedLink server for a test, and a client that says exactly what the test tells it to."""

import asyncio
import json
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from seismonet.core.sourceid import SourceId
from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams

from .miniseed import record

S = 1_000_000_000
PATIENCE_S = 20.0
BEGIN_NS = 1_727_942_400 * S
"""2024-10-03T08:00:00Z, when the records made here begin."""
_HEAD4 = struct.Struct("<2sccIQB")
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine; whatever hangs is an error."""

    async def bounded() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await work

    return asyncio.run(bounded())


async def until(condition: Callable[[], object]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


def seconds(ring: Ring, name: str, first: int, count: int, payload: bytes = b"") -> list[int]:
    """Append one record a second of a channel, from a second on; their sequence numbers."""
    source_id = SourceId.parse(name)
    data = payload or record()
    spans = [(BEGIN_NS + k * S, BEGIN_NS + (k + 1) * S) for k in range(first, first + count)]
    return [ring.append(source_id.station_code, source_id, *span, data) for span in spans]


@asynccontextmanager
async def serving(ring: Ring, clock: Clock | None = None, **params: Any) -> AsyncIterator[SeedLinkServer]:
    """A server on a free port of the loopback interface."""
    server = SeedLinkServer(ServerParams(port=0, **params), ring, clock or Clock(), {"TJ.SAREZ": "Sarez <dam>"})
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@dataclass(frozen=True)
class Got:
    """One packet: ``station`` and ``kind`` are SeedLink 4's."""

    sequence: int
    payload: bytes
    station: str = ""
    kind: str = ""


class Talk:
    """A raw client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    @asynccontextmanager
    async def to(cls, server: SeedLinkServer, tls: ssl.SSLContext | None = None) -> AsyncIterator["Talk"]:
        """Connected to a server."""
        name = "localhost" if tls else None
        reader, writer = await asyncio.open_connection(*server.address, ssl=tls, server_hostname=name)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()

    def send(self, *lines: str) -> None:
        """Say some lines and wait for nothing."""
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode("ascii"))

    async def line(self) -> str:
        """The next line of an answer."""
        return (await self.reader.readuntil(b"\r\n")).decode("ascii").removesuffix("\r\n")

    async def ask(self, *lines: str) -> list[str]:
        """Say lines, each answered by one."""
        answers = []
        for line in lines:
            self.send(line)
            answers.append(await self.line())
        return answers

    async def packet3(self) -> Got | None:
        """The next packet of SeedLink 3; None at END."""
        start = await self.reader.readexactly(3)
        if start == b"END":
            return None
        head = start + await self.reader.readexactly(5)
        assert head[:2] == b"SL"
        return Got(int(head[2:], 16), await self.reader.readexactly(512))

    async def packet4(self) -> Got | None:
        """The next packet of SeedLink 4; None at END."""
        start = await self.reader.readexactly(3)
        if start == b"END":
            return None
        signature, code, subcode, length, sequence, size = _HEAD4.unpack(start + await self.reader.readexactly(14))
        assert signature == b"SE"
        station = (await self.reader.readexactly(size)).decode("ascii")
        return Got(sequence, await self.reader.readexactly(length), station, (code + subcode).decode("ascii"))

    async def rest(self, version: int) -> list[Got]:
        """All packets up to END."""
        found = []
        while one := await (self.packet3() if version == 3 else self.packet4()):
            found.append(one)
        return found

    async def info4(self, *arguments: str) -> tuple[str, Any]:
        """Subformat and document of an INFO in version 4."""
        self.send(" ".join(("INFO", *arguments)))
        got = await self.packet4()
        assert got is not None
        return got.kind, json.loads(got.payload)

    async def info3(self, level: str) -> tuple[str, str]:
        """Channel (INF or ERR) and text of an INFO in version 3, put together from its records."""
        self.send(f"INFO {level}")
        text, last = b"", False
        while not last:
            head = await self.reader.readexactly(8)
            assert head in (b"SLINFO *", b"SLINFO  ")
            last = head == b"SLINFO  "
            payload = await self.reader.readexactly(512)
            text += payload[56 : 56 + int.from_bytes(payload[30:32], "big")]
        return payload[15:18].decode("ascii"), text.decode("ascii")

    async def closed(self) -> bool:
        """Does the server close the connection (what it still sends is thrown away)?"""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass
        return True
