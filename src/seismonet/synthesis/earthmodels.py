"""Earths that might be the real one: layered models drawn around a known model, with sites and sides of their own.

Whoever locates knows one model; the Earth is another. Here its layers are faster or slower, its Moho deeper or
shallower, its ratio of P and S another one, and below each station the ground delays P and S by what no layered model
knows. A site's delays of P and S have the same ground for a cause, so they go together. And velocities vary from side
to side (:mod:`~seismonet.synthesis.lateral`), so that paths of one length differ.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.geo import KM_PER_DEGREE, distance_deg
from seismonet.core.inventory import Station
from seismonet.models.earth import Earth, earth_model
from seismonet.models.traveltime import TravelTimes, travel_times

from .draws import generator
from .earthquake import SyntheticEvent, TravelTime
from .lateral import RandomMedium, point

MANTLE_KM_S = 7.5
"""The Moho is the first jump of P to more than this."""
PERTURBED_KM = 410.0
S_FOLLOWS_P = 1.3
"""Seconds of an S term for each second of its P term: ratio of speeds 1.7 in rock, less where layers are thick."""
SLOWNESS_STEP_DEG = 0.02


@parameters(frozen=True)
class EarthErrors:
    """How far the Earth is from the model of whoever locates.

    From side to side P's velocity varies by 3 % (standard deviation) with a correlation distance of 20 km. Below LASA
    in Montana it varies by at least 3.2 % down to 140 km (Aki, Christoffersson & Husebye 1976, BSSA 66, 501-524, by
    tomography) or 1.9 % over 12 km down to 136 km (Capon 1974, BSSA 64, 235-266, by scattering). Paths of 50, 100 and
    300 km are then off by 2.2, 1.7 and 1.0 % of their times. That Vp/Vs varies half as much is our assumption, in the
    proportion of the layers.
    """

    velocity: float = Field(default=0.05, ge=0, lt=0.3, description="velocities of a layer differ by up to this share")
    ratio: float = Field(default=0.03, ge=0, lt=0.2, description="Vp/Vs of a layer differs by up to this share")
    moho_km: tuple[float, float] | None = Field(default=None, description="depth of the Moho, from and to")
    moho: float = Field(default=0.15, ge=0, lt=0.5, description="or up to this share from the model's own")
    p_term_s: float = Field(default=0.3, ge=0, description="standard deviation of a station's P term")
    s_term_s: float = Field(default=0.5, ge=0, description="standard deviation of a station's S term")
    lateral: float = Field(
        default=0.03, ge=0, lt=0.1, description="standard deviation of velocities from side to side, as a share"
    )
    lateral_ratio: float = Field(default=0.015, ge=0, lt=0.1, description="the same of Vp/Vs")
    lateral_km: float = Field(default=20.0, gt=0, description="over which these are alike: exp(-(r / lateral_km)**2)")

    def sentence(self, base: str) -> str:
        """The error model as one sentence."""
        moho = (
            f"a Moho at {self.moho_km[0]:g} to {self.moho_km[1]:g} km"
            if self.moho_km
            else f"a Moho within {self.moho:.0%} of its depth"
        )
        return (
            f"Earths drawn around {base}: velocities of each layer within {self.velocity:.0%}, Vp/Vs within"
            f" {self.ratio:.0%}, {moho}, station terms of {self.p_term_s:g} s (P) and {self.s_term_s:g} s (S);"
            f" from side to side velocities vary by {self.lateral:.1%} and Vp/Vs by {self.lateral_ratio:.1%} (standard"
            f" deviation of a random medium, Gaussian correlation over {self.lateral_km:g} km; Capon 1974, Aki et al."
            " 1976)."
        )


PAMIR_EARTH, PAMIR_MOHO_KM = "pamir70-v0", (60.0, 75.0)


def errors_around(base: str) -> EarthErrors:
    """What is assumed of the real Earth where a model is used: below the Pamir its Moho is somewhat better known.

    >>> errors_around("pamir70-v0").moho_km, errors_around("iasp91").moho_km
    ((60.0, 75.0), None)
    """
    return EarthErrors(moho_km=PAMIR_MOHO_KM) if base == PAMIR_EARTH else EarthErrors()


def drawn(base: str, errors: EarthErrors, seed: int) -> Earth:
    """One Earth: layers of a known model, changed independently down to 410 km, all values equally likely.

    >>> one = drawn("pamir70-v0", EarthErrors(moho_km=(60.0, 75.0)), 1)
    >>> 60.0 < moho_of(one) < 75.0
    True
    """
    model = earth_model(base)
    random = generator(seed, base, "layers")
    old_moho = moho_of(model)
    low, high = errors.moho_km or (old_moho * (1 - errors.moho), old_moho * (1 + errors.moho))
    new_moho = float(random.uniform(low, high))
    depth = np.where(
        model.depth_km <= old_moho, model.depth_km * new_moho / old_moho, np.maximum(model.depth_km, new_moho)
    )
    rows: list[tuple[float, float, float]] = []
    for top in range(len(depth) - 1):
        bottom = top + 1
        if depth[top] == depth[bottom]:
            continue
        below = depth[bottom] > PERTURBED_KM
        speed, ratio = (
            1.0 if below else random.uniform(1 - share, 1 + share) for share in (errors.velocity, errors.ratio)
        )
        rows += [(depth[at], model.p_km_s[at] * speed, model.s_km_s[at] * speed / ratio) for at in (top, bottom)]
    return Earth(f"{base} {seed}", *np.array(rows, dtype=np.float64).T)


def moho_of(earth: Earth) -> float:
    """Depth in km of the first jump of P to mantle velocities; ValueError for an Earth without one.

    >>> moho_of(earth_model("iasp91"))
    35.0
    """
    jumps = np.flatnonzero(np.diff(earth.depth_km) == 0)
    for row in jumps.tolist():
        if earth.p_km_s[row] < MANTLE_KM_S <= earth.p_km_s[row + 1]:
            return float(earth.depth_km[row])
    raise ValueError(f"{earth.name} has no jump to {MANTLE_KM_S:g} km/s")


@dataclass(frozen=True)
class SimulatedEarth:
    """An Earth to make earthquakes in: layers, their travel times, and what every station's ground adds to them."""

    layers: Earth
    travel_times: TravelTimes
    errors: EarthErrors
    seed: int

    @classmethod
    def draw(cls, base: str, errors: EarthErrors, seed: int, cache: Path | None = None) -> "SimulatedEarth":
        """The Earth of a seed; its tables are built in half a second."""
        layers = drawn(base, errors, seed)
        return cls(layers, travel_times(layers, cache), errors, seed)

    @cached_property
    def surface_km_s(self) -> dict[str, float]:
        """Velocity just below the surface by phase."""
        return {phase: self.layers.at(phase, 0.0) for phase in "PS"}

    def term_s(self, station_code: str, phase: str) -> float:
        """What the ground below a station adds: the same for all earthquakes in this Earth."""
        common, own = generator(self.seed, station_code, "term").normal(size=2)
        p_s = self.errors.p_term_s * common
        if phase == "P":
            return float(p_s)
        rest = np.sqrt(max(self.errors.s_term_s**2 - (S_FOLLOWS_P * self.errors.p_term_s) ** 2, 0.0))
        return float(S_FOLLOWS_P * p_s + rest * own)

    @cached_property
    def media(self) -> tuple[RandomMedium, RandomMedium]:
        """What varies from side to side: slowness of P, and beside it that of S."""
        errors = self.errors
        both = RandomMedium.draw(errors.lateral, errors.lateral_km, self.seed, "P")
        return both, RandomMedium.draw(errors.lateral_ratio, errors.lateral_km, self.seed, "Vp/Vs")

    def late_share(self, phase: str, place: tuple[float, float, float], station: Station) -> float:
        """By which share of its time a wave is late for what lies between a place and a station."""
        ends = point(*place), point(station.latitude, station.longitude, 0.0)
        return sum(one.along(*ends) for one in self.media[: 2 if phase == "S" else 1])

    def slowness_s_km(self, phase: str, distance_km: float, depth_km: float) -> float:
        """Horizontal slowness of the first arrival."""
        middle = max(distance_km / KM_PER_DEGREE, SLOWNESS_STEP_DEG)
        ends = np.array([middle - SLOWNESS_STEP_DEG, middle + SLOWNESS_STEP_DEG])
        early, late = self.travel_times.times(phase, ends, depth_km)
        return float((late - early) / (2 * SLOWNESS_STEP_DEG * KM_PER_DEGREE))

    def arrival_s(self, phase: str, place: tuple[float, float, float], station: Station) -> float:
        """Seconds from the origin to the first P or S at a station.

        ``place`` is latitude, longitude and depth in km. From sea level up to the station the ray goes at the surface's
        velocity, as steeply as its slowness tells.
        """
        latitude, longitude, depth_km = place
        degrees = float(distance_deg(latitude, longitude, station.latitude, station.longitude))
        return float(self._times(place, station)(phase, degrees, depth_km))

    def times_to(self, event: SyntheticEvent, station: Station) -> TravelTime:
        """Travel times from an earthquake to a station, what its ground, its height and the way add included."""
        return self._times((event.latitude, event.longitude, event.depth_km), station)

    def _times(self, place: tuple[float, float, float], station: Station) -> TravelTime:
        def times(phase: str, degrees: float, depth_km: float) -> float:
            slowness = self.slowness_s_km(phase, degrees * KM_PER_DEGREE, depth_km)
            upright = np.sqrt(max(self.surface_km_s[phase] ** -2 - slowness**2, 0.0))
            below = float(self.travel_times.times(phase, degrees, depth_km)) * (1 + late[phase])
            return below + station.elevation_m / 1000 * float(upright) + self.term_s(station.station_code, phase)

        late = {phase: self.late_share(phase, place, station) for phase in "PS"}
        return times
