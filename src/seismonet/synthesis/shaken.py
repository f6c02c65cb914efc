"""How strongly places are shaken by an earthquake that we made, and when: the truth that a forecast is held against.

There is no ground-motion relation in it: the motion is that of :mod:`~seismonet.synthesis.earthquake` at the place's
distance from the rupture. A rupture of the length that Wells & Coppersmith (1994) give runs in any direction from any
of its points, the same for all places. Its peaks become MMI by Worden et al. (2012); what people report differs by that
relation's own spread.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_km
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS
from seismonet.models.intensity import bindi11_depth, worden12
from seismonet.models.rupture import rupture_km

from .draws import generator
from .earthquake import SyntheticEvent, TimesTo, TravelTime, ground_motion, onsets
from .motion import GroundMotion
from .source import setting_of

RATE_HZ, BEFORE_S, AFTER_S = 100.0, 1.0, 60.0
EVENT_LOG10, PLACE_LOG10, REPORTED_SD = 0.12, 0.25, 0.65
"""All motions of an earthquake and those at a place vary as in Boore et al. (2014), reports as the conversion does."""
REACH_KM, LEAST = 350.0, 1.0
"""Places so far away, or where Bindi et al. (2011) expect less, are left out: nobody could feel anything."""


@dataclass(frozen=True, slots=True)
class Shaken:
    """The truth at one target: intensity of the motion, and as people there would report it."""

    target: str
    epicentral_km: float
    pga_m_s2: float
    pgv_m_s: float
    intensity: float
    reported: float
    s_ns: int


def shake(
    event: SyntheticEvent, targets: Sequence[Target], times_to: TimesTo, seed: int = 0, reach_km: float = REACH_KM
) -> tuple[Shaken, ...]:
    """The truth at all targets within reach; its chance depends on the seed, the event and the target alone."""
    random = generator(seed, "rupture", repr(event))
    length_km = float(rupture_km(event.magnitude)) if setting_of(event.depth_km).name == "crust" else 0.0
    strike, begin_km = float(random.uniform(0, 2 * np.pi)), float(random.uniform(0, length_km))
    common = EVENT_LOG10 * random.normal()
    found = []
    for target in targets:
        km = float(distance_km(event.latitude, event.longitude, target.latitude, target.longitude))
        if km > reach_km or float(bindi11_depth(event.magnitude, km, max(event.depth_km, 1.0))) < LEAST:
            continue
        own = generator(seed, "shaken", repr(event), target.name)
        turn = np.deg2rad(azimuth_deg(event.latitude, event.longitude, target.latitude, target.longitude)) - strike
        along, across = km * np.cos(turn), km * np.sin(turn)
        near_km = float(np.hypot(along - np.clip(along, -begin_km, length_km - begin_km), across))
        station = Station("XX", "HERE", 0, OPEN_END_NS, target.latitude, target.longitude, target.elevation_m)
        times = times_to(event, station)
        s_ns = onsets(event, station, times)[1].time_ns
        gain = 10 ** (common + PLACE_LOG10 * own.normal())
        pga, pgv = (gain * peak for peak in _peaks(event, target, near_km, times, int(own.integers(2**31))))
        felt = float(worden12(pga, "PGA") + worden12(pgv, "PGV")) / 2
        found.append(Shaken(target.name, km, pga, pgv, felt, felt + REPORTED_SD * float(own.normal()), s_ns))
    return tuple(found)


def _peaks(event: SyntheticEvent, target: Target, km: float, times: TravelTime, seed: int) -> tuple[float, float]:
    """Larger horizontal peak acceleration and velocity of a point so far away."""
    point = replace(event, latitude=0.0, longitude=0.0)
    station = Station("XX", "HERE", 0, OPEN_END_NS, 0.0, km / KM_PER_DEGREE, target.elevation_m)
    p, s = onsets(point, station, times)
    n = round((BEFORE_S + (s.time_ns - p.time_ns) / SECOND_NS + AFTER_S) * RATE_HZ)
    still = GroundMotion.still(p.time_ns - round(BEFORE_S * SECOND_NS), RATE_HZ, n)
    motion = ground_motion(point, station, times, still, seed)
    return float(np.abs(motion.acceleration_m_s2[1:]).max()), float(np.abs(motion.velocity_m_s[1:]).max())
