"""What the status document says of stations, picks and alerts."""

from dataclasses import replace

from seismonet.daemon.report import Reporter, alert_line, event_line, pick_line, refused_lines, rejection_lines
from seismonet.daemon.statefile import Refused, RejectionLine
from seismonet.pipeline import Output
from seismonet.status.latency import Latency
from tests.support.ingest import quake as packets
from tests.support.quakes import START_NS, network, quake, status
from tests.support.receipts import T0_NS

from .test_live import LATENCY_NS, deliveries, live

S = 1_000_000_000
TABLE = network()
CODES = ("TJ.MANEM", "TJ.MURGH", "TJ.SAREZ")


def test_a_station_is_told_with_what_came_and_how_long_it_took() -> None:
    reporter, heard = Reporter(Latency(CODES), T0_NS), live().hear(deliveries())
    for delivery in deliveries():
        one = live().hear([delivery])
        reporter.hear(one.batch.receipts, one.payloads, delivery.received_ns + S // 100)
    lines = {one.station_code: one for one in reporter.stations(status(TABLE, T0_NS + 60 * S))}
    sarez = lines["TJ.SAREZ"]
    assert sarez.packets == len(heard.payloads) == 60
    assert sarez.data_end_ns == packets()[-1].end_ns
    assert sarez.received_ns == packets()[-1].end_ns + LATENCY_NS
    assert sarez.stages.received is not None
    assert abs(sarez.stages.received.p50_s - 0.3) < 0.02
    assert sarez.stages.picked is not None
    assert abs(sarez.stages.picked.p50_s - 0.01) < 0.001
    assert (lines["TJ.MANEM"].packets, lines["TJ.MANEM"].received_ns) == (0, 0)


def test_a_verdict_is_told_with_since_when() -> None:
    reporter = Reporter(Latency(CODES), T0_NS)

    def since(second: int, *down: str) -> dict[str, int]:
        lines = reporter.stations(status(TABLE, T0_NS + second * S, down))
        return {one.station_code: (one.since_ns - T0_NS) // S for one in lines}

    since(1)
    assert since(5, "TJ.MANEM") == {"TJ.SAREZ": 1, "TJ.MURGH": 1, "TJ.MANEM": 5}
    assert since(9, "TJ.MANEM")["TJ.MANEM"] == 5
    assert since(12)["TJ.MANEM"] == 12
    manem = next(one for one in reporter.stations(status(TABLE, T0_NS, ("TJ.MANEM",))) if one.verdict == "down")
    assert manem.reasons == ("HHZ, HNZ: no record for 95 s",)
    assert not manem.can_contribute


def test_the_newest_pick_event_and_alert_are_told() -> None:
    reporter, found = Reporter(Latency(CODES), T0_NS), quake(TABLE)
    assert (pick_line(reporter.pick), event_line(reporter.event), alert_line(reporter.alert)) == (None, None, None)
    output = Output(list(found.picks.values()), [], list(found.versions), list(found.alerts), [])
    reporter.publish(output, found.alerts, START_NS + 20 * S)
    pick, event, alert = pick_line(reporter.pick), event_line(reporter.event), alert_line(reporter.alert)
    last = found.versions[-1]
    assert pick is not None
    assert pick.nslc == list(found.picks.values())[-1].nslc
    assert event is not None
    assert (event.event_id, event.version, event.kind, event.stations) == (last.id, last.version, "", 3)
    assert (event.state, event.quality, event.at_least) == ("confirmed", "good", False)
    assert event.within_km == last.origin.horizontal_uncertainty_km
    assert alert is not None
    assert (alert.event_id, alert.kind) == (last.id, found.alerts[-1].kind)
    assert alert.within_km == found.alerts[-1].horizontal_uncertainty_km


def test_what_nobody_was_told_is_not_the_newest_alert() -> None:
    reporter, found = Reporter(Latency(CODES), T0_NS), quake(TABLE, cancelled=True)
    reporter.publish(Output(events=list(found.versions), alerts=list(found.alerts)), (), START_NS)
    assert reporter.alert is None
    cancelled = event_line(replace(found.versions[-1]))
    assert cancelled is not None
    assert cancelled.kind == "cancel"


def test_refused_triggers_are_told_by_station_and_reason() -> None:
    reporter = Reporter(Latency(CODES), T0_NS)
    (one,) = quake(TABLE).rejections
    other = replace(one, source_id=replace(one.source_id, station="MANEM"), reason="teleseism")
    reporter.publish(Output(rejections=[one, other]), (), T0_NS)
    reporter.publish(Output(rejections=[one]), (), T0_NS)
    told = RejectionLine("TJ.MANEM", "teleseism", 1), RejectionLine("TJ.SAREZ", "spike", 2)
    assert rejection_lines(reporter.rejected) == told


def test_refused_records_are_told_by_source_and_reason() -> None:
    reporter = Reporter(Latency(CODES), T0_NS)
    reporter.refused["b", "crc"] += 2
    reporter.refused["a", "length"] += 1
    assert refused_lines(reporter.refused) == (Refused("a", "length", 1), Refused("b", "crc", 2))
