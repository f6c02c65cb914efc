"""What the index holds, as types, and how it is changed within one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Resume

from . import indexschema as tables
from .journal import Origin, Position
from .sds import DAY_NS, day_path

HERE, REMOVED = "here", "removed"
FORMAT, CHECKPOINT, USUAL = "format", "checkpoint", "usual"
Span = tuple[int, int]
Row = dict[str, Any]


@dataclass(slots=True)
class Day:
    """What the index knows of the file of a channel and day.

    ``length`` bytes of it count; ``late`` of the ``records`` came by backfill or import; ``duplicates`` were offered
    again and left out; ``overlaps`` share time with another record, ``conflicts`` of them with other samples.
    ``first_ns`` to ``last_ns`` is the time they cover; ``newest_ns`` and ``turned_at`` are for the writer.
    """

    source_id: SourceId
    day: int
    length: int = 0
    records: int = 0
    samples: int = 0
    late: int = 0
    duplicates: int = 0
    overlaps: int = 0
    conflicts: int = 0
    first_ns: int = 0
    last_ns: int = 0
    newest_ns: int = 0
    turned_at: int = -1
    state: str = HERE

    @property
    def path(self) -> str:
        """Path below ``sds/``."""
        return day_path(self.source_id, self.day)

    @property
    def day_ns(self) -> int:
        """Midnight at which the day begins."""
        return self.day * DAY_NS


DAY_COLUMNS = tuple(field.name for field in fields(Day) if field.name != "source_id")


@dataclass(frozen=True, slots=True)
class Conflict:
    """So many records of a channel say something else of this time than others do."""

    source_id: SourceId
    start_ns: int
    end_ns: int
    records: int


@dataclass(frozen=True, slots=True)
class Loss:
    """What was in the archive and is not on the disk any more."""

    source_id: SourceId
    start_ns: int
    end_ns: int
    bytes: int


def day_of_row(row: Any, names: Mapping[int, SourceId]) -> Day:
    """A row of ``days``."""
    values = row._mapping
    return Day(names[values["channel"]], **{name: values[name] for name in DAY_COLUMNS})


class Writer:
    """Changes within one transaction of the index, which whoever made it ends."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._ids: dict[SourceId, int] | None = None

    def day(self, source_id: SourceId, day: int) -> Day | None:
        """What is known of one file; None when nothing is."""
        table, number = tables.days, self._known_id(source_id)
        if number is None:
            return None
        row = self.connection.execute(select(table).where(table.c.channel == number, table.c.day == day)).first()
        return None if row is None else day_of_row(row, {number: source_id})

    def put_fact(self, name: str, value: str) -> None:
        """Set a single value."""
        self._replace(tables.facts, [{"name": name, "value": value}])

    def put_checkpoint(self, position: Position) -> None:
        """How far the journal is in the archive."""
        self.put_fact(CHECKPOINT, f"{position.segment} {position.offset}")

    def put_days(self, days: Sequence[Day]) -> None:
        """Set what is known of some files."""
        rows = [{name: getattr(day, name) for name in DAY_COLUMNS} | self._key(day.source_id) for day in days]
        self._replace(tables.days, rows)

    def spans(self, day: Day, late: bool, within: Span | None = None) -> list[Span]:
        """The spans of a day that touch a window, by start."""
        table = tables.spans
        query = select(table.c.start_ns, table.c.end_ns).order_by(table.c.start_ns)
        query = query.where(table.c.late == late, *self._of(table, day))
        if within is not None:
            query = query.where(table.c.start_ns <= within[1], table.c.end_ns >= within[0])
        return [(begin, end) for begin, end in self.connection.execute(query)]

    def put_spans(self, rows: Sequence[tuple[Day, bool, Span]]) -> None:
        """Set spans; each takes the place of one with the same start."""
        self._replace(
            tables.spans,
            [
                {"day": day.day, "late": late, "start_ns": span[0], "end_ns": span[1]} | self._key(day.source_id)
                for day, late, span in rows
            ],
        )

    def drop_spans(self, day: Day, late: bool | None = None, spans: Sequence[Span] | None = None) -> None:
        """Forget some spans of a day, or all."""
        query = delete(tables.spans).where(*self._of(tables.spans, day))
        if late is not None:
            query = query.where(tables.spans.c.late == late)
        if spans is not None:
            query = query.where(tables.spans.c.start_ns.in_([begin for begin, _ in spans]))
        self.connection.execute(query)

    def add_conflict(self, day: Day, span: Span) -> None:
        """Tell of a record that disagrees; it joins a conflict that it touches."""
        table = tables.conflicts
        touching = [*self._of(table, day), table.c.start_ns <= span[1], table.c.end_ns >= span[0]]
        found = self.connection.execute(
            select(table.c.start_ns, table.c.end_ns, table.c.records).where(*touching)
        ).all()
        if found:
            self.connection.execute(delete(table).where(*touching))
        row = {
            "day": day.day,
            "start_ns": min([span[0], *(one.start_ns for one in found)]),
            "end_ns": max([span[1], *(one.end_ns for one in found)]),
            "records": 1 + sum(one.records for one in found),
        }
        self._replace(table, [row | self._key(day.source_id)])

    def add_losses(self, losses: Sequence[Loss]) -> None:
        """Tell what is not on the disk any more."""
        rows: list[Row] = [
            {"start_ns": one.start_ns, "end_ns": one.end_ns, "bytes": one.bytes} | self._key(one.source_id)
            for one in losses
        ]
        self._replace(tables.lost, rows)

    def put_resume(self, resume: Mapping[Origin, Resume]) -> None:
        """How far stations of sources are archived."""
        rows: list[Row] = [
            {"source": source, "station": station, "sequence": str(one.sequence), "end_ns": one.end_ns}
            for (source, station), one in resume.items()
        ]
        self._replace(tables.resume, rows)

    def put_files(self, lengths: Mapping[str, int]) -> None:
        """Length of files of the receipts and the quarantine."""
        self._replace(tables.files, [{"path": path, "length": length} for path, length in lengths.items()])

    def drop_files(self, paths: Sequence[str]) -> None:
        """Forget files of the receipts and the quarantine."""
        self.connection.execute(delete(tables.files).where(tables.files.c.path.in_(paths)))

    def mark_removed(self, days: Sequence[Day]) -> None:
        """The files of these days were removed on purpose; what is known of them stays."""
        table = tables.days
        for day in days:
            gone = update(table).where(*self._of(table, day)).values(state=REMOVED, length=0)
            self.connection.execute(gone)

    def _of(self, table: Table, day: Day) -> list[Any]:
        return [table.c.channel == self._id(day.source_id), table.c.day == day.day]

    def _key(self, source_id: SourceId) -> Row:
        return {"channel": self._id(source_id)}

    def _known_id(self, source_id: SourceId) -> int | None:
        if self._ids is None:
            rows = self.connection.execute(select(tables.channels.c.id, tables.channels.c.nslc))
            self._ids = {SourceId.parse(nslc): number for number, nslc in rows}
        return self._ids.get(source_id)

    def _id(self, source_id: SourceId) -> int:
        """The number of a channel, which it gets when it has none."""
        number = self._known_id(source_id)
        if number is None:
            number = (self.connection.execute(select(func.max(tables.channels.c.id))).scalar() or 0) + 1
            self._replace(tables.channels, [{"id": number, "nslc": source_id.nslc}])
            if self._ids is not None:
                self._ids[source_id] = number
        return number

    def _replace(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, or change those with the same key."""
        if not rows:
            return
        query = insert(table)
        rest = {column.name: query.excluded[column.name] for column in table.columns if not column.primary_key}
        keys = [column.name for column in table.primary_key]
        self.connection.execute(query.on_conflict_do_update(index_elements=keys, set_=rest), list(rows))
