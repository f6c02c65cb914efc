"""The tables of the archive's index.

Everything in them follows from the journal and the day files, so there are no migrations: an index of another format
is put aside and made anew. ``day`` counts days since 1970; ``length`` is how much of a file was on the disk when the
row was written, and what is beyond that does not count.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table

FORMAT = "1"
metadata = MetaData()

facts = Table("facts", metadata, Column("name", String, primary_key=True), Column("value", String, nullable=False))
"""Single values: ``format``, ``checkpoint`` in the journal, ``usual`` (the memory of the gate)."""

channels = Table(
    "channels", metadata, Column("id", Integer, primary_key=True), Column("nslc", String, nullable=False, unique=True)
)

days = Table(
    "days",
    metadata,
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False),
    Column("samples", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("overlaps", BigInteger, nullable=False),
    Column("conflicts", BigInteger, nullable=False),
    Column("first_ns", BigInteger, nullable=False),
    Column("last_ns", BigInteger, nullable=False),
    Column("newest_ns", BigInteger, nullable=False),
    Column("turned_at", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Index("days_by_day", "day"),
)
"""A day file each. ``last_ns`` is the latest end, ``newest_ns`` the latest start, ``turned_at`` the offset of the last
record that began before an earlier one ended; ``state`` is ``here`` or ``removed``."""

spans = Table(
    "spans",
    metadata,
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("late", Boolean, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("end_ns", BigInteger, nullable=False),
)
"""What there is, without a gap; what came live and what came late apart."""

conflicts = Table(
    "conflicts",
    metadata,
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("start_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("records", Integer, nullable=False),
)
"""Where records say different things of the same time; both are kept."""

lost = Table(
    "lost",
    metadata,
    Column("channel", Integer, primary_key=True, autoincrement=False),
    Column("start_ns", BigInteger, primary_key=True, autoincrement=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
"""What was in the archive once and is not on the disk any more."""

resume = Table(
    "resume",
    metadata,
    Column("source", String, primary_key=True),
    Column("station", String, primary_key=True),
    Column("sequence", String, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
)
"""How far a station of a source is archived; sequence numbers may have 64 bits, so they are text."""

files = Table("files", metadata, Column("path", String, primary_key=True), Column("length", BigInteger, nullable=False))
"""Receipts and quarantine, below the archive's folder."""
