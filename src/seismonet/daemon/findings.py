"""What an examination found: how bad it is, what, since when, the likely cause, and the next step."""

from collections.abc import Iterable
from dataclasses import dataclass

GOOD, WARNING, ERROR = "good", "warning", "error"
LEVELS = (GOOD, WARNING, ERROR)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``since_ns`` is 0 where nobody can know it; ``next_step`` is empty when good."""

    area: str
    level: str
    what: str
    since_ns: int = 0
    cause: str = ""
    next_step: str = ""


def good(area: str, what: str) -> Finding:
    """Nothing to do."""
    return Finding(area, GOOD, what)


def exit_code(findings: Iterable[Finding]) -> int:
    """0 all is well, 1 there are warnings, 2 there are errors.

    >>> exit_code([good("disk", "fine"), Finding("clock", WARNING, "drifts")])
    1
    """
    return max((LEVELS.index(one.level) for one in findings), default=0)
