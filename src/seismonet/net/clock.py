"""The clock: what time it is, and waiting.

The rule this file owns: ages are told by the wall clock, which never goes back here whatever is done to the host's;
time-outs run on the monotonic clock, which nobody can set.
"""

import asyncio
import time


class Clock:
    """Wall and monotonic time; ``rate`` 60 makes an hour of a minute, from the moment the clock was made.

    >>> clock = Clock()
    >>> clock.now_ns() <= clock.now_ns()
    True
    """

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate
        self._begin_ns, self._begin_s = time.time_ns(), time.monotonic()
        self._last_ns = 0
        self.stepped_back_s = 0.0
        """The farthest that the host's clock was ever found behind what it had said before."""

    def now_ns(self) -> int:
        """UTC, nanoseconds since 1970; never less than before."""
        now_ns = time.time_ns()
        if self.rate != 1.0:
            now_ns = self._begin_ns + round((now_ns - self._begin_ns) * self.rate)
        if now_ns < self._last_ns:
            self.stepped_back_s = max(self.stepped_back_s, (self._last_ns - now_ns) / 1e9)
            return self._last_ns
        self._last_ns = now_ns
        return now_ns

    def monotonic_s(self) -> float:
        """Seconds since some moment, whatever is done to the host's clock."""
        return self._begin_s + (time.monotonic() - self._begin_s) * self.rate

    async def sleep(self, duration_s: float) -> None:
        """Wait."""
        await asyncio.sleep(max(duration_s, 0.0) / self.rate)
