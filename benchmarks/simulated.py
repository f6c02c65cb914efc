"""Earthquakes that stations read in an Earth unknown to the locator, and what it makes of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from seismonet.config import load_config
from seismonet.core.arrays import FloatArray
from seismonet.core.event import Confidence
from seismonet.core.geo import azimuth_deg, distance_deg, distance_km
from seismonet.core.inventory import Station
from seismonet.location.grid import Tables, around
from seismonet.location.posterior import (
    Direction,
    Evidence,
    LocationParams,
    Observation,
    Silence,
    Size,
    Solution,
    locate,
)
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.synthesis.arrivals import Reading, ReadingErrors, Source, Stage, known, last_s, read
from seismonet.synthesis.draws import generator
from seismonet.synthesis.earthmodels import EarthErrors, SimulatedEarth

from .geometries import ROOT

CRUST_KM = 40.0
WIDEST_GAP_DEG, BEYOND_GAP_DEG = 180.0, 330.0
BEYOND = 0.5
"""Earthquakes beside a network lie within this share of its extent to each side."""
PLACES = {
    "crust": ((37.0, 39.5), (70.5, 74.5), (3.0, 30.0)),
    "slab, Pamir": ((37.8, 38.7), (71.8, 74.2), (80.0, 180.0)),
    "slab, Hindu Kush": ((36.2, 36.9), (69.9, 71.3), (80.0, 240.0)),
}
"""Where the Pamir's earthquakes are drawn, evenly: latitudes, longitudes, depths (km). The slabs in rough outline after
Sippl et al. (2013), JGR 118, 1438-1457."""


@dataclass(frozen=True, slots=True)
class Quake:
    """A simulated earthquake: the network it happened in, its kind, the stations that were up, what they read."""

    network: str
    kind: str
    source: Source
    up: tuple[Station, ...]
    readings: list[Reading]


@dataclass(frozen=True, slots=True)
class Setting:
    """A network, the Earths below it and the model that its locator believes in."""

    name: str
    stations: tuple[Station, ...]
    earths: tuple[SimulatedEarth, ...]
    base: str
    model: str

    def tables(self, params: LocationParams) -> Tables:
        """What the locator starts from."""
        grid = around(list(self.stations), margin_km=params.margin_km, max_depth_km=params.max_depth_km)
        return Tables(grid, travel_times(self.model, cache_dir()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One solution beside the truth."""

    quake: Quake
    stage: Stage
    error_km: float
    solution: Solution

    @property
    def confidence(self) -> Confidence:
        """How sure the locator says it is."""
        return self.solution.confidence

    @property
    def radii_km(self) -> tuple[float, float, float]:
        """Of the regions that should hold 50, 68 and 90 %."""
        return self.confidence.radius_50_km, self.solution.horizontal_km, self.confidence.radius_90_km

    @property
    def in_ellipse(self) -> bool:
        """Does the 68 % ellipse of the dominant mode hold the truth?"""
        sure, truth = self.confidence, self.quake.source
        turn = azimuth_deg(self.solution.latitude, self.solution.longitude, truth.latitude, truth.longitude)
        angle = np.deg2rad(float(turn) - sure.azimuth_deg)
        along, across = self.error_km * np.cos(angle) / sure.major_km, self.error_km * np.sin(angle) / sure.minor_km
        return bool(np.hypot(along, across) <= 1)

    @property
    def shear(self) -> bool:
        """Has an S been read?"""
        readings = known(self.quake.readings, self.stage)
        return any(one.s_s is not None for one in readings or ())

    @property
    def class_right(self) -> bool:
        """Is the depth class that was published the true one? Undecided is not."""
        return self.confidence.depth_class == depth_class(self.quake.source)

    @property
    def likelier_right(self) -> bool:
        """Is the true class the likelier one?"""
        return (self.confidence.probability_shallow >= 0.5) == (depth_class(self.quake.source) == "crust")

    @property
    def second(self) -> float:
        """Share of the second mode, 0 where there is none."""
        modes = self.confidence.modes
        return modes[1].probability if len(modes) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Simulated:
    """All earthquakes and what became of them."""

    pamir: Setting
    pamir_quakes: list[Quake]
    networks: list[tuple[Setting, list[Quake]]]
    beside: list[tuple[Setting, list[Quake]]]
    pamir_found: list[Outcome]
    network_found: list[Outcome]
    beside_found: list[Outcome]


