"""Signatures of messages: Ed25519 over the exact bytes, as a detached JWS in compact form, and what a receiver checks.

A signature reads ``HEADER..SIGNATURE`` (RFC 7515, appendix F): the payload travels beside it, untouched, so nothing is
ever parsed before it is known to be genuine, and no canonical form needs to be agreed on. The header holds ``alg``
(always EdDSA, RFC 8037) and ``kid``, nothing else, and the key is taken from the receiver's own file: what a message
says of itself cannot weaken the check. Public keys travel as a JSON Web Key Set (RFC 7517), as many as are live.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from seismonet.core.errors import FormatError
from seismonet.core.utc import SECOND_NS, from_iso

from .alertjson import read
from .alertmessage import Message

OLDEST_S = 120
"""A warning that was signed longer ago is refused."""
AHEAD_S = 30
"""A receiver's clock may lag behind the sender's by this."""
Keys = Mapping[str, Ed25519PublicKey]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a message: ``reason`` is ``genuine``, or one of those below; ``detail`` says it in a sentence.

    ========================  ======================================================================
    forged                    the signature is none of ours by its form (another algorithm, say)
    unknown key               nobody whom the receiver knows signed it
    altered                   the bytes, the signature or both are not what was signed
    no message                genuine bytes that are no alert message
    wrong status              an Exercise or Test where Actual is expected, or the other way round
    expired                   nobody is to be told any more
    too old                   signed more than two minutes ago; cancellations hold until they expire
    from the future           signed later than the receiver's clock allows
    replayed                  this version, or a later one, has been seen
    ========================  ======================================================================
    """

    reason: str
    detail: str
    key_id: str = ""
    message: Message | None = None

    @property
    def genuine(self) -> bool:
        """May it be acted on?"""
        return self.reason == "genuine"


def new_key() -> Ed25519PrivateKey:
    """A new private key, from the operating system's randomness."""
    return Ed25519PrivateKey.generate()


def key_id(public: Ed25519PublicKey) -> str:
    """Sixteen hexadecimal digits that name a public key, derived from it."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def private_to_pem(key: Ed25519PrivateKey) -> bytes:
    """A private key as PEM (PKCS 8); whoever can read it can warn in our name."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def private_from_pem(pem: bytes) -> Ed25519PrivateKey:
    """The private key in a PEM file; FormatError for anything else."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise FormatError("no private key in PEM without a password; make one with `new_key`") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise FormatError("a private key of another kind than Ed25519; make one with `new_key`")
    return key


def public_to_json(*keys: Ed25519PublicKey) -> bytes:
    """The file of public keys (a JWK Set) that receivers keep: the key in use, and the next or the last one."""
    entries = [
        {
            "alg": "EdDSA",
            "crv": "Ed25519",
            "kid": key_id(key),
            "kty": "OKP",
            "use": "sig",
            "x": _encoded(key.public_bytes(Encoding.Raw, PublicFormat.Raw)),
        }
        for key in keys
    ]
    return json.dumps({"keys": entries}, indent=1).encode() + b"\n"


def public_from_json(data: bytes) -> dict[str, Ed25519PublicKey]:
    """Public keys by id; FormatError when one is not of our kind, or its id is not its own."""
    try:
        entries = json.loads(data)["keys"]
        keys = {str(one["kid"]): _public(one) for one in entries}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"no file of public keys: {error}; ask the sender for it again") from None
    if wrong := [name for name, key in keys.items() if key_id(key) != name]:
        raise FormatError(f"public key {wrong[0]!r} is not the one of that id; ask the sender for the file again")
    if not keys:
        raise FormatError("a file of public keys without a key; ask the sender for it again")
    return keys


def sign(payload: bytes, key: Ed25519PrivateKey) -> str:
    """The signature of some bytes; the same bytes and key always give the same."""
    header = _header(key_id(key.public_key()))
    return f"{header}..{_encoded(key.sign(_signed(header, payload)))}"


def verify(
    payload: bytes,
    signature: str,
    keys: Keys,
    *,
    now_ns: int | None,
    seen: Mapping[str, int] | None = None,
    status: str = "Actual",
) -> Verdict:
    """Whether a message may be acted on.

    Parameters
    ----------
    payload, signature : as they came
    keys : that the receiver trusts, by id
    now_ns : the receiver's clock; None looks at authenticity alone, as of a message in a file
    seen : the last version that was accepted, by :attr:`Message.chain`
    status : that the receiver expects
    """
    found = authentic(payload, signature, keys)
    if not found.genuine:
        return found
    name = found.key_id
    try:
        message = read(payload)
    except FormatError as error:
        return Verdict("no message", str(error), name)
    reason, detail = _timely(message, now_ns) if now_ns is not None else ("", "")
    last = (seen or {}).get(message.chain, -1)
    if message.status != status:
        reason, detail = "wrong status", f"{message.status} where {status} is expected"
    elif not reason and message.version <= last:
        reason, detail = "replayed", f"version {message.version}, when version {last} has been seen"
    if reason:
        return Verdict(reason, detail, name, message)
    return Verdict("genuine", f"{message.identifier}, signed by key {name}", name, message)


def authentic(payload: bytes, signature: str, keys: Keys) -> Verdict:
    """Whether one of these keys signed these very bytes, whatever they are: also of a CAP document or a text."""
    header, dots, tail = signature.partition("..")
    name, signed = _key_named(header), _decoded(tail)
    if not dots or name is None or signed is None or len(signed) != 64:
        return Verdict("forged", "the signature is not of the form that seismonet gives")
    if name not in keys:
        return Verdict("unknown key", f"key {name} is not among those that are trusted", name)
    try:
        keys[name].verify(signed, _signed(header, payload))
    except InvalidSignature:
        return Verdict("altered", "the message or its signature is not what was signed", name)
    return Verdict("genuine", f"signed by key {name}", name)


def _timely(message: Message, now_ns: int) -> tuple[str, str]:
    age_s = (now_ns - from_iso(message.sent)) / SECOND_NS
    if now_ns > from_iso(message.expires):
        return "expired", f"at {message.expires}"
    if age_s > OLDEST_S and message.type != "Cancel":
        return "too old", f"signed {age_s:.0f} s ago"
    if age_s < -AHEAD_S:
        return "from the future", f"signed {-age_s:.0f} s ahead of this clock"
    return "", ""


def _key_named(header: str) -> str | None:
    """The key that a header names; None unless it is letter for letter the header that we would write."""
    data = _decoded(header)
    try:
        name = json.loads(data)["kid"] if data is not None else None
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return name if isinstance(name, str) and _header(name) == header else None


def _header(name: str) -> str:
    return _encoded(json.dumps({"alg": "EdDSA", "kid": name}, separators=(",", ":")).encode())


def _signed(header: str, payload: bytes) -> bytes:
    return header.encode() + b"." + _encoded(payload).encode()


def _public(entry: Mapping[str, str]) -> Ed25519PublicKey:
    if (entry["kty"], entry["crv"]) != ("OKP", "Ed25519"):
        raise ValueError("a key of another kind than Ed25519")
    raw = _decoded(entry["x"])
    if raw is None:
        raise ValueError("a key that is not in base64url")
    return Ed25519PublicKey.from_public_bytes(raw)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes | None:
    """The bytes of a base64url text; None when it is none, or one of several spellings of the same bytes."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _encoded(data) == text else None
