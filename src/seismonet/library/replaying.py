"""A replay: waveforms and metadata in, everything the pipeline says about them out."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seismonet.core.alert import Alert, Decision
from seismonet.core.event import Event, Pick, Rejection
from seismonet.core.inventory import ChannelTable
from seismonet.core.motion import Motion
from seismonet.core.status import NetworkStatus
from seismonet.core.target import Target
from seismonet.core.waveform import Receipts
from seismonet.feed import SPAN_S, receive, steps
from seismonet.formats.stationxml import channel_table
from seismonet.models.corrections import StationCorrections
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.pipeline import Pipeline, PipelineParams

from .picking import records_of_stream

if TYPE_CHECKING:
    from obspy import Inventory, Stream

WATCHED_SPAN_S = 0.5


@dataclass(slots=True)
class Replay:
    """What a replay found.

    ``events`` and ``alerts`` hold every version in the order of issue; ``picks`` by id, those that were refused too, as
    a cancelled event may name them; ``rejections`` by the pick's id; ``unpicked`` are the stations heard without any
    channel on which a P could be picked.
    """

    table: ChannelTable
    picks: dict[str, Pick] = field(default_factory=dict)
    rejections: dict[str, Rejection] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    motions: list[Motion] = field(default_factory=list)
    statuses: list[NetworkStatus] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unpicked: tuple[str, ...] = ()

    @property
    def latest_events(self) -> list[Event]:
        """Each event in its last version, by origin time."""
        last = {event.id: event for event in self.events}
        return sorted(last.values(), key=lambda event: (event.origin.time_ns, event.id))

    @property
    def totals(self) -> Counter[str]:
        """What happened to records that were not simply taken, over all channels."""
        found = Counter[str]()
        for (_, what), count in self.counts.items():
            found[what] += count
        return found

    @property
    def sorted_picks(self) -> list[Pick]:
        """Each pick that was not refused, in its last version, by time."""
        held = (pick for pick in self.picks.values() if pick.id not in self.rejections)
        return sorted(held, key=lambda pick: (pick.time_ns, pick.source_id, pick.id))

    @property
    def sorted_rejections(self) -> list[Rejection]:
        """Each refused trigger, by time."""
        return sorted(self.rejections.values(), key=lambda one: (one.time_ns, one.source_id, one.pick_id))

    @property
    def refused(self) -> Counter[str]:
        """How many triggers were refused, by reason."""
        return Counter(one.reason for one in self.rejections.values())


def run(
    receipts: Receipts | Iterable[Receipts],
    table: ChannelTable,
    params: PipelineParams | None = None,
    model: TravelTimes | None = None,
    *,
    corrections: StationCorrections | None = None,
    targets: Sequence[Target] = (),
    progress: Callable[[int], None] | None = None,
    pace: Callable[[int], None] | None = None,
) -> Replay:
    """Feed receipts, in their order, to a new pipeline.

    Places to be warned are ``targets``; without them operators alone are told.
    ``progress`` is told after each step how many were handled, ``pace`` the step's time (ns); with ``pace`` steps are
    short, as somebody is watching.
    """
    pipeline = Pipeline(table, model or travel_times("iasp91", cache_dir()), params, corrections, targets)
    found = Replay(table)
    for batch, tick in steps(receipts, SPAN_S if pace is None else WATCHED_SPAN_S):
        output = pipeline.step(batch, tick)
        found.picks.update((pick.id, pick) for pick in output.picks)
        found.rejections.update((one.pick_id, one) for one in output.rejections)
        found.events += output.events
        found.alerts += output.alerts
        found.decisions += output.decisions
        found.motions += output.motions
        found.statuses += output.statuses
        if progress is not None:
            progress(len(batch))
        if pace is not None:
            pace(tick.time_ns)
    found.counts = pipeline.station.counts
    found.unpicked = pipeline.station.unpicked
    return found


def replay(
    stream: "Stream", inventory: "Inventory", *, params: PipelineParams | None = None, latency_s: float = 0.0
) -> Replay:
    """Find the earthquakes in an ObsPy Stream, as the network would have found them live.

    Parameters
    ----------
    stream : obspy.Stream of velocity or acceleration in counts
    inventory : obspy.Inventory of its channels
    params : PipelineParams or None
    latency_s : float
        The traces count as sent in packets of a second, each received this long after its end.

    Returns
    -------
    Replay

    Examples
    --------
    >>> import obspy, seismonet
    >>> from obspy import read_inventory
    >>> stream = obspy.read("/path/to/loc_RJOB20050831023349.z", format="GSE2")  # comes with ObsPy
    >>> seismonet.replay(stream, read_inventory()).latest_events  # one station makes no event
    []
    """
    receipts = receive(records_of_stream(stream), latency_s)
    return run(receipts, channel_table(inventory), params)
