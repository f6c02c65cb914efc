"""``seismonet archive``: how the archive stands, is it sound, and records into it and out of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Annotated, Literal

from cyclopts import App, Parameter

from seismonet.config import load_config
from seismonet.core.errors import ArchiveError, QueryError
from seismonet.core.utc import from_iso
from seismonet.core.waveform import Packet
from seismonet.daemon.lock import EXIT_CODE, Lock, LockedError, holder
from seismonet.daemon.words import number, size
from seismonet.formats.gate import known
from seismonet.formats.miniseed import Known
from seismonet.net.clock import Clock
from seismonet.store.archive import Archive
from seismonet.store.dayfiles import check_patterns, day_files
from seismonet.store.export import export as export_records
from seismonet.store.export import metadata_of
from seismonet.store.files import Disk
from seismonet.store.importing import find_files as find_miniseed
from seismonet.store.importing import import_files, import_into
from seismonet.store.inbox import MOST_BYTES, MOST_RECORDS, put, waiting_bytes
from seismonet.store.index import NAME, Index
from seismonet.store.inspection import SDS, Inspection
from seismonet.store.inventory import find_files, read_inventories
from seismonet.store.repair import repair as mend
from seismonet.store.standing import standing, storage
from seismonet.store.stationfile import write_new

from .archivetables import (
    finding_object,
    imported_object,
    print_days,
    print_imported,
    print_repaired,
    print_standing,
    print_storage,
    repaired_object,
    standing_object,
)
from .network import print_json

app = App(name="archive", help="How the archive stands, whether it is sound, and records into it and out of it.")

Channels = Annotated[tuple[str, ...], Parameter(negative="")]
Folder = Annotated[Path | None, Parameter(name=["--archive", "-a"])]
Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]
Json = Annotated[bool, Parameter(name="--json", negative="")]
FOR_EVER_NS = 2**63 - 1


@app.command
def status(
    *channels: str,
    archive: Folder = None,
    config: Config = None,
    start: str | None = None,
    end: str | None = None,
    by_day: Annotated[bool, Parameter(negative="")] = False,
    as_json: Json = False,
) -> int:
    """Show what there is of each channel: percent, gaps, what came late, overlaps, conflicts, bytes, last record.

    Parameters
    ----------
    channels
        Which channels, as NET.STA.LOC.CHA or as much of its front as is needed, with * and ?; without any, all.
    archive
        Folder of the archive; without it, the one that the configuration names.
    config
        Configuration (TOML).
    start
        Begin of the time window, ISO 8601 UTC; without it, seven days.
    end
        End of the time window; without it, the newest record.
    by_day
        One line a channel and day.
    as_json
        Print JSON, with the days.
    """
    check_patterns(channels)
    folder = _folder(archive, config)
    start_ns, end_ns = _window(start, end)
    with _index(folder) as index:
        found = standing(index, channels, start_ns, end_ns)
        costs = storage(folder, index, Disk())
    if as_json:
        print_json(standing_object(found, costs))
        return 0
    if not found.channels:
        print(f"no record{' of ' + ' '.join(channels) if channels else ''} in this time in {folder}")
    elif by_day:
        print_days(found)
    else:
        print_standing(found)
    print_storage(costs)
    return 0


@app.command
def verify(
    *channels: str,
    archive: Folder = None,
    config: Config = None,
    start: str | None = None,
    end: str | None = None,
    as_json: Json = False,
) -> int:
    """Check every record: length, header, checksum, samples, its channel and day, no copy of it, and the index.

    A line for each finding, with file and offset. Exit code 1 when one is an error. A daemon may run meanwhile.

    Parameters
    ----------
    channels
        Which channels, as NET.STA.LOC.CHA or as much of its front as is needed, with * and ?; without any, all.
    archive
        Folder of the archive; without it, the one that the configuration names.
    config
        Configuration (TOML).
    start
        Only files that this time window needs, ISO 8601 UTC.
    end
        End of the time window.
    as_json
        Print JSON.
    """
    check_patterns(channels)
    folder = _existing(_folder(archive, config))
    window = _closed(*_window(start, end))
    with _bar("verify", quiet=as_json) as progress:
        inspection = Inspection(folder, channels, window, live=holder(folder) is not None, progress=progress)
        findings = []
        for finding in inspection.run():
            findings.append(finding)
            if not as_json:
                print(finding if finding.is_error else f"{finding} (remark)")
    done = inspection.done
    if as_json:
        counts = {"files": done.files, "records": done.records, "bytes": done.bytes, "errors": done.errors}
        print_json({**counts, "findings": [finding_object(one) for one in findings]})
    else:
        told = f"{number(done.errors, 'error')}, {number(done.remarks, 'remark')}"
        print(f"{number(done.files, 'file')}, {number(done.records, 'record')}, {size(done.bytes)}: {told}")
    return 1 if done.errors else 0


@app.command
def export(
    *channels: str,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    archive: Folder = None,
    config: Config = None,
    start: str | None = None,
    end: str | None = None,
    sds: Annotated[bool, Parameter(negative="")] = False,
    stations: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
) -> int:
    """Copy records out, byte for byte: all that touch the time window, each whole.

    Parameters
    ----------
    channels
        Which channels, as NET.STA.LOC.CHA or as much of its front as is needed, with * and ?; without any, all.
    out
        A folder, for one file a channel; or a name that ends with .mseed, for one file. Nothing is overwritten.
    archive
        Folder of the archive; without it, the one that the configuration names.
    config
        Configuration (TOML).
    start
        Begin of the time window, ISO 8601 UTC.
    end
        End of the time window.
    sds
        Write an SDS tree into the folder.
    stations
        StationXML files, globs or folders: the metadata of what was exported are written beside it.
    """
    check_patterns(channels)
    folder = _existing(_folder(archive, config))
    layout: Literal["sds", "channels", "file"] = "sds" if sds else "file" if out.suffix == ".mseed" else "channels"
    if sds and out.suffix == ".mseed":
        raise QueryError("--sds writes a tree: give --out a folder")
    window = _closed(*_window(start, end)) or (-FOR_EVER_NS, FOR_EVER_NS)
    metadata = find_files(stations) if stations else []
    with _bar("export") as progress:
        done = export_records(day_files(folder / SDS, channels, window), window, out, layout, progress)
    if not done.files:
        raise QueryError(f"no record{' of ' + ' '.join(channels) if channels else ''} in this time in {folder}")
    if metadata and (document := metadata_of(metadata, done.channels)):
        write_new(out.with_suffix(".xml") if layout == "file" else out / "stations.xml", document)
    print(f"{number(done.records, 'record')}, {size(done.bytes)} in {number(len(done.files), 'file')}: {out}")
    if done.left_out:
        print(f"{size(done.left_out)} of the archive are no records of their channel: see 'seismonet archive verify'")
    return 0


@app.command
def repair(*, archive: Folder = None, config: Config = None, as_json: Json = False) -> int:
    """Move what is broken to the quarantine, records to their own files, and make the index anew. Nothing is deleted.

    It needs the archive for itself: while a daemon runs it ends with exit code 75.

    Parameters
    ----------
    archive
        Folder of the archive; without it, the one that the configuration names.
    config
        Configuration (TOML).
    as_json
        Print JSON.
    """
    folder = _existing(_folder(archive, config))
    try:
        with Lock(folder), _bar("repair", quiet=as_json) as progress:
            opened = Archive(folder, known=_known(config), keep_hours=load_config(config).archive.journal_hours)
            done = mend(opened, Clock().now_ns(), progress)
    except LockedError as error:
        print(f"seismonet: {error}", file=sys.stderr)
        return EXIT_CODE
    if as_json:
        print_json(repaired_object(done))
    else:
        print_repaired(done)
    return 0


@app.command(name="import")
def import_(
    places: Annotated[list[Path], Parameter(negative="")],
    /,
    *,
    archive: Folder = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Take in miniSEED from files, folders and SDS trees; what is there already is left out.

    While a daemon runs, records are laid into its inbox, and it takes them in. Exit code 1 when there is no record.

    Parameters
    ----------
    places
        Files and folders; folders are searched to the bottom.
    archive
        Folder of the archive; without it, the one that the configuration names.
    config
        Configuration (TOML).
    as_json
        Print JSON.
    """
    folder = _folder(archive, config)
    paths = find_miniseed(places, folder)
    total = sum(path.stat().st_size for path in paths)
    with _bar("import", total, quiet=as_json) as progress:
        try:
            with Lock(folder):
                opened = Archive(folder, known=_known(config), keep_hours=load_config(config).archive.journal_hours)
                done, stored = import_into(opened, paths, Clock().now_ns(), progress)
        except LockedError:
            done, stored = import_files(paths, partial(_lay_in, folder), progress), None
    if as_json:
        print_json(imported_object(done, stored))
    else:
        print_imported(done, stored)
    if done.records:
        return 0
    print("seismonet: no record was found in what was given; check the names and the format", file=sys.stderr)
    return 1


