"""What is written to receivers: an alert as a message, in the form that each takes, signed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from seismonet.config import Config
from seismonet.core.alert import Alert
from seismonet.core.errors import AuthError, ConfigError, FormatError
from seismonet.core.inventory import ChannelTable
from seismonet.core.target import Target
from seismonet.core.utc import to_iso
from seismonet.formats.alertjson import Circumstances, document, reference
from seismonet.formats.alertmessage import HumanAction, Message, Sender, UsedStation
from seismonet.formats.projection import project
from seismonet.formats.signature import private_from_pem, sign
from seismonet.formats.texttemplates import Templates
from seismonet.net.receivers import ReceiverParams
from seismonet.net.secretfile import read_bytes

from .texts import load_texts

VERSION = version("seismonet")
LIVE = "live.json"
"""In the archive's folder: an administrator's word that this network warns people in earnest."""
Status = Literal["Actual", "Exercise", "Test"]
_STATUSES: tuple[Status, ...] = ("Actual", "Exercise", "Test")


def alert_status(folder: Path) -> Status:
    """The status of messages. Whatever cannot be read is no word of an administrator: Exercise."""
    try:
        found = json.loads((folder / LIVE).read_bytes())["status"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "Exercise"
    return _status(found)


def _status(text: object) -> Status:
    return next((one for one in _STATUSES if one == text), "Exercise")


@dataclass(frozen=True, slots=True)
class Stationery:
    """What all messages have in common. ``key`` is None where messages are not signed."""

    sender: Sender
    templates: Mapping[str, Templates]
    key: Ed25519PrivateKey | None
    targets: tuple[Target, ...] = ()
    stations: tuple[UsedStation, ...] = ()
    parameters: str = ""

    def signature(self, payload: bytes) -> str:
        """Of some bytes; empty without a key."""
        return sign(payload, self.key) if self.key is not None else ""

    def heartbeat(self, now_ns: int, facts: Mapping[str, object]) -> tuple[bytes, str]:
        """A sign of life and its signature."""
        said = {"format": "seismonet-heartbeat/1", "sender": self.sender.id, "time": to_iso(now_ns, 3), **facts}
        payload = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        return payload, self.signature(payload)


def stationery(config: Config, table: ChannelTable, targets: Sequence[Target]) -> Stationery:
    """As the configuration has it; ConfigError when texts or key cannot be used."""
    params = config.messages
    stated = json.dumps(config.document(), sort_keys=True, default=str).encode()
    return Stationery(
        params.as_sender(),
        load_texts(params.languages, params.texts),
        read_key(params.key_file) if params.key_file else None,
        tuple(targets),
        tuple(UsedStation(one.station_code, one.name or None) for one in table.stations),
        hashlib.sha256(stated).hexdigest()[:16],
    )


def read_key(path: str) -> Ed25519PrivateKey:
    """The private key in a file for its owner's eyes only; ConfigError when there is none."""
    try:
        return private_from_pem(read_bytes(path))
    except (AuthError, FormatError) as error:
        raise ConfigError(f"messages.key_file: {error}") from None


@dataclass(slots=True)
class Messages:
    """Writes messages of one status; each form once, however many receivers take it.

    ``drill``: of an invented earthquake; ``human``: what a person did.
    """

    stationery: Stationery
    status: Status = "Exercise"
    simulated: bool = False
    drill: bool = False
    human: HumanAction | None = None
    _written: dict[object, tuple[bytes, str]] = field(default_factory=dict)
    _made: dict[object, Message] = field(default_factory=dict)

    def as_status(self, status: str) -> "Messages":
        """The same for messages of another status; what is known to be invented is never told in earnest."""
        known, invented = _status(status), self.simulated or self.drill
        found: Status = "Exercise" if invented and known == "Actual" else known
        return Messages(self.stationery, found, self.simulated, self.drill, self.human)

    def reference(self, alert: Alert) -> str:
        """How a later message names this one."""
        # only its sender, identifier and time count here, which are those of a first message too
        return reference(self._message(replace(alert, kind="new"), ()))

    def write(self, alert: Alert, receiver: ReceiverParams, place: str, references: Sequence[str]) -> tuple[bytes, str]:
        """Payload and signature."""
        known = (alert.event_id, alert.audience, alert.version, tuple(references))
        form = known, receiver.format, receiver.language, place
        if form not in self._written:
            message = self._message(alert, tuple(references))
            payload = project(message, receiver.format, self.stationery.templates, receiver.language, place)
            self._written[form] = payload, self.stationery.signature(payload)
        return self._written[form]

    def _message(self, alert: Alert, references: tuple[str, ...]) -> Message:
        known = alert.event_id, alert.audience, alert.version, alert.kind, references
        if known not in self._made:
            made = Circumstances(
                status=self.status,
                version=VERSION,
                parameters=self.stationery.parameters,
                references=references,
                drill=self.drill,
                simulated=self.simulated,
                human=self.human,
            )
            papers = self.stationery
            self._made[known] = document(alert, papers.sender, made, targets=papers.targets, stations=papers.stations)
        return self._made[known]
