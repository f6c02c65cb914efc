"""Whether picks may be one earthquake: do enough stations agree, is it more than chance, does anything contradict?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick
from seismonet.core.geo import azimuth_deg
from seismonet.core.utc import SECOND_NS, from_seconds

from .chance import FREE_PICKS, LATER_RATE_S, Chatter, coincidence
from .evidence import Amplitudes, like_windows
from .network import Arrivals, Network
from .posterior import Solution
from .refusals import RefusalParams

FALL_OFF = 1.12
"""Displacement of P falls as distance to this power (1.38 / 1.23 in Kuyuk and Allen's relation)."""
RATIO_SIGMA = 0.35
BELONGS_S = 0.5
"""Real Earths are no layers: residuals of half a second are no reason to part with a pick; nor of a second, where a few
stations leave the place open."""
TIGHTEST_S = 1.0
CRUST_KM_S = 6.0
RAREST = 0.02
"""However clear a pick is, it may be of yet another earthquake."""
ALIKE = 1.5
"""Decades that amplitudes over noise, less the distance, differ by in one earthquake: sites, radiation, noise."""
SHEAR_RARITY = 0.2
"""Noise is so seldom followed by what passes for its S."""
LEAST_SNR = 2.1
"""Amplitude over noise of the weakest refined picks of detectors whose own limit was not handed over."""
BLIND_DEG = 60.0
"""A direction less sure than this is none."""


@parameters(frozen=True)
class AssociatorParams:
    """When picks make an event."""

    minimum_stations: int = Field(default=2, ge=2, description="stations that must agree on a source")
    slowest_km_s: float = Field(default=5.5, gt=0, description="no P wave crosses the network slower than this")
    margin_s: float = Field(default=1.5, ge=0, description="added to the move-out limit")
    fit_sigmas: float = Field(default=3.0, gt=0, description="a pick further from its predicted time does not belong")
    maximum_rms_s: float = Field(default=1.5, gt=0, description="residual of an event's picks")
    minimum_fraction: float = Field(default=0.5, ge=0, le=1, description="share of stations in reach that saw it")
    pair_snr: float = Field(default=5.0, ge=1, description="amplitude ratio of both picks where two make an event")
    hasty_stations: int = Field(default=4, ge=3, description="with fewer, only picks count whose onset was looked at")
    false_per_hour: float = Field(default=0.001, gt=0, description="an event that chance makes more often is not born")
    false_per_event: float = Field(
        default=0.02, gt=0, lt=1, description="nor one in the coda of another that chance makes there so often"
    )
    silence_margin_s: float = Field(
        default=4.0, ge=0, description="a station's silence counts up to this long ago, and to its own latency"
    )
    busy_s: float = Field(default=30.0, ge=0, description="so long after a pick a station may be too busy for another")
    keep_s: float = Field(default=120.0, gt=0, description="picks and events are remembered this long")
    look_s: float = Field(default=30.0, ge=0, description="looked at each second until so long after its last pick")
    interval_s: float = Field(default=0.5, ge=0, description="an event of many stations is located at such intervals")
    refuse: RefusalParams = Field(default_factory=RefusalParams, description="what is no local earthquake")


@dataclass(frozen=True, slots=True)
class Fit:
    """A solution, the picks that belong to it in the order of its residuals, and when its waves reach each station."""

    solution: Solution
    used: tuple[Pick, ...]
    reference_ns: int
    arrivals: Arrivals

    @property
    def p(self) -> list[Pick]:
        """Its P picks."""
        return [one for one in self.used if one.phase == "P"]

    @property
    def time_ns(self) -> int:
        """Origin time."""
        return self.reference_ns + from_seconds(self.solution.time_s)

    @property
    def rms_s(self) -> float:
        """Of the residuals where the picks fit best; those of the published place may be large while it is open."""
        return float(np.sqrt(np.mean(np.square(self.solution.misfit * self.solution.sigma_s))))


@dataclass(frozen=True, slots=True)
class Group:
    """Picks that a source would explain, all to within ``tight_s``: its time, and when its waves reach stations.

    ``place_s`` is what its uncertain place adds to the times at stations that have not seen it.
    """

    used: tuple[Pick, ...]
    time_ns: int
    arrivals: Arrivals
    tight_s: float = TIGHTEST_S
    place_s: float = 0.0

    @property
    def p(self) -> list[Pick]:
        """Its P picks, by time."""
        return sorted((one for one in self.used if one.phase == "P"), key=lambda one: (one.time_ns, one.id))

    @classmethod
    def of(cls, fit: Fit) -> "Group":
        """Those of a fit: within two standard deviations of its residuals, to both sides."""
        place_s = fit.solution.horizontal_km / CRUST_KM_S
        return cls(fit.used, fit.time_ns, fit.arrivals, max(TIGHTEST_S, 4 * fit.rms_s), place_s)


def in_time(code: str) -> float:
    """Latency (s) of stations of which nothing is known."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules, for one network."""

    network: Network
    alive: Callable[[str], bool]
    params: AssociatorParams
    late_s: Callable[[str], float] = in_time
    least_snr: Mapping[str, float] = field(default_factory=dict)

    def heard_ns(self, code: str, now_ns: int) -> int:
        """A P that had come to a station until then would be known of by now."""
        return now_ns - from_seconds(self.params.silence_margin_s + max(0.0, self.late_s(code)))

    def weak(self, pick: Pick) -> bool:
        """A refined pick that does not stand out of the noise as its trigger seemed to."""
        return pick.version > 0 and pick.snr < self._least_snr(pick)

    def clear(self, pick: Pick) -> bool:
        """A P pick that was looked at and stands out of the noise."""
        return pick.phase == "P" and pick.version > 0 and not self.weak(pick)

    def _least_snr(self, pick: Pick) -> float:
        return self.least_snr.get(pick.detector[:2], LEAST_SNR)

    def compatible(self, one: Pick, other: Pick) -> bool:
        """Can one P wave have made both?"""
        a, b = (self.network.index[pick.source_id.station_code] for pick in (one, other))
        apart_s = abs(one.time_ns - other.time_ns) / SECOND_NS
        return a != b and apart_s <= float(self.network.km[a, b]) / self.params.slowest_km_s + self.params.margin_s

    def misfit(self, solution: Solution, picks: Sequence[Pick]) -> FloatArray:
        """(picks,) how far each is from where the solution expects it, in standard deviations.

        Asked at the place where they fit best, not at the published one in the middle of all that are possible; two
        stations fit somewhere whenever their move-out is possible.
        """
        if sum(one.phase == "P" for one in picks) == len(picks) == 2:
            return np.zeros(2)
        return np.asarray(solution.misfit * solution.sigma_s / np.maximum(solution.sigma_s, BELONGS_S))

    def poor(self, fit: Fit) -> float:
        """Root mean square of the misfits; much above one when picks of several causes are in one source."""
        return float(np.sqrt(np.mean(np.square(self.misfit(fit.solution, fit.used)))))

    def silent(self, group: Group, busy: Mapping[str, Sequence[Pick]], now_ns: int) -> list[str]:
        """Stations in reach that should have seen it by now and did not.

        Not those with a pick (``busy``) shortly before the P was due, which may have been too busy; nor those with a
        bare trigger so near that it may be that P: what it is will be known in a second.
        """
        p, arrivals = self.params, group.arrivals
        seen = {one.source_id.station_code for one in group.used}
        limit_s = (now_ns - group.time_ns) / SECOND_NS - p.silence_margin_s
        found = []
        for k in np.flatnonzero((arrivals.km <= self._reach_km(group)) & (arrivals.p_s < limit_s)).tolist():
            code = self.network.codes[k]
            due_ns = group.time_ns + from_seconds(float(arrivals.p_s[k]))
            if due_ns >= self.heard_ns(code, now_ns):
                continue
            early_s = [((due_ns - one.time_ns) / SECOND_NS, one.version == 0) for one in busy.get(code, ())]
            excused = any((-group.place_s if bare else 0.0) <= one <= p.busy_s for one, bare in early_s)
            if code not in seen and not excused and self.alive(code):
                found.append(code)
        return found

    def _reach_km(self, group: Group) -> float:
        """As far as it was seen; where only two saw it, as far as their amplitudes let others see it, at most twice."""
        picks = group.p
        km = [float(group.arrivals.km[self.network.index[one.source_id.station_code]]) for one in picks]
        if len(picks) > 2:
            return max(km)
        far = picks[int(np.argmax(km))]
        ratio = max(1.0, far.snr / self._least_snr(far))
        return float(max(km) * min(2.0, ratio ** (1 / FALL_OFF)))

    def outvoted(self, group: Group, busy: Mapping[str, Sequence[Pick]], now_ns: int) -> bool:
        """Would a source thereabouts be denied by so many stations that it need not be located?"""
        picks = group.p
        silent = self.silent(group, busy, now_ns)
        return len(picks) > 2 and len(picks) < 0.5 * self.params.minimum_fraction * (len(picks) + len(silent))

    def against(self, fit: Fit, busy: Mapping[str, Sequence[Pick]], now_ns: int) -> str:
        """Why picks are no earthquake; empty when they may be one."""
        p, picks = self.params, fit.p
        if len(picks) < p.minimum_stations:
            return "too few stations agree"
        if fit.rms_s > p.maximum_rms_s and len(fit.used) > 2:
            return f"the stations do not agree: residuals of {fit.rms_s:.1f} s"
        silent = self.silent(Group.of(fit), busy, now_ns)
        share = len(picks) / (len(picks) + len(silent))
        pair = len(picks) == 2 and len(fit.used) == 2
        if silent and (pair or share < p.minimum_fraction):
            names = ", ".join(silent[:5]) + (" ..." if len(silent) > 5 else "")
            return f"{len(silent)} stations in reach saw nothing: {names}"
        return ""

    def pair_agrees(self, fit: Fit, amplitudes: Amplitudes) -> bool:
        """Two stations alone make an event of clear picks whose directions and amplitudes do not contradict."""
        if any(one.version == 0 or one.snr < self.params.pair_snr for one in fit.p):
            return False
        return all(self._points(one, fit.solution) for one in fit.p) and self._ratio_fits(fit, amplitudes)

    def _points(self, pick: Pick, where: Solution) -> bool:
        """Does a pick's direction, if it has one, point to the source?"""
        seen = pick.polarization
        if seen is None or seen.backazimuth_uncertainty_deg > BLIND_DEG:
            return True
        station = self.network.stations[pick.source_id.station_code]
        towards = float(azimuth_deg(station.latitude, station.longitude, where.latitude, where.longitude))
        off = abs((towards - seen.backazimuth_deg + 180) % 360 - 180)
        return off <= self.params.fit_sigmas * max(seen.backazimuth_uncertainty_deg, 10.0)

    def _ratio_fits(self, fit: Fit, amplitudes: Amplitudes) -> bool:
        one, other = (like_windows(amplitudes.get(pick.id, {})) for pick in fit.p)
        common = [window for window in one if window in other]
        if not common:
            return True
        first, second = one[max(common)], other[max(common)]
        a, b = (self.network.index[pick.source_id.station_code] for pick in fit.p)
        r = np.hypot(fit.arrivals.km, fit.solution.depth_km)
        expected = -FALL_OFF * np.log10(max(float(r[a]), 1.0) / max(float(r[b]), 1.0))
        off = abs(np.log10(first.pd_m / second.pd_m) - expected)
        return bool(off <= self.params.fit_sigmas * RATIO_SIGMA)

    def alike(self, picks: Sequence[Pick], arrivals: Arrivals, depth_km: float) -> tuple[Pick, ...]:
        """Those of some picks whose amplitudes one earthquake may have made, as many as possible.

        Bare triggers have no amplitude yet and stay.
        """
        sized = [one for one in picks if one.version > 0 and one.snr > 0]
        which = [self.network.index[one.source_id.station_code] for one in sized]
        far_km = np.maximum(np.hypot(arrivals.km[which], depth_km), 3.0)
        value = np.log10([one.snr for one in sized]) + FALL_OFF * np.log10(far_km)
        near = np.abs(value[:, None] - value) <= ALIKE
        if len(sized) < 3 or near.all():
            return tuple(picks)
        most = int(np.argmax(near.sum(axis=0)))
        odd = {one.id for one, yes in zip(sized, near[most], strict=True) if not yes}
        return tuple(one for one in picks if one.id not in odd)

    def chance_per_hour(self, group: Group, chatter: Chatter, now_ns: int) -> float:
        """How often in an hour noise would make what these picks are."""
        picks = group.p
        rates = [self._rate_s(one, chatter, len(picks), now_ns) for one in picks[1:]]
        first = self._first_an_hour(picks[0], chatter, len(picks), now_ns)
        first *= SHEAR_RARITY ** (len(group.used) - len(picks))
        windows = self._windows_s(picks, FREE_PICKS, group.tight_s)
        return first * coincidence(rates, windows, self._others(picks, group.arrivals))

    def hopeless(
        self, pick: Pick, hand: Mapping[str, Sequence[Pick]], shear: int, chatter: Chatter, now_ns: int
    ) -> bool:
        """Are a pick and the few at hand, ``shear`` of them with S, what noise makes too often even if all agree?"""
        if len(hand) > FREE_PICKS:
            return False
        others = [min(picks, key=lambda one: (self._rarity(one), one.id)) for picks in hand.values()]
        rates = [self._rate_s(one, chatter, len(hand) + 1, now_ns) for one in others]
        first = min(self._first_an_hour(one, chatter, len(hand) + 1, now_ns) for one in (pick, *others))
        first *= SHEAR_RARITY**shear
        windows = self._windows_s([pick, *others], FREE_PICKS, TIGHTEST_S)
        return first * coincidence(rates, windows, len(rates)) > self.params.false_per_hour

    def chance_in_coda(
        self, group: Group, standing: Mapping[str, str], chatter: Chatter, apart_km: float, now_ns: int
    ) -> float:
        """How many such groups the later phases of another earthquake, ``apart_km`` away, would make.

        ``standing`` says what each pick is to it: ``S`` or ``coda``. The nearer both are, as aftershocks are, the less
        freedom has the place to fit what chance puts there.
        """
        picks = group.p
        rates = []
        for one in picks[1:]:
            role = standing.get(one.id)
            known = LATER_RATE_S.get((role or "", one.detector.endswith("+")))
            if known is None:
                rates.append(self._rate_s(one, chatter, len(picks), now_ns))
            else:
                rates.append(known * (1.0 if role == "S" else self._rarity(one)))
        near_s = group.tight_s + 2 * apart_km / CRUST_KM_S
        windows = [min(near_s, one) for one in self._windows_s(picks, FREE_PICKS, group.tight_s)]
        tries = sum(role in ("S", "coda") for role in standing.values())
        return tries * coincidence(rates, windows, self._others(picks, group.arrivals))

    def _first_an_hour(self, pick: Pick, chatter: Chatter, used: int, now_ns: int) -> float:
        """How many picks like this one noise makes in an hour, at any station."""
        stations, refined = len(self.network), pick.version > 0
        return 3600 * stations * chatter.common_s(stations, now_ns, used, refined=refined) * self._rarity(pick)

    def _rate_s(self, pick: Pick, chatter: Chatter, used: int, now_ns: int) -> float:
        code, refined = pick.source_id.station_code, pick.version > 0
        return chatter.rate_s(code, len(self.network), now_ns, used, refined=refined) * self._rarity(pick)

    def _rarity(self, pick: Pick) -> float:
        """How much rarer noise of its amplitude is than noise at the threshold; a doubtful pick less so."""
        clear = self._least_snr(pick) / max(pick.snr, self._least_snr(pick)) if pick.version > 0 else 1.0
        return min(1.0, max(RAREST, clear) / max(pick.trust, 0.05))

    def _windows_s(self, picks: Sequence[Pick], free: int, tight_s: float) -> list[float]:
        """How long the time is into which each pick but the first may fall."""
        first = self.network.index[picks[0].source_id.station_code]
        windows = []
        for number, one in enumerate(picks[1:]):
            km = float(self.network.km[first, self.network.index[one.source_id.station_code]])
            loose = 2 * (km / self.params.slowest_km_s + self.params.margin_s)
            windows.append(min(loose, loose if number < free else tight_s))
        return windows

    def _others(self, picks: Sequence[Pick], arrivals: Arrivals) -> int:
        """Stations besides the first that are alive and as near as the farthest that saw it."""
        which = [self.network.index[one.source_id.station_code] for one in picks]
        near = np.flatnonzero(arrivals.km <= arrivals.km[which].max()).tolist()
        return sum(self.alive(self.network.codes[k]) for k in near) - 1
