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
from seismonet.core.waveform import Packet
from seismonet.formats.scan import MAX_RECORD3

from .contents import Contents, contents

CHUNK_BYTES = 8 * 2**20


@dataclass(slots=True)
class Imported:
    """What an import found and did.

    ``records`` were handed over; ``refused`` ones counted by the gate's reason, ``skipped`` bytes that are no record by
    theirs; ``unreadable`` files with why.
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

    ``progress`` is told the bytes that were read since it was told last.
    """
    done = Imported()
    for path in paths:
        before = done.records
        try:
            for piece, data, read in _pieces(path):
                if packets := _packets(piece, data, done):
                    hand(packets)
                if progress is not None:
                    progress(read)
            done.files += 1
        except OSError as error:
            if error.filename is not None and Path(str(error.filename)) != path:
                raise
            done.unreadable.append(f"{path}: {error.strerror or error}")
            continue
        if done.records == before:
            done.without.append(path)
    return done


def _pieces(path: Path) -> Iterator[tuple[Contents, bytes, int]]:
    """A file's contents piece by piece: records, the bytes they lie in, and how many were read for them.

    What a piece ends with waits for the next: it may be half a record.
    """
    with path.open("rb") as file:
        rest = b""
        while True:
            chunk = file.read(CHUNK_BYTES)
            data = rest + chunk
            if not data:
                return
            found = contents(data)
            keep = len(data) if len(chunk) < CHUNK_BYTES else _settled(found, len(data) - MAX_RECORD3)
            yield _up_to(found, keep), data, len(chunk)
            rest = data[keep:]
            if len(chunk) < CHUNK_BYTES:
                return


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
    for skip in piece.skipped:
        done.skipped[skip.reason] += skip.length
    done.refused += piece.refusals()
    packets = piece.packets(data, ~piece.refused())
    done.records += len(packets)
    done.bytes += sum(len(packet.payload) for packet in packets)
    return packets
