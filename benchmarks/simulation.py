"""``python -m benchmarks.simulation [REALISATIONS]``: simulated shaking against published relations.

Medians of many realisations over the ranges of magnitude and distance for which the relations were made, as figures,
and drawn to docs/figures/simulation.png.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.models.groundmotion import CUA_KM, CUA_MAGNITUDES, bchydro_slab, bssa14, cua_envelope
from seismonet.models.magnitude import pd_of
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.synthesis.earthquake import SyntheticEvent, ground_motion, onsets
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.source import SLAB_FROM_KM

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "figures" / "simulation.png"
RATE_HZ = 100.0
AFTER_S = 60.0
P_WINDOW_S, P_HIGHPASS_HZ = 4.0, 0.075
LEAST_PD_M = 1e-6
"""What is smaller drowns in the sea's noise at an average station."""
CRUST_MAGNITUDES, SLAB_MAGNITUDES = (3.0, 4.0, 5.0, 6.0, 7.0, 7.5), (5.0, 6.0, 7.0, 7.5)
CRUST_KM, SLAB_KM = (5.0, 10.0, 20.0, 40.0, 70.0, 100.0, 150.0, 200.0, 300.0), (10.0, 80.0, 200.0)
SLAB_DEPTHS_KM = (80.0, 120.0, 210.0)
UNITS = {"PGA": "m/s²", "PGV": "m/s", "Pd": "m"}
Band = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """An earthquake and how far away it is."""

    magnitude: float
    epicentral_km: float
    depth_km: float

    @classmethod
    def crust(cls, magnitude: float, epicentral_km: float) -> "Place":
        """At the usual depth: upper edge by Chiou & Youngs (2014), half of Wells & Coppersmith's (1994) width below."""
        top_km = max(2.673 - 1.136 * max(magnitude - 4.97, 0.0), 0.0) ** 2
        return cls(magnitude, epicentral_km, top_km + 10 ** (-1.01 + 0.32 * magnitude) / 2)

    @property
    def hypocentral_km(self) -> float:
        return float(np.hypot(self.epicentral_km, self.depth_km))

    @property
    def slab(self) -> bool:
        return self.depth_km >= SLAB_FROM_KM

    def event(self) -> SyntheticEvent:
        return SyntheticEvent(0.0, 0.0, self.depth_km, self.magnitude, 0)

    def station(self) -> Station:
        return Station("XX", "HERE", 0, OPEN_END_NS, 0.0, self.epicentral_km / KM_PER_DEGREE, 0.0)


def medians(place: Place, realisations: int) -> dict[str, float]:
    """Median PGA, PGV (geometric mean of both horizontals) and P displacement of many realisations."""
    model = travel_times("iasp91", cache_dir())
    event, station = place.event(), place.station()
    p, s = onsets(event, station, model.times)
    lead = round(RATE_HZ)
    wait = (s.time_ns - p.time_ns) / 1e9
    still = GroundMotion.still(p.time_ns - 10**9, RATE_HZ, lead + round((wait + AFTER_S) * RATE_HZ))
    early = slice(lead, lead + round(min(P_WINDOW_S, wait) * RATE_HZ))
    found = []
    for seed in range(realisations):
        motion = ground_motion(event, station, model.times, still, seed)
        sides = (np.abs(one[1:]).max(axis=1) for one in (motion.acceleration_m_s2, motion.velocity_m_s))
        pd_m = np.abs(_highpassed(motion.displacement_m[0])[early]).max()
        found.append([*(float(np.sqrt(side.prod())) for side in sides), pd_m])
    return dict(zip(("PGA", "PGV", "Pd"), np.median(found, axis=0).tolist(), strict=True))


def _highpassed(displacement_m: FloatArray) -> FloatArray:
    from scipy.signal import butter, sosfilt

    return np.asarray(sosfilt(butter(2, P_HIGHPASS_HZ, "highpass", fs=RATE_HZ, output="sos"), displacement_m))


def pga_band(place: Place) -> Band | None:
    """Least and largest median PGA of the relations that hold there."""
    m, km = place.magnitude, place.epicentral_km
    if place.slab:
        both = [bchydro_slab(m, place.hypocentral_km, place.depth_km, backarc=back) for back in (False, True)]
        return _band(both)
    return _band([bssa14(m, km, "PGA"), *_cua(place, "HA")])


def pgv_band(place: Place) -> Band | None:
    """The same of PGV; there is none for the slab."""
    if place.slab:
        return None
    return _band([bssa14(place.magnitude, place.epicentral_km, "PGV"), *_cua(place, "HV")])


def pd_band(place: Place) -> Band | None:
    """The same of the P wave's displacement within 4 s, in the crust, where S comes later and there is more than noise.

    Kuyuk & Allen (2013), M 3 to 8; Wu & Zhao (2006), up to M 6.5; Wurman, Allen & Lombard (2007).
    """
    m, distance = place.magnitude, np.log10(place.hypocentral_km)
    wu = [10 ** ((m - 4.748 - 1.883 * distance) / 1.371) / 100] if m <= 6.5 else []
    wurman = 10 ** ((m - 5.16 - 1.27 * distance) / 1.04) / 100
    band = _band([pd_of(m, place.hypocentral_km), wurman, *wu])
    # S comes 1 s later every 8 km
    soon = place.hypocentral_km < 8 * P_WINDOW_S
    return None if place.slab or soon or place.hypocentral_km > 200.0 or band[1] < LEAST_PD_M else band


