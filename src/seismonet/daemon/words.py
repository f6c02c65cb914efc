"""Durations, sizes and lists as people say them."""

from collections.abc import Sequence

from seismonet.core.utc import to_iso

LISTED = 4
_STEPS = ((86_400.0, "d"), (3600.0, "h"), (60.0, "min"))


def span(duration_s: float) -> str:
    """A duration in one or two units.

    >>> span(0.004), span(42.0), span(2520.0), span(7380.0), span(200_000.0)
    ('4 ms', '42 s', '42 min', '2 h 3 min', '2 d 7 h')
    """
    if duration_s < 0:
        return f"-{span(-duration_s)}"
    if duration_s < 0.01:
        return f"{duration_s * 1000:.2g} ms"
    if duration_s < 1.0:
        return f"{duration_s * 1000:.0f} ms"
    if duration_s < 60.0:
        return f"{duration_s:.1f} s" if duration_s < 10 and duration_s % 1 else f"{duration_s:.0f} s"
    for index, (size, unit) in enumerate(_STEPS):
        if duration_s >= size:
            whole, rest = divmod(duration_s, size)
            below = f" {rest // _STEPS[index + 1][0]:.0f} {_STEPS[index + 1][1]}" if index < len(_STEPS) - 1 else ""
            return f"{whole:.0f} {unit}{'' if below.startswith(' 0') else below}"
    return f"{duration_s:.0f} s"


def size(count: float) -> str:
    """Bytes in the unit that fits.

    >>> size(512), size(29_184), size(3 * 2**30)
    ('512 B', '28 KiB', '3.0 GiB')
    """
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        count /= 1024
        if count < 1024 or unit == "TiB":
            break
    return f"{count:.0f} {unit}" if count >= 10 else f"{count:.1f} {unit}"


def moment(time_ns: int) -> str:
    """A time for people, to the second; "never" for 0.

    >>> moment(0), moment(1_500_000_000)
    ('never', '1970-01-01 00:00:02 UTC')
    """
    return to_iso(time_ns, 0).replace("T", " ").replace("Z", " UTC") if time_ns else "never"


def number(count: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> number(1, "station"), number(3, "station"), number(2, "has", "have")
    ('1 station', '3 stations', '2 have')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def one_line(text: str) -> str:
    """What was said in several lines, of which the first sums up.

    >>> one_line("a.toml: 2 errors" + chr(10) + "  a: wrong" + chr(10) + "  b: wrong")
    'a.toml: 2 errors: a: wrong; b: wrong'
    """
    first, *rest = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    return ": ".join([first, "; ".join(rest)]) if rest else first


def listed(names: Sequence[str]) -> str:
    """A few of some names.

    >>> listed(["a", "b", "c", "d", "e", "f"])
    'a, b, c, d and 2 more'
    """
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more} more" if more > 0 else "")
