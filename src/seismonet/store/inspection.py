"""All day files of an archive against their bytes, their places and the index.

The rule this file owns: what the index says is read before the file that it is about, so a daemon that goes on writing
makes no finding: what is beyond the length that counts is then not looked at.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seismonet.core.errors import ArchiveError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import to_iso

from .contents import Contents
from .dayfiles import DayFile, day_files, is_needed, matches, strangers
from .files import Disk
from .index import NAME, Index
from .indexwriter import HERE, Day, Span
from .verify import Finding, verify_file

SDS = "sds"
Rows = dict[tuple[SourceId, int], Day]


@dataclass(slots=True)
class Inspected:
    """What was looked at: files, records and bytes; how many findings were errors."""

    files: int = 0
    records: int = 0
    bytes: int = 0
    errors: int = 0
    remarks: int = 0


@dataclass(slots=True)
class Inspection:
    """Which files of an archive are to be looked at.

    ``live`` says that a daemon writes meanwhile; ``progress`` is told the bytes of each file. ``done`` counts.
    """

    folder: Path
    wanted: Sequence[str] = ()
    window_ns: Span | None = None
    live: bool = False
    progress: Callable[[int], None] | None = None
    disk: Disk = field(default_factory=Disk)
    done: Inspected = field(default_factory=Inspected)

    def run(self) -> Iterator[Finding]:
        """All findings, file by file. ArchiveError when the archive or a file cannot be read."""
        for finding in self._findings():
            self.done.errors += finding.is_error
            self.done.remarks += not finding.is_error
            yield finding

    def _findings(self) -> Iterator[Finding]:
        rows, told = self._rows()
        yield from told
        for one in day_files(self.folder / SDS, self.wanted, self.window_ns):
            row = rows.pop((one.source_id, one.day), None) if rows is not None else None
            if row is None and self.live:
                continue  # it has come since
            yield from self._file(one, row, rows is not None)
        for row in (rows or {}).values():
            if row.state == HERE and row.length:
                yield Finding(_told(row), -1, "missing", f"the file of {row.records} records is not there")
        for path in strangers(self.folder / SDS):
            yield Finding(path.relative_to(self.folder).as_posix(), -1, "stranger", "no day file; left alone", False)

    def _rows(self) -> tuple[Rows | None, list[Finding]]:
        """What the index has of the wanted files; None when it cannot be read."""
        try:
            index = Index(self.folder / NAME)
        except ArchiveError as error:
            return None, [_broken(str(error))]
        try:
            rows = {
                (row.source_id, row.day): row
                for row in index.days()
                if matches(row.source_id, self.wanted) and is_needed(row.day, self.window_ns)
            }
            damage = index.damage()
            return rows, [_broken(damage)] if damage else []
        except ArchiveError as error:
            return None, [_broken(str(error))]
        finally:
            index.close()

    def _file(self, one: DayFile, row: Day | None, has_index: bool) -> Iterator[Finding]:
        path = one.path.relative_to(self.folder).as_posix()
        data = self._read(one, row)
        if data is None:
            return
        verified = verify_file(data, path, one.source_id, one.day)
        self.done.files += 1
        self.done.bytes += len(data)
        self.done.records += len(verified.contents)
        if self.progress is not None:
            self.progress(len(data))
        yield from verified.findings
        if has_index:
            yield from _against(row, verified.contents, path, len(data))

    def _read(self, one: DayFile, row: Day | None) -> bytes | None:
        try:
            size = self.disk.size(one.path)
            return self.disk.read(one.path, 0, row.length if self.live and row is not None else size or 0)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArchiveError(f"{one.path}: cannot be read: {error.strerror or error}") from None


def _broken(why: str) -> Finding:
    return Finding(NAME, -1, "index", f"{why}; 'seismonet archive repair' makes it anew")


def _told(row: Day) -> str:
    return f"{SDS}/{row.path}"


def _against(row: Day | None, found: Contents, path: str, size: int) -> Iterator[Finding]:
    """Where the index says something else than the file."""
    if row is None or row.state != HERE:
        yield Finding(path, -1, "index", "the index does not know this file")
        return
    if row.length != size:
        more = "more" if size > row.length else "fewer"
        yield Finding(path, min(row.length, size), "index", f"{abs(size - row.length)} bytes {more} than the index has")
        return
    kept = ~found.refused()
    told = (
        ("records", row.records, int(np.count_nonzero(kept))),
        ("first", row.first_ns, int(found.start_ns[kept].min()) if kept.any() else row.first_ns),
        ("last", row.last_ns, int(found.end_ns[kept].max()) if kept.any() else row.last_ns),
    )
    for name, index, file in told:
        if index != file:
            was, is_ = (str(index), str(file)) if name == "records" else (to_iso(index, 3), to_iso(file, 3))
            yield Finding(path, -1, "index", f"{name}: the index has {was}, the file {is_}")
