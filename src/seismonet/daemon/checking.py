"""Messages in files checked as receivers do, and keys to sign them with."""

import os
import sys
import time
from pathlib import Path

from seismonet.core.errors import ArchiveError, QueryError
from seismonet.core.utc import from_iso
from seismonet.formats.signature import (
    Verdict,
    authentic,
    key_id,
    new_key,
    private_to_pem,
    public_from_json,
    public_to_json,
    verify,
)

JSON, NOW, STDIN = "json", "now", "-"
SUFFIX = ".sig"


def check_message(
    message: Path, keys: Path, signature: str, *, status: str = "Actual", at: str | None = None, form: str = JSON
) -> Verdict:
    """Whether a message in a file may be acted on; SeismonetError for files or a time that cannot be used.

    ``signature`` is one, or the name of a file that holds it, by default the message's with ``.sig``. Without ``at``
    time does not count.
    """
    payload = sys.stdin.buffer.read() if str(message) == STDIN else _bytes(message)
    trusted = public_from_json(_bytes(keys))
    text = _signature(message, signature)
    if form != JSON:
        return authentic(payload, text, trusted)
    return verify(payload, text, trusted, now_ns=_moment(at), status=status)


def _signature(message: Path, given: str) -> str:
    if not given and str(message) == STDIN:
        raise QueryError("give --signature with a message from standard input")
    path = Path(given) if given else message.with_name(message.name + SUFFIX)
    if given and ".." in given and not path.exists():
        return given
    return _bytes(path).decode("ascii", "replace").strip()


def _moment(at: str | None) -> int | None:
    if at is None:
        return None
    try:
        return time.time_ns() if at == NOW else from_iso(at)
    except ValueError:
        raise QueryError(f"--at {at!r} is no time; write 'now', or it like 2026-03-01T12:00:00Z") from None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from None


def make_key(private: Path, public: Path) -> str:
    """Write a new private key for its owner's eyes, and its public half; the key's id. ArchiveError if one is there."""
    key = new_key()
    for path, data, mode in ((private, private_to_pem(key), 0o600), (public, public_to_json(key.public_key()), 0o644)):
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except OSError as error:
            why = f"cannot be made: {error.strerror}; keys are never overwritten, choose another name"
            raise ArchiveError(f"{path}: {why}") from None
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
    return key_id(key.public_key())
