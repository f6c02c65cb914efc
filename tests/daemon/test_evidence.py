"""What the ledger is told of decisions: the packets that came before each pick, and when each stage was reached."""

from dataclasses import replace

import numpy as np

from seismonet.core.alert import Decision
from seismonet.core.utc import from_iso
from seismonet.core.waveform import Receipt, Receipts, Record
from seismonet.daemon.evidence import KEPT_S, PACKETS, Evidence, Made, identity
from seismonet.formats.jsonlines import iso
from seismonet.pipeline import Output
from tests.support.quakes import START_NS, network, quake

S = 10**9
TABLE = network(3)
QUAKE = quake(TABLE)
EVENT = QUAKE.versions[0]
ALERT = replace(QUAKE.alerts[0], event_version=EVENT.version, source_event_id=EVENT.id)
MADE = Made("0.1.0", "abc", "Exercise")


def receipts(until_s: int = 40, latency_s: float = 0.7) -> Receipts:
    """A record a second of each vertical velocity channel, from ten seconds before the origin on."""
    names = sorted({pick.source_id for pick in QUAKE.picks.values()})
    found = [
        Receipt(
            Record(name, START_NS + k * S, 100.0, np.zeros(100, dtype=np.int32), 100),
            START_NS + k * S + S + round(latency_s * S),
        )
        for k in range(-10, until_s)
        for name in names
    ]
    return Receipts.of(sorted(found, key=lambda one: one.received_ns))


def entry(evidence: Evidence, why: str = "") -> dict[str, object]:
    rules = ("stations 3 of 3: yes",)
    told = Decision(ALERT.event_id, "operator", "network", ALERT.issued_ns, ALERT.network_status, rules, ALERT)
    kept = replace(told, audience="public", rules=("magnitude 3.0 of 4.5: no",), alert=None)
    output = Output(
        picks=list(QUAKE.picks.values()), events=[EVENT], statuses=list(QUAKE.statuses), alerts=[ALERT],
        decisions=[told, kept],
    )  # fmt: skip
    evidence.see(output.picks)
    times = ALERT.issued_ns + S // 100, ALERT.issued_ns + S // 50
    made = evidence.decided(output, {identity(ALERT): why} if why else {}, MADE, times)
    assert (made.what, made.who, made.time_ns) == ("decided", "daemon", times[1])
    return dict(made.facts)


def test_each_pick_has_the_last_packets_that_had_come_when_it_was_told() -> None:
    evidence = Evidence()
    evidence.hear(receipts())
    (event,) = entry(evidence)["events"]  # type: ignore[misc]
    assert len(event["picks"]) == len(EVENT.origin.arrivals)
    for said in event["picks"]:
        pick = QUAKE.picks[said["id"]]
        received = [from_iso(one["received"]) for one in said["packets"]]
        assert len(received) == PACKETS
        assert received == sorted(received)
        assert received[-1] <= pick.first_issued_ns < received[-1] + S, "the next came too late for it"
        assert [from_iso(one["received"]) - from_iso(one["end"]) for one in said["packets"]] == [
            round(0.7 * S)
        ] * PACKETS


def test_the_stages_are_those_of_the_last_pick_that_was_needed() -> None:
    evidence = Evidence()
    evidence.hear(receipts())
    found = entry(evidence)
    told, kept = found["decisions"]  # type: ignore[misc]
    used = [QUAKE.picks[one.pick_id] for one in EVENT.origin.arrivals]
    last = max(used, key=lambda one: one.first_issued_ns)
    stages = told["stages"]
    assert list(stages) == ["packet", "pick", "event", "decision"]
    assert stages["packet"] == iso(evidence.before(last)[-1].received_ns)
    assert (stages["pick"], stages["event"]) == (iso(last.first_issued_ns), iso(EVENT.issued_ns))
    assert list(stages.values()) == sorted(stages.values())
    assert stages["decision"] <= found["begun"] <= found["committed"]  # type: ignore[operator]
    assert (told["alert"]["version"], "alert" in kept, kept["stages"]) == (0, False, None)
    assert kept["rules"] == ["magnitude 3.0 of 4.5: no"]


def test_an_alert_that_was_withheld_says_why() -> None:
    told, kept = entry(Evidence(), "the clock was set")["decisions"]  # type: ignore[misc]
    assert told["withheld"] == "the clock was set"
    assert "withheld" not in kept
    assert "withheld" not in entry(Evidence())["decisions"][0]  # type: ignore[index]


def test_the_network_is_told_as_it_was() -> None:
    lame = quake(TABLE, START_NS + 100 * S, down=("TJ.MURGH",))
    output = Output(
        statuses=[lame.statuses[0]],
        decisions=[Decision("", "operator", "network", START_NS, lame.statuses[0].id, ("stations 2 of 2: yes",))],
    )
    (said,) = Evidence().decided(output, {}, MADE, (0, 0)).facts["network"]
    assert (said["id"], said["contributing"], said["total"]) == (lame.statuses[0].id, 2, 3)
    assert said["able"] == ["TJ.MANEM", "TJ.SAREZ"]
    assert said["not_able"] == {"TJ.MURGH": "HHZ, HNZ: no record for 95 s"}


def test_what_is_old_is_forgotten() -> None:
    evidence = Evidence()
    evidence.hear(receipts(until_s=round(KEPT_S) + 60))
    assert {len(one) for one in evidence.arrived.values()} == {round(KEPT_S) + 1}
    evidence.see(QUAKE.picks.values())
    late = replace(next(iter(QUAKE.picks.values())), id="late", issued_ns=START_NS + 3600 * S)
    evidence.see([late])
    assert list(evidence.picks) == ["late"]
