"""Faults on order at a small network, and what a diagnosis is given of each: rollups, cross-spectra, slow channels.

Three stations with two sensors each, unlike in noise, rates and gains, record two hours of ground noise with vehicles
and an earthquake in it; one thing is wrong. Nothing here knows how the diagnosis works.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from seismonet.core.arrays import FloatArray, IntArray
from seismonet.core.inventory import Channel, ChannelTable, Station
from seismonet.core.rollup import ReceiptRollup, RecordRollup, Rollup, SampleRollup
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_iso
from seismonet.core.waveform import Receipt, Receipts, Segment
from seismonet.detect.assemble import Assembler
from seismonet.detect.history import History
from seismonet.detect.portions import pieces
from seismonet.detect.rows import Rows
from seismonet.status.measures import SLOT_NS, ChannelMeasures, Series, StationMeasures
from seismonet.status.metrics import Material, slots_of
from seismonet.status.pairspectra import PairMonitor, PairSums, pairs
from seismonet.status.rollups import Rollups
from seismonet.synthesis.faults import Fault, Outgoing, misdirect, spoil
from seismonet.synthesis.instrument import counts
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.noise import background
from seismonet.synthesis.records import cut

BEGIN_NS = from_iso("2026-01-12T00:00:00Z")
HOURS = 2.0
END_NS = BEGIN_NS + round(HOURS * 3600 * SECOND_NS)
BEGUN_S = 3600.0
RECORD_S, LATENCY_S, JITTER_S = 4.0, 1.2, 0.4
SLOW_DAYS, SLOW_STEP_S = 10, 900
FULL_SCALE = 8.0e6
LINES_A_HZ = 40
AXES = (("Z", 0.0, -90.0), ("N", 0.0, 0.0), ("E", 90.0, 0.0))


@dataclass(frozen=True, slots=True)
class Site:
    """A station: its place, noise between Peterson's models, rates, and counts per unit of both sensors."""

    code: str
    latitude: float
    longitude: float
    noise: float
    rates_hz: tuple[float, float]
    sensitivity: tuple[float, float]

    @property
    def station(self) -> Station:
        """As metadata have it."""
        return Station("XX", self.code, 0, 2**62, self.latitude, self.longitude, 2500.0)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Both sensors, three axes each."""
        made = []
        for stem, quantity, rate_hz, gain in zip(
            ("HH", "HN"), ("velocity", "acceleration"), self.rates_hz, self.sensitivity, strict=True
        ):
            for letter, azimuth, dip in AXES:
                name = SourceId("XX", self.code, "00", stem + letter)
                place = self.latitude, self.longitude, 2500.0, 0.0
                made.append(Channel(name, 0, 2**62, *place, azimuth, dip, rate_hz, quantity, gain, FULL_SCALE))
        return tuple(made)


SITES = (
    Site("QUIET", 38.2, 72.7, 0.3, (40.0, 40.0), (3.0e8, 8.2e5)),
    Site("VALLEY", 37.5, 71.5, 0.5, (50.0, 50.0), (6.2e8, 4.1e5)),
    Site("TOWN", 38.1, 74.0, 0.7, (40.0, 80.0), (1.5e8, 2.0e5)),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is wrong at a station, and how it should be named.

    ``true`` turns stated channels into those that record; ``slow`` changes the slow channels (code to values over time
    in days), ``faults`` are those of samples and records; ``drops`` what never arrives; ``stated`` changes what
    metadata say; ``storm`` how many times louder the ground becomes. ``cause`` is None where nothing is wrong;
    ``channel`` and ``factor`` are to be named where they are given.
    """

    name: str
    cause: str | None
    channel: str | None = None
    factor: float | None = None
    faults: tuple[Fault, ...] = ()
    true: Callable[[Channel], Channel] = lambda channel: channel
    slow: Mapping[str, Callable[[FloatArray], FloatArray | float]] = field(default_factory=dict)
    drops: tuple[str, ...] = ()
    stated: Callable[[Channel], Channel | None] = lambda channel: channel
    everywhere: bool = False
    storm: float = 1.0


@cache
def ground(site: Site, rate_hz: float, seed: int) -> GroundMotion:
    """Two hours of noise with a vehicle every 12 minutes and an earthquake."""
    still = GroundMotion.still(BEGIN_NS, rate_hz, round(HOURS * 3600 * rate_hz))
    motion = background(site.code, still, level=site.noise, seed=seed)
    for number, at_s in enumerate(np.arange(200.0, HOURS * 3600 - 100, 720.0)):
        motion = motion + _burst(still, at_s, 12.0, (2.0, 12.0), 3e-6, seed + number)
    return motion + _burst(still, 5000.0, 60.0, (0.3, 8.0), 2e-4, seed + 999)


