"""How soon the Ridgecrest mainshock of 2019 is known when its records come in packets of a second, 0.3 s late.

The packets of a real digitizer end at any moment of the second, so this is done for 20 positions of their ends. Each
time ten SeedLink servers send the recordings, and the real daemon receives them, on a day that is 6 July 2019 once
more. Times of issue are those of the packets' receipt by the daemon; what it takes to compute is measured apart (socket
to pick): a few milliseconds.
"""

import asyncio
import json
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.page import Figure
from seismonet.config import Config, to_toml
from seismonet.core.event import Event, Pick
from seismonet.core.utc import from_iso, from_seconds
from seismonet.core.waveform import Receipt, Receipts, Record
from seismonet.daemon.digitizers import Digitizers
from seismonet.feed import in_order, within
from seismonet.net.source import SourceParams
from seismonet.store.catalogue import Catalogue
from seismonet.store.offline import read_file
from seismonet.synthesis.digitizer import Schedule, Sending
from seismonet.synthesis.records import miniseed

from .nursery import Nursery, Tempo

SHARED = Path(__file__).resolve().parents[3] / "shared"
SET = SHARED / "data" / "public" / "ridgecrest2019"
PHASES, AT_ONCE, RATE = 20, 5, 1.0
LATENCY_S, BEFORE_S, OPEN_S, AFTER_S = 0.3, 90.0, 30.0, 15.0
SAME_S, P_WINDOW_S = 5.0, 15.0


def run(scale: float = 1.0) -> list[Figure]:
    """The three medians beside their targets; empty where the data are not here."""
    if not SET.exists():
        return []
    phases = max(2, round(PHASES * scale))
    rows = asyncio.run(_all([number / phases for number in range(phases)]))
    pick_s, event_s, magnitude_s = (median(column) for column in zip(*rows, strict=True))
    spread = [f"{min(column):.2f} to {max(column):.2f} s" for column in zip(*rows, strict=True)]
    why = f"{spread[0]}; 0.8 s of it are the packets': they end half a second later on average, and come 0.3 s late"
    return [
        Figure("Ridgecrest live: provisional pick", "≤ 1.0 s after P", f"{pick_s:.2f} s", pick_s <= 1.0, why),
        Figure("first event", "≤ 7.5 s after origin", f"{event_s:.2f} s", event_s <= 7.5, spread[1]),
        Figure("first magnitude", "≤ 8.5 s after origin", f"{magnitude_s:.2f} s", magnitude_s <= 8.5, spread[2]),
    ]


async def _all(phases: Sequence[float]) -> list[tuple[float, float, float]]:
    """Pick, event and magnitude for each position of the packets' ends, some at a time."""
    truth = json.loads((SET / "truth.json").read_text("utf-8"))["events"][0]
    origin_ns, first_p_ns = from_iso(truth["origin_time"]), from_iso(truth["first_p"]["time"])
    whole = read_file(SET / "waveforms.mseed").receipts
    window = origin_ns - from_seconds(BEFORE_S), origin_ns + from_seconds(AFTER_S + 5.0)
    found: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory(prefix="seismonet-ridgecrest-") as name:
        async with Nursery() as nursery:
            for first in range(0, len(phases), AT_ONCE):
                some = phases[first : first + AT_ONCE]
                plans = [_plan(repacked(within(whole, window), phase), origin_ns) for phase in some]
                folders = [Path(name) / f"{phase:.3f}" for phase in some]
                work = [_live(nursery, *one, origin_ns) for one in zip(folders, plans, strict=True)]
                told = await asyncio.gather(*work)
                found += [_delays(*one, origin_ns, first_p_ns) for one in told]
    return found