def pamir_params() -> LocationParams:
    """What the shipped configuration of the Pamir assumes, its slabs among it."""
    return load_config(ROOT / "config" / "pamir.toml").pipeline.location


def depth_class(source: Source) -> str:
    """Crust above 40 km, slab from there on."""
    return "crust" if source.depth_km < CRUST_KM else "slab"


def setting(
    name: str, stations: tuple[Station, ...], base: str, model: str, errors: EarthErrors, earths: int
) -> Setting:
    """A network over some Earths, drawn by the network's name."""
    seeds = [int(generator(4, name, number).integers(2**31)) for number in range(earths)]
    return Setting(name, stations, tuple(SimulatedEarth.draw(base, errors, seed) for seed in seeds), base, model)


def gap_deg(source: Source, stations: Sequence[Station]) -> float:
    """Largest angle without a station, as seen from the epicentre."""
    azimuth = np.sort([
        float(azimuth_deg(source.latitude, source.longitude, one.latitude, one.longitude)) for one in stations
    ])  # fmt: skip
    return float(np.diff(np.r_[azimuth, azimuth[0] + 360.0]).max())


def pamir_sources(seed: int, number: int) -> Iterator[tuple[str, Source]]:
    """Of the crust, all over the Pamir and around, and of its two slabs, in turns; magnitudes 3.5 to 6.5."""
    random = generator(seed, "Pamir")
    for turn in range(number):
        magnitude = float(random.uniform(3.5, 6.5))
        kind = ("crust", "slab, Pamir", "crust", "slab, Hindu Kush")[turn % 4]
        latitude, longitude, depth = (float(random.uniform(low, high)) for low, high in PLACES[kind])
        yield kind, Source(latitude, longitude, depth, magnitude)


def network_sources(
    stations: Sequence[Station], deepest_km: float, seed: int, beyond: float = 0.0
) -> Iterator[tuple[str, Source]]:
    """Without end: anywhere among some stations and by a share of their extent ``beyond``, of magnitude 2.5 to 5.5."""
    random = generator(seed, *(one.station_code for one in stations))
    places = np.array([(one.latitude, one.longitude) for one in stations])
    margin = beyond * np.ptp(places, axis=0)
    low, high = places.min(axis=0) - margin, places.max(axis=0) + margin
    while True:
        latitude, longitude = (float(value) for value in random.uniform(low, high))
        depth, magnitude = float(random.uniform(2.0, deepest_km)), float(random.uniform(2.5, 5.5))
        yield "crust", Source(latitude, longitude, depth, magnitude)


def pamir_quakes(where: Setting, errors: ReadingErrors, number: int, seed: int = 1) -> list[Quake]:
    """Earthquakes that all three stations read."""
    found = []
    for turn, (kind, source) in enumerate(pamir_sources(seed, number)):
        readings = read(source, where.stations, where.earths[turn % len(where.earths)], errors, seed)
        if len(readings) == len(where.stations):
            found.append(Quake(where.name, kind, source, where.stations, readings))
    return found


def network_quakes(
    where: Setting, deepest_km: float, errors: ReadingErrors, number: int, *, beside: bool = False, seed: int = 1
) -> list[Quake]:
    """Earthquakes that four stations or more read, which leave no gap of 180 degrees; one station in ten is down.

    Those ``beside`` the network leave a wider one, but none of 330 degrees.
    """
    found: list[Quake] = []
    least, most = (WIDEST_GAP_DEG, BEYOND_GAP_DEG) if beside else (0.0, WIDEST_GAP_DEG)
    sources = network_sources(where.stations, deepest_km, seed, BEYOND if beside else 0.0)
    for turn, (kind, source) in enumerate(sources):
        if len(found) == number or turn > 200 * number:
            return found
        chance = generator(seed, where.name, turn, "up").uniform(size=len(where.stations))
        up = tuple(one for one, down in zip(where.stations, chance < 0.1, strict=True) if not down)
        if len(up) < 4 or (not beside and gap_deg(source, up) >= most):
            continue
        readings = read(source, up, where.earths[turn % len(where.earths)], errors, seed)
        if len(readings) >= 4 and least <= gap_deg(source, [one.station for one in readings]) < most:
            found.append(Quake(where.name, kind, source, up, readings))
    return found


