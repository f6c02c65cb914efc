"""A drill: an invented earthquake, from what the stations would send to receivers who are really told, as an exercise.

The rule this file owns: nothing of a drill can be taken for real. Its waveforms go through a pipeline of its own, its
event has an id of its own kind, its messages are exercises whatever the network's status is, and only receivers who
take exercises get them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from seismonet.core.alert import Alert
from seismonet.core.event import identifier
from seismonet.core.utc import from_seconds, to_iso
from seismonet.core.waveform import Delivery, Packet, Receipts
from seismonet.formats import jsonlines
from seismonet.models.traveltime import cache_dir
from seismonet.net.clock import Clock
from seismonet.store.outbox import NAME as OUTBOX
from seismonet.store.outbox import Outbox, Posted
from seismonet.synthesis.digitizer import LinkParams, Schedule
from seismonet.synthesis.earthmodels import SimulatedEarth, errors_around
from seismonet.synthesis.records import USUAL
from seismonet.synthesis.scenarios import Scenario
from seismonet.synthesis.simulation import read_network, simulate

from .acts import DRILL
from .alone import Act
from .live import Live
from .requests import Request
from .setup import Setup

LEAD_S, HISTORY_S, STEP_S = 5.0, 60.0, 0.1
"""The earthquake happens so long after all is ready; stations have sent so much before; steps are this far apart."""
LINK = LinkParams(latency_s=0.5, jitter_s=0.2)
SETTLE_S = 10.0
Say = Callable[[str], None]


@dataclass(slots=True)
class Drill:
    """One drill: of what, asked for by whom, how long after the origin it goes on."""

    setup: Setup
    scenario: Scenario
    clock: Clock
    by: str
    length_s: float = 60.0
    origin_ns: int = 0
    alerts: list[Alert] = field(default_factory=list)

    async def run(self, act: Act, say: Say) -> None:
        """All of it, in the time that it takes."""
        say(f"making what the stations would send of {self.scenario.name!r}: {self.scenario.description}")
        live = self.setup.live()
        receipts = await asyncio.to_thread(self._receipts, live)
        say(f"EXERCISE: the invented earthquake happens at {to_iso(self.origin_ns, 0)}, in {LEAD_S:g} s")
        end_ns, done = self.origin_ns + from_seconds(self.length_s), 0
        while (now_ns := self.clock.now_ns()) < end_ns:
            upto = int(np.searchsorted(receipts.received_ns, now_ns, side="right"))
            output = live.step(receipts.select(slice(done, upto)), now_ns)
            done = upto
            for alert in map(self._invented, output.alerts):
                self.alerts.append(alert)
                answered = await act(self._request(alert))
                say(f"{(alert.issued_ns - self.origin_ns) / 1e9:+6.1f} s  {'; '.join(answered.words)}")
            await self.clock.sleep(STEP_S)
        await self.clock.sleep(SETTLE_S if self.alerts else 0.0)

    def _request(self, alert: Alert) -> Request:
        note = f"{self.scenario.name}, {self.scenario.description}"
        return Request("drill", self.by, self.clock.now_ns(), note, {"alert": jsonlines.alert_object(alert)})

    def _invented(self, alert: Alert) -> Alert:
        """The alert under an id that no real event has, and no other drill."""
        name = f"{DRILL}{identifier(f'{alert.event_id} {self.origin_ns}')}"
        return replace(alert, event_id=name, source_event_id="", reason=f"drill: {alert.reason}")

    def _receipts(self, live: Live) -> Receipts:
        """What the stations send, in the order in which it comes, as if the earthquake happened soon."""
        made = self._schedule()
        deliveries = [
            Delivery("drill", made.begin_ns + from_seconds(one.send_offset_s), (Packet(one.station, -1, one.payload),))
            for one in made.sendings
        ]
        found = live.hear(deliveries).batch.receipts
        after_s = self.scenario.events[0].after_s if self.scenario.events else 0.0
        self.origin_ns = self.clock.now_ns() + from_seconds(LEAD_S)
        shift_ns = self.origin_ns - from_seconds(after_s) - made.begin_ns
        return replace(found, start_ns=found.start_ns + shift_ns, received_ns=found.received_ns + shift_ns)

    def _schedule(self) -> Schedule:
        network = self.setup.config.network
        table, inventory = read_network(network.stations)
        own = {one.station_code for one in table.stations}
        scenario = replace(self.scenario, stations=tuple(one for one in self.scenario.stations if one in own))
        after_s = scenario.events[0].after_s if scenario.events else 0.0
        # the pipeline knows a model; the Earth is another
        earth = SimulatedEarth.draw(network.earth_model, errors_around(network.earth_model), 0, cache_dir())
        made = simulate(
            scenario,
            table,
            earth.times_to,
            begin_ns=self.clock.now_ns(),
            window_s=(after_s - LEAD_S - HISTORY_S, after_s + self.length_s),
            inventory=inventory,
        )
        return made.schedule(USUAL, LINK)


@dataclass(frozen=True, slots=True)
class Reached:
    """A receiver in a drill: what it got first, when, how often, and whether it said so; or why it got nothing."""

    receiver: str
    audience: str
    state: str
    messages: int = 0
    sent: int = 0
    after_decision_s: float | None = None
    after_origin_s: float | None = None
    acknowledged_s: float | None = None
    why: str = ""


def reached(drill: Drill) -> list[Reached]:
    """What became of each receiver."""
    outbox = Outbox(Path(drill.setup.config.archive.folder) / OUTBOX, look=True)
    try:
        ids = dict.fromkeys(one.event_id for one in drill.alerts)
        posted = [one for name in ids for one in outbox.posted(name)]
        refused = [one for name in ids for one in outbox.refused(name)]
    finally:
        outbox.close()
    found = []
    for receiver in drill.setup.config.receivers:
        own = [one for one in posted if one.letter.receiver == receiver.name]
        why = [why for audience, _, name, why in refused if name == receiver.name and audience == receiver.audience]
        nothing = "no alert for its audience"
        found.append(
            _reached(receiver.name, receiver.audience, own, drill.origin_ns)
            if own
            else Reached(receiver.name, receiver.audience, "not told", why=next(iter(why), nothing))
        )
    return found


def _reached(name: str, audience: str, own: list[Posted], origin_ns: int) -> Reached:
    sent = [one for one in own if one.state == "SENT"]
    acked = min((one.acked_ns for one in own if one.acked_ns), default=0)
    if not sent:
        return Reached(name, audience, own[-1].state, len(own), 0, why=own[-1].evidence)
    first = min(sent, key=lambda one: one.settled_ns)
    return Reached(
        name,
        audience,
        "reached",
        len(own),
        len(sent),
        (first.settled_ns - first.letter.issued_ns) / 1e9,
        (first.settled_ns - origin_ns) / 1e9,
        (acked - first.settled_ns) / 1e9 if acked else None,
        first.ack or first.evidence,
    )
