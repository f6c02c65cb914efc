"""Stations that could not take part in an alert, and what each would have changed."""

from collections.abc import Sequence

import numpy as np

from seismonet.core.alert import MissingStation
from seismonet.core.event import Origin
from seismonet.core.geo import azimuth_deg
from seismonet.core.status import NetworkStatus
from seismonet.location.network import Arrivals, Network

TOLD = 8
"""Nearest stations that are told of."""
SOONER_S = 0.1
NARROWER_DEG = 5.0
ORDINALS = {1: "first", 2: "second", 3: "third"}


def missing_stations(
    origin: Origin, status: NetworkStatus, network: Network, arrivals: Arrivals, needed: int
) -> tuple[MissingStation, ...]:
    """The nearest stations that were not able to contribute; ``needed`` of them make the alert."""
    used = set(origin.station_codes)
    absent = [
        one
        for one in status.stations
        if not one.can_contribute and one.station_code not in used and one.station_code in network.index
    ]
    absent.sort(key=lambda one: (float(arrivals.km[network.index[one.station_code]]), one.station_code))
    return tuple(
        MissingStation(
            one.station_code,
            "; ".join(one.reasons) or "not able to contribute",
            _effect(one.station_code, origin, network, arrivals, needed),
        )
        for one in absent[:TOLD]
    )


def _effect(code: str, origin: Origin, network: Network, arrivals: Arrivals, needed: int) -> str:
    """In words: how much sooner P is at so many stations, and how much narrower the gap is."""
    own = [network.index[one] for one in origin.station_codes if one in network.index]
    seen_s = sorted(arrivals.p_s[own].tolist())
    with_s = sorted([*seen_s, float(arrivals.p_s[network.index[code]])])
    changed = []
    if len(seen_s) < needed <= len(with_s):
        changed.append(f"{_ordinal(needed)} station at all")
    elif len(seen_s) >= needed and (sooner_s := seen_s[needed - 1] - with_s[needed - 1]) >= SOONER_S:
        changed.append(f"{_ordinal(needed)} station {sooner_s:.1f} s sooner")
    gap_deg, narrower_deg = (_gap(origin, network, which) for which in (own, [*own, network.index[code]]))
    if gap_deg - narrower_deg >= NARROWER_DEG:
        changed.append(f"gap {narrower_deg:.0f}° instead of {gap_deg:.0f}°")
    return ", ".join(changed) or "nothing: farther than those that saw it, and in no gap"


def _ordinal(number: int) -> str:
    return ORDINALS.get(number, f"{number}th")


def _gap(origin: Origin, network: Network, which: Sequence[int]) -> float:
    """Largest angle without a station, as seen from the epicentre."""
    if not which:
        return 360.0
    places = [(float(network.latitude[k]), float(network.longitude[k])) for k in which]
    azimuths = np.sort([float(azimuth_deg(origin.latitude, origin.longitude, *place)) for place in places])
    return float(np.diff(np.append(azimuths, azimuths[0] + 360.0)).max())
