"""What measuring costs: live at 600 channels, an archive of a week, availability from the index."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import cpu_count, getloadavg
from pathlib import Path

import numpy as np

from seismonet.core.arrays import AnyArray
from seismonet.core.health import Metric
from seismonet.core.rollup import DAY_NS, Rollup
from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Block, Delivery, Packet, Receipts, Record, Tick
from seismonet.formats.miniseed import decode_packets
from seismonet.kernels.spectrum import hour_db, plan
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.pipeline import Pipeline
from seismonet.status.metrics import Material, metrics_of
from seismonet.status.rollups import Rollups
from seismonet.store.archive import Archive
from seismonet.store.dayparts import read_part
from seismonet.store.index import NAME, Day, Index
from seismonet.store.journal import Journal
from seismonet.store.sds import day_path
from seismonet.synthesis.records import miniseed

from .page import Figure
from .signals import RATE_HZ, START_NS, channels, table

CHANNELS, LIVE_S, STEPS = 600, 150, 5
BEGIN_NS = 20_000 * DAY_NS
COST_LIMIT, WEEK_LIMIT_S, MEMORY_LIMIT_MB, QUERY_LIMIT_S = 0.20, 30.0, 500, 0.2
HOURS_A_CHANNEL_AND_S = 1 / 1800
RESTED = 30
"""Seconds at the begin that do not count: filters and rings fill."""


def noise(seed: int, n: int) -> AnyArray:
    """Counts that wander as the ground does, and hiss as a digitizer does."""
    draw = np.random.default_rng(seed)
    wander = np.cumsum(draw.standard_normal(n))
    wander -= np.linspace(wander[0], wander[-1], n)
    return np.rint(wander * 20 + draw.standard_normal(n) * 30).astype(np.int32)


def measure() -> list[Figure]:
    """All figures of the group."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_live(Path(folder)), *_week(Path(folder)), _availability(Path(folder))]


def _batches() -> list[tuple[list[bytes], Tick]]:
    """A second of records of every channel, spread over the steps of the second as they come from a network."""
    names = channels(CHANNELS)
    n = round(RATE_HZ)
    records: list[list[bytes]] = []
    for seed, name in enumerate(names):
        samples = noise(seed, n * LIVE_S)
        pieces = (Record(name, START_NS + k * 10**9, RATE_HZ, samples[k * n : (k + 1) * n]) for k in range(LIVE_S))
        records.append([payload for piece in pieces for payload in miniseed(piece)[:1]])
    found = []
    for second in range(LIVE_S):
        for step in range(STEPS):
            now_ns = START_NS + (second + 1) * 10**9 + step * 200_000_000
            found.append(([records[k][second] for k in range(step, CHANNELS, STEPS)], Tick(now_ns)))
    return found


class Timed:
    """Rollups whose CPU time is taken apart from that of the pipeline they are in."""

    def __init__(self, rollups: Rollups) -> None:
        self.rollups, self.spent_s = rollups, 0.0

    def receive(self, receipts: Receipts) -> None:
        with self._timing():
            self.rollups.receive(receipts)

    def write(self, rate_hz: float, block: Block) -> None:
        with self._timing():
            self.rollups.write(rate_hz, block)

    def work(self) -> None:
        with self._timing():
            self.rollups.work()

    def collect(self) -> tuple[list[Rollup], list[Metric]]:
        with self._timing():
            return self.rollups.collect()

    @contextmanager
    def _timing(self) -> Iterator[None]:
        begin = time.process_time()
        yield
        self.spent_s += time.process_time() - begin


def _live(folder: Path) -> list[Figure]:
    batches = _batches()
    model = travel_times("iasp91", cache_dir())
    pipeline = Pipeline(table(channels(CHANNELS)), model)
    journal, archive = Journal(folder / "journal"), Archive(folder)
    archive.recover(journal)
    timed = Timed(pipeline.station.rollups)
    pipeline.station.rollups = timed  # type: ignore[assignment]
    worst = begin = stored_s = 0.0
    for index, (payloads, tick) in enumerate(batches):
        if index == RESTED * STEPS:
            begin, timed.spent_s = time.process_time(), 0.0
            stored_s = 0.0
        before, at = timed.spent_s, time.process_time()
        packets = tuple(Packet("", -1, payload) for payload in payloads)
        journal.append([Delivery("bench", tick.time_ns, packets)])
        journal.commit()
        if index % (2 * STEPS) == 0:
            archive.take(journal)
        stored_s += time.process_time() - at
        batch = decode_packets(payloads, np.full(len(payloads), tick.time_ns)).receipts
        pipeline.step(batch, tick)
        worst = max(worst, timed.spent_s - before) if index >= RESTED * STEPS else 0.0
    seconds = LIVE_S - RESTED
    whole_ms = (time.process_time() - begin) * 1e3 / seconds
    rollups_ms = timed.spent_s * 1e3 / seconds
    hour_ms = _hour_ms(folder)
    spectra_ms = hour_ms * CHANNELS * HOURS_A_CHANNEL_AND_S
    stored_ms = stored_s * 1e3 / seconds
    pipeline_ms = whole_ms - rollups_ms - stored_ms
    metrics_ms = rollups_ms + spectra_ms
    share = metrics_ms / (pipeline_ms + stored_ms)
    archive.close()
    journal.close()
    detail = (
        f"a second of data takes decoder and pipeline {pipeline_ms:.1f} ms, journal and archive {stored_ms:.1f} ms; "
        f"rollups {rollups_ms:.2f} ms, spectra {spectra_ms:.2f} ms ({hour_ms:.1f} ms an hour of a channel, reading "
        f"included), in a thread of their own; {metrics_ms / pipeline_ms:.0%} of decoder and pipeline alone"
    )
    cost = Figure(
        "Cost of all live metrics, 600 channels of 100 Hz, of the CPU time from packet to alert and archive",
        f"≤ {COST_LIMIT:.0%}", f"{share:.0%}", share <= COST_LIMIT, detail,
    )  # fmt: skip
    return [cost, Figure("Longest time that rollups hold up one step", "", f"{worst * 1e3:.1f} ms", None, "")]


