"""Three sites about as far apart as the first stations, in an Earth of constant velocity."""

import numpy as np
from scipy.signal import butter, sosfilt

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.core.utc import from_iso
from seismonet.synthesis.earthquake import SyntheticEvent
from seismonet.synthesis.motion import GroundMotion

START_NS = from_iso("2024-10-01T00:00:00Z")
ORIGIN_NS = START_NS + 20_123_456_789
STATIONS = tuple(
    Station("XX", code, 0, OPEN_END_NS, latitude, longitude, 0.0)
    for code, latitude, longitude in (("ONE", 38.27, 72.60), ("TWO", 38.17, 73.97), ("THREE", 37.54, 71.68))
)


def travel_time(phase: str, distance_deg: float, depth_km: float) -> float:
    return float(np.hypot(distance_deg * KM_PER_DEGREE, depth_km)) / {"P": 6.0, "S": 3.5}[phase]


def event(
    magnitude: float = 4.0, latitude: float = 38.0, longitude: float = 72.8, depth_km: float = 10.0
) -> SyntheticEvent:
    return SyntheticEvent(latitude, longitude, depth_km, magnitude, ORIGIN_NS)


def still(seconds: float = 60.0, rate_hz: float = 100.0, start_ns: int = START_NS) -> GroundMotion:
    return GroundMotion.still(start_ns, rate_hz, round(seconds * rate_hz))


def derivative_error(whole: FloatArray, derivative: FloatArray, rate_hz: float) -> float:
    """RMS of what the slope of one motion and another differ by at 0.5-10 Hz, as a fraction of the latter."""
    # differences of the fourth order, as 10 Hz is not slow against some hundred samples a second
    weights = np.array([-1, 8, 0, -8, 1]) / 12 * rate_hz
    slope = np.stack([np.convolve(line, weights, mode="valid") for line in np.atleast_2d(whole)])
    band = butter(4, [0.5, 10.0], "bandpass", fs=rate_hz, output="sos")
    one, other = (sosfilt(band, line)[:, 1000:] for line in (slope, np.atleast_2d(derivative)[:, 2:-2]))
    return float(np.sqrt(np.mean((one - other) ** 2) / np.mean(other**2)))
