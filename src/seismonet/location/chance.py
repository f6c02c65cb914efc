"""How often chance alone would make an event of so many triggers.

Each station triggers on noise now and then, some more often than others. The first of n picks stands for itself; up to
three more can always be fitted by some place and depth, wherever in the time that waves need between the stations
they fall; each further one must fall where the place so found predicts it. And any n of the stations in reach might
have been the ones. A pick that stands far out of the noise is rarer than one at the threshold: amplitudes of local
noise and of small earthquakes alike fall off as 1/amplitude (Gutenberg-Richter with b = 1). Most triggers of noise are
refused when their onset is looked at: of bare triggers all count, of refined picks those that were not refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import comb, exp

from seismonet.core.utc import SECOND_NS

MEMORY_S = 3600.0
PRIOR_TRIGGERS, PRIOR_S = 0.1, 600.0
"""Before anything was heard stations are taken to trigger 0.6 times an hour, on ten minutes' evidence."""
FREE_PICKS = 3
LATER_RATE_S = {("coda", False): 1 / 30, ("coda", True): 1 / 300, ("S", False): 1 / 4, ("S", True): 1 / 10}
"""Triggers a second in the coda of an earthquake, and about its predicted S; of those that multiply the energy by a
hundred (True) fewer."""


@dataclass(slots=True)
class Chatter:
    """Triggers of each station that belong to nothing: a count that forgets within an hour.

    What little is known of one station is filled up with what all do.

    >>> chatter = Chatter()
    >>> for minute in range(60):
    ...     chatter.count("XX.A", (1 + minute) * 60 * SECOND_NS)
    >>> [round(chatter.rate_s(code, 2, 3600 * SECOND_NS) * 3600) for code in ("XX.A", "XX.B")]
    [54, 6]
    >>> chatter.count("XX.A", 3600 * SECOND_NS, 0.0, clear=3.0)  # of all these, three bore a closer look
    >>> round(chatter.rate_s("XX.A", 2, 3600 * SECOND_NS, refined=True) * 3600)
    4
    """

    begin_ns: int = 0
    counts: dict[str, float] = field(default_factory=dict)
    clear: dict[str, float] = field(default_factory=dict)
    stamps: dict[str, int] = field(default_factory=dict)

    def count(self, code: str, now_ns: int, change: float = 1.0, clear: float = 0.0) -> None:
        """One more trigger of a station, -1 when it turns out to belong to an earthquake; one more clear pick alike."""
        self.begin_ns = self.begin_ns or now_ns
        part = self._part(code, now_ns)
        self.counts[code] = max(0.0, part * self.counts.get(code, 0.0) + change)
        self.clear[code] = max(0.0, part * self.clear.get(code, 0.0) + clear)
        self.stamps[code] = max(now_ns, self.stamps.get(code, now_ns))

    def rate_s(self, code: str, stations: int, now_ns: int, used: int = 0, *, refined: bool = False) -> float:
        """Triggers per second of one of so many stations, less ``used`` that are in question, one of them its own.

        Of ``refined`` picks: of those that were looked at and not refused.
        """
        heard_s, common = self._heard_s(now_ns), self.common_s(stations, now_ns, used, refined=refined)
        own = max(0.0, self._kept(code, now_ns, refined) - min(used, 1))
        return (own + PRIOR_S * common) / (heard_s + PRIOR_S)

    def common_s(self, stations: int, now_ns: int, used: int = 0, *, refined: bool = False) -> float:
        """Mean rate of so many stations, without those in question."""
        total = sum(self._kept(code, now_ns, refined) for code in self.counts)
        return (max(0.0, total - used) + PRIOR_TRIGGERS) / (stations * self._heard_s(now_ns) + PRIOR_S)

    def _heard_s(self, now_ns: int) -> float:
        age_s = max(0.0, (now_ns - self.begin_ns) / SECOND_NS) if self.begin_ns else 0.0
        return MEMORY_S * (1 - exp(-age_s / MEMORY_S))

    def _kept(self, code: str, now_ns: int, refined: bool) -> float:
        return (self.clear if refined else self.counts).get(code, 0.0) * self._part(code, now_ns)

    def _part(self, code: str, now_ns: int) -> float:
        age_s = max(0.0, (now_ns - self.stamps.get(code, now_ns)) / SECOND_NS)
        return exp(-age_s / MEMORY_S)


def coincidence(rates_s: Sequence[float], windows_s: Sequence[float], stations: int) -> float:
    """Probability that chance puts a trigger into each of some windows, at any choice among ``stations`` others.

    >>> coincidence([1 / 3600], [40.0], 2)  # two stations of three that trigger once an hour
    0.022222222222222223
    """
    n = len(rates_s)
    p = float(comb(max(stations, n), n))
    for rate, window in zip(rates_s, windows_s, strict=True):
        p *= min(1.0, rate * window)
    return p
