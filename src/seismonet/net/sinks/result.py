"""What became of a try to reach a receiver."""

from dataclasses import dataclass
from typing import Literal

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Result:
    """``delivered``: the receiver has it; ``retry``: not now; ``dead``: this letter it will never take.

    ``words`` say why, for people; ``ack`` is how the receiver acknowledged it, empty when it did not.
    """

    outcome: Literal["delivered", "retry", "dead"]
    words: str = ""
    ack: str = ""


def delivered(words: str, ack: str = "") -> Result:
    """The receiver has it."""
    return Result("delivered", _harmless(words), _harmless(ack))


def retry(words: str) -> Result:
    """Not now."""
    return Result("retry", _harmless(words))


def dead(words: str) -> Result:
    """Never."""
    return Result("dead", _harmless(words))


def _harmless(text: str) -> str:
    """One printable line: some of it is what the other side said."""
    return "".join(one if one.isprintable() else " " for one in text).strip()[:LONGEST]
