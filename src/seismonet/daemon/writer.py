"""The one thread that writes: journal, archive, catalogue, snapshots, in this order of urgency; and what is due now and
then: files that wait in the inbox, days that are too old.

The rule this file owns: the journal is committed before anything else is done, and nobody is told that a packet is safe
before that. What cannot be written now is kept and tried again; only a programming error ends the thread, and with it
the process.
"""

import errno
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from seismonet.core.errors import ArchiveError
from seismonet.core.inventory import ChannelTable
from seismonet.core.utc import to_iso
from seismonet.core.waveform import Delivery, Resume
from seismonet.formats.miniseed import Known
from seismonet.pipeline import Output
from seismonet.store.archive import Archive
from seismonet.store.catalogue import Catalogue
from seismonet.store.changes import add_changes
from seismonet.store.inbox import take_inbox
from seismonet.store.journal import Journal
from seismonet.store.ledger import Entry, Head, Ledger
from seismonet.store.measurements import add_metrics, add_rollups, add_spectra
from seismonet.store.retention import MIB, RetentionParams, retain
from seismonet.store.sds import DAY_NS

from .intake import Intake
from .live import Snapshot
from .snapshot import write_snapshot

COMMIT_BYTES, COMMIT_S = 262_144, 0.1
RETRY_S = 5.0
TAKE_S = 2.0
CATALOGUE_S = 1.0
INBOX_S = 0.5
RETAIN_S = 3600.0
KEEP_ALL = RetentionParams(free_gb=0.0, free_percent=0.0)
MOST_OUTPUTS = 20_000
"""What is kept for a catalogue that cannot be written: hours of a quiet network. The oldest go then, and are told."""
MOST_ENTRIES = 2_000
"""The same for the ledger."""


class Log(Protocol):
    """What the writer says, and to whom."""

    def __call__(self, event: str, **values: object) -> None: ...


@dataclass(frozen=True, slots=True)
class WriterState:
    """How the writer is doing; ``failing`` says in words what it cannot do, and since when (monotonic seconds)."""

    failing: Mapping[str, str] = field(default_factory=dict)
    failing_since_s: float | None = None
    resume: Mapping[tuple[str, str], Resume] = field(default_factory=dict)
    committed: int = 0
    archived: int = 0
    duplicates: int = 0
    conflicts: int = 0
    lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Stores:
    """What is written to."""

    journal: Journal
    archive: Archive
    catalogue: Catalogue
    retention: RetentionParams = KEEP_ALL
    ledger: Callable[[], Ledger] | None = None


