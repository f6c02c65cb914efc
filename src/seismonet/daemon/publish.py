"""Telling: alerts at once, before anything else is written.

The rule this file owns: an alert is in ``alerts.jsonl``, synced, before anybody is told, so that no restart tells it as
new again; but when the disk refuses it, it is told all the same, and stored as soon as that works. An alert that is
withheld, as the host's clock was just set, is stored with the reason and told to nobody.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from seismonet.core.alert import Alert
from seismonet.core.event import Event
from seismonet.core.utc import to_iso
from seismonet.formats import jsonlines
from seismonet.pipeline import Output

from .logs import Log

NAME = "alerts.jsonl"
RESERVE = "reserve"
WITHHELD = "withheld"
"""Key of a line in the file: why nobody was told."""
TAIL_BYTES = 1 << 20
STALE_S = 60.0
"""Nobody can act on an alert that is older."""
MIB = 1 << 20


class Publisher:
    """Tells what a step brought forth. ``simulated`` says in words that the data are made up."""

    def __init__(self, folder: Path, log: Log, reserve_mb: int) -> None:
        self.folder, self.log, self.simulated = folder, log, ""
        self._reserve = reserve_mb * MIB
        self._unstored: list[str] = []
        self.told: set[tuple[str, str, int]] = set()
        self.owed: list[Alert] = []
        self._silent: set[tuple[str, str]] = set()

    def recent(self, since_ns: int) -> list[Alert]:
        """Alerts issued since a time, from the end of the file; a line torn by a power cut is passed over.

        ``owed`` are those of them that were to be told.
        """
        try:
            with open(self.folder / NAME, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []
        found: list[Alert] = []
        for line in lines:
            try:
                alerts, withheld = jsonlines.read_alerts(line), WITHHELD in json.loads(line)
            except Exception:  # a torn line may be anything
                continue
            found += alerts
            self.owed += [] if withheld else [alert for alert in alerts if alert.issued_ns >= since_ns]
            self._note(alerts, withheld)
        recent = [alert for alert in found if alert.issued_ns >= since_ns]
        self.told.update(map(_identity, recent))
        return recent

    def learn(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Alerts that are known from elsewhere to have been told: those of them that the file did not have."""
        found = [alert for alert in alerts if _identity(alert) not in self.told]
        self.told.update(map(_identity, found))
        return found

    def tell(self, output: Output, withheld: str = "", now_ns: int = 0) -> list[Alert]:
        """Tell new alerts and events; the alerts that were told (those known from before a restart are not).

        ``withheld`` is why nobody may be warned now, empty when all is well. An alert that should have been told long
        before ``now_ns``, when the daemon was down, is withheld too.
        """
        told: list[Alert] = []
        for alert in output.alerts:
            if _identity(alert) in self.told:
                continue
            self.told.add(_identity(alert))
            why = withheld or self._needless(alert, now_ns)
            self._note([alert], bool(why))
            self._store(alert, why)
            if why:
                self.log("alert withheld", **self._alert_words(alert), why=why)
            else:
                self.log("ALERT", **self._alert_words(alert))
                told.append(alert)
        for event in _first_versions(output.events):
            self.log("event", **_event_words(event), **self._marked())
        return told

    def _note(self, alerts: Iterable[Alert], withheld: bool) -> None:
        """Keep in mind of which events nobody was told anything."""
        for alert in alerts:
            if not withheld:
                self._silent.discard((alert.event_id, alert.audience))
            elif alert.kind == "new":
                self._silent.add((alert.event_id, alert.audience))

    def _needless(self, alert: Alert, now_ns: int) -> str:
        age_s = (now_ns - alert.issued_ns) / 1e9
        if alert.kind == "cancel":
            return "nobody was told of it" if (alert.event_id, alert.audience) in self._silent else ""
        return f"it comes {age_s:.0f} s too late" if age_s > STALE_S else ""

    def _alert_words(self, alert: Alert) -> dict[str, object]:
        size = "?" if alert.magnitude is None else f"{alert.magnitude:.1f}"
        words: dict[str, object] = {
            "audience": alert.audience,
            "kind": alert.kind,
            "event_id": alert.event_id,
            "version": alert.version,
            "origin": to_iso(alert.origin_time_ns, 1),
            "place": f"{alert.latitude:.2f} {alert.longitude:.2f}",
            "depth_km": round(alert.depth_km),
            "magnitude": size,
            "stations": alert.stations,
            "reason": alert.reason,
        }
        return {**words, **self._marked()}

    def _marked(self) -> dict[str, object]:
        return {"simulated": self.simulated} if self.simulated else {}

    def _store(self, alert: Alert, withheld: str) -> None:
        marks = {name: text for name, text in (("simulated", self.simulated), (WITHHELD, withheld)) if text}
        self._unstored.append(jsonlines.lines([{**jsonlines.alert_object(alert), **marks}]))
        try:
            self._append()
        except OSError as error:
            if not self.free_reserve():
                self.log("alerts cannot be stored, they are told all the same", reason=str(error))
                return
            self.store_again()

    def _append(self) -> None:
        data = "".join(self._unstored).encode()
        file = os.open(self.folder / NAME, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            before = os.fstat(file).st_size
            if before and os.pread(file, 1, before - 1) != b"\n":  # a line that a power cut has torn
                data = b"\n" + data
            try:
                written = os.write(file, data)
                if written < len(data):
                    raise OSError(28, "no space left for the whole line")
                os.fdatasync(file)
            except OSError:
                os.ftruncate(file, before)
                raise
        finally:
            os.close(file)
        self._unstored.clear()

    def store_again(self) -> None:
        """Try once more to store what could not be stored."""
        if self._unstored:
            try:
                self._append()
            except OSError as error:
                self.log("alerts cannot be stored yet", reason=str(error))

    def keep_reserve(self) -> None:
        """Set room aside on the disk, for the alerts of the day when it is full. No room for that is no error."""
        path = self.folder / RESERVE
        if self._reserve == 0 or (path.exists() and path.stat().st_size >= self._reserve):
            return
        try:
            with open(path, "wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._reserve)
        except OSError:
            _removed(path)

    def free_reserve(self) -> bool:
        """Give that room back to the disk; False when there was none, or when the disk lets nothing be removed."""
        if not _removed(self.folder / RESERVE):
            return False
        self.log("disk full: the reserve was given up", megabytes=self._reserve // MIB)
        return True


def _identity(alert: Alert) -> tuple[str, str, int]:
    return alert.event_id, alert.audience, alert.version


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _first_versions(events: Iterable[Event]) -> list[Event]:
    """What the log is told of events: each when it is new, and when it is taken back."""
    return [event for event in events if event.version == 0 or event.event_type != "earthquake"]


def _event_words(event: Event) -> dict[str, object]:
    origin = event.origin
    return {
        "event_id": event.id,
        "version": event.version,
        "type": event.event_type,
        "origin": to_iso(origin.time_ns, 1),
        "place": f"{origin.latitude:.2f} {origin.longitude:.2f}",
        "depth_km": round(origin.depth_km),
        "within_km": round(origin.horizontal_uncertainty_km),
        "stations": len(origin.station_codes),
        "state": event.state,
        **({"quality": origin.confidence.quality} if origin.confidence else {}),
        **({"reason": event.reason} if event.reason else {}),
    }
