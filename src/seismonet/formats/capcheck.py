"""The rules of CAP 1.2 that a document breaks: order, number and form of its elements, and what hangs together.

Written from the text of the standard (OASIS Common Alerting Protocol 1.2, 1 July 2010, sections 3.2 and 3.4), as a
second opinion on what :mod:`seismonet.formats.cap` writes and on what others send. What has a DOCTYPE is refused: CAP
has no use for entities.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from seismonet.core.errors import FormatError
from seismonet.core.utc import from_iso

from .cap import NAMESPACE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

LARGEST = 1 << 22
SIGNATURES = "http://www.w3.org/2000/09/xmldsig#"
NAME = re.compile(r"[^\s,<&]+")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
POINT = re.compile(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")
NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Rule(NamedTuple):
    """An element: its name, how often it may stand there, and its form."""

    name: str
    least: int
    most: int | None
    form: str | tuple[str, ...] = "text"


ALERT = (
    Rule("identifier", 1, 1, "name"),
    Rule("sender", 1, 1, "name"),
    Rule("sent", 1, 1, "date"),
    Rule("status", 1, 1, ("Actual", "Exercise", "System", "Test", "Draft")),
    Rule("msgType", 1, 1, ("Alert", "Update", "Cancel", "Ack", "Error")),
    Rule("source", 0, 1),
    Rule("scope", 1, 1, ("Public", "Restricted", "Private")),
    Rule("restriction", 0, 1),
    Rule("addresses", 0, 1),
    Rule("code", 0, None),
    Rule("note", 0, 1),
    Rule("references", 0, 1, "references"),
    Rule("incidents", 0, 1),
    Rule("info", 0, None, "parts"),
)
INFO = (
    Rule("language", 0, 1, "language"),
    Rule("category", 1, None, ("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport",
                               "Infra", "CBRNE", "Other")),
    Rule("event", 1, 1),
    Rule("responseType", 0, None, ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess",
                                   "AllClear", "None")),
    Rule("urgency", 1, 1, ("Immediate", "Expected", "Future", "Past", "Unknown")),
    Rule("severity", 1, 1, ("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    Rule("certainty", 1, 1, ("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
    Rule("audience", 0, 1),
    Rule("eventCode", 0, None, "parts"),
    Rule("effective", 0, 1, "date"),
    Rule("onset", 0, 1, "date"),
    Rule("expires", 0, 1, "date"),
    Rule("senderName", 0, 1),
    Rule("headline", 0, 1),
    Rule("description", 0, 1),
    Rule("instruction", 0, 1),
    Rule("web", 0, 1),
    Rule("contact", 0, 1),
    Rule("parameter", 0, None, "parts"),
    Rule("resource", 0, None, "parts"),
    Rule("area", 0, None, "parts"),
)  # fmt: skip
PAIR = (Rule("valueName", 1, 1), Rule("value", 1, 1, "any"))
RESOURCE = (
    Rule("resourceDesc", 1, 1),
    Rule("mimeType", 1, 1),
    Rule("size", 0, 1, "number"),
    Rule("uri", 0, 1),
    Rule("derefUri", 0, 1),
    Rule("digest", 0, 1),
)
AREA = (
    Rule("areaDesc", 1, 1),
    Rule("polygon", 0, None, "polygon"),
    Rule("circle", 0, None, "circle"),
    Rule("geocode", 0, None, "parts"),
    Rule("altitude", 0, 1, "number"),
    Rule("ceiling", 0, 1, "number"),
)
PARTS = {"info": INFO, "eventCode": PAIR, "parameter": PAIR, "geocode": PAIR, "resource": RESOURCE, "area": AREA}


def faults(document: bytes) -> list[str]:
    """What is wrong with a CAP document, each with the path of its element; empty for a valid one.

    >>> faults(b"<alert/>")
    ['alert: is not in the namespace urn:oasis:names:tc:emergency:cap:1.2']
    """
    try:
        root = _parsed(document)
    except FormatError as error:
        return [str(error)]
    if root.tag != f"{{{NAMESPACE}}}alert":
        return [f"{_local_name(root)}: is not in the namespace {NAMESPACE}"]
    return [*_children(root, ALERT, "alert"), *_together(root)]


def _parsed(document: bytes) -> "Element":
    """The root of a document without entities; FormatError for everything else."""
    from lxml import etree

    if len(document) > LARGEST:
        raise FormatError(f"no CAP: {len(document)} bytes, more than {LARGEST}; ask the sender for it again")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FormatError(f"no CAP: not well-formed XML: {str(error).splitlines()[0]}; ask for it again") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise FormatError("no CAP: it has a DOCTYPE, which CAP has no use for; do not trust its sender")
    return root


def _local_name(element: "Element") -> str:
    return str(element.tag).rpartition("}")[2]


def _children(parent: "Element", rules: tuple[Rule, ...], path: str) -> Iterator[str]:
    """Faults of what stands within an element: its order and number first, then each child's own."""
    order = {rule.name: number for number, rule in enumerate(rules)}
    counts = dict.fromkeys(order, 0)
    furthest = 0
    if (parent.text or "").strip():
        yield f"{path}: holds text beside its elements"
    for child in parent.iterchildren("*"):
        name = _local_name(child)
        if path == "alert" and child.tag.startswith(f"{{{SIGNATURES}}}"):
            continue
        if child.tag != f"{{{NAMESPACE}}}{name}" or name not in order:
            yield f"{path}: there is no element {name}"
            continue
        if order[name] < furthest:
            yield f"{path}: {name} is out of order"
        furthest = max(furthest, order[name])
        counts[name] += 1
        number = f"[{counts[name]}]" if rules[order[name]].most is None else ""
        yield from _child(child, rules[order[name]], f"{path}.{name}{number}")
    for rule in rules:
        if counts[rule.name] < rule.least:
            yield f"{path}: {rule.name} is missing"
        if rule.most is not None and counts[rule.name] > rule.most:
            yield f"{path}: {rule.name} stands there {counts[rule.name]} times"