BANDS: dict[str, Callable[[Place], Band | None]] = {"PGA": pga_band, "PGV": pgv_band, "Pd": pd_band}


def _cua(place: Place, channel: str) -> list[FloatArray]:
    inside = place.magnitude <= CUA_MAGNITUDES[1] and place.epicentral_km <= CUA_KM[1]
    return [cua_envelope(place.magnitude, place.epicentral_km, "S", channel)] if inside else []


def _band(values: Any) -> Band:
    numbers = [float(value) for value in values]
    return min(numbers), max(numbers)


def misfits(realisations: int, draws: dict[Any, dict[str, float]]) -> Iterator[tuple[str, Place, float]]:
    """How far each median is outside its band, as a factor (1 inside); the medians themselves go to ``draws``."""
    places = [Place.crust(m, km) for m in CRUST_MAGNITUDES for km in CRUST_KM]
    places += [Place(m, km, depth) for m in SLAB_MAGNITUDES for depth in SLAB_DEPTHS_KM for km in SLAB_KM]
    for place in places:
        draws[place] = got = medians(place, realisations)
        for measure, band_of in BANDS.items():
            band = band_of(place)
            if band is not None:
                yield measure, place, max(band[0] / got[measure], got[measure] / band[1], 1.0)


def main(realisations: int) -> int:
    """Print the worst misfit of each kind, draw the picture; exit code 1 when one is beyond a factor of two."""
    draws: dict[Any, dict[str, float]] = {}
    worst: dict[str, tuple[float, Place]] = {}
    for measure, place, factor in misfits(realisations, draws):
        name = f"{measure}, {'slab' if place.slab else 'crust'}"
        if factor > worst.get(name, (0.0, place))[0]:
            worst[name] = factor, place
    for name, (factor, place) in worst.items():
        where = f"M {place.magnitude:g}, {place.epicentral_km:g} km away, {place.depth_km:.0f} km deep"
        print(f"{name}: at most a factor of {factor:.2f} outside the relations' band (at {where})")
    draw(draws, realisations)
    return int(any(factor > 2.0 for factor, _ in worst.values()))


def draw(draws: dict[Any, dict[str, float]], realisations: int) -> None:
    """Four panels: PGA, PGV and Pd of the crust, PGA of the slab, each over distance for some magnitudes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from seismonet.reports.style import QUIET_COLOUR

    figure, axes = pyplot.subplots(2, 2, figsize=(11, 9.2), layout="constrained")
    panels = (
        ("PGA", False, "Peak acceleration, crust"),
        ("PGV", False, "Peak velocity, crust"),
        ("Pd", False, "P displacement within 4 s, crust"),
        ("PGA", True, "Peak acceleration, slab (120 km deep)"),
    )
    for panel, (measure, slab, title) in zip(axes.flat, panels, strict=True):
        _panel(panel, measure, slab, draws)
        _label(panel, measure, slab, title)
    figure.suptitle(
        f"SIMULATED: medians of {realisations} realisations (dots) against published relations (bands: least to "
        "largest; dotted: a factor of two)",
        fontsize=9.5, color=QUIET_COLOUR,
    )  # fmt: skip
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=110)


def _panel(axes: Any, measure: str, slab: bool, draws: dict[Any, dict[str, float]]) -> None:
    from matplotlib import colormaps

    sizes = sorted({place.magnitude for place in draws if place.slab == slab})
    for number, magnitude in enumerate(sizes):
        colour = colormaps["viridis"](0.05 + 0.85 * number / (len(sizes) - 1))
        km = np.geomspace(10.0 if slab else 5.0, 200.0 if slab else 300.0, 80)
        places = [Place(magnitude, one, 120.0) if slab else Place.crust(magnitude, one) for one in km]
        bands = np.array([BANDS[measure](place) or (np.nan, np.nan) for place in places], dtype=float)
        axes.fill_between(km, bands[:, 0], bands[:, 1], color=colour, alpha=0.35, linewidth=0.8, zorder=2)
        for edge in (bands[:, 0] / 2, bands[:, 1] * 2):
            axes.plot(km, edge, color=colour, linewidth=0.7, linestyle=":", alpha=0.6)
        mine = [
            (place.epicentral_km, value[measure])
            for place, value in draws.items()
            if place.magnitude == magnitude and place.slab == slab and (not slab or place.depth_km == 120.0)
            if BANDS[measure](place) is not None
        ]
        x, y = np.array(mine).T
        axes.plot(x, y, "o-", color=colour, markersize=4.5, linewidth=0.8, zorder=3)
        axes.annotate(f"M {magnitude:g}", (x[-1], y[-1]), (6, 0), textcoords="offset points", fontsize=8, color=colour,
                      va="center")  # fmt: skip


def _label(axes: Any, measure: str, slab: bool, title: str) -> None:
    from seismonet.reports.style import heading, plain

    plain(axes)
    heading(axes, title)
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = (10, 20, 50, 100, 200) if slab else (5, 10, 20, 50, 100, 200)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlim(28.0 if measure == "Pd" else None, axes.get_xlim()[1] * 1.25)
    axes.minorticks_off()
    axes.set_xlabel("epicentral distance, km", fontsize=8.5)
    axes.set_ylabel(f"{measure}, {UNITS[measure]}", fontsize=8.5)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
