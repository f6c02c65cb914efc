"""Station files on disk, read as one table."""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.core.inventory import ChannelTable
from seismonet.formats.stationxml import MAX_BYTES, Inventory, merge, parse

from .bounded import read_table


def find_files(paths: Sequence[str | Path]) -> list[Path]:
    """Files behind paths, globs and folders (their ``*.xml``), each once, in the given order.

    ArchiveError when one of them leads to no file.
    """
    found: dict[Path, None] = {}
    for path in paths:
        text = os.fspath(path)
        if os.path.isdir(text):
            files = sorted(Path(text).glob("*.xml"))
        elif os.path.exists(text):
            files = [Path(text)]
        else:
            files = sorted(Path(name) for name in glob.glob(text, recursive=True) if os.path.isfile(name))
        if not files:
            raise ArchiveError(f"{text}: no such file, or no *.xml in that folder; check the path")
        found.update(dict.fromkeys(files))
    return list(found)


def read_file(path: str | Path) -> bytes:
    """All bytes of a station file; ArchiveError when it cannot be read, FormatError above 32 MB."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) > MAX_BYTES:
        raise FormatError(f"{path}: more than {MAX_BYTES // 2**20} MB; split it by network")
    return data


def read_document(path: str | Path) -> Inventory:
    """ObsPy's Inventory of a StationXML file; ArchiveError or FormatError, which name the file."""
    data = read_file(path)
    try:
        return parse(data)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error


def read_inventories(paths: Sequence[str | Path], faults: list[str] | None = None) -> ChannelTable:
    """One table of all StationXML files behind paths, globs and folders.

    Parameters
    ----------
    paths : files, glob patterns or folders (their ``*.xml``)
    faults : list, optional
        What cannot be used is left out and described here; without it the first fault is an error.

    Raises
    ------
    ArchiveError
        A file is missing or cannot be read.
    FormatError
        A file is not StationXML, or a channel cannot be used; the message names the file.
    """
    tables = []
    for path in find_files(paths):
        notes: list[str] | None = None if faults is None else []
        data = read_file(path)
        try:
            tables.append(read_table(data, notes))
        except FormatError as error:
            raise FormatError(f"{path}: {error}") from error
        if faults is not None:
            faults.extend(f"{path}: {note}" for note in notes or ())
    return merge(tables, faults)