def _burst(
    still: GroundMotion, at_s: float, length_s: float, band_hz: tuple[float, float], size: float, seed: int
) -> GroundMotion:
    """Ground that shakes for some seconds in a band, the three axes unlike; the same at every sampling rate."""
    random = np.random.default_rng(seed)
    # lines as near to each other as the spectrum of a window can tell apart
    hz = np.linspace(*band_hz, round((band_hz[1] - band_hz[0]) * LINES_A_HZ))
    weight = random.normal(size=(3, len(hz))) + 1j * random.normal(size=(3, len(hz)))
    first, last = round(at_s * still.rate_hz), round((at_s + 3 * length_s) * still.rate_hz)
    time_s = np.arange(first, last) / still.rate_hz - at_s
    fade = np.sin(np.pi * np.clip(time_s / (3 * length_s), 0, 1)) ** 2
    turning = np.exp(2j * np.pi * hz[:, None] * time_s)
    parts = [np.zeros((3, still.velocity_m_s.shape[1])) for _ in range(3)]
    for power, part in zip((-1, 0, 1), parts, strict=True):
        wave = np.real((weight * (2j * np.pi * hz) ** power) @ turning)
        part[:, first:last] = size / np.sqrt(len(hz)) * fade * wave
    return GroundMotion(still.start_ns, still.rate_hz, *parts)


def _gusty(motion: GroundMotion, times: float) -> GroundMotion:
    """The ground, louder by so much after an hour, in gusts."""
    if times == 1.0:
        return motion
    time_s = np.arange(motion.velocity_m_s.shape[1]) / motion.rate_hz
    gusts = 1 + (times - 1) * (time_s > BEGUN_S) * (0.7 + 0.3 * np.sin(time_s / 41) * np.sin(time_s / 97))
    parts = (motion.displacement_m, motion.velocity_m_s, motion.acceleration_m_s2)
    return GroundMotion(motion.start_ns, motion.rate_hz, *(one * gusts for one in parts))


def receipts(site: Site, case: Case, seed: int) -> Receipts:
    """What comes of a station."""
    segments = []
    for stated in site.channels:
        one = case.true(stated)
        motion = _gusty(ground(site, one.rate_hz, seed), case.storm)
        segments.append(Segment(stated.source_id, BEGIN_NS, one.rate_hz, counts(motion, one, seed=seed)))
    segments = spoil(segments, case.faults, BEGIN_NS, seed)
    random = np.random.default_rng(seed + 5)
    outgoing = [
        Outgoing(record.end_ns + round((LATENCY_S + JITTER_S * random.random()) * SECOND_NS), record)
        for segment in segments
        for record in cut(segment, RECORD_S)
        if segment.source_id.channel not in case.drops
    ]
    sent = misdirect(sorted(outgoing, key=lambda one: one.send_ns), case.faults, BEGIN_NS, seed)
    return Receipts.of([Receipt(one.record, one.send_ns) for one in sent])


def measure(site: Site, case: Case, seed: int) -> StationMeasures:
    """All that the diagnosis is given of a station."""
    batch = receipts(site, case, seed)
    stated = [one for one in map(case.stated, site.channels) if one is not None]
    station = site.station
    table = ChannelTable.of([station], stated)
    rows = Rows.of(table)
    assembler = Assembler(rows)
    histories: dict[float, History] = {}

    def history(rate_hz: float) -> History:
        if rate_hz not in histories:
            histories[rate_hz] = History(rate_hz, len(rows))
        return histories[rate_hz]

    rollups, monitor = Rollups(rows, assembler, history), PairMonitor(pairs(stated, BEGIN_NS), every=1)
    step = 200
    for first in range(0, len(batch), step):
        part = batch.select(slice(first, first + step))
        rollups.receive(part)
        monitor.receive(part)
        for piece in pieces(part):
            assembler.add(piece)
            _work(assembler, rollups, history)
        assembler.flush(int(part.received_ns[-1]))
        _work(assembler, rollups, history)
    assembler.flush(2**62)
    _work(assembler, rollups, history)
    rollups.finish()
    done, _ = rollups.collect()
    names = [one.source_id for one in site.channels]
    channels = tuple(_channel(name, done, batch, table) for name in names)
    sums: Mapping[int, PairSums] = monitor.sums.get(station.station_code, {})
    return StationMeasures(station.station_code, BEGIN_NS, END_NS, channels, slow_series(site, case, seed), (), sums)


def _work(assembler: Assembler, rollups: Rollups, history: Callable[[float], History]) -> None:
    for rate_hz, block in assembler.cut():
        history(rate_hz).write(block)
        rollups.write(rate_hz, block)
        rollups.work(1000)


def _channel(name: SourceId, done: Sequence[Rollup], batch: Receipts, table: ChannelTable) -> ChannelMeasures:
    own = [one for one in done if one.source_id == name]
    stated = table.find(name, BEGIN_NS)
    here = np.array([batch.source_ids[k] == name for k in range(len(batch.source_ids))])[batch.channel]
    start, end = batch.start_ns[here], batch.end_ns()[here]
    window = (start >= BEGIN_NS - SLOT_NS) & (start < BEGIN_NS + 2 * HOURS * 3600 * SECOND_NS)
    present = _present(start[window], end[window])
    rate_hz = float(batch.rate_hz[here][0]) if here.any() else 0.0
    return ChannelMeasures(
        name, stated, rate_hz, {}, (), slots_of(_material(name, own), BEGIN_NS, END_NS), None, present
    )


