"""How near the magnitude comes: waveforms of simulated earthquakes on real geometries, measured as the picker does.

Stochastic point sources (`seismonet.synthesis.source`) on real networks; both sensors with their full scales, in noise;
onsets are off by 0.1 s. Stress drops spread by 0.5 (ln, Cotton et al. 2013, SRL 84, 42-48), and beside that all motions
of an earthquake by 0.12 and those of a station by 0.25 (log10), so that earthquakes differ as much from each other, and
stations, as they do in Boore et al. (2014), Earthquake Spectra 30, 1057-1085: by 0.36 and 0.6 (ln). Places are off as a
locator's are, and it knows by how much.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seismonet.core.event import Amplitude, Confidence, Magnitude, Origin
from seismonet.core.geo import KM_PER_DEGREE, distance_km
from seismonet.core.inventory import OPEN_END_NS, Channel, Station
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS, from_seconds
from seismonet.detect.amplitude import BEFORE_S, measure
from seismonet.detect.detectors import PickerParams
from seismonet.detect.history import History
from seismonet.location.amplitudes import MagnitudeParams, Site
from seismonet.location.magnitude import network_magnitude
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.synthesis.earthquake import SyntheticEvent, ground_motion, onsets
from seismonet.synthesis.instrument import counts
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.noise import background
from seismonet.synthesis.source import setting_of

from .geometries import Network, networks, pamir
from .page import Figure, figures

RATE_HZ = 100.0
STRESS_LN, EVENT_LOG10, SITE_LOG10, ONSET_S, NOISE_LEVELS = 0.5, 0.12, 0.25, 0.1, (0.3, 0.7)
REACH_KM, MOST_STATIONS = 400.0, 6
CONFIRM_S, LATENCY_S, FIRST_STATIONS = 1.0, 1.5, 3
EPOCH_NS = 1_700_000_000 * SECOND_NS
# quantity, counts per unit, full scale, noise of the instrument in counts: 24 bits at 40 V, 1200 V s/m and 2 g
SENSORS = {"HH": ("velocity", 5.0e8, 8.39e6, 1.0), "HN": ("acceleration", 4.27e5, 8.39e6, 5.0)}
# standard deviation of epicentre and depth in km, of the first location and the last
PLACE_ERROR = {"crust": ((10.0, 8.0), (5.0, 4.0)), "slab": ((25.0, 25.0), (15.0, 12.0))}
MODEL = "iasp91"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where earthquakes are drawn: about stations, at some depths; ``open`` when slab and crust are both likely."""

    name: str
    stations: tuple[Station, ...]
    depths_km: tuple[float, float]
    kind: str
    open: bool
    margin_km: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One earthquake, and what the network knew of it: when it was first told, and when all was in."""

    setting: Setting
    magnitude: float
    depth_km: float
    views: tuple[tuple[tuple[Site, ...], Origin], ...]

    def sized(self, params: MagnitudeParams) -> "Sized":
        """The first magnitude and the last."""
        first, last = (network_magnitude(sites, origin, params) for sites, origin in self.views)
        return Sized(self.setting, self.magnitude, self.depth_km, first, last)


@dataclass(frozen=True, slots=True)
class Sized:
    """What came out of one earthquake."""

    setting: Setting
    magnitude: float
    depth_km: float
    first: Magnitude | None
    last: Magnitude | None


def section(events: int = 60) -> str:
    """Figures and tables; ``events`` of each of the settings."""
    seen = simulate(events)
    found = [one.sized(MagnitudeParams()) for one in seen]
    head = __doc__.split("\n\n", 1)[1].strip()
    return "\n\n".join([head, figures(judged(found)), table(found), sizes(found), sensitivity(seen)])


def settings() -> list[Setting]:
    """The three stations of the Pamir, above crust and slab, and the networks of others, above their crust."""
    own = pamir()
    others = [
        Setting(one.name, one.stations, (3.0, one.deepest_km), "crust", False, 20.0)
        for one in networks()
        if _useful(one)
    ]
    return [
        Setting("Pamir, crust", own, (5.0, 35.0), "crust", True, 80.0),
        Setting("Pamir, slab 70-150 km", own, (70.0, 150.0), "slab", True, 80.0),
        Setting("Pamir, slab 150-260 km", own, (150.0, 260.0), "slab", True, 80.0),
        *others,
    ]


def _useful(network: Network) -> bool:
    return len(network.stations) >= FIRST_STATIONS


def simulate(events: int) -> list[Seen]:
    """Earthquakes of magnitude 4 to 7 in every setting; those of all other networks together are twice as many."""
    model, found = travel_times(MODEL, cache_dir()), []
    chosen = settings()
    for setting in chosen:
        count = events if setting.open else max(2, 2 * events // (len(chosen) - 3))
        found += [_seen(setting, number, model) for number in range(count)]
    return found


def _seen(setting: Setting, number: int, model: TravelTimes) -> Seen:
    random = np.random.default_rng([number, *setting.name.encode()])
    event = draw(setting, random)
    near = sorted(setting.stations, key=lambda one: _km(event, one))[:MOST_STATIONS]
    near = [one for one in near if _km(event, one) <= REACH_KM]
    common = EVENT_LOG10 * random.normal()
    measured = [Measured.at(one, event, model, common, random) for one in near]
    third_s = sorted(one.p_s for one in measured)[:FIRST_STATIONS][-1]
    places = [_place(event, setting, stage, random) for stage in (0, 1)]
    moments = third_s + CONFIRM_S + LATENCY_S, np.inf
    views = tuple(
        (tuple(one.site(origin, model, now_s) for one in measured), origin)
        for origin, now_s in zip(places, moments, strict=True)
    )
    return Seen(setting, event.magnitude, event.depth_km, views)


def draw(setting: Setting, random: np.random.Generator) -> SyntheticEvent:
    """An earthquake anywhere about the stations, of any magnitude from 4 to 7."""
    latitudes, longitudes = ([getattr(one, name) for one in setting.stations] for name in ("latitude", "longitude"))
    margin = setting.margin_km / KM_PER_DEGREE
    latitude = random.uniform(min(latitudes) - margin, max(latitudes) + margin)
    wide = margin / np.cos(np.deg2rad(latitude))
    longitude = random.uniform(min(longitudes) - wide, max(longitudes) + wide)
    depth_km = random.uniform(*setting.depths_km)
    stress = setting_of(depth_km).stress_drop_pa * float(np.exp(STRESS_LN * random.normal()))
    return SyntheticEvent(latitude, longitude, depth_km, random.uniform(4.0, 7.0), EPOCH_NS, stress)


def _km(event: SyntheticEvent, station: Station) -> float:
    return float(distance_km(event.latitude, event.longitude, station.latitude, station.longitude))


def _place(event: SyntheticEvent, setting: Setting, stage: int, random: np.random.Generator) -> Origin:
    """A location that is off, and says so; the first one does not know whether it is in the crust or the slab."""
    sigma_km, depth_sigma_km = PLACE_ERROR[setting.kind][stage]
    # the radius that holds 68 % of a two-dimensional Gaussian is 1.51 of its standard deviations
    north, east = random.normal(size=2) * sigma_km / 1.51
    depth_km = max(1.0, event.depth_km + depth_sigma_km * random.normal())
    deep = 0.5 if setting.open and stage == 0 else float(setting.kind == "slab")
    confidence = Confidence(0, 0, 0, 0, 0, 0, 0, 1 - deep, deep, (), "", "")
    latitude = event.latitude + north / KM_PER_DEGREE
    longitude = event.longitude + east / KM_PER_DEGREE / np.cos(np.deg2rad(event.latitude))
    errors = 1.0, sigma_km, depth_sigma_km, 0.5
    return Origin(EPOCH_NS, latitude, longitude, depth_km, *errors, 120.0, 20.0, (), MODEL, confidence)


@dataclass(frozen=True, slots=True)
class Measured:
    """All amplitudes of one station, and when its P came, seconds after the origin."""

    station: Station
    p_s: float
    amplitudes: tuple[Amplitude, ...]

    @classmethod
    def at(
        cls, station: Station, event: SyntheticEvent, model: TravelTimes, common: float, random: np.random.Generator
    ) -> "Measured":
        """Shake a station and measure what its sensors wrote."""
        p, s = onsets(event, station, model.times)
        p_s, wait_s = (p.time_ns - event.origin_ns) / SECOND_NS, (s.time_ns - p.time_ns) / SECOND_NS
        params = MagnitudeParams()
        whole_s = params.s_stretch * wait_s + params.s_tail_s + params.s_rupture_s
        picker = PickerParams()
        lying = [one for one in picker.horizontal_windows_s if one <= whole_s]
        upright = [one for one in picker.amplitude_windows_s if one <= wait_s] or [picker.amplitude_windows_s[0]]
        seed = int(random.integers(2**31))
        n = round((BEFORE_S + max(*lying, *upright) + 1.0) * RATE_HZ)
        still = GroundMotion.still(p.time_ns - from_seconds(BEFORE_S), RATE_HZ, n)
        gain = 10 ** (common + SITE_LOG10 * random.normal())
        shaking = ground_motion(event, station, model.times, still, seed).louder(gain)
        motion = shaking + background(station.station_code, still, level=random.uniform(*NOISE_LEVELS), seed=seed)
        onset = round((BEFORE_S + ONSET_S * random.normal()) * RATE_HZ)
        found = []
        for channel, noise in _channels(station):
            raw = counts(motion, channel, self_noise_counts=noise, seed=seed)
            windows = upright if channel.source_id.subsource == "Z" else lying
            found += list(_amplitudes(raw.astype(float), onset, channel, windows))
        return cls(station, p_s, tuple(found))

    def site(self, origin: Origin, model: TravelTimes, now_s: float) -> Site:
        """What the network knows of the station by ``now_s`` after the origin."""
        there = self.station
        km = float(distance_km(origin.latitude, origin.longitude, there.latitude, there.longitude))
        p_s, s_s = (float(model.times(phase, km / KM_PER_DEGREE, origin.depth_km)) for phase in "PS")
        known = tuple(one for one in self.amplitudes if self.p_s + one.window_s <= now_s - LATENCY_S)
        return Site(there.station_code, float(np.hypot(km, origin.depth_km)), s_s - p_s, known)


def _channels(station: Station) -> Iterator[tuple[Channel, float]]:
    place = station.latitude, station.longitude, station.elevation_m, 0.0
    for band, (quantity, sensitivity, full, noise) in SENSORS.items():
        for component, azimuth, dip in (("Z", 0.0, -90.0), ("N", 0.0, 0.0), ("E", 90.0, 0.0)):
            name = SourceId(station.network, station.code, "00", band + component)
            yield Channel(name, 0, OPEN_END_NS, *place, azimuth, dip, RATE_HZ, quantity, sensitivity, full), noise


def _amplitudes(raw: np.ndarray, onset: int, channel: Channel, windows: Sequence[float]) -> Iterator[Amplitude]:
    history, lying = History.of(RATE_HZ, [(0, raw)]), channel.source_id.subsource != "Z"
    for window_s in windows:
        one = measure(history, 0, onset, round(window_s * RATE_HZ), channel, horizontal=lying)
        if one is not None:
            peaks = one.pd_m, one.pv_m_s, one.pa_m_s2, one.noise_pd_m, one.clipped, 0
            period = one.tau_c_s, one.wood_anderson_m, one.noise_wood_anderson_m
            yield Amplitude(channel.source_id.station_code, channel.source_id, window_s, *peaks, *period)


def errors(found: Sequence[Sized], stage: str) -> np.ndarray:
    """Magnitude less truth of those that got one."""
    pairs = [(getattr(one, stage), one.magnitude) for one in found]
    return np.array([size.value - truth for size, truth in pairs if size is not None])


def inside(found: Sequence[Sized], stage: str) -> float:
    """Share within one standard deviation, lower bounds apart."""
    sizes = [(getattr(one, stage), one.magnitude) for one in found]
    bound = [abs(size.value - truth) <= size.uncertainty for size, truth in sizes if size and not size.at_least]
    return float(np.mean(bound)) if bound else float("nan")


def classes(found: Sequence[Sized]) -> dict[str, list[Sized]]:
    """By setting; all networks of others are one."""
    groups: dict[str, list[Sized]] = {}
    for one in found:
        groups.setdefault(one.setting.name if one.setting.open else "other networks, crust", []).append(one)
    return groups


def judged(found: Sequence[Sized]) -> list[Figure]:
    """Targets: median absolute error, bias of each depth class, coverage."""
    rows = []
    for stage, name, limit in (("last", "final", 0.2), ("first", "first", 0.35)):
        median = float(np.median(np.abs(errors(found, stage))))
        sized = len(errors(found, stage))
        rows.append(
            Figure(f"{name.capitalize()} magnitude, median absolute error", f"≤ {limit:g}", f"{median:.2f}",
                   median <= limit, f"{sized} of {len(found)} simulated earthquakes, M 4-7")
        )  # fmt: skip
    biases = {name: float(errors(group, "last").mean()) for name, group in classes(found).items()}
    worst = max(biases, key=lambda name: abs(biases[name]))
    rows.append(Figure("Final magnitude, largest bias of a depth class", "≤ 0.15", f"{biases[worst]:+.2f}",
                       abs(biases[worst]) <= 0.15, worst))  # fmt: skip
    shares = {kind: inside([one for one in found if one.setting.kind == kind], "last") for kind in ("crust", "slab")}
    rows.append(Figure("Final magnitude of the crust within one standard deviation", "0.60-0.76",
                       f"{shares['crust']:.2f}", 0.6 <= shares["crust"] <= 0.76,
                       "lower bounds (>=) apart"))  # fmt: skip
    rows.append(Figure("Final magnitude of the slab within one standard deviation", "", f"{shares['slab']:.2f}", None,
                       "0.68 and more: its relation is simulated too, real earthquakes will differ"))  # fmt: skip
    return rows


def table(found: Sequence[Sized]) -> str:
    """By depth class."""
    lines = ["| class | events | first: median | bias | within 1 sd | final: median | bias | within 1 sd | types |",
             "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for name, group in classes(found).items():
        cells = []
        for stage in ("first", "last"):
            off = errors(group, stage)
            cells += [f"{np.median(np.abs(off)):.2f}", f"{off.mean():+.2f}", f"{inside(group, stage):.2f}"]
        kinds = [one.last.type for one in group if one.last]
        told = ", ".join(f"{kind} {kinds.count(kind)}" for kind in sorted(set(kinds)))
        lines.append(f"| {name} | {len(group)} | {' | '.join(cells)} | {told} |")
    return "\n".join(lines)


def sizes(found: Sequence[Sized]) -> str:
    """By magnitude: bias of the first and the final one, share that is told as a lower bound."""
    lines = ["| magnitude | class | events | first, bias | final, bias | lower bounds |", "|---|---|---|---|---|---|"]
    for low in (4.0, 5.0, 6.0):
        for kind in ("crust", "slab"):
            group = [one for one in found if one.setting.kind == kind and low <= one.magnitude < low + 1]
            biases = (f"{errors(group, stage).mean():+.2f}" for stage in ("first", "last"))
            bounds = np.mean([bool(one.last and one.last.at_least) for one in group])
            lines.append(f"| {low:g}-{low + 1:g} | {kind} | {len(group)} | {' | '.join(biases)} | {bounds:.0%} |")
    return "\n".join(lines)


CHANGES = (
    ("outlier", 1.0), ("outlier", 3.0), ("minimum_ratio", 1.5), ("minimum_ratio", 4.0), ("s_fraction", 0.7),
    ("s_fraction", 1.0), ("s_stretch", 1.1), ("s_stretch", 1.6), ("s_tail_s", 0.0), ("s_rupture_s", 0.0),
    ("p_event_sigma", 0.15), ("p_event_sigma", 0.6), ("s_event_sigma", 0.1), ("s_event_sigma", 0.4),
    ("slab_event_sigma", 0.15), ("slab_event_sigma", 0.6), ("station_sigma", 0.15), ("station_sigma", 0.4),
)  # fmt: skip


def sensitivity(seen: Sequence[Seen]) -> str:
    """The same earthquakes with one parameter changed at a time."""
    lines = [
        "One parameter changed at a time:",
        "",
        "| parameter | first: median | within 1 sd | final: median | bias | within 1 sd |",
        "|---|---|---|---|---|---|",
    ]
    for name, value in (("as shipped", 0.0), *CHANGES):
        params = MagnitudeParams() if name == "as shipped" else replace(MagnitudeParams(), **{name: value})
        found = [one.sized(params) for one in seen]
        first, last = errors(found, "first"), errors(found, "last")
        cells = [f"{np.median(np.abs(first)):.3f}", f"{inside(found, 'first'):.2f}"]
        cells += [f"{np.median(np.abs(last)):.3f}", f"{last.mean():+.3f}", f"{inside(found, 'last'):.2f}"]
        shown = name if name == "as shipped" else f"`{name}` {value:g}"
        lines.append(f"| {shown} | {' | '.join(cells)} |")
    return "\n".join(lines)
