"""Log lines: one event and its values a line, to standard error, where journald or a terminal takes them.

Two forms of the same lines, JSON for machines and text for people. Whatever comes from outside is made harmless first:
secrets are blotted out, control characters written as escapes, long texts cut. ``Limited`` keeps a flood of equal
events from becoming a flood of lines.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol, TextIO, cast

import structlog

from seismonet.net.clock import Clock

LONGEST = 1000
BLOTTED = "***"
INTERVAL_S = 10.0
MOST_KEYS = 1000
_SECRET_KEYS = re.compile(r"passw|secret|token|credential|authorization|private_key", re.I)
_USER_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]*@")
# journald takes the level from a prefix like this (sd-daemon(3))
_PRIORITY = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


class Log(Protocol):
    """A method of a logger: an event in a few fixed words, and its values by name."""

    def __call__(self, event: str, **values: object) -> object: ...


def get_log() -> Any:
    """The logger: ``get_log().warning("cannot write", what="journal", reason="disk full")``."""
    return structlog.get_logger()


def setup_logs(
    as_json: bool = False, secrets: Iterable[str] = (), *, stream: TextIO | None = None, level: str = "info"
) -> None:
    """Decide how lines look; those of libraries that use ``logging`` join them, from warnings up.

    Parameters
    ----------
    as_json : one JSON object a line, instead of text
    secrets : texts that must not appear in any line
    stream : where lines go; standard error without it
    level : lowest level that is told: debug, info, warning, error
    """
    stream = sys.stderr if stream is None else stream
    known = tuple(sorted({one for one in secrets if len(one) >= 4}, key=len, reverse=True))
    journald = bool(os.environ.get("JOURNAL_STREAM")) and stream is sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            _cleaner(known),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _as_json if as_json else _as_text(journald),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Bridge()], force=True)


class _Bridge(logging.Handler):
    """Lines of libraries become ours."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname.lower()
        log = getattr(get_log(), level if level in _PRIORITY else "warning")
        log(record.getMessage(), logger=record.name, exc_info=record.exc_info or None)


def _cleaner(secrets: tuple[str, ...]) -> Callable[..., Mapping[str, Any]]:
    def clean(_: Any, __: str, values: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return {name: BLOTTED if _SECRET_KEYS.search(name) else harmless(one, secrets) for name, one in values.items()}

    return clean


def harmless(value: Any, secrets: tuple[str, ...] = ()) -> Any:
    """A value as it may stand in a log line: numbers as they are, all else as bounded printable text.

    >>> harmless("seedlink://me:pass@host\\x1b[2J", ())
    'seedlink://me:***@host\\\\x1b[2J'
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [harmless(one, secrets) for one in value]
    if isinstance(value, Mapping):
        return {
            str(name): BLOTTED if _SECRET_KEYS.search(str(name)) else harmless(one, secrets)
            for name, one in value.items()
        }
    text = value if isinstance(value, str) else str(value)
    for secret in secrets:
        text = text.replace(secret, BLOTTED)
    text = _USER_IN_URL.sub(rf"\1:{BLOTTED}@", text)
    if not text.isprintable():
        text = "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _as_json(_: Any, __: str, values: MutableMapping[str, Any]) -> str:
    first = {name: values.pop(name) for name in ("time", "level", "event")}
    return json.dumps({**first, **values}, ensure_ascii=False)


def _as_text(journald: bool) -> Callable[..., str]:
    """``TIME level event name=value``; journald knows the time itself and takes the level as a prefix."""

    def render(_: Any, __: str, values: MutableMapping[str, Any]) -> str:
        moment, level, event = values.pop("time"), values.pop("level"), values.pop("event")
        trace = values.pop("exception", "")
        line = " ".join([_word(event, True), *(f"{name}={_word(one)}" for name, one in values.items())])
        line = "\n  ".join([line, *trace.splitlines()])
        return f"<{_PRIORITY[level]}>{line}" if journald else f"{moment[:23]}Z {level:<7} {line}"

    return render


def _word(value: Any, free: bool = False) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\n", "\\n")
    return text if free or (text and not re.search(r'[\s"=]', text)) else json.dumps(text, ensure_ascii=False)


class Limited:
    """At most one line for each key in ``interval_s``; the next one says how many there were in between.

    ``log`` is a method of a logger. Call ``flush`` now and then, so that the end of a flood is told too.

    >>> lines = []
    >>> log = Limited(lambda event, **values: lines.append((event, values)), Clock())
    >>> for number in range(1000):
    ...     log("record refused", key="crc", number=number)
    >>> lines
    [('record refused', {'number': 0})]
    """

    def __init__(self, log: Log, clock: Clock, interval_s: float = INTERVAL_S) -> None:
        self.log, self.clock, self.interval_s = log, clock, interval_s
        self._last: dict[object, tuple[float, int, str]] = {}

    def __call__(self, event: str, *, key: object = None, **values: object) -> None:
        """Tell an event, unless one of the same key was told just now. Without a key the event is its own."""
        now_s = self.clock.monotonic_s()
        key = (event, key)
        if key not in self._last and len(self._last) >= MOST_KEYS:
            self._forget(now_s)
            # ever new keys, too, are a flood
            key = key if len(self._last) < MOST_KEYS else (event, "…")
        last_s, missed, _ = self._last.get(key, (-self.interval_s + now_s, 0, event))
        if now_s - last_s < self.interval_s:
            self._last[key] = (last_s, missed + 1, event)
            return
        self._last[key] = (now_s, 0, event)
        self.log(event, **values, **({"suppressed": missed} if missed else {}))

    def flush(self) -> None:
        """Tell of what was held back longer ago than the interval."""
        now_s = self.clock.monotonic_s()
        for key, (last_s, missed, event) in list(self._last.items()):
            if missed and now_s - last_s >= self.interval_s:
                self._last[key] = (now_s, 0, event)
                name = cast(tuple[str, object], key)[1]
                self.log(f"{event}: more of them", suppressed=missed, **({} if name is None else {"key": name}))
        self._forget(now_s)

    def _forget(self, now_s: float) -> None:
        old = [
            key for key, (last_s, missed, _) in self._last.items() if not missed and now_s - last_s > self.interval_s
        ]
        for key in old:
            del self._last[key]
