"""A crash at each step from the decision to the acknowledgement, and receivers that are down, failing or slow.

A child decides an alert and sends it to a webhook and a file; it is killed (SIGKILL) at one of six steps; a second
child opens the same outbox, is given the same alert again as after a restart, and works until nothing waits. Each child
writes its own number into the messages, so that bytes that were made anew would be seen. Every message must arrive, or
be recorded as expired; once, or once more for the crash; with one payload for each key. A twin that marks a letter
before it is sent must lose some, and one that writes it anew must be found out.
"""

import asyncio
import json
import logging
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from tests.support.httpsserver import HttpsServer, reply, serving
from tests.support.mosquitto import Broker, broker

from benchmarks.page import Figure
from seismonet.core.alert import Alert
from seismonet.core.letter import Letter
from seismonet.daemon.carrier import Carrier
from seismonet.daemon.delivery import Dispatcher
from seismonet.net.clock import Clock
from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.result import Result, delivered
from seismonet.store.outbox import NAME, Outbox

STEPS = ("decide", "commit", "lease", "send", "mark", "ack")
"""Where the child dies: while it writes the messages; when they are committed; when it holds the first; when the
receiver has it but has not answered; when it was answered but that is not stored; when that is stored."""
EACH, TWIN_EACH = 200, 10
LIFE_S, SETTLE_S = 20.0, 30.0
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["benchmarks.drills.outbox"])


def die() -> None:
    """At once, as in a power cut, but for what the operating system has."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class Writer:
    """Writes messages that no other process would write alike."""

    fatal: bool = False
    status: str = "Actual"

    def as_status(self, status: str) -> "Writer":
        """There is no other."""
        return self

    def reference(self, alert: Alert) -> str:
        """How a later message names this one."""
        return f"{alert.event_id}.{alert.version}"

    def write(self, alert: Alert, receiver: ReceiverParams, place: str, references: Sequence[str]) -> tuple[bytes, str]:
        """Payload and signature."""
        if self.fatal and receiver.sink == "file":
            die()
        said = {"event": alert.event_id, "to": receiver.name, "by": os.getpid(), "at": time.time_ns()}
        return json.dumps(said).encode(), "unsigned"


class Mortal(Dispatcher):
    """Dies at a step."""

    step = ""

    async def _send(self, carrier: Carrier, letter: Letter) -> None:
        if self.step == "lease":
            die()
        await super()._send(carrier, letter)

    async def _mark(self, carrier: Carrier, letter: Letter, result: Result) -> None:
        if self.step == "mark":
            die()
        await super()._mark(carrier, letter, result)
        if self.step == "ack":
            die()


class Hasty(Mortal):
    """Wrong on purpose: marks a letter before it is sent."""

    async def _send(self, carrier: Carrier, letter: Letter) -> None:
        await Dispatcher._mark(self, carrier, letter, delivered("will be, surely"))
        if self.step == "lease":
            die()
        await carrier.send(letter, self.clock)
        carrier.busy = False


class Forgetful(Mortal):
    """Wrong on purpose: writes every message anew."""

    async def _send(self, carrier: Carrier, letter: Letter) -> None:
        anew, _ = Writer().write(alert_of(letter.event_id, letter.issued_ns), carrier.receiver, "", ())
        changed = {name: getattr(letter, name) for name in Letter.__dataclass_fields__} | {"payload": anew}
        await super()._send(carrier, Letter(**changed))


KINDS: dict[str, type[Mortal]] = {"real": Mortal, "hasty": Hasty, "forgetful": Forgetful}


def alert_of(event: str, issued_ns: int, life_s: float = LIFE_S) -> Alert:
    """An alert that is issued now."""
    until_ns = issued_ns + round(life_s * 1e9)
    codes = ("XX.A", "XX.B", "XX.C")
    return Alert(
        event, 0, "new", issued_ns, issued_ns - 5 * 10**9, 38.0, 72.0, 10.0, 5.5, "M", codes, 5.0, "s",
        expires_ns=until_ns,
    )  # fmt: skip


def receivers(folder: Path, port: int, ca_file: str) -> list[ReceiverParams]:
    """A webhook and a file."""
    hook = ReceiverParams(
        "hook", "webhook", f"https://localhost:{port}/", ca_file=ca_file, ports=(port,), timeout_s=5.0,
        allow_private=("127.0.0.0/8", "::1/128"),
    )  # fmt: skip
    return [hook, ReceiverParams("lines", "file", str(folder / "lines.jsonl"))]


def live(folder: str, asked: Sequence[ReceiverParams], alerts: Sequence[Alert], step: str, kind: str) -> None:
    """One life: decide, send, until nothing waits."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(_live(Path(folder), asked, alerts, step, kind))


