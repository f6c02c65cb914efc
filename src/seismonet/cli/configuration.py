"""``seismonet config``."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from seismonet.config import load_config, to_toml
from seismonet.core.errors import ConfigError
from seismonet.models.corrections import read_corrections
from seismonet.models.earth import earth_model
from seismonet.store.inventory import read_inventories
from seismonet.store.targets import read_targets
from seismonet.warn.routing import place_of

config = App(name="config", help="Look at a configuration before it is used.")


@config.command
def check(file: Path, /) -> int:
    """Say whether a configuration can be used: every error at once, with the path of its key.

    Parameters
    ----------
    file
        Configuration (TOML).
    """
    loaded = load_config(file)
    network, found = loaded.network, ""
    earth_model(network.earth_model)
    corrected = read_corrections(network.station_corrections).station_codes
    if network.stations:
        table = read_inventories(network.stations)
        codes = {station.station_code for station in table.stations}
        found = f"; {len(codes)} stations, {len({channel.source_id for channel in table})} channels"
        unknown = [code for code in corrected if code not in codes]
        if unknown:
            raise ConfigError(f"{network.station_corrections}: no metadata of {', '.join(unknown)}; mend the codes")
    targets = read_targets(network.targets)
    if network.targets:
        found += f"; {len(targets)} targets"
    for receiver in loaded.receivers:
        place_of(receiver, targets)
    if loaded.receivers:
        found += f"; {len(loaded.receivers)} receivers"
    print(f"{file}: good{found}")
    return 0


@config.command
def show(
    file: Path | None = None,
    /,
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Print the configuration in effect, defaults included, as TOML.

    Parameters
    ----------
    file
        Configuration (TOML); without it, the defaults.
    as_json
        Print it as JSON.
    """
    loaded = load_config(file)
    print(json.dumps(loaded.document(), indent=1) if as_json else to_toml(loaded), end="\n" if as_json else "")
    return 0
