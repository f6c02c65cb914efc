"""What a daemon writes into the ledger, and what people ask of it: beside the way of alerts, never on it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seismonet.core.alert import Alert, Decision
from seismonet.core.errors import SeismonetError
from seismonet.core.letter import Letter
from seismonet.core.utc import to_iso
from seismonet.core.waveform import Receipts
from seismonet.formats.jsonlines import iso
from seismonet.net.sinks.result import Result
from seismonet.pipeline import Output
from seismonet.store.ledger import Entry

from . import requests
from .acts import DRILL, Hands, perform
from .evidence import ACKNOWLEDGED, WHO, Evidence, Made, identity, sent
from .messages import VERSION

if TYPE_CHECKING:
    from .run import Daemon

NOT_TOLD = "told before a restart, too late, or of what nobody was told"


class Keeper:
    """Of one daemon."""

    def __init__(self, daemon: "Daemon") -> None:
        self.daemon, self.evidence, self._head_day = daemon, Evidence(), ""

    def begin(self) -> None:
        """Forget what was asked of an earlier daemon, and say with what decisions are made."""
        requests.clear(self.daemon.folder)
        self.setup("started")

    def setup(self, what: str) -> None:
        """Whenever decisions are made with something else from now on, the ledger says with what."""
        daemon, made = self.daemon, self._made()
        facts = {
            "version": made.version,
            "parameters": made.parameters,
            "status": made.status,
            "configuration": str(daemon.path),
            "stations": daemon.setup.station_codes,
        }
        daemon.writer.note(Entry(what, WHO, daemon.clock.now_ns(), facts))

    def _made(self) -> Made:
        daemon = self.daemon
        return Made(VERSION, daemon.setup.stationery.parameters, daemon.messages().status)

    def step(
        self, output: Output, told: Iterable[Alert], withheld: str, begun_ns: int, receipts: Receipts | None
    ) -> None:
        """What a step brought forth, after everybody was told of it. A fault in the telling of it is none of a step."""
        try:
            if receipts is not None:
                self.evidence.hear(receipts)
            self.evidence.see(output.picks)
            if output.decisions:
                self._decided(output, told, withheld, begun_ns)
        except Exception as error:
            self.daemon.log.error("decisions could not be written into the ledger", reason=repr(error))

    def _decided(self, output: Output, told: Iterable[Alert], withheld: str, begun_ns: int) -> None:
        known = set(map(identity, told))
        why = {identity(one): withheld or NOT_TOLD for one in output.alerts if identity(one) not in known}
        times = begun_ns, self.daemon.clock.now_ns()
        self.daemon.writer.note(self.evidence.decided(output, why, self._made(), times))

    def tried(self, letter: Letter, result: Result, times: tuple[int, int]) -> None:
        """A try to tell somebody."""
        self.daemon.writer.note(sent(letter, result, times))
        if result.ack:
            self.acknowledged(letter.key, result.ack)

    def acknowledged(self, key: str, by: str) -> None:
        """A receiver says that it has a letter."""
        facts = {"key": key, "by": by, "received": iso(self.daemon.clock.now_ns())}
        self.daemon.writer.note(Entry(ACKNOWLEDGED, "receiver", self.daemon.clock.now_ns(), facts))

    def answer(self) -> None:
        """Do what people ask."""
        daemon = self.daemon
        for name, asked in requests.take(daemon.folder):
            answered = asked if isinstance(asked, requests.Answer) else perform(asked, self._hands())
            daemon.log.info("asked by a person", done=answered.done, what="; ".join(answered.words))
            try:
                requests.answer(daemon.folder, name, answered)
            except SeismonetError as error:
                daemon.log.warning("a person could not be answered", reason=str(error))

    def _hands(self) -> Hands:
        one = self.daemon
        where = one.folder, one.clock, one.delivery, one.publisher
        return Hands(*where, one.messages, one.writer.note, self._remember)

    def _remember(self, decision: Decision) -> None:
        """What a person decided is known to the pipeline and the catalogue."""
        daemon, output = self.daemon, Output()
        output.decide([decision])
        daemon.live.pipeline.network.remember((), output.alerts)
        daemon.reporter.publish(output, output.alerts, daemon.clock.now_ns())
        daemon.writer.publish(output)

    def tell_head(self) -> None:
        """Once a day, and when the ledger is open, the log names its end: whoever changes it cannot change that."""
        day, head = to_iso(self.daemon.clock.now_ns(), 0)[:10], self.daemon.writer.head
        if head.lines and day != self._head_day:
            self._head_day = day
            self.daemon.log.info("ledger", entries=head.lines, head=head.hash)


def earthquakes(alerts: Iterable[Alert]) -> list[Alert]:
    """Those that are not of a drill."""
    return [one for one in alerts if not one.event_id.startswith(DRILL)]
