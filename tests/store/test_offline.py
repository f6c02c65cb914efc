"""The offline reader: any format, nothing run, nothing silent; which files a pattern stands for."""

import gzip
from pathlib import Path

import numpy as np
import obspy
import pytest
import qopen

from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.core.utc import from_iso
from seismonet.core.waveform import Record
from seismonet.formats.obspystream import records_of_trace
from seismonet.store.offline import expand, read_file
from tests.support.miniseed import record, record3
from tests.support.shared import shared

OBSPY = Path(obspy.__file__).parent / "io"
BUNDLED = {
    "sac/tests/data/test.sac": "SAC",
    "sac/tests/data/test.sac.swap": "SAC",
    "sac/tests/data/testxy.sac": "SACXY",
    "gse2/tests/data/loc_RJOB20050831023349.z": "GSE2",
    "gse2/tests/data/loc_STAU20031119011659.z": "GSE1",
    "nied/tests/data/test.knet": "KNET",
    "seisan/tests/data/9701-30-1048-54S.MVO_21_1": "SEISAN",
    "seisan/tests/data/2005-07-23-1452-04S.CER___030": "SEISAN",
    "ah/tests/data/ah1.f": "AH",
    "ah/tests/data/ah2.f": "AH",
    "ascii/tests/data/slist.ascii": "SLIST",
    "ascii/tests/data/tspair.ascii": "TSPAIR",
    "gcf/tests/data/20160603_1910n.gcf": "GCF",
    "kinemetrics/tests/data/BI008_MEMA-04823.evt": "KINEMETRICS_EVT",
    "reftek/tests/data/225051000_00008656": "REFTEK130",
    "y/tests/data/YAYT_BHZ_20021223.124800": "Y",
    "pdas/tests/data/p1246001.108": "PDAS",
    "win/tests/data/10030302.00": "WIN",
    "seg2/tests/data/20180307_031245000.0.seg2": "SEG2",
    "segy/tests/data/example.y_first_trace": "SEGY",
    "sh/tests/data/QFILE-TEST-ASC.ASC": "SH_ASC",
    "mseed/tests/data/test.mseed": "MSEED",
}


def _bundled(name: str) -> Path:
    found = OBSPY / name
    if not found.exists():
        (found,) = OBSPY.rglob(Path(name).name)
    return found


@pytest.mark.parametrize("name", BUNDLED)
def test_each_format_is_told_by_its_bytes_and_read_as_obspy_reads_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / ("file" + (Path(name).suffix if BUNDLED[name] in ("GCF",) else ""))
    path.write_bytes(_bundled(name).read_bytes())
    found = read_file(path)
    assert found.format == BUNDLED[name]
    stream = obspy.read(str(path), format=found.format)
    wanted = [piece for trace in stream for piece in records_of_trace(trace)]
    assert sum(len(piece.samples) for piece in wanted) > 0
    if found.format == "MSEED":
        return
    assert len(found.receipts) == len(wanted)
    for receipt, piece in zip(found.receipts, wanted, strict=True):
        assert (receipt.record.source_id, receipt.record.start_ns) == (piece.source_id, piece.start_ns)
        assert receipt.record.rate_hz == piece.rate_hz
        assert receipt.record.samples.astype(float).tolist() == piece.samples.astype(float).tolist()
        assert receipt.received_ns == piece.end_ns


def test_an_obspy_stream_gives_the_samples_and_times_of_the_file() -> None:
    path = Path(qopen.__file__).parent / "example" / "example_data.mseed"
    pieces: dict[str, list[Record]] = {}
    for receipt in read_file(path).receipts:
        pieces.setdefault(receipt.record.source_id.nslc, []).append(receipt.record)
    compared = 0
    for trace in obspy.read(str(path), format="MSEED"):
        (whole,) = records_of_trace(trace)
        own = [one for one in pieces[whole.source_id.nslc] if whole.start_ns <= one.start_ns < whole.end_ns]
        assert own[0].start_ns == whole.start_ns
        assert {one.rate_hz for one in own} == {whole.rate_hz}
        samples = np.concatenate([one.samples for one in own])
        assert (samples.dtype, samples.tobytes()) == (whole.samples.dtype, whole.samples.tobytes())
        at = 0
        for one in own:
            assert abs(one.start_ns - whole.start_ns - round(at * 1e9 / whole.rate_hz)) <= 100_000
            at += len(one.samples)
        compared += len(own)
    assert compared == sum(map(len, pieces.values())) > 0


def test_junk_and_unused_records_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mixed.mseed"
    path.write_bytes(
        record() + b"\xa5" * 100 + record(encoding=0) + record3() + bytes(512) + record(rate=(0, 1)) + record()[:50]
    )
    found = read_file(path)
    assert found.outcomes == {"ok": 2, "text": 1, "rate": 1}
    assert found.skipped_bytes == 100 + 512 + 50
    assert found.remarks == [
        "1 records: sampling rate outside 0.001 to 1000 Hz",
        "1 records: text, no samples",
        "150 bytes skipped: no record",
        "512 bytes skipped: zeros",
    ]
    (tmp_path / "clean").write_bytes(record())
    assert read_file(tmp_path / "clean").remarks == []


def test_junk_before_the_first_record_does_not_hide_it(tmp_path: Path) -> None:
    path = tmp_path / "late"
    path.write_bytes(b"\xa5" * 5000 + record())
    assert len(read_file(path).receipts) == 1


