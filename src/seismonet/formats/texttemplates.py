"""Templates of texts in one language: what a file of them must hold, checked when it is read.

A file is TOML. Its sentences hold placeholders in braces; which ones each may hold stands in ``SENTENCES``. A template
that cannot be filled would fail at the moment of an earthquake, so a missing sentence, one too many, or a placeholder
that does not exist is an error at the start.
"""

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seismonet.core.errors import FormatError

from .sms import is_gsm

ROLES = ("people", "dam", "lake")
"""Kinds of place that are told to do different things."""
BANDS = ("weak", "moderate", "strong")
CLASSES = range(2, 11)
"""Intensities that have words of their own; 2 is everything below 3, 10 everything above."""
DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
KINDS = ("city", "town", "village", "other")
PLURALS = ("seconds", "minutes", "points", "stations")

_HERE = ("name", "strength", "when", "s_clock", "act")
_WHAT = ("clock", "size", "place")


def _sentences() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "language", ()
    yield "tag", ()
    yield "decimal", ()
    yield "alphabet", ()
    for mark in ("exercise", "exercise_short", "test", "test_short", "update", "update_short"):
        yield f"marks.{mark}", ()
    for number in CLASSES:
        yield f"intensity.{number}", ()
        yield f"effect.{number}", ()
    yield "effect.ground", ("percent",)
    yield "words.event", ()
    yield "words.strength", ("word", "points")
    yield "words.chance", ("hundred",)
    for name in ("known", "at_least"):
        yield f"size.{name}", ("value",)
    yield "size.unknown", ()
    yield "place.near", ("name",)
    yield "place.off", ("km", "direction", "name")
    yield "place.at", ("latitude", "longitude")
    yield "place.unknown", ()
    for kind in KINDS:
        yield f"place.kind.{kind}", ("name",)
    for direction in DIRECTIONS:
        yield f"place.direction.{direction}", ()
    yield "when.ahead", ("lead",)
    yield "when.minute", ()
    yield "when.now", ()
    yield "when.past", ("s_clock",)
    yield from _situations()
    for role in ROLES:
        for band in (*BANDS, "past", "cancel"):
            yield f"act.{role}.{band}", ()
            yield f"act_short.{role}.{band}", ()
    yield "sure.observed", ("stations",)
    for name in ("likely", "possible", "unlikely"):
        yield f"sure.{name}", ("stations", "chance")
    yield "sure.range", ("low", "high")
    yield "sure.elsewhere", ("place",)
    yield "sure.missing", ("names",)
    yield "sure.follow", ()
    yield "footer.times", ("date", "clock", "utc", "sent", "zone")
    yield "footer.zone", ("offset",)
    yield "footer.sender", ("sender",)
    yield "footer.contact", ("contact",)


def _situations() -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in ("ahead", "now", "past", "weak"):
        yield f"headline.{name}", _HERE
        yield f"here.{name}", _HERE
        yield f"sms.{name}", (*_HERE, "size", "clock")
    yield "headline.region", (*_WHAT, "act")
    yield "headline.region_past", _WHAT
    yield "headline.onsite", ("names", "act")
    yield "headline.motion", ("names", "act")
    yield "headline.cancel", ("clock",)
    yield "here.item", ("name", "strength", "when", "s_clock")
    yield "here.list", ("list",)
    yield "what.network", _WHAT
    yield "what.depth", ("km",)
    yield "what.onsite", ("clock", "names")
    yield "what.motion", ("clock", "names")
    yield "what.cancel", ("clock",)
    yield "sms.region", (*_WHAT, "act")
    yield "sms.region_past", (*_WHAT, "act")
    yield "sms.onsite", ("names", "act", "clock")
    yield "sms.motion", ("names", "act", "clock")
    yield "sms.cancel", ("clock",)


SENTENCES = {path: frozenset(names) for path, names in _sentences()}
"""Every sentence of a file, by its path, with the placeholders that it may hold."""


