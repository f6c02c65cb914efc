"""Who may read a file with a secret in it."""

import os
from pathlib import Path


def exposed(path: Path) -> bool:
    """May others than its owner read it? OSError when nobody can tell.

    What systemd hands over (``LoadCredential=``) lies in a folder that only the service sees, read-only, and has the
    mode 0440 with an access control list, which looks like more than it is: below that folder the mode says nothing.
    """
    handed = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if handed and path.resolve().is_relative_to(Path(handed).resolve()):
        return False
    return bool(path.stat().st_mode & 0o077)
