"""``python -m benchmarks.magnitudefit``: fit what no publication gives, to the stochastic source, and print it.

Two things of :mod:`seismonet.models.magnitude`: P displacement of earthquakes in the slab by window, and how ML falls
short of the moment. Both are SIMULATED; the constants in that module are what this prints, rounded.
"""

from collections.abc import Sequence

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.kernels.filter import filter_initial, highpass_sos, sos_filter
from seismonet.kernels.woodanderson import wood_anderson
from seismonet.models.magnitude import (
    ML_CEILING,
    ML_SATURATES_FROM,
    SLAB_WINDOWS_S,
    local_magnitude,
    unsaturated,
)
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.synthesis.earthquake import SyntheticEvent, ground_motion, onsets
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.source import setting_of

RATE_HZ, LEAD_S, STRESS_LN = 100.0, 1.0, 0.7
S_FRACTION, TAIL_S, TAIL_FRACTION = 0.9, 25.0, 0.4
SLAB_M, SLAB_KM, SLAB_DEPTHS_KM = (4.0, 7.5), (5.0, 300.0), (70.0, 280.0)
CRUST_M, CRUST_LOG10_KM, CRUST_DEPTHS_KM = (4.0, 7.6), (1.2, 2.5), (5.0, 25.0)


def main(number: int = 800) -> None:
    """Print both fits and how well they hold."""
    model = travel_times("iasp91", cache_dir())
    print("P displacement in the slab, log10(Pd / cm) = a + b M + c log10(R / km):")
    for window_s, (a, b, c), sd in slab(model, number):
        print(f"  {window_s:4g} s: ({a:.3f}, {b:.3f}, {c:.3f}), standard deviation {sd:.2f}")
    (near, far), sd, rows = saturation(model, number)
    rate = f"{near:.2f} - {far:.2f} log10(R / 50 km)"
    print(f"M - ML = ({rate}) (ML - {ML_SATURATES_FROM})**1.5, standard deviation {sd:.2f}")
    for low, count, short, left in rows:
        print(f"  M {low:g}-{low + 0.5:g}: {count} records, ML - M {short:+.2f}, corrected {left:+.2f}")


def slab(model: TravelTimes, number: int) -> list[tuple[float, FloatArray, float]]:
    """Window, coefficients and what is left, of records whose stress drops are drawn."""
    random = np.random.default_rng(1)
    sizes, paths, peaks = [], [], []
    for seed in range(number):
        depth_km, magnitude = random.uniform(*SLAB_DEPTHS_KM), random.uniform(*SLAB_M)
        stress = setting_of(depth_km).stress_drop_pa * float(np.exp(STRESS_LN * random.normal()))
        event = SyntheticEvent(0.0, 0.0, depth_km, magnitude, 0, stress)
        station = _station(random.uniform(*SLAB_KM))
        p, s = (one.time_ns / 1e9 for one in onsets(event, station, model.times))
        motion = _shaken(event, station, model, p, S_FRACTION * (s - p), seed)
        vertical = _highpassed(motion.displacement_m[0])
        ends = [round((LEAD_S + min(one, S_FRACTION * (s - p))) * RATE_HZ) for one in SLAB_WINDOWS_S]
        sizes.append(magnitude)
        paths.append(_hypocentral_km(station, depth_km))
        peaks.append([np.abs(vertical[: end + 1]).max() * 100 for end in ends])
    system = np.column_stack([np.ones(number), sizes, np.log10(paths)])
    found = []
    for window_s, column in zip(SLAB_WINDOWS_S, np.log10(peaks).T, strict=True):
        fit = np.linalg.lstsq(system, column, rcond=None)[0]
        found.append((window_s, fit, float((column - system @ fit).std())))
    return found


def saturation(model: TravelTimes, number: int) -> tuple[FloatArray, float, Sequence[tuple[float, int, float, float]]]:
    """Rates near and far, what is left, and by half units: records, ML less M, before and after."""
    random = np.random.default_rng(3)
    rows = []
    for seed in range(number):
        depth_km, magnitude = random.uniform(*CRUST_DEPTHS_KM), random.uniform(*CRUST_M)
        event, station = (
            SyntheticEvent(0.0, 0.0, depth_km, magnitude, 0),
            _station(10 ** random.uniform(*CRUST_LOG10_KM)),
        )
        p, s = (one.time_ns / 1e9 for one in onsets(event, station, model.times))
        motion = _shaken(event, station, model, s, TAIL_S + TAIL_FRACTION * (s - p), seed)
        swing = np.abs(wood_anderson(motion.velocity_m_s[1:], rate_hz=RATE_HZ, quantity="velocity")).max(axis=1)
        km = _hypocentral_km(station, depth_km)
        rows.append((magnitude, km, float(local_magnitude(float(np.sqrt(swing.prod())), km))))
    magnitudes, km, local = np.array(rows).T
    over = (np.clip(local, ML_SATURATES_FROM, ML_CEILING) - ML_SATURATES_FROM) ** 1.5
    far = np.maximum(np.log10(km / 50.0), 0.0)
    fit = np.linalg.lstsq(np.column_stack([over, -over * far]), magnitudes - local, rcond=None)[0]
    left = unsaturated(local, km) - magnitudes
    table = []
    for low in np.arange(4.0, 7.5, 0.5):
        some = (magnitudes >= low) & (magnitudes < low + 0.5)
        table.append((float(low), int(some.sum()), float((local - magnitudes)[some].mean()), float(left[some].mean())))
    return fit, float(left[magnitudes > 5].std()), table


def _station(epicentral_km: float) -> Station:
    return Station("XX", "HERE", 0, OPEN_END_NS, 0.0, epicentral_km / KM_PER_DEGREE, 0.0)


def _hypocentral_km(station: Station, depth_km: float) -> float:
    return float(np.hypot(station.longitude * KM_PER_DEGREE, depth_km))


def _shaken(
    event: SyntheticEvent, station: Station, model: TravelTimes, onset_s: float, lasts_s: float, seed: int
) -> GroundMotion:
    n = round((LEAD_S + lasts_s) * RATE_HZ) + 1
    still = GroundMotion.still(round((onset_s - LEAD_S) * 1e9), RATE_HZ, n)
    return ground_motion(event, station, model.times, still, seed)


def _highpassed(displacement_m: FloatArray) -> FloatArray:
    sos = highpass_sos(0.075, RATE_HZ, corners=2)
    return np.asarray(sos_filter(displacement_m[None, :], filter_initial(sos, displacement_m[:1]), sos=sos)[0][0])


if __name__ == "__main__":
    main()
