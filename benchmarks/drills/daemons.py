"""A daemon watched from outside: what it costs, what it logs, what it says of itself."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seismonet.core.errors import SeismonetError
from seismonet.daemon.statefile import NAME, Status, read_status

_TICKS_HZ = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Load:
    """What a process costs: resident memory, open file handles, CPU time so far."""

    rss_mb: float
    handles: int
    cpu_s: float


def load(pid: int) -> Load | None:
    """What a process costs now; None when it has ended."""
    process = Path(f"/proc/{pid}")
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        pages = int((process / "statm").read_text().split()[1])
        handles = len(os.listdir(process / "fd"))
    except OSError:
        return None
    if fields[0] == "Z":
        return None
    return Load(pages * _PAGE_BYTES / 2**20, handles, (int(fields[11]) + int(fields[12])) / _TICKS_HZ)


def status(folder: Path) -> Status | None:
    """The daemon's status document in an archive's folder, None while there is none."""
    try:
        return read_status(folder / NAME)
    except (SeismonetError, OSError):
        return None


def lines(log: Path, event: str = "") -> Iterator[dict[str, Any]]:
    """What a daemon has logged, or the lines of one event."""
    text = log.read_text("utf-8") if log.exists() else ""
    for line in text.splitlines():
        if line.startswith("{") and line.endswith("}") and (not event or f'"{event}"' in line):
            found = json.loads(line)
            if not event or found["event"] == event:
                yield found
