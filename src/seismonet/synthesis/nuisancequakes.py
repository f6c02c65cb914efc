"""Nuisances that shake the ground: explosions, footsteps, what happens far away, earthquakes that are not to be told.

Earthquakes that are too small to be told are those that people feel nowhere: by Bindi et al. (2011) intensity at any
target is at most ``UNFELT``.
"""

import numpy as np

from seismonet.core.geo import distance_km
from seismonet.models.intensity import bindi11_depth

from .faults import Fault
from .nuisancecase import Happening, Site
from .nuisancefaults import begin_s
from .scenarios import Quake
from .teleseism import Teleseism

UNFELT, SMALL = 3.0, 3.5
"""Intensity, and a magnitude so far below 4.0, from which authorities are told, that an error of the first one is no
false alert."""


def teleseisms(site: Site) -> Happening:
    far = Teleseism(
        site.uniform(30.0, 95.0),
        site.uniform(0.0, 359.9),
        site.sized(5.0, 600.0),
        site.uniform(6.0, 9.1),
        begin_s(site),
    )
    return Happening(more={"far": far}, duration_s=170.0)


def blasts(site: Site) -> Happening:
    """Quarries work by day, near roads; several holes are fired in turn."""
    place, size, start = site.near(3.0, 60.0), site.uniform(1.0, 2.8), begin_s(site)
    holes = int(site.random.integers(1, 6))
    gap_s = site.uniform(0.05, 0.3)
    return Happening(
        events=tuple(
            Quake(*place, 0.1, size, start + k * gap_s, "ML", shear=0.2, name="quarry blast") for k in range(holes)
        )
    )


def shocks(site: Site) -> Happening:
    """Somebody walks, drives or drops something beside the sensors, which both feel; at one station or two."""
    found = []
    for code in site.some(1, 2):
        here = next(one for one in site.stations if one.station_code == code)
        place = round(here.latitude + 0.002, 4), here.longitude, 0.1
        found += [
            Quake(*place, site.uniform(-0.0, 1.2), begin_s(site) + k * site.uniform(0.5, 2.0), "ML", name="footsteps")
            for k in range(int(site.random.integers(1, 5)))
        ]
    return Happening(events=tuple(found))


def felt(site: Site, quake: Quake) -> float:
    """Greatest intensity at any target, for the whole truth's sake taken at the hypocentre's distance in the crust."""
    km = [float(distance_km(quake.latitude, quake.longitude, one.latitude, one.longitude)) for one in site.targets]
    return float(np.max(bindi11_depth(quake.magnitude, np.array(km or [30.0]), max(quake.depth_km, 1.0))))


def unfelt(site: Site, low_km: float = 5.0, high_km: float = 80.0) -> Quake:
    """An earthquake that two stations or more can see, that no target feels and of which no authority is told."""
    for _ in range(200):
        quake = Quake(*site.near(low_km, high_km), site.uniform(3.0, 30.0), site.uniform(2.2, SMALL), begin_s(site))
        if felt(site, quake) <= UNFELT:
            return quake
    return Quake(*site.near(low_km, high_km), 20.0, 2.2, begin_s(site))


def small(site: Site) -> Happening:
    return Happening(events=(unfelt(site),))


def _moved(quake: Quake, site: Site, km: float, after_s: float, change: float) -> Quake:
    turn = site.random.uniform(0, 2 * np.pi)
    latitude = quake.latitude + km / 111.19 * float(np.cos(turn))
    longitude = quake.longitude + km / 111.19 * float(np.sin(turn) / np.cos(np.deg2rad(quake.latitude)))
    return Quake(
        round(latitude, 4), round(longitude, 4), quake.depth_km, quake.magnitude + change, quake.after_s + after_s
    )


def doublets(site: Site) -> Happening:
    """Two earthquakes so near in time that their waves mix: neither is told as a great one."""
    after_s, km = float(site.random.choice([5.0, 10.0, 20.0])), float(site.random.choice([20.0, 100.0]))
    for _ in range(200):
        first = unfelt(site)
        second = _moved(first, site, km, after_s, float(site.random.uniform(-0.4, 0.4)))
        if felt(site, second) <= UNFELT and second.magnitude <= SMALL:
            break
    most = max(first.magnitude, second.magnitude) + 1.0
    return Happening(events=(first, second), more={"most": most}, duration_s=170.0)