def evidence(readings: Sequence[Reading], up: Sequence[Station], stage: Stage) -> Evidence:
    """What the locator is told: times from the first reading on, silence of those that have read nothing yet."""
    first_s = readings[0].p_s
    observations = [Observation(one.station, "P", one.p_s - first_s, one.p_sigma_s) for one in readings]
    observations += [
        Observation(one.station, "S", one.s_s - first_s, one.s_sigma_s) for one in readings if one.s_s is not None
    ]
    heard = {one.station.station_code for one in readings}
    until_s = last_s(list(readings)) - first_s
    silences = tuple(Silence(station, until_s) for station in up if station.station_code not in heard)
    directions = tuple(Direction(one.station, one.backazimuth_deg, one.backazimuth_sigma_deg) for one in readings)
    sizes = tuple(Size(one.station, float(np.log10(one.pd_m)), one.log10_pd_sigma) for one in readings)
    return Evidence(observations, silences, directions if stage.directions else (), sizes if stage.sizes else ())


def outcome(tables: Tables, quake: Quake, stage: Stage, params: LocationParams) -> Outcome | None:
    """Locate an earthquake as it was known at a stage; None where it never got there."""
    readings = known(quake.readings, stage)
    if readings is None:
        return None
    solution = locate(tables, evidence(readings, quake.up, stage), params)
    source = quake.source
    error = float(distance_km(source.latitude, source.longitude, solution.latitude, solution.longitude))
    return Outcome(quake, stage, error, solution)


def outcomes(where: Setting, quakes: Sequence[Quake], stages: Sequence[Stage], params: LocationParams) -> list[Outcome]:
    """All of them, each earthquake at each stage that it gets to."""
    tables = where.tables(params)
    found = (outcome(tables, quake, stage, params) for quake in quakes for stage in stages)
    return [one for one in found if one is not None]


def coverage(found: Sequence[Outcome]) -> tuple[float, float, float]:
    """Shares of epicentres inside the regions of 50, 68 and 90 %."""
    inside = np.array([[one.error_km <= radius for radius in one.radii_km] for one in found])
    low, middle, high = inside.mean(axis=0)
    return float(low), float(middle), float(high)


def baseline_km(quake: Quake) -> float:
    """Error of what one would write with plain ObsPy: L2 grid search, first P of iasp91 at 10 km, the same readings.

    From 5 degrees about the first station down to steps of 0.004 degrees.
    """
    first = quake.readings[0].station
    center = first.latitude, first.longitude
    degrees, seconds = _iasp91_at_10_km()
    for half, step in ((2.5, 0.1), (0.2, 0.02), (0.04, 0.004)):
        offset = np.arange(-half, half + step / 2, step)
        latitude, longitude = (axis.ravel() for axis in np.meshgrid(center[0] + offset, center[1] + offset))
        delay = np.stack([
            one.p_s
            - np.interp(
                distance_deg(latitude, longitude, one.station.latitude, one.station.longitude), degrees, seconds
            )
            for one in quake.readings
        ])  # fmt: skip
        best = int(np.square(delay - delay.mean(axis=0)).sum(axis=0).argmin())
        center = float(latitude[best]), float(longitude[best])
    return float(distance_km(quake.source.latitude, quake.source.longitude, *center))


@cache
def _iasp91_at_10_km() -> tuple[FloatArray, FloatArray]:
    degrees: FloatArray = np.arange(0.0, 12.0, 0.005)
    return degrees, travel_times("iasp91", cache_dir()).times("P", degrees, 10.0)
