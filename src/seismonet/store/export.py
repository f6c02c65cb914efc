"""Records out of the archive into files, byte for byte.

The rule this file owns: an export never overwrites and never leaves half a file: what it writes has another name until
it is whole. What touches the window is exported whole, as a record cannot be cut and stay what was received.
"""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from seismonet.core.errors import ArchiveError
from seismonet.core.sourceid import SourceId

from .contents import contents
from .dayfiles import DayFile
from .inventory import read_document

Layout = Literal["sds", "channels", "file"]


@dataclass(slots=True)
class Exported:
    """What was written: files, records, bytes; and the bytes of the archive that were no record of their channel."""

    files: list[Path] = field(default_factory=list)
    channels: set[SourceId] = field(default_factory=set)
    records: int = 0
    bytes: int = 0
    left_out: int = 0


def export(
    found: Iterable[DayFile],
    window_ns: tuple[int, int],
    out: Path,
    layout: Layout,
    progress: Callable[[int], None] | None = None,
) -> Exported:
    """Write the records of day files that touch a window.

    Parameters
    ----------
    found : the day files, those of one channel by day
    window_ns : records that end after the first and start before the second time
    out : the folder of an SDS tree (``sds``), a folder with one file a channel (``channels``), or one ``file``
    progress : told the size of each day file that was read

    ArchiveError when a file is there already or cannot be written, or when a day file cannot be read.
    """
    done = Exported()
    writer = _Writer(out, layout)
    with writer.finishing():
        for one in found:
            records = _records(one, window_ns, done)
            if records:
                writer.add(one, records)
                done.channels.add(one.source_id)
                done.records += len(records)
                done.bytes += sum(map(len, records))
            if progress is not None:
                progress(one.path.stat().st_size)
    done.files = writer.written
    return done


def _records(one: DayFile, window_ns: tuple[int, int], done: Exported) -> list[bytes]:
    try:
        data = one.path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{one.path}: cannot be read: {error.strerror or error}") from None
    found = contents(data)
    own = np.array([name == one.source_id for name in found.names] or [False])[found.channel] & ~found.refused()
    done.left_out += len(data) - int(found.length[own].sum())
    chosen = own & (found.start_ns < window_ns[1]) & (np.maximum(found.end_ns, found.start_ns + 1) > window_ns[0])
    return [packet.payload for packet in found.packets(data, chosen)]


class _Writer:
    """The files of an export: each is written under another name, and named when all are whole."""

    def __init__(self, out: Path, layout: Layout) -> None:
        self._out, self._layout = out, layout
        self._parts: dict[Path, Path] = {}
        self._open: tuple[Path, BinaryIO] | None = None
        self.written: list[Path] = []

    def add(self, one: DayFile, records: list[bytes]) -> None:
        path = self._place(one)
        try:
            if self._open is None or self._open[0] != path:
                self._close()
                self._open = path, self._begin(path)
            self._open[1].writelines(records)
        except OSError as error:
            raise _unwritable(path, error) from None

    def _place(self, one: DayFile) -> Path:
        if self._layout == "file":
            return self._out
        if self._layout == "channels":
            return self._out / f"{one.source_id.nslc}.mseed"
        return self._out.joinpath(*one.path.parts[-5:])

    def _begin(self, path: Path) -> BinaryIO:
        if path in self._parts:
            return self._parts[path].open("ab")
        if path.exists():
            raise ArchiveError(f"{path}: exists already and is not overwritten; choose another --out")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._parts[path] = path.with_name(f".{path.name}.part")
        return self._parts[path].open("wb")

    def _close(self) -> None:
        if self._open is not None:
            file = self._open[1]
            self._open = None
            file.flush()
            os.fsync(file.fileno())
            file.close()

    @contextmanager
    def finishing(self) -> Iterator[None]:
        """Give all files their names in the end, or none."""
        try:
            yield
            self._close()
            for path, part in self._parts.items():
                part.replace(path)
                self.written.append(path)
        except OSError as error:
            raise _unwritable(self._out, error) from None
        finally:
            if self._open is not None:
                self._open[1].close()
            for part in self._parts.values():
                part.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> ArchiveError:
    return ArchiveError(
        f"{path}: cannot be written: {error.strerror or error}; check the disk, or choose another --out"
    )


def metadata_of(stations: Iterable[Path], channels: Iterable[SourceId]) -> bytes:
    """StationXML of some channels, all their epochs and Comments, out of station files; empty when they have none."""
    from obspy import Inventory

    wanted = {(one.network, one.station, one.location, one.channel) for one in channels}
    networks = [network for path in stations for network in read_document(path).networks]
    for network in networks:
        for station in network.stations:
            own = network.code, station.code
            station.channels = [one for one in station.channels if (*own, one.location_code, one.code) in wanted]
        network.stations = [station for station in network.stations if station.channels]
    if not (networks := [network for network in networks if network.stations]):
        return b""
    buffer = io.BytesIO()
    Inventory(networks=networks, source="seismonet").write(buffer, format="STATIONXML")
    return buffer.getvalue()
