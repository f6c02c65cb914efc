"""The pipeline of the daemon: what it is given, what it refuses, and how it goes on after a restart."""

import dataclasses

import numpy as np

from seismonet.core.waveform import FOREIGN, LATE, Delivery, Packet
from seismonet.daemon.live import Live
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.pipeline import Output, PipelineParams
from tests.support.ingest import quake
from tests.support.receipts import T0_NS, table

S = 1_000_000_000
LATENCY_NS = 300_000_000


def live(late_s: float = 60.0) -> Live:
    return Live(table({"TJ.SAREZ": (38.2, 72.7)}), travel_times("iasp91", cache_dir()), PipelineParams(), late_s)


def deliveries(flags: int = 0) -> list[Delivery]:
    """A minute with an earthquake, a packet a second."""
    return [
        Delivery("sarez", one.end_ns + LATENCY_NS, (Packet("TJ.SAREZ", k, one.payload),), flags)
        for k, one in enumerate(quake())
    ]


def outputs(one: Live, given: list[Delivery]) -> list[Output]:
    return [one.step(one.hear([delivery]).batch.receipts, delivery.received_ns) for delivery in given]


def picks(found: list[Output]) -> list[tuple[str, int]]:
    return [(pick.id, pick.version) for output in found for pick in output.picks]


def test_an_earthquake_is_heard() -> None:
    assert picks(outputs(live(), deliveries()))


def test_late_and_foreign_packets_reach_no_pipeline() -> None:
    for flags, refused in ((LATE, {}), (FOREIGN, {("sarez", "foreign_station"): 60})):
        one = live()
        heard = one.hear(deliveries(flags))
        assert (len(heard.batch.receipts), len(heard.payloads), dict(heard.refused)) == (0, 0, refused)


def test_what_is_old_at_its_receipt_is_decoded_and_not_used() -> None:
    one = live(late_s=60.0)
    old = [dataclasses.replace(delivery, received_ns=delivery.received_ns + 61 * S) for delivery in deliveries()]
    assert len(one.hear(old[:1]).payloads) == 1
    assert picks(outputs(live(), old)) == []


def test_what_is_refused_is_counted_by_source_and_reason() -> None:
    heard = live().hear([Delivery("murgh", T0_NS, (Packet("TJ.MURGH", 1, b"no record"),) * 3)])
    assert heard.refused == {("murgh", "length"): 3}
    assert heard.payloads == []


def test_the_payloads_are_those_of_the_receipts() -> None:
    given = deliveries()
    mixed = [dataclasses.replace(given[0], packets=(Packet("X", 1, b"no record"), *given[0].packets)), *given[1:]]
    heard = live().hear(mixed)
    assert heard.payloads == [delivery.packets[-1].payload for delivery in given]
    assert heard.sources == ["sarez"] * 60
    assert np.array_equal(heard.batch.receipts.received_ns, [delivery.received_ns for delivery in given])


def test_snapshot_and_journal_are_as_good_as_no_restart() -> None:
    given, straight = deliveries(), live()
    wanted = picks(outputs(straight, given))
    for cut, saved in ((20, 10), (32, 25), (45, 45)):
        first, second = live(), live()
        before = outputs(first, given[:saved])
        snapshot = first.snapshot(given[saved - 1].received_ns)
        again, told = second.resume(snapshot, given[saved:cut])
        assert picks(before + again + outputs(second, given[cut:])) == wanted
        assert f"1 channels go on from the snapshot, {cut - saved} packets from the journal after it" == told


def test_a_snapshot_of_other_parameters_is_not_used_and_that_is_told() -> None:
    one, given = live(), deliveries()
    outputs(one, given[:30])
    params = PipelineParams(alert=dataclasses.replace(PipelineParams().alert, hold_s=5.0))
    other = Live(one.table, one.model, params, 60.0)
    _, told = other.resume(one.snapshot(given[29].received_ns), ())
    assert "other parameters" in told
    assert picks(outputs(other, given)) == picks(outputs(live(), given))


def test_begun_anew_it_knows_nothing() -> None:
    one, given = live(), deliveries()
    outputs(one, given[:30])
    assert picks(outputs(one.anew(), given)) == picks(outputs(live(), given))
