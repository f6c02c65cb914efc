"""The catalogue: what was found, and the state of the network when it was found.

The rule this file owns: ids derive from content, so adding something again replaces it and nothing is stored twice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Subquery,
    Table,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects import postgresql, sqlite

from seismonet.core.alert import Alert, Decision
from seismonet.core.errors import QueryError
from seismonet.core.event import Event, Pick, Rejection
from seismonet.core.inventory import ChannelTable
from seismonet.core.motion import Motion
from seismonet.core.status import NetworkStatus

from . import eventrows, rows, schema
from .database import BUSY_TIMEOUT_MS, connect, one_line, shown

UPSERTS: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
BATCH = 500
"""Names in one query: well within every database's limit of parameters."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """What is stored of one event: versions and alerts in order; by id, its picks and the statuses of its alerts."""

    versions: tuple[Event, ...]
    picks: dict[str, Pick]
    alerts: tuple[Alert, ...]
    statuses: dict[str, NetworkStatus]

    @property
    def status(self) -> NetworkStatus:
        """The network status that the last version was made under."""
        return self.statuses[self.event.network_status]

    @property
    def event(self) -> Event:
        """The last version."""
        return self.versions[-1]


class Catalogue:
    """A catalogue in a database.

    Parameters
    ----------
    where : path of an SQLite file, or an SQLAlchemy URL
    create : bool
        Make the file when it is not there.
    busy_ms : int
        How long the transactions of others are waited for.

    Raises
    ------
    ArchiveError
        No database, none of ours, a newer one, or one that cannot be read or written.

    Examples
    --------
    >>> with Catalogue("sqlite://") as catalogue:
    ...     catalogue.events(), catalogue.latest_status()
    ([], None)
    """

    def __init__(self, where: str | Path, *, create: bool = True, busy_ms: int = BUSY_TIMEOUT_MS) -> None:
        self.name = shown(where)
        self._engine = connect(where, create=create, busy_ms=busy_ms)
        self._open: Connection | None = None

    def __enter__(self) -> "Catalogue":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is stored together or not at all, and is read as of one moment."""
        with self._begin():
            yield

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        if self._open is not None:
            yield self._open
            return
        with one_line(self.name), self._engine.begin() as connection:
            self._open = connection
            try:
                yield connection
            finally:
                self._open = None

    def add_stations(self, table: ChannelTable) -> None:
        """Store the epochs of stations and channels; one with the same name and start is replaced."""
        self._upsert(schema.stations, map(rows.station_row, table.stations))
        self._upsert(schema.channels, map(rows.channel_row, table.channels))

    def add_picks(self, picks: Iterable[Pick]) -> None:
        """Store picks; of each the newest version is kept, whatever the order."""
        self._upsert(schema.picks, map(rows.pick_row, picks), newer="version")

    def add_rejections(self, rejections: Iterable[Rejection]) -> None:
        """Store triggers that were refused; their picks stay, as events that were cancelled name them."""
        self._upsert(schema.rejections, map(rows.rejection_row, rejections))

    def add_motions(self, motions: Iterable[Motion]) -> None:
        """Store stations' strong motions, each time that one was told."""
        self._upsert(schema.motions, map(rows.motion_row, motions))

    def add_span(self, begin_ns: int, end_ns: int) -> None:
        """Store that data of this time were looked at, so that what was found can be told a day."""
        self._upsert(schema.spans, [{"begin_ns": int(begin_ns), "end_ns": int(end_ns)}])

    def add_status(self, statuses: Iterable[NetworkStatus]) -> None:
        """Store network statuses."""
        known = list({status.id: status for status in statuses}.values())
        self._upsert(schema.network_statuses, map(rows.status_row, known))
        self._upsert(schema.station_statuses, (row for one in known for row in rows.station_status_rows(one)))

    def add_events(self, events: Iterable[Event]) -> None:
        """Store versions of events, each replacing what was stored of that version.

        The picks and the network statuses that they name must be stored before, else ValueError.
        """
        versions = list({(event.id, event.version): event for event in events}.values())
        if not versions:
            return
        key = and_(schema.events.c.id == bindparam("the_id"), schema.events.c.version == bindparam("the_version"))
        with self._begin() as connection:
            old = [{"the_id": event.id, "the_version": int(event.version)} for event in versions]
            connection.execute(delete(schema.events).where(key), old)
            _insert(connection, schema.events, map(eventrows.event_row, versions))
            _insert(connection, schema.origins, map(eventrows.origin_row, versions))
            for table, parts in (
                (schema.confidences, eventrows.confidence_rows),
                (schema.places, eventrows.place_rows),
                (schema.arrivals, eventrows.arrival_rows),
                (schema.magnitudes, eventrows.magnitude_rows),
                (schema.station_magnitudes, eventrows.station_magnitude_rows),
            ):
                _insert(connection, table, (row for one in versions for row in parts(one)))

    def add_alerts(self, alerts: Iterable[Alert]) -> None:
        """Store alerts; the network statuses that they name must be stored before, else ValueError."""
        self._upsert(schema.alerts, map(rows.alert_row, alerts))

    def add_decisions(self, decisions: Iterable[Decision]) -> None:
        """Store decisions; their alerts are stored for themselves, their network statuses before, else ValueError."""
        self._upsert(schema.decisions, map(rows.decision_row, decisions))

    def discard(self, start_ns: int, end_ns: int) -> None:
        """Forget what was issued in a time window, before the same window is processed anew with other settings.

        An event or alert goes with all its versions when one of them was issued in ``[start_ns, end_ns)``; picks,
        refusals, motions and statuses go, but for picks and statuses that an event or alert outside still names.
        """
        events, alerts, picks, statuses = schema.events, schema.alerts, schema.picks, schema.network_statuses
        refused, decisions, motions = schema.rejections, schema.decisions, schema.motions

        def within(column: ColumnElement[int]) -> ColumnElement[bool]:
            return and_(column >= start_ns, column < end_ns)

        gone = select(events.c.id).where(within(events.c.issued_ns))
        told = select(alerts.c.event_id).where(within(alerts.c.issued_ns))
        named = (schema.arrivals.c.pick_id, schema.station_magnitudes.c.pick_id)
        under = (events.c.network_status, alerts.c.network_status, decisions.c.network_status)
        with self._begin() as connection:
            connection.execute(delete(alerts).where(alerts.c.event_id.in_(told)))
            connection.execute(delete(events).where(events.c.id.in_(gone)))
            connection.execute(delete(decisions).where(within(decisions.c.issued_ns)))
            connection.execute(delete(refused).where(within(refused.c.issued_ns)))
            connection.execute(delete(motions).where(within(motions.c.issued_ns)))
            connection.execute(delete(schema.spans).where(within(schema.spans.c.begin_ns)))
            kept = [~select(one).where(one == picks.c.id).exists() for one in named]
            connection.execute(delete(picks).where(within(picks.c.issued_ns), *kept))
            kept = [~select(one).where(one == statuses.c.id).exists() for one in under]
            connection.execute(delete(statuses).where(within(statuses.c.time_ns), *kept))

    def _upsert(self, table: Table, values: Iterable[rows.Row], newer: str | None = None) -> None:
        """Insert rows, or replace those with the same key; with ``newer``, unless what is stored has more of it."""
        many = list(values)
        if not many:
            return
        statement = UPSERTS[self._engine.dialect.name](table)
        keys = [column.name for column in table.primary_key.columns]
        fresh = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
        where = fresh[newer] >= table.c[newer] if newer else None
        with self._begin() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=where), many)

    def replace(self, table: Table, values: Iterable[rows.Row]) -> None:
        """Insert rows of a table, or replace those with the same key."""
        self._upsert(table, values)

    def fetch(self, query: Select[Any]) -> list[RowMapping]:
        """What a query gives."""
        with self._begin() as connection:
            return list(connection.execute(query).mappings())

    def stations(self) -> ChannelTable:
        """All epochs of stations and channels."""
        with self._begin() as connection:
            stations = connection.execute(select(schema.stations)).mappings().all()
            channels = connection.execute(select(schema.channels)).mappings().all()
        return ChannelTable.of(map(rows.to_station, stations), map(rows.to_channel, channels))

    def picks(self, start_ns: int | None = None, end_ns: int | None = None) -> list[Pick]:
        """Picks with onsets in ``[start_ns, end_ns)``, by time."""
        table = schema.picks
        query = select(table).where(*_window(table.c.time_ns, start_ns, end_ns)).order_by(table.c.time_ns, table.c.nslc)
        with self._begin() as connection:
            return [rows.to_pick(row) for row in connection.execute(query).mappings()]

    def rejections(self, start_ns: int | None = None, end_ns: int | None = None) -> list[Rejection]:
        """Refused triggers with onsets in ``[start_ns, end_ns)``, by time."""
        table = schema.rejections
        query = select(table).where(*_window(table.c.time_ns, start_ns, end_ns)).order_by(table.c.time_ns, table.c.nslc)
        with self._begin() as connection:
            return [rows.to_rejection(row) for row in connection.execute(query).mappings()]

    def motions(self, start_ns: int | None = None, end_ns: int | None = None) -> list[Motion]:
        """Strong motions that began in ``[start_ns, end_ns)``, in the order of issue."""
        table = schema.motions
        order = table.c.issued_ns, table.c.station, table.c.until_ns
        query = select(table).where(*_window(table.c.start_ns, start_ns, end_ns)).order_by(*order)
        with self._begin() as connection:
            return [rows.to_motion(row) for row in connection.execute(query).mappings()]

    def spans(self) -> list[tuple[int, int]]:
        """Begin and end (ns) of the data that were looked at, by begin; they may overlap."""
        with self._begin() as connection:
            return [(row.begin_ns, row.end_ns) for row in connection.execute(select(schema.spans).order_by("begin_ns"))]

    def events(self, start_ns: int | None = None, end_ns: int | None = None) -> list[Event]:
        """Events in their last version with origin times in ``[start_ns, end_ns)``, by origin time."""
        origins = schema.origins
        last = _last_versions()
        of_last = and_(origins.c.event_id == last.c.event_id, origins.c.version == last.c.version)
        query = select(origins.c.event_id, origins.c.version).join(last, of_last)
        with self._begin() as connection:
            return _events(connection, query.where(*_window(origins.c.time_ns, start_ns, end_ns)))

    def versions(self, start_ns: int | None = None, end_ns: int | None = None) -> list[Event]:
        """All versions of the events whose last origin times lie in ``[start_ns, end_ns)``, by that, then version."""
        last = _last_versions()
        origins, events = schema.origins, schema.events
        of_last = and_(origins.c.event_id == last.c.event_id, origins.c.version == last.c.version)
        within = select(origins.c.event_id).join(last, of_last).where(*_window(origins.c.time_ns, start_ns, end_ns))
        keys = select(events.c.id.label("event_id"), events.c.version).where(events.c.id.in_(within))
        with self._begin() as connection:
            return _events(connection, keys)

    def able(self, start_ns: int | None = None, end_ns: int | None = None) -> list[tuple[int, tuple[str, ...], int]]:
        """When that changed (ns), which stations could contribute, and how many there were; by time.

        The first is the one that held at ``start_ns``.
        """
        heads, parts = schema.network_statuses, schema.station_statuses
        order = heads.c.time_ns, heads.c.id, parts.c.position
        query = select(heads.c.time_ns, heads.c.id, heads.c.total, parts.c.station)
        joined = heads.outerjoin(parts, and_(parts.c.status_id == heads.c.id, parts.c.can_contribute))
        with self._begin() as connection:
            if start_ns is not None:
                held = select(func.max(heads.c.time_ns)).where(heads.c.time_ns <= start_ns)
                start_ns = connection.execute(held).scalar() or start_ns
            found = connection.execute(
                query.select_from(joined).where(*_window(heads.c.time_ns, start_ns, end_ns)).order_by(*order)
            ).mappings()
            groups = _grouped(found, ("time_ns", "id", "total"))
        return [
            (key[0], tuple(row["station"] for row in rows_ if row["station"] is not None), key[2])
            for key, rows_ in groups.items()
        ]

    def event_id(self, beginning: str) -> str:
        """The id of the one event whose id begins so; QueryError when there is none, or more than one.

        The id under which receivers were told of it, as shaking was known before there was an event, will do too.
        """
        names, told = schema.events.c.id, schema.alerts.c
        query = select(names).where(names.startswith(beginning, autoescape=True)).distinct().order_by(names).limit(4)
        of_alert = (
            select(told.source_event_id)
            .where(told.event_id.startswith(beginning, autoescape=True), told.source_event_id != "")
            .order_by(told.issued_ns.desc())
            .limit(1)
        )
        with self._begin() as connection:
            found = [str(one) for one in connection.execute(query).scalars()]
            found = found or [str(one) for one in connection.execute(of_alert).scalars()]
        if beginning in found or len(found) == 1:
            return beginning if beginning in found else found[0]
        if not found:
            hint = "see 'seismonet events list'; what was told of shaking alone is in 'seismonet alerts show'"
            raise QueryError(f"no event {beginning!r} in {self.name}; {hint}")
        raise QueryError(f"more than one event begins with {beginning!r} ({', '.join(found[:3])}, …); give more of it")

    def event(self, beginning: str) -> EventRecord:
        """All that is stored of an event, by its id or a unique beginning of it; QueryError otherwise."""
        with self.transaction(), self._begin() as connection:
            name = self.event_id(beginning)
            keys = select(schema.events.c.id.label("event_id"), schema.events.c.version)
            versions = _events(connection, keys.where(schema.events.c.id == name))
            alerts = self.alerts(name)
            named = {one.pick_id for event in versions for one in event.origin.arrivals}
            named |= {
                one.pick_id for event in versions if event.magnitude for one in event.magnitude.station_magnitudes
            }
            under = {versions[-1].network_status, *(alert.network_status for alert in alerts)}
            return EventRecord(tuple(versions), self.picks_named(named), tuple(alerts), self._statuses(under))

    def picks_named(self, ids: Iterable[str]) -> dict[str, Pick]:
        """Picks by id; those that are not stored are left out."""
        with self._begin() as connection:
            found = map(rows.to_pick, _named(connection, schema.picks, schema.picks.c.id, ids))
            return {pick.id: pick for pick in found}

    def alerts(self, event_id: str | None = None) -> list[Alert]:
        """Alerts of an event, or all, in the order of issue.

        Those too that were told under another id, as shaking was known before there was an event.
        """
        table = schema.alerts
        query = select(table).order_by(table.c.issued_ns, table.c.event_id, table.c.audience, table.c.version)
        if event_id is not None:
            told = select(table.c.event_id).where(table.c.source_event_id == event_id)
            query = query.where(or_(table.c.event_id == event_id, table.c.event_id.in_(told)))
        with self._begin() as connection:
            return [rows.to_alert(row) for row in connection.execute(query).mappings()]

    def decisions(self, event_id: str | None = None) -> list[Decision]:
        """Decisions on an event, or all, in the order of issue, each with the alert that it told."""
        table = schema.decisions
        query = select(table).order_by(table.c.issued_ns, table.c.event_id, table.c.audience, table.c.id)
        with self._begin() as connection:
            told = {(one.event_id, one.audience, one.version): one for one in self.alerts(event_id)}
            if event_id is not None:
                query = query.where(table.c.event_id.in_(sorted({event_id, *(key[0] for key in told)})))
            found = connection.execute(query).mappings().all()
            return [
                rows.to_decision(row, told.get((row["event_id"], row["audience"], row["version"]))) for row in found
            ]

    def status(self, status_id: str) -> NetworkStatus:
        """A network status by its id; QueryError when it is not stored."""
        found = self._statuses([status_id])
        if status_id not in found:
            raise QueryError(f"no network status {status_id!r} in {self.name}; alerts and events name those there are")
        return found[status_id]

    def latest_status(self, at_ns: int | None = None) -> NetworkStatus | None:
        """The newest network status, or the one that held at a time; None when there is none."""
        table = schema.network_statuses
        query = select(table.c.id).order_by(table.c.time_ns.desc(), table.c.id).limit(1)
        if at_ns is not None:
            query = query.where(table.c.time_ns <= at_ns)
        with self._begin() as connection:
            found = connection.execute(query).scalar()
            return None if found is None else self.status(found)

    def _statuses(self, ids: Iterable[str]) -> dict[str, NetworkStatus]:
        names = sorted(set(ids))
        with self._begin() as connection:
            heads = _named(connection, schema.network_statuses, schema.network_statuses.c.id, names)
            parts = _grouped(_named(connection, schema.station_statuses, schema.station_statuses.c.status_id, names))
        return {head["id"]: rows.to_status(head, parts.get((head["id"],), [])) for head in heads}


