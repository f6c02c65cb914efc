"""Why an alert was sent, or why an earthquake was not alerted: what an archive or a replay knows of it, gathered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.alert import Alert, Decision, MissingStation, Shaking
from seismonet.core.errors import QueryError
from seismonet.core.event import Event, Origin, Pick, Rejection
from seismonet.core.geo import distance_km
from seismonet.core.inventory import ChannelTable
from seismonet.core.status import NetworkStatus
from seismonet.core.target import Target
from seismonet.core.utc import from_iso, from_seconds, to_iso
from seismonet.location.network import Network
from seismonet.models.traveltime import TravelTimes
from seismonet.store.catalogue import Catalogue
from seismonet.store.ledger import entries
from seismonet.store.outbox import NAME as OUTBOX
from seismonet.store.outbox import Outbox, Posted
from seismonet.store.receiptslog import FOLDER as RECEIPTS
from seismonet.store.receiptslog import read_rows
from seismonet.store.simulated import read_mark
from seismonet.warn.missing import missing_stations
from seismonet.warn.shaking import ShakingParams, forecast

from .epicentres import placed

CATALOGUE = "catalogue.sqlite"
NEAR_S, NEAR_KM = 60.0, 150.0
"""An event so near in time and place is the earthquake that was asked about."""
EARLY_S, LATE_S = 3.0, 6.0
"""A pick so long before or after the expected P may be of it."""
NETWORK_STATIONS = 2
USED, ALIKE, REFUSED, SILENT, AHEAD, MISSING = (
    "used", "picked, not used", "refused", "silent", "not reached yet", "missing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be explained: an event by its id, or whatever was at a time and place."""

    event_id: str = ""
    time_ns: int = 0
    latitude: float = np.nan
    longitude: float = np.nan
    depth_km: float = 15.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where and when: of the event, or what was asked about."""

    time_ns: int
    latitude: float
    longitude: float
    depth_km: float


@dataclass(frozen=True, slots=True)
class StationPart:
    """What a station had to do with it.

    ``role`` is used, picked (not used), refused, silent, not reached yet, or missing; times are of P and S as expected
    from the source, of its own P pick, when that was told, and when the packet that brought it came (0: none).
    """

    code: str
    km: float
    role: str
    why: str
    p_ns: int
    s_ns: int
    pick_ns: int = 0
    told_ns: int = 0
    packet_ns: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one audience was told, and what each rule said: at the first telling, or when it came nearest to it."""

    audience: str
    decision: Decision | None
    alerts: tuple[Alert, ...]

    @property
    def told(self) -> bool:
        """Was it told?"""
        return bool(self.alerts)

    @property
    def rules(self) -> tuple[tuple[str, bool], ...]:
        """What each rule found, and whether that was enough."""
        found = self.decision.rules if self.decision else ()
        return tuple((text.rpartition(": ")[0], text.endswith(": yes")) for text in found)

    @property
    def failed(self) -> tuple[str, ...]:
        """What the rules found that were not met."""
        return tuple(text for text, yes in self.rules if not yes)


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: ``kind`` is packet, pick, event, alert, message or person."""

    time_ns: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it.

    ``at_ns`` is the moment of the decision that is explained, ``event`` its version then; ``heard`` is whether any data
    of that time were looked at.
    """

    source: Source
    at_ns: int
    event: Event | None
    last: Event | None
    verdicts: tuple[Verdict, ...]
    moments: tuple[Moment, ...]
    stations: tuple[StationPart, ...]
    shaking: tuple[Shaking, ...]
    missing: tuple[MissingStation, ...]
    status: NetworkStatus | None
    channels: ChannelTable
    targets: Mapping[str, Target] = field(default_factory=dict)
    posted: tuple[Posted, ...] = ()
    refusals: tuple[tuple[str, int, str, str], ...] = ()
    simulated: str = ""
    heard: bool = True

    @property
    def told(self) -> bool:
        """Was anybody told?"""
        return any(one.told for one in self.verdicts)

    @property
    def first(self) -> Alert | None:
        """The first alert."""
        return min((one for part in self.verdicts for one in part.alerts), key=lambda one: one.issued_ns, default=None)


