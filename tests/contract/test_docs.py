"""The documentation says what is there: every example runs, every command and key is described."""

import doctest
import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from cyclopts import App

import seismonet
from seismonet.cli.app import app
from tests.contract.configuration import PAGE, page
from tests.support.shared import ROOT

# alembic runs these as scripts, within a migration
SCRIPTS = re.compile(r"seismonet\.store\.migrations\b")
MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(seismonet.__path__, "seismonet.")
    if not info.name.endswith("__main__") and not SCRIPTS.match(info.name)
)


@pytest.mark.parametrize("name", ["seismonet", *MODULES])
def test_every_example_runs(name: str) -> None:
    module: ModuleType = importlib.import_module(name)
    outcome = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert outcome.failed == 0


@pytest.mark.parametrize("name", ["seismonet", *MODULES])
def test_every_module_says_what_it_is(name: str) -> None:
    assert importlib.import_module(name).__doc__


def commands(branch: App, path: tuple[str, ...]) -> Iterator[str]:
    for name in branch:
        if not name.startswith("-"):
            below = list(commands(branch[name], (*path, name)))
            yield from below or [" ".join((*path, name))]


COMMANDS = sorted(commands(app, ("seismonet",)))


def test_the_commands_are_found() -> None:
    assert {"seismonet replay", "seismonet config check", "seismonet config show"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described(command: str) -> None:
    assert command in (ROOT / "docs" / "commands.md").read_text("utf-8")


def test_every_configuration_key_is_described() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m tests.contract.configuration"


def pages() -> list[str]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "stations" / "README.md"]
    return sorted(page.relative_to(ROOT).as_posix() for page in found if page.exists())


@pytest.mark.parametrize("name", pages())
def test_every_link_leads_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target:
            assert ((ROOT / name).parent / target).exists(), target
