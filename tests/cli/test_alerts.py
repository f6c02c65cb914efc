"""``seismonet alerts`` and ``go-live``, on an archive and on a replay's folder, as people and programs use them."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from seismonet.cli import main
from seismonet.core.utc import to_iso
from seismonet.store.catalogue import Catalogue
from seismonet.store.ledger import audit
from tests.support import letters
from tests.support.quakes import network, quake
from tests.support.trust import alone, loaded, measured, messages, told, trusted

S = 10**9
TABLE = network(5)
QUAKE = measured(quake(TABLE))


@pytest.fixture
def config(tmp_path: Path) -> str:
    """An archive in which the duty officer was told of two versions of an event."""
    path = trusted(tmp_path, {"duty": "", "horn": 'audience = "siren"'})
    now_ns = time.time_ns()
    times = {"origin_time_ns": now_ns - 8 * S}
    first = letters.alert("e1", 0, "new", issued_ns=now_ns - 2 * S, **times)
    second = letters.alert("e1", 1, "update", issued_ns=now_ns - S, **times)
    asyncio.run(alone(loaded(path), first, second))
    return str(path)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a replay left."""
    folder = tmp_path_factory.mktemp("out")
    with Catalogue(folder / "catalogue.sqlite") as catalogue:
        catalogue.add_stations(TABLE)
        catalogue.add_picks(QUAKE.picks.values())
        catalogue.add_status(QUAKE.statuses)
        catalogue.add_events(QUAKE.versions)
        catalogue.add_alerts(QUAKE.alerts)
        catalogue.add_decisions(QUAKE.decisions)
    return str(folder)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["alerts", *words])
    found = capsys.readouterr()
    return code, found.out + found.err


