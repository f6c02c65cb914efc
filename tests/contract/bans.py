"""What the sources may not say, and where: ``python -m tests.contract.bans`` lists every breach and exits 1 if any.

Read from the syntax tree, so a word in a comment is no breach and an import under another name hides none:

- ``obspy.read`` without ``format=`` lets ObsPy guess what the bytes are, and one of its guesses runs them;
  ``check_compression=False`` lets compressed bytes of any size through. Only ``store/offline.py`` may, behind the gate;
- pickle and its kin, ``allow_pickle=True``, ``eval`` and ``exec`` run what they read;
- a clock read outside ``daemon`` and ``net`` makes a replay differ from what happened (in ``src`` only: benchmarks
  measure time, and tests hand theirs in).
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("src", "tests", "benchmarks", "notebooks")
OFFLINE_READER = "src/seismonet/store/offline.py"
CLOCK_OWNERS = ("src/seismonet/daemon/", "src/seismonet/net/")

PICKLES = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"}
READERS = {"obspy.read", "obspy.core.read", "obspy.core.stream.read"}
_CLOCKS_OF_TIME = ("time", "monotonic", "perf_counter", "process_time", "clock_gettime")
CLOCKS = {
    *(f"time.{name}{suffix}" for name in _CLOCKS_OF_TIME for suffix in ("", "_ns")),
    *(f"datetime.{kind}.{name}" for kind in ("datetime", "date") for name in ("now", "utcnow", "today")),
    *(f"obspy.{path}UTCDateTime.{name}" for path in ("", "core.") for name in ("now", "utcnow", "today")),
}
# these read the clock only when they are called with nothing
CLOCKS_WHEN_BARE = {"obspy.UTCDateTime", "obspy.core.UTCDateTime", "time.gmtime", "time.localtime", "time.ctime"}


def breaches(source: str, path: str) -> list[str]:
    """Breaches in one file; ``path`` is relative to the repository's root and written with slashes."""
    tree = ast.parse(source, path)
    names = _imported(tree)
    found = []
    for node in ast.walk(tree):
        found += [f"{path}:{getattr(node, 'lineno', 0)}: {what}" for what in _breaches_of(node, names, path)]
    return found


def _imported(tree: ast.AST) -> dict[str, str]:
    """Local name -> full name of all that is imported anywhere in the file."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.partition(".")[0]
                names[alias.asname or head] = alias.name if alias.asname else head
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _full_name(node: ast.AST, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        head = _full_name(node.value, names)
        return f"{head}.{node.attr}" if head else ""
    return ""


def _breaches_of(node: ast.AST, names: dict[str, str], path: str) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _of_import(node)
    elif isinstance(node, ast.Call):
        yield from _of_call(node, names, path)
    elif isinstance(node, ast.Name | ast.Attribute) and _clocks_are_banned(path):
        name = _full_name(node, names)
        if name in CLOCKS:
            yield f"{name} reads the clock outside daemon and net"


def _of_import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    for module in modules:
        if module.partition(".")[0] in PICKLES:
            yield f"{module} runs what it reads"


def _of_call(node: ast.Call, names: dict[str, str], path: str) -> Iterator[str]:
    name = _full_name(node.func, names)
    keywords = {word.arg: word.value for word in node.keywords}
    empty = not node.args and not node.keywords
    if name in READERS and "format" not in keywords and not empty and path != OFFLINE_READER:
        yield f"{name} without format="
    if _is(keywords.get("check_compression"), False) and path != OFFLINE_READER:
        yield "check_compression=False"
    if _is(keywords.get("allow_pickle"), True):
        yield "allow_pickle=True runs what it reads"
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("read_pickle", "to_pickle"):
        yield f"{node.func.attr} runs what it reads"
    if isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
        yield f"{node.func.id} runs what it is given"
    if not _clocks_are_banned(path):
        return
    if name in CLOCKS_WHEN_BARE and empty:
        yield f"{name}() reads the clock outside daemon and net"
    if name == "numpy.datetime64" and node.args and _is(node.args[0], "now", "today"):
        yield "numpy.datetime64 reads the clock outside daemon and net"


def _is(node: ast.expr | None, *values: object) -> bool:
    return isinstance(node, ast.Constant) and any(node.value is value or node.value == value for value in values)


def _clocks_are_banned(path: str) -> bool:
    return path.startswith("src/") and not path.startswith(CLOCK_OWNERS)


def breaches_under(root: Path) -> list[str]:
    """Breaches in all Python files of a checkout."""
    files = sorted(file for place in PLACES for file in (root / place).rglob("*.py"))
    return [line for file in files for line in breaches(file.read_text("utf-8"), file.relative_to(root).as_posix())]


if __name__ == "__main__":
    lines = breaches_under(ROOT)
    print("\n".join(lines) or "Ban list: kept.")
    sys.exit(bool(lines))
