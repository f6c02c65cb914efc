"""The layers as a user meets them; that no import goes upward is checked by import-linter in ``make check``."""

import subprocess
import sys
import tomllib

import pytest

import seismonet
from tests.support.shared import ROOT

PACKAGE = ROOT / "src" / "seismonet"
CONTENTS = sorted(path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())
ROOMS = [name for name in CONTENTS if not name.startswith("__")]
COSTLY = ("obspy", "scipy.signal", "matplotlib", "pandas")


def layers() -> list[set[str]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    lines = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [{name.strip() for name in line.split("|")} for line in lines]


def test_every_room_stands_in_a_layer() -> None:
    assert {name for layer in layers() for name in layer} >= set(ROOMS)


def test_no_room_bears_the_name_of_a_public_function() -> None:
    assert not set(ROOMS) & set(seismonet.__all__)


def test_every_public_name_is_there() -> None:
    assert all(getattr(seismonet, name) is not None for name in seismonet.__all__)


@pytest.mark.parametrize("room", ["cli", "feed", "pipeline"])
def test_what_is_slow_to_import_waits_for_its_first_use(room: str) -> None:
    code = f"import sys, seismonet.{room}; print([name for name in {COSTLY!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