def repacked(batch: Receipts, phase: float) -> Receipts:
    """The same samples in packets of a second that end at a fraction ``phase`` of the second."""
    found: list[Receipt] = []
    for channel in range(len(batch.source_ids)):
        part = batch.select(batch.channel == channel)
        part = part.select(np.argsort(part.start_ns)).compact()
        rate_hz, start_ns = float(part.rate_hz[0]), int(part.start_ns[0])
        size = round(rate_hz)
        first = round((phase - start_ns / 1e9 % 1.0) % 1.0 * rate_hz) or size
        edges = [0, *range(first, len(part.samples), size), len(part.samples)]
        for begin, end in pairwise(edges):
            record_ns = start_ns + round(begin * 1e9 / rate_hz)
            record = Record(part.source_ids[channel], record_ns, rate_hz, part.samples[begin:end], 100)
            found.append(Receipt(record, record.end_ns))
    return in_order([Receipts.of(found)])


def _plan(receipts: Receipts, origin_ns: int) -> Schedule:
    """Each packet is sent so long after its end."""
    begin_ns = origin_ns - from_seconds(BEFORE_S)
    sendings = [
        Sending((one.end_ns - begin_ns) / 1e9 + LATENCY_S, one.source_id, one.start_ns, one.end_ns, payload)
        for one in (receipt.record for receipt in receipts)
        for payload in miniseed(one)
    ]
    return Schedule(begin_ns, tuple(sorted(sendings, key=lambda one: (one.send_offset_s, one.source_id))), ())


async def _live(nursery: Nursery, folder: Path, plan: Schedule, origin_ns: int) -> tuple[list[Pick], list[Event]]:
    """All versions that the daemon stored: of picks the last, of events every one."""
    folder.mkdir()
    tempo = Tempo.now(RATE, origin_ns - from_seconds(OPEN_S))
    digitizers = Digitizers(plan, "ridgecrest2019", tempo.clock())
    await digitizers.start()
    pacing = asyncio.create_task(digitizers.run())
    try:
        _configure(folder, digitizers.addresses)
        daemon = await nursery.start(folder / "ridgecrest.toml", folder / "daemon.log", tempo)
        clock = tempo.clock()
        while clock.now_ns() < origin_ns + from_seconds(AFTER_S):
            await clock.sleep(1.0)
        if await daemon.end(signal.SIGTERM) != 0:
            raise RuntimeError(f"the daemon failed; see {folder}/daemon.log")
    finally:
        pacing.cancel()
        await digitizers.stop()
    with Catalogue(folder / "archive" / "catalogue.sqlite", create=False) as catalogue:
        versions = [one for event in catalogue.events() for one in catalogue.event(event.id).versions]
        return catalogue.picks(), versions


def _configure(folder: Path, addresses: dict[str, tuple[str, int]]) -> None:
    """The defaults, and nothing else."""
    config = Config()
    sources = [
        SourceParams(code.replace(".", "-"), f"seedlink://{host}:{port}", (code,))
        for code, (host, port) in addresses.items()
    ]
    config = replace(
        config,
        network=replace(config.network, stations=(str(SET / "stations.xml"),)),
        sources=tuple(sources),
        archive=replace(config.archive, folder=str(folder / "archive"), reserve_mb=0),
        server=replace(config.server, port=0),
        backfill=replace(config.backfill, days=0.0),
    )
    (folder / "ridgecrest.toml").write_text(to_toml(config), "utf-8")


def _delays(picks: list[Pick], events: list[Event], origin_ns: int, first_p_ns: int) -> tuple[float, float, float]:
    """Median over the stations of first issue minus onset; first event and first magnitude after the origin."""
    own = {event.id for event in events if abs(event.origin.time_ns - origin_ns) <= from_seconds(SAME_S)}
    used = {arrival.pick_id for event in events if event.id in own for arrival in event.origin.arrivals}
    early_ns, late_ns = first_p_ns - from_seconds(1.0), first_p_ns + from_seconds(P_WINDOW_S)
    delays = [
        (pick.first_issued_ns - pick.time_ns) / 1e9
        for pick in picks
        if pick.id in used and early_ns <= pick.time_ns <= late_ns
    ]
    told = [(event.issued_ns - origin_ns) / 1e9 for event in events if event.id in own]
    sized = [(event.issued_ns - origin_ns) / 1e9 for event in events if event.id in own and event.magnitude]
    return median(delays), min(told), min(sized)
