"""The notebooks run from top to bottom, are kept without their outputs, and break no ban."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.bans import breaches
from tests.support.shared import ROOT

NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


def cells(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / "notebooks" / name).read_text("utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


def source(name: str) -> str:
    return "\n\n".join("".join(cell["source"]) for cell in cells(name))


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_from_top_to_bottom(name: str, tmp_path: Path) -> None:
    script = tmp_path / "notebook.py"
    script.write_text(source(name), "utf-8")
    plain = os.environ | {"MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, env=plain, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_kept_without_outputs(name: str) -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells(name))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_keeps_the_ban_list(name: str) -> None:
    assert breaches(source(name), f"notebooks/{name}") == []
