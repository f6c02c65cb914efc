"""Changes of state reach the operators who want them, once, and never before an alert."""

import asyncio
import json
from pathlib import Path

from seismonet.core.health import Change
from seismonet.core.letter import Letter
from seismonet.daemon.states import KIND, state_letters
from seismonet.net.receivers import ReceiverParams
from seismonet.store.outbox import Outbox
from tests.daemon.test_delivery import dispatching, got, lines, until
from tests.support.letters import SECOND_NS, PlainScribe, alert
from tests.support.letters import T0_NS as BEGIN_NS


class Unsigned:
    """Papers without a key."""

    def signature(self, payload: bytes) -> str:
        return ""


DOWN = Change("TJ.MURG", BEGIN_NS, "good", "down", ("HHZ: no record for 20 s",))
UP = Change("TJ.MURG", BEGIN_NS + 90 * SECOND_NS, "down", "good", ())
CHANNEL = Change("TJ.MURG.00.HHZ", BEGIN_NS, "good", "down", ("no record for 20 s",))


def made(*receivers: ReceiverParams, changes: tuple[Change, ...] = (CHANNEL, DOWN)) -> list[Letter]:
    return state_letters(changes, receivers, Unsigned(), "Actual")


def test_only_operators_who_ask_for_states_are_told_of_stations_and_the_network(tmp_path: Path) -> None:
    wants, not_asked = lines(tmp_path, "wants", states=True), lines(tmp_path, "not")
    public = lines(tmp_path, "public", states=True, audience="public")
    words = lines(tmp_path, "words", states=True, format="sms")
    letters = made(wants, not_asked, public, words)
    assert [(one.receiver, one.event_id, one.kind) for one in letters] == [
        ("wants", "state:TJ.MURG", KIND), ("words", "state:TJ.MURG", KIND),
    ]  # fmt: skip
    assert json.loads(letters[0].payload)["reasons"] == ["HHZ: no record for 20 s"]
    assert letters[1].payload.startswith(b"TJ.MURG is down since ")


def test_a_change_reaches_its_receiver_once(tmp_path: Path) -> None:
    async def check() -> None:
        wants = lines(tmp_path, states=True)
        async with dispatching(tmp_path, [wants]) as running:
            running.post(made(wants))
            running.post(made(wants))
            await until(lambda: len(got(tmp_path)) == 1)
            running.post(made(wants, changes=(UP,)))
            await until(lambda: len(got(tmp_path)) == 2)
            assert running.recent(0) == []

    asyncio.run(check())
    assert [line["after"] for line in got(tmp_path)] == ["down", "good"]


def test_alerts_go_first_and_a_newer_state_replaces_one_that_was_not_tried() -> None:
    wants = ReceiverParams("duty", "file", "duty.jsonl", states=True)
    outbox = Outbox(None)
    outbox.take_over()
    outbox.post(made(wants), BEGIN_NS)
    outbox.post(made(wants, changes=(UP,)), BEGIN_NS)
    first = Letter("e1", "operator", 0, "new", BEGIN_NS + SECOND_NS, "duty", "json", b"{}", "", 2**62)
    outbox.post([first], BEGIN_NS)
    order = []
    for _ in range(3):
        order += outbox.lease({"duty": True}, BEGIN_NS, BEGIN_NS + SECOND_NS)
    assert [one.event_id for one in order] == ["e1", "state:TJ.MURG"]
    assert json.loads(order[1].payload)["after"] == "good"


def test_an_alert_is_told_as_before(tmp_path: Path) -> None:
    async def check() -> None:
        wants = lines(tmp_path, states=True)
        async with dispatching(tmp_path, [wants]) as running:
            running.post(made(wants))
            running.decide([alert()], PlainScribe())
            await until(lambda: len(got(tmp_path)) == 2)

    asyncio.run(check())
    assert sorted("after" in line for line in got(tmp_path)) == [False, True]
