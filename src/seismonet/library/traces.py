"""The traces that a report shows: one vertical channel a station, its records joined."""

import numpy as np

from seismonet.core.event import Event
from seismonet.core.inventory import ChannelTable
from seismonet.core.waveform import Receipts, Segment
from seismonet.detect.rows import Rows
from seismonet.reports.replay import section_window

WHOLE_S = 600.0


def report_window(main: Event | None, reach_km: float, end_ns: int) -> tuple[int, int]:
    """The time that a report shows: about the main event, or the last ten minutes when there is none."""
    return section_window(main, reach_km) if main else (end_ns - round(WHOLE_S * 1e9), end_ns)


def report_traces(receipts: Receipts, table: ChannelTable) -> list[Segment]:
    """The vertical traces of some receipts as contiguous segments."""
    rows = Rows.of(table)
    verticals = {name for name, vertical in zip(rows.source_ids, rows.vertical, strict=True) if vertical}
    wanted = [number for number, name in enumerate(receipts.source_ids) if name in verticals]
    return [segment for number in wanted for segment in _joined(receipts.select(receipts.channel == number))]


def _joined(receipts: Receipts) -> list[Segment]:
    """The records of one channel, those that follow one another as one segment."""
    if len(receipts) == 0:
        return []
    receipts = receipts.select(np.argsort(receipts.start_ns, kind="stable"))
    ahead = (receipts.start_ns[1:] - receipts.end_ns()[:-1]) * receipts.rate_hz[1:] / 1e9
    breaks = np.flatnonzero((np.abs(ahead) > 0.5) | (receipts.rate_hz[1:] != receipts.rate_hz[:-1])) + 1
    found = []
    for part in np.split(np.arange(len(receipts)), breaks):
        records = [receipts.record(int(index)) for index in part]
        samples = np.concatenate([record.samples for record in records])
        found.append(Segment(records[0].source_id, records[0].start_ns, records[0].rate_hz, samples))
    return found
