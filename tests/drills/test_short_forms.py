"""Short forms of drills that have no test of their own: the same code, less of it, and no verdict on speed."""

from benchmarks.drills import latency, misbehaving, ridgecrest

from tests.support.shared import shared


def test_every_packet_finds_its_way_to_the_picker() -> None:
    middle_s, p99_s, most_s = latency.waits(channels=18, seconds=6)
    assert 0 < middle_s <= p99_s <= most_s


def test_ridgecrest_is_picked_located_and_sized_live() -> None:
    shared("data/public/ridgecrest2019")
    pick, event, magnitude = ridgecrest.run(scale=0.1)
    assert pick.measured.endswith(" s")
    assert 0 < float(event.measured.split()[0]) <= float(magnitude.measured.split()[0])


def test_a_server_that_claims_too_much_disturbs_nobody() -> None:
    assert all(one.met for one in misbehaving.run(scale=0.2))
