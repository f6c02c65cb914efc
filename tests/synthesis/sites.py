"""Three sites about as far apart as the first stations, in an Earth of constant velocity."""

import numpy as np
from scipy.signal import butter, sosfilt

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.inventory import OPEN_END_NS, Channel, ChannelTable, Station
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.synthesis.earthquake import SyntheticEvent
from seismonet.synthesis.motion import GroundMotion

START_NS = from_iso("2024-10-01T00:00:00Z")
ORIGIN_NS = START_NS + 20_123_456_789
STATIONS = tuple(
    Station("XX", code, 0, OPEN_END_NS, latitude, longitude, 0.0)
    for code, latitude, longitude in (("ONE", 38.27, 72.60), ("TWO", 38.17, 73.97), ("THREE", 37.54, 71.68))
)
# Nominal values of a 120 s seismometer (754.3 V s/m) and a 4 g accelerometer (0.51 V s**2/m), both at 4e5 counts/V
# and clipped at 20 V: Nanometrics' data sheets of Trillium Compact, Titan and Centaur.
SENSORS = {"HH": ("velocity", 754.3 * 4e5), "HN": ("acceleration", 0.51 * 4e5)}
FULL_SCALE_COUNTS = 8e6
ORIENTATION = {"Z": (0.0, -90.0), "N": (0.0, 0.0), "E": (90.0, 0.0)}


def two_sensors(station: Station, rate_hz: float = 100.0, location: str = "00") -> tuple[Channel, ...]:
    """HHZ, HHN, HHE and HNZ, HNN, HNE of a station with a broadband seismometer beside an accelerometer."""
    return tuple(
        Channel(
            SourceId(station.network, station.code, location, sensor + letter),
            station.start_ns,
            OPEN_END_NS,
            station.latitude,
            station.longitude,
            station.elevation_m,
            0.0,
            azimuth,
            dip,
            rate_hz,
            quantity,
            sensitivity,
            FULL_SCALE_COUNTS,
        )
        for sensor, (quantity, sensitivity) in SENSORS.items()
        for letter, (azimuth, dip) in ORIENTATION.items()
    )


def table_of(stations: tuple[Station, ...], rate_hz: float = 100.0) -> ChannelTable:
    """All channels of stations that have two sensors each."""
    return ChannelTable.of(stations, [channel for station in stations for channel in two_sensors(station, rate_hz)])


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
