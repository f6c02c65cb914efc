"""A network with something to tell: three stations, of which one is down; a full disk; an alert a minute ago."""

from seismonet.core.utc import from_iso
from seismonet.daemon.statefile import (
    EventLine,
    HostLine,
    PickLine,
    Refused,
    RejectionLine,
    ServerLine,
    SourceLine,
    Stages,
    StationLine,
    Status,
    WriterLine,
)
from seismonet.status.latency import Spread

NOW_NS = from_iso("2026-03-01T06:30:00Z")
MINUTE_NS = 60 * 10**9


def status(stations: int = 3) -> Status:
    """The status at ``NOW_NS``; with more than three stations, those beyond are named by numbers."""
    stages = Stages(Spread(600, 5.9, 7.1, 7.3), Spread(600, 1.1, 1.6, 2.4), Spread(600, 0.004, 0.006, 0.011))
    ago = {minutes: NOW_NS - minutes * MINUTE_NS for minutes in (1, 42, 90, 120)}
    sarez_end_ns, murgh_end_ns = NOW_NS - 2 * 10**9, NOW_NS - 10**9
    lines = [
        StationLine("TJ.SAREZ", "up", True, (), ago[90], NOW_NS - 10**9, sarez_end_ns, 900, 1, stages),
        StationLine("TJ.MURGH", "degraded", True, ("HNZ: flat",), ago[1], NOW_NS, murgh_end_ns, 800, 0, stages),
        StationLine("TJ.MANEM", "down", False, ("HHZ, HNZ: silent",), ago[42], ago[42], ago[42], 7),
    ]
    lines += [StationLine(f"XX.S{number}", "up", True) for number in range(stations - 3)]
    event = EventLine(
        "73e03d0c5e1f", 2, "", NOW_NS - MINUTE_NS, NOW_NS - MINUTE_NS + 9 * 10**9, 38.05, 72.75, 15.0, 6.9, 3,
        8.4, "confirmed", "good", True,
    )  # fmt: skip
    alert = EventLine(
        "73e03d0c5e1f", 2, "update", NOW_NS - MINUTE_NS, NOW_NS - MINUTE_NS + 9 * 10**9, 38.05, 72.75, 15.0, 5.4, 3
    )
    return Status(
        time_ns=NOW_NS,
        started_ns=NOW_NS - 120 * MINUTE_NS,
        pid=4711,
        version="1.0",
        phase="running",
        network="Pamir",
        configuration="config/pamir.toml",
        configuration_ns=NOW_NS - 120 * MINUTE_NS,
        stations_needed=3,
        stations=tuple(lines[:stations]),
        sources=(
            SourceLine(
                "centre", "seedlink://centre:18000", "connected", ago[90], "seismonet", "4", 2, 1700, 870_400, NOW_NS
            ),
            SourceLine(
                "manem", "seedlink://manem:18000", "waiting", ago[42], reconnects=31, error="connection refused",
                next_try_ns=NOW_NS + 17 * 10**9, silent=("TJ.MANEM",),
            ),
        ),
        writer=WriterLine(
            1707, 1650, 29_184, 4.2, failing=("journal: no space left on device",), failing_since_ns=ago[1]
        ),
        refused=(Refused("centre", "steim_end", 3),),
        rejections=(RejectionLine("TJ.MANEM", "spike", 2), RejectionLine("TJ.SAREZ", "teleseism", 5)),
        host=HostLine(0, 64 * 2**30, 180 * 2**20, 0.0, 0.002),
        server=ServerLine("0.0.0.0:18000", 4, 12_000, 1),
        pick=PickLine("TJ.SAREZ.00.HHZ", "P", NOW_NS - MINUTE_NS + 4 * 10**9, NOW_NS - MINUTE_NS + 6 * 10**9, 41.0),
        event=event,
        alert=alert,
        advice=("512-byte records cost Sarez 5.9 s; ask the digitizer for shorter packets",),
    )  # fmt: skip
