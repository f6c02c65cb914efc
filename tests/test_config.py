"""Everything wrong with a configuration is told at once, by the path of its key; everything right comes back."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.config import Config, keys, load_config, parse, to_toml
from seismonet.core.errors import ConfigError
from tests.support.shared import ROOT


def errors(document: dict[str, object]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(document, "here")
    first, *rest = str(caught.value).splitlines()
    assert first == f"here: {len(rest)} error{'s' if len(rest) > 1 else ''}"
    return [line.strip() for line in rest]


def test_nothing_said_is_the_defaults() -> None:
    assert load_config() == Config() == parse({}, "here")


def test_one_key_changes_one_thing() -> None:
    config = parse({"picker": {"d1": {"on_velocity": 9}}}, "here")
    default = Config()
    d1 = replace(default.pipeline.picker.d1, on_velocity=9.0)
    picker = replace(default.pipeline.picker, d1=d1)
    assert config == replace(default, pipeline=replace(default.pipeline, picker=picker))


def test_all_errors_are_told_at_once_with_their_paths() -> None:
    document = {
        "sttus": {},
        "picker": 3,
        "network": {"stations": "one.xml", "earth_model": "flat"},
        "alert": {"hold_s": -2, "interval_s": float("nan"), "magnitude_change": "0.3"},
        "location": {"max_depth_km": 999},
        "associate": {"minimum_sations": 4},
        "magnitude": {"outlier": True},
        "status": {"flat_s": float("inf")},
    }
    assert errors(document) == [
        "alert.hold_s: -2: input should be greater than or equal to 0",
        "alert.interval_s: nan: should be finite",
        "alert.magnitude_change: 0.3: input should be a valid number",
        "associate.minimum_sations: there is no such key; is it associate.minimum_stations?",
        "location.max_depth_km: 999: input should be less than or equal to 310",
        "magnitude.outlier: True: input should be a valid number",
        "network.earth_model: flat: should be iasp91, ak135, pamir70-v0, or a file with a suffix, as crust.tvel",
        "network.stations: one.xml: input should be a valid array",
        "picker: 3: should be a table of keys",
        "status.flat_s: inf: should be finite",
        "sttus: there is no such key; is it status?",
    ]


def test_values_that_do_not_fit_each_other_are_told_by_their_table() -> None:
    (line,) = errors({"picker": {"d1": {"low_hz": 30.0}}})
    assert line.startswith("picker.d1: needs low_hz < high_hz")


@pytest.mark.parametrize("key", keys(), ids=lambda key: key.path)
def test_no_key_takes_just_anything(key) -> None:
    document: object = ["", {}]
    for part in reversed(key.path.split(".")):
        document = {part: document} if not part.endswith("[]") else {part[:-2]: [document]}
    assert any(key.path.replace("[]", "[1]") in line for line in errors(document))


SOURCE = {"name": "sarez", "url": "seedlink://sarez.example", "stations": ["TJ.SAREZ"], "password_file": "secret"}


def test_sources_are_read_and_shown_and_their_files_lie_beside_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    text = to_toml(parse({"source": [{**SOURCE, "user": "me"}, {**SOURCE, "name": "b", "password_file": ""}]}, "here"))
    path.write_text(text, "utf-8")
    one, other = load_config(path).sources
    assert (one.name, one.password_file, one.stations) == ("sarez", str(tmp_path / "secret"), ("TJ.SAREZ",))
    assert (other.name, other.password_file) == ("b", "")


def test_errors_of_sources_are_told_by_their_number() -> None:
    two = [{**SOURCE, "user": "me", "url": "http://x"}, {"name": "b", "stations": ["SAREZ"], "sation": 1}]
    assert errors({"source": two}) == [
        "source[1].url: http://x: should be seedlink://HOST:18000, or seedlinks://HOST:18500 for TLS",
        "source[2].sation: there is no such key; is it source[2].stations?",
        "source[2].stations: ['SAREZ']: 'SAREZ' should be NET.STA",
        "source[2].url: field required",
    ]
    assert errors({"source": {"name": "a"}}) == ["source: should be tables, each beginning with [[source]]"]
    same = [{**SOURCE, "user": "me"}] * 2
    assert errors({"source": same}) == ["source: two are named 'sarez'"]


@given(name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), stations=st.integers(3, 99))
def test_what_is_shown_reads_back_the_same(name: str, stations: int) -> None:
    alert = {"operator": {"minimum_stations": stations}}
    config = parse({"network": {"name": name, "stations": [name]}, "alert": alert}, "here")
    assert parse(tomllib.loads(to_toml(config)), "shown") == config


def test_stations_are_sought_beside_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text('[network]\nstations = ["a.xml", "/b/*.xml"]\n', "utf-8")
    assert load_config(path).network.stations == (str(tmp_path / "a.xml"), "/b/*.xml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe", "is no text in UTF-8 (byte 0)"),
        (b"a = [1", "is no TOML"),
        (b"[alert]\nminimum_stations = 3\nminimum_stations = 4\n", "(at line 3"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "one.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_files_about_the_earth_lie_beside_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text('[network]\nearth_model = "crust.tvel"\nstation_corrections = "terms.csv"\n', "utf-8")
    network = load_config(path).network
    assert network.earth_model == str(tmp_path / "crust.tvel")
    assert network.station_corrections == str(tmp_path / "terms.csv")
    path.write_text('[network]\nearth_model = "ak135"\n', "utf-8")
    network = load_config(path).network
    assert (network.earth_model, network.station_corrections) == ("ak135", "")


def test_the_configuration_of_the_pamir_is_good() -> None:
    config = load_config(ROOT / "config" / "pamir.toml")
    assert (config.network.name, config.network.earth_model) == ("Pamir", "pamir70-v0")
    assert config.pipeline.alert.public.confirmed
