"""Databases that cannot be read: what is wrong with them, and where they are put so that work can go on."""

import sqlite3
from contextlib import closing
from pathlib import Path

from .catalogue import Catalogue
from .files import Disk

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def damage(path: Path) -> str:
    """What SQLite finds wrong with a file; empty when nothing is, or when there is no file.

    >>> damage(Path("/nowhere/catalogue.sqlite"))
    ''
    """
    if not path.is_file():
        return ""
    try:
        with closing(sqlite3.connect(path, timeout=5.0)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error) if getattr(error, "sqlite_errorname", "").startswith(_DAMAGED) else ""
    return "" if found == ("ok",) else str(found[0]) if found else "it is empty"


def rename_aside(disk: Disk, path: Path) -> str:
    """Give a database another name, with what belongs to it; the new name."""
    number = 0
    while disk.size(path.with_name(f"{path.name}.damaged-{number}")) is not None:
        number += 1
    for suffix in ("-wal", "-shm", ""):
        old = path.with_name(path.name + suffix)
        if disk.size(old) is not None:
            disk.rename(old, path.with_name(f"{path.name}.damaged-{number}{suffix}"))
    return f"{path.name}.damaged-{number}"


def open_catalogue(path: Path, disk: Disk, busy_ms: int) -> tuple[Catalogue, str]:
    """The catalogue in a file; one that is damaged is renamed and a new one begun, which the words then say.

    ArchiveError when it is of a newer version, none of ours, or locked for longer than ``busy_ms``.
    """
    found = damage(path)
    if not found:
        return Catalogue(path, busy_ms=busy_ms), ""
    name = rename_aside(disk, path)
    note = f"{path}: damaged ({found}): it was renamed to {name} and a new one is begun; its events are in the backup"
    return Catalogue(path, busy_ms=busy_ms), note
