"""One simulated earthquake: drawn by its number, recorded in an Earth of its own, replayed by itself.

The rule this file owns: what comes of an earthquake depends on the seed, its number and the stations alone, so that it
does not matter which process worked at it, and after which others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.config import Config
from seismonet.core.alert import Alert
from seismonet.core.event import Event, Pick
from seismonet.core.geo import distance_deg
from seismonet.core.inventory import Channel, ChannelTable, Station
from seismonet.core.utc import SECOND_NS, from_iso, from_seconds
from seismonet.core.waveform import Record
from seismonet.feed import receive
from seismonet.models.corrections import read_corrections
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.reports.evaluation import TruePick, Truth
from seismonet.store.targets import read_targets
from seismonet.synthesis.draws import generator
from seismonet.synthesis.earthmodels import EarthErrors, SimulatedEarth, errors_around
from seismonet.synthesis.earthquake import SyntheticEvent, TravelTime, ground_motion, onsets
from seismonet.synthesis.instrument import counts
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.noise import background
from seismonet.synthesis.source import setting_of

from .replaying import run

BEGIN_NS = from_iso("2025-01-01T00:00:00Z")
SPACING_NS = 3600 * SECOND_NS
BEFORE_S, AFTER_S, LONGEST_S = 40.0, 20.0, 210.0
"""Noise before the origin, so that every detector is settled; after the last S; and the longest recording."""
EARTHS, NOISES = 10, 2
"""Earthquakes share so many Earths, and so many recordings of noise, that a thousand of them take minutes."""
NEAREST = 60
"""So many stations record an earthquake, the nearest ones; those farther away send nothing and count as down."""
FARTHEST_DEG = 12.0
LEAST_RATE_HZ = 50.0


@parameters(frozen=True)
class Draw:
    """Which earthquakes are drawn, and how the ground and the link are."""

    count: int = Field(ge=1, le=1_000_000, description="how many earthquakes")
    seed: int = Field(default=0, description="another seed is other earthquakes, Earths and noise")
    magnitudes: tuple[float, float] | None = Field(
        default=None, description="equally likely from and to; without it Gutenberg and Richter's law with b = 1"
    )
    gutenberg: tuple[float, float] = Field(default=(4.0, 7.0), description="from and to, by Gutenberg and Richter")
    depths_km: tuple[float, float] | None = Field(
        default=None, description="equally likely from and to; without it by classes of depth"
    )
    crust_share: float = Field(default=0.5, ge=0, le=1, description="share of earthquakes at 2 to 40 km")
    middle_share: float = Field(default=0.1, ge=0, le=1, description="share at 40 to 60 km; the others are deeper")
    noise_level: tuple[float, float] = Field(default=(0.3, 0.7), description="noise of stations, from and to")
    stress_ln: float = Field(default=0.5, ge=0, description="spread of stress drops (Cotton et al. 2013, SRL 84, 42)")
    event_log10: float = Field(default=0.12, ge=0, description="spread of all motions of an earthquake, log10")
    station_log10: float = Field(default=0.25, ge=0, description="spread of those of a station beside it, log10")
    latency_s: float = Field(default=0.3, ge=0, description="from a record's end to its receipt")
    errors: EarthErrors | None = Field(
        default=None, description="how far the Earth is from the model that locates; without it as that model deserves"
    )

    def errors_of(self, model: str) -> EarthErrors:
        """How far the Earth is from the model that locates."""
        return self.errors or errors_around(model)

    def sentence(self, model: str) -> str:
        """What was assumed, for the reader of a figure."""
        low, high = self.magnitudes or self.gutenberg
        law = "equally likely" if self.magnitudes else "Gutenberg and Richter with b = 1"
        return (
            f"{self.count} earthquakes of magnitude {low:g} to {high:g} ({law}), seed {self.seed}."
            f" {self.errors_of(model).sentence(model)} Brune sources, stress drops spread by {self.stress_ln:g} (ln),"
            f" motions by {self.event_log10:g} an earthquake and {self.station_log10:g} a station (log10);"
            f" noise of stations {self.noise_level[0]:g} to {self.noise_level[1]:g} of the way from the quietest to"
            f" the noisiest model; records of 1 s arrive {self.latency_s:g} s after their end."
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A simulation before it is run; goes to other processes as it is.

    ``box`` is south, north, west, east in degrees; ``places`` are drawn beforehand, one an earthquake.
    """

    draw: Draw
    table: ChannelTable
    up: tuple[str, ...]
    config: Config
    places: tuple[tuple[float, float], ...]

    @property
    def down(self) -> tuple[str, ...]:
        """Stations that are known and send nothing."""
        return tuple(sorted({one.station_code for one in self.table.stations} - set(self.up)))


@dataclass(frozen=True, slots=True)
class Single:
    """One simulated earthquake, and what was found while it happened."""

    truth: Truth
    events: tuple[Event, ...]
    alerts: tuple[Alert, ...]
    picks: tuple[Pick, ...]
    refused: int
    begin_ns: int
    end_ns: int


def recordable(channel: Channel) -> bool:
    """Can a channel be simulated?"""
    return channel.quantity in ("velocity", "acceleration") and channel.rate_hz >= LEAST_RATE_HZ


