"""Signatures: only what was signed, by whom it should be, in time, once, passes."""

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from seismonet.core.errors import FormatError
from seismonet.formats.alertjson import to_bytes
from seismonet.formats.signature import (
    Verdict,
    authentic,
    key_id,
    new_key,
    private_from_pem,
    private_to_pem,
    public_from_json,
    public_to_json,
    sign,
    verify,
)
from tests.support.messages import ALERT, ORIGIN_NS, SECOND, message

OURS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NEXT = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34)))
KEYS = public_from_json(public_to_json(OURS.public_key(), NEXT.public_key()))
SENT = message()
PAYLOAD = to_bytes(SENT)
SIGNATURE = sign(PAYLOAD, OURS)
NOW_NS = ORIGIN_NS + 8 * SECOND


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def verdict(payload: bytes = PAYLOAD, signature: str = SIGNATURE, now_ns: int | None = NOW_NS) -> Verdict:
    return verify(payload, signature, KEYS, now_ns=now_ns)


def test_what_was_signed_is_genuine_by_either_of_two_live_keys() -> None:
    for key in (OURS, NEXT):
        found = verdict(signature=sign(PAYLOAD, key))
        assert (found.reason, found.key_id, found.message) == ("genuine", key_id(key.public_key()), SENT)


def test_a_published_vector() -> None:
    # RFC 8032, section 7.1, test 1: key and public key; the key id is the hash of the latter
    key = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    (entry,) = json.loads(public_to_json(key.public_key()))["keys"]
    # RFC 8037, appendix A.2 has the same key as a JWK
    assert (entry["kty"], entry["crv"]) == ("OKP", "Ed25519")
    assert entry["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def test_the_form_is_a_detached_jws() -> None:
    header, empty, tail = SIGNATURE.split(".")
    assert (empty, len(base64.urlsafe_b64decode(tail + "=="))) == ("", 64)
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "EdDSA", "kid": key_id(OURS.public_key())}
    assert sign(PAYLOAD, OURS) == SIGNATURE


def test_every_flipped_byte_of_a_message_is_refused() -> None:
    for index in range(len(PAYLOAD)):
        changed = bytearray(PAYLOAD)
        changed[index] ^= 1 << (index % 8)
        assert verdict(bytes(changed)).reason == "altered"


def test_every_flipped_bit_of_a_signature_is_refused() -> None:
    for index in range(len(SIGNATURE)):
        for bit in range(7):
            changed = SIGNATURE[:index] + chr(ord(SIGNATURE[index]) ^ 1 << bit) + SIGNATURE[index + 1 :]
            assert verdict(signature=changed).reason in ("forged", "altered", "unknown key")


@given(st.binary(max_size=400), st.text(max_size=200) | st.binary(max_size=120).map(encoded))
@settings(max_examples=200, deadline=None)
def test_noise_is_refused(payload: bytes, signature: str) -> None:
    assert not verdict(payload, signature).genuine


def header(**fields: object) -> str:
    return encoded(json.dumps(fields, separators=(",", ":")).encode())


NAME = key_id(OURS.public_key())
TAIL = SIGNATURE.split(".")[2]


@pytest.mark.parametrize(
    "signature",
    [
        "",
        ".." + TAIL,
        f"{header(alg='none', kid=NAME)}..",
        f"{header(alg='none', kid=NAME)}..{TAIL}",
        f"{header(alg='HS256', kid=NAME)}..{TAIL}",
        f"{header(kid=NAME, alg='EdDSA')}..{TAIL}",
        f"{header(alg='EdDSA', kid=NAME, b64=False, crit=['b64'])}..{TAIL}",
        f"{header(alg='EdDSA', kid=NAME, jwk=json.loads(public_to_json(STRANGER.public_key()))['keys'][0])}..{TAIL}",
        f"{header(alg='EdDSA', kid=[NAME])}..{TAIL}",
        f"{header(alg='EdDSA')}..{TAIL}",
        SIGNATURE.replace("..", f".{encoded(PAYLOAD)}."),
        SIGNATURE.replace("..", "."),
        SIGNATURE + "=",
        SIGNATURE + "\n",
        " " + SIGNATURE,
        SIGNATURE + SIGNATURE,
        SIGNATURE[:-2],
        "é" + SIGNATURE,
    ],
)
def test_no_other_form_is_taken(signature: str) -> None:
    assert verdict(signature=signature).reason == "forged"


def test_another_spelling_of_the_same_signature_is_refused() -> None:
    # the last character of 64 bytes in base64 has four bits that nobody reads
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(SIGNATURE[-1])
    assert verdict(signature=SIGNATURE[:-1] + alphabet[last + 1]).reason == "forged"


