"""A time window out of a SeedLink server's ring, on a connection of its own.

The rule this file owns: the request is over when the server says so, when nothing has come for a while, or at its
deadline or limit, whichever is first. As with ``net.fdsn``, what became of it is an ``Answer``, never an exception.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters
from seedlink_client import AsyncSeedLink, SeedLinkAuthError, SeedLinkError, SeedLinkPacket

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import to_datetime

from .fdsn import Answer, Kind

BATCH_BYTES = 256 * 1024
_REFUSALS = ("AUTH", "UNAUTHORIZED", "UNSUPPORTED", "ARGUMENTS", "UNEXPECTED")
_NO_STATION = "No stations accepted"
"""What seedlink-client says when an old server does not have the station."""


@parameters(frozen=True)
class WindowLimits:
    """How long a window may take to come, and how much of it is taken."""

    connect_s: float = Field(default=20.0, gt=0, description="longest time for connection and agreement")
    first_s: float = Field(default=20.0, gt=0, description="longest wait for the first record")
    quiet_s: float = Field(default=5.0, gt=0, description="a server that sends nothing for so long has sent all")
    whole_s: float = Field(default=600.0, gt=0, description="longest time for a whole window")
    whole_mb: float = Field(default=64.0, gt=0, description="largest amount that is taken, MiB")


async def fetch_window(
    link: AsyncSeedLink,
    source_id: SourceId,
    window_ns: tuple[int, int],
    take: Callable[[bytes], Awaitable[None]],
    limits: WindowLimits = WindowLimits(),  # noqa: B008 (frozen)
) -> Answer:
    """Ask for one channel and time window; the records come to ``take`` in bunches of some hundred kilobytes.

    ``link`` is made with ``dialup=True`` and not connected yet; it is closed afterwards. Its server may also send
    records that only touch the window, or other channels: SeedLink 3 has no better selectors.
    """
    fetch = _Fetch(take, round(limits.whole_mb * 2**20))
    try:
        async with asyncio.timeout(limits.whole_s):
            async with asyncio.timeout(limits.connect_s):
                await link.connect()
                link.add_stream(f"{source_id.network}_{source_id.station}", _selector(source_id))
                link.set_timewindow(*map(to_datetime, window_ns))
                await link.negotiate()
            await fetch.run(link, limits)
    except SeedLinkAuthError as error:
        return fetch.answer("refused", str(error))
    except TimeoutError:
        return fetch.answer("failed", f"no whole answer within {limits.whole_s:g} s")
    except SeedLinkError as error:
        if _NO_STATION in str(error):
            return fetch.answer("none", "the server does not have the station")
        return fetch.answer("refused" if error.code in _REFUSALS else "failed", str(error))
    finally:
        with contextlib.suppress(SeedLinkError, OSError):
            await link.close()
    return fetch.answer("data" if fetch.total else "none", "the ring has nothing of this window")


def _selector(source_id: SourceId) -> str:
    """In SeedLink 4's form; seedlink-client writes it for version 3."""
    channel = source_id.channel if "_" in source_id.channel else "_".join(source_id.channel)
    return f"{source_id.location}_{channel}"


class _Fetch:
    """What has come, and what waits to be handed over."""

    def __init__(self, take: Callable[[bytes], Awaitable[None]], limit_bytes: int) -> None:
        self._take, self._limit = take, limit_bytes
        self._waiting: list[bytes] = []
        self._bytes = 0
        self.total = 0

    def answer(self, kind: Kind, words: str) -> Answer:
        """What became of it, in words for a person."""
        return Answer(kind, words=f"{self.total} bytes" if kind == "data" else " ".join(words.split())[:160])

    async def run(self, link: AsyncSeedLink, limits: WindowLimits) -> None:
        """Take all that comes, until the end."""
        stream = link.collect(reconnect=False)
        try:
            # a wait that is over ends the stream: there is no more to come
            with contextlib.suppress(TimeoutError):
                await self._collect(stream, limits)
            await self._flush()
        except SeedLinkError:
            await self._flush()
            raise
        finally:
            await stream.aclose()

    async def _collect(self, stream: AsyncGenerator[SeedLinkPacket, None], limits: WindowLimits) -> None:
        task, wait_s = asyncio.current_task(), limits.first_s
        while self.total < self._limit:
            async with asyncio.timeout(wait_s):
                packet = await anext(stream, None)
            if packet is None:
                return
            if task is not None and task.cancelling():
                # Python 3.11's wait_for, as used in seedlink-client, loses a cancellation when data come with it
                raise asyncio.CancelledError
            wait_s = limits.quiet_s
            await self._add(packet.payload)

    async def _add(self, payload: bytes) -> None:
        self._waiting.append(payload)
        self._bytes += len(payload)
        self.total += len(payload)
        if self._bytes >= BATCH_BYTES:
            await self._flush()

    async def _flush(self) -> None:
        if self._waiting:
            data, self._waiting, self._bytes = b"".join(self._waiting), [], 0
            await self._take(data)
