"""The clock: what time it is, and waiting.

The rule this file owns: time-outs run on the monotonic clock, which nobody can set; the time of day never goes back and
never stands still, whatever is done to the host's clock::

    host set forward        taken over at once
    host set back, < 1 s    ours runs slower until both agree
    host set back, more     ours goes on from where it was until ``restart`` is called: every age was wrong before, so
                            whoever has a memory of times must begin it anew

Whichever way it was set, for a minute the clock is not ``steady``: nobody should be warned by ages told meanwhile.
"""

import asyncio
import time
from collections.abc import Callable

STEP_NS = 1_000_000_000
SLEW = 0.5
SETTLE_NS = 60_000_000_000


class Clock:
    """Time of day and monotonic time; ``rate`` 60 makes an hour of a minute, from the moment the clock was made.

    ``wall_ns`` and ``monotonic_ns`` are the host's clocks. Clocks of several processes with one rate and one
    ``begin_ns`` (a moment of the host's clock from which time goes faster) agree.

    >>> clock = Clock()
    >>> clock.now_ns() < clock.now_ns()
    True
    """

    def __init__(
        self,
        rate: float = 1.0,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        begin_ns: int | None = None,
    ) -> None:
        self.rate = rate
        self._wall_ns, self._monotonic_ns = wall_ns, monotonic_ns
        self._begin_ns, self._begin = wall_ns() if begin_ns is None else begin_ns, monotonic_ns()
        self._last_ns, self._last = 0, self._begin
        self._ahead_ns = wall_ns() - self._begin
        self._stepped: int | None = None
        self.step_s = 0.0
        self.behind_s = 0.0
        """How far the host's clock is behind what was said last: more than a second asks for a ``restart``."""

    def _host_ns(self, now: int) -> int:
        """The host's time of day, and note whether it was set since it was last asked."""
        wall_ns = self._wall_ns()
        if abs(wall_ns - now - self._ahead_ns) > STEP_NS:
            self.step_s, self._stepped = (wall_ns - now - self._ahead_ns) / 1e9, now
        self._ahead_ns = wall_ns - now
        return self._begin_ns + round((wall_ns - self._begin_ns) * self.rate)

    def now_ns(self) -> int:
        """UTC, nanoseconds since 1970; always more than before."""
        now = self._monotonic_ns()
        host_ns = self._host_ns(now)
        passed_ns = round((now - self._last) * self.rate)
        self._last = now
        if host_ns > self._last_ns:
            self.behind_s, self._last_ns = 0.0, host_ns
            return host_ns
        self.behind_s = (self._last_ns - host_ns) / 1e9
        slower = SLEW if self._last_ns - host_ns < STEP_NS else 1.0
        self._last_ns += max(1, round(passed_ns * slower))
        return self._last_ns

    @property
    def wrong(self) -> bool:
        """Was the host's clock set back by so much that ages cannot be told any more?"""
        return self.behind_s > STEP_NS / 1e9

    @property
    def steady(self) -> bool:
        """Was the host's clock left alone for the last minute? ``step_s`` is how far it was set last."""
        return self._stepped is None or self._monotonic_ns() - self._stepped >= SETTLE_NS

    def restart(self) -> None:
        """Take over the host's time, even if it is earlier."""
        self._last_ns, self.behind_s = 0, 0.0

    def monotonic_s(self) -> float:
        """Seconds since some moment, whatever is done to the host's clock."""
        return self._begin / 1e9 + (self._monotonic_ns() - self._begin) / 1e9 * self.rate

    async def sleep(self, duration_s: float) -> None:
        """Wait."""
        await asyncio.sleep(max(duration_s, 0.0) / self.rate)
