"""The servers that data come from: one client each, begun, changed and ended while the daemon runs.

The rule this file owns: a source is asked to go on after what is in the journal, and nothing else tells where that is.
A station that was never heard is asked for its last minute; as servers then keep back all that is older, however late
it comes, the station is asked again, by number, as soon as it is known.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Resume
from seismonet.net.client import SeedLinkClient
from seismonet.net.clock import Clock
from seismonet.net.dialing import Dialer
from seismonet.net.negotiation import OVERLAP_NS, is_pattern
from seismonet.net.source import SourceParams, SourceState
from seismonet.store.journal import Origin
from seismonet.store.simulated import SIMULATED, joined

from .intake import Intake

FIRST_S = 60.0
"""A station that was never heard is asked for what it sent in this time, so that it has a say at once."""
SETTLE_S = 30.0
"""So long the stations of a source wait for each other before they are asked again together."""


class Sources:
    """The clients of a daemon; they begin with ``dial``. ``durable`` tells how far each station is in the journal."""

    def __init__(self, intake: Intake, durable: Callable[[], Mapping[Origin, Resume]], clock: Clock) -> None:
        self.clock, self.dialer = clock, Dialer(clock)
        self._intake, self._durable = intake, durable
        self._clients: dict[str, tuple[SeedLinkClient, asyncio.Task[None]]] = {}
        self._first: dict[str, tuple[set[str], float]] = {}

    def dial(self, group: asyncio.TaskGroup, sources: Iterable[SourceParams]) -> None:
        """Begin to receive from these."""
        for params in sources:
            client = SeedLinkClient(
                params,
                self._intake.port(params.name),
                resume=partial(self._where, params),
                room=partial(self._intake.room, params.name),
                clock=self.clock,
                dialer=self.dialer,
            )
            self._clients[params.name] = client, group.create_task(client.run())

    def change(self, group: asyncio.TaskGroup, sources: Iterable[SourceParams]) -> None:
        """Receive from these from now on; those that stay as they are notice nothing."""
        wanted = {params.name: params for params in sources}
        for name, (client, task) in list(self._clients.items()):
            if wanted.get(name) != client.params:
                del self._clients[name]
                self._first.pop(name, None)
                task.cancel()
                self._intake.mend(name)
        self.dial(group, [params for name, params in wanted.items() if name not in self._clients])

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The clients at work."""
        return [task for _, task in self._clients.values()]

    @property
    def states(self) -> list[SourceState]:
        """How each of them is."""
        return [client.state for client, _ in self._clients.values()]

    @property
    def simulated(self) -> str:
        """Who of them says that its data are made up; empty when nobody does."""
        told = {client.organization for client, _ in self._clients.values()}
        return joined(sorted(one for one in told if SIMULATED in one.upper()))

    def look(self) -> None:
        """Once a second: ask stations by number that were asked for by time, those of a source together."""
        durable, now_s = self._durable(), self.clock.monotonic_s()
        for name, (stations, since_s) in list(self._first.items()):
            heard = {station for station in stations if (name, station) in durable}
            if heard == stations or (heard and now_s - since_s > SETTLE_S):
                del self._first[name]
                self.redial(name)

    def redial(self, name: str) -> None:
        """Ask a source again from where the journal ends."""
        if name in self._clients:
            self._clients[name][0].redial()

    def _where(self, params: SourceParams) -> Mapping[str, Resume]:
        """Where each station of a source goes on."""
        self._intake.mend(params.name)
        known = {station: one for (name, station), one in self._durable().items() if name == params.name}
        first = Resume(-1, self.clock.now_ns() - from_seconds(FIRST_S) + OVERLAP_NS)
        new = {station: first for station in params.stations if not is_pattern(station) and station not in known}
        self._first.pop(params.name, None)
        if new:
            self._first[params.name] = set(new), self.clock.monotonic_s()
        return {**new, **known}
