"""A time window out of a SeedLink server's ring, on a connection of its own.

The rule this file owns: the request is over when the server says so, when nothing has come for a while, or at its
deadline or limit, whichever is first. As with ``net.fdsn``, what became of it is an ``Answer``, never an exception.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters
from seedlink_client import Protocol, SeedLinkError, Stream
from seedlink_client._commands import plan_negotiation

from seismonet.core.errors import AuthError, ProtocolError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import to_datetime

from .clock import Clock
from .dialing import Dialer, reason_of
from .fdsn import Answer, Kind
from .framing import Frames
from .link import Link
from .negotiation import wire_selector
from .source import Limits, SourceParams, plain

BATCH_BYTES = 256 * 1024
_END = "the server says END"


@parameters(frozen=True)
class WindowLimits:
    """How long a window may take to come, and how much of it is taken."""

    first_s: float = Field(default=20.0, gt=0, description="longest wait for the first record")
    quiet_s: float = Field(default=5.0, gt=0, description="a server that sends nothing for so long has sent all")
    whole_s: float = Field(default=600.0, gt=0, description="longest time for a whole window")
    whole_mb: float = Field(default=64.0, gt=0, description="about the largest amount that is taken, MiB")
    link: Limits = Field(default=Limits(), description="limits of the connection")


class RingFetch:
    """Asks one server. ``dialer`` is the one that its live connection uses, so that both take turns.

    >>> RingFetch(SourceParams("sarez", "seedlink://sarez", ("TJ.SAREZ",)), Clock()).params.address
    ('sarez', 18000)
    """

    def __init__(
        self, params: SourceParams, clock: Clock, dialer: Dialer | None = None, limits: WindowLimits | None = None
    ) -> None:
        self.params, self.clock, self.dialer = params, clock, dialer or Dialer(clock)
        self.limits = limits or WindowLimits()

    async def window(
        self, source_id: SourceId, window_ns: tuple[int, int], take: Callable[[bytes], Awaitable[None]]
    ) -> Answer:
        """Fetch one channel and time window; the records come to ``take`` in bunches of some hundred kilobytes.

        The server may also send records that only touch the window, or others: version 3 has no better selectors.
        """
        link = Link(self.params, self.limits.link, self.clock, self.dialer)
        fetch = _Fetch(link, self.limits, take)
        try:
            async with asyncio.timeout(self.limits.whole_s / self.clock.rate):
                async with self.dialer.turn(*self.params.address):
                    await link.open()
                if (refused := await _ask(link, source_id, window_ns)) is not None:
                    return refused
                await fetch.run()
        except AuthError as error:
            return fetch.answer("refused", str(error))
        except TimeoutError:
            return fetch.answer("failed", f"no whole answer within {self.limits.whole_s:g} s")
        except (ProtocolError, SeedLinkError, OSError, UnicodeError) as error:
            return fetch.answer("failed", link.words(reason_of(error)))
        finally:
            await link.close()
        return fetch.answer("data" if fetch.total else "none", "the ring has nothing of this window")


async def _ask(link: Link, source_id: SourceId, window_ns: tuple[int, int]) -> Answer | None:
    """Say what is wanted; an answer when the server will not have it."""
    protocol = Protocol.V4 if link.version == 4 else Protocol.V3
    channel = source_id.channel if "_" in source_id.channel else "_".join(source_id.channel)
    selector = wire_selector(f"{source_id.location}_{channel}", protocol)
    stream = Stream(f"{source_id.network}_{source_id.station}", [selector])
    begin, end = map(to_datetime, window_ns)
    plan = plan_negotiation(
        protocol, [stream], True, True, resume=False, lastpkttime=False, batch_active=False, start_time=begin,
        end_time=end,
    )  # fmt: skip
    async with asyncio.timeout(link.limits.agree_s / link.clock.rate):
        for command in plan:
            await link.send([command])
            if command.parse is None:
                continue
            done, words = await link.reply()
            if not done:
                what = "does not have the station" if command.role == "station" else f"refuses: {words}"
                return Answer("none" if command.role == "station" else "refused", words=plain(f"the server {what}"))
    return None


class _Fetch:
    """What has come, and what waits to be handed over."""

    def __init__(self, link: Link, limits: WindowLimits, take: Callable[[bytes], Awaitable[None]]) -> None:
        self._link, self._limits, self._take = link, limits, take
        self._waiting: list[bytes] = []
        self._bytes = 0
        self.total = 0

    def answer(self, kind: Kind, words: str) -> Answer:
        """What became of it, in words for a person."""
        return Answer(kind, words=f"{self.total} bytes" if kind == "data" else plain(words))

    async def run(self) -> None:
        """Take all that comes, until the end."""
        link, frames = self._link, Frames(self._link.version, self._limits.link)
        try:
            while self.total < self._limits.whole_mb * 2**20 and frames.fault is None:
                data = bytes(link.rest) or await self._read()
                link.rest.clear()
                if not data:
                    break
                for _, _, payload in frames.feed(data):
                    self._add(payload)
                if self._bytes >= BATCH_BYTES:
                    await self._flush()
        finally:
            # not when it is cancelled or late: then there is no time to wait for room
            if (task := asyncio.current_task()) is not None and not task.cancelling():
                await self._flush()
        if frames.fault is not None and not str(frames.fault).startswith(_END):
            raise frames.fault

    async def _read(self) -> bytes:
        """What has come; nothing when the server is done, by closing or by sending nothing."""
        wait_s = self._limits.quiet_s if self.total else self._limits.first_s
        with suppress(SeedLinkError):
            try:
                async with asyncio.timeout(wait_s / self._link.clock.rate):
                    return await self._link.read()
            except TimeoutError:
                return b""
        return b""

    def _add(self, payload: bytes) -> None:
        self._waiting.append(payload)
        self._bytes += len(payload)
        self.total += len(payload)

    async def _flush(self) -> None:
        if self._waiting:
            data, self._waiting, self._bytes = b"".join(self._waiting), [], 0
            await self._take(data)
