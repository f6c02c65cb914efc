"""The built-in scenarios are those of the region, and a scenario may be written down by anyone."""

import csv
from dataclasses import fields

import pytest

from seismonet.core.errors import ConfigError, QueryError
from seismonet.core.utc import from_iso
from seismonet.synthesis.faults import KINDS
from seismonet.synthesis.scenarios import PAMIR, SCENARIOS, Quake, Scenario, parse_scenario, scenario
from tests.support.shared import ROOT, shared


def test_the_earthquakes_are_those_of_the_fact_sheet() -> None:
    rows = list(csv.DictReader(shared("facts/earthquakes.csv").read_text("utf-8").splitlines()))
    real = {one.events[0].origin_time: one.events[0] for one in SCENARIOS if one.events}
    assert len(real) == len(rows) == 13
    for row in rows:
        quake = real[row["origin_time_utc"] + "Z"]
        place = quake.latitude, quake.longitude, quake.depth_km, quake.magnitude
        assert place == tuple(float(row[key]) for key in ("lat", "lon", "depth_km", "magnitude")), quake.name
        assert quake.magnitude_type == row["mag_type"]
        # nothing is surer here than there
        assert quake.confidence.startswith("high") <= row["confidence"].strip('"').startswith("high")


def test_names_are_unique_and_times_are_times() -> None:
    assert len({one.name for one in SCENARIOS}) == len(SCENARIOS)
    for one in SCENARIOS:
        assert one.description
        assert one.stations == PAMIR
        for quake in one.events:
            assert from_iso(quake.origin_time) < from_iso("2026-01-01T00:00:00Z")
            assert quake.source
            assert quake.after_s < one.duration_s
    assert scenario("quiet").events == scenario("quiet").faults == scenario("nuisance").events == ()


def test_a_scenario_happens_whenever_it_is_begun() -> None:
    one = scenario("2015-sarez")
    (event,) = one.at(10**18)
    assert event.origin_ns == 10**18 + 60 * 10**9
    assert (event.latitude, event.magnitude) == (38.211, 7.2)


def test_an_unknown_scenario_is_told_with_the_known_ones() -> None:
    with pytest.raises(QueryError, match=r"no scenario '2015-sares'; is it 2015-sarez\?.*quiet, nuisance"):
        scenario("2015-sares")
    with pytest.raises(QueryError, match=r"no scenario 'xyz'\. There are "):
        scenario("xyz")


def test_a_scenario_is_read_from_toml() -> None:
    text = """
    name = "mine"
    duration_s = 120.0
    stations = ["TJ.SAREZ"]
    noise_level = 0.2
    [[events]]
    after_s = 30.0
    latitude = 38.0
    longitude = 72.5
    depth_km = 12.0
    magnitude = 5
    stress_drop_pa = 1e7
    [[faults]]
    kind = "gap"
    target = "TJ.SAREZ"
    start_s = 10.0
    duration_s = 2.0
    """
    one = parse_scenario(text, "here")
    assert one.events == (Quake(38.0, 72.5, 12.0, 5.0, 30.0, stress_drop_pa=1e7),)
    assert (one.faults[0].kind, one.faults[0].value, one.duration_s) == ("gap", 0.0, 120.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "is no TOML"),
        ('name = "A b"', "name: string should match"),
        ('name = "a"\nloud = true', "loud: "),
        ('name = "a"\n[[events]]\nlatitude = 95.0', "events.0.latitude: input should be less than or equal to 90"),
        ('name = "a"\n[[events]]\nlatitude = 95.0', "events.0.magnitude: field required"),
        ('name = "a"\n[[faults]]\nkind = "rain"', "faults.0.kind: input should be 'dead'"),
    ],
)
def test_what_is_wrong_in_a_scenario_file_is_told(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match="here: ") as caught:
        parse_scenario(text, "here")
    assert told in str(caught.value)


def test_every_kind_of_fault_may_be_ordered() -> None:
    for kind in KINDS:
        text = f'name = "a"\n[[faults]]\nkind = "{kind}"\ntarget = "*"\nstart_s = 0.0\nduration_s = 1.0'
        assert parse_scenario(text, "here").faults[0].value == KINDS[kind][0]
    assert {"name", "events", "faults"} <= {field.name for field in fields(Scenario)}


def test_the_page_on_simulation_tells_every_fault_and_its_example_can_be_used() -> None:
    page = (ROOT / "docs" / "simulation.md").read_text("utf-8")
    for kind, (size, text) in KINDS.items():
        assert f"| `{kind}` | {text} | {size:g} |" in page
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert parse_scenario(example, "the page").faults[0].kind == "burst"
