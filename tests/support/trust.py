"""A configuration with receivers that are files, a key, and no station that sends, for acts on alerts."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from seismonet.core.alert import Alert
from seismonet.core.share import share
from seismonet.daemon.alone import Alone, acting
from seismonet.daemon.checking import make_key
from seismonet.daemon.requests import Answer, Request
from seismonet.daemon.setup import Setup, load_setup
from seismonet.formats.alertjson import read
from seismonet.formats.alertmessage import Message
from seismonet.net.clock import Clock
from tests.support.daemons import source, write_config
from tests.support.quakes import Quake

PEOPLE = 'audience = "public"\ntakes = ["Actual", "Exercise"]'
EARNEST = 'takes = ["Actual"]'


def trusted(folder: Path, receivers: dict[str, str], port: int = 1, **extra: dict[str, Any]) -> Path:
    """The configuration's file; ``receivers`` are more lines of each, by name."""
    key = folder / "key.pem"
    if not key.exists():
        make_key(key, folder / "keys.json")
    messages = {"key_file": "key.pem", "sender": "alerts@pamir.example", "network": "TJ", "languages": ["en"]}
    targets = folder / "targets.csv"
    if not targets.exists():
        targets.write_bytes((share("config") / "targets.csv").read_bytes())
    network = {"name": "test", "targets": "targets.csv"} | extra.pop("network", {})
    path = write_config(folder, {"pamir": source(port)}, {"messages": messages, "network": network, **extra})
    lines = [
        f'[[receiver]]\nname = "{name}"\nsink = "file"\naddress = "{name}.jsonl"\n{more}'
        for name, more in receivers.items()
    ]
    path.write_text("\n".join([path.read_text("utf-8"), *lines]) + "\n", "utf-8")
    return path


def measured(one: Quake) -> Quake:
    """Without probabilities of half units of magnitude, of which made-up events have too few to forecast shaking."""
    versions = (replace(v, magnitude=v.magnitude and replace(v.magnitude, probabilities=())) for v in one.versions)
    return replace(one, versions=tuple(versions))


def told(folder: Path, receiver: str) -> list[dict[str, Any]]:
    """What a receiver got, signs of life left out."""
    path = folder / f"{receiver}.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [one for one in map(json.loads, lines) if "event_id" in one]


def messages(folder: Path, receiver: str) -> list[Message]:
    """The same as messages."""
    return [read(one["payload"].encode()) for one in told(folder, receiver)]


async def alone(setup: Setup, *steps: Any, clock: Clock | None = None) -> list[Answer]:
    """Acts without a daemon, one after another, each sent before the next: requests, or alerts to tell."""
    found = []
    for step in steps:
        if isinstance(step, Request):

            async def ask(do: Any, step: Request = step) -> Answer:
                answer: Answer = await do(step)
                return answer

            found.append(await acting(setup, ask, clock))
        else:
            await _tell(setup, step, clock or Clock())
    return found


async def _tell(setup: Setup, alert: Alert, clock: Clock) -> None:
    Path(setup.config.archive.folder).mkdir(exist_ok=True)
    one = Alone(setup, clock)
    async with one.working():
        one.delivery.decide([alert], one.messages())


def loaded(path: Path) -> Setup:
    """The setup of a configuration."""
    return load_setup(path)
