"""Where drills get their daemons from: a process that has imported everything, and forks the real daemon when asked.

A drill starts and kills a daemon a thousand times. Each is a process of its own that runs ``seismonet.daemon.run.run``
and nothing else; only the seconds that Python takes to import are paid once. ``Nursery`` is the drill's end of a pipe,
``python -m benchmarks.drills.nursery`` the other; when the drill ends, however that is, so do all daemons.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog

from seismonet.net.clock import Clock

ROOT = Path(__file__).resolve().parents[2]
REAL = "seismonet.daemon.run:run"
LAZY = ("obspy.io.stationxml.core", "scipy.signal", "alembic.command", "sqlalchemy.dialects.sqlite", "numpy.lib.format")
"""What the daemon imports when it first needs it."""
BORN_S, END_S, LOOK_S = 30.0, 20.0, 0.002


@dataclass(frozen=True, slots=True)
class Tempo:
    """A time of day that runs ``rate`` times as fast as the host's, the same in all processes of a drill.

    It was ``begin_ns`` when the host's clock was at ``host_ns``.
    """

    rate: float
    begin_ns: int
    host_ns: int

    @classmethod
    def now(cls, rate: float, begin_ns: int) -> "Tempo":
        """It is ``begin_ns`` now."""
        return cls(rate, begin_ns, time.time_ns())

    def clock(self) -> Clock:
        """A clock that shows it."""
        return _Drilled(self)


class _Drilled(Clock):
    def __init__(self, tempo: Tempo) -> None:
        shift_ns = tempo.begin_ns - tempo.host_ns
        super().__init__(tempo.rate, lambda: time.time_ns() + shift_ns)
        self._begin_ns = tempo.begin_ns


@contextmanager
def quiet() -> Iterator[None]:
    """The drill's own servers say nothing but errors."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    try:
        yield
    finally:
        structlog.reset_defaults()


class Child:
    """A daemon; ``born_s`` is when it was forked, on the monotonic clock."""

    def __init__(self, nursery: "Nursery", pid: int, born_s: float) -> None:
        self._nursery, self.pid, self.born_s = nursery, pid, born_s

    def signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def end(self, number: int) -> int:
        """Send it a signal and wait for its end; its exit code, minus the signal's number where that ended it.

        One that does not end in time is killed, and that is told by -9.
        """
        self.signal(number)
        return await self.wait()

    async def wait(self) -> int:
        """Wait for its end; its exit code."""
        return int((await self._nursery.ask({"wait": self.pid}))["code"])


class Nursery:
    """Starts daemons; an asynchronous context manager."""

    async def __aenter__(self) -> "Nursery":
        self._turn = asyncio.Lock()
        command = [sys.executable, "-m", "benchmarks.drills.nursery"]
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe)
        await self._answer()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def start(self, config: Path, log: Path, tempo: Tempo | None = None, entry: str = REAL) -> Child:
        """A daemon with a configuration; its log lines are appended to a file.

        ``entry`` names the function that is called with the configuration and the clock, for twins that are wrong.
        """
        told = [tempo.rate, tempo.begin_ns, tempo.host_ns] if tempo else None
        born_s = time.monotonic()
        answer = await self.ask({"start": str(config), "log": str(log), "tempo": told, "entry": entry})
        return Child(self, answer["pid"], born_s)

    async def ask(self, what: dict[str, Any]) -> dict[str, Any]:
        """One order and its answer."""
        assert self._process.stdin is not None
        async with self._turn:
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            return await self._answer()

    async def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(BORN_S + END_S):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the nursery has ended")
        found: dict[str, Any] = json.loads(line)
        return found


# ── the other end ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _bear(order: dict[str, Any], answers: int) -> int:
    """Fork a daemon; its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.close(answers)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), 2)
        from seismonet.daemon.logs import setup_logs

        setup_logs(as_json=True)
        module, _, name = order["entry"].partition(":")
        run: Callable[[Path, Clock], int] = getattr(import_module(module), name)
        code = run(Path(order["start"]), Tempo(*order["tempo"]).clock() if order["tempo"] else Clock())
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _bury(pid: int) -> int:
    """Wait for the end of a daemon, with patience; its exit code."""
    give_up_s = time.monotonic() + END_S
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > give_up_s:
            os.kill(pid, signal.SIGKILL)
        time.sleep(LOOK_S)


def main() -> int:
    """Obey orders from standard input until it ends."""
    for name in ("seismonet.daemon.run", *LAZY):
        import_module(name)
    answers = os.dup(1)
    os.dup2(2, 1)
    alive: set[int] = set()

    def say(answer: dict[str, Any]) -> None:
        os.write(answers, json.dumps(answer).encode() + b"\n")

    say({"ready": os.getpid()})
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            alive.add(pid := _bear(order, answers))
            say({"pid": pid})
        else:
            pid = order["wait"]
            say({"code": _bury(pid)})
            alive.discard(pid)
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        _bury(pid)
    return 0


if __name__ == "__main__":
    sys.exit(main())
