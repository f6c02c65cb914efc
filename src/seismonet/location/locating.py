"""Picks to a place: the posterior's, less the picks that do not belong there."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from seismonet.core.arrays import BoolArray
from seismonet.core.event import Pick

from .evidence import Known, evidence_of
from .grid import Tables, around
from .judge import Fit, Judge
from .memory import Memory
from .network import Network
from .posterior import Evidence, LocationParams, Observation, Solution, locate
from .sources import Source, ordered

SETTLED_STATIONS = 8
"""From so many on a source stands: it is located at intervals, and silences move it no more."""
NEARBY_STATIONS = 15
"""So many stations next to a pick are asked."""


@dataclass(slots=True)
class Locator:
    """Locates the picks of would-be sources."""

    network: Network
    judge: Judge
    memory: Memory
    params: LocationParams
    _tables: Tables | None = field(init=False, default=None)

    @property
    def tables(self) -> Tables:
        """Travel times from the coarse grid."""
        if self._tables is None:
            place = self.params
            grid = around(
                list(self.network.stations.values()), margin_km=place.margin_km, max_depth_km=place.max_depth_km
            )
            self._tables = Tables(grid, self.network.model, self.network.corrections)
        return self._tables

    def prepare(self) -> None:
        """Make and load beforehand what the first earthquake would wait for, by locating nothing in particular."""
        stations = list(self.network.stations.values())[:NEARBY_STATIONS]
        arrivals = [Observation(one, phase, 0.0, 1.0) for one in stations for phase in ("P", "S")]
        if arrivals:
            locate(self.tables, Evidence(arrivals), self.params)

    def _known(self, fit_codes: set[str], anchor: Pick, now_ns: int, most: int) -> Known:
        """Which stations are alive and have been silent: not those whose trigger may yet turn out to be of this."""
        standing = self.memory.standing()
        open_codes = {one.source_id.station_code for one in self.memory.picks.values() if one.id not in standing}
        near = self.network.km[self.network.index[anchor.source_id.station_code]]
        order = np.argsort(near, kind="stable").tolist()
        quiet = [code for code in (self.network.codes[k] for k in order) if code not in fit_codes | open_codes]
        alive = [code for code in quiet if self.judge.alive(code)][:most]
        return Known(
            self.network.stations,
            self.memory.amplitudes,
            {code: self.judge.heard_ns(code, now_ns) for code in alive},
        )

    def solve(self, picks: Sequence[Pick], reference_ns: int, now_ns: int) -> Fit | None:
        """Locate; drop what does not belong, and again; None when too few remain."""
        left = ordered(picks)
        while sum(one.phase == "P" for one in left) >= self.judge.params.minimum_stations:
            codes = {one.source_id.station_code for one in left}
            settled = len(codes) >= SETTLED_STATIONS
            known = self._known(codes, left[0], now_ns, 0 if settled else NEARBY_STATIONS)
            solution = locate(self.tables, evidence_of(left, reference_ns, known), self.params)
            misfit = self.judge.misfit(solution, left)
            worst = float(misfit.max())
            if settled or worst <= self.judge.params.fit_sigmas:
                # outliers have little weight among many: the solution stands without them
                fit = self._without(solution, left, misfit <= self.judge.params.fit_sigmas, reference_ns)
                return fit if len(fit.p) >= self.judge.params.minimum_stations else None
            left = [one for one, off in zip(left, misfit, strict=True) if off < worst]
        return None

    def _without(self, solution: Solution, picks: Sequence[Pick], kept: BoolArray, reference_ns: int) -> Fit:
        """A solution with those of its picks that are kept."""
        names = ("residual_s", "weight", "sigma_s", "distance_km", "misfit")
        left = replace(solution, **{name: getattr(solution, name)[kept] for name in names})
        used = tuple(one for one, yes in zip(picks, kept.tolist(), strict=True) if yes)
        where = self.network.arrivals(solution.latitude, solution.longitude, solution.depth_km)
        return Fit(left, used, reference_ns, where)

    def fit(self, source: Source) -> Fit:
        """The present one of a source."""
        return Fit(source.solution, source.used, source.reference_ns, source.arrivals(self.network))
