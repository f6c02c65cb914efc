"""The real daemon in a process of its own, as drills want it: started at once, watched from outside, killed at will.

The process is forked from one that has imported everything and done nothing else, so it starts within some hundredths
of a second and inherits no socket of the drill.
"""

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seismonet.core.errors import FormatError
from seismonet.daemon.statefile import NAME, Status, read_status
from seismonet.store.files import Disk

PRELOADED = ["seismonet.daemon.run", "scipy.signal", "benchmarks.drills.daemons"]
STOP_S = 20.0
LOOK_S = 0.02
_FORKS = multiprocessing.get_context("forkserver")
_TICKS_HZ = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_FORKS.set_forkserver_preload(PRELOADED)


@dataclass(frozen=True, slots=True)
class Load:
    """What a process costs: resident memory, open file handles, CPU time so far."""

    rss_mb: float
    handles: int
    cpu_s: float


class DaemonProcess:
    """``seismonet run`` on a configuration; what it logs is in ``log``, one JSON object a line.

    ``rate`` and ``begin_ns`` are those of its clock; ``disk`` makes the disk that it writes to, in its own process.
    """

    def __init__(
        self,
        config: Path,
        *,
        rate: float = 1.0,
        begin_ns: int | None = None,
        disk: Callable[[], Disk] | None = None,
    ) -> None:
        self.log = config.with_suffix(".log")
        arguments = (config, self.log, rate, begin_ns, disk)
        self._process = _FORKS.Process(target=_work, args=arguments, daemon=True)
        self._process.start()

    def __enter__(self) -> "DaemonProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Does it run?"""
        return self._process.is_alive()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.join(STOP_S)

    def stop(self) -> int | None:
        """SIGTERM; the exit code, None when it did not end in time."""
        self._process.terminate()
        self._process.join(STOP_S)
        return self._process.exitcode

    def load(self) -> Load:
        """What it costs now."""
        process = Path(f"/proc/{self.pid}")
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        pages = int((process / "statm").read_text().split()[1])
        cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_HZ
        return Load(pages * _PAGE_BYTES / 2**20, len(os.listdir(process / "fd")), cpu_s)

    def lines(self, event: str = "") -> Iterator[dict[str, Any]]:
        """What it has logged, or the lines of one event."""
        text = self.log.read_text("utf-8") if self.log.exists() else ""
        for line in text.splitlines():
            if line.startswith("{") and (not event or f'"{event}"' in line):
                found = json.loads(line)
                if not event or found["event"] == event:
                    yield found


def status(folder: Path) -> Status | None:
    """The daemon's status document in an archive's folder, None while there is none."""
    try:
        return read_status(folder / NAME)
    except (FormatError, OSError):
        return None


def wait_for(condition: Callable[[], bool], limit_s: float, what: str) -> float:
    """Wait until something is so; how long that took. TimeoutError with ``what`` when it is not in time."""
    begin_s = time.monotonic()
    while not condition():
        if time.monotonic() - begin_s > limit_s:
            raise TimeoutError(f"after {limit_s:g} s still not: {what}")
        time.sleep(LOOK_S)
    return time.monotonic() - begin_s


def _work(config: Path, log: Path, rate: float, begin_ns: int | None, disk: Callable[[], Disk] | None) -> None:
    """In the process: log into the file, and be the daemon."""
    from seismonet.daemon.logs import setup_logs
    from seismonet.daemon.run import run
    from seismonet.net.clock import Clock

    os.setsid()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    setup_logs(as_json=True)
    raise SystemExit(run(config, Clock(rate, begin_ns=begin_ns), disk() if disk else None))
