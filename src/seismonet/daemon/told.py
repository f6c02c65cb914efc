"""What was told: of a daemon's archive from the outbox, of a replay from its catalogue; drills and the withheld too."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seismonet.core.alert import Alert, Decision
from seismonet.core.errors import ArchiveError, QueryError, SeismonetError
from seismonet.formats import jsonlines
from seismonet.store.catalogue import Catalogue
from seismonet.store.ledger import entries
from seismonet.store.outbox import NAME as OUTBOX
from seismonet.store.outbox import Outbox, Posted

from .acts import letter_object
from .publish import NAME as ALERTS
from .publish import WITHHELD

CATALOGUE = "catalogue.sqlite"
PEOPLE = ("ack", "cancel", "status", "drill")


@dataclass(frozen=True, slots=True)
class Told:
    """What one audience was told of one event, and what became of the messages. ``status``: empty in a replay."""

    alerts: tuple[Alert, ...]
    posted: tuple[Posted, ...] = ()
    status: str = ""
    withheld: str = ""

    @property
    def last(self) -> Alert:
        """The newest version."""
        return self.alerts[-1]

    def count(self, state: str) -> int:
        """Messages in a state."""
        return sum(one.state == state for one in self.posted)

    @property
    def acknowledged(self) -> int:
        """Messages that somebody acknowledged."""
        return sum(one.acked_ns > 0 for one in self.posted)

    def as_object(self) -> dict[str, Any]:
        """For machines."""
        return {
            **jsonlines.alert_object(self.last),
            "versions": len(self.alerts),
            "first_issued": jsonlines.iso(self.alerts[0].issued_ns),
            "status": self.status or None,
            "withheld": self.withheld or None,
            "messages": len(self.posted),
            "sent": self.count("SENT"),
            "acknowledged": self.acknowledged,
        }


@dataclass(frozen=True, slots=True)
class EventTold:
    """All that was told of one event, what was decided on it, who was not written to, and what people did."""

    event_id: str
    parts: tuple[Told, ...]
    decisions: tuple[Decision, ...]
    refused: tuple[tuple[str, int, str, str], ...]
    people: tuple[dict[str, Any], ...]

    def as_object(self) -> dict[str, Any]:
        """For machines."""
        return {
            "event_id": self.event_id,
            "alerts": [
                jsonlines.alert_object(one) | {"status": part.status or None}
                for part in self.parts
                for one in part.alerts
            ],
            "messages": [letter_object(one) for part in self.parts for one in part.posted],
            "not_written_to": [
                {"audience": audience, "version": version, "receiver": name, "why": why}
                for audience, version, name, why in self.refused
            ],
            "decisions": [jsonlines.decision_object(one) for one in self.decisions],
            "people": list(self.people),
        }


def told(folder: Path) -> list[Told]:
    """All that was told, an event and audience each, by first telling; ArchiveError where nothing can be read."""
    stored = {_key(one): one for one in _catalogued(folder)}
    status: dict[tuple[str, str], str] = {}
    posted: dict[tuple[str, str], list[Posted]] = {}
    outbox = _outbox(folder)
    if outbox is not None:
        try:
            for one in outbox.decided(0):
                stored.update((_key(alert), alert) for alert in jsonlines.read_alerts(one.alert))
                status.setdefault((one.event_id, one.audience), one.status)
            for name in dict.fromkeys(key[0] for key in stored):
                for letter in outbox.posted(name):
                    posted.setdefault((name, letter.letter.audience), []).append(letter)
        finally:
            outbox.close()
    withheld = _withheld(folder)
    groups: dict[tuple[str, str], list[Alert]] = {}
    for alert in sorted(stored.values(), key=lambda one: (one.issued_ns, _key(one))):
        groups.setdefault((alert.event_id, alert.audience), []).append(alert)
    return [
        Told(tuple(alerts), tuple(posted.get(key, ())), status.get(key, ""), withheld.get(_key(alerts[0]), ""))
        for key, alerts in groups.items()
    ]


def record(folder: Path, beginning: str) -> EventTold:
    """All on one event, by its id or a unique beginning of it; QueryError otherwise."""
    found = told(folder)
    names = dict.fromkeys(one.last.event_id for one in found)
    own = [name for name in names if name == beginning] or [name for name in names if name.startswith(beginning)]
    if len(own) != 1:
        many = f"more than one begins so ({', '.join(own[:3])}, …)" if own else "see 'seismonet alerts list'"
        raise QueryError(f"nothing to show of {beginning!r} in {folder}: {many}")
    name, outbox, refused = own[0], _outbox(folder), []
    if outbox is not None:
        try:
            refused = outbox.refused(name)
        finally:
            outbox.close()
    parts = tuple(one for one in found if one.last.event_id == name)
    keys = {one.letter.key for part in parts for one in part.posted}
    return EventTold(name, parts, tuple(_decisions(folder, name)), tuple(refused), tuple(_people(folder, name, keys)))


def _key(alert: Alert) -> tuple[str, str, int]:
    return alert.event_id, alert.audience, alert.version


def _catalogued(folder: Path) -> list[Alert]:
    if not (folder / CATALOGUE).exists():
        if not (folder / OUTBOX).exists():
            raise ArchiveError(f"{folder}: neither a catalogue nor an outbox; give an archive's folder with --data")
        return []
    with Catalogue(folder / CATALOGUE, create=False) as catalogue:
        return catalogue.alerts()


def _decisions(folder: Path, event_id: str) -> list[Decision]:
    if not (folder / CATALOGUE).exists():
        return []
    with Catalogue(folder / CATALOGUE, create=False) as catalogue:
        return catalogue.decisions(event_id)


def _outbox(folder: Path) -> Outbox | None:
    return Outbox(folder / OUTBOX, look=True) if (folder / OUTBOX).exists() else None


def _withheld(folder: Path) -> dict[tuple[str, str, int], str]:
    """Alerts of a daemon that nobody was told of, and why."""
    try:
        lines = (folder / ALERTS).read_text("utf-8", "replace").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        if f'"{WITHHELD}"' in line:
            try:
                (alert,), why = jsonlines.read_alerts(line), json.loads(line)[WITHHELD]
            except (SeismonetError, ValueError, KeyError):  # a torn line
                continue
            found[_key(alert)] = str(why)
    return found


def _people(folder: Path, event_id: str, keys: Iterable[str]) -> Iterable[dict[str, Any]]:
    """What people did about an event; of a drill who began it."""
    known, drilled = set(keys), False
    for entry in entries(folder):
        if entry["what"] not in PEOPLE:
            continue
        asked = entry.get("asked", {})
        about = str(asked.get("event_id", "")) or str(asked.get("alert", {}).get("event_id", ""))
        if entry["what"] == "drill":
            about, drilled = "" if drilled else about, drilled or about == event_id
        if asked.get("key") in known or (about and event_id.startswith(about)):
            yield {name: entry.get(name) for name in ("time", "who", "what", "note", "done", "words")}
