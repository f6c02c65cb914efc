"""Which records tell how long data are on their way, and which only make up for what was missed.

A server that is asked for its last minute, or a link that comes back, sends in one go what it had kept. How old those
records are tells of the pause before, not of the way: only the newest of them, and what is hardly later, is timed.
So a record is judged when the next of its channel has come.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS

CATCH_UP_NS = 2 * SECOND_NS
"""Of records that come in one go, those that come more than this later after their end than the newest are left out."""
MOST = 64


@dataclass(slots=True)
class CatchUp:
    """Holds the last records of each channel until it is known what they are."""

    _held: dict[SourceId, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def hear(self, source_id: SourceId, start_ns: int, end_ns: int, received_ns: int) -> list[int]:
        """A record came; how long after their ends (ns) those came that are now known to be timed.

        It came in one go with the one before when less than half of its own length lies between their receipts.

        Examples
        --------
        >>> name, one = SourceId.parse("TJ.SAREZ.00.HHZ"), CatchUp()
        >>> missed = [one.hear(name, k, k + SECOND_NS, 60 * SECOND_NS) for k in range(0, 58 * SECOND_NS, SECOND_NS)]
        >>> [late_ns / SECOND_NS for late_ns in one.hear(name, 58 * SECOND_NS, 59 * SECOND_NS, 61 * SECOND_NS)]
        [4.0, 3.0, 2.0]
        """
        held, late_ns = self._held[source_id], received_ns - end_ns
        timed: list[int] = []
        if held and abs(received_ns - held[-1][0]) < (end_ns - start_ns) / 2:
            held[:] = [one for one in held if one[1] - late_ns <= CATCH_UP_NS]
        else:
            timed = [late for _, late in held]
            held.clear()
        held.append((received_ns, late_ns))
        if len(held) > MOST:
            timed.append(held.pop(0)[1])
        return timed
