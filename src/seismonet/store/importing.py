"""Records from elsewhere into the archive: a USB stick, a peer's SDS tree, files of any size.

The rule this file owns: whatever an import is given, it reads it in pieces, takes only what the gate lets through, and
says of every byte what became of it. It never writes into an archive itself: records go where all records go, through
the journal, so that duplicates are found and nothing acknowledged is lost. While a daemon runs, which alone may write
there, they are laid into its inbox::

    files ── scan, gate ──▶ no daemon:  journal ──▶ archive
                            daemon:     inbox/ ──▶ daemon's journal ──▶ archive
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seismonet.core.errors import ArchiveError
from seismonet.core.waveform import LATE, Delivery, Packet
from seismonet.formats.scan import MAX_RECORD3

from .archive import Archive, Taken
from .contents import Contents, contents
from .inbox import SOURCE, take_inbox, waiting
from .journal import Journal

JOURNAL = "journal"
CHUNK_BYTES = 8 * 2**20


@dataclass(slots=True)
class Imported:
    """What an import found and did.

    ``records`` were handed over; ``refused`` ones counted by the gate's reason, ``skipped`` bytes that are no record by
    theirs; files ``without`` any record; ``unreadable`` ones with why.
    """

    files: int = 0
    records: int = 0
    bytes: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    without: list[Path] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def find_files(places: Sequence[Path], leave_out: Path) -> list[Path]:
    """All files below some places, sorted, each once; hidden ones and what lies in the folder ``leave_out`` are not.

    ArchiveError names a place that does not exist.
    """
    found: dict[Path, None] = {}
    own = leave_out.resolve()
    for place in places:
        if place.is_file():
            found.setdefault(place)
        elif place.is_dir():
            for folder, below, names in os.walk(place):
                here = Path(folder)
                below[:] = sorted(name for name in below if not name.startswith("."))
                if own == here.resolve() or own in here.resolve().parents:
                    below.clear()
                    continue
                found |= dict.fromkeys(here / name for name in sorted(names) if not name.startswith("."))
        else:
            raise ArchiveError(f"{place}: no such file or folder; check the name, and that the stick is mounted")
    return list(found)


def import_files(
    paths: Sequence[Path], hand: Callable[[list[Packet]], None], progress: Callable[[int], None] | None = None
) -> Imported:
    """Read files and hand over their records, some thousands at a time.

    ``progress`` is told the bytes that were read since it was told last. What ``hand`` raises ends the import.
    """
    done = Imported()
    for path in paths:
        before, skipped = done.records, Counter[str]()
        try:
            for piece, data, read in _pieces(path):
                for skip in piece.skipped:
                    skipped[skip.reason] += skip.length
                if packets := _packets(piece, data, done):
                    hand(packets)
                if progress is not None:
                    progress(read)
        except _UnreadableError as error:
            done.unreadable.append(f"{path}: {error}")
            continue
        done.files += 1
        if done.records > before:
            done.skipped += skipped
        else:
            done.without.append(path)
    return done


class _UnreadableError(Exception):
    """A file, or the rest of it, cannot be read."""


def _chunks(path: Path) -> Iterator[bytes]:
    """A file's bytes; the last chunk is shorter than the others, or empty."""
    try:
        with path.open("rb") as file:
            while len(chunk := file.read(CHUNK_BYTES)) == CHUNK_BYTES:
                yield chunk
            yield chunk
    except OSError as error:
        raise _UnreadableError(error.strerror or str(error)) from None


def _pieces(path: Path) -> Iterator[tuple[Contents, bytes, int]]:
    """A file's contents piece by piece: records, the bytes they lie in, and how many were read for them.

    What a piece ends with waits for the next: it may be half a record.
    """
    rest = b""
    for chunk in _chunks(path):
        data = rest + chunk
        found = contents(data)
        keep = len(data) if len(chunk) < CHUNK_BYTES else _settled(found, len(data) - MAX_RECORD3)
        yield _up_to(found, keep), data, len(chunk)
        rest = data[keep:]


def _settled(found: Contents, limit: int) -> int:
    """The end of the last record or skipped stretch that ends before ``limit``, beyond which all may change yet."""
    ends = [skip.offset + skip.length for skip in found.skipped if skip.offset + skip.length <= limit]
    ends += (found.offset + found.length)[found.offset + found.length <= limit][-1:].tolist()
    return max([*ends, limit if _is_waste(found, limit) else 0])


def _is_waste(found: Contents, limit: int) -> bool:
    """Does the limit lie in a long stretch that is no record? Then what lies before it need not be kept."""
    return any(skip.offset < limit < skip.offset + skip.length for skip in found.skipped)


def _up_to(found: Contents, end: int) -> Contents:
    chosen = found.offset + found.length <= end
    skipped = tuple(
        type(skip)(skip.offset, min(skip.length, end - skip.offset), skip.reason)
        for skip in found.skipped
        if skip.offset < end
    )
    columns = (
        found.offset, found.length, found.channel, found.start_ns, found.end_ns, found.count, found.reason,
    )  # fmt: skip
    offset, length, channel, start_ns, end_ns, count, reason = (column[chosen] for column in columns)
    return Contents(offset, length, found.names, channel, start_ns, end_ns, count, reason, skipped)


def _packets(piece: Contents, data: bytes, done: Imported) -> list[Packet]:
    """The records of a piece that the gate lets through; the rest is counted."""
    done.refused += piece.refusals()
    packets = piece.packets(data, ~piece.refused())
    done.records += len(packets)
    done.bytes += sum(len(packet.payload) for packet in packets)
    return packets


@dataclass(slots=True)
class Stored:
    """What became of records that went straight into an archive; ``notes`` tell what had to be mended before."""

    taken: Taken
    notes: tuple[str, ...] = ()


def import_into(
    archive: Archive, paths: Sequence[Path], received_ns: int, progress: Callable[[int], None] | None = None
) -> tuple[Imported, Stored]:
    """Read files into an archive that nobody else writes to, through its journal.

    The caller holds its lock. ArchiveError when that is not possible; what was acknowledged by then stays.
    """
    journal = _journal(archive)
    try:
        recovered = archive.recover(journal)
        stored = Stored(Taken(recovered.taken.position), recovered.notes)
        _take_waiting(archive, journal, received_ns)

        def hand(packets: list[Packet]) -> None:
            delivery = Delivery(SOURCE, received_ns, tuple(packets), LATE)
            try:
                journal.append([delivery])
                journal.commit()
            except OSError as error:
                raise _unwritable(archive.folder, error) from None
            stored.taken.add(archive.take(journal))

        return import_files(paths, hand, progress), stored
    finally:
        archive.close()
        journal.close()


def _take_waiting(archive: Archive, journal: Journal, received_ns: int) -> None:
    """What an earlier import has laid into the inbox, and no daemon has taken in yet."""
    try:
        while waiting(archive.folder):
            take_inbox(archive.folder, journal, received_ns)
            archive.take(journal)
    except OSError as error:
        raise _unwritable(archive.folder, error) from None


def _journal(archive: Archive) -> Journal:
    try:
        return Journal(archive.folder / JOURNAL, disk=archive.disk)
    except OSError as error:
        raise _unwritable(archive.folder, error) from None


def _unwritable(folder: Path, error: OSError) -> ArchiveError:
    where = error.filename or folder
    return ArchiveError(f"{where}: cannot be written: {error.strerror or error}; check the disk")
