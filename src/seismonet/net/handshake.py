"""What a client says until data flow, and the answers: SeedLink 3 and 4 as one state machine without a socket.

The rule this file owns: a command is answered by one method, which returns the reply and what is to be done; it waits
for nothing and keeps nothing but what the client asked for, within limits.

Version 4.0 is as the FDSN publishes it (https://docs.fdsn.org/projects/seedlink); 3 has no specification, it is what
SeisComP, ringserver and libslink understand each other by. A client speaks 3 until it says ``SLPROTO 4.0``.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from seismonet.core.errors import ProtocolError

from . import commands
from .selectors import Start, Wish, is_station_pattern, selector3, selector4

MAX_STATIONS, MAX_SELECTORS = 2000, 2000
"""For all of a client's stations together."""
MAX_AUTH_FAILURES = 3
CAPABILITIES = ("SLPROTO:4.0", "SLPROTO:3.1", "CAP", "EXTREPLY", "NSWILDCARD", "BATCH", "TIME")


class Action(Enum):
    """What is to be done after the reply."""

    NOTHING = 0
    STREAM = 1
    INFO = 2
    CAT = 3
    CLOSE = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, what is to be done then, and the arguments of an INFO."""

    reply: bytes = b""
    action: Action = Action.NOTHING
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the server says it is: software, organisation, and the credentials that it takes (none: all are welcome).

    A credential is what follows AUTH: ``USERPASS user password`` or ``JWT token``.
    """

    software: str
    organization: str
    credentials: tuple[str, ...] = ()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """With the kinds of AUTH that are of use."""
        kinds = dict.fromkeys(f"AUTH:{one.split()[0]}" for one in self.credentials)
        return *CAPABILITIES, *kinds

    @property
    def hello(self) -> str:
        """First line of the answer to HELLO; kept under the 98 bytes that old clients have room for."""
        legacy = [one for one in self.capabilities if one != "TIME" and not one.startswith("AUTH")]
        return f"SeedLink v4.0 ({self.software}) :: {' '.join(legacy)}"

    def admits(self, credential: str) -> bool:
        """Is it one of ours? All are compared, so that the time tells nothing."""
        given = credential.encode("utf-8")
        return bool(sum([hmac.compare_digest(given, one.encode("utf-8")) for one in self.credentials]))


