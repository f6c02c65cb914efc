"""Symptoms to findings: one fault is one finding, two are two, and what all stations share is no station's own."""

from pathlib import Path

import pytest

from seismonet.core.health import CAUSES
from seismonet.status.causes import LIKELIHOODS, REMEDIES
from seismonet.status.diagnosis import finding, together, weigh
from seismonet.status.healthparams import HealthParams
from seismonet.status.symptoms import SYMPTOMS, Symptom

PAGE = Path(__file__).resolve().parents[2] / "docs" / "health.md"


def seen(name: str, channel: str = "", since_ns: int = 0, **more: float) -> Symptom:
    return Symptom(name, channel, since_ns, f"{channel} {name}", **more)  # type: ignore[arg-type]


def causes(*symptoms: Symptom) -> list[tuple[str, str]]:
    return [(one.cause, one.channel) for one in weigh(symptoms)]


def test_every_cause_has_its_table_its_remedy_and_its_line_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    assert set(LIKELIHOODS) == set(REMEDIES) == set(CAUSES)
    assert all(f"| `{cause}` |" in page for cause in CAUSES)
    named = {symptom for table in LIKELIHOODS.values() for symptom in table}
    assert named <= set(SYMPTOMS)
    assert set(SYMPTOMS) - named <= {"pair_lag", "steps"}
    for symptom in named:
        assert symptom in page or symptom.endswith("_together"), symptom


def test_nothing_seen_is_nothing_found() -> None:
    assert causes() == []


def test_power_takes_the_silence_it_explains() -> None:
    assert causes(seen("supply_low"), seen("silent"), seen("outages")) == [("power", "")]
    assert causes(seen("silent"), seen("outages")) == [("link", "")]


def test_two_faults_are_two_findings_the_surer_one_first() -> None:
    found = causes(seen("pair_gain", "00.HHE", factor=0.01), seen("clock_unlocked"), seen("gnss_lost"))
    assert found == [("clock", ""), ("gain", "00.HHE")]


def test_a_flat_axis_that_is_deaf_too_is_dead_once() -> None:
    assert causes(seen("flat", "00.HHN"), seen("deaf", "00.HHN")) == [("dead", "00.HHN")]


def test_two_causes_that_explain_the_same_share_its_probability() -> None:
    alone = weigh([seen("pair_polarity", "00.HHZ")])[0].probability
    (shared, *_) = weigh([seen("deaf", "00.HHZ")])
    assert shared.cause == "dead"
    assert shared.probability < alone


def test_a_doubtful_place_is_less_sure() -> None:
    sure = weigh([seen("pair_gain", "00.HHE", weight=1.0)])[0].probability
    assert weigh([seen("pair_gain", "00.HHE", weight=0.5)])[0].probability < sure


def test_what_befalls_most_stations_at_once_is_the_servers() -> None:
    gone = {code: [seen("silent", since_ns=k * 10**9)] for k, code in enumerate("ABC")}
    assert all(causes(*some) == [("server", "")] for some in together(gone, HealthParams()).values())
    apart = {code: [seen("silent", since_ns=k * 10**13)] for k, code in enumerate("ABC")}
    assert all(causes(*some) == [("link", "")] for some in together(apart, HealthParams()).values())
    one = {"A": [seen("silent")], "B": [], "C": []}
    assert causes(*together(one, HealthParams())["A"]) == [("link", "")]


def test_a_finding_says_what_was_seen_since_when_and_what_to_do() -> None:
    drifting = Symptom("mass_drifting", "00.HH?", 5 * 10**9, "VM1 rises", trend="recentre within 12 days")
    (one,) = weigh([drifting])
    told = finding("TJ.MURG", one)
    assert (told.cause, told.channel, told.since_ns, told.trend) == ("mass", "00.HH?", 5 * 10**9, drifting.trend)
    assert told.evidence == ("VM1 rises",)
    assert told.action
    assert "level" in told.take
    assert 0.5 < told.confidence < 1


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_is_found_by_what_speaks_most_for_it(cause: str) -> None:
    table = LIKELIHOODS[cause]
    best = max(table, key=lambda name: table[name])
    channel = "" if cause in ("clock", "link", "packets", "power", "temperature", "server", "storm") else "00.HHE"
    assert causes(seen(best, channel))[0] == (cause, channel)
