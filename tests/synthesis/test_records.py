import numpy as np
import obspy
import pytest

from seismonet.core.sourceid import SourceId
from seismonet.core.utc import from_iso
from seismonet.core.waveform import Segment
from seismonet.synthesis.records import cut, miniseed, packed, receipts
from tests.synthesis.sites import START_NS

NAME = SourceId.parse("XX.ONE.00.HHZ")


def segment(n: int, size: float = 1000.0, name: SourceId = NAME, rate_hz: float = 100.0) -> Segment:
    samples = (np.random.default_rng(n).normal(size=n) * size).astype(np.int32)
    return Segment(name, START_NS, rate_hz, samples)


def test_cuts_leave_nothing_out_and_times_do_not_drift() -> None:
    whole = segment(1234, rate_hz=31.31)
    records = cut(whole, 2.0)
    assert {len(record.samples) for record in records[:-1]} == {63}
    assert np.array_equal(np.concatenate([record.samples for record in records]), whole.samples)
    assert [record.start_ns - START_NS for record in records[-1:]] == [round(1197 * 1e9 / 31.31)]
    with pytest.raises(ValueError, match="holds no sample"):
        cut(whole, 0.01)


def test_receipts_come_in_the_order_of_their_ends() -> None:
    other = segment(250, name=SourceId.parse("XX.ONE.00.HHE"))
    batch = receipts([segment(250), other], record_s=1.0, latency_s=0.25)
    got = [(receipt.record.source_id.channel, (receipt.received_ns - START_NS) / 1e9) for receipt in batch]
    assert got == [("HHE", 1.25), ("HHZ", 1.25), ("HHE", 2.25), ("HHZ", 2.25), ("HHE", 2.75), ("HHZ", 2.75)]


@pytest.mark.parametrize("size", [1.0, 1e4, 1e7])
def test_obspy_reads_back_what_was_packed(tmp_path, size: float) -> None:
    whole = segment(5000, size)
    (tmp_path / "one.mseed").write_bytes(packed([whole]))
    stream = obspy.read(tmp_path / "one.mseed", format="MSEED", details=True).merge(method=-1)
    assert [trace.id for trace in stream] == [NAME.nslc]
    assert np.array_equal(stream[0].data, whole.samples)
    assert stream[0].stats.starttime.ns == START_NS
    mseed = stream[0].stats.mseed
    assert (mseed.record_length, mseed.encoding, mseed.byteorder) == (512, "STEIM2", ">")


def test_a_second_of_weak_motion_is_one_record_and_a_strong_one_is_split() -> None:
    assert [len(part) for part in miniseed(cut(segment(100, 100.0))[0])] == [512]
    assert len(miniseed(cut(segment(200, 1e8), 2.0)[0])) == 2
    with pytest.raises(ValueError, match="Steim2 packs int32"):
        miniseed(cut(Segment(NAME, from_iso("2024-10-01T00:00:00Z"), 100.0, np.zeros(5)))[0])
