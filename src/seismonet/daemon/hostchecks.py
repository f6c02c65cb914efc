"""Is this computer fit for the work: its clock, its disk, its memory?

The rule this file owns: nothing is changed but one small file in the archive's folder, which is removed again.
"""

import ctypes
import errno
import os
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from seismonet.core import leapseconds
from seismonet.core.utc import from_iso

from .findings import ERROR, WARNING, Finding, good
from .words import moment, size, span

STA_UNSYNC, TIME_ERROR = 0x40, 5
LARGE_ERROR_S, WORST_ERROR_S = 0.05, 0.5
MADE_NS = from_iso("2026-01-01")
"""No clock that is right says an earlier time."""
FREE_SHARE, FREE_BYTES = 0.05, 2 * 2**30
LOW_SHARE = 0.1
SLOW_SYNC_S, STUCK_SYNC_S = 0.05, 1.0
SYNCS = 10
LOW_MEMORY, NO_MEMORY = 512 * 2**20, 200 * 2**20
VOLATILE = {"tmpfs", "ramfs"}
REMOTE = {"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"}


@dataclass(frozen=True, slots=True)
class KernelClock:
    """What keeps the system's clock says about it: is it held to some standard, and how far off may it be."""

    synchronised: bool
    error_s: float
    keeper: str = "the kernel"


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), up to the last field that is looked at; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("room", ctypes.c_long * 32),
    )  # fmt: skip


def kernel_clock() -> KernelClock | None:
    """The kernel's own opinion (adjtimex(2), nothing is set); None where it may not be asked."""
    answer = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(answer))
    except (AttributeError, OSError):
        return None
    if state < 0:
        return None
    return KernelClock(state != TIME_ERROR and not answer.status & STA_UNSYNC, answer.maxerror / 1e6)


def chrony_clock(command: str = "chronyc") -> KernelClock | None:
    """What chrony says, None when it is not there or not running.

    ``chronyc -c tracking`` prints one line: reference, name, stratum, time, system time minus true time, last and RMS
    offset, frequency, residual, skew, root delay, root dispersion, interval, leap status (chronyc(1)).
    """
    if shutil.which(command) is None:
        return None
    try:
        told = subprocess.run([command, "-c", "tracking"], capture_output=True, text=True, timeout=5, check=True)
        fields = told.stdout.strip().split(",")
        error_s = abs(float(fields[4])) + float(fields[10]) / 2 + float(fields[11])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
    return KernelClock(fields[13] != "Not synchronised", error_s, "chrony")


def clock_findings(now_ns: int, clocks: tuple[KernelClock | None, ...]) -> list[Finding]:
    """Judge the time and what is said of it: the first of ``clocks`` that says anything counts."""
    found = []
    if now_ns < MADE_NS:
        cause = "a computer without a clock battery, or never synchronised since it was started"
        step = "set the clock and keep it by chrony; no record can be judged before"
        return [Finding("clock", ERROR, f"it says {moment(now_ns)}, which is past", 0, cause, step)]
    known = next((one for one in clocks if one is not None), None)
    step = "install chrony and give it two or more servers, or a GNSS receiver (chronyc sources shows them)"
    if known is None:
        found.append(Finding("clock", WARNING, "nobody says whether it is right", 0, "no chrony, no kernel", step))
    elif not known.synchronised:
        what = f"{known.keeper} says that it is not synchronised"
        found.append(Finding("clock", ERROR, what, 0, "no time server is running or reached", step))
    elif known.error_s > LARGE_ERROR_S:
        level = ERROR if known.error_s > WORST_ERROR_S else WARNING
        what = f"it may be off by {span(known.error_s)} ({known.keeper})"
        found.append(Finding("clock", level, what, 0, "far or slow time servers, or a bad link", step))
    else:
        found.append(good("clock", f"synchronised, off by at most {span(known.error_s)} ({known.keeper})"))
    stale = leapseconds.stale(now_ns)
    if stale:
        found.append(Finding("clock", WARNING, stale, leapseconds.EXPIRES_NS, "an old version", "update seismonet"))
    return found


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """What was measured of the file system that a folder lies on. ``sync_s`` is empty when it cannot be written to."""

    kind: str
    free_bytes: int
    total_bytes: int
    free_inodes: int
    total_inodes: int
    sync_s: tuple[float, ...]
    error: OSError | None = None


def measure_disk(folder: Path) -> DiskFacts:
    """Measure the disk under a folder, or under the nearest folder above that exists."""
    place = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    told = os.statvfs(place)
    bytes_ = (told.f_bavail * told.f_frsize, told.f_blocks * told.f_frsize)
    try:
        synced, error = _syncs(place), None
    except OSError as failure:
        synced, error = (), failure
    return DiskFacts(_kind(place), *bytes_, told.f_favail, told.f_files, synced, error)


