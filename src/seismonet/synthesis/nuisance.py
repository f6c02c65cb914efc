"""The nuisance suite: hundreds of cases that look like earthquakes to be warned of and are none.

Each kind stands in ``KINDS`` with how many there are, what may come of them and why; parameters of each case are drawn
from the seed and its number. Some kinds hold real earthquakes: too small to be felt, too old, or two at once.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from seismonet.core.errors import QueryError
from seismonet.core.inventory import ChannelTable, Station
from seismonet.core.target import Target

from . import nuisancefaults as fault
from . import nuisancequakes as quake
from .digitizer import LinkParams
from .draws import generator
from .nuisancecase import DENSE, OWN, Case, Kind, Site
from .records import USUAL, PackingParams
from .scenarios import Scenario

EVERYONE = ("public", "civil_defence", "siren", "operator")
OPERATOR = ("operator",)
DENSE_COUNT, RING_KM = 9, 90.0
PACKINGS = (USUAL, PackingParams(0.0, 512), PackingParams(0.5, 512), PackingParams(2.0, 512, "steim1"))
"""Packets of a second, half a second and two; or a record whenever it is full, as a satellite link is used best."""


NO_QUAKE = "no earthquake: nobody is told"
TOO_SMALL = "an earthquake that nobody feels: at most the operator is told"
KINDS: tuple[Kind, ...] = (
    Kind("square waves", 24, f"calibration of several stations at once, {NO_QUAKE}", fault.square_waves),
    Kind("flagged calibration", 10, f"the records say that they calibrate, {NO_QUAKE}", fault.flagged),
    Kind("sines", 14, f"calibration by a sine, {NO_QUAKE}", fault.sines),
    Kind("binary sequences", 14, f"calibration by a binary sequence, {NO_QUAKE}", fault.sequences),
    Kind("recentring", 18, f"masses are centred, {NO_QUAKE}", fault.recentring),
    Kind("spikes", 18, f"spikes, at all stations too, {NO_QUAKE}", fault.spikes),
    Kind("boxcars", 14, f"two-level values, {NO_QUAKE}", fault.boxcars),
    Kind("dead channels", 14, f"constant values and their end, {NO_QUAKE}", fault.dead),
    Kind("white noise", 14, f"electronics that hiss, {NO_QUAKE}", fault.noisy),
    Kind("reconnects", 26, f"links that come back together, {NO_QUAKE}", fault.bursts),
    Kind("disorder", 10, f"records twice and in disorder, {NO_QUAKE}", fault.links),
    Kind("storms", 26, f"wind, {NO_QUAKE}", fault.storms),
    Kind("quiet", 12, f"noise alone, {NO_QUAKE}", quake.quiet),
    Kind("teleseisms", 42, "an earthquake that is felt elsewhere: nobody is told", quake.teleseisms),
    Kind("quarry blasts", 24, "explosions that nobody feels: at most the operator is told", quake.blasts, OPERATOR),
    Kind("shocks", 16, f"footsteps beside the sensors, {NO_QUAKE}", quake.shocks),
    Kind("small", 16, TOO_SMALL, quake.small, OPERATOR),
    Kind("doublets", 24, f"two of them, which are not one great one; {TOO_SMALL}", quake.doublets, OPERATOR),
    Kind("clipping", 14, TOO_SMALL, quake.clipped, OPERATOR),
    Kind("wrong gains", 16, f"one station's sizes are wrong; {TOO_SMALL}", quake.gains, OPERATOR),
    Kind("wrong polarities", 10, f"verticals upside down; {TOO_SMALL}", quake.polarities, OPERATOR),
    Kind("clocks", 22, f"wrong times; {TOO_SMALL}", quake.clocks, OPERATOR),
    Kind("stations down", 18, TOO_SMALL, quake.alone, OPERATOR),
    Kind("late packets", 12, "what comes ten minutes late warns nobody", quake.late),
    Kind("backfill", 16, "a strong earthquake, hours ago: nobody is told", quake.backfilled),
    Kind("foreshock", 12, "a great earthquake after a small one: everybody may be told", quake.foreshock, EVERYONE),
)


def suite(
    own: Sequence[Station],
    dense: Sequence[Station],
    targets: Sequence[Target],
    *,
    seed: int = 0,
    count: int | None = None,
    kinds: Sequence[str] = (),
) -> tuple[Case, ...]:
    """All cases, or some ``count`` of them, at least one of every kind; two of three at the own stations.

    Cases are numbered within their kind, so that fewer of them are some of the same; ``kinds`` names those wanted.
    QueryError for a kind that there is not.
    """
    if unknown := sorted(set(kinds) - {kind.name for kind in KINDS}):
        raise QueryError(f"no nuisance {', '.join(unknown)}; there are {', '.join(kind.name for kind in KINDS)}")
    wanted = [kind for kind in KINDS if not kinds or kind.name in kinds]
    total = sum(kind.count for kind in wanted)
    share = 1.0 if count is None else count / total
    return tuple(
        _case(kind, number, (tuple(own), tuple(dense), tuple(targets)), seed)
        for kind in wanted
        for number in range(max(1, round(share * kind.count)))
    )


Where: TypeAlias = tuple[tuple[Station, ...], tuple[Station, ...], tuple[Target, ...]]


def _case(kind: Kind, number: int, where: Where, seed: int) -> Case:
    own, dense, targets = where
    random = generator(seed, "nuisance", kind.name, number)
    network = DENSE if number % 3 == 2 else OWN
    site = Site(dense if network == DENSE else own, targets, random)
    happening = kind.draw(site)
    level = site.uniform(0.25, 0.75)
    packing = PACKINGS[int(random.choice(len(PACKINGS), p=(0.55, 0.25, 0.1, 0.1)))]
    link = LinkParams(site.uniform(0.1, 1.5), site.uniform(0.0, 0.8))
    name = f"{kind.name.replace(' ', '-')}-{number:02d}"
    up = tuple(code for code in site.codes if code not in happening.down)
    scenario = Scenario(name, kind.why, happening.duration_s, happening.events, happening.faults, up, level)
    case = Case(name, kind.name, kind.why, scenario, network, None, packing, link, may=kind.may, seed=seed)
    return replace(case, **happening.more)  # type: ignore[arg-type]


def denser(table: ChannelTable, count: int = DENSE_COUNT) -> ChannelTable:
    """The stations of a table and, up to ``count``, others like the first on a ring about their middle."""
    stations, channels = list(table.stations), list(table)
    first = stations[0]
    latitude = float(np.mean([one.latitude for one in stations]))
    longitude = float(np.mean([one.longitude for one in stations]))
    like = [one for one in channels if one.source_id.station_code == first.station_code]
    missing = max(0, count - len(stations))
    for number in range(missing):
        turn = 2 * np.pi * number / missing
        north = latitude + RING_KM / 111.19 * float(np.cos(turn))
        east = longitude + RING_KM / 111.19 * float(np.sin(turn) / np.cos(np.deg2rad(latitude)))
        code = f"RING{number + 1}"
        stations.append(replace(first, network="XX", code=code, latitude=north, longitude=east, name=""))
        channels += [
            replace(
                one,
                source_id=replace(one.source_id, network="XX", station=code),
                latitude=north,
                longitude=east,
            )
            for one in like
        ]
    return ChannelTable.of(stations, channels)
