"""``seismonet simulate``."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from seismonet.core.errors import ArchiveError, QueryError
from seismonet.core.share import share
from seismonet.core.utc import from_iso
from seismonet.models.traveltime import cache_dir
from seismonet.net.clock import Clock
from seismonet.net.misbehaving import MEANING, Behaviour
from seismonet.synthesis.digitizer import LinkParams, Schedule
from seismonet.synthesis.earthmodels import PAMIR_EARTH, SimulatedEarth, errors_around
from seismonet.synthesis.files import Layout, write
from seismonet.synthesis.records import PackingParams
from seismonet.synthesis.scenarios import SCENARIOS, Scenario, parse_scenario, scenario
from seismonet.synthesis.simulation import Simulation, part_of, read_network, simulate
from seismonet.synthesis.truth import NOTICE, summary

HISTORY_S = 60.0
BEGIN = "2025-01-01T00:00:00Z"


def simulate_command(
    name: str | None = None,
    /,
    *,
    out: Path = Path("simulated"),
    start: str = BEGIN,
    seed: int = 0,
    earth: str = PAMIR_EARTH,
    stations: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    packet: Annotated[float, Parameter(name="--packet")] = 1.0,
    record_bytes: Literal[128, 256, 512, 1024, 2048, 4096] = 512,
    encoding: Literal["steim1", "steim2"] = "steim2",
    miniseed: Literal[2, 3] = 2,
    latency: float = 0.3,
    layout: Layout = "file",
    serve: Annotated[bool, Parameter(negative="")] = False,
    host: str = "127.0.0.1",
    port: int = 18001,
    misbehave: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Write what the stations would have sent in a scenario, and the truth about it; or serve it as live digitizers.

    Parameters
    ----------
    name
        One of the scenarios, or a TOML file; without it they are listed.
    out
        Folder for the waveforms, simulated-truth.xml, simulated-stations.xml and simulated-faults.json.
    start
        When the scenario begins, ISO 8601 UTC.
    seed
        Another seed is another chance: another Earth, other noise, other waves of the same size.
    earth
        Known model around which the Earth is drawn that it happens in: pamir70-v0, iasp91, ak135, or a file.
    stations
        StationXML files, globs or folders; without them the Pamir stations.
    packet
        Seconds a packet; 0 sends records when they are full.
    record_bytes
        Longest record.
    encoding
        Compression of the samples.
    miniseed
        Version of miniSEED.
    latency
        Seconds from when a record has passed the digitizer's filters to its sending; how much later than its end that
        is the station files tell.
    layout
        One file, or an SDS archive.
    serve
        Serve it by SeedLink, a server a station, as if it happened now; until it is over, or Ctrl-C.
    host
        Address to serve on.
    port
        Port of the first station; the others follow it, in the order of their names. 0: any that are free.
    misbehave
        Stations whose server misbehaves, as TJ.SAREZ=half_open: silent, endless_line, wrong_signature, huge_length,
        slow_loris, info_flood, entity_bomb, cut_info, half_open, hang_up, foreign or ring_reset.
    as_json
        Print the outcome as JSON.
    """
    if name is None:
        return _list(as_json)
    wanted = find_scenario(name)
    table, inventory = read_network(list(stations) or [str(share("stations"))])
    begin_ns = Clock().now_ns() if serve else _time(start)
    own = part_of(table, wanted.stations, begin_ns)
    # whoever locates knows a model; the Earth is another
    real = SimulatedEarth.draw(earth, errors_around(earth), seed, cache_dir())
    note = real.errors.sentence(earth)
    window_s = (-HISTORY_S, wanted.duration_s) if serve else None
    made = simulate(
        wanted, own, real.times_to, begin_ns=begin_ns, window_s=window_s, inventory=inventory, seed=seed, note=note
    )
    plan = made.schedule(PackingParams(packet, record_bytes, encoding, miniseed), LinkParams(latency))
    if serve:
        return _serve(made, plan, (host, port), misbehave)
    files = write(made, plan, own, inventory, out, layout)
    rows = summary(made, own)
    if as_json:
        keys = ("event", "station", "epicentral_km", "p_s", "s_s")
        told = [dict(zip(keys, row, strict=True)) for row in rows]
        paths = [str(path) for path in files]
        print(json.dumps({"simulated": NOTICE, "earth": note, "files": paths, "onsets": told}, indent=1))
        return 0
    print(f"{NOTICE.partition(':')[0]} {wanted.name}: {wanted.description or 'no description'}")
    print(note)
    for _, station, km, p_s, s_s in rows:
        print(f"  {station:9} {km:5.0f} km   P {p_s:6.1f} s   S {s_s:6.1f} s after the begin")
    for path in files:
        print(path)
    return 0


def _serve(made: Simulation, plan: Schedule, address: tuple[str, int], misbehave: tuple[str, ...]) -> int:
    import asyncio

    from seismonet.daemon.digitizers import Digitizers, serve
    from seismonet.daemon.logs import setup_logs

    setup_logs(level="warning")
    host, first = address
    codes = sorted({one.station for one in plan.sendings})
    ports = {code: first + number if first else 0 for number, code in enumerate(codes)}
    digitizers = Digitizers(
        plan, made.scenario.name, Clock(), host=host, ports=ports, misbehaving=_behaviours(misbehave, codes)
    )
    told = NOTICE.partition(":")[0]
    print(f"{told} {made.scenario.name}, from now on for {made.scenario.duration_s:g} s:", flush=True)
    try:
        asyncio.run(serve(digitizers, partial(print, flush=True)))
    except KeyboardInterrupt:
        print("stopped")
    except OSError as error:
        raise QueryError(f"{host}: the ports from {first} on cannot be used: {error.strerror}; give --port 0") from None
    return 0


def _behaviours(texts: tuple[str, ...], codes: list[str]) -> dict[str, Behaviour]:
    """What each station's server does wrong."""
    found: dict[str, Behaviour] = {}
    for text in texts:
        code, _, name = text.partition("=")
        if code not in codes or name not in MEANING:
            known = ", ".join(f"{one} ({meaning})" for one, meaning in MEANING.items())
            raise QueryError(f"--misbehave {text}: write one of {', '.join(codes)}, '=', and one of: {known}")
        found[code] = name
    return found


def find_scenario(name: str) -> Scenario:
    """A built-in scenario, or the one in a TOML file; QueryError when there is neither."""
    path = Path(name)
    if path.suffix != ".toml":
        return scenario(name)
    try:
        return parse_scenario(path.read_text("utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise ArchiveError(f"{name}: cannot be read ({getattr(error, 'strerror', None) or 'no UTF-8'})") from None


def _list(as_json: bool) -> int:
    if as_json:
        print(json.dumps([{"name": one.name, "description": one.description} for one in SCENARIOS], indent=1))
        return 0
    for one in SCENARIOS:
        sizes = ", ".join(f"{quake.magnitude_type} {quake.magnitude:g}" for quake in one.events) or "-"
        print(f"{one.name:17} {sizes:8} {one.duration_s:4.0f} s  {one.description}")
    return 0


def _time(text: str) -> int:
    try:
        return from_iso(text)
    except ValueError:
        raise QueryError(f"--start {text!r} is no time; write it as {BEGIN}") from None
