"""Opening the catalogue's database: connection settings and migrations.

The rule this file owns: a database is brought to this code's revision when it is opened, and one that is newer, or not
ours, is left alone.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from seismonet.core.errors import ArchiveError

from .schema import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000
"""A reader's or another writer's transaction is waited for this long; each of ours takes well under a second."""


def connect(where: str | Path, *, create: bool, busy_ms: int = BUSY_TIMEOUT_MS) -> Engine:
    """An engine on a database at this code's revision.

    Parameters
    ----------
    where : path of an SQLite file, or an SQLAlchemy URL
    create : bool
        Make an SQLite file that is not there; otherwise ArchiveError.
    busy_ms : how long others' transactions are waited for, in SQLite
    """
    name = shown(where)
    engine = _engine(str(where), create, busy_ms)
    try:
        with one_line(name):
            _bring_up(engine, name)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def one_line(name: str) -> Iterator[None]:
    """Database errors become an ArchiveError; a row that refers to nothing is a caller's mistake, a ValueError."""
    try:
        yield
    except IntegrityError as error:
        raise ValueError(
            f"{name}: a row names a pick or network status that is not stored; add those first ({error.orig})"
        ) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = " ".join(str(getattr(error, "orig", None) or error).split())[:160]
        raise ArchiveError(f"{name}: the catalogue cannot be used: {cause}; check the file and its folder") from error


def shown(where: str | Path) -> str:
    """The name of a database for messages: a URL without its password."""
    try:
        return make_url(str(where)).render_as_string(hide_password=True) if "://" in str(where) else str(where)
    except ArgumentError:
        return "the catalogue's URL"


def _engine(where: str, create: bool, busy_ms: int) -> Engine:
    if "://" not in where:
        if not create and not Path(where).is_file():
            raise ArchiveError(f"{where}: no catalogue there; give --data the folder that a replay wrote with --out")
        return _sqlite(URL.create("sqlite", database=where), busy_ms)
    try:
        url = make_url(where)
        return _sqlite(url, busy_ms) if url.get_backend_name() == "sqlite" else create_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ArchiveError(f"{shown(where)}: no database can be opened by this URL: {reason}") from error


def _sqlite(url: URL, busy_ms: int) -> Engine:
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions are begun below, so that they span DDL and reads too
        connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if connection.get_execution_options().get("immediate") else "BEGIN"
        )

    return engine


def _bring_up(engine: Engine, name: str) -> None:
    """To this code's revision; two processes that open a new catalogue at once take turns."""
    with engine.connect() as connection:
        current = _revision(connection, name)
    if current == HEAD:
        return
    if current is None and engine.dialect.name == "sqlite":
        _write_ahead(engine)
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        current = _revision(connection, name)
        if current is not None and current not in revisions():
            raise ArchiveError(
                f"{name}: was written by a newer seismonet (revision {current}, this one knows {HEAD}); update it"
            )
        if current != HEAD:
            _upgrade(connection)


def _write_ahead(engine: Engine) -> None:
    """Readers do not wait for the writer; the file keeps this mode. It cannot be chosen inside a transaction."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def _revision(connection: Connection, name: str) -> str | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if tables:
        raise ArchiveError(f"{name}: holds other tables ({', '.join(tables[:3])}); give the catalogue its own")
    return None


def revisions() -> list[str]:
    """All revisions that this code knows, newest first."""
    from alembic.script import ScriptDirectory

    return [one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()]


def _config() -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
