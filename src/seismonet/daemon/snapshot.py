"""The pipeline's memory on disk, and the place in the journal that it belongs to.

The rule this file owns: a snapshot stands for exactly what the journal holds up to its position. Whoever loads it reads
the journal on from there, and is where the process was.
"""

import io
from pathlib import Path

import numpy as np

from seismonet.core.errors import FormatError
from seismonet.store.files import Disk
from seismonet.store.journal import Position

from .live import Snapshot

__all__ = ["NAME", "Position", "read_snapshot", "write_snapshot"]

NAME = "snapshot.npz"
WHERE = "position"


def write_snapshot(folder: Path, snapshot: Snapshot, position: Position, disk: Disk) -> None:
    """Replace the snapshot in a folder, all or nothing. OSError when it cannot be written."""
    file = io.BytesIO()
    where = np.array([position.segment, position.offset, snapshot.tick_ns], dtype=np.int64)
    np.savez(file, allow_pickle=False, **{WHERE: where, **snapshot.arrays})
    draft = folder / f".{NAME}"
    disk.remove(draft)
    kept = disk.append(draft)
    try:
        kept.write(file.getvalue())
        kept.sync()
    finally:
        kept.close()
    disk.rename(draft, folder / NAME)


def read_snapshot(folder: Path) -> tuple[Snapshot, Position] | None:
    """The snapshot in a folder, None without one; FormatError when it is damaged."""
    path = folder / NAME
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored}
        segment, offset, tick_ns = arrays.pop(WHERE).tolist()
    except FileNotFoundError:
        return None
    except Exception:  # numpy and zipfile raise a dozen kinds on damaged bytes, with words for programmers
        raise FormatError(f"{path}: no snapshot, or a damaged one; the pipeline begins anew") from None
    return Snapshot(arrays, tick_ns), Position(segment, offset)
