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
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError, field_validator
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.errors import ConfigError
from seismonet.formats.messageparams import MessageParams
from seismonet.models.earth import BUILT_IN, is_file
from seismonet.net.receivers import ReceiverParams
from seismonet.net.receivers import placed as receiver_placed
from seismonet.net.server import ServerParams
from seismonet.net.source import SourceParams
from seismonet.pipeline import PipelineParams
from seismonet.store.backfill import BackfillParams

SOURCE, RECEIVER = "source", "receiver"
"""The arrays of tables ``[[source]]`` and ``[[receiver]]``."""
ARRAYS: dict[str, Any] = {SOURCE: SourceParams, RECEIVER: ReceiverParams}
SOURCE_FILES = ("password_file", "token_file", "ca_file")
SERVER_FILES = ("cert_file", "key_file", "credentials_file")


@parameters(frozen=True)
class NetworkParams:
    """Which network this is."""

    name: str = Field(default="", description="what people call the network")
    stations: tuple[str, ...] = Field(
        default=(), description="StationXML files, globs or folders, relative to the configuration's own folder"
    )
    earth_model: str = Field(
        default="iasp91",
        description="travel times come from this model: iasp91, ak135, pamir70-v0, or a file of your own"
        " (docs/location.md), relative to this file",
    )
    station_corrections: str = Field(
        default="", description="CSV of seconds to add by station, phase and depth class (docs/location.md)"
    )
    targets: str = Field(
        default="",
        description="CSV of the places that are warned (docs/shaking.md), relative to this file; none without",
    )

    @field_validator("earth_model")
    @classmethod
    def _model(cls, name: str) -> str:
        if name not in BUILT_IN and not is_file(name):
            raise ValueError(f"should be {', '.join(BUILT_IN)}, or a file with a suffix, as crust.tvel")
        return name


@parameters(frozen=True)
class ArchiveParams:
    """Where the daemon keeps what it received, and for how long."""

    folder: str = Field(
        default="archive", description="journal, day files, index, catalogue and state, relative to this file"
    )
    journal_hours: float = Field(
        default=24.0, ge=0, le=8760, description="the journal is kept so long as a second copy of what is archived"
    )
    keep_days: int = Field(default=0, ge=0, description="day files older than this are removed; 0 keeps all")
    free_gb: float = Field(default=2.0, ge=0, description="oldest days are removed when less than this is free")
    reserve_mb: int = Field(
        default=64, ge=0, le=4096, description="set aside on the disk, so that alerts can be stored when it is full"
    )


@parameters(frozen=True)
class DaemonParams:
    """How ``seismonet run`` works."""

    late_s: float = Field(
        default=60.0, ge=1, le=600, description="data older than this at receipt are archived but cannot warn anyone"
    )
    snapshot_s: float = Field(default=60.0, ge=1, le=3600, description="the pipeline's memory is saved this often")
    memory_mb: int = Field(
        default=64, ge=1, le=4096, description="packets that wait for the disk; when it fails, more are asked for again"
    )
    serve: bool = Field(default=True, description="serve what was received by SeedLink, see [server]")


@dataclass(frozen=True, slots=True)
class Config:
    """All that can be set.

    >>> Config().pipeline.alert.operator.minimum_stations
    2
    """

    network: NetworkParams = field(default_factory=NetworkParams)
    sources: tuple[SourceParams, ...] = ()
    receivers: tuple[ReceiverParams, ...] = ()
    archive: ArchiveParams = field(default_factory=ArchiveParams)
    server: ServerParams = field(default_factory=ServerParams)
    daemon: DaemonParams = field(default_factory=DaemonParams)
    backfill: BackfillParams = field(default_factory=BackfillParams)
    messages: MessageParams = field(default_factory=MessageParams)
    pipeline: PipelineParams = field(default_factory=PipelineParams)

    def document(self) -> dict[str, Any]:
        """The TOML document that says all of this, as nested dicts."""
        tables = {name: asdict(getattr(self, name)) for name in TABLES}
        arrays = {name: [asdict(one) for one in found] for name, found in self._arrays.items()}
        return {"network": tables.pop("network"), **arrays, **tables, **asdict(self.pipeline)}

    @property
    def _arrays(self) -> dict[str, tuple[Any, ...]]:
        return {SOURCE: self.sources, RECEIVER: self.receivers}


TABLES: dict[str, Any] = {
    "network": NetworkParams,
    "archive": ArchiveParams,
    "server": ServerParams,
    "daemon": DaemonParams,
    "backfill": BackfillParams,
    "messages": MessageParams,
}


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
    return _placed(parse(document, str(path)), path.parent)


def _placed(config: Config, folder: Path) -> Config:
    """Paths of files become relative to the folder that the configuration lies in."""

    def placed(name: str) -> str:
        return str(folder / name) if name else name

    def with_placed(holder: Any, names: tuple[str, ...]) -> Any:
        return replace(holder, **{name: placed(getattr(holder, name)) for name in names})

    network = with_placed(config.network, ("station_corrections", "targets"))
    model = network.earth_model if network.earth_model in BUILT_IN else placed(network.earth_model)
    return replace(
        config,
        network=replace(network, stations=tuple(map(placed, network.stations)), earth_model=model),
        sources=tuple(with_placed(source, SOURCE_FILES) for source in config.sources),
        receivers=tuple(receiver_placed(receiver, folder) for receiver in config.receivers),
        archive=with_placed(config.archive, ("folder",)),
        server=with_placed(config.server, SERVER_FILES),
        messages=with_placed(config.messages, ("texts", "key_file")),
    )


