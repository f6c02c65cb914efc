"""Telling receivers: what is decided is on the disk first, and reaches each receiver once, or once more for a crash.

The rules this file owns. A decision is committed with all its letters before any is sent (``store/outbox.py``). Every
receiver has a queue of its own: a slow or dead one keeps nobody waiting. Only a newer instance ends it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from seismonet.core.alert import Alert
from seismonet.core.errors import SeismonetError
from seismonet.core.letter import Letter
from seismonet.core.target import Target
from seismonet.core.utc import from_seconds
from seismonet.formats import jsonlines
from seismonet.net.clock import Clock
from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.opening import open_sink
from seismonet.net.sinks.result import Result
from seismonet.store.outbox import Account, Decided, Outbox, Told, Write
from seismonet.warn.routing import Leave, place_of, route

from .box import Box
from .carrier import Carrier, next_try_ns

BEAT_S = 10.0
MARGIN_S = 15.0
"""A lease outlives the try that it is given for by so much."""
LOOK_S, SOONEST_S = 1.0, 0.02
OTHERS_S = 10.0
"""What other processes changed, an acknowledgement say, is seen after so long."""
FINISH_S = 5.0


class Scribe(Protocol):
    """Writes what is sent: pure, so that the same alert gives the same bytes."""

    @property
    def status(self) -> str:
        """Of the messages: Actual, Exercise or Test."""

    def as_status(self, status: str) -> "Scribe":
        """The same for messages of another status."""

    def reference(self, alert: Alert) -> str:
        """How a later message names this one."""

    def write(self, alert: Alert, receiver: ReceiverParams, place: str, references: Sequence[str]) -> tuple[bytes, str]:
        """Payload and signature."""


class Witness(Protocol):
    """Is told what became of letters."""

    def tried(self, letter: Letter, result: Result, times: tuple[int, int]) -> None:
        """One was tried: when that began and ended, and what came of it."""

    def acknowledged(self, key: str, by: str) -> None:
        """Its receiver says later that it has it."""


class Dispatcher:
    """The outbox and its receivers. ``heartbeat`` gives payload and signature of a sign of life, None for none now."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        log: Any,
        *,
        heartbeat: Callable[[], tuple[bytes, str] | None] = lambda: None,
        relief: Callable[[], bool] = lambda: False,
        witness: Witness | None = None,
    ) -> None:
        """``log`` is a logger; ``relief`` makes room on a full disk, and says whether it could."""
        self.clock, self.log, self._heartbeat, self._witness = clock, log, heartbeat, witness
        self.box = Box(folder, clock, log.warning, relief)
        self.carriers: dict[str, Carrier] = {}
        self._accounts: dict[str, Account] = {}
        self._stamp: object = None
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[Any]] = set()

    # ---- opening and closing

    def change(self, receivers: Sequence[ReceiverParams], targets: Sequence[Target]) -> None:
        """Serve these receivers from now on. One that cannot be used is told in the status; the others are served."""
        old, self.carriers = self.carriers, {}
        for receiver in receivers:
            known = old.get(receiver.name)
            place, fault = _place(receiver, targets)
            if known is not None and known.receiver == receiver and known.place == place and known.sink:
                self.carriers[receiver.name] = old.pop(receiver.name)
                continue
            carrier = self.carriers[receiver.name] = Carrier(receiver, place, None, fault)
            try:
                carrier.sink = open_sink(receiver, self._acknowledged)
            except SeismonetError as error:
                carrier.error = str(error)
                self.log.warning("receiver cannot be used", receiver=receiver.name, reason=str(error))
        for carrier in old.values():
            if carrier.sink is not None:
                self._spawn(carrier.sink.close())
        self._wake.set()

    async def finish(self) -> None:
        """Send what is due, let tries come to their end, for some seconds, and close all ways."""
        await self._send_due()
        if self._sending:
            await asyncio.wait(self._sending, timeout=FINISH_S)
        for task in list(self._sending):
            task.cancel()
        for carrier in self.carriers.values():
            sink, carrier.sink = carrier.sink, None
            if sink is not None:
                await sink.close()

    # ---- deciding

    def decide(self, alerts: Sequence[Alert], now: Scribe) -> None:
        """Commit what is sent to whom, and begin to send. What was decided before stays as it is."""
        for alert in alerts:
            now_ns = self.clock.now_ns()
            # whoever was warned in earnest is told in earnest that it was a mistake, whatever was switched meanwhile
            begun = self.box.do(partial(_status, alert.event_id, alert.audience))
            scribe = now.as_status(begun) if begun else now
            decided = Decided(
                alert.event_id, alert.audience, alert.version, alert.kind, alert.issued_ns, scribe.status,
                self._reference(alert, scribe), jsonlines.lines([jsonlines.alert_object(alert)]),
            )  # fmt: skip
            self.box.do(partial(_commit, decided, partial(self._letters, alert, scribe, now_ns), now_ns))
        if alerts:
            self._wake.set()

    def post(self, letters: Sequence[Letter]) -> None:
        """Send letters that stand for no alert, after all that do."""
        now_ns = self.clock.now_ns()
        due = [one for one in letters if one.not_after_ns > now_ns]
        if due:
            self.box.do(lambda outbox: outbox.post(due, now_ns))
            self._wake.set()

    def _reference(self, alert: Alert, scribe: Scribe) -> str:
        try:
            return scribe.reference(alert)
        except Exception as error:  # the decision must be kept, whatever is wrong with its messages
            self.log.warning("message could not be written", event_id=alert.event_id, reason=repr(error))
            return alert.event_id

    def _letters(self, alert: Alert, scribe: Scribe, now_ns: int, told: Told) -> tuple[list[Letter], dict[str, str]]:
        letters: list[Letter] = []
        refusals: dict[str, str] = {}
        for name, carrier in self.carriers.items():
            references = told.get(name, ())
            sent = route(alert, carrier.receiver, scribe.status, now_ns, place=carrier.place, told=bool(references))
            if isinstance(sent, Leave):
                refusals[name] = sent.why
                continue
            try:
                payload, signature = scribe.write(alert, carrier.receiver, carrier.place, references)
            except Exception as error:  # whatever is wrong with one form, the others must go out
                refusals[name] = f"the {sent.format} message could not be written: {error!r}"
                self.log.warning("message could not be written", receiver=name, form=sent.format, reason=repr(error))
                continue
            letters.append(
                Letter(
                    alert.event_id, alert.audience, alert.version, alert.kind, alert.issued_ns, name, sent.format,
                    payload, signature, sent.not_after_ns,
                )
            )  # fmt: skip
        return letters, refusals

    def recent(self, since_ns: int) -> list[Alert]:
        """Alerts that were decided since a time."""
        try:
            found = self.box.do(lambda outbox: outbox.decided(since_ns))
            return [alert for one in found for alert in jsonlines.read_alerts(one.alert)]
        except SeismonetError as error:
            self.log.warning("earlier alerts cannot be read", reason=str(error))
            return []

    # ---- sending

    async def run(self) -> None:
        """Send, until cancelled; OvertakenError when a newer instance took over."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beats())
            while True:
                self._wake.clear()
                await self._send_due()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(await self._idle_s()):
                        await self._wake.wait()

    async def _send_due(self) -> None:
        now_ns = self.clock.now_ns()
        free = {
            name: one.open_again_s(self.clock) == 0.0
            for name, one in self.carriers.items()
            if not one.busy and one.sink is not None
        }
        longest_s = max((one.receiver.timeout_s for one in self.carriers.values()), default=0.0)
        until_ns = now_ns + from_seconds(longest_s + MARGIN_S)
        for letter in await self.box.soon(lambda outbox: outbox.lease(free, now_ns, until_ns)):
            carrier = self.carriers.get(letter.receiver)
            if carrier is not None:
                carrier.busy = True
                self._spawn(self._send(carrier, letter))

    async def _send(self, carrier: Carrier, letter: Letter) -> None:
        try:
            now_ns = self.clock.now_ns()
            if not await self.box.soon(lambda outbox: outbox.holds(letter.key, now_ns)):
                return
            begun_ns = self.clock.now_ns()
            result = await carrier.send(letter, self.clock)
            if self._witness is not None:
                self._witness.tried(letter, result, (begun_ns, self.clock.now_ns()))
            await self._mark(carrier, letter, result)
        finally:
            carrier.busy = False
            self._wake.set()

    async def _mark(self, carrier: Carrier, letter: Letter, result: Result) -> None:
        now_ns, words = self.clock.now_ns(), result.words
        outcome = result.outcome
        if outcome == "retry" and letter.attempts > carrier.receiver.retries:
            outcome, words = "dead", f"given up after {letter.attempts} tries: {words}"
        if outcome == "delivered":
            await self.box.soon(lambda outbox: outbox.sent(letter.key, now_ns, words, result.ack))
        elif outcome == "dead":
            await self.box.soon(lambda outbox: outbox.dead(letter.key, now_ns, words))
        else:
            again_ns = next_try_ns(letter, now_ns, carrier.receiver.report)
            await self.box.soon(lambda outbox: outbox.again(letter.key, again_ns, words))
        self.log.info(
            {"delivered": "told", "dead": "cannot be told", "retry": "not told yet"}[outcome],
            receiver=letter.receiver, event_id=letter.event_id, version=letter.version, kind=letter.kind,
            attempt=letter.attempts, what=words,
        )  # fmt: skip

    def _acknowledged(self, key: str, by: str) -> None:
        now_ns = self.clock.now_ns()

        async def store() -> None:
            if await self.box.soon(lambda outbox: outbox.ack(key, now_ns, by)):
                self.log.info("acknowledged", key=key, by=by)
                if self._witness is not None:
                    self._witness.acknowledged(key, by)

        self._spawn(store())

    async def _idle_s(self) -> float:
        """How long nothing is due; asked anew each second, as clocks may be set."""
        ready = [one for one in self.carriers.values() if not one.busy and one.sink is not None]
        pauses = [pause_s for one in ready if (pause_s := one.open_again_s(self.clock))]
        names = [one.receiver.name for one in ready if not one.open_again_s(self.clock)]
        due_ns = await self.box.soon(lambda outbox: outbox.next_due_ns(names))
        if due_ns is not None:
            pauses.append((due_ns - self.clock.now_ns()) / 1e9)
        return min(max(min(pauses, default=LOOK_S) / self.clock.rate, SOONEST_S), LOOK_S)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.log.warning("a message could not be handled", reason=repr(error))

    # ---- signs of life

    async def _beats(self) -> None:
        while True:
            await self.clock.sleep(BEAT_S)
            for carrier in self.carriers.values():
                wanted = carrier.receiver.heartbeat and not carrier.beating and carrier.sink is not None
                if wanted and (made := self._heartbeat()):
                    self._spawn(carrier.beat(*made, self.clock))

    # ---- looking

    def account(self, name: str) -> Account:
        """What became of a receiver's letters."""
        stamp = self.box.do(lambda outbox: (id(outbox), outbox.changes)), self.clock.monotonic_s() // OTHERS_S
        if stamp != self._stamp:
            self._accounts.clear()
            self._stamp = stamp
        if name not in self._accounts:
            self._accounts[name] = self.box.do(lambda outbox: outbox.account(name))
        return self._accounts[name]


def _commit(decided: Decided, write: Write, now_ns: int, outbox: Outbox) -> Sequence[Letter] | None:
    return outbox.decide(decided, write, now_ns)


def _status(event_id: str, audience: str, outbox: Outbox) -> str:
    return outbox.status(event_id, audience)


def _place(receiver: ReceiverParams, targets: Sequence[Target]) -> tuple[str, str]:
    """The target that counts for a receiver, or what is wrong with it: then the one that is shaken most counts."""
    try:
        return place_of(receiver, targets), ""
    except SeismonetError as error:
        return "", str(error)