def _hour_ms(folder: Path) -> float:
    """CPU time of the spectrum of an hour, read from a day file."""
    name = SourceId.parse("XX.S000.00.HHZ")
    path = _day_file(folder / "hour", name, 20_000, noise(1, round(RATE_HZ * 4 * 3600)))
    times = []
    for k in range(12):
        begin = time.process_time()
        start_ns = BEGIN_NS + k % 6 * 1800 * 10**9
        samples = read_part(path, start_ns, start_ns + 3600 * 10**9).compact().samples
        one = samples[: plan(RATE_HZ).samples]
        hour_db(one, np.ones(len(one), dtype=bool), RATE_HZ)
        times.append(time.process_time() - begin)
    return float(np.median(times)) * 1e3


def _day_file(root: Path, name: SourceId, day: int, samples: AnyArray) -> Path:
    from obspy import Trace, UTCDateTime

    path = root / day_path(name, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    codes = dict(zip(("network", "station", "location", "channel"), name.nslc.split("."), strict=True))
    trace = Trace(samples, {**codes, "sampling_rate": RATE_HZ, "starttime": UTCDateTime(ns=day * DAY_NS)})
    trace.write(str(path), format="MSEED", encoding="STEIM2", reclen=512)
    return path


WEEK = """
import re, sys, time
from pathlib import Path
from seismonet.library.health import measure
begin = time.perf_counter()
found = measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
channels = found[0].channels
assert len(channels) == 6 and all(one.metric("percent_availability") == 100.0 for one in channels)
assert all(len(one.slots) == 1008 and len(one.spectra.start_ns) > 330 for one in channels)
largest = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(time.perf_counter() - begin, time.process_time(), int(largest[1]) / 1024)
"""


def _week(folder: Path) -> list[Figure]:
    days, codes = 7, ("HHZ", "HHN", "HHE", "HNZ", "HNN", "HNE")
    samples = noise(2, round(RATE_HZ * 86_400))
    for number, code in enumerate(codes):
        for day in range(days):
            shifted = np.roll(samples, (7 * number + day) * 100_003)
            _day_file(folder / "sds", SourceId("XX", "WEEK", "00", code), 20_000 + day, shifted)
    window = str(BEGIN_NS), str(BEGIN_NS + days * DAY_NS)
    done = subprocess.run(
        [sys.executable, "-c", WEEK, str(folder / "sds"), *window], capture_output=True, text=True, check=True
    )
    wall_s, cpu_s, memory_mb = map(float, done.stdout.split())
    return [
        Figure(
            "A week of a station of six channels of 100 Hz measured from an SDS archive, CPU time",
            f"≤ {WEEK_LIMIT_S:g} s", f"{cpu_s:.1f} s", cpu_s <= WEEK_LIMIT_S,
            f"363 M samples; all metrics, rollups and 2,000 spectra; in two threads, {wall_s:.1f} s while the machine "
            f"had a load of {getloadavg()[0]:.1f} on {cpu_count()} cores",
        ),
        Figure(
            "The same, memory", f"≤ {MEMORY_LIMIT_MB} MB", f"{memory_mb:.0f} MB", memory_mb <= MEMORY_LIMIT_MB,
            "largest resident size of the process",
        ),
    ]  # fmt: skip


def _availability(folder: Path) -> Figure:
    """100 channels, 30 days, six gaps a day."""
    names = [SourceId("XX", f"A{k:03d}", "00", "HHZ") for k in range(100)]
    index = Index(folder / NAME, create=True)
    piece_ns = DAY_NS // 6
    with index.writing() as writer:
        for name in names:
            for day in range(20_000, 20_030):
                one = Day(name, day)
                writer.put_days([one])
                begins = [day * DAY_NS + k * piece_ns for k in range(6)]
                writer.put_spans([(one, False, (at, at + piece_ns - 10**9 * (1 + k))) for k, at in enumerate(begins)])
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        present = index.spans(BEGIN_NS, BEGIN_NS + 30 * DAY_NS)
        shares = [
            metrics_of(Material(name, present=present[name]), BEGIN_NS, BEGIN_NS + 30 * DAY_NS)["percent_availability"]
            for name in names
        ]
        times.append(time.perf_counter() - begin)
    index.close()
    expected = 100 * (1 - 21 * 30 / (30 * 86_400))
    if not np.allclose(shares, expected):
        raise AssertionError(f"availability {shares[0]} is not {expected}")
    took_s = float(np.median(times))
    return Figure(
        "Availability of 100 channels over 30 days from the index", f"≤ {QUERY_LIMIT_S:g} s", f"{took_s:.3f} s",
        took_s <= QUERY_LIMIT_S, "18,000 stretches of data; all availability metrics",
    )  # fmt: skip
