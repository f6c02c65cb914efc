"""What may be asked of a server, and how it is said when it may not."""

from typing import Any

import pytest
from pydantic import ValidationError

from seismonet.net.dialing import Ladder, reason_of
from seismonet.net.source import Limits, SourceParams


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://sarez"},
        {"url": "seedlink://"},
        {"url": "seedlink://sarez:99999"},
        {"url": "seedlink://sarez/x"},
        {"stations": ()},
        {"stations": ("SAREZ",)},
        {"stations": ("tj.sarez",)},
        {"stations": ("TJ.SA REZ",)},
        {"selectors": ("HH Z",)},
        {"selectors": ("HHZ\r\nBYE",)},
        {"name": "a/b"},
        {"user": "anna"},
        {"password_file": "x"},
        {"user": "anna", "password_file": "x", "token_file": "y"},
        {"keepalive_s": 30.0, "dead_s": 30.0},
        {"protocol": "5"},
        {"fdsn": "ftp://x"},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_asked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SourceParams(**{"name": "a", "url": "seedlink://a", "stations": ("TJ.SAREZ",), **wrong})


def test_ports_and_encryption_follow_from_the_address() -> None:
    for url, address, tls in (
        ("seedlink://a.example", ("a.example", 18000), False),
        ("seedlinks://a.example", ("a.example", 18500), True),
        ("seedlink://[::1]:5", ("::1", 5), False),
    ):
        source = SourceParams("a", url, ("TJ.*",))
        assert (source.address, source.tls) == (address, tls)


def test_waits_are_drawn_from_nothing_to_the_whole() -> None:
    ranges: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        ranges.append((low, high))
        return (low + high) / 2

    ladder = Ladder(Limits(), draw)
    waits = [ladder.wait_s() for _ in range(10)]
    assert waits == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert {low for low, _ in ranges} == {0.0}
    ladder.reset()
    assert (ladder.wait_s(), ladder.failures) == (0.0, 1)


def test_reasons_are_words() -> None:
    assert reason_of(TimeoutError()) == "no answer in time"
    assert reason_of(ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)")) == "connection refused"
    assert reason_of(OSError("some words")) == "some words"
