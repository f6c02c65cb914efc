"""ObsPy traces become records: names, gaps, kinds of numbers."""

import numpy as np
import pytest
from obspy import Trace, UTCDateTime

from seismonet.core.errors import FormatError
from seismonet.formats.obspystream import records_of_trace

START = UTCDateTime(ns=1_727_943_330_123_456_789)


def _trace(data: object, **header: object) -> Trace:
    codes = {"network": "TJ", "station": "SAREZ", "location": "00", "channel": "HHZ"}
    return Trace(np.ma.asanyarray(data), {**codes, "sampling_rate": 18.8, "starttime": START, **header})


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        ("int32", "int32"),
        ("int16", "int32"),
        ("uint8", "int32"),
        ("int64", "int32"),
        ("float32", "float64"),
        ("f8", "float64"),
    ],
)
def test_numbers_keep_their_values(kind: str, becomes: str) -> None:
    (found,) = records_of_trace(_trace(np.array([3, 1, 4], dtype=kind)))
    assert found.samples.dtype == becomes
    assert found.samples.tolist() == [3, 1, 4]
    assert (found.start_ns, found.rate_hz, str(found.source_id)) == (START.ns, 18.8, "TJ.SAREZ.00.HHZ")


def test_integers_too_large_for_int32_become_floats() -> None:
    (found,) = records_of_trace(_trace(np.array([2**31, -5])))
    assert found.samples.dtype == np.float64
    assert found.samples.tolist() == [2.0**31, -5.0]


def test_masked_samples_part_a_trace() -> None:
    data = np.ma.masked_array(np.arange(10, dtype=np.int32), mask=[1, 0, 0, 1, 1, 0, 0, 0, 0, 1])
    first, second = records_of_trace(_trace(data))
    assert (first.samples.tolist(), second.samples.tolist()) == ([1, 2], [5, 6, 7, 8])
    assert first.start_ns == START.ns + round(1e9 / 18.8)
    assert second.start_ns == START.ns + round(5e9 / 18.8)
    assert first.samples.dtype == np.int32
    assert records_of_trace(_trace(np.ma.masked_all(3))) == []


def test_samples_that_are_not_finite_are_a_gap() -> None:
    pieces = records_of_trace(_trace(np.array([np.nan, 1.0, np.inf, 2.0, 3.0])))
    assert [piece.samples.tolist() for piece in pieces] == [[1.0], [2.0, 3.0]]
    assert [piece.start_ns - START.ns for piece in pieces] == [round(1e9 / 18.8), round(3e9 / 18.8)]


def test_a_trace_without_samples_has_no_record() -> None:
    assert records_of_trace(_trace(np.array([], dtype=np.float64))) == []


@pytest.mark.parametrize(
    ("codes", "name"),
    [
        ({"network": "", "location": ""}, ".SAREZ..HHZ"),
        ({"station": " sar-ez/2 "}, "TJ.SAR-EZ2.00.HHZ"),
        ({"station": ""}, "TJ.UNKNWN.00.HHZ"),
        ({"channel": ""}, "TJ.SAREZ.00.XXZ"),
        ({"channel": "n"}, "TJ.SAREZ.00.XXN"),
        ({"channel": "SE"}, "TJ.SAREZ.00.SXE"),
        ({"channel": "HH-Z"}, "TJ.SAREZ.00.HHZ"),
        ({"channel": "BHZ_00"}, "TJ.SAREZ.00.BHZ"),
        ({"channel": "EW", "location": ""}, "TJ.SAREZ..HNE"),
        ({"channel": "UD2", "location": ""}, "TJ.SAREZ.2.HNZ"),
        ({"location": "--"}, "TJ.SAREZ..HHZ"),
        ({"network": "../.."}, ".SAREZ.00.HHZ"),
        ({"station": "A" * 12}, "TJ.AAAAAAAA.00.HHZ"),
    ],
)
def test_names_are_made_safe(codes: dict[str, str], name: str) -> None:
    assert records_of_trace(_trace(np.zeros(2), **codes))[0].source_id.nslc == name


def test_what_is_no_seismogram_is_refused_in_a_line() -> None:
    with pytest.raises(FormatError, match="are no numbers"):
        records_of_trace(_trace(np.array(["a", "b"])))
    with pytest.raises(FormatError, match="are no numbers"):
        records_of_trace(_trace(np.array([1j, 2])))
    with pytest.raises(FormatError, match="sampling rate of 0 Hz"):
        records_of_trace(_trace(np.zeros(2), sampling_rate=0.0))