def objects(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code, text = said(capsys, *words, "--json")
    assert code == 0
    return json.loads(text)


def archive(config: str) -> str:
    return str(Path(config).parent / "archive")


def test_a_replays_folder_is_listed_and_shown(out: str, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = objects(capsys, "list", "--data", out)
    name = QUAKE.versions[0].id
    assert (one["event_id"], one["audience"], one["versions"], one["status"]) == (name, "operator", 3, None)
    shown = objects(capsys, "show", name[:5], "--data", out)
    assert [alert["version"] for alert in shown["alerts"]] == [0, 1, 2]
    assert [decision["kind"] for decision in shown["decisions"]] == [None, "new", "update", "update"]
    code, text = said(capsys, "show", "nothing", "--data", out)
    assert (code, "see 'seismonet alerts list'" in text) == (1, True)


def test_explain_goes_to_the_terminal_or_into_a_file(
    out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at, place = to_iso(QUAKE.versions[0].origin.time_ns, 0), "38.3,72.8"
    code, text = said(capsys, "explain", "--at", at, "--place", place, "--data", out)
    assert (code, text.startswith("Why an alert was sent")) == (0, True)
    page = tmp_path / "why.html"
    assert said(capsys, "explain", QUAKE.versions[0].id, "--data", out, "--out", str(page))[0] == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    for words in ([], ["--at", at], ["--at", "noon", "--place", place], ["--at", at, "--place", "91,0"]):
        code, text = said(capsys, "explain", *words, "--data", out)
        assert (code, len(text.splitlines())) == (1, 1)


def test_a_daemons_archive_tells_what_became_of_the_messages(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = objects(capsys, "list", "--data", archive(config))
    assert (one["versions"], one["status"], one["messages"], one["sent"]) == (2, "Exercise", 2, 2)
    assert said(capsys, "ack", "e1", "--config", config, "--by", "N. Duty")[0] == 0
    assert said(capsys, "cancel", "e1", "--config", config, "--by", "N. Duty", "--reason", "a blast")[0] == 0
    assert said(capsys, "cancel", "e1", "--config", config, "--by", "N. Duty", "--reason", "a blast")[0] == 1
    (one,) = objects(capsys, "list", "--data", archive(config))
    assert (one["kind"], one["versions"], one["sent"], one["acknowledged"]) == ("cancel", 3, 3, 2)
    shown = objects(capsys, "show", "e1", "--data", archive(config))
    assert [(act["who"], act["what"], act["done"]) for act in shown["people"]] == [
        ("N. Duty", "ack", True), ("N. Duty", "cancel", True), ("N. Duty", "cancel", False),
    ]  # fmt: skip
    text = said(capsys, "show", "e1", "--data", archive(config))[1]
    assert "to duty: version 2, SENT" in text
    assert "taken back by N. Duty: a blast" in text
    assert [one.type for one in messages(Path(config).parent, "duty")] == ["Alert", "Update", "Cancel"]


def test_verify_says_genuine_or_why_not(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(config).parent
    line = told(folder, "duty")[0]
    message, signature = folder / "m.json", folder / "m.json.sig"
    message.write_text(line["payload"], "utf-8")
    signature.write_text(line["signature"] + "\n")
    words = "verify", str(message), "--keys", str(folder / "keys.json")
    assert objects(capsys, *words, "--status", "Exercise", "--at", "now")["genuine"]
    assert said(capsys, *words, "--status", "Exercise", "--signature", line["signature"])[0] == 0
    assert said(capsys, *words) == (1, "REFUSED, wrong status: Exercise where Actual is expected\n")
    code, text = said(capsys, *words, "--status", "Exercise", "--at", "2031-01-01")
    assert (code, text.startswith("REFUSED, expired")) == (1, True)
    message.write_text(line["payload"].replace("5.1", "7.1"), "utf-8")
    assert said(capsys, *words, "--status", "Exercise")[1].startswith("REFUSED, altered")
    assert said(capsys, *words, "--form", "text")[1].startswith("REFUSED, altered")
    other = folder / "other.pem", folder / "other.json"
    assert said(capsys, "key", str(other[0]), "--public", str(other[1]))[0] == 0
    assert said(capsys, "verify", str(message), "--keys", str(other[1]))[1].startswith("REFUSED, unknown key")


def test_a_key_is_for_its_owners_eyes_and_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private, public = tmp_path / "key.pem", tmp_path / "keys.json"
    assert said(capsys, "key", str(private), "--public", str(public))[0] == 0
    assert private.stat().st_mode & 0o777 == 0o600
    before = private.read_bytes()
    assert said(capsys, "key", str(private), "--public", str(tmp_path / "new.json"))[0] == 1
    assert private.read_bytes() == before


def test_audit_names_the_line_that_was_changed(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "ack", "e1", "--config", config, "--by", "N. Duty")
    data = Path(archive(config))
    head = audit(data).head.hash
    assert said(capsys, "audit", "--data", str(data), "--head", head)[0] == 0
    code, text = said(capsys, "audit", "--data", str(data), "--head", "0" * 64)
    assert (code, "cut off, or written anew" in text) == (1, True)
    (path,) = (data / "ledger").iterdir()
    path.write_text(path.read_text("utf-8").replace("N. Duty", "M. Duty", 1), "utf-8")
    code, text = said(capsys, "audit", "--data", str(data))
    assert (code, f"BROKEN after that: {path.name}, line 3" in text) == (1, True)
    assert said(capsys, "audit", "--data", str(data.parent))[0] == 1


def test_go_live_and_back(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    live = Path(archive(config)) / "live.json"
    words = ["go-live", "--config", config, "--by", "A. Min", "--reason", "tests are over"]
    assert main(words[:3]) == 1
    assert "--by and --reason" in capsys.readouterr().err
    assert not live.exists()
    assert main(words) == 0
    assert json.loads(live.read_text())["status"] == "Actual"
    assert main([*words, "--back"]) == 0
    assert json.loads(live.read_text())["status"] == "Exercise"
    os.chmod(Path(config).parent / "key.pem", 0o644)
    assert main(words) == 1
    assert "others may read it" in capsys.readouterr().err
    assert json.loads(live.read_text())["status"] == "Exercise"
