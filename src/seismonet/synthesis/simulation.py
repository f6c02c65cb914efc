"""A scenario come true: what the stations would have written, and everything that is true about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from seismonet.core.errors import QueryError
from seismonet.core.inventory import ChannelTable
from seismonet.core.utc import from_seconds
from seismonet.core.waveform import Segment

from .digitizer import NEAR, LinkParams, Schedule, schedule
from .earthquake import Onset, SyntheticEvent, TravelTime
from .network import record
from .records import USUAL, PackingParams
from .scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Simulation:
    """Segments as they would be without any fault, sorted by name, and the truth; it begins at ``begin_ns``."""

    scenario: Scenario
    begin_ns: int
    segments: tuple[Segment, ...]
    events: tuple[SyntheticEvent, ...]
    onsets: tuple[Onset, ...]
    seed: int

    def schedule(self, packing: PackingParams = USUAL, link: LinkParams = NEAR) -> Schedule:
        """What the digitizers send of it, the scenario's faults included."""
        return schedule(
            self.segments, self.begin_ns, faults=self.scenario.faults, packing=packing, link=link, seed=self.seed
        )


def simulate(
    scenario: Scenario,
    table: ChannelTable,
    travel_time: TravelTime,
    *,
    begin_ns: int,
    window_s: tuple[float, float] | None = None,
    seed: int = 0,
) -> Simulation:
    """Let a scenario happen at a network.

    Parameters
    ----------
    table : the network's channels; of them those of the scenario's stations record
    travel_time : ``TravelTimes.times``, or any function of phase, distance in degrees and depth in km
    begin_ns : when the scenario begins: in the past, or now
    window_s : only this part of it, from and to, seconds after its begin; may reach beyond its end, where noise goes on

    Raises
    ------
    QueryError
        A station of the scenario is not in the table at that time.
    """
    own = part_of(table, scenario.stations, begin_ns)
    from_s, to_s = window_s or (0.0, scenario.duration_s)
    events = scenario.at(begin_ns)
    recording = record(
        own,
        events,
        travel_time,
        start_ns=begin_ns + from_seconds(from_s),
        duration_s=to_s - from_s,
        level=scenario.noise_level,
        seed=seed,
    )
    return Simulation(scenario, begin_ns, recording.segments, events, recording.onsets, seed)


def part_of(table: ChannelTable, codes: Sequence[str], time_ns: int) -> ChannelTable:
    """The channels of some stations (``NET.STA``; none named: of all); QueryError when one is not there at a time."""
    absent = [code for code in codes if table.find_station(code, time_ns) is None]
    if absent:
        known = ", ".join(sorted({station.station_code for station in table.stations})) or "none"
        raise QueryError(f"{', '.join(absent)}: no such station at the scenario's time; the station files hold {known}")
    wanted = set(codes) or {station.station_code for station in table.stations}
    return ChannelTable.of(
        (station for station in table.stations if station.station_code in wanted),
        (channel for channel in table if channel.source_id.station_code in wanted),
    )
