"""The migrations lead to the tables that the code uses."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from seismonet.store import eventrows, rows
from seismonet.store.catalogue import Catalogue
from seismonet.store.database import MIGRATIONS, revisions
from seismonet.store.schema import HEAD, metadata
from tests.support.quakes import network, quake


def test_head_is_the_newest_revision() -> None:
    assert revisions()[0] == HEAD


def test_a_migrated_database_has_the_tables_of_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    Catalogue(path).close()
    with create_engine(f"sqlite:///{path}").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_file_keeps_a_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    Catalogue(path).close()
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_times_are_64_bit_on_postgresql_too() -> None:
    for table in metadata.sorted_tables:
        sql = str(CreateTable(table).compile(dialect=postgresql.dialect()))
        times = [line for line in sql.splitlines() if "_ns " in line]
        assert all("BIGINT" in line for line in times), sql


def migrate(path: Path, revision: str, *, back: bool = False) -> None:
    """Bring a database to a revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        move: Callable[[Config, str], None] = command.downgrade if back else command.upgrade
        move(config, revision)


def store_as_then(connection: Connection) -> None:
    """An event with all it owned, in the columns that there were."""
    table, one = network(3), quake(network(3))
    known = MetaData()
    known.reflect(connection)
    parts = {
        "stations": map(rows.station_row, table.stations),
        "picks": map(rows.pick_row, one.picks.values()),
        "network_statuses": map(rows.status_row, one.statuses),
        "events": map(eventrows.event_row, one.versions),
        "origins": map(eventrows.origin_row, one.versions),
        "arrivals": (row for event in one.versions for row in eventrows.arrival_rows(event)),
        "magnitudes": (row for event in one.versions for row in eventrows.magnitude_rows(event)),
    }
    for name, many in parts.items():
        columns = known.tables[name].columns
        values = [{key: value for key, value in row.items() if key in columns} for row in many]
        connection.execute(known.tables[name].insert(), values)


def test_a_catalogue_of_the_first_revision_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    migrate(path, "0001")
    with create_engine(f"sqlite:///{path}").begin() as connection:
        store_as_then(connection)
    one = quake(network(3))
    with Catalogue(path) as catalogue:
        (event,) = catalogue.events()
        assert event.origin.confidence is None
        assert (event.state, event.reason) == ("confirmed", "")
        assert event.magnitude is not None
        assert (event.magnitude.at_least, event.magnitude.probabilities, event.magnitude.check) == (False, (), "")
        assert all(pick.trust == 1 and pick.polarization is None for pick in catalogue.picks())
        assert catalogue.rejections() == []
        catalogue.add_picks(one.picks.values())
        catalogue.add_events(one.versions)
        assert catalogue.events() == [one.versions[-1]]


def test_alerts_of_before_were_for_the_operator(tmp_path: Path) -> None:
    path, one = tmp_path / "catalogue.sqlite", quake(network(3))
    migrate(path, "0004")
    with create_engine(f"sqlite:///{path}").begin() as connection:
        store_as_then(connection)
        known = MetaData()
        known.reflect(connection)
        columns = known.tables["alerts"].columns
        values = [
            {key: value for key, value in rows.alert_row(alert).items() if key in columns} for alert in one.alerts
        ]
        connection.execute(known.tables["alerts"].insert(), values)
    with Catalogue(path) as catalogue:
        assert catalogue.alerts() == list(one.alerts)
        assert {alert.audience for alert in catalogue.alerts()} == {"operator"}
        catalogue.add_alerts([replace(one.alerts[0], audience="public")])
        assert len(catalogue.alerts()) == len(one.alerts) + 1
    migrate(path, "0004", back=True)
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alerts")).scalar() == len(one.alerts)


def test_a_downgrade_takes_away_what_was_added(tmp_path: Path) -> None:
    path, old = tmp_path / "catalogue.sqlite", tmp_path / "old.sqlite"
    Catalogue(path).close()
    migrate(path, "0001", back=True)
    migrate(old, "0001")
    shapes = []
    for one in (path, old):
        tables = MetaData()
        with create_engine(f"sqlite:///{one}").connect() as connection:
            tables.reflect(connection)
        shapes.append({table.name: {column.name for column in table.columns} for table in tables.sorted_tables})
    assert shapes[0] == shapes[1]


def test_migrations_are_sql_of_postgresql_too() -> None:
    text = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": text})
    scripts = ScriptDirectory(str(MIGRATIONS))
    with Operations.context(context):
        for name in reversed(revisions()):
            script = scripts.get_revision(name)
            assert script is not None
            script.module.upgrade()
    sql = text.getvalue()
    times = [line for line in sql.splitlines() if "_ns " in line and "INDEX" not in line]
    assert len(times) > 10
    assert all("BIGINT" in line for line in times)
    assert "ALTER TABLE magnitudes ADD COLUMN at_least BOOLEAN DEFAULT false NOT NULL" in sql
