"""The list of leap seconds, against what is known of them; and its end."""

from seismonet.core.leapseconds import EXPIRES_NS, LEAP_NS, leap_between, stale
from seismonet.core.utc import SECOND_NS, from_iso, to_iso


def test_the_list_gives_the_37_seconds_between_utc_and_atomic_time() -> None:
    # from Bulletin C and its forerunners; it began with ten in 1972
    for day, tai_minus_utc in (("1972-01-02", 10), ("1983-07-02", 22), ("1999-01-02", 32), ("2017-01-02", 37)):
        assert 10 + sum(one <= from_iso(day) for one in LEAP_NS) == tai_minus_utc
    assert {to_iso(one, 0)[4:] for one in LEAP_NS} == {"-01-01T00:00:00Z", "-07-01T00:00:00Z"}
    assert list(LEAP_NS) == sorted(set(LEAP_NS))


def test_a_leap_second_lies_in_a_span_that_holds_its_midnight() -> None:
    for one in LEAP_NS:
        assert leap_between(one, one)
        assert leap_between(one - SECOND_NS, one + SECOND_NS)
        assert not leap_between(one + 1, one + SECOND_NS)
        assert not leap_between(one - SECOND_NS, one - 1)
    assert not leap_between(LEAP_NS[-1] + 1, EXPIRES_NS)


def test_an_old_list_says_so() -> None:
    assert stale(EXPIRES_NS - 1) == ""
    assert "update" in stale(EXPIRES_NS)
