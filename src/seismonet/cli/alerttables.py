"""Tables and lines of ``seismonet alerts``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seismonet.core.alert import Alert
from seismonet.core.utc import to_iso
from seismonet.formats.signature import Verdict
from seismonet.store.ledger import Audit

from .events import _table

if TYPE_CHECKING:
    from seismonet.daemon.drill import Drill, Reached
    from seismonet.daemon.told import EventTold, Told


def list_table(found: Sequence["Told"]) -> Any:
    """An event and audience a line."""
    table = _table(
        "event", "audience", "first told (UTC)", ">after origin", "last", ">versions", "basis", ">magnitude", "status",
        ">sent", ">acknowledged", "",
    )  # fmt: skip
    for one in found:
        first, last = one.alerts[0], one.last
        sent = f"{one.count('SENT')} of {len(one.posted)}" if one.posted else "-"
        note = f"withheld: {one.withheld}" if one.withheld else ""
        table.add_row(
            last.event_id, last.audience, to_iso(first.issued_ns, 1), _after(first, last), last.kind,
            str(len(one.alerts)), last.basis, _size(last), one.status or "-", sent,
            str(one.acknowledged) if one.posted else "-", note,
        )  # fmt: skip
    return table


def _after(alert: Alert, known: Alert) -> str:
    """From the origin as it was ``known`` at last; while only shaking is known, from when that began."""
    return f"{(alert.issued_ns - known.origin_time_ns) / 1e9:.1f} s"


def _size(alert: Alert) -> str:
    if alert.magnitude is None:
        return "-"
    return f"{alert.magnitude_type} {'≥ ' * alert.at_least}{alert.magnitude:.1f}"


def show_lines(found: "EventTold") -> list[str]:
    """All that was told of an event."""
    lines = [f"Event {found.event_id}"]
    for part in found.parts:
        status = f", status {part.status}" if part.status else ""
        lines += ["", f"{part.last.audience}{status}"]
        for alert in part.alerts:
            when = f"{to_iso(alert.issued_ns, 1)}  {_after(alert, part.last):>8} after the origin"
            lines.append(f"  version {alert.version}  {when}"
                         f"  {alert.kind:<6}  {alert.basis}  {_size(alert)}  {alert.reason}")  # fmt: skip
        for one in part.posted:
            letter = one.letter
            took = f" {(one.settled_ns - letter.issued_ns) / 1e9:.2f} s after the decision" if one.settled_ns else ""
            acked = f", acknowledged {to_iso(one.acked_ns, 1)} ({one.ack})" if one.acked_ns else ""
            lines.append(f"  to {letter.receiver}: version {letter.version}, {one.state}{took}{acked}: {one.evidence}")
    meant = [one for one in found.refused if not one[3].startswith("for ")]
    if meant:
        lines += ["", "Not written to"]
        lines += [f"  {name}: version {version} for {audience}: {why}" for audience, version, name, why in meant]
    untold = [one for one in found.decisions if one.alert is None]
    lines += ["", f"Decisions: {len(found.decisions)}, of which {len(untold)} not to tell"
              f" ('seismonet alerts explain {found.event_id}' says why)"]  # fmt: skip
    if found.people:
        lines += ["", "People"]
        lines += [
            f"  {one['time'][:19]}Z  {one['who']}: {one['what']}  {'; '.join(one['words'])}" for one in found.people
        ]
    return lines


def answered(config: Path, act: str, by: str, note: str, facts: Mapping[str, Any]) -> int:
    """Have something done, print what came of it; the exit code."""
    from seismonet.daemon.alone import act as perform
    from seismonet.daemon.logs import setup_logs
    from seismonet.daemon.requests import Request
    from seismonet.daemon.setup import load_setup
    from seismonet.net.clock import Clock

    setup_logs(level="error")
    answer = perform(load_setup(config), Request(act, by, Clock().now_ns(), note, dict(facts)))  # type: ignore[arg-type]
    for line in answer.words:
        print(line)
    return int(not answer.done)


def verdict_line(found: Verdict) -> str:
    """What became of a message, in a line."""
    return f"{'genuine' if found.genuine else f'REFUSED, {found.reason}'}: {found.detail}"


def verdict_object(found: Verdict) -> dict[str, Any]:
    """The same for machines."""
    message = found.message.identifier if found.message else None
    return {"genuine": found.genuine, "reason": found.reason, "detail": found.detail, "key": found.key_id or None,
            "identifier": message}  # fmt: skip


def audit_lines(found: Audit) -> list[str]:
    """What became of the ledger."""
    lines = [f"{found.head.lines} entries in {found.files} files, the last of {found.head.time or '-'}"]
    lines += [f"head {found.head.hash}", *found.notes]
    if found.broken:
        return [*lines, f"BROKEN after that: {found.broken}"]
    if found.expected is False:
        return [*lines, "BROKEN: the head that was noted is not in this chain: it was cut off, or written anew"]
    return [*lines, "sound: every line is what was written, and none is missing"]


def audit_object(found: Audit) -> dict[str, Any]:
    """The same for machines."""
    return {
        "sound": found.sound,
        "entries": found.head.lines,
        "files": found.files,
        "head": found.head.hash,
        "time": found.head.time or None,
        "broken": found.broken or None,
        "notes": list(found.notes),
        "expected": found.expected,
    }


def drill_lines(drill: "Drill", found: Sequence["Reached"]) -> list[str]:
    """Who was reached when, and who acknowledged."""
    lines = ["", f"EXERCISE {drill.scenario.name}: {len(drill.alerts)} alerts, origin {to_iso(drill.origin_ns, 0)}"]
    if not drill.alerts:
        return [*lines, "No alert: the pipeline told nobody of it. See 'seismonet doctor', and the [alert] tables."]
    for one in found:
        if one.after_origin_s is None:
            lines.append(f"  {one.receiver:<16} {one.audience:<14} {one.state}: {one.why}")
            continue
        acked = f", acknowledged {one.acknowledged_s:.1f} s later" if one.acknowledged_s is not None else ""
        lines.append(f"  {one.receiver:<16} {one.audience:<14} reached {one.after_origin_s:.1f} s after the origin,"
                     f" {one.after_decision_s:.2f} s after the decision; {one.sent} of {one.messages} messages"
                     f"{acked}")  # fmt: skip
    return lines


def drill_objects(drill: "Drill", found: Sequence["Reached"]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "scenario": drill.scenario.name,
        "origin": to_iso(drill.origin_ns),
        "events": list(dict.fromkeys(one.event_id for one in drill.alerts)),
        "alerts": len(drill.alerts),
        "receivers": [asdict(one) for one in found],
    }
