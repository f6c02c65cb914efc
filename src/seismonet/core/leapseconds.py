"""Leap seconds: when there were some, and until when that list is known to be whole.

Source: IERS Bulletin C as of July 2026 (number 72); the list of the IANA time zone database says the same. Since 1972
only seconds were added, none left out.
"""

from bisect import bisect_left

from .utc import from_iso, to_iso

_DAYS = """
    1972-07-01 1973-01-01 1974-01-01 1975-01-01 1976-01-01 1977-01-01 1978-01-01 1979-01-01 1980-01-01 1981-07-01
    1982-07-01 1983-07-01 1985-07-01 1988-01-01 1990-01-01 1991-01-01 1992-07-01 1993-07-01 1994-07-01 1996-01-01
    1997-07-01 1999-01-01 2006-01-01 2009-01-01 2012-07-01 2015-07-01 2017-01-01
"""
LEAP_NS = tuple(from_iso(day) for day in _DAYS.split())
"""The midnights before which a second was added."""
EXPIRES_NS = from_iso("2027-06-28")
"""From here on a leap second may be missing in the list."""


def leap_between(begin_ns: int, end_ns: int) -> bool:
    """Was a second added before a midnight within ``[begin_ns, end_ns]``?

    >>> leap_between(from_iso("2016-12-31T23:59:59Z"), from_iso("2017-01-01T00:00:01Z"))
    True
    >>> leap_between(from_iso("2017-12-31T23:59:59Z"), from_iso("2018-01-01T00:00:01Z"))
    False
    """
    at = bisect_left(LEAP_NS, begin_ns)
    return at < len(LEAP_NS) and LEAP_NS[at] <= end_ns


def stale(now_ns: int) -> str:
    """What to tell the operator once the list is out of date; empty while it is not.

    >>> stale(from_iso("2026-11-24")), stale(from_iso("2027-07-01"))[:33]
    ('', 'the list of leap seconds ended on')
    """
    if now_ns < EXPIRES_NS:
        return ""
    return f"the list of leap seconds ended on {to_iso(EXPIRES_NS, 0)[:10]}: update seismonet"
