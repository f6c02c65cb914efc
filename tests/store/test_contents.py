"""What is told of records without their samples, over all kinds of them."""

import numpy as np

from seismonet.core.sourceid import SourceId
from seismonet.formats.gate import CODE
from seismonet.formats.miniseed import decode_file
from seismonet.store.contents import contents
from tests.support.miniseed import SAMPLES, record, record3

HHZ = SourceId.parse("TJ.SAREZ.00.HHZ")


def mixed() -> list[bytes]:
    return [
        record(), record(length=4096), record3(), record(name=b"MURGH00HNETJ", length=256, rate=(20, 1)),
        record3(sid=b"FDSN:TJ_SAREZ_00_H_H_N"), record(order="<"), record(xn=7), record3(crc=1), record(count=0),
        record(name=b"sarez00HHZTJ"),
    ]  # fmt: skip


def test_times_and_names_are_those_that_the_decoder_finds() -> None:
    data = b"".join(mixed())
    found = contents(data)
    batch, _ = decode_file(data)
    assert found.reason.tolist() == batch.reason.tolist()
    used = batch.used()
    assert [found.name(k) for k in used.tolist()] == [one.record.source_id for one in batch.receipts]
    assert np.array_equal(found.start_ns[used], batch.receipts.start_ns)
    assert np.array_equal(found.end_ns[used], batch.receipts.end_ns())
    assert np.array_equal(found.count[used], batch.receipts.count)


def test_what_is_kept_is_given_out_byte_for_byte() -> None:
    sent = mixed()
    data = b"junk" * 20 + b"".join(sent)
    found = contents(data)
    refused = found.refused()
    kept = found.packets(data, ~refused)
    assert [packet.payload for packet in kept] == [
        one for one, no in zip(sent, refused.tolist(), strict=True) if not no
    ]
    assert {packet.station for packet in kept} == {"TJ.SAREZ", "TJ.MURGH"}
    assert found.refusals() == {"crc": 1, "codes": 1}
    assert [(skip.offset, skip.length) for skip in found.skipped] == [(0, 80)]


def test_records_that_are_archived_but_not_used_are_not_refused() -> None:
    found = contents(record(xn=7) + record(correction=20_000))
    assert found.reason.tolist() == [CODE["steim"], CODE["correction"]]
    assert not found.refused().any()
    assert found.count.tolist() == [len(SAMPLES)] * 2


def test_nothing_is_nothing() -> None:
    assert (len(contents(b"")), contents(b"").skipped) == (0, ())
