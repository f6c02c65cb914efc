"""The daemon's status document, put together once a second."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from seismonet.core.alert import Alert
from seismonet.core.event import Event, Pick
from seismonet.core.status import NetworkStatus
from seismonet.core.waveform import Receipts
from seismonet.formats.jsonlines import finite
from seismonet.net.server import ServerState
from seismonet.pipeline import Output
from seismonet.status.advice import StationFacts
from seismonet.status.latency import Latency

from .statefile import (
    EventLine,
    HostLine,
    PickLine,
    Refused,
    RejectionLine,
    ServerLine,
    Stages,
    StationLine,
)


@dataclass(slots=True)
class Reporter:
    """What the status document needs to remember; ``status`` puts it together."""

    latency: Latency
    started_ns: int
    packets: Counter[str] = field(default_factory=Counter)
    received_ns: dict[str, int] = field(default_factory=dict)
    data_end_ns: dict[str, int] = field(default_factory=dict)
    since_ns: dict[str, tuple[str, int]] = field(default_factory=dict)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    pick: Pick | None = None
    event: Event | None = None
    alert: Alert | None = None
    network_status: NetworkStatus | None = None
    loop_lag_s: float = 0.0

    def hear(self, receipts: Receipts, payloads: Sequence[bytes], now_ns: int) -> None:
        """Records that the pipeline was given."""
        if not len(receipts):
            return
        self.latency.receive(receipts, now_ns, [len(one) for one in payloads])
        end_ns = receipts.end_ns()
        codes = [name.station_code for name in receipts.source_ids]
        for channel, count in Counter(receipts.channel.tolist()).items():
            self.packets[codes[channel]] += count
        for channel, received, end in zip(
            receipts.channel.tolist(), receipts.received_ns.tolist(), end_ns.tolist(), strict=True
        ):
            code = codes[channel]
            self.received_ns[code] = received
            self.data_end_ns[code] = max(end, self.data_end_ns.get(code, 0))

    def publish(self, output: Output, alerts: Sequence[Alert], now_ns: int) -> None:
        """What a step brought forth."""
        self.latency.publish(output.picks, output.events, alerts, now_ns)
        self.rejected.update((one.source_id.station_code, one.reason) for one in output.rejections)
        if output.picks:
            self.pick = output.picks[-1]
        if output.events:
            self.event = output.events[-1]
        if alerts:
            self.alert = alerts[-1]

    def facts(self, known: Mapping[str, StationFacts]) -> dict[str, StationFacts]:
        """What is known of the stations, with the length of the records that came."""
        sizes = dict(zip(self.latency.stations, self.latency.record_bytes.tolist(), strict=True))
        return {code: replace(one, record_bytes=sizes.get(code, 0)) for code, one in known.items()}

    def stations(self, status: NetworkStatus) -> tuple[StationLine, ...]:
        """A line for every station."""
        spreads = self.latency.spreads()
        lines = []
        for one in status.stations:
            code = one.station_code
            verdict, since_ns = self.since_ns.get(code, ("", 0))
            if verdict != one.verdict:
                since_ns = status.time_ns
                self.since_ns[code] = one.verdict, since_ns
            lines.append(
                StationLine(
                    code,
                    one.verdict,
                    one.can_contribute,
                    one.reasons,
                    since_ns,
                    self.received_ns.get(code, 0),
                    self.data_end_ns.get(code, 0),
                    self.packets[code],
                    sum(channel.gaps for channel in one.channels),
                    Stages(*spreads.get(code, ())),
                )
            )
        return tuple(lines)


def pick_line(pick: Pick | None) -> PickLine | None:
    """The newest pick, for the document."""
    return None if pick is None else PickLine(pick.nslc, pick.phase, pick.time_ns, pick.issued_ns, pick.snr)


def event_line(event: Event | None) -> EventLine | None:
    """The newest event."""
    if event is None:
        return None
    origin, size = event.origin, event.magnitude
    return EventLine(
        event.id,
        event.version,
        "" if event.event_type == "earthquake" else "cancel",
        origin.time_ns,
        event.issued_ns,
        origin.latitude,
        origin.longitude,
        origin.depth_km,
        size.value if size else None,
        len(origin.station_codes),
        finite(origin.horizontal_uncertainty_km),
        event.state,
        origin.confidence.quality if origin.confidence else "",
        size.at_least if size else False,
    )


def alert_line(alert: Alert | None) -> EventLine | None:
    """The newest alert."""
    if alert is None:
        return None
    where = alert.latitude, alert.longitude, alert.depth_km
    return EventLine(
        alert.event_id, alert.version, alert.kind, alert.origin_time_ns, alert.issued_ns, *where, alert.magnitude,
        alert.stations, finite(alert.horizontal_uncertainty_km),
    )  # fmt: skip


def host_line(folder: str, clock_behind_s: float, loop_lag_s: float) -> HostLine:
    """The computer."""
    disk = os.statvfs(folder)
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return HostLine(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize, memory, clock_behind_s, loop_lag_s)


def refused_lines(refused: Counter[tuple[str, str]]) -> tuple[Refused, ...]:
    """Records that did not pass the gate."""
    return tuple(Refused(source, reason, count) for (source, reason), count in sorted(refused.items()))


def rejection_lines(rejected: Counter[tuple[str, str]]) -> tuple[RejectionLine, ...]:
    """Triggers that the gate refused."""
    return tuple(RejectionLine(code, reason, count) for (code, reason), count in sorted(rejected.items()))


def server_line(state: ServerState) -> ServerLine:
    """Our own server."""
    host, port = state.address
    return ServerLine(f"{host}:{port}", len(state.clients), state.sent, state.ended.get("stalled", 0))
