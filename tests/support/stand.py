"""A SeedLink server that stands on a port of its own while a test calls commands."""

import asyncio
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from seismonet.core.sourceid import SourceId
from seismonet.daemon.logs import setup_logs
from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams

from .miniseed import record

S = 1_000_000_000
PATIENCE_S = 20.0


def remembering(*channels: tuple[str, float], remembers_s: int = 7200) -> Ring:
    """A ring with the first and last second of what some channels sent, each up to so many seconds ago."""
    ring, now_ns = Ring(10_000_000), Clock().now_ns()
    for name, age_s in channels:
        source_id, end_ns = SourceId.parse(name), now_ns - round(age_s * S)
        for begin_ns in (end_ns - remembers_s * S, end_ns - S):
            ring.append(source_id.station_code, source_id, begin_ns, begin_ns + S, record())
    return ring


@contextmanager
def standing(ring: Ring, **params: Any) -> Iterator[int]:
    """Serve a ring on the loopback interface; the port. What the server logs goes nowhere."""
    setup_logs(stream=io.StringIO())
    ready, done = threading.Event(), threading.Event()
    found: list[int] = []

    async def serve() -> None:
        server = SeedLinkServer(ServerParams(port=0, **params), ring, Clock())
        await server.start()
        found.append(server.address[1])
        ready.set()
        await asyncio.to_thread(done.wait)
        await server.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        yield found[0]
    finally:
        done.set()
        thread.join(PATIENCE_S)
        structlog.reset_defaults()