def test_a_stranger_is_unknown_even_with_our_name() -> None:
    assert verdict(signature=sign(PAYLOAD, STRANGER)).reason == "unknown key"
    signed = STRANGER.sign(header(alg="EdDSA", kid=NAME).encode() + b"." + encoded(PAYLOAD).encode())
    assert verdict(signature=f"{header(alg='EdDSA', kid=NAME)}..{encoded(signed)}").reason == "altered"


def test_a_signature_of_another_message_is_refused() -> None:
    other = to_bytes(message(replace(ALERT, version=1)))
    assert verdict(other).reason == "altered"
    # a genuine message wrapped in another, and one after the other
    for wrapped in (PAYLOAD + other, b'{"payload":' + PAYLOAD + b"}", PAYLOAD + b"\n", b""):
        assert verdict(wrapped).reason == "altered"


def test_an_exercise_is_never_taken_for_a_warning() -> None:
    for status in ("Exercise", "Test"):
        payload = to_bytes(message(status=status))
        signature = sign(payload, OURS)
        assert verify(payload, signature, KEYS, now_ns=NOW_NS).reason == "wrong status"
        assert verify(payload, signature, KEYS, now_ns=NOW_NS, status=status).genuine
    assert verify(PAYLOAD, SIGNATURE, KEYS, now_ns=NOW_NS, status="Exercise").reason == "wrong status"


@pytest.mark.parametrize(
    ("now_s", "reason"),
    [(5, "genuine"), (-24, "genuine"), (-25, "from the future"), (126, "genuine"), (127, "too old"), (181, "expired")],
)
def test_only_what_is_fresh_passes(now_s: int, reason: str) -> None:
    assert verdict(now_ns=ORIGIN_NS + now_s * SECOND).reason == reason


def test_without_a_clock_time_does_not_matter() -> None:
    assert verdict(now_ns=None).genuine


def test_a_cancellation_holds_until_it_expires() -> None:
    alert = replace(ALERT, kind="cancel", version=1, expires_ns=ORIGIN_NS + 86_400 * SECOND)
    payload = to_bytes(message(alert))
    for now_s, reason in ((3600, "genuine"), (86_401, "expired")):
        found = verify(payload, sign(payload, OURS), KEYS, now_ns=ORIGIN_NS + now_s * SECOND)
        assert found.reason == reason


def test_nothing_is_taken_twice_nor_after_a_later_version() -> None:
    seen: dict[str, int] = {}
    reasons = []
    for version in (0, 1, 1, 0, 3, 2, 4):
        payload = to_bytes(message(replace(ALERT, version=version)))
        found = verify(payload, sign(payload, OURS), KEYS, now_ns=NOW_NS, seen=seen)
        if found.genuine and found.message is not None:
            seen[found.message.chain] = found.message.version
        reasons.append(found.reason)
    assert reasons == ["genuine", "genuine", "replayed", "replayed", "genuine", "replayed", "genuine"]


def test_versions_of_another_event_or_audience_do_not_count() -> None:
    seen = {SENT.chain: 5}
    for other in (replace(ALERT, event_id="ff" * 8), replace(ALERT, audience="public")):
        payload = to_bytes(message(other))
        assert verify(payload, sign(payload, OURS), KEYS, now_ns=NOW_NS, seen=seen).genuine


def test_signed_bytes_that_are_no_message_are_no_message() -> None:
    payload = b'{"alert":true}'
    assert verdict(payload, sign(payload, OURS)).reason == "no message"
    assert authentic(payload, sign(payload, OURS), KEYS).genuine


def test_private_keys_come_back_from_their_file() -> None:
    key = new_key()
    assert sign(PAYLOAD, private_from_pem(private_to_pem(key))) == sign(PAYLOAD, key)
    assert new_key() != key


OF_ANOTHER_KIND = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("pem", [b"", b"words", OF_ANOTHER_KIND, private_to_pem(OURS)[:-40]])
def test_no_other_private_key_is_taken(pem: bytes) -> None:
    with pytest.raises(FormatError, match="private key"):
        private_from_pem(pem)


GOOD = json.loads(public_to_json(OURS.public_key()))


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": []},
        {"keys": [GOOD["keys"][0] | {"kid": "0" * 16}]},
        {"keys": [GOOD["keys"][0] | {"kty": "RSA"}]},
        {"keys": [GOOD["keys"][0] | {"x": "AAAA"}]},
        {"keys": [GOOD["keys"][0] | {"x": GOOD["keys"][0]["x"] + "="}]},
        {"keys": [{}]},
        {"keys": 3},
        [],
    ],
)
def test_no_other_file_of_public_keys_is_taken(keys: object) -> None:
    with pytest.raises(FormatError, match="public key") as caught:
        public_from_json(json.dumps(keys).encode())
    assert "\n" not in str(caught.value)