def explain(folder: Path, asked: Asked, model: TravelTimes, targets: Sequence[Target] = ()) -> Explanation:
    """Gather why an alert was sent, or not.

    Parameters
    ----------
    folder : of a daemon's archive, or that a replay wrote
    targets : places whose shaking is forecast where the alerts themselves say nothing of it

    Raises
    ------
    ArchiveError
        No catalogue there.
    QueryError
        No event of that id, or more than one.
    """
    with Catalogue(folder / CATALOGUE, create=False) as catalogue, catalogue.transaction():
        found = _Gathered(folder, catalogue, model, targets, asked)
        return found.explanation()


class _Gathered:
    """What is read from a catalogue on one earthquake."""

    def __init__(
        self, folder: Path, catalogue: Catalogue, model: TravelTimes, targets: Sequence[Target], asked: Asked
    ) -> None:
        self.folder, self.catalogue, self.asked = folder, catalogue, asked
        self.channels = catalogue.stations()
        self.network = Network({one.station_code: one for one in placed(self.channels)}, model)
        self.targets = {one.name: one for one in targets}
        name = catalogue.event_id(asked.event_id) if asked.event_id else _nearest(catalogue, asked)
        self.record = catalogue.event(name) if name else None
        self.alerts = self.record.alerts if self.record else ()
        self.decisions = catalogue.decisions(name) if name else []
        self.main = next(
            (one for one in self.alerts if one.basis == "network"), self.alerts[0] if self.alerts else None
        )
        self.event = self._event()
        self.source = _source(self.event, asked)
        self.at_ns = self._at_ns()
        self.status = self._status()

    def _event(self) -> Event | None:
        """The version that somebody was told first; else the last."""
        if self.record is None:
            return None
        versions = self.record.versions
        if self.main is None:
            return next((one for one in reversed(versions) if one.event_type == "earthquake"), versions[-1])
        before = [one for one in versions if one.issued_ns <= self.main.issued_ns]
        return next((one for one in versions if one.version == self.main.event_version), (before or versions)[-1])

    def _at_ns(self) -> int:
        if self.main is not None:
            return self.main.issued_ns
        if self.event is not None:
            return self.event.issued_ns
        p_s = self._arrivals_s()[0]
        return self.source.time_ns + from_seconds(float(np.max(p_s, initial=0.0)) + LATE_S)

    def _status(self) -> NetworkStatus | None:
        name = self.main.network_status if self.main else self.event.network_status if self.event else ""
        return self.catalogue.status(name) if name else self.catalogue.latest_status(self.source.time_ns)

    def _arrivals_s(self) -> tuple[Any, Any]:
        found = self.network.arrivals(self.source.latitude, self.source.longitude, self.source.depth_km)
        return found.p_s, found.s_s

    def explanation(self) -> Explanation:
        posted, refusals = self._letters()
        verdicts = self._verdicts()
        return Explanation(
            source=self.source,
            at_ns=self.at_ns,
            event=self.event,
            last=self.record.event if self.record else None,
            verdicts=verdicts,
            moments=self._moments(posted),
            stations=self._stations(),
            shaking=self._shaking(),
            missing=self._missing(),
            status=self.status,
            channels=self.channels,
            targets=self.targets,
            posted=tuple(posted),
            refusals=tuple(refusals),
            simulated=read_mark(self.folder),
            heard=self.record is not None or self._heard(),
        )

    def _heard(self) -> bool:
        """Were data of the time looked at: by a replay, or received by a daemon?"""
        begin_ns, end_ns = self.source.time_ns, self.at_ns
        spans = self.catalogue.spans()
        if any(begin < end_ns and begin_ns < end for begin, end in spans):
            return True
        if not (self.folder / RECEIPTS).is_dir():
            return not spans
        return any(len(part.rows) for part in read_rows(self.folder, begin_ns, end_ns))

    def _verdicts(self) -> tuple[Verdict, ...]:
        names = dict.fromkeys([*(one.audience for one in self.decisions), *(one.audience for one in self.alerts)])
        return tuple(
            Verdict(
                name,
                _decisive([one for one in self.decisions if one.audience == name]),
                tuple(one for one in self.alerts if one.audience == name),
            )
            for name in names
        )

    def _stations(self) -> tuple[StationPart, ...]:
        """Every station with what it did, by distance."""
        p_s, s_s = self._arrivals_s()
        margin_ns = from_seconds(float(np.max(p_s, initial=0.0)) + 60.0)
        window = self.source.time_ns - from_seconds(60.0), self.source.time_ns + margin_ns
        picks, refused = self.catalogue.picks(*window), self.catalogue.rejections(*window)
        packets = _packets(self.folder, self.event)
        parts = []
        for k, code in enumerate(self.network.codes):
            due = self.source.time_ns + from_seconds(float(p_s[k])), self.source.time_ns + from_seconds(float(s_s[k]))
            km = float(distance_km(self.source.latitude, self.source.longitude, self.network.latitude[k],
                                   self.network.longitude[k]))  # fmt: skip
            parts.append(self._station(code, km, due, picks, refused, packets))
        return tuple(sorted(parts, key=lambda one: (one.km, one.code)))

    def _station(
        self,
        code: str,
        km: float,
        due: tuple[int, int],
        picks: Sequence[Pick],
        refused: Sequence[Rejection],
        packets: Mapping[str, int],
    ) -> StationPart:
        void = {one.pick_id for one in refused}
        own = {one.pick_id for one in self.event.origin.arrivals} if self.event else set()
        mine = [one for one in picks if one.source_id.station_code == code and one.phase == "P"]
        used = next((one for one in mine if one.id in own), None)
        if used is not None:
            times = used.time_ns, used.first_issued_ns, packets.get(used.id, 0)
            return StationPart(
                code, km, USED, f"{(used.time_ns - due[0]) / 1e9:+.1f} s from where P was due", *due, *times
            )
        able = {one.station_code: one for one in self.status.stations} if self.status else {}
        if code in able and not able[code].can_contribute:
            return StationPart(code, km, MISSING, "; ".join(able[code].reasons) or "not able to contribute", *due)
        like = next((one for one in mine if one.id not in void and _near(one.time_ns, due[0])), None)
        if like is not None:
            return StationPart(code, km, ALIKE, _why_not(like, self.at_ns), *due, like.time_ns, like.first_issued_ns)
        no = next((one for one in refused if one.source_id.station_code == code and _near(one.time_ns, due[0])), None)
        if no is not None:
            return StationPart(code, km, REFUSED, f"{no.reason}: {no.detail}", *due, no.time_ns, no.issued_ns)
        if due[0] > self.at_ns:
            return StationPart(code, km, AHEAD, f"P was due {(due[0] - self.at_ns) / 1e9:.1f} s later", *due)
        return StationPart(code, km, SILENT, "nothing was picked where P was due", *due)

    def _shaking(self) -> tuple[Shaking, ...]:
        """What targets were to expect: as told, else as it would have been told."""
        told = [one.shaking for one in self.alerts if one.issued_ns == self.at_ns]
        longest = max(told, key=len, default=())
        if longest:
            return longest
        if self.event is None or self.event.magnitude is None or not self.targets:
            return ()
        places = tuple(self.targets.values())
        return forecast(
            self.event.origin, self.event.magnitude, places, self.network.model, self.at_ns, ShakingParams()
        )

    def _missing(self) -> tuple[MissingStation, ...]:
        if self.main is not None and self.main.missing:
            return self.main.missing
        if self.event is None or self.status is None:
            return ()
        origin = self.event.origin
        arrivals = self.network.arrivals(origin.latitude, origin.longitude, origin.depth_km)
        return missing_stations(origin, self.status, self.network, arrivals, 3)

    def _letters(self) -> tuple[list[Posted], list[tuple[str, int, str, str]]]:
        path = self.folder / OUTBOX
        if not path.exists() or not self.alerts:
            return [], []
        outbox = Outbox(path, look=True)
        try:
            ids = dict.fromkeys(one.event_id for one in self.alerts)
            return [p for one in ids for p in outbox.posted(one)], [r for one in ids for r in outbox.refused(one)]
        finally:
            outbox.close()

    def _moments(self, posted: Sequence[Posted]) -> tuple[Moment, ...]:
        """From the first pick to the last message, in order."""
        found = []
        if self.record is not None:
            for pick in self.record.picks.values():
                words = f"{pick.phase} at {pick.source_id.station_code} ({pick.source_id.channel}) is told"
                found.append(Moment(pick.first_issued_ns, "pick", words))
            found += [Moment(one.issued_ns, "event", _version_words(one)) for one in self.record.versions]
        found += [Moment(one.issued_ns, "alert", _alert_words(one)) for one in self.alerts]
        found += [_message(one) for one in posted if one.settled_ns]
        found += [Moment(one.acked_ns, "person", f"{one.letter.receiver} acknowledged version {one.letter.version}"
                         f" ({one.ack})") for one in posted if one.acked_ns]  # fmt: skip
        return tuple(sorted(found, key=lambda one: one.time_ns))


