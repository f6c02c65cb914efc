"""What the ledger is told of a step: decisions with all that they were made from, and when each stage was reached.

Made after everybody was told, so that it delays nobody.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seismonet.core.alert import Alert
from seismonet.core.event import Event, Pick
from seismonet.core.letter import Letter
from seismonet.core.plain import to_plain
from seismonet.core.sourceid import SourceId
from seismonet.core.status import NetworkStatus
from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Receipts
from seismonet.formats import jsonlines
from seismonet.formats.jsonlines import iso
from seismonet.net.sinks.result import Result
from seismonet.pipeline import Output
from seismonet.store.ledger import Entry

DECIDED, SENT, ACKNOWLEDGED = "decided", "sent", "acknowledged"
WHO = "daemon"
KEPT_S = 120.0
"""Picks are used within this time, so what came before them is forgotten after it."""
PACKETS = 3
"""Last packets before a pick that are named, of its channel."""
JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A record that was received: when, and the time that it covers."""

    received_ns: int
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Made:
    """With what decisions are made: version of the program, hash of the configuration, status of messages."""

    version: str
    parameters: str
    status: str


@dataclass(slots=True)
class Evidence:
    """What was received and picked lately."""

    arrived: dict[SourceId, deque[Arrived]] = field(default_factory=dict)
    picks: dict[str, Pick] = field(default_factory=dict)

    def hear(self, receipts: Receipts) -> None:
        """Remember when records came, for a while."""
        ends = receipts.end_ns().tolist()
        rows = zip(
            receipts.channel.tolist(), receipts.received_ns.tolist(), receipts.start_ns.tolist(), ends, strict=True
        )
        for channel, *times in rows:
            known = self.arrived.setdefault(receipts.source_ids[channel], deque())
            known.append(Arrived(*times))
            while known[0].received_ns < known[-1].received_ns - from_seconds(KEPT_S):
                known.popleft()

    def see(self, picks: Iterable[Pick]) -> None:
        """Remember picks, for a while."""
        found = {pick.id: pick for pick in picks}
        if not found:
            return
        self.picks.update(found)
        newest_ns = max(one.issued_ns for one in found.values())
        old = [name for name, one in self.picks.items() if one.issued_ns < newest_ns - from_seconds(3 * KEPT_S)]
        for name in old:
            del self.picks[name]

    def before(self, pick: Pick) -> list[Arrived]:
        """The last packets of a pick's channel that had come when it was told first, the newest last."""
        own = [one for one in self.arrived.get(pick.source_id, ()) if one.received_ns <= pick.first_issued_ns]
        return own[-PACKETS:]

    def decided(
        self, output: Output, passed_on: Mapping[tuple[str, str, int], str], made: Made, times: tuple[int, int]
    ) -> Entry:
        """The entry of a step's decisions.

        Parameters
        ----------
        passed_on : why an alert was not passed on to receivers; empty for one that was. By event, audience, version
        times : when telling began, and when it was all in the outbox
        """
        begun_ns, committed_ns = times
        status = {one.id: one for one in output.statuses}
        under = [
            status[name] for name in dict.fromkeys(one.network_status for one in output.decisions) if name in status
        ]
        facts = {
            "version": made.version,
            "parameters": made.parameters,
            "status": made.status,
            "begun": iso(begun_ns),
            "committed": iso(committed_ns),
            "network": [status_words(one) for one in under],
            "events": [self._event(one) for one in output.events],
            "motions": [to_plain(one) for one in output.motions],
            "decisions": [
                jsonlines.decision_object(one)
                | {"stages": self._stages(one.alert, output.events)}
                | ({"alert": jsonlines.alert_object(one.alert)} if one.alert else {})
                | ({"withheld": words} if one.alert and (words := passed_on.get(identity(one.alert), "")) else {})
                for one in output.decisions
            ],
        }
        return Entry(DECIDED, WHO, committed_ns, facts)

    def _event(self, event: Event) -> JsonObject:
        """A version of an event with its picks, and the packets that had come before each."""
        picks = [self.picks[one.pick_id] for one in event.origin.arrivals if one.pick_id in self.picks]
        return jsonlines.event_object(event) | {
            "picks": [
                jsonlines.pick_object(pick)
                | {
                    "packets": [
                        {"received": iso(one.received_ns), "start": iso(one.start_ns), "end": iso(one.end_ns)}
                        for one in self.before(pick)
                    ]
                }
                for pick in picks
            ]
        }

    def _stages(self, alert: Alert | None, events: Sequence[Event]) -> JsonObject | None:
        """When the last pick that an alert needed was received, told and used; None for one that used none."""
        if alert is None:
            return None
        event = next((one for one in events if (one.id, one.version) == (alert.about, alert.event_version)), None)
        if event is None:
            return {"decision": iso(alert.issued_ns)}
        used = [self.picks[one.pick_id] for one in event.origin.arrivals if one.pick_id in self.picks]
        stages = {"event": iso(event.issued_ns), "decision": iso(alert.issued_ns)}
        last = max(used, key=lambda one: one.first_issued_ns, default=None)
        if last is None:
            return stages
        packets = self.before(last)
        came = {"packet": iso(packets[-1].received_ns)} if packets else {}
        return {**came, "pick": iso(last.first_issued_ns), **stages}


def identity(alert: Alert) -> tuple[str, str, int]:
    """What an alert is told once by."""
    return alert.event_id, alert.audience, alert.version


def status_words(status: NetworkStatus) -> JsonObject:
    """Which stations could contribute, and why the others could not."""
    return {
        "id": status.id,
        "time": iso(status.time_ns),
        "contributing": status.contributing,
        "total": status.total,
        "able": [one.station_code for one in status.stations if one.can_contribute],
        "not_able": {one.station_code: "; ".join(one.reasons) for one in status.stations if not one.can_contribute},
    }


def sent(letter: Letter, result: Result, times: tuple[int, int]) -> Entry:
    """The entry of a try to send a letter: when its first byte went out, and what became of it."""
    begun_ns, ended_ns = times
    facts = {
        "key": letter.key,
        "event_id": letter.event_id,
        "audience": letter.audience,
        "version": letter.version,
        "kind": letter.kind,
        "receiver": letter.receiver,
        "attempt": letter.attempts,
        "first_byte": iso(begun_ns),
        "outcome": result.outcome,
        "words": result.words,
    }
    return Entry(SENT, WHO, ended_ns, facts)
