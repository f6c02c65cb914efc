"""What people do to alerts, with a daemon and without: done once, to the right receivers, and in the ledger."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from seismonet.core.alert import Alert
from seismonet.core.errors import ArchiveError, ConfigError
from seismonet.daemon import requests
from seismonet.daemon.golive import check
from seismonet.daemon.messages import Messages, alert_status
from seismonet.daemon.requests import Answer, Request, answer, ask, take
from seismonet.formats import jsonlines
from seismonet.formats.alertjson import reference
from seismonet.formats.signature import public_from_json, verify
from seismonet.store.ledger import audit, entries
from tests.support import letters
from tests.support.daemons import Daemon, Network, Server, until
from tests.support.trust import EARNEST, PEOPLE, alone, loaded, messages, told, trusted

S = 10**9


def an_alert(event: str = "e1", version: int = 0, **changes: Any) -> Alert:
    """Of an earthquake just now."""
    now_ns = time.time_ns()
    facts = {"origin_time_ns": now_ns - 5 * S, "issued_ns": now_ns, "kind": "update" if version else "new", **changes}
    return letters.alert(event, version, **facts)


def request(act: str, facts: dict[str, Any], note: str = "", by: str = "N. Duty", **changes: Any) -> Request:
    return Request(**{"act": act, "by": by, "time_ns": time.time_ns(), "note": note, "facts": facts, **changes})


def cancel(event: str = "e1", note: str = "a quarry blast", **changes: Any) -> Request:
    return request("cancel", {"event_id": event}, note, **changes)


def acts(folder: Path) -> list[dict[str, Any]]:
    return [one for one in entries(folder / "archive") if one["who"] != "daemon"]


# ---- without a daemon


def test_a_cancellation_names_all_that_was_told_and_reaches_those_who_were_told(tmp_path: Path) -> None:
    setup = loaded(trusted(tmp_path, {"duty": "", "people": PEOPLE, "late": "updates = true"}))
    (done,) = asyncio.run(alone(setup, an_alert(), an_alert(version=1), cancel()))
    assert done.done
    first, second, third = messages(tmp_path, "duty")
    assert (third.type, third.state, third.version) == ("Cancel", "cancelled", 2)
    assert third.references == (reference(first), reference(second))
    assert third.reason == "taken back by N. Duty: a quarry blast"
    assert third.human is not None
    assert (third.human.action, third.human.by, third.human.note) == ("cancel", "N. Duty", "a quarry blast")
    assert messages(tmp_path, "people") == []
    keys = public_from_json((tmp_path / "keys.json").read_bytes())
    last = told(tmp_path, "duty")[-1]
    assert verify(last["payload"].encode(), last["signature"], keys, now_ns=time.time_ns(), status="Exercise").genuine
    (entry,) = acts(tmp_path)
    assert (entry["what"], entry["who"], entry["note"], entry["done"]) == ("cancel", "N. Duty", "a quarry blast", True)
    assert audit(tmp_path / "archive").sound


def test_what_was_taken_back_is_not_taken_back_again_and_no_reason_is_no_cancellation(tmp_path: Path) -> None:
    setup = loaded(trusted(tmp_path, {"duty": ""}))
    found = asyncio.run(alone(setup, an_alert(), cancel(note=" "), cancel("nothing"), cancel(), cancel()))
    assert [one.done for one in found] == [False, False, True, False]
    assert "give a reason" in found[0].words[0]
    assert "nothing was told" in found[1].words[0]
    assert "already" in found[3].words[0]
    assert [one.type for one in messages(tmp_path, "duty")] == ["Alert", "Cancel"]
    assert [one["done"] for one in acts(tmp_path)] == [False, False, True, False]


def test_who_was_warned_in_earnest_is_told_in_earnest_that_it_was_a_mistake(tmp_path: Path) -> None:
    setup = loaded(trusted(tmp_path, {"duty": "", "earnest": EARNEST}))
    live, back = (request("status", {"status": status}, "tests are over") for status in ("Actual", "Exercise"))
    asyncio.run(alone(setup, live, an_alert(), back, cancel()))
    assert [one.status for one in messages(tmp_path, "earnest")] == ["Actual", "Actual"]
    assert alert_status(tmp_path / "archive") == "Exercise"
    assert json.loads((tmp_path / "archive" / "live.json").read_text())["by"] == "N. Duty"
    assert [one["what"] for one in acts(tmp_path)] == ["status", "status", "cancel"]


def test_an_acknowledgement_by_hand_is_kept_once(tmp_path: Path) -> None:
    setup = loaded(trusted(tmp_path, {"duty": "", "other": ""}))
    one = request("ack", {"event_id": "e", "receiver": "duty"})
    first, again = asyncio.run(alone(setup, an_alert(), one, one))
    assert first.words == ("acknowledged: duty, e1, version 0 (new)",)
    assert not again.done
    key = told(tmp_path, "other")[0]["key"]
    (by_key,) = asyncio.run(alone(setup, request("ack", {"key": key})))
    assert by_key.done


def test_a_drill_is_an_exercise_whatever_is_asked_and_its_id_is_no_earthquakes(tmp_path: Path) -> None:
    setup = loaded(trusted(tmp_path, {"duty": "", "earnest": EARNEST}))
    real, drill = (jsonlines.alert_object(an_alert(name)) for name in ("e1", "drill-1"))
    live = request("status", {"status": "Actual"}, "tests are over")
    found = asyncio.run(
        alone(setup, live, request("drill", {"alert": real}), request("drill", {"alert": drill}), cancel("drill-1"))
    )
    assert [one.done for one in found] == [True, False, True, True]
    assert [(one.status, one.drill, one.type) for one in messages(tmp_path, "duty")] == [
        ("Exercise", True, "Alert"), ("Exercise", True, "Cancel"),
    ]  # fmt: skip
    assert messages(tmp_path, "earnest") == []
    assert not (tmp_path / "archive" / "alerts.jsonl").exists()


def test_messages_of_a_drill_cannot_be_in_earnest(tmp_path: Path) -> None:
    papers = loaded(trusted(tmp_path, {})).stationery
    assert Messages(papers, "Exercise", drill=True).as_status("Actual").status == "Exercise"
    assert Messages(papers, "Exercise").as_status("Actual").status == "Actual"


@pytest.mark.parametrize(
    ("receivers", "extra", "word"),
    [
        ({"duty": ""}, {"messages": {"key_file": ""}}, "not signed"),
        ({"duty": ""}, {"messages": {"sender": "seismonet"}}, "messages.sender"),
        ({"duty": ""}, {"messages": {"network": "XX"}}, "messages.network"),
        ({"duty": ""}, {"network": {"targets": ""}}, "no place"),
        ({"duty": 'takes = ["Exercise"]'}, {}, "in earnest"),
        ({"duty": 'place = "Atlantis"'}, {}, "Atlantis"),
    ],
)
def test_a_network_goes_live_only_when_all_is_ready(
    tmp_path: Path, receivers: dict[str, str], extra: dict[str, Any], word: str
) -> None:
    check(loaded(trusted(tmp_path, {"duty": ""})))
    path = trusted(tmp_path, receivers)
    text = path.read_text("utf-8")
    for table, keys in extra.items():
        for key, value in keys.items():
            known = next(line for line in text.splitlines() if line.startswith(f"{key} = "))
            text = text.replace(known, f"{key} = {json.dumps(value)}")
            assert table in text
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=word):
        check(loaded(path))


def test_simulated_data_never_go_live(tmp_path: Path) -> None:
    path = trusted(tmp_path, {"duty": ""})
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "SIMULATED.txt").write_text("SIMULATED digitizers\n")
    with pytest.raises(ConfigError, match="simulated"):
        check(loaded(path))


# ---- the folder of requests


def test_a_request_that_nobody_answers_is_withdrawn_and_never_done(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nothing was done"):
        ask(tmp_path, cancel(), limit_s=0.2)
    assert take(tmp_path) == []


def test_a_request_is_taken_once_and_what_is_none_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / requests.FOLDER
    folder.mkdir()
    (folder / "a.request.json").write_text('{"act": "cancel", "by": "x", "time_ns": 0, "loud": true}')
    (folder / "b.request.json").write_text("{")
    (folder / "elsewhere").write_text(json.dumps({"act": "ack", "by": "x", "time_ns": 7}))
    (folder / "d.request.json").symlink_to(folder / "elsewhere")
    (folder / "c.request.json").write_text(json.dumps({"act": "ack", "by": "x", "time_ns": 7}))
    found = dict(take(tmp_path))
    assert isinstance(found["a"], Answer)
    assert isinstance(found["b"], Answer)
    assert found["c"] == Request("ack", "x", 7)
    assert isinstance(found["d"], Answer), "a link is no request"
    assert take(tmp_path) == []
    answer(tmp_path, "c", Answer(True, ("done",)))
    assert (folder / "c.answer.json").exists()


def test_an_old_request_is_not_carried_out(tmp_path: Path) -> None:
    setup = loaded(trusted(tmp_path, {"duty": ""}))
    old = cancel(time_ns=time.time_ns() - 60 * S)
    (found,) = asyncio.run(alone(setup, an_alert(), old))
    assert (found.done, "too old" in found.words[0]) == (False, True)
    assert [one.type for one in messages(tmp_path, "duty")] == ["Alert"]


# ---- with a daemon


def test_a_running_daemon_does_what_is_asked_and_keeps_the_ledger(tmp_path: Path) -> None:
    server = Server()
    path = trusted(tmp_path, {"duty": "", "earnest": EARNEST}, server.port)
    try:
        with Daemon(path) as daemon, Network(server).going_on():
            daemon.until(lambda one: one.contributing == 3, "all stations can contribute")
            folder = daemon.archive
            drill = request("drill", {"alert": jsonlines.alert_object(an_alert("drill-1"))})
            assert ask(folder, drill).words == ("drill-1, operator, version 0 (new): to duty",)
            until(lambda: len(told(tmp_path, "duty")) == 1, "the drill arrived")
            assert ask(folder, request("ack", {"event_id": "drill-1"})).done
            assert ask(folder, cancel("drill-1")).done
            assert not ask(folder, cancel("e1")).done
            assert ask(folder, request("status", {"status": "Actual"}, "tests are over")).done
            daemon.until(lambda one: one.alert_status == "Actual", "it is live")
            assert ask(folder, request("status", {"status": "Exercise"}, "no")).done
            until(lambda: len(told(tmp_path, "duty")) == 2, "the cancellation arrived")
            assert daemon.stop() == 0
            heads = daemon.lines("ledger")
    finally:
        server.close()
    assert [(one.type, one.status) for one in messages(tmp_path, "duty")] == [
        ("Alert", "Exercise"),
        ("Cancel", "Exercise"),
    ]
    assert messages(tmp_path, "earnest") == []
    found = list(entries(folder))
    assert audit(folder, heads[0]["head"]).sound
    assert [one["what"] for one in found if one["who"] == "N. Duty"] == [
        "drill", "ack", "cancel", "cancel", "status", "status",
    ]  # fmt: skip
    sent = [one for one in found if one["what"] == "sent"]
    assert [(one["receiver"], one["version"], one["outcome"]) for one in sent] == [
        ("duty", 0, "delivered"), ("duty", 1, "delivered"),
    ]  # fmt: skip
    on = [one["rules"] for entry in found for one in entry.get("decisions", [])]
    assert any("warning by the network is on" in rules[0] for rules in on), "that nobody can be warned is decided, too"
    assert all(one["version"] and one["parameters"] for one in found if one["what"] in ("started", "decided"))