def _nearest(catalogue: Catalogue, asked: Asked) -> str:
    """The event nearest in time and place to what was asked about; empty when there is none."""
    around = from_seconds(NEAR_S)
    near = []
    for one in catalogue.events(asked.time_ns - around, asked.time_ns + around):
        km = float(distance_km(asked.latitude, asked.longitude, one.origin.latitude, one.origin.longitude))
        if km <= NEAR_KM + one.origin.horizontal_uncertainty_km:
            near.append((km / 6.0 + abs(one.origin.time_ns - asked.time_ns) / 1e9, one.id))
    return min(near, default=(0.0, ""))[1]


def _source(event: Event | None, asked: Asked) -> Source:
    if event is not None:
        origin: Origin = event.origin
        return Source(origin.time_ns, origin.latitude, origin.longitude, origin.depth_km)
    if not np.isfinite([asked.latitude, asked.longitude]).all():
        raise QueryError("give the id of an event, or a time and a place")
    return Source(asked.time_ns, asked.latitude, asked.longitude, asked.depth_km)


def _decisive(decisions: Sequence[Decision]) -> Decision | None:
    """The first that told; else the one with the fewest rules against it, the last of such."""
    told = next((one for one in decisions if one.alert is not None), None)
    if told is not None:
        return told
    asked = [one for one in decisions if one.rules]
    return min(reversed(asked), key=lambda one: sum(rule.endswith(": no") for rule in one.rules), default=None)


