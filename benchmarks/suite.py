"""How long ``make test`` takes: set-up apart, checks and all tests, wall time on this machine."""

import subprocess
import time
from pathlib import Path

from .page import Figure

ROOT = Path(__file__).resolve().parents[1]
LIMIT_MIN = 12.0


def measure() -> list[Figure]:
    """One run; it must pass."""
    begin = time.perf_counter()
    done = subprocess.run(["make", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    minutes = (time.perf_counter() - begin) / 60
    last = done.stdout.strip().splitlines()[-1]
    return [
        Figure(
            "`make test`, everything included", f"≤ {LIMIT_MIN:g} min", f"{minutes:.1f} min", minutes <= LIMIT_MIN, last
        )
    ]
