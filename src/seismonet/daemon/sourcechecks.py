"""Does a server offer what is asked of it, and is what it offers alive?"""

from seismonet.core.utc import to_seconds
from seismonet.net.infoanswers import OfferedStream, ServerInfo
from seismonet.net.selectors import glob

from .findings import ERROR, WARNING, Finding, good
from .metadata import Asked, fits
from .words import listed, number, span

SILENT_S, LOST_S = 60.0, 300.0
AHEAD_S = 5.0
SHORT_MEMORY_S = 3600.0


def source_findings(asked: Asked, offer: ServerInfo, now_ns: int) -> list[Finding]:
    """Judge one server by what it says; ``asked`` is what the configuration wants of it."""
    area = asked.source
    offers = f"{number(len(offer.stations), 'station')}, {number(len(offer.streams), 'channel')}"
    found = [good(area, f"{greeting(offer)}: has {offers} of those asked for")]
    if "4" not in offer.protocols:
        what = "speaks SeedLink 3 only"
        cause = "its sequence numbers come round again, within hours at high rates; after a long outage we go by time"
        found.append(Finding(area, WARNING, what, 0, cause, "a newer server, where there is one"))
    for pattern in asked.stations:
        meant = [code for code in offer.stations if glob(pattern, code)]
        if not meant:
            found.append(_not_offered(area, pattern, offer))
        for code in meant:
            found += _of_station(asked, code, offer, now_ns)
    return found


def missing(asked: Asked, offer: ServerInfo) -> list[str]:
    """What is asked for and not offered."""
    return [pattern for pattern in asked.stations if not any(glob(pattern, code) for code in offer.stations)]


def greeting(offer: ServerInfo) -> str:
    """What a server calls itself, and what it speaks."""
    said = ", ".join(text for text in (offer.server, offer.organization) if text)
    return f"{said or 'no name'}, SeedLink {' and '.join(offer.protocols)}"


def _not_offered(area: str, pattern: str, offer: ServerInfo) -> Finding:
    offered = f"it offers {listed(offer.stations)}" if offer.stations else "it offers no station at all"
    cause = "a wrong code, a station that was not connected since the server was started, or no right to see it"
    step = f"compare the code with what is there: {offered}"
    return Finding(area, ERROR, f"{pattern} is asked for and not offered", 0, cause, step)


def _of_station(asked: Asked, code: str, offer: ServerInfo, now_ns: int) -> list[Finding]:
    streams = [one for one in offer.streams if one.source_id.station_code == code]
    if not streams:
        step = "nothing, if data come: not every server lists its channels"
        return [Finding(asked.source, WARNING, f"{code}: the server does not say which channels it has", 0, "", step)]
    found = []
    for selector in asked.selectors:
        if not any(fits(selector, one.source_id) for one in streams):
            channels = sorted({f"{one.source_id.location or '--'}{one.source_id.channel}" for one in streams})
            what = f"{code}: selector {selector} takes none of its channels"
            step = f"choose from {listed(channels)}, or leave [[source]] selectors empty for all"
            found.append(Finding(asked.source, ERROR, what, 0, "a wrong location or channel code", step))
    taken = [one for one in streams if asked.channel(one.source_id)]
    return found + (_life(asked.source, code, taken, now_ns) if taken else [])


def _life(area: str, code: str, streams: list[OfferedStream], now_ns: int) -> list[Finding]:
    end_ns = max(one.end_ns for one in streams)
    if not end_ns:
        return []
    age_s = to_seconds(now_ns - end_ns)
    if age_s < -AHEAD_S:
        cause = "its clock is ahead (GNSS antenna?), or ours is behind"
        step = "look at the digitizer's GNSS state; records that end in the future raise no alert"
        return [Finding(area, ERROR, f"{code}: data end {span(-age_s)} in the future", 0, cause, step)]
    if age_s > SILENT_S:
        level = ERROR if age_s > LOST_S else WARNING
        cause = "the digitizer, its power, or the link between it and the server"
        step = "ask the digitizer itself (its web page, ping); the server is fine"
        return [Finding(area, level, f"{code}: the server has nothing newer", end_ns, cause, step)]
    found = [good(area, f"{code}: {number(len(streams), 'channel')}, newest sample {span(max(age_s, 0.0))} old")]
    silent = [one for one in streams if to_seconds(now_ns - one.end_ns) > LOST_S]
    for one in silent:
        cause = "a sensor that was switched off or unplugged, or a channel that is no more"
        step = "look at the digitizer's set-up; close the channel's epoch when it is no more"
        what = f"{one.source_id.nslc}: the server has nothing newer, though its station is alive"
        found.append(Finding(area, WARNING, what, one.end_ns, cause, step))
    begins = [one.begin_ns for one in streams if one.begin_ns]
    if begins and to_seconds(now_ns - max(begins)) < SHORT_MEMORY_S:
        what = f"{code}: the server remembers {span(to_seconds(now_ns - max(begins)))} only"
        cause = "a small memory, or the server was started just now"
        step = "after a longer outage there will be a gap, unless [[source]] fdsn names a data centre that has it"
        found.append(Finding(area, WARNING, what, 0, cause, step))
    return found
