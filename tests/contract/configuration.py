"""docs/configuration.md, written from the parameters: ``python -m tests.contract.configuration``."""

import json

from seismonet.config import keys
from tests.support.shared import ROOT

PAGE = ROOT / "docs" / "configuration.md"
HEAD = """# Configuration

One TOML file; every key has a default, so an empty file is a good configuration. `seismonet config check FILE` names
every error at once by the path of its key, `seismonet config show FILE` prints what is in effect. Unknown keys are
refused. `config/pamir.toml` is an example with comments.

Units are part of the names: `_s` seconds, `_km` kilometres, `_hz` hertz, `_km_s` kilometres a second. Everything else
is a pure number, a count or a text. Thresholds of detectors are ratios of energy (amplitude squared).

This page is written from the sources by `python -m tests.contract.configuration`; a test fails when it is out of date.
"""


def page() -> str:
    """The page as it should be."""
    lines = [HEAD]
    table = ""
    for key in keys():
        tables, _, name = key.path.rpartition(".")
        if tables != table:
            table = tables
            title = f"[[{table[:-2]}]]" if table.endswith("[]") else f"[{table}]"
            lines.append(f"\n## `{title}`\n\n| key | default | meaning |\n|---|---|---|\n")
        default = "to be given" if key.default is None else f"`{json.dumps(key.default)}`"
        lines.append(f"| `{name}` | {default} | {key.meaning.replace('|', '&#124;')} |\n")
    return "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