async def _live(folder: Path, asked: Sequence[ReceiverParams], alerts: Sequence[Alert], step: str, kind: str) -> None:
    dispatcher = KINDS[kind](folder, Clock(), structlog.get_logger())
    dispatcher.step = step
    dispatcher.box.open()
    dispatcher.change(asked, ())
    running = asyncio.create_task(dispatcher.run())
    dispatcher.decide(alerts, Writer(fatal=step == "decide"))
    if step == "commit":
        die()
    async with asyncio.timeout(SETTLE_S):
        while any(dispatcher.account(one.name).waiting for one in asked):
            await asyncio.sleep(0.005)
    await dispatcher.finish()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    dispatcher.box.close()


@dataclass(slots=True)
class Tally:
    """What came of some crashes: letters by what became of them."""

    crashes: int = 0
    letters: int = 0
    lost: int = 0
    expired: int = 0
    most_repeats: int = 0
    repeats: int = 0
    differing: int = 0
    survived: list[str] = field(default_factory=list)

    def count(self, heard: Counter[str], payloads: dict[str, set[bytes]], folder: Path) -> None:
        """Compare what arrived with what the outbox holds."""
        outbox = Outbox(folder / NAME)
        for decided in outbox.decided(0):
            for one in outbox.posted(decided.event_id):
                key, self.letters = one.letter.key, self.letters + 1
                self.expired += one.state == "EXPIRED"
                self.lost += one.state != "EXPIRED" and heard[key] == 0
                self.lost += one.state not in ("SENT", "EXPIRED")
                self.differing += bool(payloads.get(key, set()) - {one.letter.payload})
                self.repeats += max(0, heard[key] - 1)
                self.most_repeats = max(self.most_repeats, heard[key] - 1)
        outbox.close()


async def _child(arguments: Sequence[Any]) -> int:
    process = _FORKS.Process(target=live, args=tuple(arguments), daemon=True)
    process.start()
    await asyncio.to_thread(process.join, SETTLE_S + 10.0)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode or 0


async def crash(each: int, kind: str = "real", steps: Sequence[str] = STEPS) -> Tally:
    """So many crashes at each of the steps."""
    tally = Tally()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seismonet-outbox-")))
        acknowledged = reply("200 OK", b'{"ack": "here"}')
        server = await stack.enter_async_context(serving(folder / "server", lambda _: acknowledged))
        asked = receivers(folder, server.port, server.ca_file)
        for number in range(each * len(steps)):
            await _cycle(folder, server, asked, (number, steps[number % len(steps)], kind), tally)
        heard, payloads = _heard(server, folder)
        tally.count(heard, payloads, folder)
    return tally


async def _cycle(
    folder: Path, server: HttpsServer, asked: Sequence[ReceiverParams], which: tuple[int, str, str], tally: Tally
) -> None:
    number, step, kind = which
    alerts = [alert_of(f"e{number}", time.time_ns())]
    usual = server.answer
    if step == "send":  # the receiver takes it and says nothing, and its sender is no more
        server.answer = lambda _: b""
    count = len(server.posted)
    life = asyncio.create_task(_doomed(server, count, (str(folder), asked, alerts, step, kind), step))
    code = await life
    server.answer = usual
    tally.crashes += 1
    if code != -signal.SIGKILL:
        tally.survived.append(f"{step}: exit code {code}")
    code = await _child((str(folder), asked, alerts, "", kind))
    if code:
        tally.survived.append(f"after {step}: exit code {code}")


async def _doomed(server: HttpsServer, count: int, arguments: Sequence[Any], step: str) -> int:
    process = _FORKS.Process(target=live, args=tuple(arguments), daemon=True)
    process.start()
    if step == "send":
        async with asyncio.timeout(SETTLE_S):
            while len(server.posted) == count and process.is_alive():
                await asyncio.sleep(0.002)
        process.kill()
    await asyncio.to_thread(process.join, SETTLE_S)
    return process.exitcode or 0


def _heard(server: HttpsServer, folder: Path) -> tuple[Counter[str], dict[str, set[bytes]]]:
    heard: Counter[str] = Counter()
    payloads: dict[str, set[bytes]] = {}
    found = [(one.headers["idempotency-key"], one.body) for one in server.letters]
    path = folder / "lines.jsonl"
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        said = json.loads(line)
        found.append((said["key"], said["payload"].encode()))
    for key, payload in found:
        heard[key] += 1
        payloads.setdefault(key, set()).add(payload)
    return heard, payloads


