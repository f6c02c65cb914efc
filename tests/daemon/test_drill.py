"""A drill from simulated waveforms to a real receiver: an exercise from end to end, of which nothing stays behind."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from seismonet.cli import main
from seismonet.core.utc import from_iso
from seismonet.daemon.alone import acting
from seismonet.daemon.drill import Drill, Reached, reached
from seismonet.daemon.messages import LIVE
from seismonet.formats.signature import public_from_json, verify
from seismonet.net.clock import Clock
from seismonet.store.ledger import audit, entries
from seismonet.synthesis.scenarios import scenario
from tests.support.trust import EARNEST, PEOPLE, loaded, messages, told, trusted

RATE = 12.0


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Drill, list[Reached]]:
    folder = tmp_path_factory.mktemp("drill")
    path = trusted(folder, {"duty": "", "people": PEOPLE, "earnest": EARNEST, "horn": 'audience = "siren"'})
    (folder / "archive").mkdir()
    (folder / "archive" / LIVE).write_text('{"status": "Actual"}')
    clock, setup = Clock(RATE, begin_ns=time.time_ns()), loaded(path)
    made = Drill(setup, scenario("2015-sarez"), clock, "N. Duty", length_s=40.0)
    asyncio.run(acting(setup, lambda act: made.run(act, lambda line: None), clock))
    return folder, made, reached(made)


def test_receivers_who_take_exercises_are_told_and_nobody_else(drilled: tuple[Path, Drill, list[Reached]]) -> None:
    folder, made, found = drilled
    assert made.alerts
    by_name = {one.receiver: one for one in found}
    assert [by_name[name].state for name in ("duty", "people")] == ["reached", "reached"]
    assert [by_name[name].why for name in ("earnest", "horn")] == ["takes no message of status Exercise"] * 2
    assert told(folder, "earnest") == told(folder, "horn") == []
    first = by_name["duty"]
    assert first.after_origin_s is not None
    assert first.after_decision_s is not None
    issued = next(one for one in made.alerts if one.audience == "operator")
    assert first.after_origin_s == pytest.approx((issued.issued_ns - made.origin_ns) / 1e9 + first.after_decision_s)


def test_all_of_it_is_an_exercise_though_the_network_is_live(drilled: tuple[Path, Drill, list[Reached]]) -> None:
    folder, made, _ = drilled
    keys = public_from_json((folder / "keys.json").read_bytes())
    for name in ("duty", "people"):
        for line, one in zip(told(folder, name), messages(folder, name), strict=True):
            assert (one.status, one.drill, one.simulated) == ("Exercise", True, True)
            assert one.event_id.startswith("drill-")
            assert one.reason.startswith("drill: ")
            assert verify(line["payload"].encode(), line["signature"], keys, now_ns=None, status="Exercise").genuine
            assert verify(line["payload"].encode(), line["signature"], keys, now_ns=None).reason == "wrong status"
    assert [one.version for one in messages(folder, "duty")] == list(range(len(messages(folder, "duty"))))
    assert {one.event_id for one in made.alerts} == {one.event_id for one in messages(folder, "duty")}


def test_the_invented_earthquake_happens_now_and_is_found_where_it_was_put(
    drilled: tuple[Path, Drill, list[Reached]],
) -> None:
    folder, made, _ = drilled
    last = messages(folder, "duty")[-1]
    assert last.origin is not None
    assert from_iso(last.origin.time) / 1e9 == pytest.approx(made.origin_ns / 1e9, abs=5.0)
    assert (last.origin.latitude, last.origin.longitude) == pytest.approx((38.211, 72.780), abs=0.4)


def test_nothing_but_the_outbox_and_the_ledger_knows_of_it(drilled: tuple[Path, Drill, list[Reached]]) -> None:
    folder, made, _ = drilled
    names = {path.name for path in (folder / "archive").iterdir()}
    assert not names & {"alerts.jsonl", "catalogue.sqlite"}
    found = list(entries(folder / "archive"))
    assert audit(folder / "archive").sound
    drills = [one for one in found if one["what"] == "drill"]
    assert len(drills) == len(made.alerts)
    assert {one["who"] for one in drills} == {"N. Duty"}
    sent = {one["key"] for one in found if one["what"] == "sent" and one["outcome"] == "delivered"}
    assert sent == {one["key"] for name in ("duty", "people") for one in told(folder, name)}


def test_without_an_alert_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = trusted(tmp_path, {"duty": ""})
    words = ["alerts", "drill", "--config", str(path), "--by", "N. Duty", "--scenario", "quiet", "--length", "5"]
    assert main([*words, "--rate", "20", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["alerts"], said["receivers"][0]["state"]) == (0, "not told")
