"""The picture of the README: ``python -m benchmarks.picture`` draws docs/figures/replay.png anew.

It is what ``seismonet replay`` draws of the simulated earthquake of 2015 at Lake Sarez, located with the configuration
of the Pamir; only its colours are fewer, so that it is small.
"""

import tempfile
from pathlib import Path

from seismonet.config import load_config
from seismonet.core.share import share
from seismonet.core.utc import from_iso
from seismonet.library.recordings import replay_files
from seismonet.models.traveltime import cache_dir
from seismonet.synthesis.earthmodels import PAMIR_EARTH, SimulatedEarth, errors_around
from seismonet.synthesis.files import write
from seismonet.synthesis.scenarios import scenario
from seismonet.synthesis.simulation import part_of, read_network, simulate

NAME, BEGIN, LATENCY_S = "2015-sarez", "2025-01-01T00:00:00Z", 1.0
PICTURE = Path(__file__).parent.parent / "docs" / "figures" / "replay.png"
WIDTH, COLOURS = 1200, 255


def main() -> None:
    """Simulate, replay, draw."""
    from PIL import Image

    config, begin_ns = load_config(share("config") / "pamir.toml"), from_iso(BEGIN)
    table, inventory = read_network([str(share("stations") / "TJ.*.xml")])
    own = part_of(table, scenario(NAME).stations, begin_ns)
    earth = SimulatedEarth.draw(PAMIR_EARTH, errors_around(PAMIR_EARTH), 0, cache_dir())
    made = simulate(scenario(NAME), own, earth.times_to, begin_ns=begin_ns, inventory=inventory)
    with tempfile.TemporaryDirectory() as folder:
        waveforms, _, stations, *_ = write(made, made.schedule(), own, inventory, Path(folder) / "made", "file")
        out = Path(folder) / "out"
        replay_files([str(waveforms)], [str(stations)], out, latency_s=LATENCY_S, config=config)
        with Image.open(out / "report.png") as drawn:
            small = drawn.convert("RGB").resize((WIDTH, drawn.height * WIDTH // drawn.width), Image.Resampling.LANCZOS)
    small.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(PICTURE, optimize=True)
    print(PICTURE, PICTURE.stat().st_size)


if __name__ == "__main__":
    main()
