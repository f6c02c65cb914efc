"""Station files written and mended, whole or not at all."""

import io
import os
from pathlib import Path
from typing import Any

from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.formats.stationxml import parse

from .inventory import read_bytes


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet."""
    if path.exists():
        raise ArchiveError(f"{path}: exists already and is not overwritten; choose another --output")
    replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Write a file beside its place, sync it, and rename it into place."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ArchiveError(f"{path}: cannot be written: {error.strerror or error}") from None


def import_response(export: Path, station_file: Path, channel: str | None = None) -> list[str]:
    """Replace the responses of a station file by those of the digitizer's export; the codes of the channels changed.

    Channels match by code. With ``channel`` only that one, and an export of a single response is taken for it.
    QueryError when nothing matches, FormatError when either file cannot be read.
    """
    inventory = parse(read_bytes(station_file), str(station_file))
    responses = _responses(export)
    changed: list[str] = []
    for one in (c for network in inventory for station in network for c in station):
        if channel is not None and one.code != channel:
            continue
        found = responses.get(one.code)
        if found is None and channel is not None and len(responses) == 1:
            found = next(iter(responses.values()))
        if found is not None:
            one.response = found
            one.comments = [text for text in one.comments if "nominal" not in str(text.value).lower()]
            one.comments.append(_comment(f"response imported from {export.name}"))
            changed.append(one.code)
    if not changed:
        raise QueryError(
            f"{export}: none of its channels ({', '.join(sorted(responses))}) is in {station_file}; see --channel"
        )
    buffer = io.BytesIO()
    inventory.write(buffer, format="STATIONXML", validate=True)
    replace(station_file, buffer.getvalue())
    return changed


def _comment(text: str) -> Any:
    from obspy.core.inventory import Comment

    return Comment(value=text)


def _responses(export: Path) -> dict[str, Any]:
    data = read_bytes(export)
    if data.lstrip()[:1] == b"<":
        inventory = parse(data, str(export))
    else:
        from obspy import read_inventory

        if b"B052F" not in data and b"B050F" not in data:
            raise FormatError(f"{export}: neither StationXML nor RESP; export the response from the digitizer again")
        try:
            inventory = read_inventory(io.BytesIO(data), format="RESP")
        except Exception as error:  # one document: whatever the reader raises means that it cannot be read
            reason = " ".join(str(error).split())[:160]
            raise FormatError(f"{export}: cannot be read as RESP: {reason}") from None
    found = {
        channel.code: channel.response
        for network in inventory
        for station in network
        for channel in station
        if channel.response is not None and channel.response.response_stages
    }
    if not found:
        raise FormatError(
            f"{export}: holds no response with stages; export it from the digitizer with its full response"
        )
    return found
