"""docs/measurements.md: one section for each group, with the date and versions of its own run."""

import platform
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from .timing import Paired

PAGE = Path(__file__).resolve().parents[1] / "docs" / "measurements.md"
PACKAGES = ("numpy", "scipy", "obspy", "pymseed")
HEAD = """# Measurements

Written by `make bench` (`python -m benchmarks [GROUP...]`) and, the drills, by `make drill` (`python -m
benchmarks.drills [NAME...]`); each section says when and with what it was measured. Times are CPU time of one process;
peer and ours take turns within one run; figures are medians of the rounds, and a ratio is the median of the rounds'
ratios. All figures on packets and decoding include the gate, the check of Steim's first and last sample, and the
receipts that a pipeline takes. A target that is missed is shown as such.
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number beside its target; ``met`` is None where there is none."""

    what: str
    target: str
    measured: str
    met: bool | None
    detail: str = ""

    @classmethod
    def ratio(cls, what: str, found: Paired, target: float, item: str) -> "Figure":
        """A speed as a multiple of the peer's."""
        detail = (
            f"{microseconds(found.ours_s)} against {microseconds(found.peer_s)} a {item};"
            f" {found.lowest:.3g} to {found.highest:.3g} over the rounds"
        )
        return cls(what, f"≥ {target:g}x", f"{found.ratio:.3g}x", found.ratio >= target, detail)


def microseconds(seconds: float) -> str:
    """For people: µs with three digits."""
    return f"{seconds * 1e6:,.3g} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.3g} ms"


def figures(found: Sequence[Figure]) -> str:
    """A table of figures."""
    lines = ["| what | target | measured | | detail |", "|---|---|---|---|---|"]
    for one in found:
        verdict = {True: "met", False: "**missed**", None: ""}[one.met]
        lines.append(f"| {one.what} | {one.target} | {one.measured} | {verdict} | {one.detail} |")
    return "\n".join(lines)


def provenance() -> str:
    """When, where and with what."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return f"Measured {today} on {_processor()}, Python {platform.python_version()}, {packages}."


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else platform.processor() or platform.machine()


def write(sections: dict[str, str], first: Sequence[str] = ()) -> None:
    """Put sections (title to text) into the page; others stay as they are. Those of ``first`` come first, in order."""
    old = PAGE.read_text("utf-8") if PAGE.exists() else ""
    pieces = re.split(r"^## (.+)\n", old, flags=re.MULTILINE)
    kept = dict(zip(pieces[1::2], (text.strip() for text in pieces[2::2]), strict=True))
    kept |= {title: f"{provenance()}\n\n{text}" for title, text in sections.items()}
    order = [*(title for title in first if title in kept), *(title for title in kept if title not in first)]
    body = [f"\n## {title}\n\n{kept[title]}\n" for title in order]
    PAGE.write_text(HEAD + "".join(body), "utf-8")
