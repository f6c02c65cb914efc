"""Station metadata from files."""

import glob
from collections.abc import Sequence
from pathlib import Path

from seismonet.core.errors import ArchiveError
from seismonet.core.inventory import ChannelTable
from seismonet.formats.stationxml import channel_table, parse


def read_bytes(path: Path) -> bytes:
    """A file's bytes; ArchiveError in one line when it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ArchiveError(f"{path}: no such file; check the name") from None
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from None


def station_files(patterns: Sequence[str]) -> list[Path]:
    """The StationXML files that names, globs and folders stand for; ArchiveError names what does not exist."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            paths = sorted(path.glob("*.xml"))
        else:
            paths = [path] if path.exists() else sorted(Path(one) for one in glob.glob(pattern, recursive=True))
        if not paths:
            raise ArchiveError(f"{pattern}: no such StationXML file or folder, and no file matches it")
        for one in paths:
            found.setdefault(one)
    return list(found)


def read_inventories(patterns: Sequence[str]) -> ChannelTable:
    """One channel table of several StationXML files, globs or folders.

    An epoch that two files describe alike counts once.
    """
    tables = [channel_table(parse(read_bytes(path), str(path)), str(path)) for path in station_files(patterns)]
    stations = dict.fromkeys(station for table in tables for station in table.stations)
    channels = dict.fromkeys(channel for table in tables for channel in table.channels)
    return ChannelTable.of(stations, channels)
