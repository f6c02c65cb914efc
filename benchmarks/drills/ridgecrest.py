"""How soon the Ridgecrest mainshock of 2019 is known when its records come in packets of a second, 0.3 s late.

The packets of a real digitizer end at any moment of the second, so this is done for 20 positions of their ends. Times
of issue are those of the pipeline; what it takes to compute is measured elsewhere (socket to pick).
"""

import json
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.page import Figure
from seismonet.core.event import Event, Pick
from seismonet.core.utc import from_iso, from_seconds
from seismonet.core.waveform import Receipt, Receipts, Record
from seismonet.feed import in_order, modelled, steps, within
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.pipeline import Pipeline
from seismonet.store.inventory import read_inventories
from seismonet.store.offline import read_file

SHARED = Path(__file__).resolve().parents[3] / "shared"
SET = SHARED / "data" / "public" / "ridgecrest2019"
PHASES, LATENCY_S = 20, 0.3
BEFORE_S, AFTER_S, SAME_S, P_WINDOW_S = 60.0, 60.0, 5.0, 15.0


def run(scale: float = 1.0) -> list[Figure]:
    """The three medians beside their targets; empty where the data are not here."""
    phases = max(2, round(PHASES * scale))
    if not SET.exists():
        return []
    truth = json.loads((SET / "truth.json").read_text("utf-8"))["events"][0]
    origin_ns = from_iso(truth["origin_time"])
    first_p_ns = from_iso(truth["first_p"]["time"])
    whole = read_file(SET / "waveforms.mseed").receipts
    window = origin_ns - from_seconds(BEFORE_S), origin_ns + from_seconds(AFTER_S)
    rows = []
    for phase in range(phases):
        picks, events = _issued(modelled(repacked(within(whole, window), phase / phases), LATENCY_S))
        rows.append(_delays(picks, events, origin_ns, first_p_ns))
    pick_s, event_s, magnitude_s = (median(column) for column in zip(*rows, strict=True))
    spread = [f"{min(column):.2f} to {max(column):.2f} s" for column in zip(*rows, strict=True)]
    return [
        Figure("Ridgecrest live: provisional pick", "≤ 1.0 s after P", f"{pick_s:.2f} s", pick_s <= 1.0, spread[0]),
        Figure("first event", "≤ 7.5 s after origin", f"{event_s:.2f} s", event_s <= 7.5, spread[1]),
        Figure("first magnitude", "≤ 8.5 s after origin", f"{magnitude_s:.2f} s", magnitude_s <= 8.5, spread[2]),
    ]


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


def _issued(receipts: Receipts) -> tuple[dict[str, list[Pick]], list[Event]]:
    """Versions of every pick, and events, in the order of issue."""
    receipts = in_order([receipts])
    pipeline = Pipeline(read_inventories([str(SET / "stations.xml")]), travel_times("iasp91", cache_dir()))
    picks: dict[str, list[Pick]] = {}
    events: list[Event] = []
    for batch, tick in steps(receipts, 1.0):
        output = pipeline.step(batch, tick)
        for pick in output.picks:
            picks.setdefault(pick.id, []).append(pick)
        events += output.events
    return picks, events


def _delays(
    picks: dict[str, list[Pick]], events: list[Event], origin_ns: int, first_p_ns: int
) -> tuple[float, float, float]:
    """Median over the stations of issue minus onset; first event and first magnitude after the origin."""
    own = {event.id for event in events if abs(event.origin.time_ns - origin_ns) <= from_seconds(SAME_S)}
    used = {arrival.pick_id for event in events if event.id in own for arrival in event.origin.arrivals}
    delays = []
    for name in used & picks.keys():
        first, last = picks[name][0], picks[name][-1]
        if first_p_ns - from_seconds(1.0) <= last.time_ns <= first_p_ns + from_seconds(P_WINDOW_S):
            delays.append((first.issued_ns - last.time_ns) / 1e9)
    told = [(event.issued_ns - origin_ns) / 1e9 for event in events if event.id in own]
    sized = [(event.issued_ns - origin_ns) / 1e9 for event in events if event.id in own and event.magnitude]
    return median(delays), min(told), min(sized)
