"""A folder in which records wait for the daemon: how an import reaches an archive that somebody else writes.

The rule this file owns: a file in the inbox is whole, as it is written beside and renamed; it is removed only when the
journal has its records on disk. A crash in between makes duplicates, which the archive drops.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from seismonet.core.errors import ArchiveError
from seismonet.core.waveform import LATE, Delivery, Packet

from .contents import contents
from .files import Disk
from .journal import Journal

INBOX = "inbox"
SUFFIX = ".mseed"
SOURCE = "import"
"""What imported records give as their source."""
MOST_BYTES = 64 * 2**20
"""An import waits while so much waits for the daemon, so that a large one does not fill the disk twice."""
MOST_RECORDS = 2000
"""Records of one file: what the daemon's writer takes in at a time, so that live data do not wait long for it."""
LARGEST_FILE = 256 * 2**20


def put(folder: Path, packets: Sequence[Packet], disk: Disk) -> Path:
    """Lay records into the inbox of an archive's folder; ArchiveError when they cannot be written."""
    data = b"".join(packet.payload for packet in packets)
    path = folder / INBOX / (hashlib.blake2b(data, digest_size=16).hexdigest() + SUFFIX)
    part = path.with_suffix(".part")
    try:
        disk.make_folder(path.parent)
        disk.remove(part)
        file = disk.append(part)
        try:
            file.write(data)
            file.sync()
        finally:
            file.close()
        disk.rename(part, path)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be written: {error.strerror or error}; check the disk") from None
    return path


def waiting(folder: Path) -> list[Path]:
    """What lies in the inbox, by name."""
    place = folder / INBOX
    found = place.glob(f"*{SUFFIX}") if place.is_dir() else ()
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def waiting_bytes(folder: Path) -> int:
    """How much lies in the inbox."""
    return sum(size for path in waiting(folder) if (size := _size(path)) is not None)


def take_inbox(folder: Path, journal: Journal, received_ns: int) -> int:
    """Take one file of the inbox into the journal: the number of its records, 0 when there is none.

    For the daemon's writer, between two batches of live data. OSError as the journal raises it; the file then stays.
    """
    for path in waiting(folder)[:1]:
        data = path.read_bytes() if (_size(path) or 0) <= LARGEST_FILE else b""
        found = contents(data)
        packets = found.packets(data, ~found.refused())
        if packets:
            journal.append([Delivery(SOURCE, received_ns, tuple(packets), LATE)])
            journal.commit()
        path.unlink(missing_ok=True)
        return len(packets)
    return 0


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
