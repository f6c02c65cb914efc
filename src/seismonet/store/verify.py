"""Is every record of the archive what it should be, where it should be?

The rule this file owns: files are judged by their bytes alone, and the index is then judged by the files; nothing is
changed here. A finding is an error where something is damaged, twice there, or in a wrong place; a remark where a
record is kept as it came.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seismonet.core.arrays import BoolArray, IntArray
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import to_iso
from seismonet.formats.gate import CODE, REASONS, USED
from seismonet.formats.libmseed import checksum_fits

from .contents import Contents, contents
from .sds import DAY_NS

STEIM, CHANNEL, DAY = "steim", "channel", "day"
TOLD = 10
"""Findings of one kind in one file that are told one by one; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a file: where (byte offset; -1 is all of it), a short code, words, and is it an error."""

    path: str
    offset: int
    code: str
    words: str
    is_error: bool = True

    def __str__(self) -> str:
        place = f"{self.path}:{self.offset}" if self.offset >= 0 else self.path
        return f"{place}: {self.code}: {self.words}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in one file, and what there is in it: as much of it as makes sense."""

    findings: tuple[Finding, ...]
    contents: Contents

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.is_error for finding in self.findings)


def verify_file(data: bytes, path: str, source_id: SourceId, day: int) -> Verified:
    """Check the bytes of a day file: every byte belongs to a record, and every record to this channel and day.

    ``path`` is told in the findings; ``source_id`` and ``day`` (since 1970) are what its place says.

    >>> verify_file(b"junk", "a", SourceId.parse("TJ.SAREZ.00.HHZ"), 0).findings[0].words
    '4 bytes that are no record (no record)'
    """
    found = contents(data)
    findings = [
        Finding(path, skip.offset, "bytes", f"{skip.length} bytes that are no record ({skip.reason})")
        for skip in found.skipped
    ]
    for check in checks(found, data, source_id, day):
        findings += _told(path, check, found)
    findings += _remarks(path, found, ~found.refused())
    return Verified(tuple(findings), found)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong with a record: a code, (m,) with which it is, and words."""

    code: str
    where: BoolArray
    words: str


def checks(found: Contents, data: bytes, source_id: SourceId, day: int) -> list[Check]:
    """All that can be wrong with the records of a day file."""
    kept = ~found.refused()
    return [
        *_by_reason(found),
        Check("crc", _wrong_sums(found, data, kept), REASONS[CODE["crc"]].text),
        Check(CHANNEL, kept & (found.channel != _number(found, source_id)), "of another channel"),
        Check(DAY, kept & (found.start_ns // DAY_NS != day), "of another day"),
        Check("twice", _repeated(found, data, kept), "the same record is there already"),
    ]


def _by_reason(found: Contents) -> Iterator[Check]:
    """What the gate and the decoder would not have let in, and what they would not use because it does not add up."""
    refused = found.refused()
    for number in np.unique(found.reason).tolist():
        reason, own = REASONS[number], found.reason == number
        if reason.code == STEIM:
            yield Check(STEIM, own, f"{reason.text}; damaged here, or received like that")
        elif (own & refused).any():
            yield Check(reason.code, own & refused, reason.text)


def _wrong_sums(found: Contents, data: bytes, kept: BoolArray) -> BoolArray:
    """(m,) is the checksum of a miniSEED 3 record wrong that was not decoded? The decoder has looked at the others."""
    wrong = np.zeros(len(found), dtype=bool)
    for k in np.flatnonzero(kept & ~USED[found.reason]).tolist():
        part = data[int(found.offset[k]) : int(found.offset[k] + found.length[k])]
        wrong[k] = part[:2] == b"MS" and not checksum_fits(part)
    return wrong


def _number(found: Contents, source_id: SourceId) -> int:
    return found.names.index(source_id) if source_id in found.names else len(found.names)


def _repeated(found: Contents, data: bytes, chosen: BoolArray) -> BoolArray:
    """(m,) has the same record been there before? Only records of the same start need to be compared."""
    repeated = np.zeros(len(found), dtype=bool)
    order = np.flatnonzero(chosen)[np.argsort(found.start_ns[chosen], kind="stable")]
    same = np.append(found.start_ns[order][1:] == found.start_ns[order][:-1], False)
    suspects = np.flatnonzero(same | np.append(False, same[:-1]))
    seen: set[tuple[int, int, int, bytes]] = set()
    for k in order[suspects].tolist():
        part = data[int(found.offset[k]) : int(found.offset[k] + found.length[k])]
        key = int(found.channel[k]), int(found.start_ns[k]), int(found.count[k]), _digest(part)
        repeated[k] = key in seen
        seen.add(key)
    return repeated


def _digest(record: bytes) -> bytes:
    """Of a record without what two copies may differ in: the sequence number (version 2), the checksum (version 3)."""
    body = record[:28] + record[32:] if record[:2] == b"MS" else record[6:]
    return hashlib.blake2b(body, digest_size=16).digest()


def _told(path: str, check: Check, found: Contents) -> list[Finding]:
    index: IntArray = np.flatnonzero(check.where)
    told = []
    for k in index[:TOLD].tolist():
        record = f"record of {found.name(k) or 'no channel'} at {to_iso(int(found.start_ns[k]), 3)}"
        told.append(Finding(path, int(found.offset[k]), check.code, f"{record}: {check.words}"))
    if len(index) > TOLD:
        told.append(Finding(path, -1, check.code, f"{len(index) - TOLD} more records: {check.words}"))
    return told


def _remarks(path: str, found: Contents, kept: BoolArray) -> Iterator[Finding]:
    """What is kept as it came."""
    late = int(np.count_nonzero(np.diff(found.start_ns[kept]) < 0))
    if late:
        yield Finding(path, -1, "order", f"{late} records begin before the one in front of them", False)
    for number in np.unique(found.reason[kept]).tolist():
        reason = REASONS[number]
        if not USED[number] and reason.code != STEIM:
            count = int(np.count_nonzero(found.reason[kept] == number))
            yield Finding(path, -1, reason.code, f"{count} records: {reason.text}; kept, not used", False)
