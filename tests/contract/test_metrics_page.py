"""docs/metrics.md names every metric with its unit, and SeisComP's names for them; nothing else."""

import re
from pathlib import Path

from seismonet.core.rollup import FLAG_BITS, FLAGS
from seismonet.status.metrics import ALIASES, METRICS, Material, metrics_of
from tests.support.measured import BEGIN_NS, NAME, RECORDS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]
GROUPS = {0: "activity flags", 1: "input and output flags", 2: "data quality flags"}


def test_every_metric_is_described_with_its_unit() -> None:
    described = {row[0].strip("`"): row[1] for row in ROWS if row[0].startswith("`") and len(row) == 3}
    assert described == METRICS
    assert all(row[2] for row in ROWS if len(row) == 3)


def test_every_metric_is_measured() -> None:
    assert set(metrics_of(Material(NAME), BEGIN_NS, BEGIN_NS + 1)) == set(METRICS)


def test_flags_are_where_the_page_says() -> None:
    for name, bit in zip(FLAGS, FLAG_BITS, strict=True):
        (row,) = (row for row in ROWS if row[0] == f"`{name}`")
        assert row[2].startswith(f"{GROUPS[bit // 8]}, bit {bit % 8}")
    found = metrics_of(Material(NAME, records=[RECORDS]), BEGIN_NS, BEGIN_NS + 1)
    assert [found[name] for name in FLAGS] == list(range(len(FLAGS)))


def test_other_names_are_those_of_the_page() -> None:
    named = {row[0]: re.sub("`", "", row[1]) for row in ROWS if len(row) == 2 and row[1].startswith("`")}
    assert named == ALIASES
    assert set(ALIASES.values()) <= set(METRICS)
