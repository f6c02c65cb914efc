"""What the stations of a case send: records as their digitizers pack them, each received when it would be."""

from collections.abc import Iterator

import numpy as np

from seismonet.core.inventory import ChannelTable, Station
from seismonet.core.utc import SECOND_NS, from_iso, from_seconds
from seismonet.core.waveform import Receipts, Segment
from seismonet.feed import in_order
from seismonet.formats.miniseed import decode_packets

from .digitizer import schedule
from .earthquake import TimesTo, ground_motion
from .instrument import counts
from .motion import GroundMotion
from .noise import background
from .nuisancecase import Case
from .realnoise import RealNoise
from .simulation import part_of
from .teleseism import arrive

BEGIN_NS = from_iso("2025-01-01T00:00:00Z")


def sent(case: Case, table: ChannelTable, times_to: TimesTo, noise: RealNoise | None = None) -> Receipts:
    """All receipts of a case in their order.

    Parameters
    ----------
    case : begins at ``BEGIN_NS``
    table : the network of the case, whose stations are there at any time
    times_to : the Earth that it happens in
    noise : recorded noise, used for every channel that it knows the like of; without it all noise is simulated
    """
    own = part_of(table, case.scenario.stations, BEGIN_NS)
    segments = [one for station in own.stations for one in _written(case, own, station, times_to, noise)]
    plan = schedule(
        sorted(segments, key=lambda one: one.source_id),
        BEGIN_NS,
        faults=case.scenario.faults,
        packing=case.packing,
        link=case.link,
        seed=case.seed,
    )
    received_ns = np.array([BEGIN_NS + from_seconds(one.send_offset_s) for one in plan.sendings], dtype=np.int64)
    return _late(case, decode_packets([one.payload for one in plan.sendings], received_ns).receipts)


def _written(
    case: Case, table: ChannelTable, station: Station, times_to: TimesTo, noise: RealNoise | None
) -> Iterator[Segment]:
    """What the channels of a station write."""
    shaken, unrest = dict[float, GroundMotion](), dict[float, GroundMotion]()
    for channel in table:
        if channel.source_id.station_code != station.station_code:
            continue
        if channel.quantity not in ("velocity", "acceleration") or channel.rate_hz < 50.0:
            continue
        rate_hz, n = channel.rate_hz, round(case.scenario.duration_s * channel.rate_hz)
        still = GroundMotion.still(BEGIN_NS, rate_hz, n)
        if rate_hz not in shaken:
            shaken[rate_hz] = _shaken(case, table, station, times_to, still)
        real = None if noise is None else noise.counts(channel, n, case.seed, case.name)
        if real is not None:
            # the instrument's own noise is in what it wrote
            moved = counts(shaken[rate_hz], channel, seed=case.seed, self_noise_counts=0.0).astype(np.float64)
            limit = min(channel.clip_counts, 2**31 - 1)
            samples = np.clip(np.rint(moved + real), -limit, limit).astype(np.int32)
        else:
            if rate_hz not in unrest:
                level = case.scenario.noise_level
                unrest[rate_hz] = background(station.station_code, still, level=level, seed=_chance(case))
            samples = counts(shaken[rate_hz] + unrest[rate_hz], channel, seed=case.seed)
        yield Segment(channel.source_id, BEGIN_NS, rate_hz, samples)


def _chance(case: Case) -> int:
    """A seed of the case's own, so that two cases do not share their noise."""
    return int.from_bytes(case.name.encode(), "big") % 2**31 + case.seed


def _shaken(case: Case, table: ChannelTable, station: Station, times_to: TimesTo, still: GroundMotion) -> GroundMotion:
    motion = still
    for event in case.scenario.at(BEGIN_NS):
        motion = motion + ground_motion(event, station, times_to(event, station), still, case.seed)
    if case.far is not None:
        motion = motion + arrive(case.far, table.stations, still, BEGIN_NS, station)
    return motion


def _late(case: Case, receipts: Receipts) -> Receipts:
    """The same, all or those of some stations received so much later."""
    if not case.late_s:
        return receipts
    of = np.array([not case.late_stations or one.station_code in case.late_stations for one in receipts.source_ids])
    late_ns = np.where(of, round(case.late_s * SECOND_NS), 0)[receipts.channel]
    later = Receipts(
        receipts.source_ids,
        receipts.channel,
        receipts.start_ns,
        receipts.rate_hz,
        receipts.first,
        receipts.count,
        receipts.samples,
        receipts.received_ns + late_ns,
        receipts.timing_quality,
        receipts.flags,
    )
    return in_order([later])
