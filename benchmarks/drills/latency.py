"""From the socket to the pick: how long a packet waits for the processing, on a virtual clock driven by measured time.

Packets arrive as many digitizers send them, a packet a second each, at moments of their own. The pipeline takes what
has arrived when it is free; the virtual clock then advances by the CPU time that this took. So the figure is that of an
otherwise idle core, however busy this machine is, and includes the gate, decoding and everything up to the outputs.
"""

import time

import numpy as np
from tests.synthesis.sites import two_sensors

from benchmarks.page import Figure
from seismonet.core.inventory import OPEN_END_NS, ChannelTable, Station
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Delivery, Packet, Record
from seismonet.daemon.live import Live
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.pipeline import PipelineParams
from seismonet.synthesis.records import miniseed

RATE_HZ = 100.0
BEGIN_NS = 1_750_000_000 * SECOND_NS
LINK_S = 0.3
NOISES = 40


def waits(channels: int, seconds: int, warm_up: int = 12) -> tuple[float, float, float]:
    """Median, 99th percentile and maximum, in seconds, of the wait from arrival to the end of its step."""
    table = _table(channels)
    live = Live(table, travel_times("iasp91", cache_dir()), PipelineParams(), 60.0)
    arrivals = _arrivals(table, channels, seconds + warm_up)
    now_ns, index, found = 0, 0, []
    begin_ns = arrivals[0].received_ns
    while index < len(arrivals):
        now_ns = max(now_ns, arrivals[index].received_ns)
        end = index
        while end < len(arrivals) and arrivals[end].received_ns <= now_ns:
            end += 1
        began = time.process_time_ns()
        heard = live.hear(arrivals[index:end])
        live.step(heard.batch.receipts, now_ns)
        now_ns += time.process_time_ns() - began
        if arrivals[index].received_ns >= begin_ns + warm_up * SECOND_NS:
            found += [(now_ns - one.received_ns) / 1e9 for one in arrivals[index:end]]
        index = end
    return float(np.median(found)), float(np.percentile(found, 99)), max(found)


def _table(channels: int) -> ChannelTable:
    """Stations of six channels on a grid, a tenth of a degree apart."""
    stations = [
        Station("XX", f"S{number:04d}", 0, OPEN_END_NS, 36 + 0.1 * (number // 40), 68 + 0.1 * (number % 40), 0.0)
        for number in range(-(-channels // 6))
    ]
    found = [channel for station in stations for channel in two_sensors(station)]
    return ChannelTable.of(stations, found[:channels])


def _arrivals(table: ChannelTable, channels: int, seconds: int) -> list[Delivery]:
    """A packet a second of each channel, in the order of arrival."""
    random = np.random.default_rng(1)
    noises = [np.rint(random.normal(0, 300, round(RATE_HZ))).astype(np.int32) for _ in range(NOISES)]
    phase_ns = random.integers(0, SECOND_NS, channels)
    jitter_ns = random.integers(0, SECOND_NS // 10, (seconds, channels))
    found = []
    for second in range(seconds):
        for number, channel in enumerate(table.channels):
            start_ns = BEGIN_NS + second * SECOND_NS + int(phase_ns[number]) // 10_000_000 * 10_000_000
            record = Record(channel.source_id, start_ns, RATE_HZ, noises[(second * 7 + number) % NOISES], 100)
            received_ns = record.end_ns + round(LINK_S * 1e9) + int(jitter_ns[second, number])
            packets = tuple(Packet(channel.source_id.station_code, -1, data) for data in miniseed(record))
            found.append(Delivery("sim", received_ns, packets))
    return sorted(found, key=lambda one: one.received_ns)


def run(scale: float = 1.0) -> list[Figure]:
    """The two rows of the table; a scale shortens the time that is simulated."""
    rows = []
    for channels, seconds, limit_s in ((18, 120, 0.020), (6000, 8, 0.050)):
        middle, p99, worst = waits(channels, max(2, round(seconds * scale)))
        detail = f"median {middle * 1e3:.1f} ms, most {worst * 1e3:.0f} ms; {channels} packets a second"
        what = f"Socket to pick, {channels} channels: 99 % within"
        rows.append(Figure(what, f"≤ {limit_s * 1e3:.0f} ms", f"{p99 * 1e3:.1f} ms", p99 <= limit_s, detail))
    return rows
