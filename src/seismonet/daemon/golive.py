"""May this network warn in earnest? What must be true before an administrator says so."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from seismonet.core.errors import ConfigError, SeismonetError
from seismonet.formats.messageparams import MessageParams
from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.opening import open_sink
from seismonet.store.simulated import read_mark
from seismonet.warn.routing import place_of

from .setup import Setup

OPEN = "Actual"


def objections(setup: Setup) -> list[str]:
    """Why it may not, a sentence each; none when it may. The configuration itself has been read without an error."""
    config, usual = setup.config, MessageParams()
    found = []
    if mark := read_mark(Path(config.archive.folder)):
        found.append(
            f"the archive holds simulated data ({mark}): nobody is warned in earnest of those; use another folder"
        )
    if not config.messages.key_file:
        found.append("messages are not signed: no [messages] key_file, so receivers have no key to know ours by")
    found += [
        f"messages.{name} is {getattr(usual, name)!r}, as anybody's: say who warns"
        for name in ("sender", "network")
        if getattr(config.messages, name) == getattr(usual, name)
    ]
    if not setup.targets:
        found.append("no [network] targets: there is no place to be warned")
    earnest = [one for one in config.receivers if one.takes_status(OPEN)]
    if not earnest:
        found.append("no [[receiver]] takes messages in earnest")
    return found + [fault for fault in asyncio.run(_faults(earnest, setup)) if fault]


async def _faults(receivers: Sequence[ReceiverParams], setup: Setup) -> list[str]:
    return [await _fault(one, setup) for one in receivers]


async def _fault(receiver: ReceiverParams, setup: Setup) -> str:
    """Why a receiver cannot be told; empty when it can, as far as this is known without telling it."""
    try:
        place_of(receiver, setup.targets)
        sink = open_sink(receiver, lambda key, by: None)
    except SeismonetError as error:
        return f"receiver {receiver.name}: {error}"
    await sink.close()
    return ""


def check(setup: Setup) -> None:
    """ConfigError that names every objection, when there is one."""
    if found := objections(setup):
        raise ConfigError("\n  ".join(["not in earnest yet:", *found]))
