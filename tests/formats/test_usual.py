"""What the memory of a channel adds to the gate: calibrations and what follows them, encodings that change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.utc import SECOND_NS, from_iso
from seismonet.formats.gate import REASONS
from seismonet.formats.miniseed import decode_packets
from seismonet.formats.usual import Usual
from tests.support.miniseed import record, record3

START_NS = from_iso("2024-10-03T08:00:00Z")
OTHER = b"MURGH00HHZTJ"


def _at(second: float, make: object = record, **fields: object) -> bytes:
    assert callable(make)
    whole, part = divmod(second, 1)
    minute, whole = divmod(round(whole), 60)
    clock = (8, minute, whole)
    fine = {"nanosecond": round(part * 1e9)} if make is record3 else {"fraction": round(part * 10_000)}
    made: bytes = make(clock=clock, **fine, **fields)
    return made


def _codes(packets: list[bytes], usual: Usual | None) -> list[str]:
    return [REASONS[number].code for number in decode_packets(packets, usual=usual).reason.tolist()]


@pytest.mark.parametrize("kind", [300, 310, 320, 390, 395])
@pytest.mark.parametrize("order", "><")
def test_a_blockette_of_calibration_is_found_wherever_it_stands(kind: int, order: str) -> None:
    data = record(order=order, timing=(100, 0), blockettes=((kind, bytes(56)),))
    assert _codes([data, record()], None) == ["calibration", "ok"]


def test_the_flags_of_both_versions_tell_a_calibration() -> None:
    packets = [record(activity=1), record(activity=2), record(activity=4), record3(flags=1), record3(flags=4)]
    assert _codes(packets, None) == ["calibration", "ok", "ok", "calibration", "ok"]
    told = b'{"FDSN":{"Calibration":{"Sequence":[{"Type":"STEP"}]}}}'
    assert _codes([record3(extra=told), record3(extra=b'{"FDSN":{"Calibration":{}}}')], None) == ["calibration", "ok"]


@pytest.mark.parametrize("make", [record, record3])
def test_a_minute_after_a_calibration_is_kept_and_not_used(make: object) -> None:
    marked = {"activity": 1} if make is record else {"flags": 1}
    packets = [_at(0, make), _at(10, make, **marked), _at(10.08, make), _at(70, make), _at(70.08, make)]
    assert _codes(packets, Usual()) == ["ok", "calibration", "calibrated", "calibrated", "ok"]
    assert _codes(packets, None) == ["ok", "calibration", "ok", "ok", "ok"]


def test_another_channel_is_not_held() -> None:
    packets = [_at(10, activity=1), _at(11, name=OTHER), _at(11)]
    assert _codes(packets, Usual()) == ["calibration", "ok", "calibrated"]


def test_a_second_calibration_holds_on_and_an_old_one_that_comes_late_does_not() -> None:
    packets = [_at(200, activity=1), _at(230, activity=1), _at(289), _at(291), _at(0, activity=1), _at(292), _at(61)]
    fate = ["calibration", "calibration", "calibrated", "ok", "calibration", "ok", "ok"]
    assert _codes(packets, Usual()) == fate


def test_one_record_in_another_encoding_is_set_aside_and_the_third_in_a_row_is_the_new_usual() -> None:
    usual = Usual()
    stray = [_at(k, encoding=code) for k, code in enumerate([11, 3, 11, 10, 3, 10, 10])]
    assert _codes(stray, usual) == ["ok", "encoding_differs", "ok", *["encoding_differs"] * 4]
    new = [_at(7 + k, encoding=code) for k, code in enumerate([10, 10, 11])]
    assert _codes(new, usual) == ["ok", "ok", "encoding_differs"]
    assert len(decode_packets(stray, usual=Usual()).receipts) == 2


def test_what_was_not_used_is_no_custom() -> None:
    packets = [_at(0, encoding=10, xn=7), _at(1, encoding=11), _at(2, encoding=0), _at(3, encoding=11)]
    assert _codes(packets, Usual()) == ["steim", "ok", "text", "ok"]


PACKET = st.builds(
    lambda second, encoding, activity, name, length: _at(
        second, encoding=encoding, activity=activity, name=name, length=length
    ),
    st.integers(0, 300), st.sampled_from([3, 10, 11, 11, 11, 4]), st.sampled_from([0, 0, 0, 1]),
    st.sampled_from([b"SAREZ00HHZTJ", OTHER, b"a0   00HHZXX"]), st.sampled_from([512, 512, 256]),
)  # fmt: skip
ANY = st.one_of(PACKET, st.builds(record3), st.builds(record3, flags=st.just(1)), st.binary(max_size=50))


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=20), st.integers(1, 7))
def test_batches_may_be_cut_anywhere(packets: list[bytes], step: int) -> None:
    whole, pieces = Usual(), Usual()
    together = decode_packets(packets, usual=whole)
    parts = [decode_packets(packets[k : k + step], usual=pieces) for k in range(0, len(packets), step)]
    assert together.reason.tolist() == [code for part in parts for code in part.reason.tolist()]
    starts = [int(one) for part in parts for one in part.receipts.start_ns]
    assert together.receipts.start_ns.tolist() == starts
    assert whole == pieces


def test_the_memory_does_not_touch_what_the_gate_refused() -> None:
    received_ns = np.full(2, START_NS + 60 * SECOND_NS)
    ahead = _at(3600 - 60)
    batch = decode_packets([ahead, _at(0)], received_ns, usual=Usual())
    assert [REASONS[number].code for number in batch.reason.tolist()] == ["ahead", "ok"]
