"""What a person asks for: by the daemon if one runs, else here and now, with the daemon's own means."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from seismonet.core.alert import Decision
from seismonet.core.errors import ArchiveError
from seismonet.core.letter import Letter
from seismonet.net.clock import Clock
from seismonet.net.sinks.result import Result
from seismonet.pipeline import Output
from seismonet.store.catalogue import Catalogue
from seismonet.store.ledger import Entry, Ledger
from seismonet.store.simulated import read_mark

from .acts import Hands, perform
from .delivery import Dispatcher
from .evidence import sent
from .lock import Lock, LockedError
from .logs import get_log
from .messages import Messages, alert_status
from .publish import Publisher
from .requests import Answer, Request, ask
from .setup import Setup

CATALOGUE = "catalogue.sqlite"
SEND_S, LOOK_S = 20.0, 0.1
"""How long letters are tried by a command; what is left then, the next daemon sends."""
REMEMBER_S = 86_400
Act = Callable[[Request], Awaitable[Answer]]
T = TypeVar("T")


def act(setup: Setup, request: Request) -> Answer:
    """Have something done, by the daemon of a configuration's archive or without it."""
    return asyncio.run(acting(setup, lambda do: do(request)))


async def acting(setup: Setup, work: Callable[[Act], Awaitable[T]], clock: Clock | None = None) -> T:
    """Do some work that is given a way to have things done; ArchiveError when neither way works.

    Without a daemon the archive is locked meanwhile, so that none begins.
    """
    folder = Path(setup.config.archive.folder)
    lock = Lock(folder)
    try:
        lock.acquire()
    except LockedError:

        async def by_daemon(request: Request) -> Answer:
            return await asyncio.to_thread(ask, folder, request)

        return await work(by_daemon)
    try:
        alone = Alone(setup, clock or Clock())
        async with alone.working():
            return await work(alone.act)
    finally:
        lock.release()


class Alone:
    """Ledger, outbox, sinks and catalogue without a daemon."""

    def __init__(self, setup: Setup, clock: Clock) -> None:
        self.setup, self.clock, self.folder = setup, clock, Path(setup.config.archive.folder)
        log = get_log()
        self.ledger = Ledger(self.folder)
        self.publisher = Publisher(self.folder, log.info, 0)
        self.delivery = Dispatcher(self.folder, clock, log, witness=self)

    @contextlib.asynccontextmanager
    async def working(self):  # type: ignore[no-untyped-def]  # an asynccontextmanager says it
        """Send what is written, until it is sent or nothing more can be done within some seconds."""
        self.publisher.simulated = read_mark(self.folder)
        self.publisher.recent(self.clock.now_ns() - REMEMBER_S * 10**9)
        self.delivery.box.open()
        if not self.delivery.box.stored:
            raise ArchiveError(f"{self.folder}: the outbox cannot be written; check the disk and who owns it")
        self.delivery.change(self.setup.config.receivers, self.setup.targets)
        running = asyncio.create_task(self.delivery.run())
        try:
            yield
            await self._sent()
        finally:
            await self.delivery.finish()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self.delivery.box.close()
            self.ledger.close()

    async def _sent(self) -> None:
        """Wait until nothing waits to be sent, for a while."""
        give_up_s = self.clock.monotonic_s() + SEND_S
        names = list(self.delivery.carriers)
        while any(self.delivery.account(name).waiting for name in names) and self.clock.monotonic_s() < give_up_s:
            await self.clock.sleep(LOOK_S)

    async def act(self, request: Request) -> Answer:
        """Do what is asked."""
        where = self.folder, self.clock, self.delivery, self.publisher
        return perform(request, Hands(*where, self.messages, self.note, self.remember))

    def messages(self) -> Messages:
        """What is written now."""
        simulated = bool(self.publisher.simulated)
        return Messages(self.setup.stationery, "Exercise" if simulated else alert_status(self.folder), simulated)

    def note(self, entry: Entry) -> None:
        """Into the ledger; ArchiveError when it cannot be written."""
        try:
            self.ledger.add(entry)
        except OSError as error:
            raise ArchiveError(f"{self.ledger.folder}: cannot be written: {error.strerror}; check the disk") from None

    def remember(self, decision: Decision) -> None:
        """Into the catalogue, where there is one; the next daemon learns it from ``alerts.jsonl``."""
        output = Output()
        output.decide([decision])
        if (self.folder / CATALOGUE).exists():
            with Catalogue(self.folder / CATALOGUE, create=False) as catalogue, catalogue.transaction():
                catalogue.add_alerts(output.alerts)
                catalogue.add_decisions(output.decisions)

    def tried(self, letter: Letter, result: Result, times: tuple[int, int]) -> None:
        """A try to tell somebody."""
        self.note(sent(letter, result, times))

    def acknowledged(self, key: str, by: str) -> None:
        """A receiver says that it has a letter."""
        self.note(Entry("acknowledged", "receiver", self.clock.now_ns(), {"key": key, "by": by}))
