"""A source in the making: what belongs to it, when its waves reach each station, and what a pick is to it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seismonet.core.event import Event, Pick
from seismonet.core.utc import SECOND_NS, from_seconds

from .network import Arrivals, Network
from .posterior import LocationParams, Solution, sigma_s

PLACE_KM_S, MOST_PLACE_S = 7.0, 3.0
"""What an uncertain place adds to a predicted time: its radius at this speed, at most so much."""
CODA_S, CODA_S_MINUS_P, CODA_PART, LONGEST_CODA_S = 30.0, 2.0, 0.25, 180.0
"""Later phases follow a P for so long, or for so many times S minus P; or for a quarter of an earthquake's duration."""
S_LEAST_S, S_PART = 1.5, 0.15
"""An S may be so far from its predicted time: this, or this part of S minus P (Vp/Vs differs by 5 % from region to
region, which moves S minus P by 12 %)."""
TWIN_S = 1.0
"""Two triggers of one station nearer than this are of one onset."""


class Claim(NamedTuple):
    """What a pick is to a source, and its misfit as P in sigmas.

    ``P``; ``twin``: another trigger of the P that it has; ``S``; ``coda``; or nothing of it (empty).
    """

    role: str
    misfit: float


@dataclass(slots=True)
class Source:
    """An event in the making.

    Attributes
    ----------
    picks, later : P and S picks by station
    coda : by id, what the triggers are that it explains besides its own: ``twin``, ``S`` or ``coda``
    used : the picks of ``solution``, in the order of its residuals
    version, told : of the event last published, -1 and None before
    stale, resized : it was not located again since its picks, or sized since its amplitudes changed
    fitted_ns, next_ns, until_ns : when it was last located, when it is to be looked at next, and when for the last time
    cancelled, reason : it is no event (any more), and why
    """

    id: str
    picks: dict[str, Pick]
    solution: Solution
    reference_ns: int
    later: dict[str, Pick] = field(default_factory=dict)
    coda: dict[str, str] = field(default_factory=dict)
    used: tuple[Pick, ...] = ()
    version: int = -1
    told: Event | None = None
    stale: bool = False
    resized: bool = False
    fitted_ns: int = 0
    next_ns: int = 0
    until_ns: int = 0
    cancelled: bool = False
    reason: str = ""
    _arrivals: Arrivals | None = field(init=False, default=None)

    @property
    def time_ns(self) -> int:
        """Origin time."""
        return self.reference_ns + from_seconds(self.solution.time_s)

    @property
    def confirmed(self) -> bool:
        """Seen by three stations, or by two and an S."""
        return len(self.picks) >= 3 or (len(self.picks) == 2 and bool(self.later))

    def settle(self, solution: Solution, used: Sequence[Pick], now_ns: int) -> None:
        """Take a new solution and the picks it rests on."""
        self.solution, self.used, self.fitted_ns = solution, tuple(used), now_ns
        self.picks = {one.source_id.station_code: one for one in used if one.phase == "P"}
        self.later = {one.source_id.station_code: one for one in used if one.phase == "S"}
        self.stale, self._arrivals = False, None

    def arrivals(self, network: Network) -> Arrivals:
        """Travel times of the present solution to all stations."""
        if self._arrivals is None:
            where = self.solution
            self._arrivals = network.arrivals(where.latitude, where.longitude, where.depth_km)
        return self._arrivals

    def cancel(self, reason: str) -> None:
        """It is no event, and why."""
        self.cancelled, self.reason, self.next_ns = True, reason, 0

    def holds(self, pick_id: str) -> bool:
        """Is a pick one of its own, P or S?"""
        return any(one.id == pick_id for group in (self.picks, self.later) for one in group.values())


def identity(picks: Sequence[Pick]) -> str:
    """An event's id, of the picks it is born from.

    >>> len(identity([]))
    16
    """
    first = "|".join(one.id for one in picks)
    return hashlib.blake2b(first.encode(), digest_size=8).hexdigest()


def ordered(picks: Sequence[Pick]) -> list[Pick]:
    """P before S, then by time."""
    return sorted(picks, key=lambda one: (one.phase, one.time_ns, one.id))


def coda_s(source: Source) -> float:
    """How long the coda of a source triggers: a quarter of its duration, log10 of which is (M + 0.87) / 2.

    The duration is that of Lee, Bennett & Meagher (1972, USGS Open-File 72-223), to where coda and noise are one.
    """
    told = source.told
    if told is None or told.magnitude is None:
        return CODA_S
    duration_s = 10 ** ((min(told.magnitude.value, 8.0) + 0.87) / 2)
    return min(max(CODA_S, CODA_PART * duration_s), LONGEST_CODA_S)


def claim(source: Source, pick: Pick, network: Network, params: LocationParams, fit_sigmas: float) -> Claim:
    """What a trigger is to a source that has been located.

    As P when it comes when P is predicted, within its own and the source's uncertainty, and the station has none yet;
    as S or coda when it follows that. A hundredfold surge is no coda, but may be the S.
    """
    code = pick.source_id.station_code
    times, k = source.arrivals(network), network.index[code]
    p_s, s_minus_p = float(times.p_s[k]), float(times.s_s[k] - times.p_s[k])
    after_s = (pick.time_ns - source.time_ns) / SECOND_NS - p_s
    place_s = min(source.solution.horizontal_km / PLACE_KM_S, MOST_PLACE_S)
    sigma = float(np.hypot(sigma_s(np.asarray(p_s), pick.uncertainty_s, "P", params), place_s))
    misfit = after_s / sigma
    if code not in source.picks and abs(misfit) <= fit_sigmas:
        return Claim("P", misfit)
    if code in source.picks and abs(pick.time_ns - source.picks[code].time_ns) <= TWIN_S * SECOND_NS:
        return Claim("twin", misfit)
    if abs(after_s - s_minus_p) <= max(S_LEAST_S, S_PART * s_minus_p) + place_s:
        return Claim("S", misfit)
    if pick.detector.endswith("+"):
        return Claim("", misfit)
    if -fit_sigmas <= misfit and after_s <= max(coda_s(source), CODA_S_MINUS_P * s_minus_p):
        return Claim("coda", misfit)
    return Claim("", misfit)
