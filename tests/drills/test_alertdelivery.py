"""An earthquake from digitizers to receivers, with a restart amid its updates: told as new once, signed, chained."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.drills.nursery import Nursery, quiet
from benchmarks.drills.scene import Scene, scene

from seismonet.config import load_config, to_toml
from seismonet.formats.alertjson import read, reference
from seismonet.formats.alertmessage import Message
from seismonet.formats.signature import authentic, key_id, new_key, private_to_pem
from seismonet.net.receivers import ReceiverParams
from seismonet.store.outbox import Outbox

KEY = new_key()
KEYS = {key_id(KEY.public_key()): KEY.public_key()}
STOP_S, END_S = 24.0, 60.0


def with_receivers(one: Scene) -> None:
    key = one.folder / "key.pem"
    key.write_bytes(private_to_pem(KEY))
    key.chmod(0o600)
    config = load_config(one.config)
    tries = ReceiverParams("any", "file", "any", audience="public", takes=("Exercise",))
    receivers = (
        replace(tries, name="lines", address=str(one.folder / "lines.jsonl")),
        replace(tries, name="page", address=str(one.folder / "page.jsonl"), format="text", language="ru"),
        ReceiverParams("horn", "file", str(one.folder / "horn.jsonl"), takes=("Actual",)),
    )
    config = replace(config, receivers=receivers, messages=replace(config.messages, key_file=str(key)))
    one.config.write_text(to_toml(config), "utf-8")


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    async def play() -> Scene:
        folder = tmp_path_factory.mktemp("scene") / "one"
        async with Nursery() as nursery, scene(folder, nursery) as one:
            with_receivers(one)
            first = await one.start()
            await one.until(STOP_S)
            await one.stop(first)
            second = await one.start()
            await one.until(END_S)
            await one.stop(second)
            return one

    with quiet():
        return asyncio.run(play())


def test_every_alert_that_was_told_reached_its_receivers_once_signed_and_chained(played: Scene) -> None:
    told = lines(played.folder / "lines.jsonl")
    messages: list[Message] = []
    for one in told:
        assert authentic(one["payload"].encode(), one["signature"], KEYS).genuine
        messages.append(read(one["payload"].encode()))
    issued = [(one.event_id, one.version) for one in played.alerts() if one.audience == "public"]
    came = [(one.event_id, one.version) for one in messages]
    assert len(came) > 1
    assert came == [one for one in issued if one in came], "in order, each once; what a later one replaced stays here"
    assert (came[0], came[-1]) == (issued[0], issued[-1])
    assert [one.type for one in messages] == ["Alert", *["Update"] * (len(messages) - 1)]
    for number, one in enumerate(messages):
        assert one.references == tuple(reference(before) for before in messages[:number])
        assert one.status == "Exercise"
        assert one.simulated
    assert len({one["key"] for one in told}) == len(told)


def test_texts_say_that_it_is_an_exercise_and_who_takes_none_hears_nothing(played: Scene) -> None:
    pages = lines(played.folder / "page.jsonl")
    assert len(pages) == len(lines(played.folder / "lines.jsonl"))
    assert all(one["payload"].startswith("УЧЕНИЯ.") for one in pages)
    assert not (played.folder / "horn.jsonl").exists()


def test_the_outbox_has_nothing_left_to_do_and_says_why_somebody_was_not_told(played: Scene) -> None:
    outbox = Outbox(played.archive / "alerts.db")
    try:
        decided = outbox.decided(0)
        posted = [one for event in {one.event_id for one in decided} for one in outbox.posted(event)]
        assert {one.state for one in posted} <= {"SENT", "EXPIRED"}
        sent = [one.letter for one in posted if one.state == "SENT"]
        for one in posted:  # what did not go out was replaced by a later version that did
            newer = [it for it in sent if it.receiver == one.letter.receiver and it.version > one.letter.version]
            assert one.state == "SENT" or newer
        refused = [one for event in {one.event_id for one in decided} for one in outbox.refused(event)]
        assert "takes no message of status Exercise" in {why for _, _, name, why in refused if name == "horn"}
    finally:
        outbox.close()
