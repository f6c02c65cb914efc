"""An onset as the gate looks at it."""

from dataclasses import dataclass

from seismonet.core.inventory import Channel

from .history import History

PASSED = ("", "")


@dataclass(frozen=True, slots=True)
class Seen:
    """An onset on one channel: its history (row 0), sample number, and metadata."""

    history: History
    onset: int
    channel: Channel

    @property
    def known(self) -> bool:
        """Is it known what a count is?"""
        return self.channel.quantity != "counts"