PICKLES = (
    b"cos\nsystem\n(S'touch %s'\ntR.",
    b"cos\nsystem\n(S'touch %s # obspy.core.stream'\ntR.",
    b"\x80\x02cos\nsystem\nq\x00X\x50\x00\x00\x00%s\x85R.obspy.core.stream",
)


@pytest.mark.parametrize("pickle", PICKLES)
@pytest.mark.parametrize("name", ["data.pickle", "data.mseed", "data"])
def test_a_pickle_is_never_run(pickle: bytes, name: str, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    path = tmp_path / name
    path.write_bytes(pickle % str(trap).encode())
    with pytest.raises(FormatError, match="not seismic data"):
        read_file(path)
    assert not trap.exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"# Dear diary\n" * 50, "not seismic data"),
        (bytes(4096), "not seismic data"),
        (b"<?xml version='1.0'?><FDSNStationXML/>", "not seismic data"),
        (gzip.compress(record()), "not seismic data"),
        (record()[:300], "cut off within its first record"),
        (record3()[:100], "cut off within its first record"),
        (record(encoding=0), "without a usable record \\(1 records: text"),
        (b"TIMESERIES nonsense TSPAIR", "cannot be read as TSPAIR"),
        (b"Origin Time       2011/03/11", "holds no samples"),
        (b"WID2 nothing", "cannot be read as GSE2"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(data)
    with pytest.raises(FormatError, match=message) as caught:
        read_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_of_another_format_is_refused(tmp_path: Path) -> None:
    whole = _bundled("sac/tests/data/test.sac").read_bytes()
    (tmp_path / "a.sac").write_bytes(whole[:-40])
    with pytest.raises(FormatError, match="cannot be read as SAC"):
        read_file(tmp_path / "a.sac")


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no such file"):
        read_file(tmp_path / "absent")
    with pytest.raises(ArchiveError, match="cannot be read"):
        read_file(tmp_path)
    with pytest.raises(ArchiveError, match="no such file or folder"):
        expand([str(tmp_path / "absent*.mseed")])
    with pytest.raises(ArchiveError, match="holds no file"):
        expand([tmp_path])


def test_every_file_of_the_damaged_set_is_read_or_refused_in_one_line() -> None:
    refused = []
    for path in sorted(shared("data/public/faults").rglob("*")):
        if path.is_file():
            try:
                assert len(read_file(path).receipts) > 0
            except FormatError as error:
                refused.append(str(error))
    assert len(refused) > 5
    assert not [line for line in refused if "\n" in line]


def test_patterns_folders_and_names_each_file_once(tmp_path: Path) -> None:
    for name in ("b.mseed", "a.mseed", "c.sac", ".hidden"):
        (tmp_path / name).write_bytes(record())
    names = [path.name for path in expand([str(tmp_path / "*.mseed"), str(tmp_path), str(tmp_path / "c.sac")])]
    assert names == ["a.mseed", "b.mseed", "c.sac"]


@pytest.fixture
def sds(tmp_path: Path) -> Path:
    for year, day in ((2023, 364), (2023, 365), (2024, 1), (2024, 2), (2024, 366), (2025, 1)):
        for station in ("MURGH", "SAREZ"):
            folder = tmp_path / str(year) / "TJ" / station / "HHZ.D"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"TJ.{station}.00.HHZ.D.{year}.{day:03d}").write_bytes(record())
            (folder / "notes.txt").write_text("no waveforms")
    return tmp_path


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (None, None, ["2023.364", "2023.365", "2024.001", "2024.002", "2024.366", "2025.001"]),
        ("2024-01-01T00:00:00Z", "2024-01-01T12:00:00Z", ["2023.365", "2024.001"]),
        ("2024-01-02T23:59:59Z", "2024-01-03T00:00:00Z", ["2024.001", "2024.002"]),
        ("2025-01-01T05:00:00Z", None, ["2024.366", "2025.001"]),
        (None, "2023-12-30T05:00:00Z", ["2023.364"]),
        ("2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z", []),
    ],
)
def test_an_sds_archive_gives_the_days_that_are_needed(
    sds: Path, start: str | None, end: str | None, days: list[str]
) -> None:
    found = expand([sds], start and from_iso(start), end and from_iso(end))
    assert [path.name for path in found if "SAREZ" in path.name] == [f"TJ.SAREZ.00.HHZ.D.{day}" for day in days]
    assert len(found) == 2 * len(days)


def test_an_empty_window_is_refused(sds: Path) -> None:
    with pytest.raises(QueryError, match="empty"):
        expand([sds], 5, 5)


def test_what_obspy_writes_comes_back(tmp_path: Path) -> None:
    samples = np.cumsum(np.random.default_rng(1).integers(-9, 9, 800)).astype(np.int32)
    header = {"station": "SAREZ", "network": "TJ", "channel": "HHZ", "location": "00", "sampling_rate": 50.0}
    trace = obspy.Trace(samples, {**header, "starttime": obspy.UTCDateTime("2024-10-03T08:15:30")})
    for kind in ("MSEED", "SAC", "GSE2", "TSPAIR", "SLIST", "SH_ASC"):
        kept = trace.copy()
        kept.data = samples.astype(np.float32) if kind in ("SAC", "SH_ASC") else samples
        kept.write(str(tmp_path / "x"), format=kind)
        (path,) = tmp_path.glob("x*")
        found = read_file(path)
        assert found.format == kind
        assert np.concatenate([one.record.samples for one in found.receipts]).tolist() == samples.tolist()
        assert int(found.receipts.start_ns[0]) == from_iso("2024-10-03T08:15:30Z")
        path.unlink()
