"""One reason to skip is allowed; any other fails the run (tests/conftest.py)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shared import ABSENT, ROOT


def run(folder: Path, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text("utf-8"), "utf-8")
    (folder / "test_it.py").write_text(test, "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        *options,
        str(folder),
    ]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["one process", "workers"])
def test_a_skip_for_any_other_reason_fails_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    outcome = run(tmp_path, "import pytest\ndef test_one(): pytest.skip('not today')", *options)
    assert outcome.returncode == 1
    assert "test_one: not today" in outcome.stdout


def test_a_whole_module_left_out_fails_the_run(tmp_path: Path) -> None:
    assert run(tmp_path, "import pytest\npytest.importorskip('no_such_module')").returncode == 1


def test_absent_data_may_be_skipped(tmp_path: Path) -> None:
    outcome = run(tmp_path, f"import pytest\ndef test_one(): pytest.skip({ABSENT!r})\ndef test_two(): pass")
    assert (outcome.returncode, "1 passed, 1 skipped" in outcome.stdout) == (0, True)