class Refused(ProtocolError):
    """A command that is answered with ERROR: code and words of SeedLink 4, chapter Error codes."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"{code} {words}")


class Handshake:
    """One client's commands so far.

    Attributes
    ----------
    version : 3 or 4
    wishes : what is to be sent
    dialup : what the ring holds is wanted, not what comes later
    agent : what the client says it is
    admitted : there is no AUTH here, or it succeeded
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.version = 3
        self.wishes: list[Wish] = []
        self.dialup = False
        self.agent = ""
        self.admitted = not identity.credentials
        self.auth_failures = 0
        self._fresh = True
        self._extended = self._batch = self._many = False
        self._current: Wish | None = None
        self._global = Wish("*")
        self._selectors = 0

    def answer(self, line: str) -> Answer:
        """Take a command."""
        verb, *arguments = line.split()
        verb = verb.upper()
        try:
            if verb in _BOTH:
                return _BOTH[verb](self, arguments)
            handler = (_THREE if self.version == 3 else _FOUR).get(verb)
            if handler is None:
                raise Refused("UNSUPPORTED", "no such command")
            if verb != "SLPROTO":
                self._fresh = False
            return handler(self, arguments)
        except Refused as error:
            silent = self._batch and verb in _MODIFIERS
            return Answer(b"" if silent else self._error(str(error)), self._after_failure())

    def _error(self, text: str) -> bytes:
        if self.version == 4:
            return f"ERROR {text}\r\n".encode("ascii", "replace")
        return f"ERROR\r{text}\r\n".encode("ascii", "replace") if self._extended else b"ERROR\r\n"

    def _after_failure(self) -> Action:
        return Action.CLOSE if self.auth_failures >= MAX_AUTH_FAILURES else Action.NOTHING

    def _ok(self) -> Answer:
        return Answer(b"" if self._batch else b"OK\r\n")

    # both versions

    def _hello(self, _: Sequence[str]) -> Answer:
        identity = self.identity
        return Answer(f"{identity.hello}\r\n{identity.organization}\r\n".encode("ascii", "replace"))

    def _bye(self, _: Sequence[str]) -> Answer:
        return Answer(action=Action.CLOSE)

    def _info(self, arguments: Sequence[str]) -> Answer:
        return Answer(action=Action.INFO, arguments=tuple(arguments[:3]))

    def _end(self, _: Sequence[str]) -> Answer:
        if not self.wishes:
            raise Refused("UNEXPECTED", "no station was asked for")
        return Answer(action=Action.STREAM)

    def _endfetch(self, arguments: Sequence[str]) -> Answer:
        answer = self._end(arguments)
        self.dialup = True
        return answer

    def _add_station(self, pattern: str) -> Answer:
        self._current, self._many = None, True
        if not is_station_pattern(pattern):
            raise Refused("ARGUMENTS", "no station pattern")
        if not self.admitted:
            raise Refused("UNAUTHORIZED", "AUTH first")
        if len(self.wishes) >= MAX_STATIONS:
            raise Refused("LIMIT", f"at most {MAX_STATIONS} stations")
        self._current = Wish(pattern)
        self.wishes.append(self._current)
        return self._ok()

    def _add_selectors(self, wish: Wish, texts: Sequence[str]) -> Answer:
        if self._selectors + len(texts) > MAX_SELECTORS:
            raise Refused("LIMIT", f"at most {MAX_SELECTORS} selectors")
        try:
            wish.selectors += [(selector3 if self.version == 3 else selector4)(text) for text in texts]
        except ValueError as error:
            raise Refused("ARGUMENTS", str(error)) from None
        self._selectors += len(texts)
        return self._ok()

    def _station_of(self, verb: str) -> Wish:
        if self._current is None:
            raise Refused("UNEXPECTED", f"{verb} without a station that was accepted")
        return self._current

    # version 4

    def _slproto(self, arguments: Sequence[str]) -> Answer:
        if not self._fresh:
            raise Refused("UNEXPECTED", "SLPROTO comes before all commands but HELLO")
        if arguments and arguments[0] in ("3.0", "3.1", "4.0"):
            self.version, self._fresh = int(arguments[0][0]), False
            return self._ok()
        raise Refused("UNSUPPORTED", "versions are 3.1 and 4.0")

    def _useragent(self, arguments: Sequence[str]) -> Answer:
        self.agent = " ".join(arguments)
        return self._ok()

    def _auth(self, arguments: Sequence[str]) -> Answer:
        if not arguments or f"AUTH:{arguments[0].upper()}" not in self.identity.capabilities:
            raise Refused("UNSUPPORTED", "no such authentication")
        if not self.identity.admits(" ".join([arguments[0].upper(), *arguments[1:]])):
            self.auth_failures += 1
            raise Refused("AUTH", "authentication failed")
        self.admitted = True
        return self._ok()

    def _station4(self, arguments: Sequence[str]) -> Answer:
        return self._add_station(arguments[0] if len(arguments) == 1 else "")

    def _select4(self, arguments: Sequence[str]) -> Answer:
        wish = self._station_of("SELECT")
        if not arguments:
            raise Refused("ARGUMENTS", "SELECT needs a pattern")
        return self._add_selectors(wish, arguments)

    def _data4(self, arguments: Sequence[str]) -> Answer:
        wish = self._station_of("DATA")
        try:
            sequence, *window = arguments or [""]
            wish.start = commands.number4(sequence) if sequence not in ("", "ALL", "all") else _starts(sequence)
            wish.begin_ns, wish.end_ns = _window(window)
        except ValueError as error:
            raise Refused("ARGUMENTS", str(error)) from None
        return self._ok()

    # version 3

    def _capabilities(self, arguments: Sequence[str]) -> Answer:
        self._extended = self._extended or "EXTREPLY" in (one.upper() for one in arguments)
        return self._ok()

    def _start_batch(self, _: Sequence[str]) -> Answer:
        answer = self._ok()
        self._batch = True
        return answer

    def _cat(self, _: Sequence[str]) -> Answer:
        return Answer(action=Action.CAT)

    def _station3(self, arguments: Sequence[str]) -> Answer:
        if not 1 <= len(arguments) <= 2:
            return self._add_station("")
        return self._add_station(f"{arguments[1] if len(arguments) == 2 else '*'}_{arguments[0]}")

    def _select3(self, arguments: Sequence[str]) -> Answer:
        wish = self._station_of("SELECT") if self._many else self._global
        if len(arguments) > 1:
            raise Refused("ARGUMENTS", "one selector at a time")
        if not arguments:
            self._selectors -= len(wish.selectors)
            wish.selectors.clear()
        return self._add_selectors(wish, arguments)

    def _data3(self, arguments: Sequence[str]) -> Answer:
        sequence, *window = arguments or ["-1"]
        return self._begin3("DATA", sequence, window)

    def _fetch3(self, arguments: Sequence[str]) -> Answer:
        answer = self._data3(arguments)
        self.dialup = True
        return answer

    def _time3(self, arguments: Sequence[str]) -> Answer:
        if not arguments:
            raise Refused("ARGUMENTS", "TIME begin [end]")
        return self._begin3("TIME", "-1", arguments)

    def _begin3(self, verb: str, sequence: str, window: Sequence[str]) -> Answer:
        """DATA, FETCH and TIME: for a station, or without one for all of them, and then data flow at once."""
        wish = self._station_of(verb) if self._many else self._global
        try:
            number, (begin_ns, end_ns) = commands.number3(sequence), _window(window)
        except ValueError as error:
            raise Refused("ARGUMENTS", str(error)) from None
        wish.begin_ns, wish.end_ns = begin_ns, end_ns
        wish.start = (Start.ALL if window else Start.NEXT) if number is None else number
        wish.bits = 64 if number is not None and number > 0x1_FFFFFF else 24
        if wish is not self._global:
            return self._ok()
        if not self.admitted:
            raise Refused("UNAUTHORIZED", "AUTH first")
        self.wishes.append(wish)
        return Answer(action=Action.STREAM)


