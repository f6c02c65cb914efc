"""How true the forecast of shaking is: earthquakes simulated at the targets of the Pamir, source known.

The truth is made of other stuff than the forecast: spectra of Brune's kind through the Earth of `seismonet.synthesis`,
in which there is no ground-motion relation and no intensity relation. A rupture of the length that Wells & Coppersmith
(1994) give begins anywhere and runs in any direction; the simulated point lies at the target's distance from it. Stress
drops spread by 0.5 (ln), all motions of an earthquake by 0.12 and those at a target by 0.25 (log10), as in the section
on magnitude. The larger horizontal peaks become MMI by Worden et al. (2012), the mean of both, and what people would
have reported is off that by the relation's own 0.65. Of this step alone truth and forecast share the formula.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seismonet.core.alert import LEVELS, Shaking
from seismonet.core.arrays import FloatArray
from seismonet.core.event import Confidence, Magnitude, Origin
from seismonet.core.geo import KM_PER_DEGREE, distance_km
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.core.share import share
from seismonet.core.target import Target
from seismonet.core.utc import SECOND_NS
from seismonet.models.intensity import allen12, bindi11, msk64, worden12
from seismonet.models.rupture import rupture_km
from seismonet.models.traveltime import TravelTimes, cache_dir, travel_times
from seismonet.store.targets import read_targets
from seismonet.synthesis.earthquake import SyntheticEvent, ground_motion, onsets
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.source import setting_of
from seismonet.warn.shaking import ShakingParams, forecast

from .magnitude import EVENT_LOG10, SITE_LOG10, STRESS_LN
from .page import Figure, figures

RATE_HZ, BEFORE_S, AFTER_S = 100.0, 1.0, 60.0
EPOCH_NS = 1_700_000_000 * SECOND_NS
MODEL = "pamir70-v0"
REACH_KM, EACH = 350.0, 4
REGION = ((36.0, 39.8), (69.0, 75.5))
DEPTHS_KM = {"crust": (5.0, 35.0), "slab": (70.0, 250.0)}
MAGNITUDES = (4.5, 7.5)
REPORTED_SD = 0.65
NEAR_KM, CRUST_KM = 100.0, 15.0
BIAS, CALIBRATED = 0.2, 0.05
# as a network places and sizes an earthquake at first: horizontal and depth (km), magnitude
PLACE_KM, DEPTH_KM, SIZE = {"crust": 8.0, "slab": 18.0}, {"crust": 5.0, "slab": 15.0}, 0.35


@dataclass(frozen=True, slots=True)
class Case:
    """An earthquake at one target: what shook it, and what was forecast, with the source known and as first told."""

    kind: str
    magnitude: float
    epicentral_km: float
    pga_m_s2: float
    pgv_m_s: float
    chance: float
    known: Shaking
    told: Shaking

    @property
    def felt(self) -> float:
        """MMI of the motion."""
        return float(worden12(self.pga_m_s2, "PGA") + worden12(self.pgv_m_s, "PGV")) / 2

    @property
    def reported(self) -> float:
        """What people say."""
        return self.felt + REPORTED_SD * self.chance


def section(events: int = 240) -> str:
    """Figures and tables; half of the earthquakes in the crust, half in the slab."""
    cases = simulate(events)
    head = (__doc__ or "").split("\n\n", 1)[1].strip()
    return "\n\n".join([head, figures(judged(cases)), classes(cases), reliability(cases), past()])


def simulate(events: int) -> list[Case]:
    """All cases."""
    model, targets = travel_times(MODEL, cache_dir()), read_targets(share("config") / "targets.csv")
    return [case for number in range(events) for case in _cases(number, targets, model)]


def _cases(number: int, targets: Sequence[Target], model: TravelTimes) -> list[Case]:
    random = np.random.default_rng([11, number])
    kind = ("crust", "slab")[number % 2]
    latitude, longitude, depth = (float(random.uniform(*one)) for one in (*REGION, DEPTHS_KM[kind]))
    magnitude = float(random.uniform(*MAGNITUDES))
    stress = setting_of(depth).stress_drop_pa * float(np.exp(STRESS_LN * random.normal()))
    event = SyntheticEvent(latitude, longitude, depth, magnitude, EPOCH_NS, stress)
    near = [one for one in targets if _km(event, one) <= REACH_KM]
    chosen = [near[index] for index in random.permutation(len(near))[:EACH]]
    common = EVENT_LOG10 * random.normal()
    known, told = _origins(event, kind, random)
    found = []
    forecasts = [
        {one.target: one for one in forecast(origin, size, chosen, model, EPOCH_NS, ShakingParams())}
        for origin, size in (known, told)
    ]
    for target in chosen:
        gain = 10 ** (common + SITE_LOG10 * random.normal())
        pga, pgv = _peaks(event, target, model, random)
        shaken = [one[target.name] for one in forecasts]
        found.append(Case(kind, magnitude, _km(event, target), pga * gain, pgv * gain, random.normal(), *shaken))
    return found


def _km(event: SyntheticEvent, target: Target) -> float:
    return float(distance_km(event.latitude, event.longitude, target.latitude, target.longitude))


def _origins(event: SyntheticEvent, kind: str, random: np.random.Generator) -> list[tuple[Origin, Magnitude]]:
    """The source itself; and as it is first told, off by what it says."""
    deep = float(kind == "slab")
    found = []
    for horizontal, depth_sigma, size in ((0.0, 0.0, 0.0), (PLACE_KM[kind], DEPTH_KM[kind], SIZE)):
        radius = 1.51 * horizontal
        confidence = Confidence(0.0, 0.0, radius, radius, 0.0, 0.0, 0.0, 1 - deep, deep, (), "", "")
        north, east, down, more = random.normal(size=4)
        latitude = event.latitude + north * horizontal / KM_PER_DEGREE
        longitude = event.longitude + east * horizontal / KM_PER_DEGREE / np.cos(np.deg2rad(event.latitude))
        depth = max(1.0, event.depth_km + down * depth_sigma)
        errors = 0.5, radius, depth_sigma, 0.3
        origin = Origin(EPOCH_NS, latitude, longitude, depth, *errors, 120.0, 50.0, (), MODEL, confidence)
        found.append((origin, Magnitude(event.magnitude + size * more, "Mpd", size, ())))
    return found


def _peaks(
    event: SyntheticEvent, target: Target, model: TravelTimes, random: np.random.Generator
) -> tuple[float, float]:
    """Larger horizontal peak acceleration and velocity, of a point at the target's distance from the rupture."""
    km = _km(event, target)
    if setting_of(event.depth_km).name == "crust":
        length = float(rupture_km(event.magnitude))
        strike, begin = random.uniform(0, 2 * np.pi), random.uniform(0, length)
        along, across = km * np.cos(strike), km * np.sin(strike)
        km = float(np.hypot(along - np.clip(along, -begin, length - begin), across))
    point = replace(event, latitude=0.0, longitude=0.0)
    station = Station("XX", "HERE", 0, OPEN_END_NS, 0.0, km / KM_PER_DEGREE, target.elevation_m)
    p, s = onsets(point, station, model.times)
    n = round((BEFORE_S + (s.time_ns - p.time_ns) / SECOND_NS + AFTER_S) * RATE_HZ)
    still = GroundMotion.still(p.time_ns - round(BEFORE_S * SECOND_NS), RATE_HZ, n)
    motion = ground_motion(point, station, model.times, still, int(random.integers(2**31)))
    return float(np.abs(motion.acceleration_m_s2[1:]).max()), float(np.abs(motion.velocity_m_s[1:]).max())


