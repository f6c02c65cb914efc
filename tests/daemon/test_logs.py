"""Lines that machines and people can read, without secrets, without floods, whatever comes in."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from seismonet.daemon.logs import Limited, get_log, setup_logs
from seismonet.net.clock import Clock

CANARY = "hunter2-canary"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines() -> Callable[[], list[Any]]:
    stream = io.StringIO()
    setup_logs(True, [CANARY], stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def text(event: str, **values: object) -> str:
    stream = io.StringIO()
    setup_logs(False, [CANARY], stream=stream)
    get_log().warning(event, **values)
    return stream.getvalue()


def test_a_line_is_an_object_with_its_values(lines: Callable[[], list[Any]]) -> None:
    get_log().warning("cannot write", what="journal", tries=3, free=0.5, sources=("a", "b"))
    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning", "event": "cannot write", "what": "journal", "tries": 3, "free": 0.5, "sources": ["a", "b"]
    }  # fmt: skip


def test_for_people_a_line_is_text() -> None:
    line = text("cannot write", what="journal", reason="no space left", tries=3)
    assert line[25:] == 'warning cannot write what=journal reason="no space left" tries=3\n'


def test_what_nobody_asked_for_is_not_told(lines: Callable[[], list[Any]]) -> None:
    get_log().debug("detail")
    logging.getLogger("asyncio").info("detail")
    assert lines() == []


@pytest.mark.parametrize(
    "values",
    [
        {"password": CANARY},
        {"auth_token": CANARY},
        {"reason": f"server said: user me, password {CANARY} refused"},
        {"url": f"seedlink://me:{CANARY}@host:18000"},
        {"options": {"Secret": CANARY, "list": [f"x{CANARY}"]}},
        {"error": ValueError(CANARY)},
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_no_secret_gets_out(values: dict[str, object], as_json: bool) -> None:
    stream = io.StringIO()
    setup_logs(as_json, [CANARY], stream=stream)
    get_log().error("refused", **values)
    assert "refused" in stream.getvalue()
    assert CANARY not in stream.getvalue()


def test_a_password_in_an_address_is_blotted_out_even_if_nobody_knows_it() -> None:
    assert "unknown-pass" not in text("dial", url="seedlink://me:unknown-pass@host:18000")


def test_exceptions_are_told_without_secrets(lines: Callable[[], list[Any]]) -> None:
    try:
        raise ValueError(f"bad {CANARY}")
    except ValueError:
        get_log().exception("failed")
    (line,) = lines()
    assert "Traceback" in line["exception"]
    assert CANARY not in line["exception"]


@pytest.mark.parametrize("as_json", [True, False])
def test_bytes_from_outside_cannot_forge_a_line_or_steer_a_terminal(as_json: bool) -> None:
    stream = io.StringIO()
    setup_logs(as_json, stream=stream)
    get_log().warning("server\nsaid\x1b[2J", reply="x\n2026-01-01T00:00:00Z error\tforged\x1b]0;title\x07\x9b31m")
    told = stream.getvalue()
    assert told.count("\n") == 1
    assert told.strip().isprintable()


def test_long_texts_are_cut() -> None:
    assert len(text("server said", reply="A" * 100_000)) < 1200


def test_lines_of_libraries_join_in(lines: Callable[[], list[Any]]) -> None:
    logging.getLogger("asyncio").warning("task %s took %d ms", CANARY, 7)
    (line,) = lines()
    assert (line["level"], line["logger"], line["event"]) == ("warning", "asyncio", "task *** took 7 ms")


def test_journald_gets_the_level_as_a_prefix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    setup_logs()
    get_log().warning("cannot write", what="journal")
    assert capsys.readouterr().err == "<4>cannot write what=journal\n"


class Host:
    """A host whose monotonic clock the test moves."""

    def __init__(self) -> None:
        self.ns = 0
        self.clock = Clock(1.0, lambda: 10**18, lambda: self.ns)
        self.told: list[tuple[str, dict[str, object]]] = []
        self.log = Limited(lambda event, **values: self.told.append((event, values)), self.clock)

    def pass_s(self, duration_s: float) -> None:
        self.ns += round(duration_s * 1e9)


def test_a_flood_is_one_line_in_ten_seconds_and_a_count() -> None:
    host = Host()
    for _ in range(100_000):
        host.log("record refused", key="crc", source="sarez")
        host.pass_s(0.0003)
    host.pass_s(10.0)
    host.log.flush()
    assert [event for event, _ in host.told] == ["record refused"] * 3 + ["record refused: more of them"]
    assert len(host.told) + sum(int(str(values.get("suppressed", 0))) for _, values in host.told) - 1 == 100_000


def test_keys_do_not_hold_each_other_back() -> None:
    host = Host()
    for source in ("sarez", "manem", "sarez"):
        host.log("record refused", key=source, source=source)
    host.log("other event")
    assert [values.get("source") for _, values in host.told] == ["sarez", "manem", None]


def test_ever_new_keys_are_a_flood_too() -> None:
    host = Host()
    for number in range(100_000):
        host.log("record refused", key=number)
    assert len(host.told) <= 1001
    host.pass_s(11.0)
    host.log.flush()
    assert host.told[-1][1]["suppressed"] == 100_000 - 1001
    host.log("record refused", key="new")
    assert host.told[-1] == ("record refused", {})


def test_a_quiet_time_leaves_nothing_to_tell() -> None:
    host = Host()
    host.log("once")
    host.pass_s(11.0)
    host.log.flush()
    host.log.flush()
    assert host.told == [("once", {})]
