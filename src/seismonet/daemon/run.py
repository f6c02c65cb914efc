"""``seismonet run``: sources, pipeline and writer in one process, for years.

The rule this file owns: one loop decides, one thread writes, and nothing ends silently. Tasks stop in the order in
which data flow: sources, pipeline, writer. Whatever fails in a way that was not foreseen ends the process, which
systemd starts again, and the snapshot and the journal put it back where it was.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from seismonet.config import Config, load_config
from seismonet.core.errors import ConfigError, FormatError, SeismonetError
from seismonet.core.inventory import ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Resume
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.net.client import SeedLinkClient
from seismonet.net.clock import Clock
from seismonet.net.dialing import Dialer
from seismonet.net.ring import Ring
from seismonet.net.server import SeedLinkServer
from seismonet.net.source import SourceParams
from seismonet.pipeline import Output
from seismonet.status.advice import StationFacts, advice
from seismonet.status.latency import Latency
from seismonet.store.archive import Archive
from seismonet.store.catalogue import Catalogue
from seismonet.store.files import Disk
from seismonet.store.index import NAME as INDEX
from seismonet.store.index import Index
from seismonet.store.inventory import read_inventories
from seismonet.store.journal import Journal

from . import notify
from .backfill import Backfill, Lane, dataselect_means, ring_means
from .intake import Intake
from .live import Heard, Live
from .lock import Lock
from .logs import Limited, get_log
from .metadata import read_notes
from .publish import MIB, Publisher
from .report import (
    Reporter,
    alert_line,
    event_line,
    host_line,
    pick_line,
    refused_lines,
    server_line,
)
from .snapshot import read_snapshot
from .statefile import NAME as STATUS_NAME
from .statefile import SourceLine, Status, WriterLine, summary, write_status
from .writer import Stores, Writer

STEP_S = 0.2
SEQUENCE_NS = 10_000_000
SIMULATED = "SIMULATED"
DRAIN_S = 8.0
STATUS_S = 1.0
DEAD_S = 10.0
REMEMBER_S = 3600.0
CATALOGUE, LEDGER = "catalogue.sqlite", "gaps.json"


class Daemon:
    """One run of the daemon. ``run`` returns its exit code; ``disk`` is what journal and archive write to."""

    def __init__(self, path: Path, clock: Clock | None = None, disk: Disk | None = None) -> None:
        """Read configuration and metadata; ConfigError or another SeismonetError when they cannot be used."""
        self.path, self.clock, self.disk = path, clock or Clock(), disk or Disk()
        self.log = get_log()
        self.limited = Limited(self.log.warning, self.clock)
        self.config, table, self.facts = _load(path)
        self.folder = Path(self.config.archive.folder)
        self.live = _live(self.config, table)
        self.publisher = Publisher(self.folder, self.log.warning, self.config.archive.reserve_mb)
        codes = sorted(station.station_code for station in table.stations)
        self.reporter = Reporter(Latency(codes), self.clock.now_ns(), self.config.network.name)
        self.dialer = Dialer(self.clock)
        self.stopping, self.phase, self.rejected = asyncio.Event(), "starting", ""
        self._sources: dict[str, tuple[SeedLinkClient, asyncio.Task[None]]] = {}
        self._beat_s = self.clock.monotonic_s()
        self._configured_ns = self.clock.now_ns()

    async def run(self) -> int:
        """Until SIGTERM or SIGINT. LockedError for a second instance; what cannot be mended ends the process."""
        with Lock(self.folder):
            self._open()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stopping.set)
            self.writer.start()
            try:
                await self._serve()
            finally:
                self._close()
        return 0

    def _open(self) -> None:
        """Open what is written to, and go on where the last run stopped."""
        config = self.config
        journal = Journal(self.folder / "journal", disk=self.disk)
        archive = Archive(self.folder, known=self.live.known, disk=self.disk, keep_hours=config.archive.journal_hours)
        recovered = archive.recover(journal)
        self.log.info("archive open", folder=str(self.folder), packets=recovered.taken.packets)
        for note in recovered.notes:
            self.log.warning("archive put in order", what=note)
        self.publisher.keep_reserve()
        self.intake = Intake(self.clock, config.daemon.memory_mb * MIB, lambda: self.writer.spilling())
        catalogue = Catalogue(self.folder / CATALOGUE)
        catalogue.add_stations(self.live.table)
        self.writer = Writer(self.folder, self.intake, Stores(journal, archive, catalogue), self.log.error)
        self.ring = Ring(round(config.server.ring_mb * MIB))
        self.server = SeedLinkServer(config.server, self.ring, self.clock) if config.daemon.serve else None
        self._resume(journal, catalogue)

    def _resume(self, journal: Journal, catalogue: Catalogue) -> None:
        """The pipeline as it was: snapshot, then the journal after it, then what had been told already."""
        now_ns = self.clock.now_ns()
        since_ns = now_ns - from_seconds(REMEMBER_S)
        try:
            found = read_snapshot(self.folder)
        except FormatError as error:
            self.log.warning("snapshot not used", reason=str(error))
            found = None
        snapshot, position = found or (None, None)
        recent = self.publisher.recent(since_ns)
        rest = (delivery for _, delivery in journal.read(position or journal.end))
        outputs, told = self.live.resume(snapshot, rest)
        self.log.info("pipeline resumed", how=told)
        for output in outputs:
            self._publish(output, now_ns)
        self.live.pipeline.network.remember(catalogue.events(since_ns), recent)

    async def _serve(self) -> None:
        """All tasks, until stopped; then in order: sources, what they had brought, the last snapshot."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            if self.server is not None:
                await self.server.start()
                self.log.info("SeedLink server", address=str(self.server.address))
            self._dial(self.config.sources)
            tasks = [group.create_task(work) for work in (self._decide(), self._watch(), self._backfill().run())]
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, lambda: group.create_task(self._reload()))
            self.phase = "running"
            notify.notify(notify.READY)
            await self.stopping.wait()
            self.phase = "stopping"
            notify.notify(notify.STOPPING)
            self.log.info("stopping")
            running = [*(task for _, task in self._sources.values()), *tasks]
            for task in running:
                task.cancel()
            await asyncio.wait(running)
            self._step()
            self._snapshot()

    def _close(self) -> None:
        """Whatever happened, what was received goes to the disk."""
        if not self.writer.stop(DRAIN_S):
            self.log.error("the writer did not finish in time; the journal has what it could write", limit_s=DRAIN_S)
        elif self.writer.error is not None:
            self.log.error("the writer failed", reason=repr(self.writer.error))

    # ── sources ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _dial(self, sources: Iterable[SourceParams]) -> None:
        """Begin to receive from these."""
        for params in sources:
            client = SeedLinkClient(
                params,
                self.intake.port(params.name),
                resume=partial(self._where, params.name),
                room=self.intake.room,
                clock=self.clock,
                dialer=self.dialer,
            )
            self._sources[params.name] = client, self._group.create_task(client.run())

    def _where(self, source: str) -> Mapping[str, Resume]:
        """Where a source is asked to go on: after what is in the journal, and nothing else."""
        self.intake.mend(source)
        return {station: one for (name, station), one in self.writer.state.resume.items() if name == source}

    def _backfill(self) -> Backfill:
        """Gaps are asked for: of the servers' rings first, then of FDSN dataselect."""
        params = self.config.backfill
        sources = self.config.sources
        means = [ring_means(source, self.clock, self.dialer) for source in sources]
        means += [
            dataselect_means(one.name, one.stations, one.fdsn, params, self.clock, one.ca_file)
            for one in sources
            if one.fdsn
        ]
        lane = Lane(self._spans, self.intake.deliver, self.intake.room)
        return Backfill(params, means, lane, self.folder / LEDGER, self.clock)

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
            self._beat_s = self.clock.monotonic_s()
            if self._beat_s - begin_s >= self.config.daemon.snapshot_s and not self.writer.spilling():
                begin_s = self._beat_s
                self._snapshot()
            await asyncio.sleep(0)

    def _step(self) -> None:
        """One step of the pipeline with everything that came since the last."""
        deliveries = self.intake.take()
        heard = self.live.hear(deliveries)
        now_ns = self.clock.now_ns()
        output = self.live.step(heard.batch.receipts, now_ns)
        self._publish(output, self.clock.now_ns())
        self._serve_on(heard)
        self.reporter.hear(heard.batch.receipts, heard.payloads, self.clock.now_ns())
        for (source, reason), count in heard.refused.items():
            self.reporter.refused[source, reason] += count
            self.limited("records refused", key=(source, reason), source=source, reason=reason, records=count)

    def simulated(self) -> str:
        """Who of our sources says that its data are made up; empty when nobody does."""
        told = {client.state.organization for client, _ in self._sources.values()}
        return "; ".join(sorted(one for one in told if SIMULATED in one.upper()))

    def _publish(self, output: Output, now_ns: int) -> None:
        if output.alerts:
            self.publisher.simulated = self.simulated()
        alerts = self.publisher.tell(output)
        self.reporter.publish(output, alerts, now_ns)
        if output.picks or output.statuses or output.events or output.alerts:
            self.writer.publish(output)

    def _serve_on(self, heard: Heard) -> None:
        """Records go into the ring, from which our own server serves them."""
        receipts = heard.batch.receipts
        columns = receipts.channel.tolist(), receipts.start_ns.tolist(), receipts.end_ns().tolist()
        for payload, channel, start_ns, end_ns, received_ns in zip(
            heard.payloads, *columns, receipts.received_ns.tolist(), strict=True
        ):
            name = receipts.source_ids[channel]
            station = self.ring.stations.get(name.station_code)
            # numbers that are the same after a restart, as the ring is filled from the journal then
            number = max(received_ns // SEQUENCE_NS, station.next if station else 0)
            self.ring.append(name.station_code, name, start_ns, end_ns, payload, number)

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
            self.limited.flush()
            status = self.status()
            try:
                await asyncio.to_thread(write_status, self.folder / STATUS_NAME, status)
            except OSError as error:
                self.limited("status cannot be written", reason=str(error))
            beat = self.clock.monotonic_s() - self._beat_s < DEAD_S * self.clock.rate
            alive = beat and time.monotonic() - self.writer.beat_s < 6 * DEAD_S
            notify.notify(notify.status(summary(status)), *([notify.WATCHDOG] if alive else []))

    def _mend(self) -> None:
        """When the disk works again: alerts that could not be stored, sources whose packets did not fit into memory."""
        if self.writer.spilling():
            self.publisher.free_reserve()
            return
        self.publisher.store_again()
        if not self.writer.state.failing:
            self.publisher.keep_reserve()
        if self.intake.pending_bytes == 0:
            for source in sorted(self.intake.broken):
                client, _ = self._sources[source]
                self.log.warning("asking again for what did not fit into memory", source=source)
                client.redial()

    def _begin_anew(self) -> None:
        """The host's clock was set back by more than a second: all ages were wrong, so the pipeline forgets."""
        self.log.error("the host's clock was set back; the pipeline begins anew", behind_s=self.clock.behind_s)
        self.clock.restart()
        self.live = Live(self.live.table, self.live.model, self.live.params, self.live.late_s)

    async def _reload(self) -> None:
        """Take over a changed configuration, or keep the old one and say why."""
        notify.notify(notify.reloading())
        try:
            config, table, facts = await asyncio.to_thread(_load, self.path)
            self._take_over(config, table)
            self.facts = facts
            self.rejected, self._configured_ns = "", self.clock.now_ns()
            self.log.info("configuration reloaded", file=str(self.path))
        except SeismonetError as error:
            self.rejected = str(error)
            self.log.error("configuration rejected, the old one stays", file=str(self.path), reason=str(error))
        notify.notify(notify.READY)

    def _take_over(self, config: Config, table: ChannelTable) -> None:
        """Go on with another configuration; ConfigError for what only a new start can change."""
        fixed = [name for name in ("archive", "server") if getattr(config, name) != getattr(self.config, name)]
        if fixed:
            raise ConfigError(f"[{'] and ['.join(fixed)}] changed: only a restart can take that over")
        old = self.live
        if table != old.table or config.pipeline != old.params or config.daemon.late_s != old.late_s:
            new = _live(config, table)
            _, told = new.resume(old.snapshot(self.clock.now_ns()), ())
            self.live = new
            self.writer.expect(new.known)
            self.log.info("pipeline changed", how=told)
        kept = {params.name for params in config.sources if params in self.config.sources}
        for name in self._sources.keys() - kept:
            _, task = self._sources.pop(name)
            task.cancel()
        self._dial(params for params in config.sources if params.name not in kept)
        self.config = config

    def status(self) -> Status:
        """The state of everything, as a document."""
        now_ns, writer, reporter = self.clock.now_ns(), self.writer.state, self.reporter
        network = self.live.pipeline.network.monitor.snapshot(now_ns)
        failing = tuple(f"{what}: {why}" for what, why in writer.failing.items())
        since_ns = 0
        if writer.failing_since_s is not None:
            since_ns = now_ns - from_seconds(time.monotonic() - writer.failing_since_s)
        unjournaled = sum(count for (_, what), count in self.intake.counts.items() if what == "unjournaled")
        return Status(
            time_ns=now_ns,
            started_ns=reporter.started_ns,
            pid=os.getpid(),
            version=version("seismonet"),
            phase=self.phase,
            network=reporter.network,
            stations_needed=self.config.pipeline.alert.minimum_stations,
            simulated=self.simulated(),
            rate=self.clock.rate,
            configuration=str(self.path),
            configuration_ns=self._configured_ns,
            configuration_rejected=self.rejected,
            stations=reporter.stations(network),
            sources=tuple(SourceLine.of(client.state) for client, _ in self._sources.values()),
            writer=WriterLine(
                writer.committed, writer.archived, self.intake.pending_bytes, writer.lag_s, unjournaled,
                writer.duplicates, writer.conflicts, failing, since_ns,
            ),
            refused=refused_lines(reporter.refused),
            host=host_line(str(self.folder), self.clock.behind_s, reporter.loop_lag_s),
            server=server_line(self.server.state) if self.server else None,
            pick=pick_line(reporter.pick),
            event=event_line(reporter.event),
            alert=alert_line(reporter.alert),
            advice=advice(reporter.latency.spreads(), reporter.facts(self.facts)),
        )  # fmt: skip


def _load(path: Path) -> tuple[Config, ChannelTable, dict[str, StationFacts]]:
    """Configuration and metadata that ``run`` can work with; ConfigError otherwise."""
    config = load_config(path)
    if not config.sources:
        raise ConfigError(f"{path}: no [[source]]: nothing to receive from; 'seismonet init' writes one")
    if not config.network.stations:
        raise ConfigError(f"{path}: network.stations is empty: no metadata; name the StationXML files")
    notes = read_notes(config.network.stations)
    table = read_inventories(config.network.stations)
    sites = {station.station_code: station.name for station in table.stations}
    facts = {code: StationFacts(sites.get(code) or code, filter_s=one.filter_s) for code, one in notes.items()}
    return config, table, facts


def _live(config: Config, table: ChannelTable) -> Live:
    model = travel_times(config.network.earth_model, cache_dir())
    return Live(table, model, config.pipeline, config.daemon.late_s)


def run(path: Path, clock: Clock | None = None, disk: Disk | None = None) -> int:
    """Run the daemon to its end; the exit code."""

    async def main() -> int:
        return await Daemon(path, clock, disk).run()

    return asyncio.run(main())
