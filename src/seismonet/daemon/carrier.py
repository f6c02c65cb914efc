"""One receiver: its sink, whether it can be reached, and a breaker that opens when it cannot."""

import hashlib
from dataclasses import dataclass

from seismonet.core.letter import Letter
from seismonet.core.utc import from_seconds
from seismonet.net.clock import Clock
from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.opening import Hearing, Sink
from seismonet.net.sinks.result import Result, retry

BREAK_AFTER = 3
"""Failures in a row that open the breaker: from then on only what was never tried is sent at once."""
FIRST_PAUSE_S, LAST_PAUSE_S, LAST_REPORT_PAUSE_S = 1.0, 10.0, 60.0
"""A warning lives for a minute, a report for a day."""
SPREAD = 0.25
"""Waiting times differ by so much either way, so that many receivers behind one server do not come back as one."""


@dataclass(slots=True)
class Carrier:
    """What is known of one receiver. ``sink`` is None while it cannot be used; ``error`` then says why."""

    receiver: ReceiverParams
    place: str
    sink: Sink | None
    error: str = ""
    busy: bool = False
    beating: bool = False
    failures: int = 0
    closed_s: float = 0.0
    reached_ns: int = 0
    tried_ns: int = 0

    async def send(self, letter: Letter, clock: Clock) -> Result:
        """Try to send a letter."""
        if self.sink is None:
            return retry(self.error)
        try:
            result = await self.sink.send(letter, clock.now_ns())
        except Exception as error:  # a fault of ours in one sink keeps no other receiver waiting
            result = retry(f"fault: {error!r}")
        return self.note(result, clock)

    async def beat(self, payload: bytes, signature: str, clock: Clock) -> Result:
        """Tell it that we are alive."""
        if not isinstance(self.sink, Hearing):
            return retry(self.error or "takes no heartbeat")
        self.beating = True
        try:
            return self.note(await self.sink.beat(payload, signature), clock)
        finally:
            self.beating = False

    def note(self, result: Result, clock: Clock) -> Result:
        """Learn from what became of a try; a letter that is refused for good came to somebody, too."""
        self.tried_ns = clock.now_ns()
        if result.outcome == "retry":
            self.error = result.words
            if (
                self.open_again_s(clock) == 0.0
            ):  # what is new and knocks meanwhile, in whatever number, lengthens nothing
                self.failures += 1
                if self.failures >= BREAK_AFTER:
                    wait_s = pause_s(self.failures - BREAK_AFTER, self.receiver.name, self.receiver.report)
                    self.closed_s = clock.monotonic_s() + wait_s
            return result
        self.failures, self.closed_s = 0, 0.0
        self.error = "" if result.outcome == "delivered" else result.words
        if result.outcome == "delivered":
            self.reached_ns = self.tried_ns
        return result

    @property
    def state(self) -> str:
        """In a word: reachable, failing, unreachable, unusable, or untried."""
        if self.sink is None:
            return "unusable"
        if self.failures:
            return "unreachable" if self.failures >= BREAK_AFTER else "failing"
        return "reachable" if self.tried_ns else "untried"

    def open_again_s(self, clock: Clock) -> float:
        """Seconds until the breaker lets a repeat through; 0 when it does."""
        return max(0.0, self.closed_s - clock.monotonic_s())


def pause_s(failures: int, name: str, report: bool = False) -> float:
    """How long to wait after some failures: twice as long each time, spread by what is waited for.

    >>> [round(pause_s(number, "duty"), 2) for number in (0, 1, 2, 20)]
    [1.02, 2.49, 4.89, 7.94]
    """
    last_s = LAST_REPORT_PAUSE_S if report else LAST_PAUSE_S
    middle_s = min(last_s, FIRST_PAUSE_S * 2.0 ** min(failures, 10))
    return middle_s * (1.0 + SPREAD * _share(f"{name}|{failures}"))


def _share(text: str) -> float:
    """A number between -1 and 1 that looks like chance and is none."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**31 - 1.0


def next_try_ns(letter: Letter, now_ns: int, report: bool) -> int:
    """When a letter that was not taken is tried again."""
    return now_ns + from_seconds(pause_s(letter.attempts - 1, letter.key, report))
