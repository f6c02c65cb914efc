"""docs/alert-message.md and its schema, written from the classes: ``python -m tests.contract.alertmessage``."""

import json
from collections.abc import Iterator
from typing import Any

from seismonet.formats.alertjson import schema, to_bytes
from tests.support.messages import message
from tests.support.shared import ROOT

PAGE = ROOT / "docs" / "alert-message.md"
SCHEMA = ROOT / "docs" / "alert-message.schema.json"
MARK = "<!-- below: written by `python -m tests.contract.alertmessage` -->\n"


def schema_text() -> str:
    """The JSON Schema as it should be."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def page(text: str) -> str:
    """The page as it should be: what people wrote, and below the mark the table of keys and an example."""
    head, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE} has lost its mark {MARK!r}")
    rows = [f"| `{path}` | {kind} | {meaning} |\n" for path, kind, meaning in _rows()]
    example = json.dumps(json.loads(to_bytes(message(status="Exercise"))), indent=1, ensure_ascii=False)
    table = "".join(["\n## Keys\n\n| key | type | meaning |\n|---|---|---|\n", *rows])
    shown = f"\n## Example\n\nSpread over lines; what is sent has no spaces.\n\n```json\n{example}\n```\n"
    return f"{head}{mark}{table}{shown}"


def _rows() -> list[tuple[str, str, str]]:
    whole = schema()
    return list(_of(whole, whole["$defs"], ""))


def _of(part: dict[str, Any], shared: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, told in part["properties"].items():
        kind, below, suffix = _kind(told, shared)
        yield prefix + name, kind, told["description"]
        if below:
            yield from _of(below, shared, f"{prefix}{name}{suffix}.")


def _kind(told: dict[str, Any], shared: dict[str, Any]) -> tuple[str, dict[str, Any] | None, str]:
    """The type of a value in words; what it is made of, if of parts; and what stands after its name then."""
    if "anyOf" in told:
        kind, below, suffix = _kind(told["anyOf"][0], shared)
        return f"{kind} or null", below, suffix
    if "$ref" in told:
        return "object", shared[told["$ref"].rpartition("/")[2]], ""
    if told.get("type") == "array":
        kind, below, _ = _kind(told["items"], shared)
        return f"array of {kind}s", below, "[]"
    if "const" in told:
        return f"`{told['const']}`", None, ""
    if "enum" in told:
        return ", ".join(f"`{one}`" for one in told["enum"]), None, ""
    if "additionalProperties" in told and told["type"] == "object":
        return f"object of {told['additionalProperties']['type']}s", None, ""
    return ("time" if "T" in told.get("pattern", "") and "Z" in told["pattern"] else told["type"]), None, ""


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), "utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
