"""Station corrections: what a file adds to travel times, and what it may not say."""

from pathlib import Path

import numpy as np
import pytest

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.models.corrections import StationCorrections, parse_corrections, read_corrections

HEAD = "station,phase,depth_class,correction_s"
LINES = [HEAD, "# of 2031", "TJ.SAREZ,P,shallow,0.3", "TJ.SAREZ, P, deep, -0.4", "", "TJ.SAREZ,S,intermediate,1"]


def test_each_station_phase_and_depth_has_its_own() -> None:
    found = parse_corrections(LINES, "here")
    depths = [0.0, 39.9, 40.0, 149.9, 150.0, 300.0]
    assert found.seconds("TJ.SAREZ", "P", depths).tolist() == [0.3, 0.3, 0, 0, -0.4, -0.4]
    assert found.seconds("TJ.SAREZ", "S", depths).tolist() == [0, 0, 1, 1, 0, 0]
    assert found.seconds("TJ.MANEM", "P", depths).tolist() == [0.0] * 6
    assert found.station_codes == ["TJ.SAREZ"]
    assert float(found.seconds("TJ.SAREZ", "P", 200.0)) == -0.4


def test_without_a_file_all_are_zero(tmp_path: Path) -> None:
    assert read_corrections("") == StationCorrections() == parse_corrections([HEAD], "here")
    assert not StationCorrections().seconds("TJ.SAREZ", "P", np.arange(6.0).reshape(2, 3)).any()
    path = tmp_path / "terms.csv"
    path.write_text("\ufeff" + "\r\n".join(LINES), "utf-8")
    assert read_corrections(path) == parse_corrections(LINES, "here")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "is empty; the first line should be station,phase"),
        (["TJ.SAREZ,P,deep,0.1"], "line 1: the first line should be station,phase"),
        ([HEAD, "TJ.SAREZ,P,deep"], "line 2: 3 columns"),
        ([HEAD, "", "SAREZ,P,deep,0.1"], "line 3: station 'SAREZ' should be NETWORK.STATION"),
        ([HEAD, "TJ.SAREZ,Pn,deep,0.1"], "line 2: phase 'Pn' should be P or S"),
        ([HEAD, "TJ.SAREZ,P,slab,0.1"], "line 2: depth_class 'slab' should be"),
        ([HEAD, "TJ.SAREZ,P,deep,late"], "line 2: correction_s 'late' should be a number"),
        ([HEAD, "TJ.SAREZ,P,deep,nan"], "line 2: correction_s 'nan' should be a number"),
        ([HEAD, "TJ.SAREZ,P,deep,-400"], "line 2: correction_s '-400' should be a number from -10 to 10"),
        ([*LINES, LINES[2]], "line 7: TJ.SAREZ P shallow a second time"),
    ],
)
def test_a_bad_file_is_told_in_one_line_with_its_place(lines: list[str], message: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_corrections(lines, "here")
    assert str(caught.value).startswith(f"here: {message}")
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"none\.csv: cannot be read"):
        read_corrections(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"binary\.csv: is no text"):
        read_corrections(tmp_path / "binary.csv")
