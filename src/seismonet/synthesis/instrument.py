"""From the moving ground to counts: two sensors of one site and a digitizer."""

import numpy as np
from numpy.typing import NDArray

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import OPEN_END_NS, Channel, ChannelTable, Station
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS

from .draws import generator
from .motion import GroundMotion
from .response import Instrument

# Nominal values of a 120 s seismometer (754.3 V s/m) and a 4 g accelerometer (0.51 V s**2/m), both at 4e5 counts/V
# and clipped at 20 V: Nanometrics' data sheets of Trillium Compact, Titan and Centaur.
SENSORS = {"HH": ("velocity", 754.3 * 4e5), "HN": ("acceleration", 0.51 * 4e5)}
FULL_SCALE_COUNTS = 8e6
NOISE_BLOCK = 8192
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


def counts(
    motion: GroundMotion,
    channel: Channel,
    *,
    self_noise_counts: float = 1.0,
    seed: int = 0,
    instrument: Instrument | None = None,
    lead: int = 0,
) -> NDArray[np.int32]:
    """What a channel writes of a motion: (n,) int32.

    The ground along the channel's direction (azimuth, dip) through its instrument, with white noise of the instrument,
    rounded and clipped. Without an instrument it is flat in its quantity: no corner of the sensor, no filter of the
    digitizer. The first ``lead`` samples of the motion only let the filters settle. ValueError for a channel of neither
    velocity nor acceleration.
    """
    kinds = {"velocity": motion.velocity_m_s, "acceleration": motion.acceleration_m_s2}
    if channel.quantity not in kinds:
        raise ValueError(f"{channel.source_id} measures {channel.quantity}, not velocity or acceleration")
    azimuth, dip = np.deg2rad(channel.azimuth_deg), np.deg2rad(channel.dip_deg)
    direction = np.array([-np.sin(dip), np.cos(dip) * np.cos(azimuth), np.cos(dip) * np.sin(azimuth)])
    along = direction @ kinds[channel.quantity]
    ideal = channel.sensitivity * along[lead:] if instrument is None else instrument.ideal(along, lead)
    first = round((motion.start_ns / SECOND_NS + lead / motion.rate_hz) * channel.rate_hz)
    noise = self_noise(channel.source_id, first, len(ideal), seed)
    noisy = np.rint(ideal + self_noise_counts * noise)
    limit = min(channel.clip_counts, 2**31 - 1)
    return np.clip(noisy, -limit, limit).astype(np.int32)


def self_noise(source_id: SourceId, first: int, n: int, seed: int) -> FloatArray:
    """(n,) standard normal noise of a channel from sample number ``first`` on, the same whichever part is asked for."""
    blocks = range(first // NOISE_BLOCK, (first + n - 1) // NOISE_BLOCK + 1)
    drawn = [generator(seed, source_id.nslc, "self-noise", block).normal(size=NOISE_BLOCK) for block in blocks]
    begin = first - blocks.start * NOISE_BLOCK
    return np.concatenate([np.empty(0), *drawn])[begin : begin + n]