def _lay_in(folder: Path, packets: list[Packet]) -> None:
    """Into the daemon's inbox, in small files, when there is room in it."""
    pause = Event()
    for first in range(0, len(packets), MOST_RECORDS):
        while waiting_bytes(folder) > MOST_BYTES:
            if holder(folder) is None:
                raise ArchiveError(f"{folder}: the daemon has ended meanwhile; import again, what it took is left out")
            pause.wait(0.2)
        put(folder, packets[first : first + MOST_RECORDS], Disk())


def _known(config: Path | None) -> Known | None:
    """What the metadata say of the channels, where a configuration names any."""
    stations = load_config(config).network.stations
    return known(read_inventories(stations)) if stations else None


def _folder(archive: Path | None, config: Path | None) -> Path:
    return archive or Path(load_config(config).archive.folder)


def _existing(folder: Path) -> Path:
    if not (folder / SDS).is_dir():
        raise ArchiveError(f"{folder}: no archive there; give --archive the folder that 'seismonet run' writes to")
    return folder


@contextmanager
def _index(folder: Path) -> Iterator[Index]:
    index = Index(folder / NAME)
    try:
        yield index
    finally:
        index.close()


def _window(start: str | None, end: str | None) -> tuple[int | None, int | None]:
    start_ns, end_ns = _time(start, "--start"), _time(end, "--end")
    if start_ns is not None and end_ns is not None and start_ns >= end_ns:
        raise QueryError("the time window is empty: --start must lie before --end")
    return start_ns, end_ns


def _closed(start_ns: int | None, end_ns: int | None) -> tuple[int, int] | None:
    if start_ns is None and end_ns is None:
        return None
    return -FOR_EVER_NS if start_ns is None else start_ns, FOR_EVER_NS if end_ns is None else end_ns


def _time(text: str | None, name: str) -> int | None:
    try:
        return None if text is None else from_iso(text)
    except ValueError:
        raise QueryError(f"{name} {text!r} is no time; write it as 2024-09-15T00:00:00Z") from None


@contextmanager
def _bar(what: str, total: int | None = None, *, quiet: bool = False) -> Iterator[Callable[[int], None] | None]:
    """A line on a terminal that tells how many bytes are done."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)
