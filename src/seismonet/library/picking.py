"""Picks of ObsPy Streams, by the same pipeline that runs on files and live."""

from typing import TYPE_CHECKING, Any

from seismonet.core.event import Pick, Rejection
from seismonet.core.inventory import ChannelTable
from seismonet.core.waveform import Record
from seismonet.detect.rows import raw_table
from seismonet.feed import receive, steps
from seismonet.formats.obspystream import records_of_trace
from seismonet.formats.stationxml import channel_table
from seismonet.pipeline import PipelineParams, StationPipeline

if TYPE_CHECKING:
    from obspy import Inventory, Stream


def records_of_stream(stream: "Stream") -> list[Record]:
    """The records of an ObsPy Stream: one a trace, or one for each piece between masked samples."""
    return [record for trace in stream for record in records_of_trace(trace)]


def pick(stream: "Stream", inventory: "Inventory | None" = None, params: PipelineParams | None = None) -> list[Pick]:
    """Phase onsets in an ObsPy Stream of velocity or acceleration.

    Parameters
    ----------
    stream : obspy.Stream, counts or any other unit, any number of stations
    inventory : obspy.Inventory or None
        Without it units stay raw and all channels count as velocity.
    params : PipelineParams or None

    Returns
    -------
    list of Pick
        Each onset once, in its last version, by time; triggers that the gate refused are left out. ``nslc`` is its
        channel, ``time`` an aware datetime.

    Examples
    --------
    >>> import obspy, seismonet
    >>> stream = obspy.read("/path/to/loc_RJOB20050831023349.z", format="GSE2")  # comes with ObsPy
    >>> [(one.phase, f"{one.time:%H:%M:%S}") for one in seismonet.pick(stream)]
    [('P', '02:34:21')]
    """
    records = records_of_stream(stream)
    table = _table(records, inventory)
    pipeline = StationPipeline(table, params)
    latest: dict[str, Pick] = {}
    refused: set[str] = set()
    for receipts, tick in steps(receive(records)):
        for fact in pipeline.step(receipts, tick):
            if isinstance(fact, Pick):
                latest[fact.id] = fact
            elif isinstance(fact, Rejection):
                refused.add(fact.pick_id)
    held = (one for one in latest.values() if one.id not in refused)
    return sorted(held, key=lambda one: (one.time_ns, one.source_id, one.id))


def _table(records: list[Record], inventory: Any) -> ChannelTable:
    if inventory is None:
        return raw_table(record.source_id for record in records)
    return channel_table(inventory)
