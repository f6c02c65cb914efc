"""Messages: how many are valid CAP and name what was sent, whether texts fit, what forgeries pass, how long it takes.

The alerts are drawn: any place about the Pamir, any size and depth, any number of stations, all audiences and ways to
an alert, with chains of a first message, updates and a cancellation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from seismonet.core.alert import LEVELS, Alert, MissingStation, Shaking
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS, from_iso, from_seconds
from seismonet.daemon.texts import load_texts
from seismonet.formats.alertjson import Circumstances, document, read, reference, to_bytes
from seismonet.formats.alertmessage import Message, Sender
from seismonet.formats.alerttext import text
from seismonet.formats.cap import cap
from seismonet.formats.capcheck import faults
from seismonet.formats.signature import public_from_json, public_to_json, sign, verify
from seismonet.formats.sms import parts

from .page import Figure, microseconds
from .timing import median_cpu_s

CHAINS = 700
SEED = 20260921
START_NS = 1_790_000_000 * SECOND_NS
SENDER = Sender("alerts@seismo.example", "Seismological Service", "TJ", contact="+992 00 000 00 00")
TARGETS = (
    Target("Khorugh", "city", 37.49, 71.55, population=30500, names=(("ru", "Хорог"), ("tg", "Хоруғ"))),
    Target("Rushon", "town", 37.94, 71.56, population=4031, names=(("ru", "Рушан"), ("tg", "Рӯшон"))),
    Target("Basid", "village", 38.11, 72.17, names=(("ru", "Басид"), ("tg", "Басид"))),
    Target("Usoi Dam", "dam", 38.27, 72.60, names=(("ru", "Усойский завал"), ("tg", "Сарбанди Усой"))),
    Target("Dushanbe", "city", 38.54, 68.78, population=679400, names=(("ru", "Душанбе"), ("tg", "Душанбе"))),
)
MOST_PARTS = {"en": 1, "ru": 2, "tg": 2}
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
KEYS = public_from_json(public_to_json(KEY.public_key()))


@dataclass(frozen=True, slots=True)
class Count:
    """How many were tried and how many of them were as they should be."""

    tried: int
    good: int


def measure() -> list[Figure]:
    """The figures on messages."""
    chains = list(_chains(CHAINS))
    sent = [message for chain in chains for message in chain]
    valid, chained, fitting = _valid(sent), _chained(chains), _fitting(sent)
    back = sum(read(to_bytes(one)) == one for one in sent)
    genuine, refused = _forgeries(sent)
    words = f"{len(chains)} chains, three languages in each document, seed {SEED}"
    return [
        _figure("CAP messages valid by the rules of the standard", valid, words),
        _figure("Updates and cancellations that name all that was sent, as it was sent", chained, ""),
        _figure(
            "Short messages that fit: one in English, two in Russian and Tajik", fitting, "each place and language"
        ),
        _figure("Canonical messages that come back as they were", Count(len(sent), back), ""),
        _figure("Genuine messages taken", genuine, ""),
        _figure("Forged, altered, replayed, expired and misdirected messages refused", refused, ", ".join(ATTACKS)),
        _speed(sent),
    ]


def _figure(what: str, count: Count, detail: str) -> Figure:
    return Figure(what, "all", f"{count.good:,} of {count.tried:,}", count.good == count.tried, detail)


def _chains(number: int) -> Iterator[list[Message]]:
    """Chains of messages: each names all before it."""
    rng = np.random.default_rng(SEED)
    for index in range(number):
        alert = _alert(rng, index)
        status = ("Actual", "Exercise", "Test")[index % 3]
        kinds = ["new", *["update"] * int(rng.integers(0, 4)), *["cancel"] * int(rng.integers(0, 2))]
        chain: list[Message] = []
        for version, kind in enumerate(kinds):
            told = replace(alert, kind=kind, version=version, issued_ns=alert.issued_ns + version * SECOND_NS)
            names = tuple(reference(one) for one in chain)
            made = Circumstances(status=status, version="bench", references=names)  # type: ignore[arg-type]
            chain.append(document(told, SENDER, made, targets=TARGETS))
        yield chain


def _alert(rng: np.random.Generator, index: int) -> Alert:
    basis = ("network", "network", "network", "onsite", "motion")[int(rng.integers(5))]
    stations = 1 if basis == "onsite" else int(rng.integers(2, 8))
    origin_ns = START_NS + from_seconds(float(rng.uniform(0, 3e7)))
    issued_ns = origin_ns + from_seconds(float(rng.uniform(3, 40)))
    shaking = tuple(_shaking(rng, one.name, origin_ns, issued_ns) for one in TARGETS[: int(rng.integers(0, 6))])
    return Alert(
        f"{index:016x}", 0, "new", issued_ns, origin_ns, float(rng.uniform(34, 42)), float(rng.uniform(66, 78)),
        float(rng.uniform(0, 250)), float(rng.uniform(3, 8)) if rng.random() < 0.8 else None, "Mpd",
        tuple(f"TJ.S{one}" for one in range(stations)), float(rng.uniform(2, 80)), f"status-{index}", "bench",
        at_least=bool(rng.random() < 0.2), audience=("public", "civil_defence", "operator", "siren")[index % 4],
        basis=basis, state="preliminary" if stations < 3 else "confirmed", likelihood=float(rng.uniform()),
        shaking=tuple(sorted(shaking, key=lambda one: -one.intensity)),
        missing=(MissingStation("TJ.OUT", "down", "none"),) if rng.random() < 0.5 else (),
        expires_ns=origin_ns + from_seconds(120),
    )  # fmt: skip


def _shaking(rng: np.random.Generator, name: str, origin_ns: int, issued_ns: int) -> Shaking:
    intensity, travel_s = float(rng.uniform(1, 10.5)), float(rng.uniform(3, 150))
    early_ns = origin_ns + from_seconds(travel_s)
    lead_s = (early_ns - issued_ns) / SECOND_NS
    shares = tuple(float(np.clip((intensity - level + 1) / 2, 0, 1)) for level in LEVELS)
    arrival_ns = early_ns + 2 * SECOND_NS
    return Shaking(name, travel_s * 3.5, intensity, 0.7, shares, 0.5, 0.05, arrival_ns, early_ns, lead_s, lead_s < 0)


def _valid(sent: list[Message]) -> Count:
    words = tuple(load_texts(("tg", "ru", "en")).values())
    return Count(len(sent), sum(not faults(cap(one, words)) for one in sent))


def _chained(chains: list[list[Message]]) -> Count:
    """Looked up in the documents themselves, as a receiver would."""
    from lxml import etree

    words = tuple(load_texts(("en",)).values())
    tried = good = 0
    for chain in chains:
        before: list[str] = []
        for one in chain:
            root = etree.fromstring(cap(one, words))
            told = {name: root.findtext(f"{{*}}{name}") for name in ("sender", "identifier", "sent", "references")}
            tried += bool(before)
            good += bool(before) and (told["references"] or "").split(" ") == before
            before.append(f"{told['sender']},{told['identifier']},{told['sent']}")
    return Count(tried, good)


def _fitting(sent: list[Message]) -> Count:
    tried = good = 0
    for language, words in load_texts(tuple(MOST_PARTS)).items():
        for one in sent:
            for place in (None, *[target.name for target in one.targets]):
                tried += 1
                good += parts(text(one, words, place).sms) <= MOST_PARTS[language]
    return Count(tried, good)


def _altered(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    changed = bytearray(payload)
    changed[at % len(payload)] ^= 1 << at % 8
    return verify(bytes(changed), signature, KEYS, now_ns=now_ns, status=status).reason


def _signature_altered(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    place = at % len(signature)
    changed = signature[:place] + chr(ord(signature[place]) ^ 1 << at % 7) + signature[place + 1 :]
    return verify(payload, changed, KEYS, now_ns=now_ns, status=status).reason


def _unsigned(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    return verify(payload, "eyJhbGciOiJub25lIn0..", KEYS, now_ns=now_ns, status=status).reason


def _strange(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    return verify(payload, sign(payload, STRANGER), KEYS, now_ns=now_ns, status=status).reason


def _borrowed(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    """Our header before a stranger's signature."""
    own = signature.split("..")[0]
    return verify(
        payload, f"{own}..{sign(payload, STRANGER).split('..')[1]}", KEYS, now_ns=now_ns, status=status
    ).reason


