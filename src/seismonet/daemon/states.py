"""Changes of state as letters to operators who want them: by the ways that alerts take, and always after these."""

import json
from collections.abc import Iterable
from typing import Protocol

from seismonet.core.health import Change
from seismonet.core.letter import Letter
from seismonet.core.utc import from_seconds, to_iso
from seismonet.net.receivers import ReceiverParams

KIND = "state"
"""Of such letters: the outbox sends them last."""
FORMAT = "seismonet-state/1"
WORDS = ("text", "sms")
LATEST_S, REPORT_S = 3600.0, 86_400.0
LONGEST_SMS = 160


class Papers(Protocol):
    """What all messages have in common."""

    def signature(self, payload: bytes) -> str:
        """Of some bytes; empty without a key."""


def state_letters(
    changes: Iterable[Change], receivers: Iterable[ReceiverParams], papers: Papers, status: str
) -> list[Letter]:
    """What is sent of changes of stations and the network; a channel's are reasons of its station's.

    The same change always makes the same letters, so one that is told again after a restart is known.
    """
    wanting = [one for one in receivers if one.states and one.audience == "operator"]
    letters = []
    for change in changes:
        if change.name.count(".") > 1:
            continue
        for one in wanting:
            words = one.format in WORDS
            payload = (sentence(change, one.format) if words else document(change, status)).encode()
            until_ns = change.time_ns + from_seconds(REPORT_S if one.report else LATEST_S)
            letters.append(
                Letter(
                    f"state:{change.name}", "operator", change.time_ns // 1_000_000, KIND, change.time_ns, one.name,
                    one.format if words else "json", payload, papers.signature(payload), until_ns,
                )
            )  # fmt: skip
    return letters


def sentence(change: Change, form: str = "text") -> str:
    """For people.

    >>> sentence(Change("TJ.MURG", 0, "good", "down", ("HHZ: no record for 20 s",)))
    'TJ.MURG is down since 1970-01-01T00:00:00Z (good before): HHZ: no record for 20 s'
    """
    why = f": {'; '.join(change.reasons)}" if change.reasons else ""
    text = f"{change.name} is {change.after} since {to_iso(change.time_ns, 0)} ({change.before} before){why}"
    return text if form != "sms" or len(text) <= LONGEST_SMS else text[: LONGEST_SMS - 1] + "~"


def document(change: Change, status: str) -> str:
    """For programs: one line of JSON."""
    said = {
        "format": FORMAT,
        "status": status,
        "time": to_iso(change.time_ns, 3),
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "reasons": list(change.reasons),
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)