def errors(cases: Sequence[Case]) -> FloatArray:
    """Forecast less the intensity of the motion."""
    return np.array([case.known.intensity - case.felt for case in cases])


def judged(cases: Sequence[Case]) -> list[Figure]:
    """The figures that have a target."""
    kinds = {kind: [case for case in cases if case.kind == kind] for kind in DEPTHS_KM}
    found = []
    for name, some in (("all", list(cases)), *kinds.items()):
        bias = float(errors(some).mean())
        detail = f"{len(some)} targets, forecast less truth"
        figure = f"intensity, source known: bias, {name}"
        found.append(Figure(figure, f"≤ {BIAS} of either sign", f"{bias:+.2f}", abs(bias) <= BIAS, detail))
    off = np.array([(case.known.intensity - case.reported) / case.known.sd for case in cases])
    inside = float((np.abs(off) <= 1).mean())
    least = 0.68 - 2 * np.sqrt(0.68 * 0.32 / len(cases))
    detail = f"68 % less two standard errors; rms of the error over the sd {np.sqrt(np.mean(off**2)):.2f}"
    figure = "intensity, source known: truth within the published sd"
    found.append(Figure(figure, f"≥ {100 * least:.0f} %", f"{100 * inside:.0f} %", inside >= least, detail))
    for kind, some in kinds.items():
        for name, pick in (("source known", "known"), ("as first told", "told")):
            chances, reached = outcomes(some, pick)
            brier, usual = float(np.mean((chances - reached) ** 2)), reached.reshape(-1, len(LEVELS)).mean(axis=0)
            apart = calibration(chances, reached)
            figure = f"P(I ≥ k), {kind}, {name}: distance of the reliability diagram from its diagonal"
            detail = f"Brier score {brier:.3f}; {np.mean(usual * (1 - usual)):.3f} for each level's mean frequency"
            found.append(Figure(figure, f"≤ {CALIBRATED}", f"{apart:.3f}", apart <= CALIBRATED, detail))
    return found


