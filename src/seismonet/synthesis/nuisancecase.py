"""What a case of the nuisance suite is, and the chance and the place that it is drawn with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from seismonet.core.inventory import Station
from seismonet.core.target import Target

from .digitizer import NEAR, LinkParams
from .faults import Fault
from .records import USUAL, PackingParams
from .scenarios import Quake, Scenario
from .teleseism import Teleseism

OWN, DENSE = "own", "dense"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what happens, and what may come of it.

    Attributes
    ----------
    network : ``own``, the configured stations; ``dense``, these and others between and around them
    far : an earthquake far away
    packing, link, late_s : records, their way, and how much later than usual everything comes
    late_stations : only theirs; empty for all
    may : audiences that may be told; ``most`` the largest magnitude that any may be told, None where it does not matter
    why : the reason for that
    """

    name: str
    kind: str
    why: str
    scenario: Scenario
    network: str = OWN
    far: Teleseism | None = None
    packing: PackingParams = USUAL
    link: LinkParams = NEAR
    late_s: float = 0.0
    late_stations: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    most: float | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Site:
    """Where a case happens, and its chance."""

    stations: tuple[Station, ...]
    targets: tuple[Target, ...]
    random: np.random.Generator

    @property
    def codes(self) -> list[str]:
        """``NET.STA`` of all stations."""
        return [one.station_code for one in self.stations]

    def some(self, least: int = 1, most: int | None = None) -> list[str]:
        """Some of the stations, by chance."""
        most = min(most or len(self.stations), len(self.stations))
        count = int(self.random.integers(min(least, most), most + 1))
        return sorted(self.random.permutation(self.codes)[:count].tolist())

    def uniform(self, low: float, high: float) -> float:
        """A number, all equally likely."""
        return round(float(self.random.uniform(low, high)), 3)

    def sized(self, low: float, high: float) -> float:
        """A number, all orders of magnitude equally likely."""
        return float(f"{np.exp(self.random.uniform(np.log(low), np.log(high))):.3g}")

    def near(self, low_km: float, high_km: float) -> tuple[float, float]:
        """A place so far from some station."""
        here = self.stations[int(self.random.integers(len(self.stations)))]
        away = np.deg2rad(self.random.uniform(low_km, high_km) / 111.19)
        turn = self.random.uniform(0, 2 * np.pi)
        longitude = here.longitude + np.rad2deg(away) * np.sin(turn) / np.cos(np.deg2rad(here.latitude))
        return round(here.latitude + float(np.rad2deg(away) * np.cos(turn)), 4), round(float(longitude), 4)


@dataclass(frozen=True, slots=True)
class Happening:
    """What a kind draws; the rest of a case is the same for all."""

    events: tuple[Quake, ...] = ()
    faults: tuple[Fault, ...] = ()
    more: dict[str, object] = field(default_factory=dict)
    duration_s: float = 130.0
    down: tuple[str, ...] = ()


Draw: TypeAlias = Callable[[Site], Happening]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of nuisance: how many cases, what may come of them, why, and how one is drawn."""

    name: str
    count: int
    why: str
    draw: Draw
    may: tuple[str, ...] = ()
