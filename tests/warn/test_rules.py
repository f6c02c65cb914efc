"""Every rule by itself: what it says, and where it turns."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from seismonet.core.alert import LEVELS, Shaking
from seismonet.warn import rules
from seismonet.warn.audience import CIVIL_DEFENCE, OPERATOR, PUBLIC, SIREN, AudienceParams
from seismonet.warn.rules import Answer, Case
from tests.support.warnings import SECOND, T0, TARGETS, event

Rule = Callable[[Case], Answer | None]


def shaking(target: str, lead_s: float = 8.0, **chances: float) -> Shaking:
    """Probabilities of levels, as ``p4=0.6``; 0 for those not named."""
    told = tuple(chances.get(f"p{level}", 0.0) for level in LEVELS)
    early_ns = T0 + round((10 + lead_s) * SECOND)
    return Shaking(target, 30.0, 4.2, 0.7, told, 0.1, 0.01, early_ns + SECOND, early_ns, lead_s, lead_s <= 0)


def case(params: AudienceParams = PUBLIC, *felt: Shaking, **changes: object) -> Case:
    """An event ten seconds old, asked of the public."""
    of_event = {name: changes.pop(name) for name in ("stations", "m", "r68", "state") if name in changes}
    told = Case(
        event(0, 10, **of_event),
        params,
        T0 + 10 * SECOND,
        felt,
        {one.name: one for one in TARGETS},
        newest_ns=T0 + 8 * SECOND,
    )
    return replace(told, **changes)  # type: ignore[arg-type]


def there(lead_s: float) -> Shaking:
    """Felt near by so many seconds from now."""
    return shaking("Near", lead_s, p4=0.6)


LESS, AS_MUCH = {"Near": 3}, {"Near": 4}
STRONG, SMALL = there(8.0), shaking("Middle", p4=0.6)
ONE_TARGET = replace(PUBLIC, targets=("Far",))
LARGE_PLACES = replace(PUBLIC, population=1000)


@pytest.mark.parametrize(
    ("rule", "good", "bad", "words"),
    [
        (rules.network_alive, case(alive=2), case(alive=1), "1 of 2; warning by the network is off"),
        (rules.data_fresh, case(newest_ns=T0 - 49 * SECOND), case(newest_ns=T0 - 51 * SECOND), "61.0 s of 60 s"),
        (rules.origin_recent, case(now_ns=T0 + 120 * SECOND), case(now_ns=T0 + 121 * SECOND), "121.0 s of 120 s"),
        (rules.likely, case(likelihood=0.4), case(likelihood=0.39), "likelihood 0.39 of 0.4"),
        (rules.stations_agree, case(stations=2), case(stations=1), "stations 1 of 2"),
        (rules.state_confirmed, case(), case(state="preliminary"), "(preliminary)"),
        (rules.place_known, case(), case(m=None), "magnitude not known yet"),
        (rules.place_known, case(m=3.6, r68=30.0), case(m=3.6, r68=110.0), "110 km"),
        (rules.large_or_strong, case(PUBLIC, STRONG, m=4.5), case(PUBLIC, STRONG, m=4.4), "magnitude 4.4 of 4.5, and"),
        (rules.large_or_strong, case(PUBLIC, STRONG), case(PUBLIC, shaking("Near", p4=0.49)), "at Near 0.49 of 0.5"),
        (rules.large_or_strong, case(PUBLIC, STRONG), case(PUBLIC), "no target"),
        (rules.large_or_strong, case(PUBLIC, STRONG, m=5), case(PUBLIC, STRONG, m=4.9, after="M 7"), "of 5 after M 7"),
        (rules.large_or_strong, case(PUBLIC, there(-9)), case(PUBLIC, there(-11)), "too late"),
        (rules.large_or_strong, case(ONE_TARGET, shaking("Far", p4=0.6)), case(ONE_TARGET, STRONG), "no target"),
        (rules.large_or_strong, case(LARGE_PLACES, STRONG), case(LARGE_PLACES, SMALL), "too few people"),
        (rules.large_or_strong, case(CIVIL_DEFENCE, m=4.0), case(CIVIL_DEFENCE, m=3.9), "magnitude 3.9 of 4, or"),
        (rules.large_or_strong, case(CIVIL_DEFENCE, STRONG, m=3.0), case(CIVIL_DEFENCE, m=3.0), "or no target"),
        (rules.no_other_beside, case(), case(beside="x, 4 s and 9 km away"), "apart from x, 4 s"),
        (rules.not_warned_lately, case(PUBLIC, STRONG, served=LESS), case(PUBLIC, STRONG, served=AS_MUCH), "0 of 1"),
    ],
)  # fmt: skip
def test_a_rule_says_what_it_found_and_where_it_turns(rule: Rule, good: Case, bad: Case, words: str) -> None:
    for one, wanted in ((good, True), (bad, False)):
        answer = rule(one)
        assert answer is None or answer.yes is wanted
        assert answer is not None or wanted
    said = rule(bad)
    assert said is not None
    assert words in said.text
    assert str(said).endswith(": no")


def test_who_asks_for_no_magnitude_is_told_none() -> None:
    assert rules.large_or_strong(case(OPERATOR)) is None
    siren = rules.large_or_strong(case(SIREN, shaking("Near", p6=0.4)))
    assert str(siren) == "probability of intensity 6 at Near 0.40 of 0.3: yes"


def test_targets_where_s_has_passed_count_for_who_was_told() -> None:
    passed = case(PUBLIC, shaking("Near", -11.0, p4=0.6))
    assert not passed.reached
    assert replace(passed, told=True).reached == {"Near": 4}


def test_the_highest_level_that_is_likely_enough_counts() -> None:
    assert case(PUBLIC, shaking("Near", p3=0.9, p4=0.8, p5=0.5, p6=0.4)).reached == {"Near": 5}


def test_all_rules_that_have_something_to_say_are_told() -> None:
    said = rules.ask(case(PUBLIC, STRONG, beside="x", served={"Near": 4}))
    assert len(said) == len(rules.RULES)
    assert [one.yes for one in said] == [True] * 8 + [False] * 2
    assert all(one.yes for one in rules.ask(case(PUBLIC, STRONG)))
