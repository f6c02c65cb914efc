"""Passwords that others may read are refused; what the service manager hands over has a mode of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seismonet.core.errors import AuthError, ConfigError
from seismonet.net.listening import credentials
from seismonet.net.secretfile import exposed
from seismonet.net.source import SourceParams


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, text: str, mode: int) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    return write


@pytest.mark.parametrize(("mode", "wrong"), [(0o600, False), (0o400, False), (0o440, True), (0o604, True)])
def test_a_mode(written: Callable[..., Path], mode: int, wrong: bool) -> None:
    assert exposed(written("a", "x", mode)) is wrong


def test_what_the_service_manager_hands_over(
    written: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed, beside = written("given/password", "hunter2", 0o440), written("other/password", "hunter2", 0o440)
    entries = written("given/entries", "USERPASS anna hunter2\n", 0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "given"))
    (tmp_path / "given" / "link").symlink_to(beside)
    (tmp_path / "link").symlink_to(handed)

    def asked(path: Path) -> SourceParams:
        return SourceParams("a", "seedlink://a", ("TJ.SAREZ",), user="anna", password_file=str(path))

    assert asked(handed).credentials() == asked(tmp_path / "link").credentials() == ("anna", "hunter2")
    assert credentials(str(entries)) == ("USERPASS anna hunter2",)
    for path in (beside, tmp_path / "given" / "link", tmp_path / "given" / ".." / "other" / "password"):
        with pytest.raises(AuthError, match="chmod 600"):
            asked(path).credentials()
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(AuthError, match="chmod 600"):
        asked(handed).credentials()
    with pytest.raises(ConfigError, match="chmod 600"):
        credentials(str(entries))
