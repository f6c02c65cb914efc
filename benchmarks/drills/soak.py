"""A day of thirty stations in 24 minutes: does the daemon keep its memory and handles, and every record?

The real daemon runs in a process of its own on a clock that goes sixty times as fast, against real servers on
loopback. One record in a hundred is lost, repeated, late, broken or of a wrong clock; every two hours each server is
gone for some minutes, and half the time something that misbehaves answers in its place. Records are full ones (4 s), as
90 channels of 1-s packets would be 5,400 packets a second, more than two shared cores carry together with the servers.
"""

import asyncio
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import structlog

from benchmarks.page import Figure
from seismonet.core.arrays import AnyArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.store.archive import SDS

from .daemons import Load, lines, load, status
from .nursery import Child, Nursery, Tempo
from .offering import CODES, NOISES, Offering, write_stations
from .records import RECORD_BYTES, seconds, which

HOURS, RATE = 24.0, 60.0
SAMPLE_S = 60.0
"""Simulated seconds between two looks at the process."""
WARM_UP = 0.25
GROWTH_MB = 1.0
HANDLES = 100
"""More than at the end of the warm-up: a second day's files are open beside the first's after midnight."""
SETTLE_S, PATIENCE_S = 3.0, 180.0
TOML = """
[network]
name = "SIMULATED soak"
stations = ["*.xml"]
[archive]
folder = "archive"
journal_hours = 2.0
reserve_mb = 1
[server]
port = 0
ring_mb = 8
[daemon]
late_s = 600.0
snapshot_s = 300.0
memory_mb = 8
"""


@dataclass
class Soaked:
    """What was seen: loads by simulated hours, and the archive held against what was offered."""

    hours: list[float] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    offered: int = 0
    lost: int = 0
    twice: int = 0
    corrupt: int = 0
    strange: int = 0
    packets: int = 0
    reconnects: int = 0
    exit_code: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def slope_mb(self) -> float:
        """Growth of the resident memory after the warm-up, MB a simulated hour: a straight line's."""
        hours, rss = np.array(self.hours), np.array([one.rss_mb for one in self.loads])
        late = hours >= WARM_UP * hours[-1]
        return float(np.polyfit(hours[late], rss[late], 1)[0])

    def handles(self) -> tuple[int, int]:
        """Open handles: most of them during the warm-up, and after it."""
        found = np.array([one.handles for one in self.loads])
        late = np.array(self.hours) >= WARM_UP * self.hours[-1]
        return int(found[~late].max(initial=0)), int(found[late].max(initial=0))


def run(scale: float = 1.0) -> list[Figure]:
    """Figures beside their targets."""
    found = soak(HOURS * scale)
    slope, (early, late) = found.slope_mb(), found.handles()
    cpu = found.loads[-1].cpu_s / max(found.packets, 1) * 1e6
    told = ", ".join(f"{count:,} {what}" for what, count in sorted(found.counts.items()))
    wrong = found.lost + found.twice + found.corrupt + found.strange
    detail = f"{found.lost} lost, {found.twice} twice, {found.corrupt} corrupt, {found.strange} never offered; {told}"
    rss = f"from {found.loads[0].rss_mb:.0f} to {found.loads[-1].rss_mb:.0f} MB; {cpu:.0f} µs of CPU a packet in all"
    what = f"Soak, {HOURS * scale:.1f} h x {RATE:.0f}, 30 stations"
    return [
        Figure(f"{what}: memory after the warm-up", "< 1 MB an hour", f"{slope:+.2f} MB", slope < GROWTH_MB, rss),
        Figure(f"{what}: open handles", f"≤ {HANDLES} more", f"{late - early:+d}", late - early <= HANDLES,
               f"at most {late}, {found.reconnects} reconnections"),
        Figure(f"{what}: sound records archived exactly once", "all", f"{found.offered - found.lost:,} of "
               f"{found.offered:,}", wrong == 0 and found.exit_code == 0, detail),
    ]  # fmt: skip


