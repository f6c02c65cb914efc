"""What an examination found: how bad it is, what, since when, the likely cause, and the next step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seismonet.core.utc import to_iso, to_seconds

from .logs import harmless
from .words import moment, number, span

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


def report(findings: Sequence[Finding], now_ns: int) -> str:
    """All findings as text for people, in the order of examination, and a line that sums up."""
    width = max((len(one.area) for one in findings), default=0)
    lines = []
    for one in findings:
        level = one.level if one.level == GOOD else one.level.upper()
        lines.append(f"{one.area:<{width}}  {level:<7}  {one.what}")
        since = f"since {moment(one.since_ns)} ({span(to_seconds(now_ns - one.since_ns))} ago)" if one.since_ns else ""
        told = (since, one.cause and f"likely: {one.cause}", one.next_step and f"next:   {one.next_step}")
        lines += [f"{'':<{width}}           {text}" for text in told if text]
    lines = [harmless(line).replace("\n", "\\n") for line in lines]
    errors, warnings = (sum(one.level == level for one in findings) for level in (ERROR, WARNING))
    lines.append(f"\n{number(errors, 'error')}, {number(warnings, 'warning')}")
    return "\n".join(lines)


def as_objects(findings: Sequence[Finding]) -> list[dict[str, str | None]]:
    """All findings for machines; times in ISO 8601, null where not known."""
    return [
        {
            "area": one.area,
            "level": one.level,
            "what": one.what,
            "since": to_iso(one.since_ns, 3) if one.since_ns else None,
            "cause": one.cause,
            "next_step": one.next_step,
        }
        for one in findings
    ]
