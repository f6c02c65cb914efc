"""Fault suite: what is injected is named, in first place, and nothing is named where nothing is wrong.

More than forty kinds of fault, each in several sizes, at three unlike stations (``faultcases.py``).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.health import Finding
from seismonet.core.inventory import Channel
from seismonet.status.diagnosis import diagnose
from seismonet.status.measures import StationMeasures
from seismonet.synthesis.faults import Fault, Kind

from .faultcases import BEGUN_S, HOURS, SITES, SLOW_DAYS, Case, Site, exchanged, measure, since, turned
from .page import Figure, figures

Course: TypeAlias = Callable[[FloatArray], FloatArray]
LEFT_S = HOURS * 3600 - BEGUN_S
RIGHT, FALSE = 0.95, 0.02
SEEDS_OF_HEALTH = 20


def _all(kind: Kind, target: str, size: float | None = None, start_s: float = BEGUN_S) -> Fault:
    """From then on to the end."""
    return Fault(kind, target, start_s, HOURS * 3600 - start_s, size)


def _times(code: str, factor: float) -> Callable[[Channel], Channel]:
    """Channels whose code begins so have so many times their stated gain."""

    def scaled(channel: Channel) -> Channel:
        named = channel.source_id.channel.startswith(code)
        return replace(channel, sensitivity=channel.sensitivity * factor) if named else channel

    return scaled


def _falling(volts_a_day: float, last: float) -> Course:
    def course(days: FloatArray) -> FloatArray:
        return last + volts_a_day * (days - SLOW_DAYS) + 0.3 * np.maximum(np.sin(2 * np.pi * (days - 0.3)), 0)

    return course


def _drifting(a_day: float, last: float) -> Course:
    return lambda days: last + a_day * (days - SLOW_DAYS) + 0.02 * np.sin(2 * np.pi * days)


def cases() -> list[Case]:
    """All of them, by kind."""
    return [*_sensors(), *_orientation(), *_noises(), *_clocks(), *_links(), *_houses(), *_papers()]


def _sensors() -> Iterator[Case]:
    for value in (0.0, 1234.0):
        yield Case(
            f"dead axis of the seismometer, at {value:g}", "dead", "00.HHE", faults=(_all("dead", "*HHE", value),)
        )
    yield Case("dead axis of the accelerometer", "dead", "00.HNZ", faults=(_all("dead", "*HNZ"),))
    yield Case("dead seismometer", "dead", "00.HH?", faults=(_all("dead", "*HH?"),))
    for code in ("HHN", "HNE"):
        yield Case(f"cable off, {code}", "dead", f"00.{code}", faults=(_all("deaf", f"*{code}", start_s=0.0),))
    for code in ("HHE", "HNN", "HHZ"):
        for factor in (0.01, 0.1, 0.5, 2.0, 10.0, 100.0, 1000.0):
            yield Case(f"gain of {code} x{factor:g}", "gain", f"00.{code}", factor, true=_times(code, factor))
    for factor in (0.01, 100.0):
        yield Case(f"gain of the seismometer x{factor:g}", "gain", None, None, true=_times("HH", factor))
    for factor in (0.5, 2.0):
        yield Case(f"gain of the accelerometer x{factor:g}", "gain", None, None, true=_times("HN", factor))
    for volts in (2.5, -3.8):
        yield Case(f"mass off centre, {volts:g} V", "mass", "00.HH?", slow={"VM2": since(volts, 2.0)})
    yield Case("mass drifting", "mass", "00.HH?", slow={"VM1": _drifting(0.15, 1.7)})
    yield Case("mass drifting slowly", "mass", "00.HH?", slow={"VM3": _drifting(-0.06, -1.5)})
    lean = {"VM2": since(4.0, 0.1)}
    yield Case("mass at its stop", "mass", None, slow=lean, faults=(_all("offset", "*HHN", 5e6),))
    for size in (200.0, 1000.0):
        yield Case(f"clipped axis at {size:g} counts", "clipped", "00.HHN", faults=(_all("clip", "*HHN", size),))
    yield Case("pinned at full scale by gusts", "clipped", "00.HHE", faults=(_all("boxcar", "*HHE", 1.7e7),))


def _orientation() -> Iterator[Case]:
    for code in ("HHZ", "HHN", "HNE"):
        yield Case(f"polarity of {code}", "polarity", None, true=_times(code, -1.0))
    for one, other in (("HHN", "HHE"), ("HHZ", "HHN"), ("HNN", "HNE")):
        yield Case(f"swapped {one} and {other}", "swapped", None, true=exchanged(one, other))
    for stem, degrees in (("HH", 25.0), ("HH", 90.0), ("HN", 60.0), ("HH", 180.0)):
        yield Case(f"turned by {degrees:g} degrees, {stem}", "orientation", None, true=turned(degrees, stem))


def _noises() -> Iterator[Case]:
    for size in (1e5, 2e6):
        yield Case(f"spikes of {size:g}", "spikes", "00.HHZ", faults=(_all("spike", "*HHZ", size),))
    yield Case("spikes on a whole sensor", "spikes", "00.HH?", faults=(_all("spike", "*HH?", 1e5),))
    for size in (1e5, 1e6):
        yield Case(f"noisy axis, {size:g}", "noise", "00.HHE", faults=(_all("noisy", "*HHE", size),))
    yield Case("noisy seismometer", "noise", "00.HH?", faults=(_all("noisy", "*HH?", 2e5),))
    yield Case("an axis that jumps", "noise", "00.HHN", faults=(_all("boxcar", "*HHN", 1e6),))
    yield Case("interference of 1 Hz", "noise", "00.HHE", faults=(_all("sine", "*HHE", 1e6),))
    for size in (20.0, 60.0):
        yield Case(f"storm x{size:g}", "storm", "", storm=size)


def _clocks() -> Iterator[Case]:
    for size in (3.6, -1.0):
        yield Case(f"clock drifts by {size:g} s an hour", "clock", "", faults=(_all("clock_drift", "*", size),))
    for size in (1.0, -5.0, 20.0):
        yield Case(f"clock jumps by {size:g} s", "clock", "", faults=(_all("clock_offset", "*", size),))
    yield Case("week number rolls over", "clock", "", faults=(_all("gps_week", "*"),))
    lost = {"GST": since(1.0, 1.0), "GNS": since(0.0, 1.0), "LCQ": since(65.0, 0.6)}
    yield Case("no lock for a day", "clock", "", slow=lost)
    yield Case("antenna cable cut", "clock", "", slow={"GAN": since(2.0, 0.5), "GNS": since(0.0, 0.5)})
    yield Case("few satellites", "clock", "", slow={"GNS": since(3.0, 3.0), "LCQ": since(88.0, 3.0)})
    yield Case("clock error of 2 ms", "clock", "", slow={"LCE": since(2000.0, 1.0)})


def _links() -> Iterator[Case]:
    gone = {"end": lambda days: np.full(len(days), SLOW_DAYS - LEFT_S / 86_400)}
    yield Case("link down", "link", "", faults=(_all("gap", "*"),), slow=gone)
    for length_s in (90.0, 400.0):
        some = tuple(Fault("gap", "*", at_s, length_s) for at_s in (1500.0, 3000.0, 4200.0))
        yield Case(f"three outages of {length_s:g} s", "link", "", faults=some)
    yield Case(
        "link comes late", "link", "", faults=tuple(Fault("burst", "*", s, 230.0) for s in range(3600, 7000, 240))
    )
    for every_s in (120, 400):
        lost = tuple(Fault("gap", "*", float(s), 4.5) for s in range(300, 7000, every_s))
        yield Case(f"packets lost every {every_s} s", "packets", "", faults=lost)
    yield Case("server down", "server", "", faults=(_all("gap", "*"),), everywhere=True)
    same = (Fault("gap", "*", 3000.0, 600.0), Fault("gap", "*", 5000.0, 300.0))
    yield Case("server restarts", "server", "", faults=same, everywhere=True)
    behind = tuple(Fault("burst", "*", s, 230.0) for s in range(3600, 7000, 240))
    yield Case("server is behind", "server", "", faults=behind, everywhere=True)


def _houses() -> Iterator[Case]:
    for last in (11.5, 10.9):
        yield Case(f"supply at {last:g} V", "power", "", slow={"VEI": since(last, 0.3)})
    yield Case("battery falling", "power", "", slow={"VEI": _falling(-0.08, 12.1)})
    yield Case("battery falling slowly", "power", "", slow={"VEI": _falling(-0.03, 12.0)})
    end = {"end": lambda days: np.full(len(days), SLOW_DAYS - LEFT_S / 86_400)}
    yield Case("battery flat", "power", "", faults=(_all("gap", "*"),), slow={"VEI": since(11.0, 0.5), **end})
    night = tuple(Fault("gap", "*", s, 400.0) for s in (1200.0, 4000.0))
    yield Case("off at night", "power", "", faults=night, slow={"VEI": since(11.4, 0.4)})
    for degrees in (-28.0, 62.0):
        yield Case(f"vault at {degrees:g} degC", "temperature", "", slow={"VDT": since(degrees, 0.4)})
    for code in ("HHN", "HNZ"):
        yield Case(f"{code} not sent", "digitizer", f"00.{code}", drops=(code,))
    yield Case("HHZ stopped", "digitizer", "00.HHZ", faults=(_all("gap", "*HHZ"),))
    silent = {"end": lambda days: np.full(len(days), SLOW_DAYS - 0.3)}
    yield Case("digitizer's health stopped", "digitizer", "", slow=silent)


def _papers() -> Iterator[Case]:
    def rate(channel: Channel) -> Channel:
        return replace(channel, rate_hz=2 * channel.rate_hz) if channel.source_id.channel[:2] == "HH" else channel

    yield Case("rate not as stated", "metadata", "00.HH?", stated=rate)
    yield Case(
        "channel not in the metadata", "metadata", "00.HNE",
        stated=lambda channel: None if channel.source_id.channel == "HNE" else channel,
    )  # fmt: skip
    for km in (0.3, 20.0):
        away = {"moved": partial(np.full_like, fill_value=1000 * km)}
        yield Case(f"station {km:g} km from where it is stated", "metadata", "", slow=away)


@dataclass(frozen=True, slots=True)
class Judged:
    """A case at a station, and what was found there."""

    case: Case
    site: Site
    findings: tuple[Finding, ...]

    @property
    def right(self) -> bool:
        """Is the right cause in first place, at the right channel and with the right factor where those are told?"""
        if self.case.cause is None:
            return not self.findings
        first = self.findings[0] if self.findings else None
        if first is None or first.cause != self.case.cause:
            return False
        if self.case.channel is not None and first.channel != self.case.channel:
            return False
        factor = self.case.factor
        return factor is None or (first.factor is not None and abs(first.factor / factor - 1) <= 0.2)


def judge(case: Case, site: Site, healthy: Sequence[StationMeasures], seed: int) -> Judged:
    """The diagnosis of the whole network, of which one station (or all) is as the case has it."""
    codes = {f"XX.{one.code}": one for one in SITES}
    measures = [
        measure(codes[one.station_code], case, seed)
        if case.everywhere or one.station_code == f"XX.{site.code}"
        else one
        for one in healthy
    ]
    found = diagnose(measures, {code: one.station for code, one in codes.items()})
    return Judged(case, site, tuple(one for one in found if one.station_code == f"XX.{site.code}"))


def run(chosen: Sequence[Case], sites: Sequence[Site] = SITES, seed: int = 1) -> list[Judged]:
    """All chosen cases at all of these stations."""
    healthy = [measure(site, Case("healthy", None), seed) for site in SITES]
    return [judge(case, site, healthy, seed) for case in chosen for site in sites]


def healthy(seeds: range) -> list[Judged]:
    """Networks where nothing is wrong."""
    found = []
    for seed in seeds:
        measures = [measure(site, Case("healthy", None), seed) for site in SITES]
        told = diagnose(measures, {f"XX.{site.code}": site.station for site in SITES})
        for site in SITES:
            own = tuple(one for one in told if one.station_code == f"XX.{site.code}")
            found.append(Judged(Case("healthy", None), site, own))
    return found


def section() -> str:
    """The section of docs/measurements.md."""
    judged = run(cases())
    fine = healthy(range(100, 100 + SEEDS_OF_HEALTH))
    right = sum(one.right for one in judged)
    false = sum(not one.right for one in fine)
    kinds = len({one.case.name for one in judged})
    table = figures(
        [
            Figure(
                "right cause in first place", f">= {100 * RIGHT:g} %", f"{100 * right / len(judged):.1f} %",
                right >= RIGHT * len(judged), f"{right} of {len(judged)}: {kinds} faults at {len(SITES)} stations",
            ),
            Figure(
                "stations without a fault that are told to have one", f"<= {100 * FALSE:g} %",
                f"{100 * false / len(fine):.1f} %", false <= FALSE * len(fine), f"{false} of {len(fine)}",
            ),
        ]
    )  # fmt: skip
    lines = [table, "", "| cause | faults | right in first place | otherwise |", "|---|---|---|---|"]
    for cause in dict.fromkeys(one.case.cause for one in judged):
        own = [one for one in judged if one.case.cause == cause]
        wrong = Counter(one.findings[0].cause if one.findings else "nothing" for one in own if not one.right)
        said = ", ".join(f"{name} {count}" for name, count in sorted(wrong.items()))
        lines.append(f"| {cause} | {len(own)} | {sum(one.right for one in own)} | {said} |")
    return "\n".join(lines)