def _present(start: IntArray, end: IntArray) -> tuple[tuple[int, int], ...]:
    order = np.argsort(start, kind="stable")
    found: list[tuple[int, int]] = []
    for a, b in zip(start[order].tolist(), end[order].tolist(), strict=True):
        if found and a <= found[-1][1] + SECOND_NS:
            found[-1] = found[-1][0], max(found[-1][1], b)
        else:
            found.append((a, b))
    return tuple(found)


def _material(name: SourceId, rollups: Sequence[Rollup]) -> Material:
    return Material(
        name,
        [one for one in rollups if isinstance(one, SampleRollup)],
        [one for one in rollups if isinstance(one, RecordRollup)],
        [one for one in rollups if isinstance(one, ReceiptRollup)],
    )


def _usual(code: str, days: FloatArray, random: np.random.Generator) -> FloatArray:
    """A slow channel where nothing is wrong, in its unit."""
    sun = np.sin(2 * np.pi * (days - 0.3))
    noise = random.normal(size=len(days))
    return {
        "LCQ": np.full(len(days), 100.0),
        "LCE": 2.0 * noise,
        "GST": np.full(len(days), 2.0),
        "GNS": np.rint(9 + 1.2 * noise),
        "GAN": np.full(len(days), 1.0),
        "VDT": -5.0 + 8.0 * sun + 0.3 * noise,
        "VEI": 12.9 + 0.5 * np.maximum(sun, -0.4) + 0.03 * noise,
        "VEC": 0.25 + 0.01 * noise,
        "VM1": 0.3 + 0.05 * sun + 0.01 * noise,
        "VM2": -0.6 + 0.05 * sun + 0.01 * noise,
        "VM3": 0.1 + 0.05 * sun + 0.01 * noise,
    }[code]


SLOW_SCALES = {"VDT": 0.01, "VEI": 1e-3, "VEC": 1e-3, "VM1": 1e-3, "VM2": 1e-3, "VM3": 1e-3}
SLOW_CODES = ("LCQ", "LCE", "GST", "GNS", "GAN", "VDT", "VEI", "VEC", "VM1", "VM2", "VM3")


def slow_series(site: Site, case: Case, seed: int) -> tuple[Series, ...]:
    """Ten days of the slow channels up to the end of the recordings; ``case.slow`` replaces what is wrong."""
    n = SLOW_DAYS * 86_400 // SLOW_STEP_S
    time_ns = END_NS - (np.arange(n)[::-1]) * SLOW_STEP_S * SECOND_NS
    days = np.arange(n) * SLOW_STEP_S / 86_400
    random = np.random.default_rng(seed + 31)
    found = []
    for code in SLOW_CODES:
        values = _usual(code, days, random)
        if code in case.slow:
            values = np.broadcast_to(case.slow[code](days), values.shape) if code != "" else values
            values = np.where(np.isnan(values), _usual(code, days, np.random.default_rng(seed + 32)), values)
        keep = days < case.slow["end"](days) if "end" in case.slow else np.ones(n, dtype=bool)
        name = SourceId("XX", site.code, "D0", code)
        found.append(Series(name, time_ns[keep], np.rint(values / SLOW_SCALES.get(code, 1.0))[keep]))
    scale = np.array([site.latitude, site.longitude]) * 1e6
    east = float(np.mean(case.slow["moved"](days))) if "moved" in case.slow else 0.0
    for code, degrees in zip(("GLA", "GLO"), scale + np.array([0.0, east * 11.4]), strict=True):
        values = np.rint(degrees + 20 * random.normal(size=n))
        found.append(Series(SourceId("XX", site.code, "D0", code), time_ns[keep], values[keep]))
    return tuple(found)


def since(value: float, days: float) -> Callable[[FloatArray], FloatArray]:
    """A slow channel that has a value for the last so many days, and its usual one before."""
    return lambda time: np.where(time > SLOW_DAYS - days, value, np.nan)


def turned(degrees: float, stem: str) -> Callable[[Channel], Channel]:
    """A sensor whose horizontal axes point so much further clockwise than stated."""

    def turn(channel: Channel) -> Channel:
        horizontal = channel.dip_deg == 0.0 and channel.source_id.channel.startswith(stem)
        return replace(channel, azimuth_deg=channel.azimuth_deg + degrees) if horizontal else channel

    return turn


def exchanged(one: str, other: str) -> Callable[[Channel], Channel]:
    """Two channels of a sensor that record each other's axis."""
    directions = {letter: (azimuth, dip) for letter, azimuth, dip in AXES}

    def swap(channel: Channel) -> Channel:
        code = channel.source_id.channel
        if code not in (one, other):
            return channel
        azimuth, dip = directions[(other if code == one else one)[-1]]
        return replace(channel, azimuth_deg=azimuth, dip_deg=dip)

    return swap