def _child(element: "Element", rule: Rule, path: str) -> Iterator[str]:
    if rule.form == "parts":
        yield from _children(element, PARTS[rule.name], path)
        return
    text = element.text or ""
    if len(element):
        yield f"{path}: holds elements where a text should be"
    elif isinstance(rule.form, tuple):
        if text not in rule.form:
            yield f"{path}: {text!r} is not one of {', '.join(rule.form)}"
    elif fault := FORMS[rule.form](text):
        yield f"{path}: {fault}"


def _text(text: str) -> str:
    return "" if text.strip() else "is empty"


def _any(text: str) -> str:
    return ""


def _name(text: str) -> str:
    return "" if NAME.fullmatch(text) else f"{text!r} is empty or holds a space, a comma, < or &"


def _date(text: str) -> str:
    if not DATE.fullmatch(text):
        return f"{text!r} is not like 2026-01-31T23:59:59+05:00"
    try:
        from_iso(text)
    except ValueError:
        return f"{text!r} is no moment"
    return ""


def _language(text: str) -> str:
    return "" if LANGUAGE.fullmatch(text) else f"{text!r} is no language of RFC 3066"


def _number(text: str) -> str:
    return "" if NUMBER.fullmatch(text) else f"{text!r} is no number"


def _references(text: str) -> str:
    if not text.split():
        return "is empty"
    for one in text.split():
        fields = one.split(",")
        if len(fields) != 3 or _name(fields[0]) or _name(fields[1]) or _date(fields[2]):
            return f"{one!r} is not sender,identifier,sent"
    return ""


def _point(text: str) -> str:
    found = POINT.fullmatch(text)
    if found is None:
        return f"{text!r} is not latitude,longitude"
    on_earth = abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180
    return "" if on_earth else f"{text!r} is not on the Earth"


def _polygon(text: str) -> str:
    points = text.split()
    if len(points) < 4:
        return f"has {len(points)} points, at least 4 are needed"
    if points[0] != points[-1]:
        return "is not closed: its last point is not its first"
    return next((fault for fault in map(_point, points) if fault), "")


def _circle(text: str) -> str:
    point, blank, radius = text.partition(" ")
    if not blank or not NUMBER.fullmatch(radius) or float(radius) < 0:
        return f"{text!r} is not latitude,longitude radius"
    return _point(point)


FORMS = {
    "text": _text,
    "any": _any,
    "name": _name,
    "date": _date,
    "language": _language,
    "number": _number,
    "references": _references,
    "polygon": _polygon,
    "circle": _circle,
}


def _together(root: "Element") -> Iterator[str]:
    """What one element says of another."""

    def told(name: str, within: "Element" = root) -> str:
        return within.findtext(f"{{{NAMESPACE}}}{name}") or ""

    if told("msgType") in ("Update", "Cancel", "Ack", "Error") and not told("references"):
        yield f"alert: {told('msgType')} without references"
    if told("scope") == "Restricted" and not told("restriction"):
        yield "alert: scope Restricted without restriction"
    if told("scope") == "Private" and not told("addresses"):
        yield "alert: scope Private without addresses"
    own = f"{told('sender')},{told('identifier')},"
    if any(one.startswith(own) for one in told("references").split()):
        yield "alert: refers to itself"
    for area in root.iter(f"{{{NAMESPACE}}}area"):
        if told("ceiling", area) and not told("altitude", area):
            yield "alert.info.area: ceiling without altitude"
