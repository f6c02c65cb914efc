"""The real daemon in a process of its own, and stations on the line for it, in a thread of the test.

The process is forked from one that has imported everything and done nothing, so it starts within a second.
"""

import asyncio
import json
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.errors import SeismonetError
from seismonet.core.share import share
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Record
from seismonet.daemon.statefile import NAME, Status, read_status
from seismonet.net.clock import Clock
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer, ServerParams
from seismonet.store.files import Appender, Disk
from seismonet.synthesis.records import miniseed

S = 1_000_000_000
PATIENCE_S = 20.0
STATIONS = ("TJ.SAREZ", "TJ.MURGH", "TJ.MANEM")
CHANNELS = ("HHZ", "HHN", "HHE", "HNZ", "HNN", "HNE")
Prepared = tuple[Clock | None, Disk | None]
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["seismonet.daemon.run", "scipy.signal", "alembic.command", "tests.support.daemons"])


def until(condition: Callable[[], Any], what: str, limit_s: float = PATIENCE_S) -> Any:
    """Wait until something is true, and give it back."""
    give_up_s = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < give_up_s, f"after {limit_s:g} s still not: {what}"
        time.sleep(0.02)
    return found


# ── stations ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def noise(name: SourceId, start_ns: int, seconds: float = 1.0) -> list[bytes]:
    """Records of noise that is the same whenever it is made."""
    generator = np.random.default_rng([start_ns // S, *name.nslc.encode()])
    samples = np.round(generator.standard_normal(round(100 * seconds)) * 100).astype(np.int32)
    return miniseed(Record(name, start_ns, 100.0, samples, 100))


class Server:
    """A SeedLink server in a thread: what it serves is what the test puts into its ring."""

    def __init__(self, ring_bytes: int = 64 << 20, **params: Any) -> None:
        self.ring = Ring(ring_bytes)
        self._params = ServerParams(**{"port": 0, **params})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: SeedLinkServer | None = None
        self.port = 0
        self.open()

    def open(self) -> None:
        """Listen, on the same port as before."""

        async def start() -> SeedLinkServer:
            server = SeedLinkServer(self._params, self.ring, Clock())
            await server.start()
            return server

        if self._server is None:
            self._server = self._do(start())
            self.port = self._server.address[1]
            self._params = ServerParams(**{**self._fields(), "port": self.port})

    def cut(self) -> None:
        """The link goes down: connections end, none is taken."""
        if self._server is not None:
            self._do(self._server.stop())
            self._server = None

    def put(self, name: SourceId, start_ns: int, end_ns: int, payloads: Sequence[bytes]) -> None:
        """Records into the ring."""

        async def append() -> None:
            for payload in payloads:
                self.ring.append(name.station_code, name, start_ns, end_ns, payload)

        self._do(append())

    @property
    def clients(self) -> int:
        """How many are sent data."""

        async def count() -> int:
            return sum(one.streaming for one in self._server.state.clients) if self._server else 0

        return int(self._do(count()))

    def close(self) -> None:
        """Stop all of it."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self._params, name) for name in self._params.__dataclass_fields__}


class Network:
    """The three stations of the Pamir at one server: a minute of noise, and then what goes on."""

    def __init__(self, server: Server, stations: Sequence[str] = STATIONS, channels: Sequence[str] = CHANNELS) -> None:
        self.server = server
        self.names = [SourceId.parse(f"{code}.00.{channel}") for code in stations for channel in channels]
        self.next_ns = (time.time_ns() // S - 60) * S
        self.sent: list[bytes] = []
        self._paused, self._turn = False, threading.Lock()

    def pause(self) -> None:
        """Send nothing more."""
        with self._turn:
            self._paused = True

    def send(self, silent: Sequence[str] = ()) -> None:
        """Everything that is complete by now; what ``silent`` stations record is lost."""
        while self.next_ns + S <= time.time_ns():
            for name in self.names:
                if name.station_code not in silent:
                    payloads = noise(name, self.next_ns)
                    self.server.put(name, self.next_ns, self.next_ns + S, payloads)
                    self.sent += payloads
            self.next_ns += S

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Send, as time goes on."""
        done = threading.Event()

        def work() -> None:
            while not done.wait(0.1):
                with self._turn:
                    if not self._paused:
                        self.send()

        self.send()
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(PATIENCE_S)


def archived(folder: Path) -> bytes:
    """All that is in the day files of an archive."""
    return b"".join(path.read_bytes() for path in sorted((folder / "sds").rglob("*.D.*")))


class SlowDisk(Disk):
    """Every sync waits while a file is there."""

    def __init__(self, while_there: Path) -> None:
        self.while_there = while_there

    def append(self, path: Path) -> Appender:
        return _Slow(path, self.while_there)


class _Slow(Appender):
    def __init__(self, path: Path, while_there: Path) -> None:
        super().__init__(path)
        self._while_there = while_there

    def sync(self) -> None:
        while self._while_there.exists():
            time.sleep(0.02)
        super().sync()


@dataclass(frozen=True, slots=True)
class Tempo:
    """Time that goes ``rate`` times as fast, from ``begin_ns`` on, which was at ``host_ns`` of the host's clock."""

    rate: float = 1.0
    begin_ns: int = 0
    host_ns: int = 0

    def host(self) -> int:
        """The host's clock, as if it had been ``begin_ns`` then."""
        return time.time_ns() + self.begin_ns - self.host_ns

    def clock(self) -> Clock:
        """A clock that shows it."""
        return Clock(self.rate, self.host, begin_ns=self.begin_ns or None)


def on_slow_disk(while_there: Path) -> Prepared:
    """For a daemon whose disk is slow while a file is there."""
    return None, SlowDisk(while_there)


def with_clock(step_s: float, when_there: Path, tempo: Tempo = Tempo()) -> Prepared:
    """For a daemon whose host's clock is set by ``step_s`` as soon as a file is there."""

    def host() -> int:
        return tempo.host() + (round(step_s * S) if when_there.exists() else 0)

    return Clock(tempo.rate, host, begin_ns=tempo.begin_ns or None), None


def with_files(limit: int) -> Prepared:
    """For a daemon that may open so many files."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return None, None


# ── the daemon ────────────────────────────────────────────────────────────────────────────────────────────────────────


def write_config(
    folder: Path, sources: Mapping[str, str], extra: Mapping[str, Mapping[str, Any]] | None = None
) -> Path:
    """A configuration; ``sources`` are the lines of each source by its name, ``extra`` more tables."""
    tables: dict[str, dict[str, Any]] = {
        "network": {"name": "test", "stations": [str(share("stations") / "TJ.*.xml")]},
        "archive": {"folder": "archive", "reserve_mb": 0, "free_gb": 0.0},
        "server": {"port": 0},
        "backfill": {"days": 0.0},
    }
    for table, keys in (extra or {}).items():
        tables.setdefault(table, {}).update(keys)
    lines = []
    for table, keys in tables.items():
        lines += [f"[{table}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    for name, text in sources.items():
        lines += ["[[source]]", f'name = "{name}"', text]
    path = folder / "seismonet.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def source(port: int, stations: Sequence[str] = STATIONS, more: str = "") -> str:
    """Lines of a source on this machine."""
    return f'url = "seedlink://127.0.0.1:{port}"\nstations = {json.dumps(list(stations))}\n{more}'


class Daemon:
    """``seismonet run`` on a configuration. ``prepare`` is called in its process first, and gives clock and disk."""

    def __init__(
        self,
        config: Path,
        *,
        prepare: Callable[[], Prepared] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.config, self.archive, self.log = config, config.parent / "archive", config.with_suffix(".log")
        self.begin_ns = time.time_ns()
        arguments = (config, self.log, prepare, dict(environment or {}))
        self._process = _FORKS.Process(target=_work, args=arguments, daemon=True)
        self._process.start()

    def __enter__(self) -> "Daemon":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join(PATIENCE_S)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    def wait(self) -> int | None:
        """Its exit code; None when it does not end."""
        self._process.join(PATIENCE_S)
        return self._process.exitcode

    def stop(self, number: int = signal.SIGTERM) -> int | None:
        """Send it a signal and wait for its end: the exit code."""
        os.kill(self.pid, number)
        return self.wait()

    def reload(self) -> None:
        """SIGHUP."""
        os.kill(self.pid, signal.SIGHUP)

    def status(self) -> Status | None:
        """Its newest document; None before the first of this process."""
        with suppress(SeismonetError):
            found = read_status(self.archive / NAME)
            return found if found.pid == self.pid else None
        return None

    def until(self, condition: Callable[[Status], Any], what: str, limit_s: float = PATIENCE_S) -> Status:
        """Wait for a status of which something is true."""

        def looked() -> Status | None:
            assert self._process.is_alive(), f"it ended with {self._process.exitcode}:\n{self.log.read_text()[-2000:]}"
            found = self.status()
            return found if found is not None and condition(found) else None

        found: Status = until(looked, what, limit_s)
        return found

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        """What it has logged, or the lines of one event."""
        text = self.log.read_text("utf-8") if self.log.exists() else ""
        found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [one for one in found if event in ("", one["event"])]


def _work(config: Path, log: Path, prepare: Callable[[], Prepared] | None, environment: Mapping[str, str]) -> None:
    """In the process: log into the file, and be the command."""
    from seismonet.daemon.lock import EXIT_CODE, LockedError
    from seismonet.daemon.logs import setup_logs
    from seismonet.daemon.run import run

    os.setsid()
    os.environ.update(environment)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    setup_logs(as_json=True)
    clock, disk = prepare() if prepare else (None, None)
    try:
        raise SystemExit(run(config, clock, disk))
    except LockedError:
        raise SystemExit(EXIT_CODE) from None
