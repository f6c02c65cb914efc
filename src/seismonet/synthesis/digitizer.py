"""Digitizers on the line: which record each station sends, and when.

Pure: a schedule says what to send how many seconds after the scenario's begin; whoever holds a clock and a socket paces
it. Records bear the times of the begin that was chosen, so a scenario begun "now" comes as if it happened now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.core.waveform import Segment

from .draws import generator
from .faults import Fault, Note, Outgoing, misdirect, notes, spoil
from .records import USUAL, PackingParams, miniseed, records, spans


@parameters(frozen=True)
class LinkParams:
    """What lies between the digitizer's filters and the server's socket."""

    latency_s: float = Field(default=0.3, ge=0.0, le=600.0, description="from leaving the filters to the sending")
    jitter_s: float = Field(default=0.0, ge=0.0, le=60.0, description="at most this much later, at random")


NEAR = LinkParams()


@dataclass(frozen=True, slots=True)
class Sending:
    """One record that a station sends ``send_offset_s`` after the scenario's begin.

    Start and end are those that the record claims, by a wrong clock too.
    """

    send_offset_s: float
    source_id: SourceId
    start_ns: int
    end_ns: int
    payload: bytes

    @property
    def station(self) -> str:
        """``NET.STA``."""
        return self.source_id.station_code


@dataclass(frozen=True, slots=True)
class Schedule:
    """All records in the order of their sending, and the truth about the faults in them."""

    begin_ns: int
    sendings: tuple[Sending, ...]
    notes: tuple[Note, ...]


def schedule(
    segments: Sequence[Segment],
    begin_ns: int,
    *,
    faults: Sequence[Fault] = (),
    packing: PackingParams = USUAL,
    link: LinkParams = NEAR,
    filter_s: Mapping[SourceId, float] | None = None,
    seed: int = 0,
) -> Schedule:
    """What digitizers send of what their channels would have written, had nothing gone wrong.

    Parameters
    ----------
    segments : int32 samples of each channel
    begin_ns : when the scenario begins; faults count from there
    faults : in the order in which they befall samples, and then records
    packing, link : of all stations
    filter_s : how much later than its end a record of a channel has passed the digitizer's filters; 0 for those unnamed
    seed : for jitter and whatever is random in the faults

    Examples
    --------
    >>> name = SourceId.parse("TJ.SAREZ.00.HHZ")
    >>> plan = schedule([Segment(name, 0, 100.0, np.zeros(300, dtype=np.int32))], 0)
    >>> [(one.send_offset_s, one.station, len(one.payload)) for one in plan.sendings]
    [(1.3, 'TJ.SAREZ', 512), (2.3, 'TJ.SAREZ', 512), (3.3, 'TJ.SAREZ', 512)]
    """
    spoiled = spoil(segments, faults, begin_ns, seed)
    passed_s = filter_s or {}
    outgoing = [
        one
        for segment in spoiled
        for one in _outgoing(segment, packing, link, passed_s.get(segment.source_id, 0.0), seed)
    ]
    outgoing.sort(key=lambda one: (one.send_ns, one.record.source_id))
    sendings = tuple(
        Sending((one.send_ns - begin_ns) / SECOND_NS, one.record.source_id, start_ns, end_ns, payload)
        for one in misdirect(outgoing, faults, begin_ns, seed)
        for start_ns, end_ns, payload in spans(one.record, miniseed(one.record, packing, one.calibration_counts))
    )
    return Schedule(begin_ns, sendings, notes(segments, outgoing, faults, begin_ns))


def _outgoing(segment: Segment, packing: PackingParams, link: LinkParams, filter_s: float, seed: int) -> list[Outgoing]:
    """A channel's records when all goes well: jitter never lets one overtake another."""
    random = generator(seed, segment.source_id.nslc, "jitter", segment.start_ns)
    found: list[Outgoing] = []
    for record in records(segment, packing):
        send_ns = record.end_ns + from_seconds(filter_s + link.latency_s + link.jitter_s * float(random.random()))
        found.append(Outgoing(max(send_ns, found[-1].send_ns) if found else send_ns, record))
    return found