def _starts(sequence: str) -> Start:
    return Start.ALL if sequence else Start.NEXT


def _window(texts: Sequence[str]) -> tuple[int | None, int | None]:
    if len(texts) > 2:
        raise ValueError("too many arguments")
    begin_ns, end_ns = ([commands.moment(text) for text in texts] + [None, None])[:2]
    return begin_ns, end_ns


_BOTH = {"HELLO": Handshake._hello, "BYE": Handshake._bye}
_COMMON = {
    "INFO": Handshake._info,
    "END": Handshake._end,
    "ENDFETCH": Handshake._endfetch,
    "SLPROTO": Handshake._slproto,
}
_THREE = _COMMON | {
    "CAPABILITIES": Handshake._capabilities,
    "BATCH": Handshake._start_batch,
    "CAT": Handshake._cat,
    "STATION": Handshake._station3,
    "SELECT": Handshake._select3,
    "DATA": Handshake._data3,
    "FETCH": Handshake._fetch3,
    "TIME": Handshake._time3,
}
_FOUR = _COMMON | {
    "USERAGENT": Handshake._useragent,
    "AUTH": Handshake._auth,
    "STATION": Handshake._station4,
    "SELECT": Handshake._select4,
    "DATA": Handshake._data4,
}
_MODIFIERS = ("STATION", "SELECT", "DATA", "FETCH", "TIME", "CAPABILITIES")
