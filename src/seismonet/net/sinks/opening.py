"""A receiver's sink."""

from typing import Protocol, runtime_checkable

from seismonet.core.letter import Letter
from seismonet.net.receivers import ReceiverParams

from .chat import Chat
from .command import Command
from .email import Email
from .file import LinesFile
from .mqtt import Mqtt, OnAck
from .result import Result
from .webhook import Webhook


class Sink(Protocol):
    """A way to a receiver. Nothing that the other side does makes it raise."""

    async def send(self, letter: Letter, now_ns: int) -> Result: ...

    async def probe(self) -> Result: ...

    async def close(self) -> None: ...


@runtime_checkable
class Hearing(Protocol):
    """A sink that can also be told that we are alive."""

    async def beat(self, payload: bytes, signature: str) -> Result: ...


def open_sink(receiver: ReceiverParams, on_ack: OnAck) -> Sink:
    """The sink that a receiver names; a SeismonetError when its secret or certificates cannot be used."""
    match receiver.sink:
        case "file":
            return LinesFile(receiver)
        case "command":
            return Command(receiver)
        case "webhook":
            return Webhook(receiver)
        case "mqtt":
            return Mqtt(receiver, on_ack)
        case "email":
            return Email(receiver)
        case "chat":
            return Chat(receiver)
