"""The status document of a running daemon, put together from its parts."""

import os
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

from seismonet.core.utc import from_seconds
from seismonet.status.advice import advice

from .delivery import BEAT_S, Dispatcher
from .report import alert_line, event_line, host_line, pick_line, refused_lines, rejection_lines, server_line
from .statefile import BackfillLine, ReceiverLine, SourceLine, Status, WriterLine

if TYPE_CHECKING:
    from .run import Daemon


def document(daemon: "Daemon") -> Status:
    """The state of everything, now."""
    now_ns, reporter, config = daemon.clock.now_ns(), daemon.reporter, daemon.setup.config
    return Status(
        time_ns=now_ns,
        started_ns=reporter.started_ns,
        pid=os.getpid(),
        version=version("seismonet"),
        phase=daemon.phase,
        network=config.network.name,
        simulated=daemon.mark.words,
        rate=daemon.clock.rate,
        configuration=str(daemon.path),
        configuration_ns=daemon.configured_ns,
        configuration_rejected=daemon.rejected,
        stations_needed=config.pipeline.alert.operator.minimum_stations,
        withheld=daemon.withheld(),
        stations=reporter.stations(daemon.live.pipeline.network.monitor.snapshot(now_ns)),
        sources=tuple(map(SourceLine.of, daemon.sources.states)),
        writer=_writer_line(daemon, now_ns),
        backfill=BackfillLine.of(daemon.backfill.state),
        refused=refused_lines(reporter.refused),
        rejections=rejection_lines(reporter.rejected),
        host=host_line(str(daemon.folder), daemon.clock.behind_s, reporter.loop_lag_s),
        server=server_line(daemon.server.state) if daemon.server else None,
        pick=pick_line(reporter.pick),
        event=event_line(reporter.event),
        alert=alert_line(reporter.alert),
        alert_status=daemon.messages().status,
        receivers=receiver_lines(daemon.delivery),
        advice=advice(reporter.latency.spreads(), daemon.setup.facts),
    )


def heartbeat(daemon: "Daemon") -> tuple[bytes, str]:
    """The sign of life that receivers watch, and its signature: whether anybody could be warned now."""
    now_ns = daemon.clock.now_ns()
    network = daemon.live.pipeline.network.monitor.snapshot(now_ns)
    facts = {
        "status": daemon.messages().status,
        "simulated": bool(daemon.mark.words),
        "stations_contributing": sum(one.can_contribute for one in network.stations),
        "stations": len(network.stations),
        "withheld": daemon.withheld(),
        "ledger": daemon.writer.head.hash,
        "every_s": BEAT_S,
    }
    return daemon.setup.stationery.heartbeat(now_ns, facts)


def receiver_lines(delivery: Dispatcher) -> tuple[ReceiverLine, ...]:
    """A line for every receiver."""
    lines = []
    for name, carrier in delivery.carriers.items():
        account = delivery.account(name)
        lines.append(
            ReceiverLine(
                name,
                carrier.receiver.audience,
                carrier.receiver.sink,
                carrier.state,
                carrier.reached_ns,
                carrier.error,
                account.waiting,
                account.sent,
                account.expired,
                account.dead,
                account.unacknowledged if carrier.receiver.ack else 0,
                account.sent_ns,
                account.acked_ns,
            )
        )
    return tuple(lines)


def _writer_line(daemon: "Daemon", now_ns: int) -> WriterLine:
    state, intake = daemon.writer.state, daemon.intake
    since_ns = 0
    if state.failing_since_s is not None:
        since_ns = now_ns - from_seconds(time.monotonic() - state.failing_since_s)
    return WriterLine(
        committed=state.committed,
        archived=state.archived,
        waiting_bytes=intake.pending_bytes,
        lag_s=state.lag_s,
        unjournaled=sum(count for (_, what), count in intake.counts.items() if what == "unjournaled"),
        duplicates=state.duplicates,
        conflicts=state.conflicts,
        losses=daemon.losses,
        failing=tuple(f"{what}: {why}" for what, why in state.failing.items()),
        failing_since_ns=since_ns,
    )