@dataclass(frozen=True, slots=True)
class Templates:
    """The texts of one language: sentences by path, ``sms`` ones as alternatives from long to short, plural forms."""

    sentences: Mapping[str, str]
    alternatives: Mapping[str, tuple[str, ...]]
    plurals: Mapping[str, tuple[str, ...]]

    @property
    def language(self) -> str:
        """Its code, as ``ru``."""
        return self.sentences["language"]

    @property
    def tag(self) -> str:
        """Language and country, as ``ru-RU``."""
        return self.sentences["tag"]

    def say(self, path: str, **values: object) -> str:
        """A sentence with its placeholders filled."""
        return self.sentences[path].format(**{name: values[name] for name in placeholders(self.sentences[path])})

    def say_all(self, path: str, **values: object) -> list[str]:
        """The alternatives of a short message, from long to short."""
        filled = self.alternatives[path]
        return [one.format(**{name: values[name] for name in placeholders(one)}) for one in filled]

    def count(self, what: str, number: int) -> str:
        """A number with its noun in the form that the language wants.

        One form: it never changes (Tajik). Two: one and many (English). Three: 1, 21; 2-4, 22; the rest (Russian).
        """
        forms = self.plurals[what]
        if len(forms) == 3:
            few = 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14
            form = 0 if number % 10 == 1 and number % 100 != 11 else 1 if few else 2
        else:
            form = 0 if number == 1 else len(forms) - 1
        return f"{number} {forms[form]}".rstrip()

    def decimal(self, value: float) -> str:
        """A number with one decimal place."""
        return f"{value:.1f}".replace(".", self.sentences["decimal"])


def load_templates(text: str, name: str = "templates") -> Templates:
    """The templates in a file's text; FormatError says in one line what is wrong, and where."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"{name}: is no TOML: {error}") from None
    plurals = tree.pop("plural", None)
    flat = dict(_flat(tree, ""))
    for path in flat:
        if path not in SENTENCES:
            raise FormatError(f"{name}: {path}: there is no such sentence; remove it")
    sentences: dict[str, str] = {}
    alternatives: dict[str, tuple[str, ...]] = {}
    for path, allowed in SENTENCES.items():
        if path not in flat:
            raise FormatError(f"{name}: {path}: this sentence is missing; write it")
        value = flat[path]
        texts = value if path.startswith("sms.") else [value]
        if not isinstance(texts, list) or not texts or not all(isinstance(one, str) for one in texts):
            wanted = "a list of texts, from long to short" if path.startswith("sms.") else "a text"
            raise FormatError(f"{name}: {path}: should be {wanted}")
        for one in texts:
            _check(one, allowed, f"{name}: {path}")
        if path.startswith("sms."):
            alternatives[path] = tuple(texts)
        else:
            sentences[path] = texts[0]
    _check_alphabet(sentences, alternatives, name)
    return Templates(sentences, alternatives, _plurals(plurals, name))


def placeholders(text: str) -> list[str]:
    """The placeholders in a template; ValueError when its braces are not in order."""
    found = []
    for _, name, form, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if form or conversion or not name.isidentifier():
            raise ValueError(f"{{{name}}} should be a name alone in its braces")
        found.append(name)
    return found


def _check(text: str, allowed: frozenset[str], where: str) -> None:
    if not text.isprintable():
        raise FormatError(f"{where}: holds a character that is not for print (a line break?); write one line")
    try:
        unknown = [one for one in placeholders(text) if one not in allowed]
    except ValueError as error:
        raise FormatError(f"{where}: {error}") from None
    if unknown:
        known = ", ".join(f"{{{one}}}" for one in sorted(allowed)) or "none"
        raise FormatError(f"{where}: there is no {{{unknown[0]}}} here; it may hold {known}")


def _check_alphabet(sentences: Mapping[str, str], alternatives: Mapping[str, tuple[str, ...]], name: str) -> None:
    if sentences["alphabet"] not in ("gsm", "ucs2"):
        raise FormatError(f"{name}: alphabet: should be gsm (160 characters a message) or ucs2 (70)")
    for path, texts in alternatives.items():
        if sentences["alphabet"] == "gsm" and not all(map(is_gsm, texts)):
            raise FormatError(f"{name}: {path}: has a character that is not of the GSM alphabet; use plain letters")


def _plurals(tree: Any, name: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(tree, Mapping) or sorted(tree) != sorted(PLURALS):
        raise FormatError(f"{name}: plural: should hold {', '.join(PLURALS)}")
    for what, forms in tree.items():
        if not isinstance(forms, list) or not 1 <= len(forms) <= 3 or not all(isinstance(one, str) for one in forms):
            raise FormatError(f"{name}: plural.{what}: should be one, two or three forms of the noun")
    return {what: tuple(forms) for what, forms in tree.items()}


def _flat(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
