import numpy as np

from seismonet.core.inventory import ChannelTable
from seismonet.synthesis.earthquake import everywhere
from seismonet.synthesis.network import record
from tests.synthesis.sites import START_NS, STATIONS, event, table_of, travel_time

TABLE = table_of(STATIONS)


def test_every_channel_writes_and_every_onset_in_the_span_is_told() -> None:
    recording = record(TABLE, [event(4.0)], everywhere(travel_time), start_ns=START_NS, duration_s=40.0)
    assert [segment.source_id for segment in recording.segments] == sorted(channel.source_id for channel in TABLE)
    assert {len(segment.samples) for segment in recording.segments} == {4000}
    assert [(onset.station_code[3:], onset.phase) for onset in recording.onsets] == [
        ("ONE", "P"), ("ONE", "S"), ("TWO", "P"), ("THREE", "P"),
    ]  # fmt: skip
    assert list(recording.onsets) == sorted(recording.onsets, key=lambda onset: onset.time_ns)
    for segment in recording.segments:
        p = next(onset for onset in recording.onsets if onset.station_code == segment.source_id.station_code)
        first = (p.time_ns - START_NS) // 10**7
        before, after = segment.samples[:first].astype(float), segment.samples[first + 1 : first + 300].astype(float)
        assert np.std(after) > 3 * np.std(before), segment.source_id


def test_a_station_is_the_same_whoever_else_is_there() -> None:
    alone = ChannelTable.of(STATIONS[:1], [channel for channel in TABLE if channel.source_id.station == "ONE"])
    few = record(alone, [event()], everywhere(travel_time), start_ns=START_NS, duration_s=30.0, seed=9)
    many = record(TABLE, [event()], everywhere(travel_time), start_ns=START_NS, duration_s=30.0, seed=9)
    same = {segment.source_id: segment.samples for segment in many.segments}
    assert len(few.segments) == 6
    assert all(np.array_equal(segment.samples, same[segment.source_id]) for segment in few.segments)


def test_a_channel_that_was_not_there_yet_writes_nothing() -> None:
    recording = record(TABLE, [], everywhere(travel_time), start_ns=-(10**18), duration_s=5.0)
    assert recording.segments == ()
