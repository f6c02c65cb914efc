"""The drill of the server in short: it runs, and what is bounded stays so."""

from benchmarks.drills.serving import run


def test_the_drill_of_the_server() -> None:
    found = run(0.02)
    assert len(found) == 7
    assert all(one.measured for one in found)
    assert found[-1].met, found[-1]
