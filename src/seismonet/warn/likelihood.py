"""How likely it is that there is an earthquake as told."""

from math import prod

from seismonet.core.event import Origin

SUREST = 0.98
"""No station is surer than this: one trigger in fifty of those that fit is of something else."""
NO_S = 0.2
"""Noise is so seldom followed by what passes for its S."""


def likelihood(origin: Origin) -> float:
    """Probability that at least two of its stations saw the same thing, as two make an earthquake.

    A station's P is what it says with the probability that its weight is (its trust, and how well it fits); an S after
    it leaves a fifth of the doubt. Stations are taken to err apart from each other.

    >>> from seismonet.core.event import Arrival
    >>> from seismonet.core.sourceid import SourceId
    >>> seen = [Arrival(k, SourceId("XX", k, "00", "HHZ"), "P", 30.0, 0.0, 0.0, 0.8) for k in "ABC"]
    >>> [round(likelihood(Origin(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, tuple(seen[:n]), "")), 3) for n in (1, 2, 3)]
    [0.0, 0.64, 0.896]
    """
    doubts = []
    for code in origin.station_codes:
        own = [one for one in origin.arrivals if one.source_id.station_code == code]
        weight = max((one.weight for one in own if one.phase == "P"), default=0.0)
        doubt = 1.0 - min(max(weight, 0.0), SUREST)
        if any(one.phase == "S" for one in own):
            doubt *= NO_S
        doubts.append(doubt)
    none = prod(doubts)
    one_alone = sum((1.0 - doubts[k]) * prod(doubts[:k] + doubts[k + 1 :]) for k in range(len(doubts)))
    return max(0.0, 1.0 - none - one_alone)
