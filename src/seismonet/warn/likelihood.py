"""How likely it is that there is an earthquake as told."""

from math import exp, pi, prod, sqrt

from seismonet.core.event import Origin
from seismonet.location.likelihood import DEGREES_OF_FREEDOM

FALSE = 0.02
"""One trigger in fifty of those that a source explains is of something else."""
WINDOW_S, SIGMA_S = 22.0, 0.5
"""What is of something else falls anywhere in the seconds in which neighbours' P may be of one source; what is of the
earthquake, about its due time by a reading's and the Earth's error."""
NO_S = 0.2
"""Noise is so seldom followed by what passes for its S."""


def likelihood(origin: Origin) -> float:
    """Probability that at least two of its stations saw the same thing, as two make an earthquake.

    A station's P is of the earthquake or of something else: its misfit, which its weight in the location tells, says
    which, by Bayes' rule; but as a source is sought that fits, no fit makes it surer than it was before. An S after it
    leaves a fifth of the doubt. Stations are taken to err apart from each other.

    >>> from seismonet.core.event import Arrival
    >>> from seismonet.core.sourceid import SourceId
    >>> seen = [Arrival(k, SourceId("XX", k, "00", "HHZ"), "P", 30.0, 0.0, 0.0, 0.4) for k in "ABC"]
    >>> [round(likelihood(Origin(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, tuple(seen[:n]), "")), 3) for n in (1, 2, 3)]
    [0.0, 0.855, 0.984]
    """
    doubts = []
    for code in origin.station_codes:
        own = [one for one in origin.arrivals if one.source_id.station_code == code]
        doubt = _doubt(max((one.weight for one in own if one.phase == "P"), default=0.0))
        if any(one.phase == "S" for one in own):
            doubt *= NO_S
        doubts.append(doubt)
    none = prod(doubts)
    one_alone = sum((1.0 - doubts[k]) * prod(doubts[:k] + doubts[k + 1 :]) for k in range(len(doubts)))
    return max(0.0, 1.0 - none - one_alone)


def _doubt(weight: float) -> float:
    """That a P is of something else. Its weight is Student's, ``(n + 1) / (n + r**2)`` for a misfit of ``r`` sigma."""
    if weight <= 0:
        return 1.0
    misfit2 = max(0.0, (DEGREES_OF_FREEDOM + 1) / weight - DEGREES_OF_FREEDOM)
    own = (1 - FALSE) * exp(-misfit2 / 2) / sqrt(2 * pi)
    other = FALSE * SIGMA_S / WINDOW_S
    return max(FALSE, other / (own + other))
