"""SIGKILL and SIGTERM in the middle of an earthquake: it stays the same event, and nobody is warned twice.

A daemon is ended at a random moment between five seconds before the origin and a minute after the first alert, and
started again at once. What it has told and stored at the end is compared with a run that nobody disturbed. A twin that
begins anew when it is started again must be found out.
"""

import asyncio
import random
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import Figure
from seismonet.core.alert import Alert
from seismonet.core.event import Event
from seismonet.core.geo import distance_km
from seismonet.daemon.run import Daemon
from seismonet.net.clock import Clock
from seismonet.store.catalogue import Catalogue
from seismonet.store.journal import Journal

from .nursery import REAL, Nursery, quiet
from .scene import ORIGIN_NS, RATE, Found, scene

MOMENTS, AT_ONCE, SEED = 50, 3, 19
BEFORE_S, AFTER_S, SETTLE_S = 5.0, 60.0, 25.0
"""From so long before the origin to so long after the first alert; then the daemon has so long to come back."""
PLACE_KM, DEPTH_KM, SIZE = 5.0, 10.0, 0.2
TWIN, TWIN_AFTER_S = "benchmarks.drills.restart:run_forgetful", 0.5


class Forgetful(Daemon):
    """Wrong on purpose: it knows nothing of what was before its start."""

    def _resume(self, journal: Journal, catalogue: Catalogue) -> None:
        return


def run_forgetful(path: Path, clock: Clock) -> int:
    """The twin, in place of the daemon's ``run``."""

    async def main() -> int:
        return await Forgetful(path, clock).run()

    return asyncio.run(main())


