"""What digitizers send, and when; and what goes wrong on the way, on order."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import obspy
import pytest
from numpy.typing import NDArray

from seismonet.core.sourceid import SourceId
from seismonet.core.waveform import Segment
from seismonet.formats.miniseed import decode_packets
from seismonet.synthesis.digitizer import LinkParams, Schedule, schedule
from seismonet.synthesis.faults import WEEKS_NS, Fault
from seismonet.synthesis.records import PackingParams
from tests.synthesis.sites import START_NS

Z, E, OTHER = (SourceId.parse(name) for name in ("XX.ONE.00.HHZ", "XX.ONE.00.HHE", "XX.TWO.00.HHZ"))


def noise(n: int, seed: int = 0, size: float = 200.0) -> NDArray[np.int32]:
    return np.rint(np.random.default_rng(seed).normal(size=n) * size).astype(np.int32)


SEGMENTS = tuple(Segment(name, START_NS, 100.0, noise(6000, k)) for k, name in enumerate((Z, E, OTHER)))
WHOLE = {segment.source_id: segment.samples for segment in SEGMENTS}


def plan(*faults: Fault, segments: Sequence[Segment] = SEGMENTS, **how: object) -> Schedule:
    return schedule(segments, START_NS, faults=faults, **how)  # type: ignore[arg-type]


def heard(found: Schedule, name: SourceId = Z) -> dict[int, list[tuple[float, int]]]:
    """By number of the first sample: when each record was sent (s), and how many samples it holds."""
    records: dict[int, list[tuple[float, int]]] = {}
    for one in found.sendings:
        if one.source_id == name:
            receipt = decode_packets([one.payload]).receipts
            assert receipt.start_ns[0] == one.start_ns
            assert receipt.end_ns()[0] == one.end_ns
            first = round((one.start_ns - START_NS) / 1e7)
            records.setdefault(first, []).append((one.send_offset_s, int(receipt.count[0])))
    return records


def samples(found: Schedule, name: SourceId = Z) -> NDArray[np.int32]:
    receipts = decode_packets([one.payload for one in found.sendings if one.source_id == name]).receipts
    return np.asarray(receipts.samples)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("encoding", ["steim1", "steim2"])
@pytest.mark.parametrize(("packet_s", "record_bytes"), [(1.0, 512), (0.5, 512), (0.0, 512), (0.0, 4096), (2.0, 256)])
def test_whatever_the_packing_nothing_is_lost(version: int, encoding: str, packet_s: float, record_bytes: int) -> None:
    packing = PackingParams(packet_s, record_bytes, encoding, version)  # type: ignore[arg-type]
    found = plan(packing=packing)
    assert [one.send_offset_s for one in found.sendings] == sorted(one.send_offset_s for one in found.sendings)
    for name, whole in WHOLE.items():
        mine = [one for one in found.sendings if one.source_id == name]
        batch = decode_packets([one.payload for one in mine])
        assert set(batch.outcomes()) == {"ok"}
        assert np.array_equal(batch.receipts.samples, whole)
        assert set(batch.receipts.timing_quality.tolist()) == {100}
        for one in mine:
            assert one.send_offset_s == pytest.approx((one.end_ns - START_NS) / 1e9 + 0.3, abs=packet_s + 1e-9)
        if packet_s == 0.0:
            # full: each record but the last holds what fits, and less than a frame stays empty
            counts = batch.receipts.count[:-1]
            assert counts.min() > 0.8 * counts.max()
            assert {len(one.payload) for one in mine[:-1]} <= ({record_bytes} if version == 2 else set(range(4097)))


def test_obspy_reads_what_is_sent() -> None:
    import io

    found = plan(packing=PackingParams(0.0, 512, "steim1"))
    stream = obspy.read(io.BytesIO(b"".join(one.payload for one in found.sendings)), format="MSEED", details=True)
    stream.merge(method=-1)
    assert {trace.id: len(trace.data) for trace in stream} == {name.nslc: 6000 for name in WHOLE}
    assert stream[0].stats.mseed.blkt1001.timing_quality == 100


def test_latency_and_jitter() -> None:
    found = plan(link=LinkParams(2.0, 0.9))
    late = [one.send_offset_s - (one.end_ns - START_NS) / 1e9 for one in found.sendings]
    assert 2.0 <= min(late) < 2.2
    assert 2.6 < max(late) <= 2.9
    assert found == plan(link=LinkParams(2.0, 0.9))
    for name in WHOLE:
        starts = [one.start_ns for one in found.sendings if one.source_id == name]
        assert starts == sorted(starts)


def test_a_gap_is_where_it_was_ordered_and_nowhere_else() -> None:
    found = plan(Fault("gap", "XX.ONE.00.HH?", 20.0, 3.0))
    assert sorted(set(range(0, 6000, 100)) - set(heard(found))) == [2000, 2100, 2200]
    assert len(heard(found, OTHER)) == 60
    (note,) = found.notes
    assert (note.channels, note.samples, note.records) == ((E.nslc, Z.nslc), 600, 6)
    assert (note.start_ns, note.end_ns) == (START_NS + 20 * 10**9, START_NS + 23 * 10**9)


def test_duplicates_come_after_the_first() -> None:
    found = heard(plan(Fault("duplicate", "XX.ONE.00.HHZ", 10.0, 2.0, 3.0)))
    assert {first: len(times) for first, times in found.items() if len(times) > 1} == {1000: 4, 1100: 4}
    assert [time for time, _ in found[1000]] == pytest.approx([11.3, 11.5, 11.7, 11.9])


def test_disorder_shuffles_and_loses_nothing() -> None:
    found = plan(Fault("disorder", "XX.ONE", 10.0, 20.0, 5.0))
    order = [one.start_ns for one in found.sendings if one.source_id == Z]
    assert order != sorted(order)
    assert sorted(order) == [START_NS + k * 10**9 for k in range(60)]
    assert order[:10] + order[30:] == sorted(order[:10] + order[30:])
    # nothing is sent before its last sample
    assert all(one.send_offset_s >= (one.end_ns - START_NS) / 1e9 for one in found.sendings)


def test_a_burst_holds_back_and_then_releases_in_order() -> None:
    found = plan(Fault("burst", "XX.ONE", 20.0, 10.0, 2.0))
    mine = [one for one in found.sendings if one.station == "XX.ONE"]
    assert not any(20.0 <= one.send_offset_s < 30.0 for one in mine)
    released = [one for one in mine if 30.0 <= one.send_offset_s <= 32.0]
    assert len(released) == 24  # what was due in ten seconds, and in the two of the release
    assert [one.end_ns for one in mine] == sorted(one.end_ns for one in mine)
    assert len(heard(found)) == 60
    assert all(len(times) == 1 for times in heard(found).values())
    assert found.notes[0].records == 20
    assert [one.send_offset_s for one in found.sendings if one.source_id == OTHER] == pytest.approx(np.arange(60) + 1.3)


def test_wrong_clocks() -> None:
    offset = heard(plan(Fault("clock_offset", "XX.ONE.00.HHZ", 10.0, 1.0, 0.37)))
    assert sorted(set(offset) - set(range(0, 6000, 100))) == [1037]
    early = plan(Fault("gps_week", "XX.ONE.00.HHZ", 10.0, 1.0))
    assert heard(early)[1000 - WEEKS_NS // 10**7][0][0] == pytest.approx(11.3)
    drifting = plan(Fault("clock_drift", "XX.ONE.00.HHZ", 10.0, 40.0, 36.0))
    mine = [one for one in drifting.sendings if one.source_id == Z]
    late_s = [(one.start_ns - START_NS) / 1e9 - k for k, one in enumerate(mine)]
    assert late_s[10:50] == pytest.approx(np.arange(40) * 0.01)
    assert late_s[:10] + late_s[50:] == [0.0] * 20
    quality = decode_packets([one.payload for one in mine]).receipts.timing_quality
    assert Counter(quality.tolist()) == {100: 20, 70: 40}


def test_spoiled_samples() -> None:
    clean = WHOLE[Z].astype(float)
    during = slice(2000, 4000)

    def spoiled(kind: str, size: float | None = None) -> NDArray[np.float64]:
        found = plan(Fault(kind, "XX.ONE.00.HHZ", 20.0, 20.0, size))  # type: ignore[arg-type]
        assert np.array_equal(samples(found, E), WHOLE[E])
        got = samples(found).astype(float)
        assert np.array_equal(np.delete(got, np.r_[during]), np.delete(clean, np.r_[during]))
        assert found.notes[0].samples == 2000
        return got[during] - (0 if kind in ("dead", "clip") else clean[during])

    assert set(spoiled("dead", 7.0)) == {7.0}
    assert np.std(spoiled("noisy", 1e4)) == pytest.approx(1e4, rel=0.1)
    spikes = np.flatnonzero(spoiled("spike"))
    assert 2 <= len(spikes) <= 6
    assert set(spikes[np.r_[True, np.diff(spikes) > 1]]) == {0, 1000}
    step = spoiled("step")
    assert (step[0], step[1000]) == pytest.approx((1e6, 1e6 * np.exp(-10 / 60)), abs=1)
    assert spoiled("square_wave", 500.0)[::200].tolist() == [500.0, -500.0] * 5
    assert np.abs(spoiled("clip", 100.0)).max() == 100.0
    assert np.allclose(spoiled("gain", -1.0), -2 * clean[during])
    assert spoiled("sine", 1000.0)[25::100] == pytest.approx([1000.0] * 20, abs=1)
    binary = spoiled("prbs", 100.0)
    assert set(binary) == {-100.0, 100.0}
    assert (np.flatnonzero(np.diff(binary)) % 10 == 9).all()
    assert set(spoiled("boxcar", 300.0)) == {0.0, 300.0}
    storm = np.abs(spoiled("storm", 10.0))
    assert 3 < storm[1500:].mean() / np.abs(clean).mean() < 12
    assert storm[:100].mean() < np.abs(clean).mean()


@pytest.mark.parametrize("version", [2, 3])
def test_a_calibration_says_so_and_a_stray_square_wave_does_not(version: int) -> None:
    packing = PackingParams(record_bytes=1024, version=version)  # type: ignore[arg-type]
    told = plan(Fault("calibration", "XX.ONE.00.HHZ", 20.5, 20.0), packing=packing)
    payloads = [one.payload for one in told.sendings if one.source_id == Z]
    assert decode_packets(payloads).outcomes() == {"ok": 39, "calibration": 21}
    assert told.notes[0].records == 21
    stray = plan(Fault("square_wave", "XX.ONE.00.HHZ", 20.5, 20.0), packing=packing)
    payloads = [one.payload for one in stray.sendings if one.source_id == Z]
    assert decode_packets(payloads).outcomes() == {"ok": 60}


def test_faults_add_up_in_their_order() -> None:
    found = plan(Fault("gap", "XX.ONE", 20.0, 1.0), Fault("duplicate", "XX.ONE", 20.0, 2.0))
    assert [len(heard(found).get(first, [])) for first in (1900, 2000, 2100, 2200)] == [1, 0, 2, 1]


def test_records_of_version_3_are_marked_as_simulated() -> None:
    from pymseed import MS3Record

    payload = plan(packing=PackingParams(version=3)).sendings[0].payload
    assert '"Simulated":true' in MS3Record.parse(payload).extra
