"""Lines, numbers and times as clients send them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismonet.core.errors import ProtocolError
from seismonet.core.utc import from_iso
from seismonet.net.commands import MAX_AUTH_BYTES, MAX_LINE_BYTES, Lines, moment, number3, number4

WORDS = st.text("ABC 019*?_-!", min_size=1, max_size=40).filter(lambda text: text.strip())


def every_line(lines: Lines) -> list[str]:
    found = []
    while (line := lines.next()) is not None:
        found.append(line)
    return found


@given(st.lists(st.tuples(WORDS, st.sampled_from(["\r\n", "\r", "\n", "\r\n\r\n"])), max_size=8), st.data())
def test_lines_however_they_are_cut(sent: list[tuple[str, str]], data: st.DataObject) -> None:
    raw = "".join(line + end for line, end in sent).encode("ascii")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=6)))
    lines, found = Lines(), []
    for begin, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        lines.feed(raw[begin:end])
        found += every_line(lines)
    assert found == [line.strip() for line, _ in sent]


@pytest.mark.parametrize(
    ("text", "limit"), [(b"SELECT ", MAX_LINE_BYTES), (b"auth jwt ", MAX_AUTH_BYTES)], ids=["others", "AUTH"]
)
def test_lines_have_a_limit_with_and_without_an_end(text: bytes, limit: int) -> None:
    for end in (b"\r\n", b""):
        lines = Lines()
        lines.feed(text.ljust(limit, b"x") + end)
        assert len(every_line(lines)) == (1 if end else 0)
        lines = Lines()
        lines.feed(text.ljust(limit + 1, b"x") + end)
        with pytest.raises(ProtocolError, match="more than"):
            lines.next()


@given(st.binary(max_size=300))
def test_bytes_that_are_no_text_end_it(junk: bytes) -> None:
    lines = Lines()
    lines.feed(junk)
    with contextlib.suppress(ProtocolError):
        assert all(line.replace("\t", " ").isprintable() and line.isascii() for line in every_line(lines))


def test_numbers() -> None:
    assert (number3("FF890D"), number3("0x1000000"), number3("-1")) == (0xFF890D, 0x1000000, None)
    assert (number4("18446744073709551615"), number4("0")) == ((1 << 64) - 1, 0)
    for text in ("", "G", "1_0", "+1", "0x", "-2", "１"):
        with pytest.raises(ValueError):
            number3(text)
    for text in ("", "-1", "A", "1_0", "18446744073709551616", "9" * 400, "１"):
        with pytest.raises(ValueError):
            number4(text)


def test_times_in_both_forms() -> None:
    assert moment("2002,8,5,14,0,0") == moment("2002-08-05T14:00:00Z") == from_iso("2002-08-05T14:00:00Z")
    assert moment("2002,08,05,14,00,00,123456789") == moment("2002-08-05T14:00:00.123456789Z")
    assert moment("2002,8,5") == moment("2002-08-05")
    for text in (
        "",
        "2002",
        "2002,13,1",
        "2002,2,30",
        "2002,1,1,24",
        "2002,1,1,0,0,61",
        "2002-08-05T14:00:00+05:00",
        "x",
    ):
        with pytest.raises(ValueError):
            moment(text)
