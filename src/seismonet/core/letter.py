"""A message on its way to one receiver."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """One version of what one audience is told, in the form that one receiver takes, byte for byte.

    Attributes
    ----------
    event_id, audience, version, kind, issued_ns : the alert's
    receiver, format : to whom, and in which form: json, cap, text, sms, geojson, quakeml
    payload, signature : the bytes that are sent, the same at every try, and what proves who wrote them
    not_after_ns : nobody is sent it later
    attempts : how often it was tried, the present try included
    """

    event_id: str
    audience: str
    version: int
    kind: str
    issued_ns: int
    receiver: str
    format: str
    payload: bytes
    signature: str
    not_after_ns: int
    attempts: int = 0

    @property
    def key(self) -> str:
        """What a receiver knows repeats by: 64 hexadecimal digits, made of what the letter is, not drawn.

        >>> Letter("e", "operator", 0, "new", 0, "duty", "json", b"{}", "", 0).key[:8]
        'b9366378'
        """
        parts = self.event_id, str(self.version), self.audience, self.kind, self.receiver, self.format
        return hashlib.sha256("|".join(parts).encode()).hexdigest()
