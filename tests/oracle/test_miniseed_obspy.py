"""miniSEED against ObsPy and pymseed: we read what they write, and of damaged files what they read rightly."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import obspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.formats.miniseed import decode_file, decode_packets
from seismonet.formats.obspystream import records_of_trace
from tests.support.shared import shared

KINDS = {
    "STEIM1": "int32",
    "STEIM2": "int32",
    "INT16": "int16",
    "INT32": "int32",
    "FLOAT32": "float32",
    "FLOAT64": "float64",
}
BUNDLED = Path(obspy.__file__).parent / "io" / "mseed" / "tests" / "data"


def _written(samples: Any, encoding: str, byteorder: str = ">", reclen: int = 512, rate_hz: float = 100.0) -> bytes:
    header = {
        "network": "TJ", "station": "SAREZ", "location": "00", "channel": "HHZ", "sampling_rate": rate_hz,
        "starttime": obspy.UTCDateTime(2024, 10, 3, 8, 15, 30, 123456),
    }  # fmt: skip
    out = io.BytesIO()
    trace = obspy.Trace(np.asarray(samples, dtype=KINDS[encoding]), header)
    trace.write(out, format="MSEED", encoding=encoding, byteorder=byteorder, reclen=reclen)
    return out.getvalue()


def _same(data: bytes) -> None:
    """Samples, times and rates of all records, joined, are those of ObsPy's traces, bit for bit."""
    batch, found = decode_file(data)
    stream = obspy.read(io.BytesIO(data), format="MSEED")
    assert found.skipped == ()
    assert set(batch.outcomes()) == {"ok"}
    wanted = [record for trace in stream for record in records_of_trace(trace)]
    assert len(batch.receipts.samples) == sum(len(record.samples) for record in wanted)
    at = 0
    receipts = batch.receipts
    for record in wanted:
        assert receipts.start_ns[at] == record.start_ns
        total, last = 0, at
        while total < len(record.samples):
            total += int(receipts.count[last])
            last += 1
        first = int(receipts.first[at])
        assert receipts.samples[first : first + total].tobytes() == record.samples.tobytes()
        assert receipts.samples.dtype == record.samples.dtype
        assert {receipts.source_ids[k] for k in receipts.channel[at:last].tolist()} == {record.source_id}
        assert set(receipts.rate_hz[at:last].tolist()) == {record.rate_hz}
        at = last
    assert at == len(receipts)


@pytest.mark.parametrize("encoding", KINDS)
@pytest.mark.parametrize("byteorder", "><")
def test_all_that_obspy_writes_is_read_alike(encoding: str, byteorder: str) -> None:
    chance = np.random.default_rng(5)
    for reclen in (256, 512, 4096):
        for scale in (3.0, 60.0, 3000.0):
            _same(_written(np.round(chance.normal(scale=scale, size=3000)), encoding, byteorder, reclen))


@pytest.mark.parametrize("rate_hz", [100.0, 20.0, 18.8, 30.05, 31.31, 1.0, 0.1, 200.0, 1000.0, 33.333333])
def test_rates_are_obspys(rate_hz: float) -> None:
    _same(_written(np.arange(2000), "STEIM2", rate_hz=rate_hz))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-(2**28), 2**28), min_size=1, max_size=40),
    st.integers(0, 28),
    st.sampled_from(["STEIM1", "STEIM2"]),
)
def test_steim_of_any_differences(samples: list[int], shift: int, encoding: str) -> None:
    _same(_written(np.cumsum(np.array(samples) >> shift) % 2**28, encoding))


@pytest.mark.parametrize("name", ["BW.BGLD.__.EHE.D.2008.001.first_10_records", "timingquality.mseed", "test.mseed"])
def test_files_that_obspy_carries(name: str) -> None:
    _same((BUNDLED / name).read_bytes())


@pytest.mark.parametrize("path", ["grsn_20020722", "hawaii2019", "ridgecrest2019", "openeew_20200124"])
def test_public_recordings_have_obspys_samples(path: str) -> None:
    data = shared(f"data/public/{path}/waveforms.mseed").read_bytes()
    batch, found = decode_file(data)
    assert (set(batch.outcomes()), found.skipped) == ({"ok"}, ())
    stream = obspy.read(io.BytesIO(data), format="MSEED")
    ours: dict[str, list[Any]] = {}
    for receipt in batch.receipts:
        ours.setdefault(receipt.record.source_id.nslc, []).append(receipt.record)
    assert set(ours) == {trace.id for trace in stream}
    for name, records in ours.items():
        records.sort(key=lambda record: record.start_ns)
        traces = sorted((trace for trace in stream if trace.id == name), key=lambda trace: trace.stats.starttime)
        wanted = np.concatenate([trace.data for trace in traces])
        assert np.concatenate([record.samples for record in records]).tobytes() == wanted.tobytes()
        assert records[0].start_ns == traces[0].stats.starttime.ns


