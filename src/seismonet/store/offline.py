"""The one offline reader: waveform files of any format to receipts.

The rule this file owns: miniSEED goes through the gate; everything else goes to ObsPy with its format said, found from
the file's first bytes here, so that no byte is ever sniffed by code that could run it and nothing is unpacked.
"""

import glob
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from seismonet.core.errors import ArchiveError, FormatError, QueryError
from seismonet.core.utc import to_datetime
from seismonet.core.waveform import Receipt, Receipts
from seismonet.formats.gate import REASONS
from seismonet.formats.miniseed import decode_file
from seismonet.formats.obspystream import records_of_trace
from seismonet.formats.scan import Skip
from seismonet.formats.signatures import HEAD_BYTES, detect_format

_WORDS = {reason.code: reason.text for reason in REASONS}


@dataclass(frozen=True, slots=True)
class OfflineFile:
    """What a file gave: receipts (each received when complete), and what did not become one.

    ``outcomes`` counts records by reason (``ok`` and others), ``skipped`` are the bytes that belong to no record.
    """

    path: Path
    format: str
    receipts: Receipts
    outcomes: Counter[str]
    skipped: tuple[Skip, ...] = ()

    @property
    def skipped_bytes(self) -> int:
        """How many bytes belong to no record."""
        return sum(skip.length for skip in self.skipped)

    @property
    def remarks(self) -> list[str]:
        """In words, what was not used; empty when everything was."""
        told = [f"{count} records: {_WORDS[code]}" for code, count in sorted(self.outcomes.items()) if code != "ok"]
        kinds = Counter[str]()
        for skip in self.skipped:
            kinds[skip.reason] += skip.length
        return told + [f"{count} bytes skipped: {reason}" for reason, count in sorted(kinds.items())]


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
    if not data:
        raise FormatError(f"{path}: the file is empty")
    kind = detect_format(data[:HEAD_BYTES], path.suffix)
    return _read_obspy(path, data, kind) if kind not in ("", "MSEED") else _read_miniseed(path, data, kind)


def _read_miniseed(path: Path, data: bytes, kind: str) -> OfflineFile:
    batch, found = decode_file(data)
    outcomes = batch.outcomes()
    if len(batch.receipts):
        return OfflineFile(path, "MSEED", batch.receipts, outcomes, found.skipped)
    if kind and not outcomes:
        raise FormatError(f"{path}: miniSEED that is cut off within its first record; fetch the file again")
    if kind:
        why = "; ".join(f"{count} records: {_WORDS[code]}" for code, count in sorted(outcomes.items()))
        raise FormatError(f"{path}: miniSEED without a usable record ({why})")
    raise FormatError(f"{path}: not seismic data in a format known here (miniSEED, SAC, GSE2, K-NET, SEG-Y, …)")


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
    return OfflineFile(path, kind, receipts, Counter(ok=len(records)))


def expand(patterns: Sequence[str | Path], start_ns: int | None = None, end_ns: int | None = None) -> list[Path]:
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


def _expand_one(pattern: str | Path, start_ns: int | None, end_ns: int | None) -> Iterable[Path]:
    path = Path(pattern)
    if path.is_file():
        return [path]
    if path.is_dir():
        years = sorted(one for one in path.iterdir() if one.is_dir() and one.name.isdigit() and len(one.name) == 4)
        if years:
            return _day_files(years, start_ns, end_ns)
        files = sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        if not files:
            raise ArchiveError(f"{path}: the folder holds no file and is no SDS archive")
        return files
    matches = sorted(Path(one) for one in glob.glob(str(pattern), recursive=True))
    if not matches:
        raise ArchiveError(f"{pattern}: no such file or folder, and no file matches it")
    return [one for one in matches if one.is_file()]


def _day_files(years: Iterable[Path], start_ns: int | None, end_ns: int | None) -> list[Path]:
    """SDS day files that touch the window. The day before counts, as a record may span midnight."""
    first = 0 if start_ns is None else int((to_datetime(start_ns) - timedelta(days=1)).strftime("%Y%j"))
    last = 9999_999 if end_ns is None else int(to_datetime(end_ns).strftime("%Y%j"))
    found = []
    for year in years:
        if first // 1000 <= int(year.name) <= last // 1000:
            for path in sorted(year.glob("*/*/*.D/*.D.*")):
                day = "".join(path.name.split(".")[-2:])
                if day.isdigit() and first <= int(day) <= last:
                    found.append(path)
    return found