def source(made: Plan, number: int) -> SyntheticEvent:
    """The earthquake of a number."""
    draw = made.draw
    random = generator(draw.seed, "evaluate", "source", number)
    size, deep, layer, stress = (*random.uniform(size=3), random.normal())
    low, high = draw.magnitudes or draw.gutenberg
    # the inverse of Gutenberg and Richter's distribution between two magnitudes
    steep = -np.log10(1 - size * (1 - 10 ** (low - high)))
    magnitude = low + (size * (high - low) if draw.magnitudes else steep)
    depth_km = _depth(draw, made.config.pipeline.location.max_depth_km, deep, layer)
    stress_pa = setting_of(depth_km).stress_drop_pa * float(np.exp(draw.stress_ln * stress))
    return SyntheticEvent(
        *made.places[number], depth_km, round(float(magnitude), 2), BEGIN_NS + number * SPACING_NS, stress_pa
    )


def _depth(draw: Draw, deepest_km: float, within: float, layer: float) -> float:
    if draw.depths_km is not None:
        low, high = draw.depths_km
    elif deepest_km <= 60.0 or layer < draw.crust_share:
        low, high = 2.0, min(40.0, deepest_km)
    elif layer < draw.crust_share + draw.middle_share:
        low, high = 40.0, 60.0
    else:
        low, high = 60.0, deepest_km
    return round(low + within * (high - low), 1)


@lru_cache(maxsize=EARTHS)
def _earth(base: str, errors: EarthErrors, seed: int) -> SimulatedEarth:
    return SimulatedEarth.draw(base, errors, seed)


@lru_cache(maxsize=2 * NEAREST)
def _noise(station_code: str, rate_hz: float, level: float, seed: int) -> GroundMotion:
    """The longest recording of a station's unrest; earthquakes share it."""
    n = round(LONGEST_S * rate_hz)
    return background(station_code, GroundMotion.still(BEGIN_NS, rate_hz, n), level=level, seed=seed)


def simulate_one(made: Plan, number: int) -> Single:
    """Let one earthquake happen, and replay it."""
    draw, event, model = made.draw, source(made, number), made.config.network.earth_model
    earth = _earth(model, draw.errors_of(model), draw.seed * EARTHS + number % EARTHS)
    stations = _nearest(made, event)
    times = {one.station_code: earth.times_to(event, one) for one in stations}
    onset = {one.station_code: onsets(event, one, times[one.station_code]) for one in stations}
    last_s = max(s.time_ns - event.origin_ns for _, s in onset.values()) / SECOND_NS
    length_s = min(BEFORE_S + last_s + AFTER_S, LONGEST_S)
    begin_ns = event.origin_ns - from_seconds(BEFORE_S)
    records: list[Record] = []
    for station in stations:
        records += _recorded(made, event, station, times[station.station_code], (begin_ns, length_s, number))
    receipts = receive(records, draw.latency_s)
    network = made.config.network
    found = run(
        receipts,
        made.table,
        made.config.pipeline,
        travel_times(network.earth_model, cache_dir()),
        corrections=read_corrections(network.station_corrections),
        targets=read_targets(network.targets),
    )
    end_ns = begin_ns + from_seconds(length_s)
    picks = tuple(
        TruePick(code, one.phase, one.time_ns) for code, both in onset.items() for one in both if one.time_ns < end_ns
    )
    first_ns = min(p.time_ns for p, _ in onset.values())
    place = event.latitude, event.longitude, event.depth_km
    truth = Truth(f"simulated {number}", event.origin_ns, *place, event.magnitude, "Mw", picks, first_ns)
    facts = tuple(found.events), tuple(found.alerts), tuple(found.sorted_picks), len(found.rejections)
    return Single(truth, *facts, begin_ns, end_ns)


def _nearest(made: Plan, event: SyntheticEvent) -> list[Station]:
    """The stations that record an earthquake, by name."""
    up = [one for one in made.table.stations if one.station_code in made.up]
    degrees = [float(distance_deg(event.latitude, event.longitude, one.latitude, one.longitude)) for one in up]
    order = [row for row in np.argsort(degrees, kind="stable")[:NEAREST].tolist() if degrees[row] <= FARTHEST_DEG]
    return [up[row] for row in sorted(order or [int(np.argmin(degrees))])]


def _gain(draw: Draw, station: Station, number: int) -> float:
    """Earthquakes and stations differ as they do in Boore et al. (2014), Earthquake Spectra 30, 1057-1085."""
    common = generator(draw.seed, "evaluate", "event", number).normal()
    own = generator(draw.seed, "evaluate", station.station_code, number).normal()
    return float(10 ** (draw.event_log10 * common + draw.station_log10 * own))


def _recorded(
    made: Plan, event: SyntheticEvent, station: Station, times: TravelTime, when: tuple[int, float, int]
) -> Iterator[Record]:
    """What the channels of a station write."""
    begin_ns, length_s, number = when
    draw, motions = made.draw, dict[float, GroundMotion]()
    gain = _gain(draw, station, number)
    level = float(generator(draw.seed, station.station_code, "level").uniform(*draw.noise_level))
    for channel in made.table:
        if channel.source_id.station_code != station.station_code or not recordable(channel):
            continue
        rate_hz = channel.rate_hz
        if rate_hz not in motions:
            quiet = _noise(station.station_code, rate_hz, level, draw.seed * NOISES + number % NOISES)
            n = round(length_s * rate_hz)
            parts = quiet.displacement_m[:, :n], quiet.velocity_m_s[:, :n], quiet.acceleration_m_s2[:, :n]
            still = GroundMotion.still(begin_ns, rate_hz, n)
            shaken = ground_motion(event, station, times, still, draw.seed).louder(gain)
            motions[rate_hz] = GroundMotion(begin_ns, rate_hz, *parts) + shaken
        samples = counts(motions[rate_hz], channel, seed=draw.seed)
        yield Record(channel.source_id, begin_ns, rate_hz, samples)
