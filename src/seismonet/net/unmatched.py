"""What was asked of a server and is not there: told apart from what is only silent."""

from collections.abc import Collection, Sequence

from seismonet.core.errors import ProtocolError
from seismonet.core.sourceid import SourceId

from .clock import Clock
from .dialing import Dialer
from .negotiation import fits
from .probe import probe
from .selectors import glob
from .source import Limits, SourceParams
from .stations import Stations


def missing(params: SourceParams, found: Collection[SourceId]) -> tuple[str, ...]:
    """Stations, and selectors of stations, that none of some channels fits (``TJ.MANEM``, ``TJ.MANEM HN?``).

    >>> params = SourceParams("a", "seedlink://a", ("TJ.SAREZ", "TJ.MANEM"), ("HH?", "HN?"))
    >>> missing(params, [SourceId.parse("TJ.SAREZ.00.HHZ")])
    ('TJ.SAREZ HN?', 'TJ.MANEM')
    """
    wanted = [one for one in params.selectors if not one.startswith("!")]
    told: list[str] = []
    for pattern in params.stations:
        own = [one for one in found if glob(pattern, one.station_code)]
        if not own:
            told.append(pattern)
            continue
        told += [f"{pattern} {one}" for one in wanted if not any(fits(one, source_id) for source_id in own)]
    return tuple(told)


async def unmatched(
    params: SourceParams, stations: Stations, limits: Limits, clock: Clock, dialer: Dialer
) -> tuple[str, ...] | None:
    """What is neither heard nor offered; None when the server does not say what it offers."""
    quiet = missing(params, stations.heard)
    if not quiet:
        return ()
    try:
        info = await probe(params, clock, dialer=dialer, limits=limits)
    except ProtocolError:
        return None
    if not info.streams:
        return None if not info.stations else _absent(params.stations, quiet, info.stations)
    offered = missing(params, [one.source_id for one in info.streams])
    return tuple(one for one in quiet if one in offered or one.partition(" ")[0] in offered)


def _absent(patterns: Sequence[str], quiet: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    """Where only stations are known: those that are neither heard nor offered."""
    silent = [one for one in patterns if one in quiet]
    return tuple(one for one in silent if not any(glob(one, code) for code in offered))