def clipped(site: Site) -> Happening:
    """Full scale is far too low at some stations while a small earthquake passes."""
    quake = unfelt(site)
    return Happening(
        events=(quake,),
        faults=tuple(Fault("clip", f"{code}.00.HH?", 40.0, 80.0, site.sized(300.0, 1e5)) for code in site.some()),
    )


def gains(site: Site) -> Happening:
    """What the metadata say is wrong by a factor of 1,000 at one station, while a small earthquake passes."""
    size = float(site.random.choice([1000.0, 0.001, 100.0]))
    quake = unfelt(site)
    (code,) = site.some(1, 1)
    return Happening(
        events=(quake,),
        faults=(Fault("gain", f"{code}.00.H{site.random.choice(['H', '?'])}?", 0.0, 1000.0, size),),
        more={"most": quake.magnitude + 1.5},
    )


def polarities(site: Site) -> Happening:
    quake = unfelt(site)
    return Happening(
        events=(quake,),
        faults=tuple(Fault("gain", f"{code}.00.H?Z", 0.0, 1000.0, -1.0) for code in site.some()),
        more={"most": quake.magnitude + 1.5},
    )


def clocks(site: Site) -> Happening:
    """Clocks that jump, run away or lose 1024 weeks, while a small earthquake passes or nothing does."""
    kind, low, high = (("clock_offset", 0.2, 30.0), ("clock_drift", 10.0, 3600.0), ("gps_week", 1.0, 1.0))[
        int(site.random.integers(3))
    ]
    start = begin_s(site)
    sign = float(site.random.choice([-1.0, 1.0])) if kind == "clock_offset" else 1.0
    faults = tuple(
        Fault(kind, code, start - 15.0, site.uniform(10.0, 60.0), sign * site.sized(low, high + 1e-9))  # type: ignore[arg-type]
        for code in site.some()
    )
    return Happening(events=(unfelt(site),) if site.random.random() < 0.6 else (), faults=faults)


def foreshock(site: Site) -> Happening:
    """A small one, and the great one in its coda ten seconds later: it is to be told, and not as small."""
    size = site.uniform(5.8, 7.0)
    main = Quake(*site.near(20.0, 80.0), site.uniform(8.0, 25.0), size, 65.0, name="mainshock")
    before = _moved(main, site, site.uniform(1.0, 8.0), -10.0, -2.0)
    return Happening(events=(before, main), duration_s=200.0, more={"most": size + 1.0})


def alone(site: Site) -> Happening:
    """All stations but one or two are down while a small earthquake passes."""
    left = site.some(1, 2)
    return Happening(events=(unfelt(site),), down=tuple(code for code in site.codes if code not in left))


def late(site: Site) -> Happening:
    """A strong earthquake, but the records of all or all but one of the stations come ten minutes late."""
    quake = Quake(*site.near(20.0, 80.0), site.uniform(8.0, 25.0), site.uniform(5.5, 7.0), 65.0)
    (one,) = site.some(1, 1)
    of = tuple(code for code in site.codes if code != one) if site.random.random() < 0.5 else tuple(site.codes)
    # a station alone may warn of strong shaking that it sees itself; so it sees little
    if len(of) < len(site.codes):
        quake = Quake(*site.near(20.0, 80.0), 15.0, 4.2, 65.0)
    return Happening(events=(quake,), duration_s=200.0, more={"late_s": 600.0, "late_stations": of})


def backfilled(site: Site) -> Happening:
    """A strong earthquake that was recorded hours ago, and comes at once after an outage."""
    quake = Quake(*site.near(10.0, 120.0), site.sized(8.0, 220.0), site.uniform(5.0, 7.5), 65.0)
    return Happening(events=(quake,), duration_s=200.0, more={"late_s": site.sized(600.0, 86_400.0)})


def quiet(site: Site) -> Happening:
    return Happening(duration_s=160.0)
