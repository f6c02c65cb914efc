"""MQTT 5: QoS 1, with expiry, key and signature beside the payload; acknowledgements come back on a topic.

The connection is kept, so that an alert costs one packet and its answer. aiomqtt does not tell why a broker refused a
publication, which would make a refusal look like a delivery; ``_Client`` below, the one place that knows its insides,
does (a test has a broker refuse).
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from seismonet.core.letter import Letter
from seismonet.net.receivers import ReceiverParams

from .result import Result, delivered, retry
from .tls import client_context
from .webhook import MEDIA

KEEPALIVE_S = 15
ACK_BYTES = 4096
LONGEST_ACK = 100
REFUSED = 0x80
"""Reason codes from here on say that the broker did not take it."""
NOBODY = 0x10
_SILENT = logging.getLogger("seismonet.mqtt")
_SILENT.disabled = True  # what aiomqtt logs, results say too, once and in our words
OnAck = Callable[[str, str], None]


class _Client(aiomqtt.Client):
    """Keeps what the broker answered to the last publication."""

    answer: Any = None

    def _on_publish(self, client: Any, userdata: Any, mid: int, reason_code: Any, properties: Any) -> None:
        self.answer = reason_code
        super()._on_publish(client, userdata, mid, reason_code, properties)


class Mqtt:
    """A receiver behind a broker. ``on_ack`` is called with a key and who acknowledged it."""

    def __init__(self, receiver: ReceiverParams, on_ack: OnAck) -> None:
        """AuthError when its password, ConfigError when its certificates cannot be read."""
        self.receiver, self._on_ack = receiver, on_ack
        self._password = receiver.password() or None
        self._context = client_context(receiver) if receiver.url.scheme == "mqtts" else None
        self._client: _Client | None = None
        self._listening: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def send(self, letter: Letter, now_ns: int) -> Result:
        """Publish it; the broker drops it by itself when it is too late."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = max(1, -(-(letter.not_after_ns - now_ns) // 1_000_000_000))
        properties.ContentType = MEDIA[letter.format]
        properties.UserProperty = [
            ("key", letter.key),
            ("signature", letter.signature),
            ("event_id", letter.event_id),
            ("version", str(letter.version)),
            ("kind", letter.kind),
        ]
        return await self._publish(self.receiver.topic, letter.payload, properties, retain=False)

    async def beat(self, payload: bytes, signature: str) -> Result:
        """Publish a heartbeat; the broker keeps the last one for those who come later."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = MEDIA["json"]
        properties.UserProperty = [("signature", signature)]
        return await self._publish(f"{self.receiver.topic}/heartbeat", payload, properties, retain=True)

    async def probe(self) -> Result:
        """Does the broker let us in?"""
        async with self._turn:
            try:
                async with asyncio.timeout(self.receiver.timeout_s):
                    await self._connect()
            except (aiomqtt.MqttError, OSError, TimeoutError) as error:
                await self.close()
                return retry(_words(error))
        return delivered("the broker lets us in")

    async def close(self) -> None:
        """Say goodbye to the broker."""
        client, self._client = self._client, None
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
        if client is not None:
            with contextlib.suppress(aiomqtt.MqttError, OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await client.__aexit__(None, None, None)

    async def _publish(self, topic: str, payload: bytes, properties: Properties, *, retain: bool) -> Result:
        async with self._turn:  # one at a time, so that an answer belongs to its question
            try:
                async with asyncio.timeout(self.receiver.timeout_s):
                    client = await self._connect()
                    client.answer = None
                    await client.publish(topic, payload, qos=1, retain=retain, properties=properties)
                    return _judged(client.answer)
            except (aiomqtt.MqttError, OSError, TimeoutError) as error:
                await self.close()
                return retry(_words(error))

    async def _connect(self) -> _Client:
        if self._client is not None and self._listening is not None and not self._listening.done():
            return self._client
        await self.close()
        host, port = self.receiver.host_port
        client = _Client(
            host,
            port,
            username=self.receiver.user or None,
            password=self._password,
            protocol=aiomqtt.ProtocolVersion.V5,
            tls_context=self._context,
            timeout=self.receiver.timeout_s,
            keepalive=KEEPALIVE_S,
            logger=_SILENT,
        )
        self._client = client  # also when nothing comes of it: its socket is to be closed
        await client.__aenter__()
        self._listening = asyncio.create_task(self._listen(client))
        if self.receiver.ack:
            await client.subscribe(f"{self.receiver.topic}/ack", qos=1)
        return client

    async def _listen(self, client: _Client) -> None:
        """Hear acknowledgements, until the connection ends; what is none is passed over."""
        with contextlib.suppress(aiomqtt.MqttError):
            async for message in client.messages:
                payload = message.payload if isinstance(message.payload, bytes | bytearray) else b""
                key, by = _ack(bytes(payload[:ACK_BYTES]))
                if key:
                    self._on_ack(key, by)


def _judged(answer: Any) -> Result:
    code = int(getattr(answer, "value", 0) or 0)
    if code >= REFUSED:
        return retry(f"the broker refuses it: {answer}")
    return delivered("the broker has it, nobody listens now" if code == NOBODY else "the broker has it")


def _ack(payload: bytes) -> tuple[str, str]:
    """Key and who acknowledged it; empty for what is no acknowledgement."""
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(payload)
        if isinstance(found, dict) and isinstance(found.get("key"), str):
            return str(found["key"]), str(found.get("by", "") or "mqtt")[:LONGEST_ACK]
    return "", ""


def _words(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else f"the broker: {error}"
