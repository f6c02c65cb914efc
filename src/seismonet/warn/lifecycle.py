"""From events and shaking to alerts: one chain of versions for each audience.

::

    candidate ─▶ preliminary ─▶ confirmed ─▶ final (so long after the origin: nothing more is told)
                      └──────────────┴─▶ cancelled (always with a reason; nothing is told after it)

The rules this file owns. An audience hears ``new`` once, then updates when something changed materially, and a cancel
when it is no earthquake; versions count from 0 without a gap. An earthquake keeps the id that receivers know it by,
whether shaking or the network found it first. What was told is taken back or told to be weaker, never dropped in
silence. Every decision says what each rule said. Time is an input.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from seismonet.core.alert import Alert, Decision
from seismonet.core.event import Event
from seismonet.core.motion import Motion
from seismonet.core.plain import Tree
from seismonet.core.status import NetworkStatus
from seismonet.core.utc import from_seconds, to_seconds

from .audience import ALWAYS, AUDIENCES
from .changes import AlertParams, changed
from .incident import Chain, Incident, remembered
from .incidents import Incidents
from .past import Past
from .rules import ALIVE, Answer
from .view import CANCEL_LIFE_S, Surroundings, View
from .ways import Way, ways

FORGET_S = 3600.0
SURE_AGAIN = 2.0
"""What was taken back is told anew when it is so many times likelier than what is taken back."""


@dataclass(slots=True)
class Lifecycle:
    """What is known of each earthquake, and what each audience was told of it."""

    around: Surroundings
    params: AlertParams = field(default_factory=AlertParams)
    warning: bool | None = None
    known: Incidents = field(init=False)
    past: Past = field(init=False)

    def __post_init__(self) -> None:
        self.known, self.past = Incidents(self.around.network), Past(self.params)

    @property
    def audiences(self) -> tuple[str, ...]:
        """Those that can be told: without targets the operator alone."""
        return AUDIENCES if self.around.targets else (ALWAYS,)

    @property
    def due_ns(self) -> int | None:
        """When something is to be looked at again though nothing was new; None for never."""
        return min((due for one in self.known if (due := one.due_ns)), default=None)

    def save(self) -> dict[str, Any]:
        """All that is remembered, as plain values."""
        return {"known": self.known.save(), "past": self.past.save(), "warning": self.warning}

    def load(self, tree: Tree) -> None:
        """Take up what was saved."""
        self.known.load(tree["known"])
        self.warning = tree["warning"]
        self.past.load(tree["past"])

    def remember(self, alert: Alert) -> None:
        """Know of an alert that was told before a restart."""
        incident = self.known.named(alert.event_id, alert.origin_time_ns)
        chain = incident.chain(alert.audience)
        if chain.last is None or chain.last.version < alert.version:
            chain.first_ns = chain.first_ns or alert.issued_ns
            chain.last = alert
            self.past.serve(alert)
        if alert.source_event_id:
            self.known.owned(alert.source_event_id, incident)
        elif not incident.motions:
            incident.motions = remembered(alert)

    def step(self, event: Event, status: NetworkStatus) -> list[Decision]:
        """What a new version of an event makes each audience be told, and why or why not."""
        self._forget(event.issued_ns)
        incident = self.known.of_event(event, SURE_AGAIN * self.params.cancel_likelihood)
        incident.event = event
        self.past.note(event)
        return list(self._decide(incident, event.issued_ns, status))

    def feel(self, motion: Motion, status: NetworkStatus) -> list[Decision]:
        """The same for one station's strong motion; decisions that are as before are not told again."""
        if not any(self.params.of(name).onsite or self.params.of(name).motion for name in self.audiences):
            return []
        self._forget(motion.issued_ns)
        incident = self.known.of_motion(motion)
        incident.motions[motion.station_code] = motion
        return list(self._decide(incident, motion.issued_ns, status, quietly=True))

    def look(self, now_ns: int, status: NetworkStatus) -> list[Decision]:
        """What is due: updates that had to wait, and shaking that nobody else saw."""
        found: list[Decision] = []
        for incident in [one for one in self.known if 0 < one.due_ns <= now_ns]:
            waiting = [name for name, chain in incident.chains.items() if 0 < chain.due_ns <= now_ns]
            for name in waiting:
                incident.chains[name].due_ns = 0
            found += self._decide(incident, now_ns, status, only=tuple(waiting))
        return found

    def stand(self, status: NetworkStatus) -> list[Decision]:
        """Whether the network can warn at all, when that has changed."""
        able = status.contributing >= ALIVE
        if able is self.warning:
            return []
        self.warning = able
        words = f"stations able to contribute {status.contributing} of {ALIVE}"
        said = str(Answer(f"{words}; warning by the network is {'on' if able else 'off'}", able))
        return [Decision("", name, "network", status.time_ns, status.id, (said,)) for name in self.audiences]

    def _decide(
        self, incident: Incident, now_ns: int, status: NetworkStatus, only: tuple[str, ...] = (), quietly: bool = False
    ) -> Iterator[Decision]:
        view = View.of(incident, now_ns, status, self.around, self.params)
        for audience in self.audiences:
            if only and audience not in only:
                continue
            chain = incident.chain(audience)
            memory = self.past.of(incident, self.known, audience, now_ns)
            found = ways(view, audience, memory, chain.last is not None)
            if not found and chain.last is None and not view.gone:
                continue
            decision = self._judged(incident, audience, view, found)
            outcome = f"{decision.basis} {''.join('y' if one.endswith(': yes') else 'n' for one in decision.rules)}"
            if decision.alert is None and quietly and outcome == chain.said:
                continue
            chain.said = outcome
            yield decision

    def _judged(self, incident: Incident, audience: str, view: View, found: tuple[Way, ...]) -> Decision:
        """The decision for one audience, and what follows from it."""
        chain = incident.chain(audience)
        answers = [one for way in found for one in way.answers]
        basis = found[0].basis if found else chain.last.basis if chain.last else "network"
        alert: Alert | None = None
        if chain.last is None:
            way = next((one for one in found if one.holds), None)
            if view.gone:
                answers.append(Answer(view.gone, False))
            if way is not None:
                basis = way.basis
                alert = replace(way.draft, kind="new", reason=_new_reason(way))
        elif chain.closed:
            answers.append(Answer("not taken back before", False))
        else:
            alert, added = self._later(chain, audience, view, found)
            answers += added
            basis = alert.basis if alert else basis
        if alert is not None:
            alert = self._tell(incident, audience, alert)
        rules = tuple(str(one) for one in answers)
        return Decision(incident.id, audience, basis, view.now_ns, view.status.id, rules, alert)

    def _later(
        self, chain: Chain, audience: str, view: View, found: tuple[Way, ...]
    ) -> tuple[Alert | None, list[Answer]]:
        """What is told to who was told before: a cancel, an update, or nothing; and what was asked."""
        last, params = chain.last, self.params
        assert last is not None
        way = _way(found)
        if way is None:
            if not view.gone:
                return None, []
            life_ns = view.now_ns + from_seconds(CANCEL_LIFE_S)
            cancel = replace(last, kind="cancel", state="cancelled", reason=view.gone, expires_ns=life_ns)
            return cancel, [Answer(f"taken back: {view.gone}", True)]
        draft = way.draft
        reason = changed(last, draft, params, params.of(audience))
        below = not way.severe
        if below != chain.lowered:
            reason = "weaker than what is told of" if below else reason or "as strong as what is told of again"
        asked = [Answer(f"changed since version {last.version}: {reason or 'not by enough'}", bool(reason))]
        asked.append(self._final(draft, view))
        if all(one.yes for one in asked):
            asked.append(self._soon(chain, view))
        if all(one.yes for one in asked) and below and not chain.lowered:
            asked.append(self._held(chain, view))
        if not all(one.yes for one in asked):
            return None, asked
        chain.lowered = below
        return replace(draft, kind="update", reason=reason), asked

    def _final(self, draft: Alert, view: View) -> Answer:
        """Nothing is told of what is final."""
        since_s = to_seconds(view.now_ns - draft.origin_time_ns)
        words = f"{since_s:.1f} s of {self.params.final_s:g} s after the origin"
        return Answer(words, since_s <= self.params.final_s)

    def _soon(self, chain: Chain, view: View) -> Answer:
        """Updates keep their distance; what comes too soon waits."""
        assert chain.last is not None
        since_s = to_seconds(view.now_ns - chain.last.issued_ns)
        yes = since_s >= self.params.interval_s
        if not yes:
            chain.due_ns = chain.last.issued_ns + from_seconds(self.params.interval_s)
        return Answer(f"time since the last version {since_s:.1f} s of {self.params.interval_s:g} s", yes)

    def _held(self, chain: Chain, view: View) -> Answer:
        """What was told is not told to be weaker at once: first magnitudes of large earthquakes go up and down."""
        since_s = to_seconds(view.now_ns - chain.first_ns)
        yes = since_s >= self.params.hold_s
        if not yes:
            chain.due_ns = chain.first_ns + from_seconds(self.params.hold_s)
        return Answer(f"time since it was told first {since_s:.1f} s of {self.params.hold_s:g} s", yes)

    def _tell(self, incident: Incident, audience: str, draft: Alert) -> Alert:
        """The next version of a chain."""
        chain = incident.chain(audience)
        version = chain.last.version + 1 if chain.last else 0
        event = incident.event
        alert = replace(
            draft, event_id=incident.id, version=version, source_event_id=event.id if event else draft.source_event_id
        )
        chain.first_ns = chain.first_ns or alert.issued_ns
        chain.last, chain.due_ns = alert, 0
        if alert.kind == "new" and alert.basis == "onsite" and event is None:
            chain.due_ns = incident.began_ns + from_seconds(self.params.onsite.silent_s)
        self.past.serve(alert)
        return alert

    def _forget(self, now_ns: int) -> None:
        """Let go of what no new fact can belong to any more."""
        since_ns = now_ns - from_seconds(FORGET_S)
        self.known.forget(since_ns)
        self.past.forget(since_ns, now_ns)


def _way(found: tuple[Way, ...]) -> Way | None:
    """What a known earthquake goes on by: the network, unless it is too weak for it and shaking was measured."""
    network = next((one for one in found if one.basis == "network"), None)
    if network is not None and network.severe:
        return network
    return next((one for one in found if one.basis != "network" and one.holds), network)


def _new_reason(way: Way) -> str:
    """Why it is told, in a few words."""
    codes = way.draft.station_codes
    if way.basis == "network":
        return f"{len(codes)} stations agree"
    if way.basis == "onsite":
        return f"strong motion at {', '.join(codes)}"
    return f"strong shaking at {' and '.join(codes)}"
