"""A whole network's recording of some earthquakes, and the truth about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from seismonet.core.inventory import ChannelTable
from seismonet.core.waveform import Segment

from .earthquake import Onset, SyntheticEvent, TravelTime, ground_motion, onsets
from .instrument import counts
from .motion import GroundMotion
from .noise import background


@dataclass(frozen=True, slots=True)
class Recording:
    """One segment for each channel, sorted by name, and every P and S onset within it, in time."""

    segments: tuple[Segment, ...]
    onsets: tuple[Onset, ...]


def record(
    table: ChannelTable,
    events: Sequence[SyntheticEvent],
    travel_time: TravelTime,
    *,
    start_ns: int,
    duration_s: float,
    level: float = 0.4,
    seed: int = 0,
) -> Recording:
    """What the channels of a table write in a time span.

    ``travel_time`` is ``TravelTimes.times`` or any function of phase, distance in degrees and depth in km. ``level``
    sets the background noise (0 quietest, 1 noisiest; see :func:`~seismonet.synthesis.noise.noise_db`). All channels
    of a station feel one motion of the ground.
    """
    segments: list[Segment] = []
    truth: list[Onset] = []
    for station in table.stations:
        if not station.start_ns <= start_ns < station.end_ns:
            continue
        motions: dict[float, GroundMotion] = {}
        for channel in table:
            if channel.source_id.station_code != station.station_code or not channel.covers(start_ns):
                continue
            if channel.rate_hz not in motions:
                still = GroundMotion.still(start_ns, channel.rate_hz, round(duration_s * channel.rate_hz))
                motion = background(station.station_code, still, level=level, seed=seed)
                for event in events:
                    motion = motion + ground_motion(event, station, travel_time, still, seed)
                motions[channel.rate_hz] = motion
            samples = counts(motions[channel.rate_hz], channel, seed=seed)
            segments.append(Segment(channel.source_id, start_ns, channel.rate_hz, samples))
        truth += [onset for event in events for onset in onsets(event, station, travel_time)]
    end_ns = start_ns + round(duration_s * 1e9)
    within = [onset for onset in truth if start_ns <= onset.time_ns < end_ns]
    return Recording(
        tuple(sorted(segments, key=lambda segment: segment.source_id)),
        tuple(sorted(within, key=lambda onset: (onset.time_ns, onset.station_code, onset.phase))),
    )
