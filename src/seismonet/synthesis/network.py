"""A whole network's recording of some earthquakes, and the truth about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from seismonet.core.inventory import ChannelTable, Station
from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Segment

from .earthquake import Onset, SyntheticEvent, TimesTo, ground_motion, onsets
from .instrument import counts
from .motion import GroundMotion
from .noise import background
from .response import SETTLE_S, Instrument, Instruments


@dataclass(frozen=True, slots=True)
class Recording:
    """One segment for each channel, sorted by name, and every P and S onset within it, in time."""

    segments: tuple[Segment, ...]
    onsets: tuple[Onset, ...]


def record(
    table: ChannelTable,
    events: Sequence[SyntheticEvent],
    times_to: TimesTo,
    *,
    start_ns: int,
    duration_s: float,
    level: float = 0.4,
    seed: int = 0,
    instruments: Instruments | None = None,
) -> Recording:
    """What the channels of a table write in a time span.

    ``times_to`` gives travel times from an earthquake to a station, a function of phase, distance in degrees and depth
    in km. ``level`` sets the background noise (0 quietest, 1 noisiest; see
    :func:`~seismonet.synthesis.noise.noise_db`). All channels of a station feel one motion of the ground. Those without
    an instrument are flat in what they measure.
    """
    site = Site(tuple(events), times_to, start_ns, duration_s, level, seed)
    segments: list[Segment] = []
    truth: list[Onset] = []
    for station in table.stations:
        if not station.start_ns <= start_ns < station.end_ns:
            continue
        motions: dict[tuple[float, bool], GroundMotion] = {}
        for channel in table:
            if channel.source_id.station_code != station.station_code or not channel.covers(start_ns):
                continue
            own = (instruments or {}).get(channel.source_id)
            key = channel.rate_hz, own is not None
            if key not in motions:
                motions[key] = site.motion(station, channel.rate_hz, own)
            lead = site.lead(channel.rate_hz, own)
            samples = counts(motions[key], channel, seed=seed, instrument=own, lead=lead)
            segments.append(Segment(channel.source_id, start_ns, channel.rate_hz, samples))
        truth += [onset for event in events for onset in onsets(event, station, times_to(event, station))]
    end_ns = start_ns + from_seconds(duration_s)
    within = [onset for onset in truth if start_ns <= onset.time_ns < end_ns]
    return Recording(
        tuple(sorted(segments, key=lambda segment: segment.source_id)),
        tuple(sorted(within, key=lambda onset: (onset.time_ns, onset.station_code, onset.phase))),
    )


@dataclass(frozen=True, slots=True)
class Site:
    """What happens while stations record: for how long, and how unquiet the ground is."""

    events: tuple[SyntheticEvent, ...]
    times_to: TimesTo
    start_ns: int
    duration_s: float
    level: float
    seed: int

    def lead(self, rate_hz: float, instrument: Instrument | None) -> int:
        """Samples of the motion before the first one that is written."""
        return 0 if instrument is None else round(SETTLE_S * rate_hz) * instrument.step

    def motion(self, station: Station, rate_hz: float, instrument: Instrument | None) -> GroundMotion:
        """How the ground moves at a station, as finely and from as early on as the instrument wants it."""
        fine_hz = rate_hz * (1 if instrument is None else instrument.step)
        lead = self.lead(rate_hz, instrument)
        n = lead + round(self.duration_s * rate_hz) * round(fine_hz / rate_hz)
        still = GroundMotion.still(self.start_ns - round(lead * 1e9 / fine_hz), fine_hz, n)
        motion = background(station.station_code, still, level=self.level, seed=self.seed)
        for event in self.events:
            motion = motion + ground_motion(event, station, self.times_to(event, station), still, self.seed)
        return motion