@dataclass(frozen=True, slots=True)
class Moment:
    """When a daemon is ended (seconds after the origin), and by which signal."""

    after_s: float
    number: signal.Signals


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong after a restart, in words; ``told_before`` is how many alerts there were before it."""

    moment: Moment
    told_before: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restarts:
    """The undisturbed run, a verdict for each moment, and one for the twin."""

    undisturbed: Found
    verdicts: tuple[Verdict, ...]
    twin: Verdict


def moments(count: int, first_alert_s: float, after_s: float = AFTER_S) -> list[Moment]:
    """Random moments, one in each of equal parts of the time in question; the signals take turns."""
    draw, span_s = random.Random(SEED), first_alert_s + after_s + BEFORE_S
    times = [-BEFORE_S + (k + draw.random()) * span_s / count for k in range(count)]
    return [Moment(one, signal.SIGTERM if k % 2 else signal.SIGKILL) for k, one in enumerate(times)]


async def drill(count: int, after_s: float = AFTER_S, rate: float = RATE, at_once: int = AT_ONCE) -> Restarts:
    """Restart at so many moments, up to ``after_s`` after the first alert; a few scenes at a time."""
    with tempfile.TemporaryDirectory(prefix="seismonet-restart-") as name, quiet():
        async with Nursery() as nursery:
            undisturbed, _ = await _play(Path(name) / "undisturbed", nursery, rate, None, AFTER_S)
            first_s = (undisturbed.alerts[0].issued_ns - ORIGIN_NS) / 1e9
            until_s, turn = first_s + after_s + SETTLE_S, asyncio.Semaphore(at_once)

            async def one(number: int, moment: Moment, entry: str = REAL) -> Verdict:
                async with turn:
                    found, told = await _play(Path(name) / str(number), nursery, rate, moment, until_s, entry)
                return Verdict(moment, len(told), tuple(faults(found, undisturbed, told)))

            work = [one(number, moment) for number, moment in enumerate(moments(count, first_s, after_s))]
            work.append(one(count, Moment(first_s + TWIN_AFTER_S, signal.SIGKILL), TWIN))
            *verdicts, twin = await asyncio.gather(*work)
            return Restarts(undisturbed, tuple(verdicts), twin)


async def _play(
    folder: Path, nursery: Nursery, rate: float, moment: Moment | None, until_s: float, entry: str = REAL
) -> tuple[Found, Sequence[Alert]]:
    """One scene to its end; what was found, and the alerts that there were before the restart."""
    told: Sequence[Alert] = ()
    async with scene(folder, nursery, rate) as stage:
        daemon = await stage.start(entry)
        if moment is not None:
            await stage.until(moment.after_s)
            await stage.stop(daemon, moment.number)
            told = stage.alerts()
            daemon = await stage.start(entry)
        await stage.until(until_s)
        await stage.stop(daemon)
        return stage.found(), told


def faults(found: Found, undisturbed: Found, told: Sequence[Alert]) -> list[str]:
    """In what a run differs from one that nobody disturbed, as far as anybody could mind.

    An event has the name of its first picks; which channel is heard first a restart may change. Once it was told
    (``told`` are the alerts before the restart), it must keep its name.
    """
    named = any(one.source_event_id for one in told)
    events = _event_faults(found.events, undisturbed.events, named)
    return [*_alert_faults(found.alerts, undisturbed.alerts), *events]


def _alert_faults(alerts: Sequence[Alert], undisturbed: Sequence[Alert]) -> list[str]:
    told = []
    for audience in sorted({one.audience for one in (*alerts, *undisturbed)}):
        own = [one for one in alerts if one.audience == audience]
        same = [one for one in undisturbed if one.audience == audience]
        told += [f"{audience}: {fault}" for fault in _chain_faults(own, same)]
    return told


def _chain_faults(alerts: Sequence[Alert], undisturbed: Sequence[Alert]) -> list[str]:
    """What one audience would mind."""
    told = []
    kinds, versions = [one.kind for one in alerts], [one.version for one in alerts]
    if kinds.count("new") != (1 if undisturbed else 0):
        told.append(f"told as new {kinds.count('new')} times")
    if versions != list(range(len(versions))):
        told.append(f"versions {versions}")
    if "cancel" in kinds:
        told.append("taken back")
    if undisturbed and {one.event_id for one in alerts} != {undisturbed[0].event_id}:
        told.append(f"alerts of {sorted({one.event_id for one in alerts})}, not of {undisturbed[0].event_id}")
    return told


def _event_faults(events: Sequence[Event], undisturbed: Sequence[Event], named: bool) -> list[str]:
    names = [one.id for one in undisturbed]
    if len(events) != len(names) or (named and [one.id for one in events] != names):
        return [f"events {[one.id for one in events]}, not {names}"]
    told = []
    for one, other in zip(events, undisturbed, strict=True):
        here, there = one.origin, other.origin
        apart_km = float(distance_km(here.latitude, here.longitude, there.latitude, there.longitude))
        if apart_km > PLACE_KM or abs(here.depth_km - there.depth_km) > DEPTH_KM:
            told.append(f"{apart_km:.1f} km from where it was, {here.depth_km:.0f} km deep")
        if one.magnitude is None or other.magnitude is None:
            told.append("without a magnitude")
        elif abs(one.magnitude.value - other.magnitude.value) > SIZE:
            told.append(f"magnitude {one.magnitude.value:.2f}, not {other.magnitude.value:.2f}")
    return told


def run(scale: float = 1.0) -> list[Figure]:
    """How many restarts went well."""
    return figures(asyncio.run(drill(max(4, round(MOMENTS * scale)))))


def figures(found: Restarts) -> list[Figure]:
    """Restarts without a fault, of all; and that the twin was found out."""
    count, twin = len(found.verdicts), found.twin
    good = sum(not one.faults for one in found.verdicts)
    between = sum(one.told_before > 0 for one in found.verdicts)
    detail = f"SIGKILL and SIGTERM in turn; {between} after the first alert"
    wrong = [f"{one.moment.after_s:.1f} s: {', '.join(one.faults)}" for one in found.verdicts if one.faults]
    what = "Restarts within an earthquake: same event, same place and size, told as new once"
    told = "; ".join(twin.faults) or "nothing"
    return [
        Figure(what, f"{count} of {count}", f"{good} of {count}", good == count, "; ".join([detail, *wrong])),
        Figure("The same with a twin that begins anew", "found out", told, bool(twin.faults)),
    ]
