"""From the moving ground to counts: a channel's direction, its instrument, noise, rounding, clipping."""

import numpy as np
from numpy.typing import NDArray

from seismonet.core.arrays import FloatArray
from seismonet.core.inventory import Channel
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS

from .draws import generator
from .motion import GroundMotion
from .response import Instrument

NOISE_BLOCK = 8192


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
