"""A SeedLink client for a test, with all its time-outs short, and what it delivers."""

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from seismonet.core.waveform import FOREIGN, Packet, Resume
from seismonet.net.client import SeedLinkClient
from seismonet.net.clock import Clock
from seismonet.net.dialing import Dialer
from seismonet.net.source import Limits, SourceParams

QUICK = Limits(
    connect_s=1.0, line_s=0.3, agree_s=0.6, packet_s=0.6, info_s=1.0, first_retry_s=0.05, last_retry_s=0.2,
    steady_s=0.3, settle_s=30.0, refused_s=5.0, look_s=0.05, look_again_s=0.3,
)  # fmt: skip
"""Everything some thirty times faster than in earnest."""
PATIENT = {"keepalive_s": 0.2, "dead_s": 0.6, "station_silent_s": 5.0}


class Received:
    """What a client delivered, and what of it is "stored": everything up to the last ``store``."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.foreign: list[Packet] = []
        self.stored: dict[str, Resume] = {}
        self.asked = 0
        self.room = asyncio.Event()
        self.room.set()

    def deliver(self, packets: Any, flags: int) -> None:
        (self.foreign if flags & FOREIGN else self.packets).extend(packets)

    def resume(self) -> Mapping[str, Resume]:
        self.asked += 1
        return self.stored

    async def wait_for_room(self) -> None:
        await self.room.wait()

    def numbers(self, station: str = "TJ.SAREZ") -> list[int]:
        return [one.sequence for one in self.packets if one.station == station]

    def payloads(self) -> list[bytes]:
        return [one.payload for one in self.packets]


def params(address: tuple[str, int], name: str = "sarez", **fields: Any) -> SourceParams:
    """A source at an address of this machine."""
    scheme = fields.pop("scheme", "seedlink")
    host = fields.pop("host", address[0])
    return SourceParams(name, f"{scheme}://{host}:{address[1]}", **{"stations": ("TJ.SAREZ",), **PATIENT, **fields})


@asynccontextmanager
async def receiving(
    source: SourceParams,
    received: Received | None = None,
    *,
    dialer: Dialer | None = None,
    draw: Callable[[float, float], float] = random.uniform,
    **limits: Any,
) -> AsyncIterator[tuple[SeedLinkClient, Received]]:
    """A client at work."""
    got, clock = received or Received(), Clock()
    client = SeedLinkClient(
        source, got.deliver, resume=got.resume, room=got.wait_for_room, clock=clock,
        dialer=dialer, draw=draw, limits=dataclasses.replace(QUICK, **limits),
    )  # fmt: skip
    task = asyncio.create_task(client.run())
    try:
        yield client, got
        assert not task.done() or task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
