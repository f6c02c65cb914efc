"""A scenario come true: what the stations would have written, and everything that is true about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seismonet.core.errors import QueryError
from seismonet.core.inventory import ChannelTable
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Segment
from seismonet.store.inventory import find_files, read_document, read_inventories

from .digitizer import NEAR, LinkParams, Schedule, schedule
from .earthquake import Onset, SyntheticEvent, TimesTo, onsets
from .network import record
from .records import USUAL, PackingParams
from .response import instruments
from .scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Simulation:
    """Segments as they would be without any fault, sorted by name, and the truth; it begins at ``begin_ns``.

    ``note`` says what was assumed of the Earth; ``filter_s`` is what the digitizer's filters delay a channel's records
    by, for those with a response.
    """

    scenario: Scenario
    begin_ns: int
    segments: tuple[Segment, ...]
    events: tuple[SyntheticEvent, ...]
    onsets: tuple[Onset, ...]
    times_to: TimesTo
    seed: int
    note: str = ""
    filter_s: Mapping[SourceId, float] = field(default_factory=dict)

    def onsets_of(self, event: SyntheticEvent, table: ChannelTable) -> list[Onset]:
        """P and S of one earthquake at each of the scenario's stations, recorded or not."""
        stations = part_of(table, self.scenario.stations, self.begin_ns).stations
        return [one for station in stations for one in onsets(event, station, self.times_to(event, station))]

    def schedule(self, packing: PackingParams = USUAL, link: LinkParams = NEAR) -> Schedule:
        """What the digitizers send of it, the scenario's faults included."""
        return schedule(
            self.segments,
            self.begin_ns,
            faults=self.scenario.faults,
            packing=packing,
            link=link,
            filter_s=self.filter_s,
            seed=self.seed,
        )


def simulate(
    scenario: Scenario,
    table: ChannelTable,
    times_to: TimesTo,
    *,
    begin_ns: int,
    inventory: Any = None,
    window_s: tuple[float, float] | None = None,
    seed: int = 0,
    note: str = "",
) -> Simulation:
    """Let a scenario happen at a network.

    Parameters
    ----------
    table : the network's channels; of them those of the scenario's stations record
    times_to : travel times from an earthquake to a station, a function of phase, distance in degrees and depth in km
    begin_ns : when the scenario begins: in the past, or now
    inventory : ObsPy's, of these stations: their responses; a channel without one is flat in what it measures
    note : what is assumed of the Earth, for the reader of the truth
    window_s : only this part of it, from and to, seconds after its begin; may reach beyond its end, where noise goes on

    Raises
    ------
    QueryError
        A station of the scenario is not in the table at that time.
    """
    own = part_of(table, scenario.stations, begin_ns)
    from_s, to_s = window_s or (0.0, scenario.duration_s)
    events = scenario.at(begin_ns)
    measured = {} if inventory is None else instruments(inventory, own, begin_ns)
    recording = record(
        own,
        events,
        times_to,
        start_ns=begin_ns + from_seconds(from_s),
        duration_s=to_s - from_s,
        level=scenario.noise_level,
        seed=seed,
        instruments=measured,
    )
    filter_s = {name: one.filter_s for name, one in measured.items()}
    found = recording.segments, events, recording.onsets
    return Simulation(scenario, begin_ns, *found, times_to, seed, note, filter_s)


def part_of(table: ChannelTable, codes: Sequence[str], time_ns: int) -> ChannelTable:
    """The channels of some stations (``NET.STA``; none named: of all); QueryError when one is not there at a time."""
    absent = [code for code in codes if table.find_station(code, time_ns) is None]
    if absent:
        known = ", ".join(sorted({station.station_code for station in table.stations})) or "none"
        raise QueryError(f"{', '.join(absent)}: no such station at the scenario's time; the station files hold {known}")
    wanted = set(codes) or {station.station_code for station in table.stations}
    return ChannelTable.of(
        (one for one in table.stations if one.station_code in wanted and one.start_ns <= time_ns < one.end_ns),
        (one for one in table if one.source_id.station_code in wanted and one.covers(time_ns)),
    )


def read_network(paths: Sequence[str | Path]) -> tuple[ChannelTable, Any]:
    """The channels of station files, globs or folders, and ObsPy's Inventory of the same files, for the responses.

    ArchiveError or FormatError as :func:`~seismonet.store.inventory.read_inventories`.
    """
    first, *others = (read_document(path) for path in find_files(paths))
    return read_inventories(paths), sum(others, first)