def _insert(connection: Connection, table: Table, values: Iterable[rows.Row]) -> None:
    many = list(values)
    if many:
        connection.execute(plain_insert(table), many)


def _window(column: ColumnElement[int], start_ns: int | None, end_ns: int | None) -> list[ColumnElement[bool]]:
    after = [column >= start_ns] if start_ns is not None else []
    return after + ([column < end_ns] if end_ns is not None else [])


def _last_versions() -> Subquery:
    events = schema.events
    query = select(events.c.id.label("event_id"), func.max(events.c.version).label("version"))
    return query.group_by(events.c.id).subquery("last")


def _named(
    connection: Connection, table: Table, column: ColumnElement[str], names: Iterable[str]
) -> Sequence[RowMapping]:
    """Rows whose column holds one of the names, in the order of the table's key."""
    wanted, found = sorted(set(names)), list[RowMapping]()
    for first in range(0, len(wanted), BATCH):
        query = select(table).where(column.in_(wanted[first : first + BATCH])).order_by(*table.primary_key.columns)
        found += connection.execute(query).mappings()
    return found


def _grouped(
    many: Iterable[RowMapping], keys: Sequence[str] = ("status_id",)
) -> dict[tuple[Any, ...], list[RowMapping]]:
    groups: dict[tuple[Any, ...], list[RowMapping]] = {}
    for row in many:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def _events(connection: Connection, keys: Select[Any]) -> list[Event]:
    """Versions of events by a query for their (event_id, version), by origin time of the last, then version."""
    wanted = keys.subquery("wanted")

    def fetch(table: Table, name: str = "event_id") -> dict[tuple[Any, ...], list[RowMapping]]:
        same = and_(table.c[name] == wanted.c.event_id, table.c.version == wanted.c.version)
        query = select(table).join(wanted, same).order_by(*table.primary_key.columns)
        return _grouped(connection.execute(query).mappings(), (name, "version"))

    origins, arrivals = fetch(schema.origins), fetch(schema.arrivals)
    magnitudes, parts = fetch(schema.magnitudes), fetch(schema.station_magnitudes)
    sure, places = fetch(schema.confidences), fetch(schema.places)
    found = []
    for key, (row,) in fetch(schema.events, "id").items():
        confidence = eventrows.to_confidence(sure[key][0], places.get(key, [])) if key in sure else None
        origin = eventrows.to_origin(origins[key][0], arrivals.get(key, []), confidence)
        size = eventrows.to_magnitude(magnitudes[key][0], parts.get(key, [])) if key in magnitudes else None
        found.append(eventrows.to_event(row, origin, size))
    last_ns = {event.id: event.origin.time_ns for event in found}
    return sorted(found, key=lambda event: (last_ns[event.id], event.id, event.version))
