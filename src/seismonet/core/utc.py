"""Time as int64 nanoseconds UTC since 1970, and its text form (ISO 8601 with Z)."""

from datetime import UTC, datetime, timedelta

SECOND_NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_seconds(seconds: float) -> int:
    """Duration in seconds as whole nanoseconds.

    >>> from_seconds(0.1)
    100000000
    """
    return round(seconds * SECOND_NS)


def to_seconds(ns: int) -> float:
    """Nanoseconds as seconds."""
    return ns / SECOND_NS


def from_datetime(moment: datetime) -> int:
    """Nanoseconds of an aware datetime; a naive one is taken as UTC.

    >>> from_datetime(datetime(1970, 1, 1, 0, 0, 1))
    1000000000
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return ((moment - _EPOCH) // timedelta(microseconds=1)) * 1000


def to_datetime(ns: int) -> datetime:
    """Aware datetime, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=ns // 1000)


def from_iso(text: str) -> int:
    """Nanoseconds of an ISO 8601 text; without an offset it is UTC. ValueError when it is no time.

    >>> from_iso("2024-09-15T00:00:00.123456789Z") % 1_000_000_000
    123456789
    """
    text = text.strip()
    head, dot, tail = text.partition(".")
    digits = ""
    if dot:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        text = head + tail[len(digits) :]
    return from_datetime(datetime.fromisoformat(text)) + int((digits + "000000000")[:9])


def to_iso(ns: int, digits: int = 6) -> str:
    """ISO 8601 text with Z, rounded to ``digits`` (0-9) places of a second.

    >>> to_iso(1_500_000_000, 3)
    '1970-01-01T00:00:01.500Z'
    """
    step = 10 ** (9 - digits)
    ns = (ns + step // 2) // step * step
    seconds, fraction = divmod(ns, SECOND_NS)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction // step:0{digits}d}Z" if digits else f"{text}Z"
