"""Did a server go on from where it was asked to? The sequence numbers and times of the first packets tell.

The rule this file owns: numbers that went back, or jumped over a stretch of time, were begun anew, came round, or fell
out of the server's memory. Nobody can tell which, so the stations are asked again once, by time; what comes twice is
dropped by the archive.

A server that is asked by time keeps back all that is older, however late it comes. So a connection that was asked anew
by time is followed by one by number, as soon as there has been time to store some new ones.
"""

from collections.abc import Iterable, Sequence

from seismonet.core.waveform import Packet

from .negotiation import MODULUS, OVERLAP_NS, Ask
from .stations import starts_ns


class Progress:
    """The stations of one source.

    Attributes
    ----------
    unsure : stations that were asked for by number and have not sent their first packet
    by_time : those to be asked for by time at the next connection
    again : must there be a next connection, now?
    resets : how often numbers were begun anew
    windowed : was this connection asked by time since numbers meant nothing, and is one by number to follow it?
    """

    def __init__(self) -> None:
        self.unsure: dict[str, tuple[int, int]] = {}
        self.by_time: set[str] = set()
        self.again = False
        self.resets = 0
        self.windowed = False
        self._followed = False
        self._modulus = MODULUS[4]

    def begin(self, version: int, asked: Sequence[Ask], refused: Iterable[str]) -> None:
        """A connection on which this was asked; ``refused`` are stations whose number the server would not have."""
        self._modulus = MODULUS[version]
        # once only: where nothing new is stored meanwhile, the next attempt by number would come to the same end
        self.windowed = bool(self.by_time) and not self._followed
        self._followed = bool(self.by_time)
        self.by_time = set(refused)
        self.again = bool(self.by_time)
        self.resets += len(self.by_time)
        self.unsure = {ask.station: (ask.sequence, ask.end_ns) for ask in asked if ask.sequence is not None}

    def look(self, packet: Packet, before: int) -> None:
        """A station's first packet of a connection, or one whose number is lower than that ``before`` it."""
        first = self.unsure.pop(packet.station, None)
        if first is None:
            if before >= 0 and self._back(packet.sequence, before):
                self.resets += 1
                self.by_time.add(packet.station)
            return
        wanted, end_ns = first
        if packet.sequence == wanted:
            return
        begin_ns = starts_ns(packet.payload)
        back = self._back(packet.sequence, wanted)
        if back or (begin_ns is not None and end_ns > 0 and begin_ns > end_ns + OVERLAP_NS):
            self.resets += back
            self.by_time |= {packet.station, *self.unsure}
            self.again = True

    def _back(self, sequence: int, before: int) -> bool:
        """More than half the numbers ahead is behind."""
        return (sequence - before) % self._modulus >= self._modulus // 2
