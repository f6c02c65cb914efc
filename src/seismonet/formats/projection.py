"""A message in the form that a receiver wants: the bytes that are signed, stored and sent."""

from collections.abc import Mapping

from .alertjson import to_bytes
from .alertmessage import Message
from .alerttext import text
from .alertviews import alert_geojson, alert_quakeml
from .cap import cap
from .texttemplates import Templates

FORMS = ("json", "cap", "text", "sms", "geojson", "quakeml")


def project(
    message: Message, form: str, templates: Mapping[str, Templates], language: str = "en", place: str = ""
) -> bytes:
    """A message in one of ``FORMS``.

    Parameters
    ----------
    templates : by language, at least one
    language : of texts; where nobody wrote it, the first of those that there are. CAP has all, this one first
    place : the target that a text is for; empty for the whole region

    Returns
    -------
    bytes
        ValueError for a form that is none. A text begins with its headline and an empty line.
    """
    spoken = language if language in templates else next(iter(templates))
    if form == "json":
        return to_bytes(message)
    if form == "cap":
        return cap(message, [templates[spoken], *(one for name, one in templates.items() if name != spoken)])
    if form == "geojson":
        return alert_geojson(message)
    if form == "quakeml":
        return alert_quakeml(message)
    told = text(message, templates[spoken], place or None)
    if form == "text":
        return f"{told.headline}\n\n{told.body}\n".encode()
    if form == "sms":
        return told.sms.encode()
    raise ValueError(f"form {form!r} is none of {', '.join(FORMS)}")
