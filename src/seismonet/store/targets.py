"""The file of places that are warned, read from disk."""

from pathlib import Path

from seismonet.core.errors import ArchiveError, FormatError
from seismonet.core.target import Target
from seismonet.formats.targets import parse_targets

MAX_BYTES = 2**22


def read_targets(path: str | Path = "") -> tuple[Target, ...]:
    """The places in a CSV file; none without one.

    Raises
    ------
    ArchiveError : the file cannot be read
    FormatError : the line that is no place, and why
    """
    if not path:
        return ()
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise FormatError(f"{path}: more than {MAX_BYTES // 2**20} MB; a file of targets holds some hundred places")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: is no text in UTF-8 (byte {error.start})") from None
    return parse_targets(text.splitlines(), str(path))
