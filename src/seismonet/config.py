"""The configuration: one TOML document, one frozen object.

Parameters are declared beside the code that uses them; this file only gathers them, one TOML table a room, after
``[network]``. What a document leaves out has its default; what it has too much or out of range is refused, all at once.
"""

import difflib
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.errors import ConfigError
from seismonet.pipeline import PipelineParams


@parameters(frozen=True)
class NetworkParams:
    """Which network this is."""

    name: str = Field(default="", description="what people call the network")
    stations: tuple[str, ...] = Field(
        default=(), description="StationXML files, globs or folders, relative to the configuration's own folder"
    )
    earth_model: Literal["iasp91", "ak135"] = Field(default="iasp91", description="travel times come from this model")


@dataclass(frozen=True, slots=True)
class Config:
    """All that can be set.

    >>> Config().pipeline.alert.minimum_stations
    3
    """

    network: NetworkParams = field(default_factory=NetworkParams)
    pipeline: PipelineParams = field(default_factory=PipelineParams)

    def document(self) -> dict[str, Any]:
        """The TOML document that says all of this, as nested dicts."""
        return {"network": asdict(self.network), **asdict(self.pipeline)}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the document: its path (``picker.d1.low_hz``), default and meaning."""

    path: str
    default: Any
    meaning: str


def load_config(path: Path | None = None) -> Config:
    """The configuration in a file; the defaults without one.

    ConfigError when it cannot be read or used: a first line that sums up, then a line for each error with the path of
    its key.
    """
    if path is None:
        return Config()
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is no text in UTF-8 (byte {error.start}); a configuration is TOML") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is no TOML: {error}") from None
    config = parse(document, str(path))
    stations = tuple(str(path.parent / pattern) for pattern in config.network.stations)
    return replace(config, network=replace(config.network, stations=stations))


def parse(document: Mapping[str, Any], name: str) -> Config:
    """The configuration in a parsed document; ``name`` says in errors where it came from.

    >>> parse({"alert": {"minimum_stations": 4}}, "here").pipeline.alert.minimum_stations
    4
    >>> parse({"alert": {"minimum_stations": 1, "loud": True}}, "here")
    Traceback (most recent call last):
    seismonet.core.errors.ConfigError: here: 2 errors
      alert.loud: there is no such key
      alert.minimum_stations: 1: input should be greater than or equal to 3
    """
    defaults = Config().document()
    errors = list(_misfits(document, defaults, ""))
    merged = _merged(defaults, document)
    network, errors_of_network = _validated(NetworkParams, merged.pop("network"), "network.")
    pipeline, errors_of_pipeline = _validated(PipelineParams, merged, "")
    errors += errors_of_network + errors_of_pipeline
    if errors or network is None or pipeline is None:
        count = f"{len(errors)} error{'s' if len(errors) > 1 else ''}"
        raise ConfigError("\n  ".join([f"{name}: {count}", *sorted(errors)]))
    return Config(network, pipeline)


def _misfits(document: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """What has no place in the tree of keys, and numbers that are none."""
    for key, value in document.items():
        path = prefix + key
        if key not in defaults:
            near = difflib.get_close_matches(key, defaults, 1)
            yield f"{path}: there is no such key" + (f"; is it {prefix}{near[0]}?" if near else "")
        elif isinstance(defaults[key], dict):
            if isinstance(value, Mapping):
                yield from _misfits(value, defaults[key], path + ".")
            else:
                yield f"{path}: {_said(value)}: should be a table of keys"
        elif any(isinstance(one, float) and not math.isfinite(one) for one in _flat(value)):
            yield f"{path}: {_said(value)}: should be finite"


def _flat(value: Any) -> list[Any]:
    return [one for part in value for one in _flat(part)] if isinstance(value, list | tuple) else [value]


def _merged(defaults: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with what the document says instead, misfits left out: they have been told."""
    merged: dict[str, Any] = {}
    for key, default in defaults.items():
        value = document.get(key, default)
        if isinstance(default, dict):
            merged[key] = _merged(default, value if isinstance(value, Mapping) else {})
        else:
            known = all(not isinstance(one, float) or math.isfinite(one) for one in _flat(value))
            merged[key] = value if known else default
    return merged


def _validated(kind: Any, values: Mapping[str, Any], prefix: str) -> tuple[Any, list[str]]:
    # as JSON, since only there a strict reading takes an array for a tuple and a table for a dataclass
    text = json.dumps(values, default=str)
    try:
        return TypeAdapter(kind).validate_json(text, strict=True), []
    except ValidationError as failure:
        return None, [_told(error, prefix) for error in failure.errors(include_url=False)]


def _told(error: Any, prefix: str) -> str:
    path = prefix + ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    return f"{path}: {message}" if isinstance(error["input"], dict) else f"{path}: {_said(error['input'])}: {message}"


def _said(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "…"


def keys() -> list[Key]:
    """All keys in the order of the document."""
    network = _keys(NetworkParams(), "network.")
    return [*network, *_keys(PipelineParams(), "")]


def _keys(holder: Any, prefix: str) -> list[Key]:
    described = getattr(type(holder), "__pydantic_fields__", {})
    found: list[Key] = []
    for name in holder.__dataclass_fields__:
        value = getattr(holder, name)
        if hasattr(value, "__dataclass_fields__"):
            found += _keys(value, f"{prefix}{name}.")
        else:
            meaning = described[name].description if name in described else None
            found.append(Key(prefix + name, value, meaning or ""))
    return found


def to_toml(config: Config) -> str:
    """A configuration as a TOML document with every key, its meaning beside it; reading it gives the same.

    >>> print(to_toml(Config()).splitlines()[3])
    earth_model = "iasp91"  # travel times come from this model
    """
    document = config.document()
    lines: list[str] = []
    table = ""
    for key in keys():
        *tables, name = key.path.split(".")
        if ".".join(tables) != table:
            table = ".".join(tables)
            lines += ["", f"[{table}]"]
        value = document
        for part in (*tables, name):
            value = value[part]
        lines.append(f"{name} = {_toml(value)}" + (f"  # {key.meaning}" if key.meaning else ""))
    return "\n".join(lines[1:]) + "\n"


def _toml(value: Any) -> str:
    """TOML's spelling of text, numbers, truth and arrays, which is JSON's for all that a configuration holds."""
    return json.dumps(value, ensure_ascii=False)
