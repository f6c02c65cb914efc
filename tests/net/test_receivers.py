"""A receiver's keys are checked together, its files lie beside the configuration, its secret is nowhere but there."""

import os
from pathlib import Path

import pytest

from seismonet.config import load_config, parse, to_toml
from seismonet.core.errors import AuthError, ConfigError
from seismonet.net.receivers import ReceiverParams, secrets_of

MAIL = {"sink": "email", "address": "a@b.example", "server": "smtp://m.example", "sender": "s@b.example"}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"sink": "file"}, "address: should be the path of a file"),
        ({"sink": "command"}, "command: should be a program and its arguments"),
        ({"sink": "command", "command": ["horn"], "heartbeat": True}, "check: heartbeat of a command asks"),
        ({"sink": "webhook", "address": "http://a.example/"}, "address: should be https://HOST/PATH"),
        ({"sink": "webhook", "address": "https://a.example:22/"}, "address: port 22 is not among ports (443, 8443)"),
        ({"sink": "mqtt", "address": "https://a.example"}, "address: should be mqtts://BROKER:8883"),
        ({"sink": "mqtt", "address": "mqtt://a.example", "user": "me"}, "user and secret go together"),
        ({"sink": "mqtt", "address": "mqtt://a.example", "secret": "hunter2"}, "secret: hunter2: string should match"),
        ({"sink": "mqtt", "address": "mqtt://a.example", "topic": "all/#"}, "topic: all/#: string should match"),
        ({**MAIL, "server": "m.example"}, "server: should be smtp://HOST:587"),
        ({**MAIL, "address": "a@b.example, nobody"}, "address and sender: 'nobody' should be an e-mail address"),
        ({**MAIL, "address": "a@b.example\r\nBcc: x@y.example"}, "should be an e-mail address"),
        ({**MAIL, "heartbeat": True}, "heartbeat: not by email"),
        ({"sink": "chat", "format": "text"}, "secret: should name the service's address"),
        ({"sink": "chat", "format": "cap", "secret": "env:X"}, "chat is for information: format text or sms"),
        ({"sink": "chat", "format": "sms", "audience": "siren", "secret": "env:X"}, "chat is for information"),
        ({"sink": "file", "address": "x", "coordinates": [91.0, 0.0]}, "should be [latitude, longitude]"),
        ({"sink": "file", "address": "x", "coordinates": [1.0]}, "should be [latitude, longitude]"),
        ({"sink": "file", "address": "x", "place": "a", "coordinates": [1, 2]}, "give place or coordinates, not both"),
        ({"sink": "file", "address": "x", "least_intensity": 2}, "should be 0, or from 3 to 10"),
        ({"sink": "file", "address": "x", "quiet_hours": "22-6"}, "quiet_hours: 22-6: string should match"),
        ({"sink": "file", "address": "x", "allow_private": ["10.0.0.1/8"]}, "should be a network like 10.1.2.0/24"),
        ({"sink": "file", "address": "x", "takes": ["Alles"]}, "input should be 'Actual', 'Exercise' or 'Test'"),
        ({"sink": "file", "address": "x", "cert_file": "a"}, "cert_file and key_file go together"),
        ({"sink": "file", "adress": "x"}, "receiver[1].adress: there is no such key; is it receiver[1].address?"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told(keys: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse({"receiver": [{"name": "one", **keys}]}, "here")
    assert told in str(caught.value)


def test_two_of_one_name_are_told() -> None:
    one = {"name": "one", "sink": "file", "address": "x"}
    with pytest.raises(ConfigError, match="receiver: two are named 'one'"):
        parse({"receiver": [one, one]}, "here")


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    text = """
    [[receiver]]
    name = "duty"
    sink = "mqtt"
    address = "mqtts://broker.example"
    user = "me"
    secret = "file:secrets/mqtt"
    ca_file = "ca.pem"
    coordinates = [37.5, 71.5]
    takes = ["Actual", "Exercise"]
    [[receiver]]
    name = "lines"
    sink = "file"
    address = "out/lines.jsonl"
    """
    (tmp_path / "one.toml").write_text(text)
    config = load_config(tmp_path / "one.toml")
    duty, lines = config.receivers
    assert duty.secret == f"file:{tmp_path / 'secrets' / 'mqtt'}"
    assert (duty.ca_file, duty.address) == (str(tmp_path / "ca.pem"), "mqtts://broker.example")
    assert lines.address == str(tmp_path / "out" / "lines.jsonl")
    (tmp_path / "again.toml").write_text(to_toml(config))
    assert load_config(tmp_path / "again.toml") == config


def test_secrets_come_from_files_and_the_environment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text("two words\n")
    path.chmod(0o600)
    one = ReceiverParams("one", "webhook", "https://a.example/", secret=f"file:{path}")
    two = ReceiverParams("two", "webhook", "https://a.example/", secret="env:TOKEN_OF_TWO")
    monkeypatch.setenv("TOKEN_OF_TWO", "hidden")
    assert secrets_of([one, two]) == ["two words", "hidden"]
    monkeypatch.delenv("TOKEN_OF_TWO")
    with pytest.raises(AuthError, match="TOKEN_OF_TWO is not set"):
        two.password()
    path.chmod(0o640)
    with pytest.raises(AuthError, match="others may read it; run chmod 600 on it"):
        one.password()
    assert secrets_of([one, two]) == []
    path.chmod(0o600)
    for bad in (b"", b"two\nlines", b"\xff\xfe"):
        path.write_bytes(bad)
        with pytest.raises(AuthError, match="one line of text is wanted"):
            one.password()
    os.unlink(path)
    with pytest.raises(AuthError, match="cannot be read"):
        one.password()