def soak(hours: float) -> Soaked:
    """So many simulated hours."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    try:
        with tempfile.TemporaryDirectory(prefix="seismonet-soak-") as name:
            return asyncio.run(_soak(Path(name), hours))
    finally:
        structlog.reset_defaults()


async def _soak(folder: Path, hours: float) -> Soaked:
    write_stations(folder, CODES)
    tempo = Tempo.now(RATE, time.time_ns())
    offering = Offering(tempo.clock(), hours * 3600.0)
    await offering.start()
    config, log, archive = folder / "soak.toml", folder / "soak.log", folder / "archive"
    config.write_text(TOML + offering.sources(), "utf-8")
    found = Soaked()
    async with Nursery() as nursery:
        daemon = await nursery.start(config, log, tempo)
        while load(daemon.pid) and not offering.is_read:  # what came before a first connection is not asked for
            await asyncio.sleep(0.05)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(daemon, log, offering, found))
            await offering.run()
            await _settle(archive, offering)
            watching.cancel()
        state = status(archive)
        found.exit_code = await daemon.end(signal.SIGTERM)
        found.errors = [str(one) for one in lines(log) if one.get("level") == "error"]
    await offering.stop()
    found.counts = dict(offering.counts)
    if state is not None:
        found.packets = state.writer.committed
        found.reconnects = sum(one.reconnects for one in state.sources)
    for name, own in offering.offered.items():
        compare(found, np.array(own, dtype=np.int64), _archived(archive, name, offering.templates[name]))
    return found


async def _watch(daemon: Child, log: Path, offering: Offering, found: Soaked) -> None:
    """Look at the process again and again; RuntimeError when it has ended."""
    while True:
        await offering.clock.sleep(SAMPLE_S)
        now = load(daemon.pid)
        if now is None:
            raise RuntimeError(f"the daemon has ended: {log.read_text('utf-8')[-2000:]}")
        found.hours.append(offering.sent_until_s / 3600.0)
        found.loads.append(now)


async def _settle(archive: Path, offering: Offering) -> None:
    """Wait until all that was offered is received, and nothing more happens in the archive; but not for ever."""
    last, since_s, begin_s = (-1, -1), time.monotonic(), time.monotonic()
    while time.monotonic() - begin_s < PATIENCE_S:
        await asyncio.sleep(0.2)
        state = status(archive)
        now = (state.writer.committed, state.writer.archived) if state else (-1, -1)
        if now != last or not offering.is_read or (state and state.writer.waiting_bytes):
            last, since_s = now, time.monotonic()
        elif time.monotonic() - since_s > SETTLE_S:
            return


def _archived(archive: Path, name: SourceId, made: list[bytes]) -> IntArray:
    """Second and template of each record of a channel; negative for those that no template fits."""
    parts = [_identities(rows, made) for rows in _rows(archive, name)]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _rows(archive: Path, name: SourceId) -> Iterator[AnyArray]:
    for path in sorted((archive / SDS).glob(f"*/{name.network}/{name.station}/{name.channel}.D/*")):
        data = path.read_bytes()
        whole = len(data) // RECORD_BYTES * RECORD_BYTES
        yield np.frombuffer(data, dtype=np.uint8, count=whole).reshape(-1, RECORD_BYTES)


def _identities(rows: AnyArray, made: list[bytes]) -> IntArray:
    template = which(rows, made)
    return np.where(template >= 0, seconds(rows) * NOISES + template, -1)


def compare(found: Soaked, offered: IntArray, archived: IntArray) -> None:
    """Hold what is archived of a channel against what was offered; negative is what nobody has made."""
    sound = archived[archived >= 0]
    there, times = np.unique(sound, return_counts=True)
    found.offered += len(offered)
    found.corrupt += len(archived) - len(sound)
    found.twice += int((times - 1).sum())
    found.lost += len(np.setdiff1d(offered, there))
    found.strange += len(np.setdiff1d(there, offered))
