"""The texts of warnings that are in effect: seismonet's own, and those that an installation wrote over them."""

from collections.abc import Sequence
from pathlib import Path

from seismonet.core.errors import ConfigError, FormatError
from seismonet.core.share import share
from seismonet.formats.texttemplates import Templates, load_templates


def load_texts(languages: Sequence[str], folder: str = "") -> dict[str, Templates]:
    """Templates of the languages that messages are in, by language.

    ``folder`` holds files of an installation's own, ``LANGUAGE.toml``, which replace or add languages. ConfigError when
    a language has no file, or a file cannot be used.

    >>> list(load_texts(["ru", "en"]))
    ['ru', 'en']
    """
    places = [share("config") / "messages", *([Path(folder)] if folder else [])]
    if folder and not places[-1].is_dir():
        raise ConfigError(f"messages.texts: {folder}: is no folder; make it, or leave the key empty")
    files = {path.stem: path for place in places for path in sorted(place.glob("*.toml"))}
    if absent := [name for name in languages if name not in files]:
        raise ConfigError(f"messages.languages: there are no texts in {absent[0]!r}; write {absent[0]}.toml")
    return {name: _loaded(files[name], name) for name in languages}


def _loaded(path: Path, language: str) -> Templates:
    try:
        templates = load_templates(path.read_bytes().decode("utf-8"), str(path))
    except FormatError as error:
        raise ConfigError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}; texts are TOML in UTF-8") from None
    if templates.language != language:
        raise ConfigError(f"{path}: is in {templates.language!r}, but its name says {language!r}; rename it")
    return templates
