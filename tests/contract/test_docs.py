"""The documentation says what is there: every example runs, every command and key is described."""

import doctest
import importlib
import pkgutil
import re
import shlex
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
from cyclopts import App, CycloptsError

import seismonet
from seismonet.cli.app import app
from seismonet.detect.gate import REASONS
from seismonet.location.refusals import ELECTRONIC, TELESEISM
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


@pytest.mark.parametrize("reason", [*REASONS, TELESEISM, ELECTRONIC])
def test_every_reason_to_refuse_a_trigger_is_described(reason: str) -> None:
    assert re.search(rf"^\|.*`{reason}`", (ROOT / "docs" / "commands.md").read_text("utf-8"), re.M)


SPOKEN = re.compile(r"^ {4}(seismonet .*(?:\n {5,}\S.*)*)|`(seismonet [^`\n]*)`", re.M)
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
ALWAYS = {"--help", "--version", "--install-completion"}


def spoken() -> list[str]:
    """Every command line in the pages, without the words beside it."""
    found = set()
    for name in pages():
        for block, inline in SPOKEN.findall((ROOT / name).read_text("utf-8")):
            found.add(re.split(r" {2,}", re.sub(r"\n +", " ", block or inline))[0])
    return sorted(found)


def command_of(words: list[str]) -> tuple[App, list[str]]:
    """The command that some words name, and what follows it."""
    branch: App = app
    while words and not words[0].startswith("-") and words[0] in list(branch):
        branch, words = branch[words[0]], words[1:]
    return branch, words


def options(branch: App) -> set[str]:
    if branch.default_command is None:
        return set()
    return {name for one in branch.assemble_argument_collection() for name in one.names if name.startswith("-")}


def test_every_option_in_the_pages_is_one() -> None:
    lines = [line for line in spoken() if "COMMAND" not in line]
    assert len(lines) > 60
    for line in lines:
        branch, rest = command_of(line.split()[1:])
        assert branch is not app or set(rest) <= ALWAYS, line
        assert set(OPTION.findall(" ".join(rest))) <= options(branch) | ALWAYS, line


def test_every_example_in_the_pages_can_be_understood() -> None:
    lines = [line for line in spoken() if len(line.split()) > 3 and not re.search(r"\[|\.\.\.|COMMAND", line)]
    assert any("--receipts -c" in line for line in lines)
    for line in lines:
        try:
            app.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)
        except CycloptsError as error:
            raise AssertionError(f"{line}: {error}") from None


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
