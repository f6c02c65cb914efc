"""The one offline reader: waveform files of any format to receipts.

The rule this file owns: miniSEED goes through the gate; everything else goes to ObsPy with its format said, found from
the file's first bytes here, so that no byte is ever sniffed by code that could run it and nothing is unpacked.
"""

import glob
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.core.utc import to_datetime
from seismonet.core.waveform import Receipt, Receipts
from seismonet.formats.gate import REASONS
from seismonet.formats.miniseed import SIGNATURE, decode_file
from seismonet.formats.obspystream import records_of_trace

HEAD = 4096


@dataclass(frozen=True, slots=True)
class OfflineFile:
    """What a file gave: receipts (each received when complete), and what did not become one.

    ``outcomes`` counts records by reason (``ok`` and others), ``skipped_bytes`` bytes that belong to no record.
    """

    path: Path
    format: str
    receipts: Receipts
    outcomes: Counter[str]
    skipped_bytes: int

    @property
    def remarks(self) -> list[str]:
        """In words, what was not used; empty when everything was."""
        texts = {reason.code: reason.text for reason in REASONS}
        told = [f"{count} records: {texts[code]}" for code, count in sorted(self.outcomes.items()) if code != "ok"]
        if self.skipped_bytes:
            told.append(f"{self.skipped_bytes} bytes skipped that are no record")
        return told


def read_file(path: Path) -> OfflineFile:
    """All records of a waveform file.

    ArchiveError when the file cannot be read, FormatError when it holds no seismic data.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ArchiveError(f"{path}: no such file; check the name") from None
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror or error}") from None
    kind = detect_format(data[:HEAD])
    if not data:
        raise FormatError(f"{path}: the file is empty")
    if kind == "MSEED" or (not kind and SIGNATURE.search(data, 0, 1 << 20)):
        return _read_miniseed(path, data)
    if not kind:
        raise FormatError(f"{path}: not seismic data in a format known here (miniSEED, SAC, GSE2, K-NET, SEISAN, …)")
    return _read_obspy(path, data, kind)


def _read_miniseed(path: Path, data: bytes) -> OfflineFile:
    batch, found = decode_file(data)
    outcomes = batch.outcomes()
    if len(batch.receipts) == 0:
        reasons = ", ".join(f"{count} {code}" for code, count in sorted(outcomes.items())) or "no whole record"
        raise FormatError(f"{path}: miniSEED without a usable record ({reasons}); is the file damaged or cut off?")
    return OfflineFile(path, "MSEED", batch.receipts, outcomes, found.skipped_bytes)


def _read_obspy(path: Path, data: bytes, kind: str) -> OfflineFile:
    import obspy

    try:
        stream = obspy.read(io.BytesIO(data), format=kind, check_compression=False)
        records = [record for trace in stream for record in records_of_trace(trace)]
    except Exception as error:  # one file: whatever ObsPy's reader raises means that this one cannot be read
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise FormatError(f"{path}: cannot be read as {kind}: {reason}") from None
    if not records:
        raise FormatError(f"{path}: holds no samples")
    receipts = Receipts.of([Receipt(record, record.end_ns) for record in records])
    return OfflineFile(path, kind, receipts, Counter(ok=len(records)), 0)


def detect_format(head: bytes) -> str:
    """ObsPy's name of the format that a file's first bytes show; empty when none is known.

    >>> detect_format(b"000001D ABC  "), detect_format(b"Origin Time       2011/03/11 14:46:00")
    ('MSEED', 'KNET')
    """
    if SIGNATURE.match(head):
        return "MSEED"
    for signature, name in (
        (b"Origin Time ", "KNET"),
        (b"WID2 ", "GSE2"),
        (b"BEGIN GSE2", "GSE2"),
        (b"WID1 ", "GSE1"),
        (b"XW01", "GSE1"),
        (b"TIMESERIES ", "TSPAIR" if b"TSPAIR" in head[:200] else "SLIST"),
    ):
        if head.startswith(signature):
            return name
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return ""
    return _sac(head) or _seisan(head)


def _sac(head: bytes) -> str:
    """SAC has version 6 or 7 in word 76; its samples are evenly spaced (word 105 is 1)."""
    if len(head) < 632:
        return ""
    for order in ("little", "big"):
        version = int.from_bytes(head[304:308], order)
        if version in (6, 7) and int.from_bytes(head[420:424], order) == 1:
            return "SAC"
    return ""


def _seisan(head: bytes) -> str:
    return "SEISAN" if len(head) > 88 and head[:4] in (b"P\0\0\0", b"\0\0\0P") and b"\0\0\0" in head[80:92] else ""


def expand(patterns: Sequence[str], start_ns: int | None = None, end_ns: int | None = None) -> list[Path]:
    """The files that names, globs, folders and SDS roots stand for, sorted, each once.

    Of an SDS archive only the day files that the times need are taken. ArchiveError names what does not exist;
    QueryError when the times are the wrong way round.
    """
    if start_ns is not None and end_ns is not None and start_ns >= end_ns:
        raise QueryError("the time window is empty: --start must lie before --end")
    found: dict[Path, None] = {}
    for pattern in patterns:
        for path in _expand_one(pattern, start_ns, end_ns):
            found.setdefault(path)
    return list(found)


def _expand_one(pattern: str, start_ns: int | None, end_ns: int | None) -> Iterable[Path]:
    path = Path(pattern)
    if path.is_file():
        return [path]
    if path.is_dir():
        years = sorted(one for one in path.iterdir() if one.is_dir() and one.name.isdigit() and len(one.name) == 4)
        if years:
            files = [one for year in years for one in sorted(year.glob("*/*/*.D/*.D.*"))]
            return [one for one in files if _wanted(one, start_ns, end_ns)]
        return sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
    matches = sorted(Path(one) for one in glob.glob(pattern, recursive=True))
    if not matches:
        raise ArchiveError(f"{pattern}: no such file or folder, and no file matches it")
    return [one for one in matches if one.is_file()]


def _wanted(path: Path, start_ns: int | None, end_ns: int | None) -> bool:
    """Does an SDS day file touch the window? The day before counts, as a record may span midnight."""
    year, day = path.name.split(".")[-2:]
    if not (year.isdigit() and day.isdigit()):
        return False
    number = int(year) * 1000 + int(day)
    first, last = 0, 10**9
    if start_ns is not None:
        first = int((to_datetime(start_ns).astimezone(UTC) - timedelta(days=1)).strftime("%Y%j"))
    if end_ns is not None:
        last = int(to_datetime(end_ns).astimezone(UTC).strftime("%Y%j"))
    return first <= number <= last
