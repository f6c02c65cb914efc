"""The dispatcher with real receivers: at once, in the right order, whatever others, the disk or the receiver do."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from seismonet.core.target import Target
from seismonet.daemon.delivery import Dispatcher
from seismonet.net.clock import Clock
from seismonet.net.receivers import ReceiverParams
from seismonet.store.outbox import Outbox, OvertakenError, Posted
from tests.support.httpsserver import HttpsServer, reply, serving
from tests.support.letters import SECOND_NS, PlainScribe, alert, shaking
from tests.support.letters import T0_NS as BEGIN_NS

TARGETS = (Target("Khorugh", "city", 37.49, 71.55), Target("Rushon", "town", 37.95, 71.55))


def clock(rate: float = 1.0) -> Clock:
    """Six seconds after the earthquake."""
    import time

    shift_ns = BEGIN_NS + 6 * SECOND_NS - time.time_ns()
    return Clock(rate, lambda: time.time_ns() + shift_ns, begin_ns=BEGIN_NS + 6 * SECOND_NS)


def lines(folder: Path, name: str = "lines", **changes: object) -> ReceiverParams:
    return ReceiverParams(name, "file", str(folder / f"{name}.jsonl"), **changes)  # type: ignore[arg-type]


def hook(server: HttpsServer, name: str = "hook", **changes: object) -> ReceiverParams:
    facts = {
        "ca_file": server.ca_file, "ports": (server.port,), "allow_private": ("127.0.0.0/8", "::1/128"),
        "timeout_s": 2.0,
    }  # fmt: skip
    return ReceiverParams(name, "webhook", f"https://localhost:{server.port}/", **{**facts, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def dispatching(
    folder: Path, receivers: Sequence[ReceiverParams], rate: float = 1.0, **options: object
) -> AsyncIterator[Dispatcher]:
    made = Dispatcher(folder, clock(rate), structlog.get_logger(), **options)  # type: ignore[arg-type]
    made.box.open()
    made.change(receivers, TARGETS)
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        await made.finish()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        made.box.close()


async def until(condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.005)


def got(folder: Path, name: str = "lines") -> list[dict[str, object]]:
    path = folder / f"{name}.jsonl"
    if not path.exists():
        return []
    return [json.loads(json.loads(line)["payload"]) for line in path.read_text().splitlines()]


def posted(made: Dispatcher, event: str = "e1") -> list[Posted]:
    return made.box.do(lambda outbox: outbox.posted(event))


def test_a_slow_receiver_keeps_nobody_waiting(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path / "s", lambda _: b"") as mute:
            horn = ReceiverParams("horn", "command", command=("sleep", "60"), timeout_s=1.5)
            async with dispatching(tmp_path, [hook(mute, timeout_s=1.5), horn, lines(tmp_path)]) as made:
                made.decide([alert()], PlainScribe())
                await until(lambda: made.account("lines").sent == 1, 1.5)
                assert (made.account("hook").sent, made.account("horn").sent) == (0, 0)

    asyncio.run(work())


def test_each_gets_its_message_or_the_reason_why_not_is_kept(tmp_path: Path) -> None:
    receivers = [
        lines(tmp_path, "near", place="Khorugh", least_intensity=5),
        lines(tmp_path, "far", coordinates=(37.9, 71.6), least_intensity=5),
        lines(tmp_path, "people", audience="public"),
    ]

    async def work() -> None:
        async with dispatching(tmp_path, receivers) as made:
            made.decide([alert(shaking=(shaking("Khorugh", 6.0), shaking("Rushon", 4.0)))], PlainScribe())
            await until(lambda: made.account("near").sent == 1)
            refused = made.box.do(lambda outbox: outbox.refused("e1"))
            assert [(name, why.split(":")[0]) for _, _, name, why in refused] == [
                ("far", "intensity 5 at Rushon"), ("people", "for operator, not for public"),
            ]  # fmt: skip
        assert [one["place"] for one in got(tmp_path, "near")] == ["Khorugh"]

    asyncio.run(work())


def test_updates_and_cancels_name_what_each_was_told_and_follow_only_that(tmp_path: Path) -> None:
    receivers = [
        lines(tmp_path, "always"),
        lines(tmp_path, "strong", least_intensity=6),
        lines(tmp_path, "never", least_intensity=9),
    ]

    async def work() -> None:
        async with dispatching(tmp_path, receivers) as made:
            scribe = PlainScribe()
            made.decide([alert(shaking=(shaking("Khorugh", 5.0),))], scribe)
            await until(lambda: made.account("always").sent == 1)
            made.decide([alert(version=1, kind="update", shaking=(shaking("Khorugh", 6.0),))], scribe)
            await until(lambda: (made.account("always").sent, made.account("strong").sent) == (2, 1))
            made.decide([alert(version=2, kind="cancel")], scribe)
            await until(lambda: (made.account("always").sent, made.account("strong").sent) == (3, 2))

    asyncio.run(work())
    first, second = "e1.operator.0", "e1.operator.1"
    assert [one["references"] for one in got(tmp_path, "always")] == [[], [first], [first, second]]
    assert [(one["kind"], one["references"]) for one in got(tmp_path, "strong")] == [
        ("update", []),
        ("cancel", [second]),
    ]
    assert got(tmp_path, "never") == []


def test_who_was_warned_in_earnest_is_told_in_earnest_that_it_was_a_mistake(tmp_path: Path) -> None:
    async def work() -> None:
        async with dispatching(tmp_path, [lines(tmp_path, audience="public")]) as made:
            made.decide([alert(audience="public")], PlainScribe("Actual"))
            await until(lambda: made.account("lines").sent == 1)
            made.decide([alert(version=1, kind="cancel", audience="public")], PlainScribe("Exercise"))
            await until(lambda: made.account("lines").sent == 2)
            made.decide([alert("e2", audience="public")], PlainScribe("Exercise"))
            assert made.box.do(lambda outbox: outbox.refused("e2")) != []

    asyncio.run(work())
    assert [(one["kind"], one["status"]) for one in got(tmp_path)] == [("new", "Actual"), ("cancel", "Actual")]


def test_a_cancel_reaches_whom_a_failed_try_may_have_reached(tmp_path: Path) -> None:
    said = [b"", reply("200 OK")]

    async def work() -> None:
        async with serving(tmp_path / "s", lambda number: said[min(number, 1)]) as server:
            async with dispatching(
                tmp_path, [hook(server, timeout_s=0.3), lines(tmp_path, "asleep", takes=("Test",))]
            ) as made:
                made.decide([alert(expires_ns=BEGIN_NS + 6 * SECOND_NS + SECOND_NS // 5)], PlainScribe())
                await until(lambda: made.account("hook").expired == 1)
                made.decide([alert(version=1, kind="cancel")], PlainScribe())
                await until(lambda: made.account("hook").sent == 1)
            assert [json.loads(one.body)["kind"] for one in server.posted] == ["new", "cancel"]

    asyncio.run(work())


def test_errors_are_tried_again_until_they_are_taken_and_the_bytes_stay(tmp_path: Path) -> None:
    failing = reply("500 Internal Server Error")

    async def work() -> None:
        async with serving(
            tmp_path / "s", lambda number: failing if number < 2 else reply("200 OK", b'{"ack": "7"}')
        ) as server:
            async with dispatching(tmp_path, [hook(server, ack=True)]) as made:
                made.decide([alert()], PlainScribe())
                await until(lambda: made.account("hook").sent == 1)
                assert made.account("hook").unacknowledged == 0
                (one,) = posted(made)
                assert (one.letter.attempts, one.ack) == (3, "7")
            assert (
                len({one.body for one in server.posted})
                == len({one.headers["idempotency-key"] for one in server.posted})
                == 1
            )

    asyncio.run(work())


def test_a_breaker_spares_a_dead_receiver_but_what_is_new_knocks_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path / "s", lambda _: reply("503 Service Unavailable")) as server:
            receivers = [hook(server, timeout_s=10.0)]
            async with dispatching(tmp_path, receivers, 5.0) as made:
                made.decide([alert()], PlainScribe())
                carrier = made.carriers["hook"]
                await until(lambda: carrier.state == "unreachable")
                assert carrier.open_again_s(made.clock) > 0
                count = len(server.posted)
                made.decide([alert("e2")], PlainScribe())
                await until(lambda: len(server.posted) > count, 0.7)
                assert json.loads(server.posted[-1].body)["reference"] == "e2.operator.0"
                server.answer = lambda _: reply("200 OK")
                await until(lambda: made.account("hook").sent == 2)
                assert (carrier.state, carrier.error) == ("reachable", "")

    asyncio.run(work())


def test_many_new_messages_to_a_dead_receiver_do_not_keep_it_from_coming_back(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path / "s", lambda _: reply("503 Service Unavailable")) as server:
            receivers = [hook(server)]
            async with dispatching(tmp_path, receivers) as made:
                made.decide([alert(f"e{number}") for number in range(30)], PlainScribe())
                await until(lambda: len(server.posted) >= 30)
                assert made.carriers["hook"].open_again_s(made.clock) < 3.0
                server.answer = lambda _: reply("200 OK")
                await until(lambda: made.account("hook").sent == 30)

    asyncio.run(work())


def test_what_nobody_takes_in_time_is_recorded_and_retries_have_an_end(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path / "s", lambda _: reply("500 Internal Server Error")) as server:
            receivers = [
                hook(server, deadline_s=1.5),
                hook(server, "once", retries=0),
                lines(tmp_path / "no", "nowhere", retries=1),
            ]
            async with dispatching(tmp_path, receivers) as made:
                made.decide([alert(issued_ns=BEGIN_NS + 6 * SECOND_NS)], PlainScribe())
                await until(lambda: sum(made.account(one.name).waiting for one in receivers) == 0)
                found = {one.letter.receiver: (one.state, one.evidence) for one in posted(made)}
                assert found["hook"] == ("EXPIRED", "last: HTTP 500")
                assert found["once"] == ("DEAD", "given up after 1 tries: HTTP 500")
                assert (found["nowhere"][0], "given up after 2 tries" in found["nowhere"][1]) == ("DEAD", True)

    asyncio.run(work())


def test_a_restart_tells_nobody_again(tmp_path: Path) -> None:
    async def work() -> None:
        for _ in range(3):
            async with dispatching(tmp_path, [lines(tmp_path)]) as made:
                made.decide([alert()], PlainScribe())
                await until(lambda: made.account("lines").sent == 1)
                assert [(one.event_id, one.version) for one in made.recent(0)] == [("e1", 0)]

    asyncio.run(work())
    assert len(got(tmp_path)) == 1


def test_a_newer_instance_ends_it(tmp_path: Path) -> None:
    async def work() -> None:
        made = Dispatcher(tmp_path, clock(), structlog.get_logger())
        made.box.open()
        made.change([lines(tmp_path)], ())
        running = asyncio.create_task(made.run())
        other = Outbox(tmp_path / "alerts.db")
        other.take_over()
        made.decide([alert()], PlainScribe())
        with pytest.raises(ExceptionGroup) as caught:
            await running
        assert caught.value.subgroup(OvertakenError) is not None
        made.box.close()
        other.close()

    asyncio.run(work())
    assert got(tmp_path) == []


def test_when_the_disk_refuses_everybody_is_told_all_the_same_and_it_is_stored_later(tmp_path: Path) -> None:
    relieved: list[int] = []

    async def work() -> None:
        relief = {"relief": lambda: bool(relieved.append(1))}
        async with dispatching(tmp_path, [lines(tmp_path)], **relief) as made:
            made.decide([alert("before")], PlainScribe())
            await until(lambda: made.account("lines").sent == 1)
            blocker = sqlite3.connect(tmp_path / "alerts.db", isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")  # a database that cannot be written
            made.decide([alert()], PlainScribe())
            made.decide([alert()], PlainScribe())
            await until(lambda: len(got(tmp_path)) == 2)
            assert not made.box.stored
            made.box.mend()
            assert not made.box.stored
            blocker.execute("ROLLBACK")
            blocker.close()
            await until(lambda: made.account("lines").sent == 2)
            made.box.mend()
            assert made.box.stored
            made.decide([alert(), alert("after")], PlainScribe())
            await until(lambda: made.account("lines").sent == 3)

    asyncio.run(work())
    assert relieved == [1]
    outbox = Outbox(tmp_path / "alerts.db")
    assert {one.event_id for one in outbox.decided(0)} == {"before", "e1", "after"}
    assert {one.state for event in ("before", "e1", "after") for one in outbox.posted(event)} == {"SENT"}
    outbox.close()


def test_a_damaged_outbox_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "alerts.db").write_bytes(b"no database " * 1000)

    async def work() -> None:
        async with dispatching(tmp_path, [lines(tmp_path)]) as made:
            made.decide([alert()], PlainScribe())
            await until(lambda: made.account("lines").sent == 1)
            assert made.box.stored

    asyncio.run(work())
    assert (tmp_path / "alerts.db.damaged-0").exists()


def test_a_folder_that_cannot_be_written_stops_no_alert(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    async def work() -> None:
        async with dispatching(tmp_path / "file", [lines(tmp_path)]) as made:
            made.decide([alert()], PlainScribe())
            await until(lambda: made.account("lines").sent == 1)
            made.box.mend()
            assert not made.box.stored

    asyncio.run(work())


def test_a_form_that_cannot_be_written_stops_no_other(tmp_path: Path) -> None:
    class Broken(PlainScribe):
        def write(
            self, alert: object, receiver: ReceiverParams, place: str, references: Sequence[str]
        ) -> tuple[bytes, str]:
            if receiver.format == "cap":
                raise RuntimeError("a fault of ours")
            return b'{"fine": true}', ""

    async def work() -> None:
        async with dispatching(tmp_path, [lines(tmp_path, "cap", format="cap"), lines(tmp_path)]) as made:
            made.decide([alert()], Broken())
            await until(lambda: made.account("lines").sent == 1)
            ((*_, why),) = made.box.do(lambda outbox: outbox.refused("e1"))
            assert "could not be written: RuntimeError('a fault of ours')" in why

    asyncio.run(work())


def test_heartbeats_reach_those_who_want_them_and_say_when_they_were_reached(tmp_path: Path) -> None:
    async def work() -> None:
        async with serving(tmp_path / "s") as server:
            check = (sys.executable, "-c", "")
            horn = ReceiverParams("horn", "command", audience="siren", command=("true",), check=check, heartbeat=True)
            receivers = [hook(server, heartbeat=True), horn, lines(tmp_path)]
            beats = {"heartbeat": lambda: (b'{"alive": true}', "signed")}
            async with dispatching(tmp_path, receivers, 60.0, **beats) as made:
                await until(lambda: len(server.posted) >= 2 and made.carriers["horn"].reached_ns > 0)
                assert {one.body for one in server.posted} == {b'{"alive": true}'}
                assert (made.carriers["horn"].state, made.carriers["lines"].state) == ("reachable", "untried")

    asyncio.run(work())


def test_without_life_there_is_no_sign_of_it(tmp_path: Path) -> None:
    asked: list[int] = []

    async def work() -> None:
        async with serving(tmp_path / "s") as server:
            dead = {"heartbeat": lambda: asked.append(1)}
            async with dispatching(tmp_path, [hook(server, heartbeat=True)], 60.0, **dead):
                await until(lambda: len(asked) > 1)
            assert server.posted == []

    asyncio.run(work())


def test_receivers_change_while_it_runs_and_one_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        async with dispatching(tmp_path, [lines(tmp_path, "old"), lines(tmp_path, "same")]) as made:
            same = made.carriers["same"]
            unusable = ReceiverParams("mail", "mqtt", "mqtt://localhost", user="me", secret="env:NO_SUCH_SECRET")
            made.change([lines(tmp_path, "same"), lines(tmp_path, "new"), unusable], TARGETS)
            assert made.carriers["same"] is same
            assert (made.carriers["mail"].state, "NO_SUCH_SECRET" in made.carriers["mail"].error) == ("unusable", True)
            made.decide([alert()], PlainScribe())
            await until(lambda: made.account("new").sent == made.account("same").sent == 1)
            assert made.account("mail").waiting == 1

    asyncio.run(work())
    assert got(tmp_path, "old") == []
