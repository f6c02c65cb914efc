"""What the daemon works with: its configuration, and the metadata and pipeline that follow from it."""

from dataclasses import dataclass
from pathlib import Path

from seismonet.config import Config, load_config
from seismonet.core.errors import ConfigError
from seismonet.core.inventory import ChannelTable
from seismonet.core.target import Target
from seismonet.models.corrections import StationCorrections, read_corrections
from seismonet.models.earth import Earth, earth_model
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.status.advice import StationFacts
from seismonet.store.inventory import read_inventories
from seismonet.store.retention import RetentionParams
from seismonet.store.targets import read_targets

from .live import Live
from .messages import Stationery, stationery
from .metadata import read_notes


@dataclass(frozen=True, slots=True)
class Setup:
    """A configuration that can be worked with, its channels, and what is known of its stations' instruments."""

    config: Config
    table: ChannelTable
    facts: dict[str, StationFacts]
    earth: Earth
    corrections: StationCorrections
    targets: tuple[Target, ...]
    stationery: Stationery

    @property
    def station_codes(self) -> list[str]:
        """All stations, ``NET.STA``, sorted."""
        return sorted({station.station_code for station in self.table.stations})

    @property
    def retention(self) -> RetentionParams:
        """How long data are kept."""
        archive = self.config.archive
        return RetentionParams(days=archive.keep_days, free_gb=archive.free_gb, free_percent=0.0)

    def live(self) -> Live:
        """A pipeline that knows nothing yet."""
        model = travel_times(self.earth, cache_dir())
        return Live(self.table, model, self.config.pipeline, self.config.daemon.late_s, self.corrections, self.targets)


def load_setup(path: Path) -> Setup:
    """Configuration, metadata and models from files; a SeismonetError when they cannot be worked with."""
    config = load_config(path)
    if not config.sources:
        raise ConfigError(f"{path}: no [[source]]: nothing to receive from; 'seismonet init' writes one")
    if not config.network.stations:
        raise ConfigError(f"{path}: network.stations is empty: no metadata; name the StationXML files")
    notes = read_notes(config.network.stations)
    facts = {code: StationFacts(code, filter_s=one.filter_s) for code, one in notes.items()}
    earth, corrections = earth_model(config.network.earth_model), read_corrections(config.network.station_corrections)
    table, targets = read_inventories(config.network.stations), read_targets(config.network.targets)
    papers = stationery(config, table, targets)
    return Setup(config, table, facts, earth, corrections, targets, papers)


def check_change(old: Config, new: Config) -> None:
    """ConfigError for what only a new start of the daemon can change."""
    fixed = [f"[{name}]" for name in ("archive", "server") if getattr(new, name) != getattr(old, name)]
    fixed += [f"daemon.{key}" for key in ("memory_mb", "serve") if getattr(new.daemon, key) != getattr(old.daemon, key)]
    if fixed:
        raise ConfigError(f"{' and '.join(fixed)} changed: only a restart can take that over")
