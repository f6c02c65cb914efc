"""What a waveform file is, told from its first bytes; by its name only where a format has no mark of its own.

The rule this file owns: the question is answered here, by comparing bytes. No library is asked to try its readers one
after another, as some of them run or unpack what they are given.
"""

import re

from .scan import SIGNATURE

HEAD_BYTES = 4096
_STARTS = (
    (b"Origin Time ", "KNET"),
    (b"WID1 ", "GSE1"),
    (b"XW01", "GSE1"),
    (b"DATASET ", "PDAS"),
    (b"DELTA: ", "SH_ASC"),
    (b"KMI", "KINEMETRICS_EVT"),
    (b"\x55\x3a", "SEG2"),
    (b"\x3a\x55", "SEG2"),
    (b"\x00\x00\x04\x4c\x00\x00", "AH"),
    (b"\x00\x00\x00\x06", "AH"),
)
_SUFFIXES = {".gcf": "GCF", ".su": "SU"}
_SACXY = re.compile(rb"( *-?\d+\.\d+(?:[eE][+-]\d+)? *){5}\r?\n")
_SEISAN = re.compile(rb"(KP|P\0\0\0|\0\0\0P).{28,31}[ \d]{3}[ \d]{3} [ \d]{3} [ \d]{2} [ \d]{2} ", re.DOTALL)
_REFTEK = re.compile(rb"(AD|CD|DS|DT|EH|ET|OM|SH|SC|FD)[\x00-\x99]{2}.{2}[\x00-\x99]{10}", re.DOTALL)


def detect_format(head: bytes, suffix: str = "") -> str:
    """ObsPy's name of the format that a file's first 4096 bytes show; empty when none is known.

    ``suffix`` of the file's name (``.gcf``) helps where nothing else does.

    >>> detect_format(b"000001D ABC  00HHZXX" + bytes(44)), detect_format(b"Origin Time       2011/03/11 14:46:00")
    ('MSEED', 'KNET')
    """
    if SIGNATURE.match(head):
        return "MSEED"
    if head.startswith(b"TIMESERIES "):
        return "TSPAIR" if b"TSPAIR" in head[:200] else "SLIST"
    if re.search(rb"^WID2 ", head, re.MULTILINE) and head[:5] in (b"WID2 ", b"BEGIN"):
        return "GSE2"
    for start, name in _STARTS:
        if head.startswith(start, 16 if name == "KINEMETRICS_EVT" else 0):
            return name
    found = _sac(head) or _segy(head, suffix) or _win(head) or _y(head) or _SUFFIXES.get(suffix.lower(), "")
    if found:
        return found
    if _SEISAN.match(head):
        return "SEISAN"
    if _REFTEK.match(head) and len(head) >= 1024:
        return "REFTEK130"
    return "SACXY" if _SACXY.match(head) else ""


def _sac(head: bytes) -> str:
    """SAC has version 6 or 7 in word 76; its samples are evenly spaced (word 105 is 1)."""
    if len(head) < 632:
        return ""
    version, even = head[304:308], head[420:424]
    little = version in (b"\6\0\0\0", b"\7\0\0\0") and even == b"\1\0\0\0"
    big = version in (b"\0\0\0\6", b"\0\0\0\7") and even == b"\0\0\0\1"
    return "SAC" if little or big else ""


def _segy(head: bytes, suffix: str) -> str:
    """SEG-Y: 3200 bytes of text, in EBCDIC or ASCII, then interval, length and a number for the samples' form."""
    if len(head) < 3600 or not (head[:1] in (b"C", b"\xc3") or suffix.lower() in (".sgy", ".segy")):
        return ""
    interval, length, form = (int.from_bytes(head[at : at + 2], "big") for at in (3216, 3220, 3224))
    return "SEGY" if interval and length and form in (1, 2, 3, 4, 5, 8) else ""


def _win(head: bytes) -> str:
    """WIN: the length of a second's block, then its date and time as six pairs of decimal digits."""
    stamp = head[4:10]
    digits = [byte >> 4 for byte in stamp] + [byte & 15 for byte in stamp]
    if len(head) < 16 or max(digits) > 9 or not 16 <= int.from_bytes(head[:4], "big") <= 1 << 20:
        return ""
    month, day, hour, minute, second = (byte // 16 * 10 + byte % 16 for byte in stamp[1:])
    return "WIN" if 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60 else ""


def _y(head: bytes) -> str:
    """Nanometrics Y: tags of 16 bytes that begin alike."""
    return "Y" if head[:8] == b"\x49\x1f" + bytes(6) and head[16:18] == b"\x49\x1f" else ""
