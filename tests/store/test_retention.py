"""What goes, in which order, and what never does."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seismonet.store.files import Disk
from seismonet.store.retention import GIB, RetentionParams, Space, days_to_remove, trim_quarantine
from seismonet.store.sds import DAY_NS

NOW = 20_000 * DAY_NS + DAY_NS // 2
ROOMY = Space(500 * GIB, 1000 * GIB)
NOTHING = RetentionParams(days=0.0, free_gb=0.0, free_percent=0.0)


def days(*ages: int, size: int = GIB) -> dict[int, int]:
    """Days of so many days ago; 0 is today."""
    return {20_000 - age: size for age in ages}


def ages(removed: list[int]) -> list[int]:
    return [20_000 - day for day in removed]


def test_for_ever_means_for_ever() -> None:
    assert days_to_remove(days(9999, 1, 0), NOW, ROOMY, NOTHING) == []


def test_a_day_goes_when_all_of_it_is_old_enough() -> None:
    held = days(12, 11, 10, 9, 0)
    assert ages(days_to_remove(held, NOW, ROOMY, RetentionParams(days=10.0))) == [12, 11]
    assert ages(days_to_remove(held, NOW + DAY_NS // 2, ROOMY, RetentionParams(days=10.0))) == [12, 11, 10]


def test_for_lack_of_space_the_oldest_days_go_and_no_more_than_needed() -> None:
    held = days(5, 4, 3, 2, 1, 0)
    tight = Space(round(1.5 * GIB), 1000 * GIB)
    params = RetentionParams(days=0.0, free_gb=3.0, free_percent=0.0)
    assert ages(days_to_remove(held, NOW, tight, params)) == [5, 4]
    by_percent = RetentionParams(days=0.0, free_gb=0.0, free_percent=0.4)
    assert ages(days_to_remove(held, NOW, tight, by_percent)) == [5, 4, 3]
    with_age = RetentionParams(days=4.0, free_gb=3.0, free_percent=0.0)
    assert ages(days_to_remove(held, NOW, tight, with_age)) == [5, 4]


def test_today_stays_even_on_a_full_disk_and_so_does_what_claims_to_be_of_the_future() -> None:
    held = days(1, 0, -5)
    full = Space(0, 1000 * GIB)
    assert ages(days_to_remove(held, NOW, full, RetentionParams())) == [1]


@given(st.sets(st.integers(0, 40)), st.integers(0, 60), st.floats(0, 30), st.floats(0, 50))
def test_it_is_always_the_oldest_that_go(held: set[int], free: int, keep: float, gib: float) -> None:
    params = RetentionParams(days=keep, free_gb=gib, free_percent=0.0)
    table = days(*held)
    removed = days_to_remove(table, NOW, Space(free * GIB, 1000 * GIB), params)
    assert removed == sorted(table)[: len(removed)]
    assert 20_000 not in removed
    left = free + len(removed)
    assert left >= gib or len(removed) == len(held - {0})


def test_the_quarantine_keeps_the_newest(tmp_path: Path) -> None:
    names = ["journal.0000000001.32", "2024.009.codes.1", "2024.001.codes.1", "2024.002.codes.1"]
    for age, name in enumerate(names):
        for suffix, data in ((".bin", bytes(2**20)), (".json", b"{}")):
            path = tmp_path / f"{name}{suffix}"
            path.write_bytes(data)
            os.utime(path, ns=(0, age * 10**9))
    params = RetentionParams(quarantine_mb=3.0)
    assert trim_quarantine(tmp_path, params, Disk()) == 2 * 2**20 + 2
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted(
        ["2024.009.codes.1.json", *(f"{name}{suffix}" for name in names[2:] for suffix in (".bin", ".json"))]
    )
    assert trim_quarantine(tmp_path, params, Disk()) == 0
    assert trim_quarantine(tmp_path / "nothing", params, Disk()) == 0
