"""Places that are warned: what a line may say, and how a wrong one is told."""

import pytest

from seismonet.core.errors import FormatError
from seismonet.core.target import Target
from seismonet.formats.targets import parse_targets

HEAD = "name,name_ru,name_tg,kind,latitude,longitude,elevation_m,vs30_m_s,population,threshold,confidence,source"


def test_everything_is_read() -> None:
    line = 'Murghob,Мургаб,Мурғоб,town,38.17023,73.96674,3640,400,10815,4.5,low,"GeoNames 1220962; checked, twice"'
    assert parse_targets(["# comment", "", HEAD, "  # another", line], "here") == (
        Target(
            "Murghob",
            "town",
            38.17023,
            73.96674,
            3640.0,
            10815,
            4.5,
            (("ru", "Мургаб"), ("tg", "Мурғоб")),
            400.0,
            "low",
            "GeoNames 1220962; checked, twice",
        ),
    )


def test_what_is_not_known_has_its_default() -> None:
    assert parse_targets([HEAD, "A,,,dam,1,-2,,,,,,"], "here") == (Target("A", "dam", 1.0, -2.0),)
    assert parse_targets(["longitude,kind,latitude,name", "2,dam,1,A"], "here") == (Target("A", "dam", 1.0, 2.0),)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("A,,,town,91,70,,,,,,", "latitude '91' should be a number from -90 to 90"),
        ("A,,,town,nan,70,,,,,,", "latitude 'nan' should be a number"),
        ("A,,,town,38,70.x,,,,,,", "longitude '70.x' should be a number"),
        ("A,,,town,,70,,,,,,", "latitude is missing"),
        ("A,,,hamlet,38,70,,,,,,", "kind 'hamlet' should be city, town, village, district, dam, power station or lake"),
        ("A,,,town,38,70,12000,,,,,", "elevation_m '12000' should be a number from -500 to 9000"),
        ("A,,,town,38,70,,50,,,,", "vs30_m_s '50' should be a number from 100 to 3000"),
        ("A,,,town,38,70,,,-5,,,", "population '-5' should be a number"),
        ("A,,,town,38,70,,,1.5,,,", "population '1.5' should be a whole number"),
        ("A,,,town,38,70,,,,0.5,,", "threshold '0.5' should be a number from 2 to 10"),
        ("A,,,town,38,70,,,,,sure,", "confidence 'sure' should be high, medium or low"),
        (",,,town,38,70,,,,,,", "a name should have 1 to 100 characters"),
        ("A,,,town,38,70", "6 columns where the header has 12"),
        ('A,,,town,38,70,,,,,,"open', "is no line of a CSV"),
        ("A\x07,,,town,38,70,,,,,,", "holds characters that cannot be printed"),
        ("B,,,town,38,70,,,,,,", "'B' stands here a second time"),
    ],
)
def test_a_wrong_line_is_named(line: str, told: str) -> None:
    with pytest.raises(FormatError) as failure:
        parse_targets(["# one", HEAD, "B,,,town,38,70,,,,,,", line], "here")
    assert str(failure.value).startswith(f"here: line 4: {told}")
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("name,kind,latitude,longitud", "there is no column 'longitud'; is it longitude?"),
        ("name,kind,latitude", "the header lacks longitude"),
        ("name,kind,latitude,longitude,kind", "a column stands there twice"),
    ],
)
def test_a_wrong_header_is_named(head: str, told: str) -> None:
    with pytest.raises(FormatError, match=f"here: line 1: {told}".replace("?", r"\?")):
        parse_targets([head], "here")


@pytest.mark.parametrize("lines", [[], ["# nothing"], [HEAD]])
def test_a_file_without_places_is_a_mistake(lines: list[str]) -> None:
    with pytest.raises(FormatError, match="here: names no place"):
        parse_targets(lines, "here")
