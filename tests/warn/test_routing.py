"""Who is told, and until when."""

import pytest

from seismonet.core.alert import Alert
from seismonet.core.errors import ConfigError
from seismonet.core.target import Target
from seismonet.net.receivers import ReceiverParams
from seismonet.warn.routing import Leave, Send, place_of, route
from tests.support.letters import SECOND_NS, T0_NS, alert, shaking

NOW_NS = T0_NS + 6 * SECOND_NS
MAIL = {"sink": "email", "address": "a@b.example", "server": "smtp://m.example", "sender": "s@b.example"}
HERE = (shaking("Khorugh", 6.0, s_after_s=20.0), shaking("Rushon", 4.0, s_after_s=10.0))


def receiver(**changes: object) -> ReceiverParams:
    return ReceiverParams(**{"name": "duty", "sink": "file", "address": "duty.jsonl", **changes})  # type: ignore[arg-type]


def why(one: Alert, to: ReceiverParams, status: str = "Actual", *, now_ns: int = NOW_NS, told: bool = False) -> str:
    found = route(one, to, status, now_ns, place=to.place, told=told)
    return found.why if isinstance(found, Leave) else ""


def until_s(one: Alert, to: ReceiverParams, *, told: bool = False) -> float:
    found = route(one, to, "Actual", NOW_NS, place=to.place, told=told)
    assert isinstance(found, Send)
    return (found.not_after_ns - T0_NS) / SECOND_NS


def test_each_is_told_what_is_for_its_audience() -> None:
    assert why(alert(audience="public"), receiver()) == "for public, not for operator"
    assert why(alert(audience="public"), receiver(audience="public")) == ""


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_exercises_reach_only_those_who_take_them(status: str) -> None:
    for audience in ("public", "civil_defence", "siren"):
        to = receiver(audience=audience)
        assert why(alert(audience=audience), to, status) == f"takes no message of status {status}"
        assert why(alert(audience=audience), to, "Actual") == ""
        assert why(alert(audience=audience), receiver(audience=audience, takes=("Actual", status)), status) == ""
        for kind in ("update", "cancel"):
            assert why(alert(audience=audience, kind=kind), to, status, told=True)
    assert why(alert(), receiver(), status) == ""
    assert why(alert(), receiver(takes=("Exercise", "Test")), "Actual") == "takes no message of status Actual"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"least_intensity": 6}, ""),
        ({"least_intensity": 7}, "intensity 7 at Khorugh: probability 0.00 of 0.5"),
        ({"least_intensity": 6, "least_probability": 0.95}, "intensity 6 at Khorugh: probability 0.90 of 0.95"),
        ({"least_intensity": 5, "place": "Rushon"}, "intensity 5 at Rushon: probability 0.00 of 0.5"),
        ({"least_intensity": 4, "place": "Rushon"}, ""),
        ({"least_intensity": 3, "place": "Osh"}, "no shaking was forecast at Osh"),
        ({"least_lead_s": 12.0}, ""),
        ({"least_lead_s": 14.0}, "lead time at Khorugh: 13.0 s of 14 s"),
        ({"least_lead_s": 4.0, "place": "Rushon"}, "lead time at Rushon: 3.0 s of 4 s"),
    ],
)
def test_the_rule_on_its_place(changes: dict[str, object], expected: str) -> None:
    assert why(alert(shaking=HERE), receiver(**changes)) == expected


def test_who_was_told_is_told_every_change_whatever_the_rule() -> None:
    to = receiver(least_intensity=7, least_lead_s=100.0, quiet_hours="00:00-23:59")
    update = alert(version=1, kind="update", shaking=HERE)
    assert why(update, to) != ""
    assert why(update, to, told=True) == ""
    assert why(update, receiver(updates=False), told=True) == "takes no updates"


def test_only_who_was_told_is_told_that_it_was_a_mistake() -> None:
    cancel = alert(version=1, kind="cancel")
    assert why(cancel, receiver()) == "was not told of it, so there is nothing to call off"
    late_ns = T0_NS + 3600 * SECOND_NS
    assert why(cancel, receiver(updates=False, least_intensity=9, deadline_s=1.0), now_ns=late_ns, told=True) == ""


@pytest.mark.parametrize(
    ("one", "changes", "expected_s"),
    [
        (alert(), {}, 60.0),
        (alert(shaking=HERE), {}, 60.0),
        (alert(shaking=HERE), {"place": "Khorugh"}, 30.0),
        (alert(shaking=HERE), {"place": "Rushon"}, 20.0),
        (alert(shaking=(shaking("far", 3.0, s_after_s=90.0),)), {"place": "far"}, 60.0),
        (alert(expires_ns=T0_NS + 15 * SECOND_NS), {}, 15.0),
        (alert(), {"deadline_s": 7.0}, 12.0),
        (alert(version=1, kind="update", shaking=HERE), {}, 306.0),
        (alert(version=1, kind="cancel", expires_ns=T0_NS + 15 * SECOND_NS), {}, 6 + 86_400.0),
        (alert(shaking=HERE), MAIL, 5 + 86_400.0),
    ],
)  # fmt: skip
def test_until_when(one: Alert, changes: dict[str, object], expected_s: float) -> None:
    assert until_s(one, receiver(**changes), told=True) == expected_s


def test_what_is_too_late_is_not_sent() -> None:
    assert (
        why(alert(), receiver(), now_ns=T0_NS + 61 * SECOND_NS) == "too late by 1.0 s: nobody could act on it any more"
    )


def test_quiet_hours_are_local_and_strong_shaking_breaks_through() -> None:
    # T0 is 16:00 UTC, 21:00 in the Pamir
    asleep = receiver(quiet_hours="20:30-06:00")
    assert why(alert(shaking=HERE), receiver(quiet_hours="21:01-06:00")) == ""
    assert why(alert(shaking=HERE), receiver(quiet_hours="20:30-06:00", quiet_offset_h=0.0)) == ""
    weak = (shaking("Khorugh", 4.0),)
    assert why(alert(shaking=weak), asleep) == "quiet hours 20:30-06:00, and no intensity of 5 is to be expected"
    assert why(alert(), asleep) != ""
    assert why(alert(shaking=HERE), asleep) == ""
    assert why(alert(shaking=HERE), receiver(quiet_hours="20:30-06:00", quiet_intensity=7)) != ""


def test_a_place_is_a_target_or_the_nearest_one() -> None:
    targets = (Target("Khorugh", "city", 37.49, 71.55), Target("Rushon", "town", 37.95, 71.55))
    assert place_of(receiver(), targets) == ""
    assert place_of(receiver(place="Rushon"), targets) == "Rushon"
    assert place_of(receiver(coordinates=(37.6, 71.6)), targets) == "Khorugh"
    with pytest.raises(ConfigError, match="there is no target 'Osh'"):
        place_of(receiver(place="Osh"), targets)
    with pytest.raises(ConfigError, match="no target within 30 km"):
        place_of(receiver(coordinates=(40.5, 72.8)), targets)
