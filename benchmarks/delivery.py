"""From the last pick that an alert needs to its commit, and to its first byte at a webhook on the same machine.

Each round is an earthquake below three stations of the Pamir. The clock runs from the moment the pick that completes
its first location is handed over: association, location, magnitude, the shaking at all targets, the line in
``alerts.jsonl``, five forms written and signed, and their commit; then the webhook's connection, a thread and TLS.
"""

import asyncio
import logging
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import structlog
from tests.support.httpsserver import HttpsServer, serving
from tests.support.picks import Quake, World, order

from seismonet.config import Config
from seismonet.core.alert import Alert
from seismonet.core.event import Amplitude, Event, Pick
from seismonet.core.inventory import ChannelTable
from seismonet.core.share import share
from seismonet.core.target import Target
from seismonet.daemon.delivery import Dispatcher
from seismonet.daemon.messages import Messages, Stationery, stationery
from seismonet.daemon.publish import Publisher
from seismonet.formats.signature import new_key
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.net.clock import Clock
from seismonet.net.receivers import ReceiverParams
from seismonet.pipeline import Output
from seismonet.store.targets import read_targets
from seismonet.warn.shaking import ShakingParams, forecast

from .page import Figure

ROUNDS = 100
PAMIR = {"TJ.SAREZ": (38.27, 72.60), "TJ.MURGH": (38.17, 73.97), "TJ.MANEM": (37.54, 71.66)}
COMMIT_MS, FIRST_BYTE_MS = (50.0, 250.0), 1000.0
WARMED = 10
"""Rounds that are not counted: everything is imported and connected then, as in a daemon that runs."""


@dataclass(slots=True)
class Chain:
    """All that stands between a pick and a receiver."""

    model: TravelTimes
    targets: tuple[Target, ...]
    papers: Stationery
    publisher: Publisher
    dispatcher: Dispatcher
    clock: Clock
    commit_ms: list[float] = field(default_factory=list)
    pipeline_ms: list[float] = field(default_factory=list)
    byte_ms: list[float] = field(default_factory=list)

    async def round(self, number: int, server: HttpsServer) -> None:
        """One earthquake."""
        here = World(PAMIR, self.model, seed=number)
        quake = Quake(38.0 + 0.3 * np.sin(number), 72.7 + 0.4 * np.cos(number), 12.0, 60.0, 6.0)
        associator, now_ns = here.associator(), 0
        for one in order(here.facts(quake)):
            begin_s = time.perf_counter()
            if isinstance(one, Pick):
                associator.add_pick(one, one.issued_ns)
            elif isinstance(one, Amplitude):
                associator.add_amplitude(one)
            now_ns = one.issued_ns
            events = associator.news(now_ns)
            if events:
                await self._tell(replace(events[0], id=f"{events[0].id}-{number}"), begin_s, server)
                return

    async def _tell(self, event: Event, begin_s: float, server: HttpsServer) -> None:
        shift_ns = self.clock.now_ns() - event.issued_ns
        alert = self._alert(event, shift_ns)
        decided_s = time.perf_counter()
        count = len(server.posted)
        told = self.publisher.tell(Output(alerts=[alert]), "", alert.issued_ns)
        self.dispatcher.decide(told, Messages(self.papers, "Actual"))
        committed_s = time.perf_counter()
        await server.until(count + 1)
        self.pipeline_ms.append(1e3 * (decided_s - begin_s))
        self.commit_ms.append(1e3 * (committed_s - begin_s))
        self.byte_ms.append(1e3 * (server.posted[count].at_s - begin_s))
        while any(self.dispatcher.account(name).waiting for name in self.dispatcher.carriers):
            await asyncio.sleep(0.002)

    def _alert(self, event: Event, shift_ns: int) -> Alert:
        """As of an earthquake that happens now."""
        origin = replace(event.origin, time_ns=event.origin.time_ns + shift_ns)
        issued_ns = event.issued_ns + shift_ns
        shaking = forecast(origin, event.magnitude, self.targets, self.model, issued_ns, ShakingParams())
        size = event.magnitude
        return Alert(
            event.id, 0, "new", issued_ns, origin.time_ns, origin.latitude, origin.longitude, origin.depth_km,
            size.value if size else None, size.type if size else None, tuple(origin.station_codes),
            origin.horizontal_uncertainty_km, "status", shaking=shaking, audience="civil_defence",
            expires_ns=issued_ns + 60 * 10**9,
        )  # fmt: skip


def receivers(folder: Path, server: HttpsServer) -> list[ReceiverParams]:
    """A webhook, and files that take the other forms."""
    hook = ReceiverParams(
        "hook", "webhook", f"https://localhost:{server.port}/", audience="civil_defence", ca_file=server.ca_file,
        ports=(server.port,), allow_private=("127.0.0.0/8", "::1/128"),
    )  # fmt: skip
    files = [
        ReceiverParams(name, "file", str(folder / name), audience="civil_defence", format=form, language=language)  # type: ignore[arg-type]
        for name, form, language in (
            ("cap", "cap", "tg"),
            ("text", "text", "ru"),
            ("sms", "sms", "tg"),
            ("map", "geojson", "en"),
        )
    ]
    return [hook, *files]


async def rounds(count: int) -> Chain:
    """So many earthquakes."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seismonet-delivery-")))
        server = await stack.enter_async_context(serving(folder / "server"))
        clock = Clock()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        dispatcher = Dispatcher(folder, clock, structlog.get_logger())
        dispatcher.box.open()
        targets = read_targets(share("config") / "targets.csv")
        dispatcher.change(receivers(folder, server), targets)
        papers = replace(stationery(Config(), ChannelTable((), ()), targets), key=new_key())
        publisher = Publisher(folder, lambda event, **values: None, 0)
        model = travel_times("iasp91", cache_dir())
        chain = Chain(model, targets, papers, publisher, dispatcher, clock)
        running = asyncio.create_task(dispatcher.run())
        for number in range(count):
            await chain.round(number, server)
        await dispatcher.finish()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        dispatcher.box.close()
        return chain


def measure(count: int = ROUNDS) -> list[Figure]:
    """Both ways, in wall time."""
    found = asyncio.run(rounds(count + WARMED))
    before = np.percentile(found.pipeline_ms[WARMED:], [50, 99])
    commit, byte = (np.percentile(one[WARMED:], [50, 99]) for one in (found.commit_ms, found.byte_ms))
    detail = f"{len(found.commit_ms) - WARMED} alerts; of it location and shaking at {len(found.targets)} targets"
    detail += f" {before[0]:.1f} ms, 99 of 100 {before[1]:.1f} ms"
    return [
        Figure(
            "Last needed pick to outbox commit (five forms, signed), p50 and p99",
            f"≤ {COMMIT_MS[0]:g} and {COMMIT_MS[1]:g} ms",
            f"{commit[0]:.1f} and {commit[1]:.1f} ms",
            bool(commit[0] <= COMMIT_MS[0] and commit[1] <= COMMIT_MS[1]),
            detail,
        ),
        Figure(
            "Last needed pick to the first byte at a webhook, p99",
            f"≤ {FIRST_BYTE_MS:g} ms",
            f"{byte[1]:.1f} ms",
            bool(byte[1] <= FIRST_BYTE_MS),
            f"HTTPS, a kept connection, on the same machine; p50 {byte[0]:.1f} ms",
        ),
    ]
