"""What a channel usually sends, remembered from record to record.

The rule this file owns: a record is judged by the records of its channel that came before it and by nothing else, so
batches may be cut anywhere. The gate itself remembers nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from seismonet.core.arrays import IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS

from .gate import CODE, USED

HOLD_NS = 60 * SECOND_NS
"""A sensor rings for a while after a calibration; the fault catalogue asks for a minute."""
ACCEPT_AFTER = 3
"""So many records in a row with a new encoding make it the usual one: the digitizer was set anew."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What the memory needs to know of m records: channel (None: no name), start, end and encoding of each."""

    names: Sequence[SourceId | None]
    start_ns: IntArray
    end_ns: IntArray
    encoding: IntArray


@dataclass(slots=True)
class Usual:
    """Memory of every channel's encoding and of its last calibration; begins empty, and empty is a state to begin with.

    ``encoding`` is the usual one; ``strange`` another one and how often it came in a row; ``held`` the time span in
    which the channel is calibrated or still rings.
    """

    encoding: dict[SourceId, int] = field(default_factory=dict)
    strange: dict[SourceId, tuple[int, int]] = field(default_factory=dict)
    held: dict[SourceId, tuple[int, int]] = field(default_factory=dict)

    def sift(self, reason: IntArray, traits: Traits) -> IntArray:
        """(m,) the gate's reasons, with those that only the memory can give in the place of ``ok``."""
        found = reason.copy()
        used, calibration = USED[reason].tolist(), (reason == CODE["calibration"]).tolist()
        columns = traits.names, traits.start_ns.tolist(), traits.end_ns.tolist(), traits.encoding.tolist()
        for k, (name, start_ns, end_ns, encoding) in enumerate(zip(*columns, strict=True)):
            if name is None:
                continue
            if calibration[k]:
                self._hold(name, start_ns, end_ns)
            elif used[k] and self._rings(name, start_ns, end_ns):
                found[k] = CODE["calibrated"]
            elif used[k] and not self._is_usual(name, encoding):
                found[k] = CODE["encoding_differs"]
        return found

    def _hold(self, name: SourceId, start_ns: int, end_ns: int) -> None:
        begin_ns, until_ns = self.held.get(name, (start_ns, start_ns))
        if start_ns > until_ns:
            begin_ns = start_ns
        if end_ns + HOLD_NS >= begin_ns:  # of what comes late, only what touches the newest calibration counts
            self.held[name] = min(begin_ns, start_ns), max(until_ns, end_ns + HOLD_NS)

    def _rings(self, name: SourceId, start_ns: int, end_ns: int) -> bool:
        if name not in self.held:
            return False
        begin_ns, until_ns = self.held[name]
        return end_ns > begin_ns and start_ns < until_ns

    def _is_usual(self, name: SourceId, encoding: int) -> bool:
        if self.encoding.setdefault(name, encoding) == encoding:
            self.strange.pop(name, None)
            return True
        last, times = self.strange.get(name, (encoding, 0))
        times = times + 1 if last == encoding else 1
        self.strange[name] = encoding, times
        if times < ACCEPT_AFTER:
            return False
        self.encoding[name] = encoding
        del self.strange[name]
        return True
