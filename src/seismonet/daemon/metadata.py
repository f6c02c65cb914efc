"""What station files say besides the channels: delays of filters, what is only assumed; and whether what servers are
asked for is what the files describe.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seismonet.core.inventory import Channel, ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.formats.stationview import StationView, read
from seismonet.net.selectors import glob, selector3, selector4
from seismonet.store.inventory import find_files, read_file

from .findings import ERROR, WARNING, Finding, good
from .words import listed, number

_SUBJECT = re.compile(r"ASSUMED (\w+):")


@dataclass(frozen=True, slots=True)
class Notes:
    """Of one station: the longest delay of a seismic channel's filters, Comments that begin with ASSUMED."""

    filter_s: float | None
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source is asked for: station patterns ``NET.STA`` and selectors, none of these for all channels."""

    source: str
    stations: tuple[str, ...]
    selectors: tuple[str, ...] = ()

    def station(self, station_code: str) -> bool:
        """Is this station asked for?"""
        return any(glob(pattern, station_code) for pattern in self.stations)

    def channel(self, source_id: SourceId) -> bool:
        """Is this channel asked for?

        >>> Asked("centre", ("TJ.*",), ("HH?", "!HHE")).channel(SourceId.parse("TJ.SAREZ.00.HHZ"))
        True
        """
        if not self.station(source_id.station_code):
            return False
        wanted = [text for text in self.selectors if not text.startswith("!")]
        if wanted and not any(fits(text, source_id) for text in wanted):
            return False
        return not any(fits(text, source_id) for text in self.selectors if text.startswith("!"))


def fits(selector: str, source_id: SourceId) -> bool:
    """Does a selector of either version fit a channel, whether it takes or leaves out? False for one that is none.

    >>> fits("00HN?", SourceId.parse("TJ.SAREZ.00.HNZ")), fits("*_H_H_?", SourceId.parse("TJ.SAREZ.00.HNZ"))
    (True, False)
    """
    try:
        if "_" in selector:
            stream = f"{source_id.location}_{source_id.band}_{source_id.source}_{source_id.subsource}"
            return glob(selector4(selector).pattern, stream)
        return glob(selector3(selector).pattern, f"{source_id.location:<2}{source_id.channel}")
    except ValueError:
        return False


def read_notes(paths: Sequence[str | Path]) -> dict[str, Notes]:
    """Notes on every station in some files, globs or folders; ArchiveError, FormatError as for reading the channels."""
    found: dict[str, Notes] = {}
    for path in find_files(paths):
        for network in read(read_file(path)):
            for station in network.stations:
                code = f"{network.node.code}.{station.node.code}"
                found[code] = _merged(found.get(code), _notes(station))
    return found


def _notes(station: StationView) -> Notes:
    delays = [
        sum(stage.decimation.delay_s or 0.0 for stage in channel.response.stages if stage.decimation is not None)
        for channel in station.channels
        if channel.response is not None and not channel.soh
    ]
    comments = [text for channel in station.channels for text in channel.node.comments]
    assumed = dict.fromkeys(text for text in (*station.node.comments, *comments) if text.startswith("ASSUMED"))
    return Notes(max(delays, default=None), tuple(assumed))


def _merged(old: Notes | None, new: Notes) -> Notes:
    """Of several epochs the last one speaks."""
    if old is None:
        return new
    return Notes(old.filter_s if new.filter_s is None else new.filter_s, new.assumed)


def metadata_findings(
    table: ChannelTable, faults: Sequence[str], notes: Mapping[str, Notes], asked: Sequence[Asked], now_ns: int
) -> list[Finding]:
    """Judge whether every channel that is asked for can be used, and whether what can be used is asked for."""
    found = [Finding("metadata", ERROR, text, 0, "", "mend the file: seismonet stations check FILE") for text in faults]
    open_now = [channel for channel in table if channel.covers(now_ns)]
    stations = sorted({channel.source_id.station_code for channel in open_now})
    found += _without_metadata(asked, stations, table)
    found += _not_asked(asked, open_now)
    for code in stations:
        if code in notes and notes[code].assumed:
            found.append(_assumption(code, notes[code]))
    if not any(one.level == ERROR for one in found):
        channels = number(len(open_now), "channel")
        found.insert(0, good("metadata", f"{number(len(stations), 'station')} with {channels}: {listed(stations)}"))
    return found


def _without_metadata(asked: Sequence[Asked], stations: Sequence[str], table: ChannelTable) -> list[Finding]:
    found = []
    known = {channel.source_id.station_code: channel.end_ns for channel in table}
    for one in asked:
        for pattern in one.stations:
            if any(glob(pattern, code) for code in stations):
                continue
            ended = max((end_ns for code, end_ns in known.items() if glob(pattern, code)), default=0)
            what = f"{pattern} is asked of {one.source} and has {'no epoch that holds now' if ended else 'no metadata'}"
            cause = "its last epoch was closed" if ended else "the file is missing in [network] stations"
            step = "until there is StationXML for it, its data are archived and never picked"
            found.append(Finding("metadata", ERROR, what, ended, cause, step))
    return found


def _not_asked(asked: Sequence[Asked], open_now: Sequence[Channel]) -> list[Finding]:
    missing: dict[str, list[str]] = {}
    for channel in open_now:
        if not any(one.channel(channel.source_id) for one in asked):
            missing.setdefault(channel.source_id.station_code, []).append(channel.source_id.channel)
    return [
        Finding(
            "metadata",
            WARNING,
            f"{code} has metadata for {listed(codes)}, which no [[source]] asks for",
            0,
            "a station or selector that was forgotten, or a station that is no more",
            "add it to a [[source]], or close its epoch",
        )
        for code, codes in missing.items()
        if asked
    ]


def _assumption(code: str, notes: Notes) -> Finding:
    subjects = [found[1] for text in notes.assumed if (found := _SUBJECT.match(text))]
    rest = len(notes.assumed) - len(subjects)
    subjects = [*dict.fromkeys(subjects), *([number(rest, "other thing")] if rest else [])]
    what = f"{code}: assumed and not confirmed: {', '.join(subjects)}"
    place = next((text for text in notes.assumed if text.startswith("ASSUMED place")), "")
    cause = place.removeprefix("ASSUMED ") or "nobody who knows the instruments has looked at the file"
    step = f"ask the operator, mend the file, remove the Comments: seismonet stations show {code}"
    return Finding("metadata", WARNING, what, 0, cause, step)
