"""Where deliveries come in: stamped, and handed to the pipeline and to the writer in one and the same order.

The rule this file owns: the journal is a prefix of what was received from a source. When the writer cannot keep up for
lack of disk, what does not fit into memory is left out of the journal, and so is all that follows from that source,
until the source has been asked again from where the journal ends. The pipeline sees everything either way.

Fresh packets first: when the disk is slow, a source that sends much waits long before memory is full, so that the
others need not.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Sequence

from seismonet.core.waveform import LATE, Delivery, Packet
from seismonet.net.clock import Clock

from .live import Snapshot

OVERHEAD_BYTES = 64
SHARE = 8
"""A source may fill one part of so many of the memory before it waits."""
BACKFILL = ""
"""Under this name backfill shares the memory, of whatever source it is."""


class Intake:
    """One queue in, two out. ``deliver`` and ``take`` belong to the event loop, ``next_for_writer`` to the writer.

    Attributes
    ----------
    wake : set when there is something for the pipeline
    broken : sources of which the journal lacks something that was received; they must be asked again
    counts : (source, what) -> packets: ``received``, ``unjournaled``
    """

    def __init__(self, clock: Clock, limit_bytes: int, spill: Callable[[], bool]) -> None:
        """``spill()`` says that the writer cannot write: then memory is not waited for."""
        self.clock = clock
        self.limit_bytes = limit_bytes
        self.wake = asyncio.Event()
        self.broken: set[str] = set()
        self.counts: Counter[tuple[str, str]] = Counter()
        self._spill = spill
        self._live: deque[Delivery] = deque()
        self._journal: deque[Delivery | Snapshot] = deque()
        # what came in belongs to the loop, what is written to the writer; each only reads the other's
        self._in_bytes = self._out_bytes = 0
        self._in_of: Counter[str] = Counter()
        self._out_of: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def pending_bytes(self) -> int:
        """Bytes that are not in the journal yet."""
        return self._in_bytes - self._out_bytes

    def port(self, source: str) -> Callable[[Sequence[Packet], int], None]:
        """What a source calls with packets that came in together."""

        def deliver(packets: Sequence[Packet], flags: int) -> None:
            self.deliver(source, packets, flags)

        return deliver

    def deliver(self, source: str, packets: Sequence[Packet], flags: int = 0) -> None:
        """Take in packets of a source: this is the moment they count as received."""
        delivery = Delivery(source, self.clock.now_ns(), tuple(packets), flags)
        self.counts[source, "received"] += len(packets)
        if not flags & LATE:
            self._live.append(delivery)
            self.wake.set()
        size = _size(delivery)
        if source in self.broken or (self.pending_bytes + size > self.limit_bytes and self._spill()):
            self.broken.add(source)
            self.counts[source, "unjournaled"] += len(packets)
            return
        self._in_bytes += size
        self._in_of[_payer(delivery)] += size
        self._journal.append(delivery)

    def mend(self, source: str) -> None:
        """The source is asked again from where the journal ends: what comes now belongs into it."""
        self.broken.discard(source)

    async def room(self, source: str = BACKFILL) -> None:
        """Wait until memory has room for more of a source; while nothing can be written there is always room, as the
        pipeline goes on."""
        while self._is_full(source) and not self._spill():
            self._room.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._room.wait()

    def pending_of(self, source: str) -> int:
        """Bytes of a source that are not in the journal yet."""
        return self._in_of[source] - self._out_of[source]

    def _is_full(self, source: str) -> bool:
        return self.pending_of(source) * SHARE > self.limit_bytes or self.pending_bytes > self.limit_bytes

    def take(self) -> list[Delivery]:
        """Everything that the pipeline has not seen, in the order of receipt."""
        taken = list(self._live)
        self._live.clear()
        self.wake.clear()
        return taken

    def mark(self, snapshot: Snapshot) -> None:
        """A snapshot of the pipeline after all that was delivered so far: the writer meets it in that place."""
        self._journal.append(snapshot)

    def next_for_writer(self, limit_bytes: int) -> tuple[list[Delivery], Snapshot | None]:
        """The next deliveries to write, some ``limit_bytes`` of them, and the snapshot that comes after the last.

        They stay counted until ``written``.
        """
        found: list[Delivery] = []
        size = 0
        while self._journal and size < limit_bytes:
            one = self._journal.popleft()
            if isinstance(one, Snapshot):
                return found, one
            found.append(one)
            size += _size(one)
        return found, None

    def written(self, deliveries: Sequence[Delivery]) -> None:
        """The writer is done with these: memory has room again."""
        for one in deliveries:
            size = _size(one)
            self._out_bytes += size
            self._out_of[_payer(one)] += size
        self._loop.call_soon_threadsafe(self._room.set)


def _payer(delivery: Delivery) -> str:
    return BACKFILL if delivery.flags & LATE else delivery.source


def _size(delivery: Delivery) -> int:
    return sum(len(packet.payload) + OVERHEAD_BYTES for packet in delivery.packets)
