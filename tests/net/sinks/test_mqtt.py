"""With a real broker: what is published can be checked, expires by itself, and a refusal is no delivery."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from seismonet.net.receivers import ReceiverParams
from seismonet.net.sinks.mqtt import Mqtt
from tests.support.letters import SECOND_NS, T0_NS, letter
from tests.support.mosquitto import PASSWORD, Broker, broker

TOPIC = "seismonet/alerts"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker")) as made:
        yield made


def receiver(server: Broker, *, tls: bool = False, **changes: object) -> ReceiverParams:
    address = f"mqtts://localhost:{server.tls_port}" if tls else f"mqtt://127.0.0.1:{server.port}"
    facts = {
        "user": "seismonet", "secret": f"file:{server.password_file}", "timeout_s": 5.0, "ack": True,
        "ca_file": server.ca_file if tls else "", **changes,
    }  # fmt: skip
    return ReceiverParams("horn", "mqtt", address, **facts)  # type: ignore[arg-type]


@asynccontextmanager
async def siren(server: Broker) -> AsyncIterator[aiomqtt.Client]:
    """The other side."""
    five = aiomqtt.ProtocolVersion.V5
    async with aiomqtt.Client("127.0.0.1", server.port, username="siren", password=PASSWORD, protocol=five) as client:
        await client.subscribe(TOPIC, qos=1)
        await client.subscribe(f"{TOPIC}/heartbeat", qos=1)
        yield client


async def heard(client: aiomqtt.Client, topic: str = TOPIC) -> aiomqtt.Message:
    async with asyncio.timeout(10):
        while True:
            message = await anext(client.messages)
            if str(message.topic) == topic:
                return message


def told(message: aiomqtt.Message) -> dict[str, Any]:
    return dict(message.properties.UserProperty) if message.properties else {}


@pytest.mark.parametrize("tls", [False, True])
def test_bytes_key_signature_and_expiry_arrive_and_the_receiver_acknowledges(server: Broker, tls: bool) -> None:
    acks: list[tuple[str, str]] = []

    async def work() -> None:
        known = asyncio.Event()
        sink = Mqtt(receiver(server, tls=tls), lambda key, by: (acks.append((key, by)), known.set())[0])
        async with siren(server) as client:
            result = await sink.send(letter(), T0_NS + 20 * SECOND_NS)
            assert (result.outcome, result.words) == ("delivered", "the broker has it")
            message = await heard(client)
            assert message.payload == letter().payload
            assert (message.qos, message.retain) == (1, False)
            assert told(message)["key"] == letter().key
            assert told(message)["signature"] == letter().signature
            assert message.properties is not None
            assert 38 <= message.properties.MessageExpiryInterval <= 40
            for said in (b"nonsense", b"[1]", json.dumps({"key": letter().key, "by": "horn 7"}).encode()):
                await client.publish(f"{TOPIC}/ack", said, qos=1)
            async with asyncio.timeout(10):
                await known.wait()
        await sink.close()

    asyncio.run(work())
    assert acks == [(letter().key, "horn 7")]


def test_a_heartbeat_is_kept_for_those_who_come_later(server: Broker) -> None:
    async def work() -> None:
        sink = Mqtt(receiver(server), lambda key, by: None)
        assert (await sink.beat(b'{"alive": true}', "signed")).outcome == "delivered"
        async with siren(server) as client:
            message = await heard(client, f"{TOPIC}/heartbeat")
            assert (message.payload, message.retain, told(message)) == (
                b'{"alive": true}',
                True,
                {"signature": "signed"},
            )
        await sink.close()

    asyncio.run(work())


def test_what_the_broker_does_not_let_us_publish_is_not_delivered(server: Broker) -> None:
    async def work() -> None:
        sink = Mqtt(receiver(server, user="mute", ack=False), lambda key, by: None)
        assert (await sink.probe()).outcome == "delivered"
        result = await sink.send(letter(), T0_NS)
        assert (result.outcome, result.words) == ("retry", "the broker refuses it: Not authorized")
        await sink.close()

    asyncio.run(work())


def test_nobody_listening_is_said(server: Broker) -> None:
    async def work() -> None:
        sink = Mqtt(receiver(server), lambda key, by: None)
        result = await sink.send(letter(), T0_NS)
        assert (result.outcome, result.words) == ("delivered", "the broker has it, nobody listens now")
        await sink.close()

    asyncio.run(work())


def test_a_wrong_password_and_a_certificate_that_nobody_vouches_for_are_told(server: Broker, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    wrong.chmod(0o600)

    async def work() -> None:
        sink = Mqtt(receiver(server, secret=f"file:{wrong}"), lambda key, by: None)
        result = await sink.send(letter(), T0_NS)
        assert (result.outcome, "Not authorized" in result.words) == ("retry", True)
        await sink.close()
        sink = Mqtt(receiver(server, tls=True, ca_file=""), lambda key, by: None)
        result = await sink.send(letter(), T0_NS)
        assert (result.outcome, "certificate" in result.words.lower()) == ("retry", True)
        await sink.close()

    asyncio.run(work())


def test_it_comes_back_with_the_broker(tmp_path: Path) -> None:
    async def work(own: Broker) -> None:
        sink = Mqtt(receiver(own, timeout_s=2.0), lambda key, by: None)
        assert (await sink.send(letter(), T0_NS)).outcome == "delivered"
        own.stop()
        assert (await sink.send(letter(), T0_NS)).outcome == "retry"
        assert (await sink.probe()).outcome == "retry"
        own.start()
        assert (await sink.send(letter(), T0_NS)).outcome == "delivered"
        await sink.close()

    with broker(tmp_path / "own") as own:
        asyncio.run(work(own))


def test_the_broker_itself_drops_what_is_too_late(server: Broker) -> None:
    """As a subscriber that comes back finds: its session keeps only what has not expired."""

    async def work() -> None:
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 60
        facts = {"username": "siren", "password": PASSWORD, "protocol": aiomqtt.ProtocolVersion.V5}
        asleep = aiomqtt.Client(
            "127.0.0.1", server.port, identifier="sleeper", clean_start=False, properties=session, **facts
        )  # type: ignore[arg-type]
        async with asleep as client:
            await client.subscribe(TOPIC, qos=1)
        sink = Mqtt(receiver(server), lambda key, by: None)
        assert (await sink.send(letter(event="late"), letter().not_after_ns - SECOND_NS)).outcome == "delivered"
        assert (await sink.send(letter(event="good"), T0_NS)).outcome == "delivered"
        await asyncio.sleep(2.2)  # as long as the broker must keep the first, and a second more
        async with asleep as client:
            assert told(await heard(client))["event_id"] == "good"
        await sink.close()

    asyncio.run(work())
