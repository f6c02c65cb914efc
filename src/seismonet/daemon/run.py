"""``seismonet run``: sources, pipeline and writer in one process, for years.

The rule this file owns: one loop decides, one thread writes, and nothing ends silently. Tasks stop in the order in
which data flow: sources, pipeline, writer. Whatever fails in a way that was not foreseen ends the process, which
systemd starts again, and the snapshot and the journal put it back where it was.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from seismonet.core.errors import ConfigError, FormatError, SeismonetError
from seismonet.core.health import Change
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Delivery, Receipts, Resume
from seismonet.net.clock import Clock
from seismonet.net.server import SeedLinkServer
from seismonet.pipeline import Output
from seismonet.status.latency import Latency
from seismonet.store.archive import Archive
from seismonet.store.catalogue import Catalogue
from seismonet.store.files import Disk
from seismonet.store.index import NAME as INDEX
from seismonet.store.index import Index
from seismonet.store.journal import Journal, Origin
from seismonet.store.ledger import Ledger
from seismonet.store.opening import open_catalogue
from seismonet.store.responses import Responses
from seismonet.store.simulated import SIMULATED, Mark

from . import notify
from .backfill import Backfill, Lane, dataselect_means, ring_means
from .delivery import Dispatcher
from .document import document, heartbeat
from .intake import Intake
from .keeping import Keeper, earthquakes
from .live import Live, Snapshot
from .lock import Lock
from .logs import Limited, get_log
from .measuring import Measurer, Measuring
from .memory import give_back
from .messages import Messages, alert_status
from .publish import MIB, Publisher
from .report import Reporter
from .serving import RingFeed
from .setup import Setup, check_change, load_setup
from .snapshot import Position, read_snapshot
from .sources import Sources
from .statefile import NAME as STATUS_NAME
from .statefile import Status, summary, write_status
from .states import state_letters
from .words import one_line
from .writer import Stores, Writer

STEP_S = 0.2
DRAIN_S = 8.0
STATUS_S = 1.0
DEAD_S = 10.0
WATCHDOG_S = 30.0
BUSY_MS = 500
"""A database that others have locked keeps the journal waiting no longer; it is tried again later."""
REMEMBER_S = 3600.0
WARM_S, WARM_BYTES = 180.0, 2**20
"""Without a snapshot the pipeline hears so much of the journal's end again: enough for a dozen channels to have a say,
and read in a second or two."""
CATALOGUE, GAPS = "catalogue.sqlite", "gaps.json"


class Daemon:
    """One run of the daemon. ``run`` returns its exit code; ``disk`` is what journal and archive write to."""

    def __init__(self, path: Path, clock: Clock | None = None, disk: Disk | None = None) -> None:
        """Read configuration and metadata; ConfigError or another SeismonetError when they cannot be used."""
        self.path, self.clock, self.disk = path, clock or Clock(), disk or Disk()
        self.log = get_log()
        self.limited = Limited(self.log.warning, self.clock)
        self.setup: Setup = load_setup(path)
        config = self.setup.config
        self.folder = Path(config.archive.folder)
        self.live: Live = self.setup.live()
        self.publisher = Publisher(self.folder, self.log.warning, config.archive.reserve_mb)
        relief = self.publisher.free_reserve
        self.keeper = Keeper(self)
        self.delivery = Dispatcher(
            self.folder, self.clock, self.log, heartbeat=self._heartbeat, relief=relief, witness=self.keeper
        )
        self.reporter = Reporter(Latency(self.setup.station_codes), self.clock.now_ns())
        self.stopping, self.phase, self.rejected = asyncio.Event(), "starting", ""
        self.configured_ns, self.losses = self.clock.now_ns(), 0
        self._beat_s = time.monotonic()
        self._reloading = asyncio.Lock()

    async def run(self) -> int:
        """Until SIGTERM or SIGINT. LockedError for a second instance; what cannot be mended ends the process."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        with Lock(self.folder):
            self._open()
            self.writer.start()
            self.measurer = self._measure()
            try:
                await self._serve()
            except ExceptionGroup as failures:
                self.log.error("the daemon ends by a fault", exc_info=failures)
                return 1
            finally:
                self._close()
        return 0

    def _open(self) -> None:
        """Open what is written to, and go on where the last run stopped."""
        config = self.setup.config
        journal = Journal(self.folder / "journal", disk=self.disk)
        hours = config.archive.journal_hours
        archive = Archive(self.folder, known=self.live.known, disk=self.disk, keep_hours=hours, busy_ms=BUSY_MS)
        recovered = archive.recover(journal)
        self.losses = len(recovered.losses)
        self.log.info("archive open", folder=str(self.folder), packets=recovered.taken.packets)
        catalogue, damaged = open_catalogue(self.folder / CATALOGUE, self.disk, BUSY_MS)
        for note in (*recovered.notes, *([damaged] if damaged else [])):
            self.log.warning("archive put in order", what=note)
        self.publisher.keep_reserve()
        self.delivery.box.open()
        self.delivery.change(config.receivers, self.setup.targets)
        self.mark = Mark(self.folder)
        self.intake = Intake(self.clock, config.daemon.memory_mb * MIB, lambda: self.writer.spilling())
        catalogue.add_stations(self.live.table)
        ledger = partial(Ledger, self.folder, self.disk)
        stores = Stores(journal, archive, catalogue, self.setup.retention, ledger)
        self.writer = Writer(self.folder, self.intake, stores, self.log.warning)
        self.sources = Sources(self.intake, self._durable, self.clock)
        self.feed = RingFeed(round(config.server.ring_mb * MIB))
        self.server = SeedLinkServer(config.server, self.feed.ring, self.clock) if config.daemon.serve else None
        self._mark()
        self.keeper.begin()
        self._resume(journal, catalogue)
        if self.server is not None:
            self.log.info("ring filled from the journal", records=self.feed.refill(journal, self.live.known))

    def _resume(self, journal: Journal, catalogue: Catalogue) -> None:
        """The pipeline as it was: snapshot, then the journal after it, then what had been told already."""
        now_ns = self.clock.now_ns()
        since_ns = now_ns - from_seconds(REMEMBER_S)
        events, alerts = catalogue.events(since_ns), self.publisher.recent(since_ns)
        alerts += self.publisher.learn(earthquakes(self.delivery.recent(since_ns)))
        self.delivery.decide(self.publisher.owed, self.messages())
        found = self._snapshot_found()
        if found is None:
            self.live.pipeline.network.remember(events, alerts)
        snapshot, position = found or (None, journal.tail(WARM_BYTES))
        rest: Iterator[Delivery] = (one for _, one in journal.read(position))
        if found is None:
            rest = (one for one in rest if one.received_ns >= now_ns - from_seconds(WARM_S))
        outputs, told = self.live.resume(snapshot, rest, alerts)
        self.log.info("pipeline resumed", how=told)
        for output in outputs:
            self._publish(output, now_ns)
        self.live.pipeline.network.remember(events, alerts)

    def _snapshot_found(self) -> tuple[Snapshot, Position] | None:
        try:
            return read_snapshot(self.folder)
        except FormatError as error:
            self.log.warning("snapshot not used", reason=str(error))
            return None

    async def _serve(self) -> None:
        """All tasks, until stopped; then in order: sources, what they had brought, the last snapshot."""
        if self.server is not None:  # outside of the group, so that a port in use is an error of one line
            await self._listen(self.server)
        async with asyncio.TaskGroup() as group:
            self._group = group
            self.sources.dial(group, self.setup.config.sources)
            self._ask_for_gaps()
            tasks = [group.create_task(work) for work in (self._decide(), self._watch())]
            telling = group.create_task(self.delivery.run())
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, lambda: group.create_task(self._reload()))
            self.phase = "running"
            notify.notify(notify.READY)
            await self.stopping.wait()
            self.phase = "stopping"
            notify.notify(notify.STOPPING)
            self.log.info("stopping")
            running = [*self.sources.tasks, self._asking, *tasks]
            for task in running:
                task.cancel()
            await asyncio.wait(running)
            self._step()
            self._snapshot()
            await self.delivery.finish()
            telling.cancel()
            if self.server is not None:
                await self.server.stop()

    async def _listen(self, server: SeedLinkServer) -> None:
        try:
            await server.start()
        except ConfigError as error:
            raise ConfigError(f"{self.path}: [server] {error}; daemon.serve = false does without a server") from None

    def _close(self) -> None:
        """Whatever happened, what was received goes to the disk."""
        self.delivery.box.close()
        self.measurer.stop()
        if not self.writer.stop(DRAIN_S):
            self.log.error("the writer did not finish in time; the journal has what it could write", limit_s=DRAIN_S)
        elif self.writer.error is not None:
            self.log.error("the writer failed", reason=repr(self.writer.error))

    def _measure(self) -> Measurer:
        """Have spectra and days measured, beside the pipeline."""
        responses = Responses(self.setup.config.network.stations)
        measuring = Measuring(self.folder, self.setup.table, responses, self.writer.publish)
        measurer = Measurer(measuring, self.clock, self.log.warning)
        measurer.start()
        return measurer

    def _durable(self) -> Mapping[Origin, Resume]:
        """Where sources are asked to go on: after what is in the journal, and nothing else."""
        return self.writer.state.resume

    def _ask_for_gaps(self) -> None:
        """Gaps are asked for from now on: of the servers' rings first, then of FDSN dataselect."""
        params, sources = self.setup.config.backfill, self.setup.config.sources
        means = [ring_means(source, self.clock, self.sources.dialer) for source in sources]
        means += [
            dataselect_means(one.name, one.stations, one.fdsn, params, self.clock, one.ca_file)
            for one in sources
            if one.fdsn
        ]
        lane = Lane(self._spans, self.intake.deliver, self.intake.room)
        self.backfill = Backfill(params, means, lane, self.folder / GAPS, self.clock)
        self._asking = self._group.create_task(self.backfill.run())

    def _spans(self, start_ns: int, end_ns: int) -> Mapping[SourceId, Sequence[tuple[int, int]]]:
        """What the archive has between two times."""
        index = Index(self.folder / INDEX)
        try:
            return index.spans(start_ns, end_ns)
        finally:
            index.close()

    # ── the pipeline ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _decide(self) -> None:
        """Step when something came, and five times a second in any case, as silence decides things too."""
        begin_s = self.clock.monotonic_s()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STEP_S / self.clock.rate):
                    await self.intake.wake.wait()
            self._step()
            self.keeper.answer()
            self._beat_s = time.monotonic()
            now_s = self.clock.monotonic_s()
            if now_s - begin_s >= self.setup.config.daemon.snapshot_s and not self.writer.spilling():
                begin_s = now_s
                self._snapshot()
            await asyncio.sleep(0)

    def _step(self) -> None:
        """One step of the pipeline with everything that came since the last."""
        if self.mark.learn(self.sources.simulated):
            self._mark()
        deliveries = self.intake.take()
        heard = self.live.hear(deliveries)
        now_ns = self.clock.now_ns()
        output = self.live.step(heard.batch.receipts, now_ns)
        self._publish(output, self.clock.now_ns(), heard.batch.receipts)
        if self.server is not None:
            self.feed.add(heard)
        self.reporter.hear(heard.batch.receipts, heard.payloads, self.clock.now_ns())
        for (source, reason), count in heard.refused.items():
            self.reporter.refused[source, reason] += count
            self.limited("records refused", key=(source, reason), source=source, reason=reason, records=count)

    def _mark(self) -> None:
        """Whatever leaves the daemon says that the data are simulated, if they are."""
        self.publisher.simulated = self.mark.words
        if self.server is not None and self.mark.words:
            self.server.mark(SIMULATED)

    def withheld(self) -> str:
        """Why nobody may be warned now; empty when all is well."""
        if self.clock.steady:
            return ""
        return f"the host's clock was set by {self.clock.step_s:+.1f} s within the last minute"

    def messages(self) -> Messages:
        """What is written now. What is made up warns nobody in earnest."""
        simulated = bool(self.mark.words)
        return Messages(self.setup.stationery, "Exercise" if simulated else alert_status(self.folder), simulated)

    def _heartbeat(self) -> tuple[bytes, str] | None:
        """A sign of life, while there is life."""
        return heartbeat(self) if self._alive() else None

    def _publish(self, output: Output, now_ns: int, receipts: Receipts | None = None) -> None:
        withheld = self.withheld() if output.alerts else ""
        alerts = self.publisher.tell(output, withheld, now_ns)
        self.delivery.decide(alerts, self.messages())
        if output.changes:
            self._tell_states(output.changes)
        self.keeper.step(output, alerts, withheld, now_ns, receipts)
        self.reporter.publish(output, alerts, now_ns)
        told = output.picks or output.rejections or output.statuses or output.events or output.decisions
        if told or output.changes or output.rollups or output.metrics:
            self.writer.publish(output)

    def _tell_states(self, changes: Sequence[Change]) -> None:
        status = "Exercise" if self.messages().simulated else alert_status(self.folder)
        self.delivery.post(state_letters(changes, self.setup.config.receivers, self.setup.stationery, status))

    def _snapshot(self) -> None:
        if not self.writer.spilling():
            self.intake.mark(self.live.snapshot(self.clock.now_ns()))

    # ── supervision ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _watch(self) -> None:
        """Once a second: is everybody alive, what is broken, what is the state of things."""
        while True:
            asked_s = time.monotonic()
            await asyncio.sleep(STATUS_S)
            self.reporter.loop_lag_s = time.monotonic() - asked_s - STATUS_S
            if not self.writer.is_alive():
                raise SeismonetError(f"the writer ended: {self.writer.error!r}")
            if self.clock.wrong:
                self._begin_anew()
            self._mend()
            self.keeper.tell_head()
            self.sources.look()
            self.limited.flush()
            status = self.status()
            try:
                await asyncio.to_thread(write_status, self.folder / STATUS_NAME, status)
            except OSError as error:
                self.limited("status cannot be written", reason=str(error))
            notify.notify(notify.status(summary(status)), *([notify.WATCHDOG] if self._alive() else []))

    def _alive(self) -> bool:
        """Do data flow, and does the writer write? It may take its time: a disk that is busy is no reason to end."""
        now_s, watchdog_s = time.monotonic(), notify.watchdog_s() or WATCHDOG_S
        return now_s - self._beat_s < DEAD_S and now_s - self.writer.beat_s < 2 * watchdog_s

    def _mend(self) -> None:
        """When the disk works again: alerts that could not be stored, sources whose packets did not fit into memory."""
        self.delivery.box.mend()
        if self.writer.spilling():
            self.publisher.free_reserve()
            return
        self.publisher.store_again()
        self.mark.store()
        if not self.writer.state.failing:
            self.publisher.keep_reserve()
        for source in sorted(self.intake.broken):
            if self.intake.pending_of(source) == 0:  # what it still has in memory is not to come twice
                self.log.warning("asking again for what did not fit into memory", source=source)
                self.sources.redial(source)

    def _begin_anew(self) -> None:
        """The host's clock was set back by more than a second: all ages were wrong, so the pipeline forgets."""
        self.log.error("the host's clock was set back; the pipeline begins anew", behind_s=self.clock.behind_s)
        self.clock.restart()
        self.live = self.live.anew()

    async def _reload(self) -> None:
        """Take over a changed configuration, or keep the old one and say why."""
        async with self._reloading:
            if self.stopping.is_set():
                return
            notify.notify(notify.reloading())
            try:
                setup = await asyncio.to_thread(load_setup, self.path)
                if not self.stopping.is_set():
                    self._take_over(setup)
                    self.rejected, self.configured_ns = "", self.clock.now_ns()
                    self.keeper.setup("configured")
                    self.log.info("configuration reloaded", file=str(self.path))
            except SeismonetError as error:
                self.rejected = one_line(str(error))
                self.log.error("configuration rejected, the old one stays", file=str(self.path), reason=self.rejected)
            notify.notify(notify.READY)

    def _take_over(self, new: Setup) -> None:
        """Go on with another configuration; ConfigError for what only a new start can change."""
        old = self.setup
        check_change(old.config, new.config)
        live = self.live
        wanted = new.table, new.config.pipeline, new.config.daemon.late_s, new.earth.digest, new.corrections
        if wanted != (live.table, live.params, live.late_s, live.model.digest, live.corrections):
            self.live, told = self._changed(new)
            self.writer.expect(self.live.known, new.table)
            self.reporter.latency = Latency(new.station_codes)
            self.log.info("pipeline changed", how=told)
        changed = new.table != self.setup.table
        self.setup = new
        if changed:
            self.measurer.stop()
            self.measurer = self._measure()
        self.delivery.change(new.config.receivers, new.targets)
        self.sources.change(self._group, new.config.sources)
        if (new.config.sources, new.config.backfill) != (old.config.sources, old.config.backfill):
            self._asking.cancel()
            self._ask_for_gaps()

    def _changed(self, new: Setup) -> tuple[Live, str]:
        """The pipeline of another configuration, which goes on from the memory of the present one where that fits."""
        live = new.live()
        _, told = live.resume(self.live.snapshot(self.clock.now_ns()), ())
        return live, told

    def status(self) -> Status:
        """The state of everything, as a document."""
        return document(self)


def run(path: Path, clock: Clock | None = None, disk: Disk | None = None) -> int:
    """Run the daemon to its end; the exit code."""
    give_back()

    async def main() -> int:
        return await Daemon(path, clock, disk).run()

    return asyncio.run(main())
