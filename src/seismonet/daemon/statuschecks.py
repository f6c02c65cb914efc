"""What is wrong by a daemon's own status document: since when, why, and what to do. Shown by ``top`` and the doctor."""

from seismonet.core.utc import to_seconds

from .findings import ERROR, WARNING, Finding
from .hostchecks import FREE_BYTES, FREE_SHARE
from .statefile import ReceiverLine, SourceLine, StationLine, Status
from .words import listed, number, size, span

LAG_S = 60.0
SLOW_LOOP_S = 1.0
BRIEF_S = 60.0
CAUSES = {
    "refused": ("no server listens there, or a firewall turns us away", "start the server there, or mend the port"),
    "timed out": ("the link is down, or a firewall drops the connection", "ask who runs the link"),
    "name": ("the name service does not know it", "mend the url, or use a numeric address"),
}


def status_findings(status: Status) -> list[Finding]:
    """Everything that a person should know, the worst first; empty when all is well."""
    found = [*_network(status), *_writer(status), *_host(status)]
    found += [finding for one in status.sources for finding in _source(one, status)]
    found += [_station(one, status) for one in status.stations if one.verdict != "up"]
    found += [_receiver(one) for one in status.receivers if one.state in ("unreachable", "unusable")]
    if status.configuration_rejected:
        step = "seismonet config check FILE names every mistake; then systemctl reload seismonet"
        what = f"the new configuration was refused, the old one holds: {status.configuration_rejected}"
        found.append(Finding("configuration", WARNING, what, 0, "", step))
    return sorted(found, key=lambda one: one.level != ERROR)


def _receiver(one: ReceiverLine) -> Finding:
    step = "mend its [[receiver]], or what lies between; seismonet doctor tries the way to it"
    return Finding(one.name, ERROR, f"receiver {one.state}: alerts do not reach it", one.reached_ns, one.error, step)


def _short(status: Status) -> bool:
    return status.contributing < status.stations_needed


def _network(status: Status) -> list[Finding]:
    if not _short(status):
        return []
    lost = [one for one in status.stations if not one.can_contribute]
    have = f"{number(status.contributing, 'station')} can contribute"
    cause = f"{listed([one.station_code for one in lost])} cannot" if lost else "too few stations"
    since_ns = max((one.since_ns for one in lost), default=0)
    what = f"no alert is possible: {have}, {status.stations_needed} are needed"
    return [Finding("network", ERROR, what, since_ns, cause, "mend the nearest of them first")]


def _writer(status: Status) -> list[Finding]:
    writer = status.writer
    step = "free or replace the disk; what comes in waits in memory as far as it fits, the rest is asked for again"
    found = [
        Finding("archive", ERROR, f"cannot write {what}", writer.failing_since_ns, "", step) for what in writer.failing
    ]
    if writer.unjournaled:
        what = f"{number(writer.unjournaled, 'packet')} had no room in memory while the disk failed"
        step = "nothing: the servers are asked for them again"
        found.append(Finding("archive", WARNING, what, 0, "the disk failed for long", step))
    if writer.lag_s > LAG_S:
        step = "look at the disk's load (iostat -x 1); the journal is safe meanwhile"
        found.append(Finding("archive", WARNING, f"is {span(writer.lag_s)} behind the journal", 0, "a slow disk", step))
    if writer.losses:
        what = (
            f"{number(writer.losses, 'stretch of data', 'stretches of data')} had gone from the disk at the last start"
        )
        cause, step = "a disk that failed, or somebody who changed files", "seismonet archive status lists them"
        found.append(Finding("archive", WARNING, what, status.started_ns, cause, step))
    if writer.conflicts:
        what = f"{number(writer.conflicts, 'record')} of a time that was there already, with other samples"
        cause = "two servers whose data of one station differ, or a digitizer that was set wrong"
        step = "seismonet archive status lists them; both are kept"
        found.append(Finding("archive", WARNING, what, 0, cause, step))
    return found


def _host(status: Status) -> list[Finding]:
    host = status.host
    found = []
    if status.withheld:
        step = "wait; if it happens again, see to chrony"
        found.append(Finding("alerts", ERROR, f"nobody is warned now: {status.withheld}", 0, "", step))
    if host.total_bytes and (host.free_bytes < FREE_SHARE * host.total_bytes or host.free_bytes < FREE_BYTES):
        what = f"{size(host.free_bytes)} of {size(host.total_bytes)} free on the disk"
        cause, step = "records, or something else on that disk", "free space; see [archive] keep_days and free_gb"
        found.append(Finding("disk", ERROR, what, 0, cause, step))
    if host.clock_behind_s > 1.0:
        what = f"the host's clock was set back by {span(host.clock_behind_s)}"
        step = "keep time by chrony, and never set the clock by hand while the daemon runs"
        found.append(Finding("clock", ERROR, what, 0, "an operator, or a time server that was wrong", step))
    if host.loop_lag_s > SLOW_LOOP_S:
        what = f"the daemon is {span(host.loop_lag_s)} late with its own work"
        found.append(Finding("daemon", WARNING, what, 0, "a computer that is too busy", "see what else runs: top"))
    return found


def _source(one: SourceLine, status: Status) -> list[Finding]:
    found = []
    if one.state == "refused":
        step = "mend user and password_file (or token_file) in its [[source]]"
        what = f"{one.name} refuses us: {one.error}"
        found.append(Finding(one.name, ERROR, what, one.since_ns, "a wrong or expired password or token", step))
    elif one.state != "connected" and one.since_ns and to_seconds(status.time_ns - one.since_ns) > BRIEF_S:
        known = next((pair for key, pair in CAUSES.items() if key in one.error), ("", "seismonet doctor looks closer"))
        what = f"{one.name} is not connected: {one.error or one.state}"
        found.append(Finding(one.name, ERROR, what, one.since_ns, *known))
    if one.denied:
        what = f"{one.name} does not let us have {listed(one.denied)}"
        found.append(
            Finding(one.name, WARNING, what, 0, "no right, or no such station", "seismonet doctor looks closer")
        )
    if one.unmatched:
        what = f"{one.name} does not have {listed(one.unmatched)}"
        cause = "a wrong code, or a channel that is not connected"
        found.append(Finding(one.name, WARNING, what, 0, cause, "seismonet doctor names what it has"))
    if one.foreign:
        what = f"{one.name} sent {number(one.foreign, 'packet')} of stations that were not asked for"
        cause, step = "a mistake in its set-up, or worse", "look into quarantine/; ask who runs the server"
        found.append(Finding(one.name, WARNING, what, 0, cause, step))
    return found


def _station(one: StationLine, status: Status) -> Finding:
    level = ERROR if _short(status) and not one.can_contribute else WARNING
    what = f"{one.station_code} is {one.verdict}: {'; '.join(one.reasons) or 'no reason was given'}"
    if one.can_contribute:
        return Finding("stations", level, what, one.since_ns, "", "see which channels it concerns")
    return Finding("stations", level, what, one.since_ns, "", "seismonet doctor says what its server has of it")
