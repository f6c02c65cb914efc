"""Who is told, in which form, and when: the ``[[receiver]]`` tables of the configuration."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.alert import LEVELS
from seismonet.core.errors import AuthError

from .secretfile import read_secret

Audience = Literal["public", "civil_defence", "operator", "siren"]
Sink = Literal["file", "command", "webhook", "mqtt", "email", "chat"]
Format = Literal["json", "cap", "text", "sms", "geojson", "quakeml"]
Status = Literal["Actual", "Exercise", "Test"]
REPORTS: tuple[Sink, ...] = ("email", "chat")
"""They may take minutes: what goes there is information, no warning, and is sent for a day."""
HEARTS: tuple[Sink, ...] = ("file", "command", "webhook", "mqtt")
"""Sinks that can be told every ten seconds that we are alive."""
MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}
MAIL_PORTS = {"smtp": 587, "smtps": 465}
_HOURS = r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$"
_SECRET = r"^(file:\S.*|env:[A-Za-z_][A-Za-z0-9_]*)?$"
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")


@parameters(frozen=True, config=ConfigDict(extra="forbid"))
class ReceiverParams:
    """A receiver of alerts.

    >>> ReceiverParams("log", "file", "alerts/log.jsonl").takes_status("Exercise")
    True
    >>> ReceiverParams("siren", "command", audience="siren", command=("sound-siren",)).takes_status("Exercise")
    False
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,32}$", description="what we call the receiver")
    sink: Sink = Field(
        description="how it is reached: file (lines of JSON), command (a siren), webhook, mqtt, email, or chat (also"
        " SMS, for information only; needs the extra 'chat')"
    )
    address: str = Field(
        default="",
        description="file: its path; webhook: https://HOST/PATH; mqtt: mqtts://BROKER:8883; email: who gets it, with"
        " commas between; chat: empty, as the address is the secret",
    )
    audience: Audience = Field(default="operator", description="public, civil_defence, operator or siren: see [alert]")
    format: Format = Field(default="json", description="json, cap, text, sms, geojson or quakeml")
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}$", description="of texts: en, ru, tg")
    place: str = Field(default="", description="the target whose shaking counts; empty: the one that is shaken most")
    coordinates: tuple[float, ...] = Field(
        default=(), max_length=2, description="[latitude, longitude]: the target nearest to it counts"
    )
    least_intensity: int = Field(
        default=0, ge=0, le=LEVELS[-1], description="tell only when this intensity (MSK-64, 3 to 10) is to be expected"
    )
    least_probability: float = Field(default=0.5, gt=0, le=1, description="… with at least this probability")
    least_lead_s: float = Field(
        default=0.0, ge=0, description="tell only while so many seconds remain until S comes; 0: also afterwards"
    )
    updates: bool = Field(default=True, description="tell updates too, not only the first message and a cancellation")
    quiet_hours: str = Field(default="", pattern=_HOURS, description="HH:MM-HH:MM, as 22:00-06:00; empty: none")
    quiet_offset_h: float = Field(default=5.0, ge=-12, le=14, description="local time of quiet hours against UTC")
    quiet_intensity: int = Field(
        default=5, ge=LEVELS[0], le=LEVELS[-1], description="this intensity breaks through quiet hours"
    )
    takes: tuple[Status, ...] = Field(
        default=(),
        description="Actual, Exercise, Test; empty: all three for an operator, Actual alone for everybody else",
    )
    timeout_s: float = Field(default=5.0, gt=0, le=60, description="longest time for one try")
    deadline_s: float = Field(
        default=0.0, ge=0, le=86_400, description="give up so long after the issue; 0: when nobody can act on it"
    )
    retries: int = Field(default=10_000, ge=0, description="tries after the first, at most")
    ack: bool = Field(default=False, description="the receiver acknowledges; the status tells when it did not")
    heartbeat: bool = Field(default=False, description="tell every 10 s that we are alive (not by email or chat)")
    states: bool = Field(
        default=False, description="operator: tell also when a station or the network becomes good, degraded or down"
    )
    user: str = Field(default="", max_length=64, description="name to log in with: mqtt, email")
    secret: str = Field(
        default="",
        pattern=_SECRET,
        description="file:PATH (readable by its owner alone) or env:NAME: the password of user, a webhook's bearer"
        " token, a chat service's address",
    )
    ca_file: str = Field(default="", description="certificates (PEM) that may vouch for the server; none: the system's")
    cert_file: str = Field(default="", description="our own certificate, where the server wants one")
    key_file: str = Field(default="", description="… and its key")
    command: tuple[str, ...] = Field(default=(), description="command: program and arguments; no shell is used")
    check: tuple[str, ...] = Field(default=(), description="command: asks whether it can be reached, exit code 0: yes")
    allow_private: tuple[str, ...] = Field(
        default=(), description="webhook: private networks that may be sent to, as 10.1.2.0/24"
    )
    ports: tuple[int, ...] = Field(default=(443, 8443), description="webhook: ports that may be sent to")
    topic: str = Field(
        default="seismonet/alerts",
        pattern=r"^[^+#\x00\s]{1,200}$",
        description="mqtt: where alerts are published; TOPIC/heartbeat and TOPIC/ack beside it",
    )
    server: str = Field(default="", description="email: smtp://HOST:587 (STARTTLS) or smtps://HOST:465")
    sender: str = Field(default="", description="email: who writes")

    @field_validator("coordinates")
    @classmethod
    def _on_earth(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if values and (len(values) != 2 or abs(values[0]) > 90 or abs(values[1]) > 180):
            raise ValueError("should be [latitude, longitude]")
        return values

    @field_validator("least_intensity")
    @classmethod
    def _level(cls, value: int) -> int:
        if value and value not in LEVELS:
            raise ValueError(f"should be 0, or from {LEVELS[0]} to {LEVELS[-1]}")
        return value

    @field_validator("allow_private")
    @classmethod
    def _networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for one in values:
            try:
                ipaddress.ip_network(one)
            except ValueError:
                raise ValueError(f"{one!r} should be a network like 10.1.2.0/24") from None
        return values

    @model_validator(mode="after")
    def _agree(self) -> "ReceiverParams":
        problem = _problem(self)
        if problem:
            raise ValueError(problem)
        return self

    def takes_status(self, status: str) -> bool:
        """Is it sent messages of a status? Exercises reach those only who take them."""
        return status in (
            self.takes or (("Actual", "Exercise", "Test") if self.audience == "operator" else ("Actual",))
        )

    @property
    def report(self) -> bool:
        """Is what it gets information for the day, rather than a warning for the next minute?"""
        return self.sink in REPORTS

    @property
    def url(self) -> SplitResult:
        """The server's address in parts: a webhook's, broker's or mail server's."""
        return urlsplit(self.server if self.sink == "email" else self.address)

    @property
    def host_port(self) -> tuple[str, int]:
        """Host and port of the server; empty and 0 where there is none."""
        usual = {"https": 443, **MQTT_PORTS, **MAIL_PORTS}
        return self.url.hostname or "", self.url.port or usual.get(self.url.scheme, 0)

    def password(self) -> str:
        """The secret, empty without one; AuthError when it cannot be read."""
        return read_secret(self.secret) if self.secret else ""


def _problem(one: ReceiverParams) -> str:
    """What is wrong with how its keys go together; empty when nothing is."""
    if one.place and one.coordinates:
        return "give place or coordinates, not both"
    if one.heartbeat and one.sink not in HEARTS:
        return f"heartbeat: not by {one.sink}"
    if one.sink == "command" and one.heartbeat and not one.check:
        return "check: heartbeat of a command asks with it whether the receiver can be reached; name a program"
    if bool(one.cert_file) != bool(one.key_file):
        return "cert_file and key_file go together"
    return _ADDRESSES[one.sink](one)


def _of_file(one: ReceiverParams) -> str:
    return "" if one.address else "address: should be the path of a file"


def _of_command(one: ReceiverParams) -> str:
    return "" if one.command and one.command[0] else "command: should be a program and its arguments"


def _of_webhook(one: ReceiverParams) -> str:
    parts = _parts(one.address)
    if parts is None or parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.fragment:
        return "address: should be https://HOST/PATH, without a user or password"
    port = parts.port or 443
    return "" if port in one.ports else f"address: port {port} is not among ports ({', '.join(map(str, one.ports))})"


def _of_mqtt(one: ReceiverParams) -> str:
    parts = _parts(one.address)
    if parts is None or parts.scheme not in MQTT_PORTS or not parts.hostname or parts.username or parts.path.strip("/"):
        return "address: should be mqtts://BROKER:8883, or mqtt://BROKER:1883 without TLS"
    return "" if bool(one.user) == bool(one.secret) else "user and secret go together"


def _of_email(one: ReceiverParams) -> str:
    parts = _parts(one.server)
    if parts is None or parts.scheme not in MAIL_PORTS or not parts.hostname or parts.username or parts.path.strip("/"):
        return "server: should be smtp://HOST:587 or smtps://HOST:465"
    if wrong := [text for text in (one.sender, *recipients(one)) if not _MAIL.fullmatch(text)]:
        return f"address and sender: {wrong[0]!r} should be an e-mail address"
    return "" if bool(one.user) == bool(one.secret) else "user and secret go together"


def _of_chat(one: ReceiverParams) -> str:
    if one.audience == "siren" or one.format not in ("text", "sms"):
        return "chat is for information: format text or sms, and no siren"
    return "" if one.secret and not one.address else "secret: should name the service's address, as file:telegram.url"


_ADDRESSES = {
    "file": _of_file, "command": _of_command, "webhook": _of_webhook, "mqtt": _of_mqtt, "email": _of_email,
    "chat": _of_chat,
}  # fmt: skip


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        return parts if parts.port != 0 and address.isprintable() and " " not in address else None
    except ValueError:
        return None


def recipients(receiver: ReceiverParams) -> list[str]:
    """The addresses of an e-mail."""
    return [one.strip() for one in receiver.address.split(",")]


def placed(receiver: ReceiverParams, folder: Path) -> ReceiverParams:
    """The receiver with its files relative to the folder that the configuration lies in."""
    changes: dict[str, str] = {}
    for name in ("ca_file", "cert_file", "key_file", *(["address"] if receiver.sink == "file" else [])):
        if path := getattr(receiver, name):
            changes[name] = str(folder / path)
    if receiver.secret.startswith("file:"):
        changes["secret"] = f"file:{folder / receiver.secret.removeprefix('file:')}"
    return replace(receiver, **changes)  # type: ignore[arg-type]


def secrets_of(receivers: Iterable[ReceiverParams]) -> list[str]:
    """Their secrets, so that no log line shows them; those that cannot be read are told elsewhere."""
    found: list[str] = []
    for one in receivers:
        try:
            found += [one.password()] if one.secret else []
        except AuthError:
            continue
    return found