def outcomes(cases: Sequence[Case], pick: str) -> tuple[FloatArray, FloatArray]:
    """Every probability that was forecast, and whether the level was reached: 1 or 0."""
    chances = np.array([getattr(case, pick).probabilities for case in cases])
    reached = np.array([[case.reported >= level for level in LEVELS] for case in cases], dtype=float)
    return chances.ravel(), reached.ravel()


def tenths(chances: FloatArray, reached: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """What was forecast and what came of it, by tenths of the probability."""
    tenth = np.minimum((chances * 10).astype(int), 9)
    return [(chances[tenth == one], reached[tenth == one]) for one in range(10)]


def calibration(chances: FloatArray, reached: FloatArray) -> float:
    """Mean distance of the reliability diagram from its diagonal, by number; of what is neither sure nor impossible."""
    open_ = (chances >= 0.05) & (chances <= 0.95)
    rows = tenths(chances[open_], reached[open_])
    return sum(abs(float(chance.sum() - hit.sum())) for chance, hit in rows if len(hit)) / max(int(open_.sum()), 1)


def classes(cases: Sequence[Case]) -> str:
    """Bias and spread by depth class, magnitude and distance."""
    lines = [
        "Bias is forecast less truth, spread its standard deviation about that (without what people add). The last"
        " three columns say what the truth is worth: the forecast against the same motion read by the MSK-64 scale's"
        " own table of 1964, where that gives V to IX; and two relations that were made from reported intensities"
        " alone, Bindi et al. (2011) for Central Asia and Allen et al. (2012) for the world, against the truth by"
        " Worden et al. (2012). So the bias in the crust is not one of motion (Boore et al. alone are 0.2 too high):"
        " the forecast is, as decided, the mean of two models that differ by more than one degree.",
        "",
        "| | targets | bias | spread | published sd | on MSK-64's table (targets) | Bindi | Allen |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind in DEPTHS_KM:
        for low, high in ((4.5, 5.5), (5.5, 6.5), (6.5, 7.5)):
            for near in (True, False):
                some = [
                    case
                    for case in cases
                    if case.kind == kind and low <= case.magnitude < high and (case.epicentral_km < NEAR_KM) == near
                ]
                if some:
                    where = f"{kind}, M {low:g} to {high:g}, {'under' if near else 'beyond'} {NEAR_KM:.0f} km"
                    lines.append(f"| {where} | {len(some)} | {_row(some)} |")
    return "\n".join(lines)


def _row(cases: Sequence[Case]) -> str:
    off = errors(cases)
    table = [
        case.known.intensity - value
        for case in cases
        if 4.5 <= (value := float(msk64(case.pga_m_s2, "PGA") + msk64(case.pgv_m_s, "PGV")) / 2) <= 9.5
    ]
    bindi = [float(bindi11(case.magnitude, case.epicentral_km)) - case.felt for case in cases]
    allen = [float(allen12(case.magnitude, np.hypot(case.epicentral_km, CRUST_KM))) - case.felt for case in cases]
    crust = cases[0].kind == "crust"
    columns = [
        f"{off.mean():+.2f}",
        f"{off.std():.2f}",
        f"{np.mean([case.known.sd for case in cases]):.2f}",
        f"{np.mean(table):+.2f} ({len(table)})" if table else "-",
        *(f"{np.mean(one):+.2f}" if crust else "-" for one in (bindi, allen)),
    ]
    return " | ".join(columns)


def reliability(cases: Sequence[Case]) -> str:
    """The diagram as a table."""
    lines = [
        "Reliability of all P(I ≥ k), k III to X: how often what was given a probability came true (number).",
        "",
        "| probability | source known | as first told |",
        "|---|---|---|",
    ]
    columns = [[hit for _, hit in tenths(*outcomes(cases, pick))] for pick in ("known", "told")]
    for one, (known, told) in enumerate(zip(*columns, strict=True)):
        cells = [f"{100 * hit.mean():.0f} % ({len(hit)})" if len(hit) else "-" for hit in (known, told)]
        lines.append(f"| {10 * one} to {10 * one + 10} % | {' | '.join(cells)} |")
    return "\n".join(lines)


PAST = (
    ("Sarez, 2015-12-07", 38.211, 72.780, 22.0, 7.2, (
        ("Barchidev", 7.0, "reported maximum VII, near the epicentre"),
        ("Dushanbe", 2.0, "USGS: MMI II"),
        ("Murghob", None, "not known to us"),
        ("Khorugh", None, "not known to us"),
    )),
    ("Hindu Kush, 2015-10-26", 36.441, 70.717, 212.5, 7.5, (
        ("Khorugh", 5.5, "V to VI, from memory"),
        ("Fayzabad (Badakhshan)", 6.0, "VI, from memory"),
        ("Chitral", 6.5, "VI to VII, from memory"),
        ("Dushanbe", 4.5, "IV to V, from memory"),
    )),
)  # fmt: skip
"""Place, depth, moment magnitude; at targets the intensity observed, as far as it is known, and by whom."""


def past() -> str:
    """Two earthquakes that were felt."""
    model = travel_times(MODEL, cache_dir())
    targets = {one.name: one for one in read_targets(share("config") / "targets.csv")}
    lines = [
        "Two earthquakes of the region. Observations are few, those from memory are to be checked, nothing was fitted.",
        "",
        "| earthquake | target | km | forecast | observed | source |",
        "|---|---|---|---|---|---|",
    ]
    for name, latitude, longitude, depth, magnitude, seen in PAST:
        event = SyntheticEvent(latitude, longitude, depth, magnitude, EPOCH_NS)
        origin, size = _origins(event, "slab" if depth > 60 else "crust", np.random.default_rng(0))[0]
        for target, observed, by in seen:
            (one,) = forecast(origin, size, [targets[target]], model, EPOCH_NS, ShakingParams())
            shown = f"{one.epicentral_km:.0f} | {one.intensity:.1f} ± {one.sd:.1f} | {observed or '-'}"
            lines.append(f"| {name} | {target} | {shown} | {by} |")
    return "\n".join(lines)
