"""The archive: everything in the journal, once, where people look for it.

The rule this file owns: files are written and synced first, then one transaction of the index says so together with the
place in the journal. Until that transaction nothing has happened, so a crash, a full disk or a locked database leaves
the archive as it was, and the same part of the journal is taken again.

::

    FOLDER/journal/          what came in, in order
           sds/              records as received            ┐
           receipts/         when each came                 │ made from the journal by ``take``
           quarantine/       what cannot be archived, why   │
           index.sqlite      what there is, and how far     ┘
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from seismonet.core.errors import ArchiveError
from seismonet.core.utc import from_seconds
from seismonet.formats.miniseed import Known

from . import recovery
from .dayrecords import BASE_RECORDS
from .files import Disk
from .frames import Frames
from .index import BUSY_TIMEOUT_MS, DamagedError, Day, Index, Loss, Span, Writer
from .journal import Journal, Position
from .openfiles import OpenFiles, ShorterError
from .placing import SDS, Batch, Key, Memory, Taken
from .sorting import sort

__all__ = ["SDS", "Archive", "Recovered", "Taken"]

KEEP_HOURS = 24.0
REBUILT_RECORDS = 10_000_000
"""After the index was made anew, much of the journal meets what is there already: so many records are looked up."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found at the start, and done: ``notes`` say it in words, empty when all was as it should be."""

    taken: Taken
    notes: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    rebuilt: bool = False


