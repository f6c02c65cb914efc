"""Nuisances of sensors, digitizers, links and wind: how each case of the suite is drawn."""

from .faults import Fault
from .nuisancecase import Happening, Site


def begin_s(site: Site) -> float:
    """After a minute of quiet, when every picker has settled."""
    return site.uniform(55.0, 75.0)


def _together(site: Site, kind: str, low: float, high: float, channels: str = "") -> tuple[Fault, ...]:
    """The same at two stations or more, begun by one command: at once, or one after another within seconds."""
    start, lasts, size = begin_s(site), site.uniform(8.0, 45.0), site.sized(low, high)
    late = site.random.choice([0.0, 0.02, 0.5, 3.0])
    channel = channels or str(site.random.choice(["00.HH?", "00.HN?", "00.H??", "00.HHZ"]))
    return tuple(
        Fault(kind, f"{code}.{channel}", start + round(float(site.random.uniform(0, late)), 2), lasts, size)  # type: ignore[arg-type]
        for code in site.some(2)
    )


def square_waves(site: Site) -> Happening:
    """As on 1 July 2015."""
    return Happening(faults=_together(site, "square_wave", 1e3, 3e6))


def flagged(site: Site) -> Happening:
    return Happening(faults=_together(site, "calibration", 1e3, 3e6))


def sines(site: Site) -> Happening:
    return Happening(faults=_together(site, "sine", 1e3, 1e6))


def sequences(site: Site) -> Happening:
    return Happening(faults=_together(site, "prbs", 1e3, 1e6))


def recentring(site: Site) -> Happening:
    many = site.random.random() < 0.4
    return Happening(
        faults=tuple(
            Fault("step", f"{code}.00.HH?", begin_s(site), site.uniform(30.0, 60.0), site.sized(1e5, 8e6))
            for code in (site.some(2) if many else site.some(1, 1))
        )
    )


def spikes(site: Site) -> Happening:
    """One after another at some stations, or once at all, as when lightning strikes a line."""
    if site.random.random() < 0.5:
        start, size = begin_s(site), site.sized(1e4, 8e6)
        return Happening(faults=tuple(Fault("spike", code, start, 5.0, size) for code in site.codes))
    return Happening(
        faults=tuple(
            Fault("spike", f"{code}.00.H??", begin_s(site), 60.0, site.sized(1e3, 8e6)) for code in site.some()
        )
    )


def boxcars(site: Site) -> Happening:
    return Happening(
        faults=tuple(
            Fault("boxcar", f"{code}.00.HH?", begin_s(site), site.uniform(20.0, 60.0), site.sized(1e3, 4e6))
            for code in site.some()
        )
    )


def dead(site: Site) -> Happening:
    """Dead, and alive again with a jump."""
    size = site.random.choice([0.0, site.sized(1e3, 4e6)])
    return Happening(
        faults=tuple(
            Fault(
                "dead",
                f"{code}.00.H{site.random.choice(['H', 'N', '?'])}?",
                begin_s(site),
                site.uniform(5.0, 40.0),
                size,
            )
            for code in site.some()
        )
    )


def noisy(site: Site) -> Happening:
    return Happening(
        faults=tuple(
            Fault("noisy", f"{code}.00.HH?", begin_s(site), site.uniform(3.0, 60.0), site.sized(1e3, 1e6))
            for code in site.some()
        )
    )


def bursts(site: Site) -> Happening:
    """Links of several stations come back together; what was lost meanwhile stays lost, or comes at once."""
    start, lasts = begin_s(site), site.uniform(5.0, 40.0)
    kind = str(site.random.choice(["burst", "burst", "gap"]))
    faults = [Fault(kind, code, start, lasts, site.uniform(0.0, 8.0)) for code in site.some(2)]  # type: ignore[arg-type]
    if site.random.random() < 0.5:
        # a level that moved while nobody saw it: after a gap the trace begins elsewhere
        faults += [Fault("step", f"{code}.00.HH?", start, 60.0, site.sized(1e4, 1e6)) for code in site.some()]
    return Happening(faults=tuple(faults))


def links(site: Site) -> Happening:
    return Happening(
        faults=tuple(
            Fault(kind, code, begin_s(site), site.uniform(5.0, 30.0))
            for code in site.some()
            for kind in ("duplicate", "disorder")
        )
    )


def storms(site: Site) -> Happening:
    start = site.uniform(20.0, 50.0)
    return Happening(
        faults=tuple(
            Fault("storm", f"{code}.00.H??", start + site.uniform(0.0, 10.0), 110.0, site.sized(5.0, 40.0))
            for code in site.some()
        ),
        duration_s=160.0,
    )
