"""The doctor finds what keeps receivers from being told, and sends nobody anything."""

from pathlib import Path

from seismonet.config import Config, parse
from seismonet.core.target import Target
from seismonet.daemon.findings import Finding
from seismonet.daemon.receiverchecks import all_receiver_findings, message_findings
from seismonet.formats.signature import new_key, private_to_pem
from tests.support.mosquitto import broker

TARGETS = (Target("Khorugh", "city", 37.49, 71.55),)


def config(folder: Path, *receivers: dict[str, object], **messages: object) -> Config:
    archive = {"folder": str(folder)}
    return parse({"archive": archive, "receiver": list(receivers), "messages": messages}, "here")


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(one.area, one.level, one.what) for one in found]


def test_every_way_is_tried_as_far_as_it_goes(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as server:
        asked = config(
            tmp_path,
            {"name": "lines", "sink": "file", "address": str(tmp_path / "lines.jsonl")},
            {"name": "nowhere", "sink": "file", "address": str(tmp_path / "no" / "lines.jsonl")},
            {"name": "horn", "sink": "command", "command": ["/no/such/horn"], "audience": "siren"},
            {"name": "lost", "sink": "file", "address": "x", "place": "Osh"},
            {"name": "inside", "sink": "webhook", "address": "https://localhost/"},
            {"name": "broker", "sink": "mqtt", "address": f"mqtt://127.0.0.1:{server.port}", "user": "seismonet",
             "secret": f"file:{server.password_file}"},
        )  # fmt: skip
        found = said(all_receiver_findings(asked.receivers, TARGETS))
    assert found[0] == ("lines", "good", "file: can be written")
    assert [(area, level) for area, level, _ in found[1:5]] == [
        ("nowhere", "error"), ("horn", "error"), ("lost", "error"), ("inside", "error"),
    ]  # fmt: skip
    assert "there is no target 'Osh'" in found[3][2]
    assert "(loopback)" in found[4][2]
    assert found[5] == ("broker", "good", "mqtt: the broker lets us in")
    assert not (tmp_path / "lines.jsonl").exists()


def test_messages_are_signed_and_their_status_is_said(tmp_path: Path) -> None:
    lines = {"name": "lines", "sink": "file", "address": str(tmp_path / "lines.jsonl")}
    horn = {"name": "horn", "sink": "command", "command": ["horn"], "audience": "siren"}
    key = tmp_path / "key.pem"
    key.write_bytes(private_to_pem(new_key()))
    key.chmod(0o600)
    assert message_findings(config(tmp_path)) == []
    levels = [one.level for one in message_findings(config(tmp_path, lines, horn))]
    assert levels == ["warning", "good"]
    (told,) = said(message_findings(config(tmp_path, lines, horn, key_file=str(key))))
    assert told == ("alerts", "good", "messages go out as Exercise, to 1 of 2 receivers")
    (tmp_path / "live.json").write_text('{"status": "Actual"}')
    (told,) = said(message_findings(config(tmp_path, lines, horn, key_file=str(key))))
    assert told[2] == "messages go out as Actual, to 2 of 2 receivers"
    key.chmod(0o644)
    assert "others may read it" in message_findings(config(tmp_path, lines, key_file=str(key)))[0].what
