"""Secrets: where they are, and who may read them."""

import os
from pathlib import Path

from seismonet.core.errors import AuthError


def exposed(path: Path) -> bool:
    """May others than its owner read it? OSError when nobody can tell.

    What systemd hands over (``LoadCredential=``) lies in a folder that only the service sees, read-only, and has the
    mode 0440 with an access control list, which looks like more than it is: below that folder the mode says nothing.
    """
    handed = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if handed and path.resolve().is_relative_to(Path(handed).resolve()):
        return False
    return bool(path.stat().st_mode & 0o077)


def read_bytes(path: str) -> bytes:
    """A file that nobody else may read; AuthError when it cannot be read, or others may."""
    try:
        open_to_others, found = exposed(Path(path)), Path(path).read_bytes()
    except OSError as error:
        raise AuthError(f"{path}: cannot be read: {error.strerror or error}") from None
    if open_to_others:
        raise AuthError(f"{path}: others may read it; run chmod 600 on it")
    return found


def read_secret(reference: str) -> str:
    """What ``file:PATH`` or ``env:NAME`` holds, without the blanks around it; AuthError when it cannot be used."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        found = os.environ.get(name, "").strip()
        if not found:
            raise AuthError(f"the environment variable {name} is not set")
        return found
    found = read_bytes(name).decode("utf-8", "replace").strip()
    if not found or not found.isprintable() or "\ufffd" in found:
        raise AuthError(f"{name}: holds no secret: one line of text is wanted")
    return found
