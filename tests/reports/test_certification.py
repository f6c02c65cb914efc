"""What decides a certification, on cases small enough to judge by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from seismonet.core.alert import LEVELS, Shaking
from seismonet.reports.certification import (
    ArchiveEvent,
    Certification,
    NuisanceResult,
    ScenarioResult,
    Told,
    chances,
    failed,
    missed,
    rows,
    worse,
)
from seismonet.reports.certificationdocument import changes, document, verdict
from seismonet.reports.certificationfigure import draw_certification
from seismonet.synthesis.shaken import Shaken

S = 10**9


def told(audience: str, at_s: float, *warned: str, level: int = 5, magnitude: float = 6.0, kind: str = "new") -> Told:
    return Told(audience, kind, "network", "e", round(at_s * S), magnitude, 38.0, 72.0, level, warned)


def truth(target: str, intensity: float, s_s: float) -> Shaken:
    return Shaken(target, 50.0, 1.0, 0.1, intensity, intensity + 0.2, round(s_s * S))


def forecast(target: str, intensity: float) -> Shaking:
    likely = tuple(float(level <= intensity) for level in LEVELS)
    return Shaking(target, 50.0, intensity, 0.7, likely, 1.0, 0.1, 0, 0, 10.0, False)


QUAKE = ScenarioResult(
    "one", 6.5, 38.0, 72.0, 10.0, 0, ("A", "B", "C"), 3,
    (5 * S, 10 * S, 14 * S), 3,
    (truth("near", 7.0, 8.0), truth("town", 6.0, 20.0), truth("far", 5.5, 40.0), truth("away", 3.0, 60.0)),
    (told("public", 15.0, "near", "far"), told("public", 22.0, "near", "town", "far", kind="update")),
    (forecast("town", 6.0), forecast("away", 3.0)), (forecast("town", 5.0),), 12 * S,
)  # fmt: skip
NUISANCE = NuisanceResult("spikes-00", "spikes", "own", "nobody is told", (), None, (), 0)


def made(*cases: ScenarioResult, nuisances: tuple[NuisanceResult, ...] = (NUISANCE,)) -> Certification:
    return Certification("new", nuisances, cases)


def value(one: Certification, key: str) -> float | None:
    return next(row.value for row in rows(one) if row.key == key)


def test_only_what_physics_allows_is_asked_for() -> None:
    # S reached the near one before P did the second station
    assert [one.target for one in QUAKE.strong] == ["near", "town", "far"]
    assert [one.target for one in QUAKE.possible] == ["town", "far"]
    assert [one.target for one in QUAKE.in_time] == ["far"]
    assert QUAKE.counts
    assert not replace(QUAKE, up=("A", "B")).counts
    assert not replace(QUAKE, arrived_ns=(41 * S, 42 * S, 43 * S)).counts


def test_time_lost_counts_from_the_second_station() -> None:
    assert QUAKE.loss_s() == 5.0
    assert QUAKE.loss_s(stations=3) == 1.0
    assert replace(QUAKE, told=()).loss_s() is None
    # what one station told before is no merit of the network
    alone = replace(told("siren", 6.0, "near"), basis="onsite")
    assert replace(QUAKE, told=(alone, *QUAKE.told)).loss_s() == 5.0
    assert replace(QUAKE, told=(alone,)).loss_s() is None
    one = made(QUAKE)
    assert value(one, "scenario.loss") == 5.0
    assert value(one, "scenario.needed_loss") == 1.0
    assert value(one, "scenario.in_time") == 1.0
    assert value(one, "scenario.places") == 0.5


def test_an_operator_who_was_told_warns_nobody() -> None:
    case = replace(QUAKE, told=(told("operator", 12.0, "town", "far"),), refused="magnitude 4.1 of 4.5: no")
    assert not case.in_time
    ((_, why),) = missed([case])
    assert why == "30.0 s were possible, located 2.0 s after P at two stations; not told (magnitude 4.1 of 4.5: no)"
    assert missed([replace(case, located_ns=None)])[0][1] == "not found"
    weak = replace(QUAKE, told=(told("public", 12.0, "near"),))
    assert missed([weak])[0][1].endswith("told after 2.0 s, but of too little shaking there until S")
    assert failed(made(case))


def test_nuisances_may_tell_only_whom_they_may() -> None:
    operator = replace(NUISANCE, told=(told("operator", 1.0),))
    public = replace(NUISANCE, told=(told("siren", 1.0), told("operator", 1.0)))
    allowed = replace(public, may=("siren", "operator"))
    large = replace(allowed, most=5.0)
    one = made(QUAKE, nuisances=(operator, public, allowed, large))
    assert value(one, "nuisance.public") == 1
    assert value(one, "nuisance.operator") == 1
    assert value(one, "nuisance.large") == 1
    assert len(failed(one)) == 3  # the time lost, too


def test_an_alert_of_what_nobody_felt_is_false() -> None:
    assert not QUAKE.false
    assert replace(QUAKE, told=(told("siren", 15.0, "town", level=9),)).false
    assert not replace(QUAKE, told=(told("siren", 15.0, "town", level=8),)).false


def test_probabilities_are_held_against_what_was_reported() -> None:
    chance, reached = chances([QUAKE], "first")
    assert len(chance) == 2 * len(LEVELS)
    assert chance.tolist() == reached.tolist()
    chance, reached = chances([QUAKE], "last")
    assert (reached - chance).sum() == 1
    assert value(made(QUAKE), "shaking.first.brier") == 0.0
    assert value(made(QUAKE), "shaking.last.bias") == -1.0


def test_what_is_worse() -> None:
    old = made(QUAKE)
    assert worse(old, old) == []
    false = made(QUAKE, nuisances=(replace(NUISANCE, told=(told("public", 1.0),)),))
    assert worse(false, old) == ["more nuisance cases with a false alert of a public class: 1, 0 before"]
    late = made(replace(QUAKE, told=(told("public", 15.5, "far"),)))
    assert [text.partition(":")[0] for text in worse(late, old)] == ["later alerts"]
    assert worse(old, late) == []
    silent = made(replace(QUAKE, told=()))
    assert any(text.startswith("fewer earthquakes") for text in worse(silent, old))
    # better in one thing makes up for nothing
    assert verdict((replace(false, scenarios=(replace(QUAKE, told=(told("public", 11.0, "town"),)),)), old))


def test_what_would_change_is_told_case_by_case() -> None:
    event = ArchiveEvent(0, 38.0, 72.0, 4.6, ("operator",), 9 * S)
    old = replace(made(QUAKE), archive=(event,))
    louder = replace(event, audiences=("operator", "public"))
    new = Certification(
        "new",
        (replace(NUISANCE, told=(told("siren", 1.0),)),),
        (replace(QUAKE, told=()),),
        (louder, replace(event, time_ns=3600 * S)),
    )
    assert changes(new, old) == [
        "spikes-00: told siren, before nobody",
        "one: told nobody, before public",
        "1970-01-01T00:00:00Z M 4.6 at 38.00 72.00: told operator, public, before operator",
        "1970-01-01T01:00:00Z M 4.6 at 38.00 72.00: told operator, before nobody",
    ]
    assert changes(old, replace(old, archive=(event, louder)))[-1].endswith("told nobody, before operator, public")
    sooner = replace(old, archive=(replace(event, first_ns=8 * S),))
    assert changes(sooner, old) == ["1970-01-01T00:00:00Z M 4.6 at 38.00 72.00: first told -1.0 s"]
    found = document((new, old))
    assert found["passed"] is False
    assert found["why_not"]
    assert found["old"]["figures"]["scenario.loss"]["value"] == 5.0
    assert "SIMULATED" in found["simulated"]


@pytest.mark.parametrize("cases", [(QUAKE,), ()])
def test_the_figure_is_drawn_of_anything(tmp_path: Path, cases: tuple[ScenarioResult, ...]) -> None:
    one = made(*cases)
    draw_certification((one, one), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 30_000
