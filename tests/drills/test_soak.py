"""The soak in short: some minutes of thirty stations, with every kind of fault; and the comparison has teeth."""

import numpy as np
from benchmarks.drills.offering import FAULTS, SERVERS
from benchmarks.drills.soak import Soaked, compare, soak


def test_some_minutes_are_archived_whatever_happens() -> None:
    found = soak(0.16)
    assert found.offered > 10_000
    assert (found.lost, found.twice, found.corrupt, found.strange) == (0, 0, 0, 0)
    assert found.exit_code == 0
    assert found.errors == []
    assert all(found.counts[kind] for kind in (*FAULTS, "misbehaviours"))
    assert found.counts["outages"] == SERVERS
    assert found.reconnects >= SERVERS


def test_whatever_is_wrong_with_an_archive_is_seen() -> None:
    found = Soaked()
    compare(found, np.array([1, 2, 3, 4]), np.array([1, 1, 2, -1, 7]))
    assert (found.offered, found.lost, found.twice, found.corrupt, found.strange) == (4, 2, 1, 1, 1)
