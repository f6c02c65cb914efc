"""What the two sensors of a station have in common, read from its recordings: an archive's or loose files."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.core.utc import SECOND_NS
from seismonet.status.measures import StationMeasures
from seismonet.status.pairspectra import ChannelWindows, Pair, PairSums, pair_sums, pairs
from seismonet.store.offline import expand, read_file

DAY_FILE = re.compile(r"^[^.]*\.[^.]+\.[^.]*\.[^.]+\.D\.\d{4}\.\d{3}$")
DAY_NS = 86_400 * SECOND_NS


def with_pairs(
    found: Sequence[StationMeasures], sources: Sequence[str | Path], window: tuple[int, int]
) -> tuple[StationMeasures, ...]:
    """The same measures with ``pair`` filled where a station has two sensors.

    Parameters
    ----------
    found : measures, with the channels' metadata
    sources : SDS roots, folders or files that hold the recordings
    window : begin and end of data time, ns
    """
    told: list[StationMeasures] = []
    paths: list[Path] | None = None
    for one in found:
        channels = [channel.channel for channel in one.channels if channel.channel is not None]
        pair = pairs(channels, window[1] - 1).get(one.station_code)
        if pair is None:
            told.append(one)
            continue
        paths = [Path(path) for path in expand(sources, *window)] if paths is None else paths
        told.append(replace(one, pair=_sums(pair, paths, window)))
    return tuple(told)


def _sums(pair: Pair, paths: Sequence[Path], window: tuple[int, int]) -> dict[int, PairSums]:
    """By hour. Of a day or more one window in six minutes is enough; of less every one counts."""
    every = 9 if window[1] - window[0] >= DAY_NS else 1
    taken = []
    for channel in (*pair.velocity.channels, *pair.acceleration.channels):
        own = ChannelWindows(channel, None, every)
        name = channel.source_id
        start = f"{name.network}.{name.station}.{name.location}.{name.channel}.D."
        for path in paths:
            if DAY_FILE.match(path.name) and not path.name.lstrip("_").startswith(start):
                continue
            try:
                receipts = read_file(path).receipts
            except (ArchiveError, FormatError):
                continue  # measuring has remarked it
            inside = (receipts.end_ns() > window[0]) & (receipts.start_ns < window[1])
            own.receive(receipts.select(inside))
        taken.append(own)
    return pair_sums(taken)