def parse(document: Mapping[str, Any], name: str) -> Config:
    """The configuration in a parsed document; ``name`` says in errors where it came from.

    >>> parse({"alert": {"operator": {"minimum_stations": 4}}}, "here").pipeline.alert.operator.minimum_stations
    4
    >>> parse({"alert": {"moved_km": 0, "loud": True}}, "here")
    Traceback (most recent call last):
    seismonet.core.errors.ConfigError: here: 2 errors
      alert.loud: there is no such key
      alert.moved_km: 0: input should be greater than 0
    """
    defaults = Config().document()
    document = dict(document)
    arrays: dict[str, tuple[Any, ...]] = {}
    errors: list[str] = []
    for table, kind in ARRAYS.items():
        arrays[table], told = _array(table, kind, document.pop(table, []))
        errors += told
        defaults.pop(table)
    errors += _misfits(document, defaults, "")
    merged = _merged(defaults, document)
    parts: dict[str, Any] = {}
    for table, kind in TABLES.items():
        parts[table], told = _validated(kind, merged.pop(table), f"{table}.")
        errors += told
    pipeline, told = _validated(PipelineParams, merged, "")
    errors += told
    if errors:
        count = f"{len(errors)} error{'s' if len(errors) > 1 else ''}"
        raise ConfigError("\n  ".join([f"{name}: {count}", *sorted(errors)]))
    return Config(sources=arrays[SOURCE], receivers=arrays[RECEIVER], pipeline=pipeline, **parts)


def _array(table: str, kind: Any, documents: Any) -> tuple[tuple[Any, ...], list[str]]:
    """What the tables ``[[table]]`` of a document hold, and what is wrong with them."""
    if not isinstance(documents, list) or not all(isinstance(one, Mapping) for one in documents):
        return (), [f"{table}: should be tables, each beginning with [[{table}]]"]
    defaults = _defaults(kind)
    found: list[Any] = []
    errors: list[str] = []
    for number, document in enumerate(documents, start=1):
        prefix = f"{table}[{number}]."
        errors += _misfits(document, defaults, prefix)
        given = {key: value for key, value in document.items() if key in defaults}
        one, told = _validated(kind, given, prefix)
        errors += told
        found += [one] if one else []
    names = [one.name for one in found]
    errors += [f"{table}: two are named {name!r}" for name in sorted(set(names)) if names.count(name) > 1]
    return tuple(found), errors


def _misfits(document: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """What has no place in the tree of keys, and numbers that are none."""
    for key, value in document.items():
        path = prefix + key
        if key not in defaults:
            near = difflib.get_close_matches(key, defaults, 1)
            yield f"{path}: there is no such key" + (f"; is it {prefix}{near[0]}?" if near else "")
        elif isinstance(defaults[key], dict):
            if isinstance(value, Mapping) and not defaults[key]:
                continue  # a table whose keys are names that the operator gives
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
        if isinstance(default, dict) and default:
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
    """All keys in the order of the document; those of a source as ``source[].name``."""
    tables = _keys(NetworkParams(), "network.")
    for name, kind in ARRAYS.items():
        tables += [Key(f"{name}[].{one.path}", one.default, one.meaning) for one in _array_keys(kind)]
    for name, kind in list(TABLES.items())[1:]:
        tables += _keys(kind(), f"{name}.")
    return [*tables, *_keys(PipelineParams(), "")]


def _array_keys(kind: Any) -> list[Key]:
    """The keys of one of an array of tables; what must be given has the default None."""
    fields = kind.__pydantic_fields__
    return [Key(name, default, fields[name].description or "") for name, default in _defaults(kind).items()]


def _defaults(kind: Any) -> dict[str, Any]:
    """Default of each key of parameters of which some must be given: those have None."""
    return {name: None if one.is_required() else one.default for name, one in kind.__pydantic_fields__.items()}


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

    >>> print(to_toml(Config()).splitlines()[1])
    name = ""  # what people call the network
    """
    document = config.document()
    lines: list[str] = []
    table = ""
    for key in keys():
        *tables, name = key.path.split(".")
        if tables[0].endswith("[]"):
            continue
        if ".".join(tables) != table:
            if table == "network":
                for name_of, kind in ARRAYS.items():
                    lines += _toml_array(name_of, kind, document[name_of])
            table = ".".join(tables)
            lines += ["", f"[{table}]"]
        value = document
        for part in (*tables, name):
            value = value[part]
        lines.append(_toml_line(name, value, key.meaning))
    return "\n".join(lines[1:]) + "\n"


def _toml_array(table: str, kind: Any, tables: list[dict[str, Any]]) -> list[str]:
    meanings = {key.path: key.meaning for key in _array_keys(kind)}
    lines: list[str] = []
    for one in tables:
        lines += ["", f"[[{table}]]", *(_toml_line(name, value, meanings[name]) for name, value in one.items())]
    return lines


def _toml_line(name: str, value: Any, meaning: str) -> str:
    return f"{name} = {_toml(value)}" + (f"  # {meaning}" if meaning else "")


def _toml(value: Any) -> str:
    """TOML's spelling of text, numbers, truth and arrays, which is JSON's, and of tables within a line."""
    if isinstance(value, dict):
        parts = [f"{_toml_key(name)} = {_toml(one)}" for name, one in value.items() if one is not None]
        return f"{{ {', '.join(parts)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _toml_key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else json.dumps(name)
