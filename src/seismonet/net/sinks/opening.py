"""A receiver's sink."""

from seismonet.net.receivers import ReceiverParams

from .chat import Chat
from .command import Command
from .email import Email
from .file import LinesFile
from .mqtt import Mqtt, OnAck
from .webhook import Webhook

Hearing = LinesFile | Command | Webhook | Mqtt
"""Sinks that can also be told that we are alive (``beat``)."""
Sink = Hearing | Email | Chat
"""A way to a receiver: ``send``, ``probe`` and ``close``. Nothing that the other side does makes it raise."""


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
