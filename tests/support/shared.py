"""Where the shared recordings are; tests that need them skip where they are absent (not part of the project)."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
ABSENT = "data under ../shared is not here"


def shared(path: str) -> Path:
    """A file or folder under ``../shared``; skips the test when it is not there."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(ABSENT)
    return found
