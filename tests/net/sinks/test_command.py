"""A command gets the message and nothing else, is not waited for too long, and leaves nothing running."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import pytest

from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.command import Command
from seismonet.net.sinks.result import Result
from tests.support.letters import T0_NS, letter


def command(*words: str, **changes: object) -> Command:
    return Command(ReceiverParams("horn", "command", command=words, **changes))  # type: ignore[arg-type]


def send(sink: Command) -> Result:
    return asyncio.run(sink.send(letter(), T0_NS))


def python(code: str, *words: str, **changes: object) -> Command:
    return command(sys.executable, "-c", code, *words, **changes)


def test_the_message_comes_on_standard_input_and_no_shell_reads_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "hidden")
    code = "import json, os, sys; json.dump([sys.stdin.read(), sys.argv[2:], dict(os.environ)], open(sys.argv[1], 'w'))"
    words = ("$(touch x); `id` && | > 'y' *", "")
    result = send(python(code, str(tmp_path / "seen"), *words))
    assert result.outcome == "delivered"
    payload, arguments, environment = json.loads((tmp_path / "seen").read_text())
    assert (payload.encode(), tuple(arguments)) == (letter().payload, words)
    assert (environment["SEISMONET_KEY"], environment["SEISMONET_KIND"]) == (letter().key, "new")
    assert "SECRET_OF_OURS" not in environment


@pytest.mark.parametrize(("code", "outcome"), [(0, "delivered"), (1, "retry"), (75, "retry"), (65, "dead")])
def test_exit_codes_say_what_to_do(code: int, outcome: str) -> None:
    assert send(python(f"import sys; sys.exit({code})")).outcome == outcome


def test_a_command_that_reads_nothing_is_no_fault() -> None:
    result = asyncio.run(python("pass").send(letter(payload=b"x" * 1_000_000), T0_NS))
    assert result.outcome == "delivered"


def test_what_is_not_back_in_time_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys, time; child = subprocess.Popen(['sleep', '60']);"
        "open(sys.argv[1], 'w').write(f'{os.getpid()} {child.pid}'); time.sleep(60)"
    )
    result = send(python(code, str(tmp_path / "pids"), timeout_s=2.0))
    assert (result.outcome, "killed" in result.words) == ("retry", True)
    for pid in map(int, (tmp_path / "pids").read_text().split()):
        assert gone(pid)


def gone(pid: int) -> bool:
    """Is a process no more, or dead and not yet fetched by whoever inherited it?"""
    give_up_s = time.monotonic() + 10
    while time.monotonic() < give_up_s:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        os.sched_yield()
    return False


def test_a_program_that_is_not_there_is_told() -> None:
    sink = command("/no/such/siren")
    assert send(sink).outcome == "retry"
    assert asyncio.run(sink.probe()).words == "/no/such/siren: there is no such program"
    assert asyncio.run(command("sleep", "1").probe()).outcome == "delivered"


def test_a_heartbeat_asks_whether_it_can_be_reached(tmp_path: Path) -> None:
    check = (sys.executable, "-c", f"import sys; open({str(tmp_path / 'beat')!r}, 'w').write(sys.stdin.read())")
    sink = command("true", check=check, heartbeat=True)
    assert asyncio.run(sink.beat(b"alive", "signed")).outcome == "delivered"
    assert (tmp_path / "beat").read_text() == "alive"
    assert asyncio.run(command("true", check=("false",)).probe()).outcome == "retry"
