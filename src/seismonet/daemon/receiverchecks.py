"""Can every receiver be told? Nothing is sent to anybody; each way is tried as far as it goes without."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from seismonet.config import Config
from seismonet.core.errors import SeismonetError
from seismonet.core.target import Target
from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.opening import open_sink
from seismonet.warn.routing import place_of

from .findings import ERROR, WARNING, Finding, good
from .messages import alert_status, read_key
from .texts import load_texts

AREA = "alerts"


def message_findings(config: Config) -> list[Finding]:
    """What is wrong with the texts and the signature of messages, and in which status they go out."""
    params, found = config.messages, []
    try:
        load_texts(params.languages, params.texts)
        if params.key_file:
            read_key(params.key_file)
    except SeismonetError as error:
        found.append(Finding(AREA, ERROR, str(error), 0, "", "mend [messages]; docs/messages.md describes it"))
    if not config.receivers:
        return found
    if not params.key_file:
        cause, step = "no [messages] key_file is named", "make a key, and give receivers its public half"
        found.append(Finding(AREA, WARNING, "messages are not signed, so receivers cannot tell ours", 0, cause, step))
    status = alert_status(Path(config.archive.folder))
    told = [one.name for one in config.receivers if one.takes_status(status)]
    return [*found, good(AREA, f"messages go out as {status}, to {len(told)} of {len(config.receivers)} receivers")]


async def receiver_findings(receiver: ReceiverParams, targets: Sequence[Target]) -> list[Finding]:
    """Its place, its secret and certificates, and the way to it."""
    try:
        place_of(receiver, targets)
        sink = open_sink(receiver, lambda key, by: None)
    except SeismonetError as error:
        step = "mend its [[receiver]], or the file that it names, and run this as the daemon's user"
        return [Finding(receiver.name, ERROR, f"cannot be told: {error}", 0, "", step)]
    try:
        result = await sink.probe()
    finally:
        await sink.close()
    if result.outcome == "delivered":
        return [good(receiver.name, f"{receiver.sink}: {result.words}")]
    step = "mend its [[receiver]], or what lies between; docs/delivery.md says what each way needs"
    return [Finding(receiver.name, ERROR, f"{receiver.sink}: {result.words}", 0, "", step)]


def all_receiver_findings(receivers: Sequence[ReceiverParams], targets: Sequence[Target]) -> list[Finding]:
    """Of all receivers, asked at the same time."""

    async def ask() -> list[list[Finding]]:
        return await asyncio.gather(*(receiver_findings(one, targets) for one in receivers))

    return [finding for found in asyncio.run(ask()) for finding in found]