class Archive:
    """The archive in a folder, for one writer. ``recover`` comes first; after an error ``take`` is called again."""

    def __init__(
        self,
        folder: Path,
        *,
        known: Known | None = None,
        disk: Disk | None = None,
        keep_hours: float = KEEP_HOURS,
        busy_ms: int = BUSY_TIMEOUT_MS,
    ) -> None:
        """``known`` is what the gate expects of channels; the journal is kept for ``keep_hours`` after it was taken."""
        self.folder, self.known, self.disk = folder, known, disk or Disk()
        self.keep_ns = from_seconds(keep_hours * 3600)
        self._busy_ms = busy_ms
        self._index: Index | None = None
        self._files = OpenFiles(self.disk, folder)
        self._memory: Memory | None = None
        self._touched: dict[str, Key | None] = {}
        self._is_recovered = False

    @property
    def index(self) -> Index:
        """The index; ValueError before ``recover``."""
        if self._index is None:
            raise ValueError("an archive is recovered before it is used")
        return self._index

    @property
    def is_open(self) -> bool:
        """Was it recovered, and is it in order?"""
        return self._index is not None and self._is_recovered

    def close(self) -> None:
        """Close all files; nothing is lost by that."""
        self._files.close()
        self._memory = None
        if self._index is not None:
            self._index.close()
            self._index = None
        self._is_recovered = False

    def release(self, paths: list[str]) -> None:
        """Close files (paths below the folder) that are to be removed."""
        self._files.close(paths)
        self._memory = None

    def take(self, journal: Journal, chunks: int | None = None) -> Taken:
        """Archive all of the journal that is not yet, or the next ``chunks`` of it, some megabytes each.

        ArchiveError when that is not possible now: nothing is lost, and the next call begins at the same place. After
        damage that call recovers first.
        """
        if not self._is_recovered:
            return self.recover(journal).taken
        with self._guarded():
            return self._take(journal, chunks)

    def recover(self, journal: Journal) -> Recovered:
        """Bring the archive into order after whatever ended the last run, and take what the journal holds.

        Ends of files that the index does not vouch for are moved to the quarantine, and removed from there when the
        journal had them; what is missing is looked for in the journal, told, and asked for again. An index that is
        missing or damaged is made anew.
        """
        self.close()
        with self._guarded():
            notes: list[str] = []
            self._index, rebuilt = recovery.open_index(self.disk, self.folder, journal, self._busy_ms, notes)
            self._touched = {}  # all files are looked at
            recovery.check_checkpoint(self._index, journal, notes)
            state = recovery.compare(self.disk, self.folder, self._index)
            self._files.set_aside(state.tails)
            losses = self._heal(journal, state.shorter, notes)
            self._memory = Memory(self._index, self.disk, self.folder, REBUILT_RECORDS if rebuilt else BASE_RECORDS)
            taken = self._take(journal)
            notes += self._files.look_through()
            with self._index.writing() as writer:
                writer.put_resume(recovery.taken_back(self._index.resume(), losses))
            journal.remember(self._index.resume())
            self._memory = None
            self._is_recovered = True
        return Recovered(taken, tuple(notes), tuple(losses), rebuilt)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """After any error all that is remembered is read again from the index, and half-written files are cut."""
        try:
            yield
        except BaseException as error:
            self._memory = None
            self._files.close()
            if isinstance(error, DamagedError | ShorterError):
                self._is_recovered = False
            if isinstance(error, OSError):
                where = error.filename or self.folder
                what = f"{where}: cannot be written or read: {error.strerror or error}"
                raise ArchiveError(f"{what}; check the disk, nothing acknowledged is lost") from error
            raise

    def _take(self, journal: Journal, chunks: int | None = None) -> Taken:
        memory = self._memory or self._load()
        total = Taken(memory.position)
        newest_ns = None
        while chunks != 0 and (found := journal.frames(memory.position)) is not None:
            chunks = None if chunks is None else chunks - 1
            total.add(self._chunk(memory, found))
            newest_ns = int(found[0].received_ns[-1]) if len(found[0]) else newest_ns
        if newest_ns is not None:
            with suppress(OSError):  # what could not be removed now will be next time
                journal.drop_before(memory.position, newest_ns - self.keep_ns)
        return total

    def _load(self) -> Memory:
        self._settle()
        self._memory = Memory(self.index, self.disk, self.folder)
        return self._memory

    def _settle(self) -> None:
        """Where an attempt to write has failed, cut the files to what the index says."""
        if not self._touched:
            return
        with self.index.writing() as writer:  # now it is certain what the index says, whatever a commit has told
            writer.put_fact("settled", "yes")
        for path, key in self._touched.items():
            size = self.disk.size(self.folder / path)
            if size is not None and size > (length := self._recorded(path, key)):
                self.disk.truncate(self.folder / path, length)
        self._touched.clear()

    def _recorded(self, path: str, key: Key | None) -> int:
        if key is None:
            return self.index.files(path).get(path, 0)
        day = self.index.day(*key)
        return day.length if day is not None else 0

    def _chunk(self, memory: Memory, found: tuple[Frames, Position], only: frozenset[Key] | None = None) -> Taken:
        """Archive some frames; with ``only``, just what belongs into these files, and all else stays as it is."""
        frames, follow = found
        batch = Batch(memory, frames, sort(frames, self.known, memory.usual), follow)
        if only is None:
            batch.place_all()
        else:
            batch.place_only(only)
        additions = batch.additions()
        self._touched = {one.path: None for one in additions} | {
            f"{SDS}/{one.day.path}": key for key, one in batch.days.items() if one.pending
        }
        self._files.append(additions)
        with self.index.writing() as writer:
            batch.write(writer)
            if only is None:
                writer.put_checkpoint(follow)
        self._touched = {}
        memory.flushed(batch)
        if only is None:
            memory.position = follow
        return batch.taken

    def _heal(self, journal: Journal, shorter: Sequence[Day], notes: list[str]) -> list[Loss]:
        """Files that have become shorter: the journal may still hold what they have lost; the rest is told."""
        if not shorter:
            return []
        before = {(day.source_id, day.day): self._all_spans(day) for day in shorter}
        with self.index.writing() as writer:
            for day in shorter:
                recovery.survey(self.disk, self.folder, day).write(writer)
        memory, position = Memory(self.index, self.disk, self.folder), journal.first
        while position < memory.position and (found := journal.frames(position)) is not None:
            self._chunk(memory, found, frozenset(before))
            position = found[1]
        losses = []
        for day in shorter:
            now = self.index.day(day.source_id, day.day) or Day(day.source_id, day.day)
            missing = max(0, day.length - now.length)
            for begin, end in recovery.without(before[day.source_id, day.day], self._all_spans(now)):
                losses.append(Loss(day.source_id, begin, end, missing))
            notes.append(f"{day.path} was {day.length} bytes long and is {now.length}: {missing} bytes are lost")
        with self.index.writing() as writer:
            writer.add_losses(losses)
        return losses

    def _all_spans(self, day: Day) -> list[Span]:
        with self.index.reading() as connection:
            return [*Writer(connection).spans(day, False), *Writer(connection).spans(day, True)]