def _near(time_ns: int, due_ns: int) -> bool:
    return -EARLY_S <= (time_ns - due_ns) / 1e9 <= LATE_S


def _why_not(pick: Pick, at_ns: int) -> str:
    late_s = (pick.first_issued_ns - at_ns) / 1e9
    return f"told {late_s:.1f} s after the decision" if late_s > 0 else "does not fit the others, or counts for nothing"


def _packets(folder: Path, event: Event | None) -> dict[str, int]:
    """By pick, when the packet came that brought it, as the ledger of a daemon knows it."""
    found: dict[str, int] = {}
    if event is None:
        return found
    for entry in entries(folder):
        for one in entry.get("events", []):
            if one["event_id"] == event.id:
                for pick in one["picks"]:
                    if pick["packets"]:
                        found.setdefault(pick["id"], from_iso(pick["packets"][-1]["received"]))
    return found


def _version_words(event: Event) -> str:
    origin = event.origin
    if event.event_type != "earthquake":
        return f"event version {event.version}: taken back, {event.reason or 'the stations disagree'}"
    size = "no magnitude" if event.magnitude is None else f"{event.magnitude.type} {event.magnitude.value:.1f}"
    stations = f"{len(origin.station_codes)} stations"
    return f"event version {event.version}: {size}, {stations}, ± {origin.horizontal_uncertainty_km:.0f} km"


def _alert_words(alert: Alert) -> str:
    size = "" if alert.magnitude is None else f", {alert.magnitude_type} {alert.magnitude:.1f}"
    return f"{alert.audience}: {alert.kind}, version {alert.version} ({alert.basis}{size}): {alert.reason}"


def _message(posted: Posted) -> Moment:
    one = posted.letter
    what = {"SENT": "reached", "EXPIRED": "expired for", "DEAD": "was refused by"}.get(posted.state, posted.state)
    return Moment(posted.settled_ns, "message", f"version {one.version} ({one.audience}) {what} {one.receiver}")


def clock(time_ns: int) -> str:
    """Time of day, to the tenth of a second."""
    return to_iso(time_ns, 1)[11:-1]
