"""docs/faults.md says what is so: every test that it names exists, every reason of the gate stands in it."""

import ast
import re
from pathlib import Path

import pytest

from seismonet.formats.gate import REASONS
from tests.support.shared import ROOT

PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
NAMED = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)


def functions_of(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return [one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_named_test_exists(file: str, test: str) -> None:
    assert test in functions_of(ROOT / "tests" / file)


def test_every_reason_stands_in_it_with_its_verdict_and_words() -> None:
    rows = [f"| `{one.code}` | {one.verdict.name} | {one.text} |" for one in REASONS]
    assert [row for row in rows if row not in PAGE.splitlines()] == []
    assert len(re.findall(r"^\| `\w+` \| (?:OK|ARCH|QUAR) \|", PAGE, re.MULTILINE)) == len(REASONS)


@pytest.mark.parametrize("part", ["a", "b", "c", "d", "e"])
def test_every_test_of_a_part_is_named(part: str) -> None:
    file = f"faults/test_part_{part}.py"
    tests = {name for name in functions_of(ROOT / "tests" / file) if name.startswith("test_")}
    assert tests - {name for where, name in NAMED if where == file} <= {"test_there_are_forty"}
