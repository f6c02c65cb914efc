"""What triggers many stations and is no local earthquake: teleseisms, and electronics.

A teleseism crosses the network as a plane wave faster than any wave of a local source can, and its first seconds are
rich in long periods (the gate's hint). What reaches stations a hundred kilometres apart in the same instant came by
wire: a shared digitizer, a mains surge, a common clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.utc import SECOND_NS

from .network import Network

TELESEISM, ELECTRONIC = "teleseism", "electronic"
FIT_S = 0.3


@parameters(frozen=True)
class RefusalParams:
    """What is refused."""

    fast_km_s: float = Field(default=9.0, gt=0, description="a plane wave faster than this, hinted at, is a teleseism")
    wave_s: float = Field(default=4.0, gt=0, description="picks this near to its front are of the same wave")
    wave_lasts_s: float = Field(default=900.0, ge=0, description="hinted picks so long after it are its later phases")
    wire_km_s: float = Field(default=500.0, gt=0, description="what crosses the network faster came by wire")
    wire_least_km: float = Field(default=40.0, gt=0, description="between stations at least this far apart")
    wire_least_s: float = Field(default=0.05, ge=0, description="and is simultaneous within this at any distance")


@dataclass(frozen=True, slots=True)
class Front:
    """A plane wave: when it passes a place and how fast it moves (s/km to the east and north); with its reason."""

    reason: str
    detail: str
    time_ns: int
    latitude: float
    longitude: float
    east_s_km: float
    north_s_km: float

    def after_s(self, pick: Pick, network: Network) -> float:
        """How long after the front a pick came."""
        k = network.index[pick.source_id.station_code]
        east, north = _flat(network.latitude[k], network.longitude[k], self.latitude, self.longitude)
        passed = float(self.east_s_km * east + self.north_s_km * north)
        return (pick.time_ns - self.time_ns) / SECOND_NS - passed


def _flat(latitude: FloatArray | float, longitude: FloatArray | float, lat0: float, lon0: float) -> FloatArray:
    """(2, ...) km to the east and north of a place."""
    east = (np.asarray(longitude) - lon0 + 180) % 360 - 180
    return np.array([east * KM_PER_DEGREE * np.cos(np.deg2rad(lat0)), (np.asarray(latitude) - lat0) * KM_PER_DEGREE])


def hinted(pick: Pick) -> bool:
    """Do the first seconds of a pick look like those of a teleseism?"""
    return TELESEISM in pick.hint


def fit_front(picks: Sequence[Pick], network: Network) -> tuple[Front, float]:
    """The plane wave nearest to some picks, and the residual in s."""
    which = [network.index[one.source_id.station_code] for one in picks]
    latitude, longitude = network.latitude[which], network.longitude[which]
    lat0, lon0 = float(latitude[0]), float(longitude[0])
    east, north = _flat(latitude, longitude, lat0, lon0)
    delay = np.array([(one.time_ns - picks[0].time_ns) / SECOND_NS for one in picks])
    columns = np.stack([np.ones(len(picks)), east, north], axis=1)
    found = np.linalg.lstsq(columns, delay, rcond=None)[0]
    residual = delay - columns @ found
    time_ns = picks[0].time_ns + round(float(found[0]) * SECOND_NS)
    front = Front("", "", time_ns, lat0, lon0, float(found[1]), float(found[2]))
    return front, float(np.sqrt(np.mean(np.square(residual))))


def by_wire(picks: Sequence[Pick], network: Network, params: RefusalParams) -> tuple[Front, list[Pick]] | None:
    """Those of some picks that came at one instant to stations far apart: all, or of five and more all but one."""
    times = sorted(one.time_ns for one in picks)
    middle = times[len(times) // 2]
    group = [one for one in picks if abs(one.time_ns - middle) <= SECOND_NS]
    limit_s = max(params.wire_least_s, _extent_km(group, network) / params.wire_km_s)
    together = [one for one in group if abs(one.time_ns - middle) / SECOND_NS <= limit_s / 2]
    if len(together) < 3 or len(picks) - len(together) > (len(picks) >= 5):
        return None
    extent_km = _extent_km(together, network)
    if extent_km < params.wire_least_km:
        return None
    spread_s = (max(one.time_ns for one in together) - min(one.time_ns for one in together)) / SECOND_NS
    detail = f"{len(together)} stations within {spread_s:.2f} s, up to {extent_km:.0f} km apart: no wave is that fast"
    k = network.index[together[0].source_id.station_code]
    return Front(ELECTRONIC, detail, middle, float(network.latitude[k]), float(network.longitude[k]), 0, 0), together


def at_once(picks: Sequence[Pick], network: Network, params: RefusalParams) -> bool:
    """Did all come in one instant to places far apart? Of two that may be chance: others decide."""
    extent_km = _extent_km(picks, network)
    spread_s = (max(one.time_ns for one in picks) - min(one.time_ns for one in picks)) / SECOND_NS
    return extent_km >= params.wire_least_km and spread_s <= max(params.wire_least_s, extent_km / params.wire_km_s)


def _extent_km(picks: Sequence[Pick], network: Network) -> float:
    which = [network.index[one.source_id.station_code] for one in picks]
    return float(network.km[np.ix_(which, which)].max())


def from_afar(picks: Sequence[Pick], local_rms_s: float, network: Network, params: RefusalParams) -> Front | None:
    """A plane wave faster than local ones, that at least half of the stations, and two, give a hint of.

    Without hints nothing is a teleseism: the first bare triggers of a great earthquake near by, each a second late or
    early, fit plane waves no worse than sources. Any three arrivals are those of a plane wave; from four on it must fit
    as well as the local source does.
    """
    hints = sum(hinted(one) for one in picks)
    if len(picks) < 3 or hints < 2 or 2 * hints < len(picks):
        return None
    front, rms_s = fit_front(picks, network)
    speed_km_s = 1 / max(float(np.hypot(front.east_s_km, front.north_s_km)), 1e-6)
    if speed_km_s < params.fast_km_s or rms_s > max(local_rms_s, FIT_S):
        return None
    words = f"{hints} of {len(picks)} stations see long periods"
    detail = f"{words}, and the wave crosses the network at {min(speed_km_s, 99):.0f} km/s"
    return replace(front, reason=TELESEISM, detail=detail)


def joins(front: Front, pick: Pick, network: Network, params: RefusalParams) -> bool:
    """Is a pick part of a wave that was refused?"""
    after_s = front.after_s(pick, network)
    if front.reason == ELECTRONIC:
        return abs(after_s) <= max(params.wire_least_s, float(network.km.max()) / params.wire_km_s)
    return abs(after_s) <= params.wave_s or (hinted(pick) and 0 <= after_s <= params.wave_lasts_s)
