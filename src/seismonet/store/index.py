"""The index of the archive: what there is of each channel and day, answered without looking at a file.

The rule this file owns: what the index says is on the disk was synced before the index said so. It is written in one
transaction for each take of the journal, and by one process; any may read.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from seismonet.core.errors import ArchiveError
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Resume

from . import indexschema as tables
from .indexwriter import CHECKPOINT, FORMAT, HERE, REMOVED, Conflict, Day, Loss, Span, Writer, day_of_row
from .journal import START, Origin, Position
from .sds import day_of

__all__ = [
    "BUSY_TIMEOUT_MS", "HERE", "NAME", "REMOVED", "Conflict", "Day", "DamagedError", "Index", "Loss", "Span", "Writer",
]  # fmt: skip

NAME = "index.sqlite"
BUSY_TIMEOUT_MS = 5000
_ANEW = "'seismonet archive repair' makes it anew"


class DamagedError(ArchiveError):
    """The index cannot be read and is to be made anew."""


class Index:
    """The index in an archive's folder. All methods raise ArchiveError when the database cannot be used."""

    def __init__(self, path: Path, *, create: bool = False, busy_ms: int = BUSY_TIMEOUT_MS) -> None:
        """Open it. ArchiveError when there is none (unless ``create``), or it is of another format."""
        self.path = path
        if not create and not path.is_file():
            raise ArchiveError(f"{path}: no archive there; give the folder that 'seismonet run' writes to")
        self._engine = _engine(path, busy_ms, create)
        self._names: dict[int, SourceId] = {}
        try:
            self._check(create)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of one moment."""
        with _one_line(self.path), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """A transaction, durable at its end; nothing of it happened when it is left by an exception."""
        with (
            _one_line(self.path),
            self._engine.connect().execution_options(immediate=True) as connection,
            connection.begin(),
        ):
            yield Writer(connection)

    def _check(self, create: bool) -> None:
        if create:
            with self.writing() as writer:
                tables.metadata.create_all(writer.connection)
                if not self.fact(FORMAT, writer.connection):
                    writer.put_fact(FORMAT, tables.FORMAT)
        found = self.fact(FORMAT)
        if found != tables.FORMAT:
            raise DamagedError(f"{self.path}: is of format {found or 'unknown'}, not {tables.FORMAT}; {_ANEW}")

    def damage(self) -> str:
        """What SQLite finds wrong with the file; empty when nothing is."""
        with self.reading() as connection:
            found = connection.execute(text("PRAGMA quick_check(1)")).scalar()
            return "" if found == "ok" else str(found)

    # ---- questions

    def fact(self, name: str, connection: Connection | None = None) -> str:
        """A single value, empty when there is none."""
        query = select(tables.facts.c.value).where(tables.facts.c.name == name)
        if connection is not None:
            return str(connection.execute(query).scalar() or "")
        with self.reading() as own:
            return str(own.execute(query).scalar() or "")

    def checkpoint(self) -> Position:
        """How far the journal is in the archive."""
        found = self.fact(CHECKPOINT)
        return Position(*map(int, found.split())) if found else START

    def source_ids(self) -> list[SourceId]:
        """All channels that there ever were, sorted."""
        with self.reading() as connection:
            return sorted(self._all_names(connection).values())

    def days(self, start_ns: int | None = None, end_ns: int | None = None) -> list[Day]:
        """The days that records of a window lie in, by channel and day; also those whose file was removed."""
        query = select(tables.days).order_by(tables.days.c.channel, tables.days.c.day)
        with self.reading() as connection:
            names = self._all_names(connection)
            rows = connection.execute(_within(query, tables.days.c.day, start_ns, end_ns))
            found = [day_of_row(row, names) for row in rows]
        return sorted(found, key=lambda one: (one.source_id, one.day))

    def day(self, source_id: SourceId, day: int) -> Day | None:
        """What is known of one file; None when nothing is."""
        with self.reading() as connection:
            return Writer(connection).day(source_id, day)

    def spans(
        self, start_ns: int | None = None, end_ns: int | None = None, *, late: bool | None = None
    ) -> dict[SourceId, list[Span]]:
        """What there is of each channel: start and end of stretches without a gap, by start.

        Those that touch the window, uncut; stretches end at midnight and go on at once. ``late`` chooses those that
        came live or late; None gives both, which may overlap.
        """
        table = tables.spans
        query = select(table.c.channel, table.c.start_ns, table.c.end_ns).order_by(table.c.channel, table.c.start_ns)
        query = _within(query, table.c.day, start_ns, end_ns)
        if start_ns is not None:
            query = query.where(table.c.end_ns > start_ns)
        if end_ns is not None:
            query = query.where(table.c.start_ns < end_ns)
        if late is not None:
            query = query.where(table.c.late == late)
        found: dict[SourceId, list[Span]] = {}
        with self.reading() as connection:
            names = self._all_names(connection)
            for number, begin, end in connection.execute(query):
                found.setdefault(names[number], []).append((begin, end))
        return found

    def conflicts(self, start_ns: int | None = None, end_ns: int | None = None) -> list[Conflict]:
        """Where records disagree, by channel and time."""
        table = tables.conflicts
        query = _within(select(table), table.c.day, start_ns, end_ns)
        with self.reading() as connection:
            names = self._all_names(connection)
            rows = connection.execute(query).all()
        found = [Conflict(names[row.channel], row.start_ns, row.end_ns, row.records) for row in rows]
        return sorted(found, key=lambda one: (one.source_id, one.start_ns))

    def losses(self) -> list[Loss]:
        """What was found missing on the disk, by channel and time."""
        with self.reading() as connection:
            names = self._all_names(connection)
            rows = connection.execute(select(tables.lost)).all()
        found = [Loss(names[row.channel], row.start_ns, row.end_ns, row.bytes) for row in rows]
        return sorted(found, key=lambda one: (one.source_id, one.start_ns))

    def resume(self) -> dict[Origin, Resume]:
        """How far each station of each source is archived."""
        with self.reading() as connection:
            rows = connection.execute(select(tables.resume)).all()
        return {(row.source, row.station): Resume(int(row.sequence), row.end_ns) for row in rows}

    def files(self, prefix: str = "") -> dict[str, int]:
        """Length of the receipts' and the quarantine's files, by path below the archive's folder."""
        table = tables.files
        query = select(table.c.path, table.c.length).where(table.c.path.startswith(prefix, autoescape=True))
        with self.reading() as connection:
            return {row.path: row.length for row in connection.execute(query)}

    def _all_names(self, connection: Connection) -> dict[int, SourceId]:
        if connection.execute(select(func.count()).select_from(tables.channels)).scalar() != len(self._names):
            rows = connection.execute(select(tables.channels.c.id, tables.channels.c.nslc))
            self._names = {number: SourceId.parse(nslc) for number, nslc in rows}
        return self._names


def _within(query: Any, day: Any, start_ns: int | None, end_ns: int | None) -> Any:
    """Only days that can hold something of a window: a record is filed under the day it starts on."""
    if start_ns is not None:
        query = query.where(day >= day_of(start_ns) - 1)
    return query if end_ns is None else query.where(day <= day_of(end_ns - 1))


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Database errors become an ArchiveError."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        original = getattr(error, "orig", None) or error
        cause = " ".join(str(original).split())[:160]
        if (
            getattr(original, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
            or "no such" in cause
        ):
            raise DamagedError(f"{path}: the index is damaged: {cause}; {_ANEW}") from error
        raise ArchiveError(f"{path}: the index cannot be used: {cause}; check the disk, and who uses it") from error


def _engine(path: Path, busy_ms: int, create: bool) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun below
        connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        if create:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
