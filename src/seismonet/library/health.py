"""What was measured of stations: from a daemon's folder, from any SDS archive, from loose files; the same numbers.

A daemon's folder is answered from its catalogue and index; only slow channels (state of health) are read as they are.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np

from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.core.inventory import Channel, ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Receipts
from seismonet.daemon.measuring import stored_material
from seismonet.detect.rows import raw_table
from seismonet.status.measures import ChannelMeasures, Series, StationMeasures
from seismonet.status.metrics import Material, metrics_of, metrics_of_days, slots_of
from seismonet.status.ppsd import is_waveform, spectra
from seismonet.store.catalogue import Catalogue
from seismonet.store.index import NAME as INDEX
from seismonet.store.index import Index
from seismonet.store.inventory import read_inventories
from seismonet.store.offline import expand, read_file
from seismonet.store.responses import Responses

from .channelmeasure import ChannelMeasure
from .sensors import with_pairs

CATALOGUE = "catalogue.sqlite"
SERIES_STEP_NS = 60 * SECOND_NS
DAY_FILE = re.compile(r"^([^.]*)\.([^.]+)\.([^.]*)\.([^.]+)\.D\.(\d{4})\.(\d{3})$")
THREADS = 2
EVER = ChannelTable((), ())
Progress = Callable[[float], None]


def measure(
    source: str | Path | Sequence[str | Path],
    start_ns: int,
    end_ns: int,
    *,
    stations: Sequence[str] = (),
    metadata: Sequence[str | Path] = (),
    tell: Progress | None = None,
) -> tuple[StationMeasures, ...]:
    """Measure stations in a window of time.

    Parameters
    ----------
    source : the folder of a daemon, the root of an SDS archive, or waveform files (names, globs, folders)
    start_ns, end_ns : window of data time
    stations : codes (``TJ.SAREZ`` or ``SAREZ``) to take; all without any
    metadata : StationXML files; a daemon's folder has its own channels, and needs them for full responses alone
    tell : called with the share that is done, 0 to 1

    Returns
    -------
    tuple of StationMeasures, by code

    Raises
    ------
    ArchiveError, FormatError
        A file is missing, or nothing of it can be read.
    QueryError
        The window is empty, or no such station is there.
    """
    if start_ns >= end_ns:
        raise QueryError("the time window is empty: its start must lie before its end")
    sources = [source] if isinstance(source, str | Path) else list(source)
    table = read_inventories(metadata) if metadata else EVER
    responses = Responses(metadata)
    folder = Path(sources[0]) if len(sources) == 1 else None
    live = folder is not None and (folder / CATALOGUE).is_file() and (folder / INDEX).is_file()
    if folder is not None and live:
        found = _live(folder, (start_ns, end_ns), stations, (table, responses), tell)
    else:
        found = _files(sources, (start_ns, end_ns), stations, (table, responses), tell)
    if not found:
        raise QueryError(f"no data and no metadata of {', '.join(stations) or 'any station'} in the time window")
    return with_pairs(found, [folder / "sds"] if folder is not None and live else sources, (start_ns, end_ns))


def series_of(name: SourceId, parts: Iterable[Receipts]) -> Series:
    """A slow channel, thinned to a value a minute (the first of each)."""
    times, values = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for part in parts:
        for receipt in part:
            record = receipt.record
            offset = np.rint(np.arange(len(record.samples)) * (SECOND_NS / record.rate_hz)).astype(np.int64)
            times.append(record.start_ns + offset)
            values.append(np.asarray(record.samples, dtype=np.float64))
    time_ns, value = np.concatenate(times), np.concatenate(values)
    order = np.argsort(time_ns, kind="stable")
    time_ns, value = time_ns[order], value[order]
    _, first = np.unique(time_ns // SERIES_STEP_NS, return_index=True)
    return Series(name, time_ns[first], value[first])


Window = tuple[int, int]
Metadata = tuple[ChannelTable, Responses]


def _wanted(code: str, stations: Sequence[str]) -> bool:
    return not stations or code in stations or code.split(".")[-1] in stations


def _epochs(table: ChannelTable, name: SourceId, window: Window) -> list[Channel]:
    """The epochs of a channel that a window touches, by time."""
    own = [one for one in table.channels if one.source_id == name]
    return [one for one in own if one.start_ns < window[1] and one.end_ns > window[0]]


def _channel(material: Material, rate_hz: float, window: Window) -> ChannelMeasures:
    return ChannelMeasures(
        source_id=material.source_id,
        channel=material.channels[-1] if material.channels else None,
        rate_hz=rate_hz,
        metrics=metrics_of(material, *window),
        days=metrics_of_days(material, *window),
        slots=slots_of(material, *window),
        spectra=material.spectra,
        present=tuple(material.present or ()),
    )


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Reader:
    """Reads waveform files channel by channel, and counts how many are done."""

    window: Window
    metadata: Metadata
    tell: Progress | None
    total: int
    done: int = 0
    remarks: dict[str, list[str]] = field(default_factory=dict)

    def parts(self, code: str, paths: Sequence[Path]) -> Iterable[Receipts]:
        """The receipts of each file, within the window; what cannot be read is remarked."""
        for path in paths:
            try:
                yield self._cut(read_file(path).receipts)
            except (ArchiveError, FormatError) as error:
                self.remarks.setdefault(code, []).append(str(error))
            self.done += 1
            if self.tell is not None:
                self.tell(self.done / max(self.total, 1))

    def _cut(self, receipts: Receipts) -> Receipts:
        """Records that touch the window; of those at its edges, the samples inside."""
        end_ns = receipts.end_ns()
        start_ns = receipts.start_ns
        receipts = receipts.select((end_ns > self.window[0]) & (start_ns < self.window[1]))
        step = 1e9 / receipts.rate_hz
        skip = np.clip(np.ceil((self.window[0] - receipts.start_ns) / step - 1e-3).astype(np.int64), 0, receipts.count)
        keep = np.clip(np.ceil((self.window[1] - receipts.start_ns) / step - 1e-3).astype(np.int64), 0, receipts.count)
        start_ns = receipts.start_ns + np.rint(skip * step).astype(np.int64)
        cut = replace(receipts, start_ns=start_ns, first=receipts.first + skip, count=keep - skip)
        return cut.select(cut.count > 0)

    def channel(self, name: SourceId, parts: Iterable[Receipts]) -> tuple[ChannelMeasures | None, Series | None]:
        """One channel, from the receipts of its files in the order of time."""
        table, responses = self.metadata
        epochs = _epochs(table, name, self.window)
        own = ChannelMeasure(name, ChannelTable((), tuple(epochs)) if epochs else raw_table([name]))
        slow: list[Receipts] = []
        for part in parts:
            for index in [k for k, one in enumerate(part.source_ids) if one == name]:
                part = part.select(part.channel == index)
                if len(part) and is_waveform(name, float(part.rate_hz[0])):
                    own.add(part)
                elif len(part):
                    slow.append(part)
        if slow:
            return None, series_of(name, slow)
        own.finish()
        if not own.samples and not epochs:
            return None, None
        hours = [one for one in own.hours if one.rate_hz == own.rate_hz]
        correction = responses.correction_db(epochs[-1] if epochs else None, own.rate_hz) if hours else None
        found = spectra(hours, correction)
        material = Material(name, own.samples, own.records, (), own.days, found, own.present, epochs)
        return _channel(material, own.rate_hz, self.window), None


def _files(
    sources: Sequence[str | Path], window: Window, stations: Sequence[str], metadata: Metadata, tell: Progress | None
) -> tuple[StationMeasures, ...]:
    paths = expand(sources, *window)
    by_channel: dict[SourceId, list[Path]] = {}
    loose: list[Path] = []
    for path in paths:
        name = _name_of(path)
        if name is None:
            loose.append(path)
        elif _wanted(name.station_code, stations):
            by_channel.setdefault(name, []).append(path)
    reader = _Reader(window, metadata, tell, sum(map(len, by_channel.values())) + len(loose))
    parts = _by_channel(reader.parts("", loose))
    names = {name for name in parts if _wanted(name.station_code, stations)}
    known = [one.source_id for one in metadata[0].channels if one.start_ns < window[1] and one.end_ns > window[0]]
    names |= {one for one in known if _wanted(one.station_code, stations)} | set(by_channel)

    def one(name: SourceId) -> tuple[ChannelMeasures | None, Series | None]:
        files = sorted(by_channel.get(name, []), key=lambda path: path.name.split(".")[-2:])
        return reader.channel(name, chain(parts.get(name, ()), reader.parts(name.station_code, files)))

    ordered = sorted(names)
    with ThreadPoolExecutor(THREADS) as pool:
        found = dict(zip(ordered, pool.map(one, ordered), strict=True))
    return _stations(found, window, reader.remarks)


def _by_channel(parts: Iterable[Receipts]) -> dict[SourceId, list[Receipts]]:
    """The receipts of each channel, those of several files in the order of their times."""
    found: dict[SourceId, list[Receipts]] = {}
    for part in parts:
        for number, name in enumerate(part.source_ids):
            own = part.select(part.channel == number)
            if len(own):
                found.setdefault(name, []).append(own)
    return {name: sorted(own, key=lambda one: int(one.start_ns.min())) for name, own in found.items()}


def _name_of(path: Path) -> SourceId | None:
    """The channel of an SDS day file, by its name."""
    match = DAY_FILE.match(path.name)
    try:
        return SourceId(match[1].strip("_"), match[2], match[3], match[4]) if match else None
    except ValueError:
        return None


def _stations(
    found: dict[SourceId, tuple[ChannelMeasures | None, Series | None]], window: Window, remarks: dict[str, list[str]]
) -> tuple[StationMeasures, ...]:
    codes = sorted({name.station_code for name, parts in found.items() if any(parts)})
    return tuple(
        StationMeasures(
            code,
            *window,
            tuple(channel for name, (channel, _) in found.items() if channel and name.station_code == code),
            tuple(series for name, (_, series) in found.items() if series and name.station_code == code),
            tuple(remarks.get(code, []) + remarks.get("", [])),
        )
        for code in codes
    )


# ── a daemon's folder ─────────────────────────────────────────────────────────────────────────────────────────────


def _live(
    folder: Path, window: Window, stations: Sequence[str], metadata: Metadata, tell: Progress | None
) -> tuple[StationMeasures, ...]:
    index = Index(folder / INDEX)
    try:
        present = index.spans(*window)
    finally:
        index.close()
    with Catalogue(folder / CATALOGUE, create=False) as catalogue:
        table = metadata[0] if len(metadata[0]) else catalogue.stations()
        names = {one.source_id for one in table.channels if one.start_ns < window[1] and one.end_ns > window[0]}
        names |= set(present)
        ordered = sorted(one for one in names if _wanted(one.station_code, stations))
        found: dict[SourceId, tuple[ChannelMeasures | None, Series | None]] = {}
        for count, name in enumerate(ordered):
            epochs = _epochs(table, name, window)
            material = stored_material(catalogue, name, window, epochs, metadata[1])
            rate_hz = material.samples[-1].rate_hz if material.samples else epochs[-1].rate_hz if epochs else 0.0
            if is_waveform(name, rate_hz):
                material = replace(material, present=_joined(present.get(name, []), window))
                found[name] = _channel(material, rate_hz, window), None
            elif name in present:
                found[name] = None, _series(folder, name, window)
            if tell is not None:
                tell((count + 1) / len(ordered))
    return _stations(found, window, {})


def _series(folder: Path, name: SourceId, window: Window) -> Series:
    pattern = f"{name.network or '_'}.{name.station}.{name.location}.{name.channel}.D.*"
    paths = [path for path in expand([folder / "sds"], *window) if path.match(pattern)]
    reader = _Reader(window, (EVER, Responses()), None, len(paths))
    return series_of(name, [part for part in reader.parts("", paths) if len(part)])


def _joined(spans: Sequence[tuple[int, int]], window: Window) -> list[tuple[int, int]]:
    """Stretches inside the window, by time, those that touch or overlap as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        begin, end = max(begin, window[0]), min(end, window[1])
        if end <= begin:
            continue
        if joined and begin - joined[-1][1] <= SECOND_NS // 10:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined
