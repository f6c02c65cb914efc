"""What people do to alerts: acknowledge, cancel, let messages be in earnest, drill. Each act is in the ledger.

The same functions serve the daemon, which is asked through a folder, and a command on its own while none runs.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seismonet.core.alert import Alert, Decision
from seismonet.core.errors import QueryError, SeismonetError
from seismonet.core.utc import from_seconds, to_iso
from seismonet.formats import jsonlines
from seismonet.formats.alertmessage import HumanAction
from seismonet.net.clock import Clock
from seismonet.pipeline import Output
from seismonet.store.ledger import Entry
from seismonet.store.outbox import Outbox, Posted
from seismonet.store.stationfile import replace as replace_file
from seismonet.warn.view import CANCEL_LIFE_S

from .delivery import Dispatcher
from .evidence import identity
from .messages import LIVE, Messages
from .publish import Publisher
from .requests import Answer, Request, too_old

DRILL = "drill-"
"""How the ids of invented earthquakes begin, so that nothing takes them for real ones."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What acts are done with. ``remember`` lets pipeline and catalogue know of what a person decided."""

    folder: Path
    clock: Clock
    delivery: Dispatcher
    publisher: Publisher
    messages: Callable[[], Messages]
    note: Callable[[Entry], None]
    remember: Callable[[Decision], None]


def perform(request: Request, hands: Hands) -> Answer:
    """Do what is asked; the answer says what came of it, or why it was not done. Both are in the ledger."""
    try:
        if too_old(request, hands.clock.now_ns()) and request.act != "drill":
            raise QueryError("the request is too old, or two clocks differ; ask again")
        found = _ACTS[request.act](request, hands)
    except (SeismonetError, ValueError, KeyError, TypeError) as error:
        found = Answer(False, (str(error).splitlines()[0],))
    facts = {"note": request.note, "asked": dict(request.facts), "done": found.done, "words": list(found.words)}
    hands.note(Entry(request.act, request.by, hands.clock.now_ns(), facts))
    return found


def _ack(request: Request, hands: Hands) -> Answer:
    """Somebody says for a receiver that letters have arrived: one by its key, or all that it got on an event."""
    key, receiver = str(request.facts.get("key", "")), str(request.facts.get("receiver", ""))
    event_id = str(request.facts.get("event_id", ""))
    now_ns, by = hands.clock.now_ns(), f"{request.by}, by hand"

    def act(outbox: Outbox) -> list[str]:
        if key:
            return [f"letter {key[:12]}"] if outbox.ack(key, now_ns, by) else []
        posted = [one for one in outbox.posted(outbox.event_id(event_id)) if receiver in ("", one.letter.receiver)]
        return [letter_words(one) for one in posted if outbox.ack(one.letter.key, now_ns, by)]

    told = hands.delivery.box.do(act)
    if not told:
        return Answer(False, ("nothing to acknowledge: no such letter was sent, or all are acknowledged already",))
    return Answer(True, tuple(f"acknowledged: {one}" for one in told))


def _cancel(request: Request, hands: Hands) -> Answer:
    """Take back what was told of an event, to all who were told."""
    if not request.note.strip():
        raise QueryError("give a reason: those who were told will read it")
    event_id = hands.delivery.box.do(lambda outbox: outbox.event_id(str(request.facts["event_id"])))
    latest = {one.audience: one for one in hands.delivery.box.do(lambda outbox: outbox.decided(0, event_id))}
    standing = [one for one in latest.values() if one.kind != "cancel"]
    if not standing:
        return Answer(False, (f"{event_id} was taken back already",))
    now_ns, words = hands.clock.now_ns(), []
    human = HumanAction(action="cancel", by=request.by, time=to_iso(now_ns, 3), note=request.note)
    scribe = replace(hands.messages(), human=human, drill=event_id.startswith(DRILL))
    for one in standing:
        (last,) = jsonlines.read_alerts(one.alert)
        cancel = replace(
            last, version=last.version + 1, kind="cancel", state="cancelled", issued_ns=now_ns,
            expires_ns=now_ns + from_seconds(CANCEL_LIFE_S), reason=f"taken back by {request.by}: {request.note}",
        )  # fmt: skip
        if not scribe.drill:
            rule = f"taken back by a person ({request.by}: {request.note}): yes"
            where = cancel.event_id, cancel.audience, cancel.basis, now_ns, cancel.network_status
            decision = Decision(*where, (rule,), cancel)
            hands.publisher.tell(Output(alerts=[cancel]), "", now_ns)
            hands.remember(decision)
        hands.delivery.decide([cancel], scribe)
        words.append(_reach(cancel, hands))
    return Answer(True, tuple(words))


def _reach(alert: Alert, hands: Hands) -> str:
    """To whom a version goes."""
    posted = hands.delivery.box.do(lambda outbox: outbox.posted(alert.event_id))
    own = [one.letter.receiver for one in posted if _of(one, alert)]
    nobody = "nobody, as nobody had been told" if alert.kind == "cancel" else "nobody"
    whom = ", ".join(own) or nobody
    return f"{alert.event_id}, {alert.audience}, version {alert.version} ({alert.kind}): to {whom}"


def _of(posted: Posted, alert: Alert) -> bool:
    one = posted.letter
    return (one.event_id, one.audience, one.version) == identity(alert)


def _status(request: Request, hands: Hands) -> Answer:
    """Let messages be in earnest from now on, or exercises again."""
    status = request.facts["status"]
    if status not in ("Actual", "Exercise"):
        raise QueryError(f"no status {status!r}: Actual or Exercise")
    if not request.note.strip() or not request.by.strip():
        raise QueryError("give a name and a reason")
    said = {"status": status, "by": request.by, "reason": request.note, "since": to_iso(hands.clock.now_ns(), 0)}
    text = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
    replace_file(hands.folder / LIVE, text.encode())
    return Answer(True, (f"messages go out as {hands.messages().status} from now on",))


def _drill(request: Request, hands: Hands) -> Answer:
    """Tell an alert of an invented earthquake, as an exercise."""
    (alert,) = jsonlines.read_alerts(jsonlines.lines([dict(request.facts["alert"])]))
    if not alert.event_id.startswith(DRILL) or alert.source_event_id:
        raise QueryError(f"{alert.event_id} is not the id of a drill")
    scribe = replace(hands.messages(), status="Exercise", simulated=True, drill=True)
    hands.delivery.decide([alert], scribe)
    return Answer(True, (_reach(alert, hands),))


_ACTS: dict[str, Callable[[Request, Hands], Answer]] = {
    "ack": _ack,
    "cancel": _cancel,
    "status": _status,
    "drill": _drill,
}


def letter_words(posted: Posted) -> str:
    """A letter in a line."""
    one = posted.letter
    return f"{one.receiver}, {one.event_id}, version {one.version} ({one.kind})"


def letter_object(posted: Posted) -> dict[str, Any]:
    """The same for machines, with what became of it."""
    one = posted.letter
    return {
        "key": one.key,
        "event_id": one.event_id,
        "audience": one.audience,
        "version": one.version,
        "kind": one.kind,
        "receiver": one.receiver,
        "format": one.format,
        "issued": jsonlines.iso(one.issued_ns),
        "attempts": one.attempts,
        "state": posted.state,
        "settled": jsonlines.iso(posted.settled_ns) if posted.settled_ns else None,
        "evidence": posted.evidence,
        "acknowledged": jsonlines.iso(posted.acked_ns) if posted.acked_ns else None,
        "by": posted.ack or None,
    }
