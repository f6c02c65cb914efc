"""Earth models: what is built in, and what an operator's file may and may not say."""

from pathlib import Path

import numpy as np
import pytest

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.models.earth import BUILT_IN, END_KM, Earth, earth_model, parse_earth, read_earth
from tests.support.earths import OWN

# algorithm sheet, section 5: depth, Vp, Vp/Vs, each side of a jump for itself
PAMIR = [
    (5, 5.85, 1.70), (9.999, 6.0, 1.70), (10, 6.05, 1.70), (39.999, 6.3, 1.71), (40, 6.5, 1.73), (69.999, 6.9, 1.74),
    (70, 8.05, 1.78), (120, 8.1, 1.78), (160, 8.2, 1.78), (209.999, 8.3, 1.79), (210, 8.3, 1.8), (260, 8.48, 1.8),
    (310, 8.67, 1.8), (409.999, 9.03, 1.8),
]  # fmt: skip


def test_pamir70_is_what_was_agreed_and_ak135_from_410_km() -> None:
    pamir, ak135 = earth_model("pamir70-v0"), earth_model("ak135")
    for depth, p, ratio in PAMIR:
        assert pamir.at("P", depth) == pytest.approx(p, abs=1e-3)
        assert pamir.at("P", depth) / pamir.at("S", depth) == pytest.approx(ratio, abs=1e-3)
    for depth in (410.0, 500.0, 660.0, 790.0):
        assert (pamir.at("P", depth), pamir.at("S", depth)) == (ak135.at("P", depth), ak135.at("S", depth))


def test_commas_comments_names_of_columns_and_further_ones_are_read() -> None:
    plain = parse_earth("0 6 3.5 2.7\n40 6.4 3.7 2.8\n", "crust", "here")
    csv = parse_earth("# mine\n\ndepth_km,vp,vs\n0,6,3.5\n40 ; 6.4 ; 3.7 # the Moho\n", "other", "here")
    assert plain.digest == csv.digest
    assert (plain.name, csv.name) == ("crust", "other")


def test_below_its_end_ak135_goes_on() -> None:
    own, ak135 = parse_earth("0 6 3.5\n50 6.4 3.7\n", "crust", "here"), earth_model("ak135")
    assert own.at("P", 49.999) == pytest.approx(6.4, abs=1e-3)
    assert (own.at("P", 50.0), own.at("S", 300.0)) == (ak135.at("P", 50.0), ak135.at("S", 300.0))
    # a model may end with the top of its half-space
    half = parse_earth("0 6 3.5\n50 6.4 3.7\n50 8.3 4.7\n", "crust", "here")
    assert (half.at("P", 50.0), half.at("P", 77.5)) == (8.3, ak135.at("P", 77.5))


def test_a_tvel_file_is_read_down_to_the_core(tmp_path: Path) -> None:
    path = tmp_path / "mine.tvel"
    core = "2891.5 8.0 0.0 9.9\n6371 11.26 3.67 13.0\n"
    path.write_text(f"0 1 2 is the first line\n3 4 5 is the second\n{OWN['sediments']}900 11.3 6.3 4.5\n{core}")
    model = earth_model(str(path))
    assert (model.name, model.at("P", 1.0), float(model.depth_km[0])) == ("mine", 2.25, 0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no depths and velocities"),
        ("only words\n", "no depths and velocities"),
        ("0 6 3.5\n20 6\n", "line 2: 2 columns"),
        ("0 6 3.5\n\n20 six 3.5\n", "line 3: 'six' is no number"),
        ("# x\n1 6 3.5\n40 6 3.5\n", "line 2: the first depth is 1 km"),
        ("0 6 3.5\n20 6 3.5\n10 6 3.5\n40 6 3.5\n", "line 3: depth 10 km after 20 km"),
        ("0 6 3.5\n20 6 3.5\n20 7 4\n20 8 4.5\n40 8 4.5\n", "line 4: depth 20 km a third time"),
        ("0 6 6.5\n40 6 3.5\n", "line 1: Vs of 6.5 km/s with Vp of 6 km/s"),
        ("0 6 3.5\n40 6 0\n", "line 2: Vs of 0 km/s"),
        ("0 5800 3400\n40 6000 3500\n", "line 1: Vp of 5800 is impossible; velocities are in km/s"),
        ("0 -6 3.5\n40 6 3.5\n", "line 1: Vp of -6 is impossible"),
        ("0 6 3.5\nnan 6 3.5\n", "line 2: a number is missing or not finite"),
        ("0 6 3.5\n40 inf 3.5\n", "line 2: a number is missing or not finite"),
        ("0 6 3.5\n20 6 3.5\n", "line 2: ends at 20 km; it should reach 30 km"),
        ("\n".join(f"{depth / 50} 6 3.5" for depth in range(3000)), "more than 2000 rows"),
    ],
)
def test_a_bad_table_is_told_in_one_line_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(text)
    with pytest.raises(FormatError) as caught:
        read_earth(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_what_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tvel").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.tvel").write_bytes(b"0 6 3.5\n" * 200_000)
    with pytest.raises(FormatError, match=r"a\.tvel: is no text"):
        earth_model(str(tmp_path / "a.tvel"))
    with pytest.raises(FormatError, match=r"b\.tvel: more than 1 MB"):
        earth_model(str(tmp_path / "b.tvel"))
    with pytest.raises(ArchiveError, match=r"c\.tvel: cannot be read: No such file"):
        earth_model(str(tmp_path / "c.tvel"))


def test_a_digest_follows_the_numbers_and_nothing_else() -> None:
    one = BUILT_IN["ak135"]
    same = Earth("another name", one.depth_km.copy(), one.p_km_s.copy(), one.s_km_s.copy())
    faster = Earth("ak135", one.depth_km, one.p_km_s, one.s_km_s * (1 + 1e-9))
    assert same.digest == one.digest != faster.digest
    assert len({earth.digest for earth in BUILT_IN.values()}) == len(BUILT_IN)


def test_rows_that_are_no_model_are_a_programmers_error() -> None:
    with pytest.raises(ValueError, match="flat: row 1: ends at 100 km; it should reach 800 km"):
        Earth("flat", *np.array([[0.0, 100.0], [6.0, 6.0], [3.5, 3.5]]))
    with pytest.raises(ValueError, match="flat: row 0: Vs of 7"):
        Earth("flat", *np.array([[0.0, END_KM], [6.0, 6.0], [7.0, 3.5]]))
