"""Simulated digitizers that speak SeedLink: a server for each station, fed by a schedule as time goes on.

A station can be cut off and come back: its digitizer keeps recording into its ring meanwhile, as real ones do.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from seismonet.net.clock import Clock
from seismonet.net.misbehaving import Behaviour, MisbehavingServer
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams
from seismonet.synthesis.digitizer import Schedule

RING_BYTES = 64 << 20
PACE_S = 0.05
LINGER_S = 60.0


def organization(scenario: str) -> str:
    """What the servers say who they are.

    >>> organization("2015-sarez")
    'SIMULATED digitizer, scenario 2015-sarez'
    """
    return f"SIMULATED digitizer, scenario {scenario}"


class Digitizers:
    """The stations of a schedule on the line, one server each.

    Parameters
    ----------
    schedule : what is sent, and when; it may begin in the past: what was to be sent by now is in the rings at once
    scenario : its name, told to every client beside the word SIMULATED
    ports : port of a station (``NET.STA``); any that is free for those without
    misbehaving : stations whose server misbehaves, and how
    """

    def __init__(
        self,
        schedule: Schedule,
        scenario: str,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        misbehaving: Mapping[str, Behaviour] | None = None,
    ) -> None:
        self.clock = clock
        self._schedule, self._sent = schedule, 0
        codes = sorted({one.station for one in schedule.sendings})
        self._params = {
            code: ServerParams(host=host, port=(ports or {}).get(code, 0), organization=organization(scenario))
            for code in codes
        }
        self._rings = {code: Ring(RING_BYTES) for code in codes}
        self._misbehaving = misbehaving or {}
        self._servers: dict[str, SeedLinkServer | MisbehavingServer] = {}

    @property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """Host and port of every station, once started."""
        return {code: (params.host, params.port) for code, params in self._params.items()}

    @property
    def online(self) -> set[str]:
        """Stations that can be reached."""
        return set(self._servers)

    @property
    def done(self) -> bool:
        """Was all of the schedule sent?"""
        return self._sent == len(self._schedule.sendings)

    async def start(self) -> None:
        """Open the servers, with all in their rings that was to be sent by now."""
        self._send()
        for code in self._params:
            await self.restore(code)

    async def run(self) -> None:
        """Send what is to be sent, until all is sent."""
        while not self.done:
            await self.clock.sleep(PACE_S)
            self._send()

    async def cut(self, station: str) -> None:
        """A station's link goes down: its connections end, and it takes no new ones."""
        server = self._servers.pop(station, None)
        if server is not None:
            await server.stop()

    async def restore(self, station: str) -> None:
        """It comes back, on the same port."""
        if station in self._servers:
            return
        server = self._server(station)
        await server.start()
        self._servers[station] = server
        self._params[station] = replace(self._params[station], port=server.address[1])

    def _server(self, station: str) -> SeedLinkServer | MisbehavingServer:
        params, ring = self._params[station], self._rings[station]
        if station in self._misbehaving:
            return MisbehavingServer(self._misbehaving[station], ring, self.clock, (params.host, params.port))
        return SeedLinkServer(params, ring, self.clock)

    async def stop(self) -> None:
        """Close all of them."""
        await asyncio.gather(*(self.cut(code) for code in list(self._servers)))

    def _send(self) -> None:
        sendings, begin_ns, now_ns = self._schedule.sendings, self._schedule.begin_ns, self.clock.now_ns()
        while self._sent < len(sendings):
            one = sendings[self._sent]
            if begin_ns + round(one.send_offset_s * 1e9) > now_ns:
                return
            self._rings[one.station].append(one.station, one.source_id, one.start_ns, one.end_ns, one.payload)
            self._sent += 1


async def serve(digitizers: Digitizers, say: Callable[[str], None]) -> None:
    """Serve until all was sent and for a minute more, so that everybody has it; ``say`` is told where."""
    await digitizers.start()
    try:
        for code, (host, port) in digitizers.addresses.items():
            say(f"  {code:9} seedlink://{host}:{port}")
        await digitizers.run()
        say("all was sent; serving for another minute")
        await digitizers.clock.sleep(LINGER_S)
    finally:
        await digitizers.stop()
