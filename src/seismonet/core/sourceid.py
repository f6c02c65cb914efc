"""Names of data streams: FDSN Source Identifiers and the older NSLC."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

_PART = re.compile(r"[A-Z0-9-]{0,8}")
_CHANNEL = re.compile(r"[A-Z0-9]{3}|[A-Z0-9]+_[A-Z0-9]*_[A-Z0-9]*")
INSTRUMENT_GROUPS = {"H": "velocity", "L": "velocity", "P": "velocity", "N": "acceleration", "G": "acceleration"}


@dataclass(frozen=True, slots=True, order=True)
class SourceId:
    """Network, station, location and channel of one stream of samples.

    ``channel`` is ``HHZ`` where band, source and subsource have one letter each, else ``B_S_SS``. Upper-case letters
    and digits only (and ``-`` outside the channel): a name is safe in a path. Spec: FDSN Source Identifiers 1.0.

    >>> str(SourceId.parse("FDSN:TJ_SAREZ_00_H_H_Z")), SourceId.parse("TJ.SAREZ.00.HHZ").fdsn
    ('TJ.SAREZ.00.HHZ', 'FDSN:TJ_SAREZ_00_H_H_Z')
    """

    network: str
    station: str
    location: str
    channel: str
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.network, self.station, self.location, self.channel)))
        for part in (self.network, self.station, self.location):
            if not _PART.fullmatch(part):
                raise ValueError(f"{part!r} is no network, station or location code (A-Z, 0-9 and -, at most 8)")
        if not self.station or self.location == "--":
            raise ValueError("a station code is needed, and '--' is no location code (leave it empty)")
        if not _CHANNEL.fullmatch(self.channel):
            raise ValueError(f"{self.channel!r} is no channel code (three of A-Z, 0-9, or B_S_SS)")

    def __hash__(self) -> int:
        """Kept, as every packet asks for it."""
        return self._hash

    def __reduce__(self) -> tuple[type["SourceId"], tuple[str, str, str, str]]:
        """Made anew where it is unpickled: hashes of text differ from process to process."""
        return SourceId, (self.network, self.station, self.location, self.channel)

    @classmethod
    def parse(cls, text: str) -> "SourceId":
        """From ``FDSN:NET_STA_LOC_B_S_SS`` or ``NET.STA.LOC.CHA``; ValueError otherwise."""
        return _parse(text)

    @property
    def nslc(self) -> str:
        """``NET.STA.LOC.CHA``."""
        return f"{self.network}.{self.station}.{self.location}.{self.channel}"

    @property
    def fdsn(self) -> str:
        """``FDSN:NET_STA_LOC_B_S_SS``."""
        channel = self.channel if "_" in self.channel else "_".join(self.channel)
        return f"FDSN:{self.network}_{self.station}_{self.location}_{channel}"

    @property
    def station_code(self) -> str:
        """``NET.STA``."""
        return f"{self.network}.{self.station}"

    @property
    def band(self) -> str:
        """Band code, the first letter of HHZ."""
        return self.channel.split("_")[0] if "_" in self.channel else self.channel[0]

    @property
    def source(self) -> str:
        """Source (instrument) code, the second letter of HHZ."""
        return self.channel.split("_")[1] if "_" in self.channel else self.channel[1]

    @property
    def subsource(self) -> str:
        """Subsource (orientation) code, the third letter of HHZ."""
        return self.channel.split("_")[2] if "_" in self.channel else self.channel[2]

    @property
    def instrument(self) -> str:
        """All of the name but the orientation: channels of one sensor share it."""
        return f"{self.network}.{self.station}.{self.location}.{self.band}{self.source}"

    def __str__(self) -> str:
        return self.nslc


@lru_cache(maxsize=65536)
def _parse(text: str) -> SourceId:
    if text.startswith("FDSN:"):
        parts = text[5:].split("_")
        if len(parts) != 6:
            raise ValueError(f"{text!r} is no FDSN Source Identifier (FDSN:NET_STA_LOC_B_S_SS)")
        channel = "".join(parts[3:]) if all(len(part) == 1 for part in parts[3:]) else "_".join(parts[3:])
        return SourceId(parts[0], parts[1], parts[2], channel)
    parts = text.split(".")
    if len(parts) != 4:
        raise ValueError(f"{text!r} is no stream name (NET.STA.LOC.CHA or FDSN:NET_STA_LOC_B_S_SS)")
    return SourceId(*parts)