# what comes of the damaged files whose records are not all used, or where the two libraries do not agree
DAMAGED = {
    "libmseed/reference-testdata-headeronly.mseed2": "empty",
    "libmseed/reference-testdata-headeronly.mseed3": "empty",
    "libmseed/reference-testdata-oddrate.mseed2": "rate",
    "libmseed/reference-testdata-oddrate.mseed3": "rate",
    "libmseed/reference-testdata-text.mseed2": "text",
    "libmseed/reference-testdata-text.mseed3": "text",
    "libmseed/testdata-detection.record.mseed2": "empty",
    "libmseed/testdata-encoding-CDSN.mseed2": "encoding",
    "libmseed/testdata-encoding-DWWSSN.mseed2": "encoding",
    "libmseed/testdata-encoding-GEOSCOPE-16bit-3exp-encoded.mseed2": "encoding",
    "libmseed/testdata-encoding-SRO.mseed2": "encoding",
    "libmseed/testdata-invalid-blockette-offsets.mseed2": "blockettes",
    "libmseed/testdata-oneseries-mixedlengths-mixedorder.mseed2": "length",
    "obspy/gecko_non_ascii_header.ms": "codes",
    "obspy/infinite-loop.mseed": "decoder",
    "obspy/microsecond_wrap.mseed": "time",
    "obspy/mseed_data_offset_0.mseed": "empty",
    "obspy/mseed_no_blkt_1000.mseed": "codes",
    "obspy/rt130_sr0_cropped.mseed": "text",
    "obspy/three_records_zero_data_in_middle.mseed": "empty",
}
SKIPPED = {
    "obspy/blockette008.mseed": 512,
    "obspy/brokenlastrecord.mseed": 2206,
    "obspy/corrupt_one_extra_byte_at_end.mseed": 1,
    "obspy/infinite-loop.mseed": None,
    "obspy/not.mseed": 536,
    "obspy/not2.mseed": 9,
    "obspy/not3.mseed": 12,
    "obspy/not4.mseed": 536,
    "obspy/single_record_plus_noise_record.mseed": 512,
    "obspy/various_noise_records.mseed": 2432,
}


def test_each_damaged_file_gets_its_verdict() -> None:
    root = shared("data/public/faults")
    for path in sorted((*root.glob("libmseed/*"), *root.glob("obspy/*"))):
        name = path.relative_to(root).as_posix()
        batch, found = decode_file(path.read_bytes())
        codes = set(batch.outcomes()) - {"ok"}
        assert (DAMAGED.get(name, "") in codes) == (name in DAMAGED), (name, codes)
        assert bool(codes) == (name in DAMAGED), (name, codes)
        if name != "obspy/infinite-loop.mseed":
            assert found.skipped_bytes == SKIPPED.get(name, 0), name
        else:
            assert found.skipped_bytes > 0


def test_what_is_used_of_damaged_files_is_what_pymseed_reads() -> None:
    import pymseed

    root = shared("data/public/faults")
    compared = 0
    for path in sorted((*root.glob("libmseed/*"), *root.glob("obspy/*"))):
        data = path.read_bytes()
        batch, found = decode_file(data)
        for one, receipt in zip(batch.used().tolist(), batch.receipts, strict=True):
            at, length = int(found.offset[one]), int(found.length[one])
            try:
                theirs = pymseed.MS3Record.parse(data[at : at + length], unpack_data=True)
            except pymseed.MiniSEEDError:
                continue  # without a blockette 1000 it needs to see the next record
            record = receipt.record
            assert record.samples.astype(np.float64).tolist() == np.asarray(theirs.np_datasamples).tolist()
            assert record.rate_hz == pytest.approx(theirs.samprate, rel=1e-12)
            assert record.start_ns == theirs.starttime
            assert record.source_id.fdsn == theirs.sourceid
            compared += 1
    assert compared > 1000


CHILD = """
import json, resource, sys
from pathlib import Path
from seismonet.formats.gate import check
from seismonet.formats.miniseed import decode_file, decode_packets
from tests.support.miniseed import record, record3
decode_packets([record(), record3()])
for line in Path("/proc/self/status").read_text().splitlines():
    if line.startswith("VmSize"):
        limit = (int(line.split()[1]) << 10) + (64 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        data = path.read_bytes()
        code = check(data).code
        batch, _ = decode_packets([data]), decode_file(data)
        print(json.dumps([path.name, code, *batch.outcomes()]))
"""


@pytest.mark.parametrize("folder", ["data/gate_corpus", "data/public/faults"])
def test_no_crash_no_hang_no_more_than_64_mb(folder: str) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(shared(folder))],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == sum(path.is_file() for path in shared(folder).rglob("*"))
    for name, code, *outcomes in lines:
        assert outcomes == [code] or code == "ok", name
        if folder == "data/gate_corpus":
            assert code not in ("ok", "leap_second"), f"{name}: crashes a decoder and must not pass"


def test_nothing_in_the_crash_corpus_gets_to_a_decoder() -> None:
    paths = sorted(shared("data/gate_corpus").iterdir())
    batch = decode_packets([path.read_bytes() for path in paths])
    assert len(batch.receipts) == 0
    assert not set(batch.outcomes()) & {"ok", "leap_second", "decoder", "steim", "crc"}
    assert sum(batch.outcomes().values()) == len(paths)