def _wrapped(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    return verify(b'{"message":' + payload + b"}", signature, KEYS, now_ns=now_ns, status=status).reason


def _late(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    return verify(payload, signature, KEYS, now_ns=now_ns + 200 * SECOND_NS, status=status).reason


def _early(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    return verify(payload, signature, KEYS, now_ns=now_ns - 60 * SECOND_NS, status=status).reason


def _repeated(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    message = read(payload)
    return verify(payload, signature, KEYS, now_ns=now_ns, seen={message.chain: message.version}, status=status).reason


def _misdirected(payload: bytes, signature: str, now_ns: int, status: str, at: int) -> str:
    other = "Exercise" if status == "Actual" else "Actual"
    return verify(payload, signature, KEYS, now_ns=now_ns, status=other).reason


ATTACKS: dict[str, Callable[[bytes, str, int, str, int], str]] = {
    "one bit of the message": _altered,
    "one bit of the signature": _signature_altered,
    "alg none": _unsigned,
    "an unknown key": _strange,
    "our key's name on a stranger's signature": _borrowed,
    "a genuine message within another": _wrapped,
    "late": _late,
    "from the future": _early,
    "replayed": _repeated,
    "of another status": _misdirected,
}


def _forgeries(sent: list[Message]) -> tuple[Count, Count]:
    """Genuine messages taken, forgeries refused; each message is attacked in every way."""
    taken = tried = refused = 0
    for index, one in enumerate(sent):
        payload = to_bytes(one)
        signature = sign(payload, KEY)
        now_ns = from_iso(one.sent) + from_seconds(0.5)
        taken += verify(payload, signature, KEYS, now_ns=now_ns, status=one.status).genuine
        for attack in ATTACKS.values():
            tried += 1
            refused += attack(payload, signature, now_ns, one.status, index * 7919) != "genuine"
    return Count(len(sent), taken), Count(tried, refused)


def _speed(sent: list[Message]) -> Figure:
    """An alert's way from the pipeline to bytes that can be stored: message, signature, CAP."""
    words = tuple(load_texts(("tg", "ru", "en")).values())
    rng = np.random.default_rng(SEED)
    alerts = [_alert(rng, index) for index in range(100)]

    def ours(_: int) -> None:
        for alert in alerts:
            message = document(alert, SENDER, Circumstances(), targets=TARGETS)
            payload = to_bytes(message)
            sign(payload, KEY)
            sign(cap(message, words), KEY)

    each_s = median_cpu_s(ours, 5) / len(alerts)
    largest = max(len(to_bytes(one)) for one in sent)
    return Figure(
        "An alert to signed JSON and signed CAP in three languages, CPU time", "≤ 10 ms", microseconds(each_s),
        each_s <= 0.01, f"the largest JSON has {largest:,} bytes",
    )  # fmt: skip
