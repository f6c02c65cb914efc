"""One reason to skip a test is allowed; any other skip fails the run, so that nothing is left out unnoticed."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.support.shared import ABSENT


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> Iterator[None]:
    """A test that says where logs go, says it for itself: its stream is closed afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    for handler in list(root.handlers):
        if handler not in handlers and type(handler).__module__.startswith("seismonet"):
            root.removeHandler(handler)
    root.setLevel(level)


def _foreign_skips(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    reasons = [(report.nodeid, str(report.longrepr[2]).removeprefix("Skipped: ")) for report in skipped]
    return [f"{nodeid}: {reason}" for nodeid, reason in reasons if reason != ABSENT]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _foreign_skips(session.config) and session.exitstatus in (
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    foreign = _foreign_skips(config)
    if foreign:
        terminalreporter.section(f'skipped for another reason than "{ABSENT}": this fails the run', red=True)
        for line in foreign:
            terminalreporter.line(line)
