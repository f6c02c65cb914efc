"""The history of states in the catalogue: what was good, degraded or down, from when to when, and why."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from seismonet.core.health import Change

from . import schema
from .catalogue import Catalogue


def add_changes(catalogue: Catalogue, changes: Iterable[Change]) -> None:
    """Store changes of state; the same again changes nothing."""
    rows = [
        {
            "name": one.name,
            "time_ns": int(one.time_ns),
            "before": one.before,
            "after": one.after,
            "reasons": list(one.reasons),
        }
        for one in changes
    ]
    catalogue.replace(schema.state_changes, rows)


def read_changes(catalogue: Catalogue, start_ns: int, end_ns: int, names: Sequence[str] = ()) -> list[Change]:
    """Changes in ``[start_ns, end_ns)`` by time and name, of all or of some (channels, stations, ``network``)."""
    table = schema.state_changes
    query = select(table).where(table.c.time_ns >= start_ns, table.c.time_ns < end_ns)
    if names:
        query = query.where(table.c.name.in_(sorted(set(names))))
    return [
        Change(row["name"], row["time_ns"], row["before"], row["after"], tuple(row["reasons"]))
        for row in catalogue.fetch(query.order_by(table.c.time_ns, table.c.name))
    ]


def state_at(catalogue: Catalogue, name: str, time_ns: int) -> Change | None:
    """The change that led to the state at a time; None when none is known."""
    table = schema.state_changes
    query = select(table).where(table.c.name == name, table.c.time_ns <= time_ns)
    for row in catalogue.fetch(query.order_by(table.c.time_ns.desc()).limit(1)):
        return Change(row["name"], row["time_ns"], row["before"], row["after"], tuple(row["reasons"]))
    return None
