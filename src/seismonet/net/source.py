"""What is asked of a SeedLink server, how far it is trusted, and what can be said of it at a moment."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.errors import AuthError

from .secretfile import exposed

PORTS = {"seedlink": 18000, "seedlinks": 18500}
MAX_SECRET_BYTES = 3900
"""What fits into the longest command line that servers take."""
_PATTERN = re.compile(r"[A-Z0-9*?-]{1,8}\.[A-Z0-9*?-]{1,8}")
_SELECTOR = re.compile(r"!?[A-Za-z0-9_*?-]{1,32}(\.[A-Z0-9*?]{1,4})?")


@parameters(frozen=True, config=ConfigDict(extra="forbid"))
class SourceParams:
    """A SeedLink server and what to ask of it.

    >>> SourceParams("sarez", "seedlink://sarez.example", ("TJ.SAREZ",)).address
    ('sarez.example', 18000)
    """

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,32}$", description="what we call the server, in archive and status")
    url: str = Field(description="seedlink://HOST:18000, or seedlinks://HOST:18500 for TLS")
    stations: tuple[str, ...] = Field(min_length=1, description="NET.STA, * and ? stand for any characters")
    selectors: tuple[str, ...] = Field(default=(), description="channels such as HH? or 00HNZ; none: all")
    protocol: Literal["auto", "3", "4"] = Field(default="auto", description="version of SeedLink; auto: the newest")
    user: str = Field(default="", pattern=r"^\S{0,64}$", description="name to log in with (SeedLink 4)")
    password_file: str = Field(default="", description="file with the password, for its owner's eyes only (0600)")
    token_file: str = Field(default="", description="file with a JSON Web Token instead, for its owner only (0600)")
    ca_file: str = Field(default="", description="certificates (PEM) that may vouch for the server; none: the system's")
    keepalive_s: float = Field(default=10.0, gt=0, le=600, description="ask whether it is there after such a silence")
    dead_s: float = Field(default=30.0, gt=0, le=3600, description="connect anew when nothing came for so long")
    station_silent_s: float = Field(default=60.0, gt=0, description="without data for so long a station is silent")
    fdsn: str = Field(default="", pattern=r"^(https?://\S+)?$", description="FDSN dataselect server to fill gaps from")

    @field_validator("url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            sound = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
        except ValueError:
            sound = False
        if not sound or parts.username or parts.path.strip("/") or parts.query:
            raise ValueError("should be seedlink://HOST:18000, or seedlinks://HOST:18500 for TLS")
        return value

    @field_validator("stations")
    @classmethod
    def _are_stations(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in values if not _PATTERN.fullmatch(one)]:
            raise ValueError(f"{wrong[0]!r} should be NET.STA")
        return values

    @field_validator("selectors")
    @classmethod
    def _are_selectors(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [one for one in values if not _SELECTOR.fullmatch(one)]:
            raise ValueError(f"{wrong[0]!r} should be like HH?, 00HNZ or *_H_H_?")
        return values

    @model_validator(mode="after")
    def _agree(self) -> "SourceParams":
        if bool(self.user) != bool(self.password_file):
            raise ValueError("user and password_file go together")
        if self.user and self.token_file:
            raise ValueError("give user and password_file, or token_file, not both")
        if self.keepalive_s >= self.dead_s:
            raise ValueError("keepalive_s should be shorter than dead_s")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or PORTS[parts.scheme]

    @property
    def tls(self) -> bool:
        """Is the connection encrypted?"""
        return self.url.startswith("seedlinks:")

    def credentials(self) -> tuple[str, str] | str | None:
        """User and password, or a token, read from their file; AuthError when it cannot be used."""
        if self.token_file:
            return _secret(self.token_file)
        return (self.user, _secret(self.password_file)) if self.user else None


def secrets_of(sources: Iterable[SourceParams]) -> list[str]:
    """Passwords and tokens of sources, so that no log line shows them; those that cannot be read are told elsewhere."""
    found: list[str] = []
    for source in sources:
        try:
            given = source.credentials()
        except AuthError:
            continue
        found += [given] if isinstance(given, str) else [given[1]] if given else []
    return found


def _secret(path: str) -> str:
    try:
        open_to_others, text = exposed(Path(path)), Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AuthError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'no text'}") from None
    if open_to_others:
        raise AuthError(f"{path}: others may read it; run chmod 600 on it")
    if not text or not text.isascii() or not text.isprintable() or " " in text or len(text) > MAX_SECRET_BYTES:
        raise AuthError(f"{path}: holds no password or token: one word of printable ASCII is wanted")
    return text


@parameters(frozen=True)
class Limits:
    """What a server may cost before the connection to it is given up, and when it is tried again."""

    connect_s: float = Field(default=10.0, gt=0, description="longest time to connect, TLS included")
    line_s: float = Field(default=10.0, gt=0, description="longest time to wait for a line")
    agree_s: float = Field(default=20.0, gt=0, description="longest time for greeting, and again for the stations")
    line_bytes: int = Field(default=4096, gt=0, description="longest line")
    reply3_bytes: int = Field(default=255, gt=0, description="longest answer of a server of SeedLink 3")
    packet_bytes: int = Field(default=65_536, gt=0, description="longest packet")
    packet_s: float = Field(default=20.0, gt=0, description="longest time from a packet's first byte to its last")
    info_bytes: int = Field(default=2 * 2**20, gt=0, description="longest answer to INFO; read, it is 20 times as much")
    info_s: float = Field(default=30.0, gt=0, description="longest time for an answer to INFO")
    first_retry_s: float = Field(default=1.0, gt=0, description="longest wait for the second attempt; then it doubles")
    last_retry_s: float = Field(default=60.0, gt=0, description="longest wait between attempts")
    steady_s: float = Field(default=60.0, ge=0, description="data for so long make all failures forgotten")
    settle_s: float = Field(default=60.0, gt=0, description="resumed by time, connect again by number after so long")
    refused_s: float = Field(default=600.0, gt=0, description="wait after the server refused our name")
    look_s: float = Field(default=20.0, gt=0, description="what was not heard so long after connecting is looked for")
    look_again_s: float = Field(default=600.0, gt=0, description="… and again after this long")


@dataclass(frozen=True, slots=True)
class StationState:
    """What came from one station. ``sequence`` -1: none; ``silent_s`` is the time since its last packet, or since we
    are connected; without a connection it goes on from the last packet."""

    station: str
    sequence: int
    packets: int
    received_bytes: int
    received_ns: int
    silent_s: float


@dataclass(frozen=True, slots=True)
class SourceState:
    """A server as it is now; ``condition`` is connecting, connected, waiting, or refused (our name or password).

    ``since_ns`` says since when, ``error`` in plain words why the last connection ended, ``next_try_ns`` when the next
    one is tried; ``silent`` are stations without data, ``refused`` those the server would not send, ``unmatched`` what
    was asked for and is not offered (``TJ.MANEM 00HN?``); ``resets`` counts sequence numbers that were begun anew,
    ``planned`` connections that we ended ourselves to go on from what is stored, which is no fault.
    """

    name: str
    url: str
    condition: str
    since_ns: int
    server: str
    organization: str
    protocol: str
    stations: tuple[StationState, ...]
    packets: int
    received_bytes: int
    received_ns: int
    connections: int
    foreign: int
    resets: int
    round_trip_s: float | None
    error: str
    next_try_ns: int
    silent: tuple[str, ...]
    refused: tuple[str, ...]
    unmatched: tuple[str, ...]
    planned: int = 0

    @property
    def reconnects(self) -> int:
        """Connections after the first, as the one before was lost."""
        return max(0, self.connections - 1 - self.planned)


def plain(text: object) -> str:
    """What a server or the system said, as one short printable line.

    >>> plain("no" + chr(13) + chr(10) + " data" + chr(7))
    'no data'
    """
    return "".join(one for one in " ".join(str(text).split()) if one.isprintable())[:200]
