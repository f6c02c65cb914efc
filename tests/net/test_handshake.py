"""Commands and their answers, without a network."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.net.commands import moment
from seismonet.net.handshake import MAX_SELECTORS, MAX_STATIONS, Action, Handshake, Identity
from seismonet.net.selectors import Start

OPEN = Identity("seismonet/0", "SIMULATED Sarez")
CLOSED = Identity("seismonet/0", "Sarez", ("USERPASS ali letmein", "JWT aa.bb.cc"))
OK = b"OK\r\n"
V4 = ("HELLO", "SLPROTO 4.0")


def after(*lines: str, identity: Identity = OPEN) -> Handshake:
    handshake = Handshake(identity)
    for line in lines:
        handshake.answer(line)
    return handshake


def test_hello_is_what_old_clients_have_room_for() -> None:
    first, second, rest = Handshake(OPEN).answer("hello").reply.split(b"\r\n")
    assert first == b"SeedLink v4.0 (seismonet/0) :: SLPROTO:4.0 SLPROTO:3.1 CAP EXTREPLY NSWILDCARD BATCH"
    assert len(first) <= 98
    assert (second, rest) == (b"SIMULATED Sarez", b"")


def test_the_specifications_own_example() -> None:
    handshake = after("HELLO")
    said = {
        "SLPROTO 4.0": OK,
        "USERAGENT slinktool/4.3 libslink/2020.046": OK,
        "AUTH USERPASS johndoe letmein": b"ERROR UNSUPPORTED no such authentication\r\n",
        "STATION GE_APE": OK,
        "SELECT": b"ERROR ARGUMENTS SELECT needs a pattern\r\n",
        "SELECT *_B_H_?.2D": OK,
        "DATA 1405339897": OK,
        "STATION GE_WLF": OK,
        "SELECT *_H_H_?:native": OK,
        "DATA 254483417": OK,
        "STATION GE_*": OK,
        "SELECT *_H_H_? !*.?L": OK,
        "DATA": OK,
    }
    assert {line: handshake.answer(line).reply for line in said} == said
    end = handshake.answer("END")
    assert (end.reply, end.action) == (b"", Action.STREAM)
    assert [(one.station, one.start, len(one.selectors)) for one in handshake.wishes] == [
        ("GE_APE", 1405339897, 1),
        ("GE_WLF", 254483417, 1),
        ("GE_*", Start.NEXT, 2),
    ]
    assert handshake.agent == "slinktool/4.3 libslink/2020.046"
    assert not handshake.dialup


def test_version_3_with_many_stations() -> None:
    handshake = after("HELLO")
    for line in ("STATION APE GE", "SELECT 00BH?.D", "SELECT !L", "DATA FF890D", "STATION WLF", "TIME 2024,10,3,8,0,0"):
        assert handshake.answer(line).reply == OK
    assert handshake.answer("END").action is Action.STREAM
    ape, wlf = handshake.wishes
    assert (ape.station, ape.start, ape.bits, len(ape.selectors)) == ("GE_APE", 0xFF890D, 24, 2)
    assert (wlf.station, wlf.start, wlf.begin_ns, wlf.end_ns) == (
        "*_WLF",
        Start.ALL,
        moment("2024-10-03T08:00:00Z"),
        None,
    )


def test_version_3_without_stations_begins_at_once_and_answers_nothing() -> None:
    handshake = after("SELECT BHZ", "SELECT", "SELECT HHZ")
    answer = handshake.answer("FETCH 0x1F 2024,10,3,8,0,0 2024,10,3,9,0,0")
    assert (answer.reply, answer.action, handshake.dialup) == (b"", Action.STREAM, True)
    (wish,) = handshake.wishes
    assert (wish.station, wish.start, [one.pattern for one in wish.selectors]) == ("*", 0x1F, ["??HHZ"])


def test_a_station_that_was_refused_leaves_nothing_behind() -> None:
    """In version 3 what follows would else be taken as meant for all stations, and data would flow at once."""
    for lines in ((), V4):
        handshake = after(*lines)
        assert handshake.answer("STATION A").reply == OK
        assert handshake.answer("STATION a/b").reply.startswith(b"ERROR")
        assert handshake.answer("SELECT BHZ").reply.startswith(b"ERROR")
        handshake = after(*lines)
        assert handshake.answer("STATION a/b").reply.startswith(b"ERROR")
        assert handshake.answer("SELECT BHZ").reply.startswith(b"ERROR")
        refused = handshake.answer("DATA")
        assert (refused.reply[:5], refused.action) == (b"ERROR", Action.NOTHING)
        assert handshake.answer("END").action is Action.NOTHING
        assert handshake.wishes == []


def test_batch_is_silent_about_everything_else() -> None:
    handshake = Handshake(OPEN)
    assert handshake.answer("BATCH").reply == OK
    assert all(handshake.answer(line).reply == b"" for line in ("STATION APE GE", "SELECT ?", "DATA", "DATA XYZ"))
    assert handshake.answer("END").action is Action.STREAM


def test_extended_replies() -> None:
    handshake = Handshake(OPEN)
    assert handshake.answer("DATA XYZ").reply == b"ERROR\r\n"
    assert handshake.answer("CAPABILITIES EXTREPLY").reply == OK
    assert handshake.answer("DATA XYZ").reply == b"ERROR\rARGUMENTS XYZ is no sequence number\r\n"


@pytest.mark.parametrize(
    ("lines", "last", "code"),
    [
        (("INFO ID",), "SLPROTO 4.0", b"ERROR"),
        (V4, "SLPROTO 4.0", b"ERROR UNEXPECTED"),
        ((), "SLPROTO 5.0", b"ERROR"),
        (V4, "CAT", b"ERROR UNSUPPORTED"),
        (V4, "TIME 2024,1,1", b"ERROR UNSUPPORTED"),
        (V4, "FETCH", b"ERROR UNSUPPORTED"),
        (V4, "GET / HTTP/1.1", b"ERROR UNSUPPORTED"),
        (V4, "END", b"ERROR UNEXPECTED"),
        (V4, "ENDFETCH", b"ERROR UNEXPECTED"),
        (V4, "DATA", b"ERROR UNEXPECTED"),
        (V4, "SELECT *", b"ERROR UNEXPECTED"),
        (V4, "STATION", b"ERROR ARGUMENTS"),
        (V4, "STATION WLF GE", b"ERROR ARGUMENTS"),
        ((*V4, "STATION *"), "SELECT *:3", b"ERROR ARGUMENTS"),
        ((*V4, "STATION *"), "DATA -1", b"ERROR ARGUMENTS"),
        ((*V4, "STATION *"), "DATA ALL 2024-01-01T00:00:00Z yesterday", b"ERROR ARGUMENTS"),
        ((*V4, "STATION *"), "DATA 1 2024-01-01 2024-01-02 2024-01-03", b"ERROR ARGUMENTS"),
        ((), "TIME", b"ERROR"),
        ((), "SELECT BHZ HHZ", b"ERROR"),
        ((), "USERAGENT x", b"ERROR"),
        ((), "AUTH USERPASS a b", b"ERROR"),
    ],
)
def test_what_is_refused(lines: tuple[str, ...], last: str, code: bytes) -> None:
    answer = after(*lines).answer(last)
    assert answer.reply.startswith(code)
    assert answer.reply.endswith(b"\r\n")
    assert answer.action is Action.NOTHING


def test_time_windows_of_version_4() -> None:
    handshake = after(*V4, "STATION *", "DATA ALL 2024-10-03T08:00:00Z 2024-10-03T08:00:09.5Z")
    (wish,) = handshake.wishes
    assert (wish.start, wish.begin_ns, wish.end_ns) == (
        Start.ALL,
        moment("2024-10-03T08:00:00Z"),
        moment("2024-10-03T08:00:09.5Z"),
    )
    assert after(*V4, "STATION *", "DATA ALL", "ENDFETCH").dialup


def test_a_client_cannot_want_without_end() -> None:
    handshake = after(*V4)
    replies = [handshake.answer(f"STATION A_{k}").reply for k in range(MAX_STATIONS + 1)]
    assert set(replies[:-1]) == {OK}
    assert replies[-1].startswith(b"ERROR LIMIT")
    handshake = after(*V4, "STATION *")
    replies = [handshake.answer("SELECT " + "* " * 100).reply for _ in range(MAX_SELECTORS // 100 + 1)]
    assert replies[:-1] == [OK] * (MAX_SELECTORS // 100)
    assert replies[-1].startswith(b"ERROR LIMIT")


def test_who_must_say_who_he_is() -> None:
    assert CLOSED.capabilities[-2:] == ("AUTH:USERPASS", "AUTH:JWT")
    for good in ("AUTH USERPASS ali letmein", "auth jwt aa.bb.cc"):
        handshake = after(*V4, identity=CLOSED)
        assert handshake.answer("STATION *").reply.startswith(b"ERROR UNAUTHORIZED")
        assert handshake.answer("AUTH USERPASS ali other").reply.startswith(b"ERROR AUTH ")
        assert [handshake.answer(line).reply for line in (good, "STATION *", "DATA")] == [OK] * 3
    assert after("STATION SAREZ TJ", "DATA", identity=CLOSED).wishes == []
    assert after("DATA", identity=CLOSED).wishes == []


def test_guessing_ends_the_connection() -> None:
    handshake = after(*V4, identity=CLOSED)
    actions = [handshake.answer(f"AUTH USERPASS ali {k}").action for k in range(3)]
    assert actions == [Action.NOTHING, Action.NOTHING, Action.CLOSE]


VERBS = "HELLO SLPROTO STATION SELECT DATA FETCH TIME END ENDFETCH BATCH CAPABILITIES AUTH USERAGENT INFO CAT BYE X"


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from(VERBS.split()), st.text("".join(map(chr, range(32, 127))), max_size=20)), max_size=20
    )
)
def test_whatever_is_said_has_an_answer(said: list[tuple[str, str]]) -> None:
    handshake = Handshake(CLOSED)
    for verb, rest in said:
        answer = handshake.answer(f"{verb} {rest}")
        assert answer.reply == b"" or answer.reply.endswith(b"\r\n")
    assert handshake.wishes == [] or handshake.admitted