class Writer(threading.Thread):
    """Writes what the intake and the pipeline hand over. ``stop`` drains, ``error`` is what ended it early."""

    def __init__(self, folder: Path, intake: Intake, stores: Stores, log: Log) -> None:
        super().__init__(name="writer", daemon=True)
        self.folder, self.intake, self.log = folder, intake, log
        self.journal, self.archive, self.catalogue = stores.journal, stores.archive, stores.catalogue
        self.retention = stores.retention
        self._open_ledger = stores.ledger
        self._ledger: Ledger | None = None
        self._entries: deque[Entry] = deque()
        self.state = WriterState(resume=dict(stores.journal.resume()))
        self.error: BaseException | None = None
        self.beat_s = self._taken_s = time.monotonic()
        self._failing: dict[str, str] = {}
        self._since_s: float | None = None
        self._retry_s: dict[str, float] = {}
        self._committed = self._archived = self._duplicates = self._conflicts = 0
        self._unsure: tuple[list[Delivery], Snapshot | None] | None = None
        self._outputs: deque[Output | ChannelTable] = deque()
        self._unstored: deque[Output | ChannelTable] = deque()
        self._received_ns = intake.clock.now_ns()
        self._behind = False
        self._until_s = 0.0
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._done_s: dict[str, float] = {}

    # ── called from the event loop ────────────────────────────────────────────────────────────────────────────────

    def publish(self, output: Output) -> None:
        """Store what a step brought forth."""
        self._outputs.append(output)

    def note(self, entry: Entry) -> None:
        """Have something written into the ledger."""
        self._entries.append(entry)

    @property
    def head(self) -> Head:
        """The end of the ledger; of an empty one until it is open."""
        return self._ledger.head if self._ledger is not None else Head()

    def expect(self, known: Known, table: ChannelTable) -> None:
        """Judge records by other metadata from now on."""
        self.archive.known = known
        self._outputs.append(table)

    def spilling(self) -> bool:
        """True while the journal cannot be written."""
        return "journal" in self._failing

    def stop(self, timeout_s: float) -> bool:
        """Write all that is there and end; False when that takes longer than ``timeout_s``."""
        self._until_s = time.monotonic() + timeout_s
        self._stopping.set()
        self._wake.set()
        self.join(timeout_s)
        return not self.is_alive()

    # ── the thread ────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Until stopped."""
        try:
            while not self._stopping.is_set():
                busy = self._once()
                if not busy:
                    self._wake.wait(COMMIT_S / 2)
            self._drain()
        except BaseException as error:  # handed to the event loop, which ends the process
            self.error = error

    def _once(self, final: bool = False) -> bool:
        """One round; True when there is more to do at once."""
        self.beat_s = time.monotonic()
        wrote = self._write_journal()
        full = wrote and (final or self.intake.pending_bytes >= COMMIT_BYTES)
        self._every("ledger", 0.0, self._write_ledger)
        self._every("catalogue", 0.0 if final else CATALOGUE_S, self._write_catalogue)
        self._behind = self._every("archive", 0.0 if self._behind or final else TAKE_S, self._materialise)
        if not (full or final or self._failing):
            full = self._every("inbox", INBOX_S, self._take_inbox)
        self._every("retention", RETAIN_S, self._retain)
        self._tell()
        return full or self._behind

    def _drain(self) -> None:
        """The journal first; then, as far as time allows, the rest: the archive can be made from the journal later."""
        self._retry_s.clear()
        while time.monotonic() < self._until_s and self._write_journal():
            continue
        while time.monotonic() < self._until_s and self._once(final=True) and not self._failing:
            continue
        self.journal.close()
        self.archive.close()
        self.catalogue.close()
        if self._ledger is not None:
            self._ledger.close()

    def _every(self, what: str, pause_s: float, action: Callable[[], object]) -> bool:
        """Do something if its time has come; what fails is told, and tried again after a while."""
        now_s = time.monotonic()
        if now_s < max(self._done_s.get(what, 0.0) + pause_s, self._retry_s.get(what, 0.0)):
            return False
        self._done_s[what] = now_s
        try:
            more = bool(action())
        except (OSError, ArchiveError) as error:
            self._failed(what, error)
            return False
        self._worked(what)
        return more

    def _failed(self, what: str, error: Exception) -> None:
        if what not in self._failing:
            self.log("cannot write", what=what, reason=str(error), next_try_s=RETRY_S)
        self._failing[what] = str(error)
        if what != "retention" and errno.ENOSPC in (_number(error), _number(error.__cause__)):
            self._done_s.pop("retention", None)
        self._retry_s[what] = time.monotonic() + RETRY_S
        self._since_s = self._since_s if self._since_s is not None else time.monotonic()

    def _worked(self, what: str) -> None:
        if self._failing.pop(what, None) is not None:
            self.log("writing again", what=what)
        if not self._failing:
            self._since_s = None

    def _write_journal(self) -> bool:
        """Append and commit what has come in. True when there was something."""
        if time.monotonic() < self._retry_s.get("journal", 0.0):
            return False
        deliveries, mark = self._unsure or self.intake.next_for_writer(COMMIT_BYTES)
        if not deliveries and mark is None:
            return False
        if deliveries:
            self._received_ns = deliveries[-1].received_ns
        try:
            if deliveries:
                self.journal.append(deliveries)
            position = self.journal.commit()
        except OSError as error:
            # these may or may not be on the disk: they are written again, into a new segment
            self._unsure = deliveries, mark
            self._failed("journal", error)
            return False
        self._unsure = None
        self._worked("journal")
        self._committed += sum(len(one.packets) for one in deliveries)
        self.intake.written(deliveries)
        if mark is not None:
            # what was told before a snapshot is not told again by whoever goes on from it: it is stored first
            self._every("catalogue", 0.0, self._write_catalogue)
            if "catalogue" not in self._failing:
                self._every("snapshot", 0.0, lambda: write_snapshot(self.folder, mark, position, self.journal.disk))
        return True

    def _write_ledger(self) -> bool:
        """What is to be in the ledger, one after another; while it cannot be written, as much as memory may hold."""
        lost = len(self._entries) - MOST_ENTRIES
        for _ in range(lost):
            self._entries.popleft()
        if lost > 0:
            self.log("the ledger could not be written for too long", entries_left_out=lost)
            self._entries.appendleft(Entry("lost", "daemon", self.intake.clock.now_ns(), {"entries": lost}))
        if self._ledger is None and self._open_ledger is not None:
            self._ledger = self._open_ledger()
        while self._entries and self._ledger is not None:
            self._ledger.add(self._entries[0])
            self._entries.popleft()
        return False

    def _materialise(self) -> bool:
        taken = self.archive.take(self.journal, chunks=1)
        self._taken_s = time.monotonic()
        self._archived += taken.archived
        self._duplicates += taken.duplicates
        self._conflicts += taken.conflicts
        return taken.position < self.journal.end

    def _write_catalogue(self) -> bool:
        while self._outputs:
            self._unstored.append(self._outputs.popleft())
        lost = len(self._unstored) - MOST_OUTPUTS
        if lost > 0:
            for _ in range(lost):
                self._unstored.popleft()
            self.log("the catalogue could not be written for too long", steps_left_out=lost)
        if not self._unstored:
            return False
        try:
            with self.catalogue.transaction():
                for one in self._unstored:
                    self._store(one)
        except ValueError:  # an event of picks that were left out
            self._store_each()
        self._unstored.clear()
        return False

    def _store_each(self) -> None:
        for one in self._unstored:
            try:
                with self.catalogue.transaction():
                    self._store(one)
            except ValueError as error:
                self.log("not stored in the catalogue", reason=str(error))

    def _store(self, one: Output | ChannelTable) -> None:
        if isinstance(one, ChannelTable):
            self.catalogue.add_stations(one)
            return
        self.catalogue.add_picks(one.picks)
        self.catalogue.add_rejections(one.rejections)
        self.catalogue.add_motions(one.motions)
        self.catalogue.add_status(one.statuses)
        self.catalogue.add_events(one.events)
        self.catalogue.add_alerts(one.alerts)
        self.catalogue.add_decisions(one.decisions)
        add_rollups(self.catalogue, one.rollups)
        add_metrics(self.catalogue, one.metrics)
        add_spectra(self.catalogue, one.spectra)
        add_changes(self.catalogue, one.changes)

    def _take_inbox(self) -> bool:
        """A file of records that somebody has imported; they count as received with the newest packet."""
        records = take_inbox(self.folder, self.journal, self._received_ns)
        self._committed += records
        return records > 0

    def _retain(self) -> bool:
        if not self.archive.is_open:
            return False
        removed = retain(self.archive, self._received_ns, self.retention)
        if removed.days:
            self._retry_s.clear()
            first, last = (to_iso(removed.days[k] * DAY_NS)[:10] for k in (0, -1))
            self.log("old days removed", first=first, last=last, files=removed.files, megabytes=removed.bytes // MIB)
        return False

    def _tell(self) -> None:
        counts = self._committed, self._archived, self._duplicates, self._conflicts
        lag_s = time.monotonic() - self._taken_s
        self.state = WriterState(dict(self._failing), self._since_s, dict(self.journal.resume()), *counts, lag_s)


def _number(error: BaseException | None) -> int | None:
    return error.errno if isinstance(error, OSError) else None
