"""Lines are whole, on the disk when they count as delivered, and carry the very bytes that were signed."""

import asyncio
import base64
import json
import os
from pathlib import Path

from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.file import LinesFile
from tests.support.letters import T0_NS, letter


def sink(path: Path) -> LinesFile:
    return LinesFile(ReceiverParams("log", "file", str(path)))


def test_a_line_for_each_message_and_heartbeat(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    made, payload = sink(path), '{"place": "Хорог"}'.encode()

    async def work() -> None:
        assert (await made.probe()).outcome == "delivered"
        assert (await made.send(letter(payload=payload), T0_NS)).outcome == "delivered"
        assert (await made.send(letter(version=1, format="cap", payload=b"\xff\x00"), T0_NS)).outcome == "delivered"
        assert (await made.beat(b"{}", "signed")).outcome == "delivered"
        await made.close()

    asyncio.run(work())
    first, second, third = map(json.loads, path.read_text("utf-8").splitlines())
    assert (first["payload"].encode(), first["signature"], first["key"]) == (payload, letter().signature, letter().key)
    assert (base64.b64decode(second["payload_base64"]), second["kind"]) == (b"\xff\x00", "update")
    assert third == {"heartbeat": True, "format": "json", "payload": "{}", "signature": "signed"}


def test_a_torn_line_is_ended_first(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"torn": ')
    asyncio.run(sink(path).send(letter(), T0_NS))
    assert [line[:7] for line in path.read_text().splitlines()] == ['{"torn"', '{"key":']


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    made = sink(tmp_path / "nowhere" / "alerts.jsonl")

    async def work() -> None:
        result = await made.send(letter(), T0_NS)
        assert (result.outcome, "No such file" in result.words) == ("retry", True)
        assert (await made.probe()).outcome == "retry"

    asyncio.run(work())


def test_a_disk_that_takes_half_a_line_keeps_none_of_it(tmp_path: Path) -> None:
    """A child whose files may not grow: the operating system cuts what it writes, as a full disk does."""
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"whole": 1}\n')
    child = os.fork()
    if child == 0:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        result = asyncio.run(sink(path).send(letter(), T0_NS))
        os._exit(0 if result.outcome == "retry" and "no space" in result.words else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert path.read_bytes() == b'{"whole": 1}\n'