async def bad_receivers(alerts: int, life_s: float = 6.0) -> Tally:
    """A server that fails two times in three, one that never answers, a broker that comes back, one that does not."""
    tally = Tally()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seismonet-outbox-")))
        failing = reply("500 Internal Server Error")
        flaky = await stack.enter_async_context(
            serving(folder / "flaky", lambda number: failing if number % 3 else reply("200 OK"))
        )
        mute = await stack.enter_async_context(serving(folder / "mute", lambda _: b""))
        down, back = (stack.enter_context(broker(folder / name)) for name in ("down", "back"))
        down.stop()
        back.stop()
        asked = [
            *receivers(folder, flaky.port, flaky.ca_file),
            _renamed(receivers(folder, mute.port, mute.ca_file)[0], "mute"),
            *(_mqtt(one, name) for one, name in ((down, "down"), (back, "back"))),
        ]
        now_ns = time.time_ns()
        made = [alert_of(f"b{number}", now_ns + number, life_s) for number in range(alerts)]
        life = asyncio.create_task(_child((str(folder), asked, made, "", "real")))
        await asyncio.sleep(1.0)
        back.start()
        code = await life
        tally.survived += [f"exit code {code}"] if code else []
        outbox = Outbox(folder / NAME)
        posted = [one for alert in made for one in outbox.posted(alert.event_id)]
        outbox.close()
        heard, _ = _heard(flaky, folder)
        told = {one.letter.key for one in posted if one.state == "SENT"}
        tally.letters, tally.expired = len(posted), sum(one.state == "EXPIRED" for one in posted)
        tally.lost = tally.letters - tally.expired - len(told)
        hooks = [one for one in posted if one.letter.receiver in ("hook", "lines") and one.state == "SENT"]
        tally.lost += sum(heard[one.letter.key] == 0 for one in hooks)
        tally.lost += sum(one.state != "SENT" for one in posted if one.letter.receiver in ("lines", "back"))
        tally.survived += [
            f"{one.letter.receiver} was told, but is not there"
            for one in posted
            if one.letter.receiver in ("down", "mute") and one.state != "EXPIRED"
        ]
    return tally


def _renamed(receiver: ReceiverParams, name: str) -> ReceiverParams:
    facts = {one: getattr(receiver, one) for one in ReceiverParams.__dataclass_fields__}  # type: ignore[attr-defined]
    return ReceiverParams(**{**facts, "name": name, "timeout_s": 1.0})


def _mqtt(one: Broker, name: str) -> ReceiverParams:
    address = f"mqtt://127.0.0.1:{one.port}"
    return ReceiverParams(name, "mqtt", address, user="seismonet", secret=f"file:{one.password_file}", timeout_s=1.0)


def run(scale: float = 1.0) -> list[Figure]:
    """The real one, the twins that must be found out, and receivers at their worst."""
    found = asyncio.run(crash(max(3, round(EACH * scale))))
    few = max(3, round(TWIN_EACH * scale))
    hasty = asyncio.run(crash(few, "hasty", ("lease", "send")))
    forgetful = asyncio.run(crash(few, "forgetful", ("send", "mark")))
    bad = asyncio.run(bad_receivers(max(3, round(20 * scale))))
    return [*figures(found), *twin_figures(hasty, forgetful), *bad_figures(bad)]


def figures(found: Tally) -> list[Figure]:
    """What crashes are held to."""
    detail = f"{found.letters:,} letters to a webhook and a file; {found.repeats} repeats"
    undone = "; ".join(found.survived[:3])
    return [
        Figure(
            f"Messages neither delivered nor recorded as expired, {found.crashes:,} crashes at {len(STEPS)} steps",
            "0", f"{found.lost}", found.lost == 0 and not found.survived, undone or detail,
        ),
        Figure("Repeats of a message after one crash", "≤ 1", f"{found.most_repeats}", found.most_repeats <= 1),
        Figure("Keys with differing payloads", "0", f"{found.differing}", found.differing == 0),
    ]  # fmt: skip


def twin_figures(hasty: Tally, forgetful: Tally) -> list[Figure]:
    """What the twins must show."""
    return [
        Figure(
            "Messages lost by a twin that marks them before they are sent", "> 0", f"{hasty.lost}", hasty.lost > 0,
            f"of {hasty.letters}: the drill sees a loss",
        ),
        Figure(
            "Keys with differing payloads of a twin that writes them anew", "> 0", f"{forgetful.differing}",
            forgetful.differing > 0, f"of {forgetful.letters}: the drill sees them",
        ),
    ]  # fmt: skip


def bad_figures(found: Tally) -> list[Figure]:
    """What bad receivers are held to."""
    what = "Messages neither delivered nor expired: broker down and back, errors 500, a server that never answers"
    detail = "; ".join(found.survived[:3]) or f"{found.letters} letters, {found.expired} expired"
    return [Figure(what, "0", f"{found.lost}", found.lost == 0 and not found.survived and found.expired > 0, detail)]
