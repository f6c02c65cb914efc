"""The host's clock is set this way and that; ours goes on."""

from itertools import pairwise

import pytest

from seismonet.net.clock import Clock

S = 1_000_000_000
BEGIN_NS = 1_764_000_000 * S


class Host:
    """A host whose clocks the test moves."""

    def __init__(self) -> None:
        self.wall_ns, self.monotonic_ns = BEGIN_NS, 5 * S

    def pass_s(self, duration_s: float) -> None:
        self.wall_ns += round(duration_s * S)
        self.monotonic_ns += round(duration_s * S)

    def clock(self, rate: float = 1.0) -> Clock:
        return Clock(rate, lambda: self.wall_ns, lambda: self.monotonic_ns)


def test_it_never_stands_still() -> None:
    clock = Host().clock()
    assert clock.now_ns() < clock.now_ns() < clock.now_ns()


def test_a_step_forward_is_taken_over() -> None:
    host = Host()
    clock = host.clock()
    clock.now_ns()
    host.wall_ns += 3600 * S
    assert clock.now_ns() == BEGIN_NS + 3600 * S


def test_a_small_step_back_is_made_up_for_by_running_slower() -> None:
    host = Host()
    clock = host.clock()
    said = [clock.now_ns()]
    host.wall_ns -= S // 2
    for _ in range(20):
        host.pass_s(0.1)
        said.append(clock.now_ns())
        assert not clock.wrong
    assert all(a < b for a, b in pairwise(said))
    assert said[-1] == host.wall_ns


def test_a_large_step_back_is_told_and_time_goes_on() -> None:
    host = Host()
    clock = host.clock()
    before = clock.now_ns()
    host.wall_ns -= 3600 * S
    host.pass_s(2.0)
    assert before + 2 * S == clock.now_ns()
    assert clock.wrong
    clock.restart()
    assert clock.now_ns() == host.wall_ns
    assert not clock.wrong


def test_time_outs_do_not_care() -> None:
    host = Host()
    clock = host.clock()
    begin = clock.monotonic_s()
    host.wall_ns -= 86400 * S
    host.monotonic_ns += 3 * S
    assert round(clock.monotonic_s() - begin, 6) == 3.0


def test_an_hour_of_a_minute() -> None:
    host = Host()
    clock = host.clock(rate=60.0)
    begin_ns, begin_s = clock.now_ns(), clock.monotonic_s()
    host.pass_s(60.0)
    assert clock.now_ns() - begin_ns == 3600 * S
    assert round(clock.monotonic_s() - begin_s, 6) == 3600.0


@pytest.mark.parametrize("step_s", [3600, 1.5, -1.5, -7168 * 86400])
def test_a_clock_that_was_set_is_not_steady_for_a_minute(step_s: float) -> None:
    host = Host()
    clock = host.clock()
    clock.now_ns()
    host.pass_s(100.0)
    clock.now_ns()
    assert clock.steady
    host.wall_ns += round(step_s * S)
    clock.now_ns()
    assert not clock.steady
    assert clock.step_s == step_s
    for _ in range(6):
        assert not clock.steady
        host.pass_s(10.0)
        clock.now_ns()
    assert clock.steady


def test_a_clock_that_is_disciplined_gently_stays_steady() -> None:
    host = Host()
    clock = host.clock()
    for _ in range(100):
        host.pass_s(1.0)
        host.wall_ns += S // 2
        clock.now_ns()
        assert clock.steady


def test_clocks_of_several_processes_agree_when_they_go_faster_from_one_moment_on() -> None:
    host = Host()
    one = Clock(60.0, lambda: host.wall_ns, lambda: host.monotonic_ns, BEGIN_NS)
    host.pass_s(3.0)
    other = Clock(60.0, lambda: host.wall_ns, lambda: host.monotonic_ns, BEGIN_NS)
    host.pass_s(1.0)
    assert one.now_ns() == other.now_ns() == BEGIN_NS + 240 * S
    assert one.steady
    assert other.steady
