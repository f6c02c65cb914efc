"""Station files written and mended, whole or not at all."""

import io
import os
import tempfile
from pathlib import Path

from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.formats.stationimport import read_export, take_responses

from .inventory import read_document, read_file


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet; ArchiveError when it does."""
    if path.exists():
        raise ArchiveError(f"{path}: exists already and is not overwritten; choose another --output")
    replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Write a file beside its place, sync it and move it there, so that no reader ever sees half of it."""
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise ArchiveError(f"{path}: cannot be written ({error.strerror}); check the folder and its rights") from error


def import_response(
    export: Path, station_file: Path, channel: str | None = None, calibrated: bool = False
) -> list[str]:
    """Replace responses of a station file by those of the digitizer's export; the names of the channels changed.

    See :func:`seismonet.formats.stationimport.take_responses`. A Comment names the export, and whether it is nominal or
    calibrated. The file stays as it is on any error.
    """
    kind = "calibrated" if calibrated else "nominal"
    station = read_document(station_file)
    try:
        source = read_export(read_file(export))
        note = f"{kind} response, imported from {export.name}, the digitizer's own export"
        changed = take_responses(station, source, note, channel)
    except (FormatError, QueryError) as error:
        raise type(error)(f"{export}: {error}") from error
    buffer = io.BytesIO()
    try:
        station.write(buffer, format="STATIONXML", validate=True)
    except Exception as error:  # ObsPy has no class of its own for a document that breaks the schema
        raise FormatError(f"{station_file}: not valid with that response: see 'seismonet stations check'") from error
    replace(station_file, buffer.getvalue())
    return changed
