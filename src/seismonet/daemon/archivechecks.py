"""How the archive's folder and the daemon that works in it are, by what they left there."""

from dataclasses import replace
from pathlib import Path

from seismonet.core.errors import SeismonetError
from seismonet.core.utc import to_seconds

from .findings import ERROR, WARNING, Finding, good
from .lock import holder
from .statefile import NAME, STALE_S, read_status
from .statuschecks import status_findings
from .words import number, size, span

LARGE_QUARANTINE = 100 * 2**20


def archive_findings(folder: Path, now_ns: int) -> list[Finding]:
    """Judge lock, status document and quarantine of an archive folder."""
    if not folder.is_dir():
        return [good("archive", f"{folder}: not there yet; the daemon will make it")]
    return [*_daemon(folder, now_ns), *_quarantine(folder)]


def _daemon(folder: Path, now_ns: int) -> list[Finding]:
    pid = holder(folder)
    try:
        status = read_status(folder / NAME)
    except SeismonetError as error:
        if pid is None:
            return [Finding("daemon", WARNING, "none is running", 0, "", "start it: seismonet run -c FILE")]
        step = "wait a few seconds: it may be starting; else look at its log"
        return [Finding("daemon", WARNING, f"process {pid} runs without a status: {error}", 0, "", step)]
    if pid is None:
        step = "look at its last lines (journalctl -u seismonet) and start it: seismonet run -c FILE"
        return [Finding("daemon", ERROR, "none is running", status.time_ns, "it was stopped, or ended by itself", step)]
    age_s = to_seconds(now_ns - status.time_ns)
    if age_s > STALE_S:
        cause = "it hangs: a disk that does not answer, or a fault of ours"
        step = "systemctl restart seismonet; nothing that was acknowledged is lost; then report the log's last lines"
        what = f"process {pid} has not renewed its status for {span(age_s)}"
        return [Finding("daemon", ERROR, what, status.time_ns, cause, step)]
    running = f"process {pid} has been {status.phase} for {span(to_seconds(now_ns - status.started_ns))}"
    return [good("daemon", running), *map(_from_here, status_findings(status))]


def _from_here(one: Finding) -> Finding:
    """Who is sent to the doctor is here already."""
    sent = one.next_step.startswith("seismonet doctor")
    return replace(one, next_step="see what is found of its server, further down") if sent else one


def _quarantine(folder: Path) -> list[Finding]:
    try:
        sizes = [path.stat().st_size for path in (folder / "quarantine").rglob("*") if path.is_file()]
    except OSError:
        return []
    if not sizes:
        return [good("archive", "nothing is in quarantine")]
    what = f"{number(len(sizes), 'file')} of {size(sum(sizes))} in quarantine"
    if sum(sizes) < LARGE_QUARANTINE:
        return [good("archive", what)]
    cause = "a station or server that sends what cannot be used"
    return [Finding("archive", WARNING, what, 0, cause, "the names there say which and why; mend it at its source")]
