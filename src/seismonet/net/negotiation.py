"""What a server is asked to send, and from where on: one entry a station, agreed upon command by command.

The rule this file owns: where a station goes on follows from what is safely stored and nothing else. By sequence number
where one is known; by time, half a minute early, where none is known or where numbers have proved to mean nothing.

Stations known from before are named even where only a pattern is asked, since each goes on from its own place.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from seedlink_client import Protocol, Stream
from seedlink_client._commands import Command, end_v3, end_v4, plan_negotiation
from seedlink_client.streams import v3_to_v4_selector, v4_to_v3_selector

from seismonet.core.errors import ProtocolError
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, to_datetime
from seismonet.core.waveform import Resume

from .link import Link
from .selectors import glob, selector3, selector4

OVERLAP_NS = 30 * SECOND_NS
MODULUS = {3: 1 << 24, 4: 1 << 64}
AT_ONCE = 64
"""Stations whose commands are sent together; some 10 kB, which no socket refuses."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A station or pattern (``NET.STA``): from a sequence number on, from a time on, or from now on.

    ``end_ns`` is where its stored data end, 0 without any.
    """

    station: str
    sequence: int | None = None
    begin_ns: int | None = None
    end_ns: int = 0


def asks(patterns: Sequence[str], resume: Mapping[str, Resume], by_time: Collection[str], version: int) -> list[Ask]:
    """What to ask for; ``by_time`` are stations whose sequence numbers are not to be trusted.

    >>> found = asks(["TJ.*", "TJ.SAREZ"], {"TJ.MANEM": Resume(0xFFFFFF, 0), "XX.A": Resume(1, 0)}, (), 3)
    >>> [(one.station, one.sequence) for one in found]
    [('TJ.MANEM', 0), ('TJ.SAREZ', None), ('TJ.*', None)]
    """
    known = sorted(code for code in resume if any(glob(pattern, code) for pattern in patterns))
    new = [pattern for pattern in dict.fromkeys(patterns) if pattern not in known]
    new.sort(key=lambda pattern: (is_pattern(pattern), pattern))
    return [_ask(code, resume[code], code in by_time, version) for code in known] + [Ask(code) for code in new]


def _ask(station: str, stored: Resume, by_time: bool, version: int) -> Ask:
    if stored.sequence >= 0 and not by_time:
        return Ask(station, sequence=(stored.sequence + 1) % MODULUS[version], end_ns=stored.end_ns)
    return Ask(station, begin_ns=stored.end_ns - OVERLAP_NS if stored.end_ns > 0 else None, end_ns=stored.end_ns)


def is_pattern(station: str) -> bool:
    """Does this mean more than one station?"""
    return "*" in station or "?" in station


def commands(ask: Ask, selectors: Iterable[str], protocol: Protocol) -> list[Command]:
    """STATION, SELECT and DATA or TIME, in the version's own words."""
    # the library adds one, to go on after a packet; ours is the number to begin with
    before = None if ask.sequence is None else ask.sequence - 1
    native = [wire_selector(text, protocol) for text in selectors]
    stream = Stream(ask.station.replace(".", "_", 1), native, seqnum=before)
    begin = None if ask.begin_ns is None else to_datetime(ask.begin_ns)
    plan = plan_negotiation(
        protocol, [stream], False, True, resume=True, lastpkttime=False, batch_active=False, start_time=begin
    )
    return plan[:-1]


def wire_selector(text: str, protocol: Protocol) -> str:
    """A selector in the words of a version; ``!`` stays in front.

    >>> wire_selector("!HHE", Protocol.V4), wire_selector("*_H_H_?", Protocol.V3)
    ('!*_H_H_E', 'HH?')
    """
    bare = text.removeprefix("!")
    translated = v3_to_v4_selector(bare) if protocol is Protocol.V4 else v4_to_v3_selector(bare)
    return text[: len(text) - len(bare)] + (translated or bare)


def fits(selector: str, source_id: SourceId) -> bool:
    """Does a selector of either version fit a channel, whether it takes or leaves out?

    >>> fits("00HN?", SourceId.parse("TJ.SAREZ.00.HNZ")), fits("!*_H_H_?", SourceId.parse("TJ.SAREZ.00.HHZ"))
    (True, True)
    """
    try:
        if "_" in selector:
            return glob(selector4(selector).pattern, source_id.fdsn.split("_", 2)[2])
        return glob(selector3(selector).pattern, f"{source_id.location:<2}{source_id.channel}")
    except ValueError:
        return False


@dataclass(slots=True)
class Agreed:
    """What came of it: stations and selectors that the server would not have (``TJ.MANEM``, ``TJ.MANEM HN?``), and
    stations that go on by time since it would not have their sequence number."""

    refused: list[str] = field(default_factory=list)
    by_time: list[str] = field(default_factory=list)


class Refusal(Exception):
    """Something was refused among commands that were sent together: begin anew, one at a time."""


async def negotiate(link: Link, asked: Sequence[Ask], selectors: Sequence[str], together: bool) -> Agreed:
    """Ask for the stations, and let data flow.

    ``together`` sends the commands of many stations before the answers are read, which saves a round trip each; as the
    meaning of a command depends on the one before it, ``Refusal`` says when that was not to be had.
    """
    agreed = Agreed()
    protocol = Protocol.V4 if link.version == 4 else Protocol.V3
    plans = [(ask, commands(ask, selectors, protocol)) for ask in asked]
    if together:
        for first in range(0, len(plans), AT_ONCE):
            batch = [one for _, plan in plans[first : first + AT_ONCE] for one in plan]
            await link.send(batch)
            for _ in batch:
                if not (await link.reply())[0]:
                    raise Refusal
    else:
        for ask, plan in plans:
            await _agree_on(link, ask, plan, agreed)
        if not asked or all(ask.station in agreed.refused for ask in asked):
            raise ProtocolError(f"the server has none of the stations: {', '.join(agreed.refused[:5])}")
    await link.send([end_v4(False) if protocol is Protocol.V4 else end_v3()])
    return agreed


async def _agree_on(link: Link, ask: Ask, plan: Sequence[Command], agreed: Agreed) -> None:
    """One station, one command at a time."""
    for command in plan:
        await link.send([command])
        done, _ = await link.reply()
        if done:
            continue
        if command.role == "station":
            agreed.refused.append(ask.station)
            return
        if command.role == "select":
            agreed.refused.append(f"{ask.station} {command.text.partition(' ')[2]}")
        elif ask.sequence is not None:
            agreed.by_time.append(ask.station)