def _syncs(folder: Path) -> tuple[float, ...]:
    """How long it takes to get a journal's frame onto the disk, some times in a row."""
    path = folder / f".doctor-{os.getpid()}"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        taken = []
        for _ in range(SYNCS):
            begin_s = time.monotonic()
            os.write(file, b"\0" * 4096)
            os.fdatasync(file)
            taken.append(time.monotonic() - begin_s)
        return tuple(taken)
    finally:
        os.close(file)
        path.unlink()


def _kind(place: Path) -> str:
    """Type of the file system by the longest mount point above a folder."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text("utf-8").splitlines()]
    except OSError:
        return ""
    where = place.resolve()
    above = [(len(mount[1]), mount[2]) for mount in mounts if where.is_relative_to(mount[1].replace("\\040", " "))]
    return max(above)[1] if above else ""


def disk_findings(folder: Path, facts: DiskFacts) -> list[Finding]:
    """Judge what was measured."""
    return [*_space(folder, facts), *_writing(folder, facts), *_kind_of_disk(folder, facts)]


def _space(folder: Path, facts: DiskFacts) -> list[Finding]:
    if not facts.total_bytes:
        return []
    share = facts.free_bytes / facts.total_bytes
    what = f"{folder}: {size(facts.free_bytes)} of {size(facts.total_bytes)} free ({share:.0%})"
    step = "remove what is not needed, or let [archive] keep fewer days; 'seismonet archive status' shows what is old"
    found = []
    if share < FREE_SHARE or facts.free_bytes < FREE_BYTES:
        found.append(Finding("disk", ERROR, what, 0, "records, or something else on that disk", step))
    elif share < LOW_SHARE:
        found.append(Finding("disk", WARNING, what, 0, "records, or something else on that disk", step))
    else:
        found.append(good("disk", what))
    if facts.total_inodes and facts.free_inodes < FREE_SHARE * facts.total_inodes:
        what = f"{folder}: {facts.free_inodes} of {facts.total_inodes} inodes free"
        found.append(Finding("disk", ERROR, what, 0, "very many small files", "find and remove them: df -i"))
    return found


def _writing(folder: Path, facts: DiskFacts) -> list[Finding]:
    if facts.error is not None:
        reasons = {
            errno.EROFS: ("the file system is read-only", "look into the kernel's log (dmesg) for errors of the disk"),
            errno.EACCES: ("it belongs to another user", "run this as the daemon's user, or change the owner"),
            errno.ENOSPC: ("the disk is full", "remove something"),
        }
        cause, step = reasons.get(facts.error.errno or 0, ("", "look into the kernel's log (dmesg)"))
        return [Finding("disk", ERROR, f"{folder}: cannot be written to: {facts.error.strerror}", 0, cause, step)]
    typical_s, worst_s = statistics.median(facts.sync_s), max(facts.sync_s)
    what = f"{folder}: a write is safe after {span(typical_s)}, at worst {span(worst_s)}"
    if typical_s > SLOW_SYNC_S or worst_s > STUCK_SYNC_S:
        cause = "a slow disk or memory card, or another program that writes much"
        return [Finding("disk", WARNING, what, 0, cause, "an SSD with power-loss protection, or a disk of its own")]
    return [good("disk", what)]


def _kind_of_disk(folder: Path, facts: DiskFacts) -> list[Finding]:
    if facts.kind in VOLATILE:
        what = f"{folder}: is kept in memory ({facts.kind}) and gone after a restart of the computer"
        return [Finding("disk", ERROR, what, 0, "", "put the archive on a disk")]
    if facts.kind in REMOTE:
        what = f"{folder}: lies on another computer ({facts.kind})"
        return [
            Finding("disk", WARNING, what, 0, "", "keep the archive on a disk of this computer, copy it from there")
        ]
    return []


def memory_findings(meminfo: str) -> list[Finding]:
    """Judge the text of ``/proc/meminfo``.

    >>> memory_findings("MemTotal: 2000000 kB\\nMemAvailable: 300000 kB")[0].level
    'warning'
    """
    pairs = (line.partition(":") for line in meminfo.splitlines())
    kib = {name: int(value.split()[0]) for name, _, value in pairs if value.split() and value.split()[0].isdigit()}
    if "MemAvailable" not in kib:
        return []
    free = kib["MemAvailable"] * 1024
    what = f"{size(free)} of {size(kib.get('MemTotal', 0) * 1024)} free"
    if free < LOW_MEMORY:
        level = ERROR if free < NO_MEMORY else WARNING
        return [Finding("memory", level, what, 0, "other programs", "see what uses it: top, sorted by M")]
    return [good("memory", what)]


def host_findings(folder: Path, now_ns: int) -> list[Finding]:
    """Clock, disk and memory of this computer."""
    found = clock_findings(now_ns, (chrony_clock(), kernel_clock()))
    found += disk_findings(folder, measure_disk(folder))
    try:
        return found + memory_findings(Path("/proc/meminfo").read_text("ascii"))
    except OSError:
        return found
