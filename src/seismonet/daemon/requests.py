"""What people ask of a daemon that runs: files in a folder that only its user can write to.

The rule this file owns: a request is carried out at most once, and soon or never: whoever asks withdraws it when nobody
answers, the daemon takes it out of the folder before anything is done, and one that is old is not done at all.
"""

import contextlib
import json
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from seismonet.core.errors import ArchiveError
from seismonet.store.stationfile import replace

FOLDER = "requests"
OLD_S = 30.0
"""A request that is older is not carried out: circumstances have changed."""
ANSWER_S = 15.0
POLL_S = 0.05
LARGEST = 1 << 20
_ASKED, _ANSWERED = ".request.json", ".answer.json"


@checked(frozen=True, config=ConfigDict(extra="forbid", strict=True))
class Request:
    """Who asks for what, and why.

    ``act`` is ack (letters have arrived), cancel (what was told was a mistake), status (of all messages), or drill
    (tell an alert of an invented earthquake).
    """

    act: Literal["ack", "cancel", "status", "drill"]
    by: str
    time_ns: int
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Was it done, and what came of it, in words, a line each."""

    done: bool
    words: tuple[str, ...]


def ask(folder: Path, request: Request, limit_s: float = ANSWER_S) -> Answer:
    """Let the daemon that works in an archive's folder do something; ArchiveError when it does not answer."""
    name = uuid.uuid4().hex
    asked, answered = folder / FOLDER / f"{name}{_ASKED}", folder / FOLDER / f"{name}{_ANSWERED}"
    _make(folder / FOLDER)
    replace(asked, json.dumps(asdict(request), ensure_ascii=False).encode())
    give_up_s = time.monotonic() + limit_s
    while not answered.exists():
        # when it is gone the daemon has it, and will answer
        if time.monotonic() > give_up_s and _withdrawn(asked):
            raise ArchiveError(
                f"{folder}: the daemon did not answer within {limit_s:g} s; nothing was done: see its log"
            )
        if time.monotonic() > give_up_s + limit_s:
            raise ArchiveError(f"{folder}: the daemon took the request, but did not answer; see its log and the ledger")
        time.sleep(POLL_S)
    found = json.loads(answered.read_bytes())
    answered.unlink(missing_ok=True)
    return Answer(bool(found["done"]), tuple(found["words"]))


def take(folder: Path) -> list[tuple[str, Request | Answer]]:
    """Take all requests out of the folder: their names, and what is asked, or why that is refused."""
    found: list[tuple[str, Request | Answer]] = []
    try:
        with os.scandir(folder / FOLDER) as listed:
            names = sorted(one.name for one in listed if one.name.endswith(_ASKED) and not one.name.startswith("."))
    except FileNotFoundError:
        return []
    for one in names:
        path = folder / FOLDER / one
        try:
            data = _read(path)
            path.unlink()
        except FileNotFoundError:  # withdrawn
            continue
        except OSError as error:  # a link, say: no request of ours
            with contextlib.suppress(OSError):
                path.unlink()
            found.append((one.removesuffix(_ASKED), Answer(False, (f"no request: {error.strerror}",))))
            continue
        found.append((one.removesuffix(_ASKED), _parsed(data)))
    return found


def answer(folder: Path, name: str, answered: Answer) -> None:
    """Tell who asked."""
    replace(folder / FOLDER / f"{name}{_ANSWERED}", json.dumps(asdict(answered), ensure_ascii=False).encode())


def clear(folder: Path) -> None:
    """Forget what was asked of an earlier daemon."""
    _make(folder / FOLDER)
    for path in (folder / FOLDER).glob("*.json"):
        path.unlink(missing_ok=True)


def too_old(request: Request, now_ns: int) -> bool:
    """Has so much time passed since that it may no longer be meant?"""
    return abs(now_ns - request.time_ns) > OLD_S * 1e9


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(f"{folder}: cannot be made: {error.strerror}; run this as the daemon's user") from None


def _read(path: Path) -> bytes:
    """The bytes of a file of our own user or of root; empty for any other."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        ours = os.fstat(handle).st_uid in (os.getuid(), 0)
        return file.read(LARGEST) if ours else b""


def _parsed(data: bytes) -> Request | Answer:
    try:
        return TypeAdapter(Request).validate_json(data)
    except ValidationError as failure:
        return Answer(False, (f"no request: {failure.errors(include_url=False)[0]['msg']}",))


def _withdrawn(asked: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        asked.unlink()
        return True
    return False
