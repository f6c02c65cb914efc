"""A file of lines: one JSON object a message, synced to the disk before it counts as delivered."""

import asyncio
import base64
import json
import os
from pathlib import Path

from seismonet.core.letter import Letter
from seismonet.net.receivers import ReceiverParams

from .result import Result, delivered, retry


class LinesFile:
    """A receiver that reads a file. A line that a power cut has torn is ended first, so that the next one is whole."""

    def __init__(self, receiver: ReceiverParams) -> None:
        self._path = Path(receiver.address)

    async def send(self, letter: Letter, now_ns: int) -> Result:
        """Append it."""
        head = {"key": letter.key, "event_id": letter.event_id, "version": letter.version, "kind": letter.kind}
        return await self._append(head, letter.format, letter.payload, letter.signature)

    async def beat(self, payload: bytes, signature: str) -> Result:
        """Append a heartbeat."""
        return await self._append({"heartbeat": True}, "json", payload, signature)

    async def probe(self) -> Result:
        """Can its folder be written to?"""
        if os.access(self._path if self._path.exists() else self._path.parent, os.W_OK):
            return delivered("can be written")
        return retry(f"{self._path}: cannot be written")

    async def close(self) -> None:
        """Nothing is kept open: others may rename or remove the file at any time."""

    async def _append(self, head: dict[str, object], form: str, payload: bytes, signature: str) -> Result:
        try:
            text = {"payload": payload.decode("utf-8")}
        except UnicodeDecodeError:
            text = {"payload_base64": base64.b64encode(payload).decode("ascii")}
        line = json.dumps({**head, "format": form, **text, "signature": signature}, ensure_ascii=False) + "\n"
        try:
            await asyncio.to_thread(_write, self._path, line.encode())
        except OSError as error:
            return retry(f"{self._path}: {error.strerror or error}")
        return delivered("written and synced")


def _write(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        before = os.fstat(file).st_size
        if before and os.pread(file, 1, before - 1) != b"\n":
            data = b"\n" + data
        if os.write(file, data) < len(data):
            os.ftruncate(file, before)
            raise OSError(28, "no space left for the whole line")
        os.fsync(file)
    finally:
        os.close(file)
