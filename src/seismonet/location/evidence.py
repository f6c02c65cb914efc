"""All that is known of one source, as the posterior takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seismonet.core.event import Amplitude, Pick
from seismonet.core.inventory import Station
from seismonet.core.utc import SECOND_NS

from .posterior import Direction, Evidence, Observation, Silence, Size

Amplitudes = Mapping[str, Mapping[str, Amplitude]]
"""By pick, then by channel and window."""
LEAST_RATIO = 3.0
"""An amplitude so far above its noise is off by a twentieth at most."""
S_FRACTION = 0.9
LINEAR = 0.6
"""Motion less rectilinear has no direction."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a source's evidence is taken from besides its picks.

    ``quiet`` are the stations that were alive and silent, with the time until which they were; ``amplitudes`` by pick.
    """

    stations: Mapping[str, Station]
    amplitudes: Amplitudes
    quiet: Mapping[str, int]


def evidence_of(picks: Sequence[Pick], reference_ns: int, known: Known) -> Evidence:
    """Arrivals in the order of the picks, silences up to a time, directions and sizes of the P among the picks."""
    seen = [
        Observation(
            known.stations[one.source_id.station_code],
            one.phase,
            (one.time_ns - reference_ns) / SECOND_NS,
            one.uncertainty_s,
            one.trust,
        )
        for one in picks
    ]
    quiet = tuple(
        Silence(known.stations[code], (until_ns - reference_ns) / SECOND_NS) for code, until_ns in known.quiet.items()
    )
    return Evidence(seen, quiet, directions(picks, known.stations), sizes(picks, known))


def directions(picks: Sequence[Pick], stations: Mapping[str, Station]) -> tuple[Direction, ...]:
    """Of the P whose motion was along a line."""
    return tuple(
        Direction(
            stations[one.source_id.station_code],
            one.polarization.backazimuth_deg,
            one.polarization.backazimuth_uncertainty_deg,
        )
        for one in picks
        if one.phase == "P" and one.polarization is not None and one.polarization.rectilinearity >= LINEAR
    )


def sizes(picks: Sequence[Pick], known: Known) -> tuple[Size, ...]:
    """Displacement of P in one window, the same at all stations: the one that most have before S, the longest of those.

    Where S was picked the window ends before it; elsewhere the windows that two stations have in common are short
    enough, as those of a near station end first.
    """
    s_ns = {one.source_id.station_code: one.time_ns for one in picks if one.phase == "S"}
    measured: dict[str, dict[float, Amplitude]] = {}
    for one in picks:
        code = one.source_id.station_code
        if one.phase == "P":
            last_s = S_FRACTION * (s_ns[code] - one.time_ns) / SECOND_NS if code in s_ns else np.inf
            found = like_windows(known.amplitudes.get(one.id, {}))
            measured[code] = {window: value for window, value in found.items() if window <= last_s}
    windows = sorted({window for found in measured.values() for window in found})
    share = {window: sum(window in found for found in measured.values()) for window in windows}
    if not windows or max(share.values()) < 2:
        return ()
    window = max(windows, key=lambda one: (share[one], one))
    return tuple(
        Size(known.stations[code], float(np.log10(found[window].pd_m)))
        for code, found in measured.items()
        if window in found
    )


def locates(one: Amplitude) -> bool:
    """Does it say how far the source is: of an unclipped vertical, well above its noise?"""
    return not one.clipped and one.wood_anderson_m == 0 and one.pd_m > max(0.0, LEAST_RATIO * one.noise_pd_m)


def like_windows(measured: Mapping[str, Amplitude]) -> dict[float, Amplitude]:
    """P displacement of one pick by window, of an unclipped vertical well above its noise; the clearest of several."""
    found: dict[float, Amplitude] = {}
    for one in filter(locates, measured.values()):
        best = found.get(one.window_s)
        if best is None or one.pd_m * best.noise_pd_m > best.pd_m * one.noise_pd_m:
            found[one.window_s] = one
    return found
