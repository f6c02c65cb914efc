"""miniSEED records made by hand, byte for byte, so that every byte of them can be chosen."""

import struct
from itertools import pairwise
from typing import Any

import numpy as np

SAMPLES = np.array([3, -1, 4, -1, 5, -9, 2, -6], dtype=np.int32)


def record(samples: Any = SAMPLES, **fields: Any) -> bytes:
    """A miniSEED 2 record.

    Header fields by name: ``sequence``, ``quality``, ``name`` (12 bytes: station, location, channel, network),
    ``year``, ``day``, ``clock`` (hour, minute, second), ``fraction``, ``count``, ``rate`` (factor, multiplier),
    ``activity``, ``correction``, ``data_offset``, ``first_blockette``. Also ``order`` (of the header), ``data_order``,
    ``encoding``, ``length``, ``exponent``, ``timing`` (quality, microseconds) for a blockette 1001, ``rate_100`` for a
    blockette 100, ``blockette_1000=False`` to leave that out, ``blockettes`` for more as (number, content), ``x0`` and
    ``xn`` to lie about the ends of Steim data.
    """
    get = fields.get
    order, length, encoding = get("order", ">"), get("length", 512), get("encoding", 11)
    chain = _blockettes(fields, order)
    place = 64 if 48 + len(chain) <= 64 else 128
    offset = get("data_offset", place)
    head = struct.pack(
        order + "6sc1s12sHH3B1xHHhhBBBBiHH",
        get("sequence", b"000001"), get("quality", b"D"), b" ", get("name", b"SAREZ00HHZTJ"),
        get("year", 2024), get("day", 277), *get("clock", (8, 15, 30)), get("fraction", 1234),
        get("count", len(samples)), *get("rate", (100, 1)), get("activity", 0), 0, 0, 1, get("correction", 0),
        offset, get("first_blockette", 48 if chain else 0),
    )  # fmt: skip
    data = payload(samples, encoding, get("data_order", ">"), get("x0"), get("xn"))
    whole = bytearray(length)
    whole[:48] = head
    whole[48 : 48 + len(chain)] = chain
    at = max(offset, place)  # data are never written over the header, whatever it says of them
    whole[at : at + len(data)] = data
    return bytes(whole[:length])


def _blockettes(fields: dict[str, Any], order: str) -> bytes:
    parts = []
    if fields.get("blockette_1000", True):
        exponent = fields.get("exponent", int(fields.get("length", 512)).bit_length() - 1)
        big = fields.get("data_order", ">") == ">"
        parts.append((1000, struct.pack("4B", fields.get("encoding", 11), big, exponent, 0)))
    if "timing" in fields:
        parts.append((1001, struct.pack("BbBB", *fields["timing"], 0, 1)))
    if "rate_100" in fields:
        parts.append((100, struct.pack(order + "fi", fields["rate_100"], 0)))
    parts += fields.get("blockettes", ())
    out = b""
    for number, (kind, content) in enumerate(parts):
        follow = 48 + len(out) + 4 + len(content) if number + 1 < len(parts) else 0
        out += struct.pack(order + "HH", kind, follow) + content
    return out


def payload(samples: Any, encoding: int, order: str = ">", x0: int | None = None, xn: int | None = None) -> bytes:
    """Samples in an encoding; Steim with one difference to a word, the plainest form there is."""
    if encoding in (1, 3, 4, 5):
        kind = {1: "i2", 3: "i4", 4: "f4", 5: "f8"}[encoding]
        return np.asarray(samples).astype(order + kind).tobytes()
    if encoding not in (10, 11):
        return bytes(np.asarray(samples).astype("u1"))
    values = [int(value) for value in samples]
    steps = [0] + [b - a for a, b in pairwise(values)]
    words = [values[0] if x0 is None else x0, values[-1] if xn is None else xn] if values else []
    frames = []
    while steps:
        room = 15 - len(words)
        fill, steps = steps[:room], steps[room:]
        nibbles, control = [0] + [0] * len(words), 0
        for step in fill:
            if encoding == 11:
                nibbles.append(2)
                words.append((1 << 30) | (step & 0x3FFFFFFF))
            else:
                nibbles.append(3)
                words.append(step)
        for nibble in nibbles + [0] * (16 - len(nibbles)):
            control = control << 2 | nibble
        words = [control, *words] + [0] * (15 - len(words))
        frames += [word & 0xFFFFFFFF for word in words]
        words = []
    return np.array(frames, dtype=order + "u4").tobytes()


def record3(samples: Any = SAMPLES, **fields: Any) -> bytes:
    """A miniSEED 3 record: ``sid``, ``year``, ``day``, ``clock``, ``nanosecond``, ``encoding``, ``rate``, ``count``,
    ``extra`` (bytes), ``flags``, ``crc`` (None computes it), ``x0`` and ``xn``."""
    get = fields.get
    sid, extra, encoding = get("sid", b"FDSN:TJ_SAREZ_00_H_H_Z"), get("extra", b""), get("encoding", 11)
    data = payload(samples, encoding, ">" if encoding in (10, 11) else "<", get("x0"), get("xn"))
    head = struct.pack(
        "<2sBBIHHBBBBdIIBBHI", b"MS", 3, get("flags", 0), get("nanosecond", 123_400_000), get("year", 2024),
        get("day", 277), *get("clock", (8, 15, 30)), encoding, get("rate", 100.0), get("count", len(samples)), 0, 1,
        len(sid), len(extra), len(data),
    )  # fmt: skip
    whole = head + sid + extra + data
    crc = crc32c(whole) if get("crc") is None else get("crc")
    return whole[:28] + struct.pack("<I", crc) + whole[32:]


def _crc_of_byte(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_CRC = [_crc_of_byte(byte) for byte in range(256)]


def crc32c(data: bytes) -> int:
    """Castagnoli's checksum."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF
