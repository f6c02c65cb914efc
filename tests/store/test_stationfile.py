"""Station files are written whole or not at all."""

from pathlib import Path

import obspy
import pytest

from seismonet.core.errors import ArchiveError, FormatError, QueryError, SeismonetError
from seismonet.formats.stationlint import check
from seismonet.models.instruments import digitizer
from seismonet.models.nominal import station_xml
from seismonet.store.inventory import read_document
from seismonet.store.stationfile import import_response, replace, write_new
from tests.support.stationdoc import GOOD, spec

RESP = Path(obspy.__path__[0]) / "signal" / "tests" / "data" / "RESP.NZ.CRLZ.10.HHZ"


def test_a_new_file_is_written_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    write_new(path, b"one")
    with pytest.raises(ArchiveError, match="exists already"):
        write_new(path, b"two")
    assert path.read_bytes() == b"one"
    replace(path, b"three")
    assert path.read_bytes() == b"three"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"nowhere.*cannot be written"):
        replace(tmp_path / "nowhere" / "a.xml", b"one")


def test_an_export_goes_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(station_xml(spec(confirmed=())))
    assert import_response(RESP, path, "HHZ", calibrated=True) == ["XX.ABC.00.HHZ"]
    (z,) = read_document(path).select(channel="HHZ")[0][0]
    assert "calibrated response, imported from RESP.NZ.CRLZ.10.HHZ, the digitizer's own export" in [
        one.value for one in z.comments
    ]
    assert not {one.rule for one in check(path.read_bytes()) if one.where == "XX.ABC.00.HHZ"} & {
        402,
        403,
        412,
        906,
        907,
    }


@pytest.mark.parametrize(
    ("export", "error"),
    [
        (b"junk", FormatError),
        (station_xml(spec(seismometer=None, accelerometer=None)), FormatError),
        (station_xml(spec(location="", digitizer=digitizer("centaur-200-lp"))), FormatError),
        (RESP.read_bytes().replace(b"HHZ", b"BHZ"), QueryError),
        (None, ArchiveError),
    ],
)
def test_on_any_error_the_file_stays_and_the_export_is_named(
    tmp_path: Path, export: bytes | None, error: type[SeismonetError]
) -> None:
    path, box = tmp_path / "a.xml", tmp_path / "box.xml"
    path.write_bytes(GOOD)
    if export is not None:
        box.write_bytes(export)
    with pytest.raises(error, match=r"box\.xml"):
        import_response(box, path)
    assert path.read_bytes() == GOOD
    assert sorted(tmp_path.iterdir()) == sorted([path, *([box] if export is not None else [])])
