"""``python -m benchmarks.threecomponents``: what three components say, against analysts' readings and simulations.

Analysts' P and S of the labelled windows (Northern California, 100 Hz, velocity and acceleration in unknown units), and
simulated earthquakes in noise, of velocity, at stations in an Earth of constant velocities. The weights of
``kernels/sphase.py`` are a logistic regression, rounded; it is fitted anew here.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.core.utc import SECOND_NS
from seismonet.detect.history import History
from seismonet.detect.onset import Onset
from seismonet.detect.threecomponent import SEEK_S, Components, p_probability, polarize, seek_s
from seismonet.kernels.filter import bandpass_sos, filter_initial, sos_filter
from seismonet.kernels.polarization import DEFLECTION_DEG, FLOOR_DEG, turned
from seismonet.kernels.sphase import CAPS, HIGH_HZ, LOW_HZ, WEIGHTS, s_candidate
from seismonet.synthesis.earthquake import SyntheticEvent, ground_motion, onsets
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.noise import background

from .page import Figure, figures

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "public" / "labelled_windows"
RATE_HZ, STEP_S, TOLERANCE_S, BEFORE_S = 100.0, 0.5, 0.5, 20.0
EVENTS, READING_S = 300, 0.05
SPEEDS = {"P": 6.0, "S": 3.5}
SENSOR = Components((0, 1, 2), (0,) * 3, (1.0,) * 3, (np.inf,) * 3, (0.0, 0.0, 90.0), (-90.0, 0.0, 0.0), True)


@dataclass(frozen=True, slots=True)
class Recording:
    """(3, n) Z, N, E, the samples at which P and S begin, a name to tell groups by, and whence it came, if known."""

    group: str
    samples: FloatArray
    p: int
    s: int
    backazimuth_deg: float = float("nan")

    @property
    def history(self) -> History:
        return History.of(RATE_HZ, [(0, one) for one in self.samples])


def labelled(folder: Path = SHARED) -> list[Recording]:
    """The windows with three components."""
    found = []
    for row in csv.DictReader((folder / "picks.csv").open(encoding="utf-8")):
        codes = row["channels"].split("+")
        if len(codes) == 3:
            order = [[code[-1] for code in codes].index(letter) for letter in "ZNE"]
            with np.load(folder / "npz" / row["file"]) as data:
                samples = np.ascontiguousarray(data["data"].T[order], dtype=np.float64)
            found.append(Recording(row["network"], samples, int(row["p_sample"]), int(row["s_sample"])))
    return found


def simulated(count: int = EVENTS, seed: int = 1) -> Iterator[Recording]:
    """Earthquakes of magnitude 2.5-5 in the crust and the slab, up to 150 km away, read with an error of 0.05 s.

    In noise from quiet to Peterson's upper limit, at sensors and in ground that turn the motion at random as
    ``kernels/polarization.py`` says.
    """
    random = np.random.default_rng(seed)
    for number in range(count):
        station = Station("XX", f"S{number:03d}", 0, OPEN_END_NS, 0.0, 0.0, 0.0)
        bearing, km = random.uniform(0, 2 * np.pi), random.uniform(15, 150)
        depth_km = random.choice([random.uniform(5, 25), random.uniform(80, 220)])
        place = np.array([np.cos(bearing), np.sin(bearing)]) * km / KM_PER_DEGREE
        event = SyntheticEvent(float(place[0]), float(place[1]), depth_km, random.uniform(2.5, 5.0), 3600 * SECOND_NS)
        p, s = (onset.time_ns for onset in onsets(event, station, _travel))
        start_ns = p - round(BEFORE_S * SECOND_NS)
        n = round((BEFORE_S + (s - p) / SECOND_NS + 15.0) * RATE_HZ)
        still = GroundMotion.still(start_ns, RATE_HZ, n)
        noise = background(station.station_code, still, level=random.uniform(0.4, 1.0), seed=seed)
        motion = ground_motion(event, station, _travel, still, seed)
        velocity = _turned(motion.velocity_m_s, random) + noise.velocity_m_s
        late = round(random.normal(0, READING_S) * RATE_HZ)
        numbers = (round((one - start_ns) / SECOND_NS * RATE_HZ) for one in (p, s))
        toward = float(azimuth_deg(0.0, 0.0, event.latitude, event.longitude)) % 360
        first, second = numbers
        group = "slab" if depth_km > 60 else "crust"
        yield Recording(group, velocity, first + late, second, toward)


def _turned(velocity: FloatArray, random: np.random.Generator) -> FloatArray:
    """Deflected in space and turned about the vertical by random angles."""
    tilts, turn = np.deg2rad(random.normal(0, DEFLECTION_DEG, 2)), np.deg2rad(random.normal(0, FLOOR_DEG))
    deflected = turned(velocity, rotation(0, 1, tilts[0]) @ rotation(0, 2, tilts[1]))
    return turned(deflected, rotation(1, 2, turn))


def rotation(first: int, second: int, angle: float) -> FloatArray:
    """(3, 3) rotation in the plane of two axes."""
    matrix = np.eye(3)
    matrix[[first, second], [first, second]] = np.cos(angle)
    matrix[first, second], matrix[second, first] = -np.sin(angle), np.sin(angle)
    return matrix


def _travel(phase: str, distance_deg: float, depth_km: float) -> float:
    return float(np.hypot(distance_deg * KM_PER_DEGREE, depth_km)) / SPEEDS[phase]


def s_pick(one: Recording) -> tuple[Onset, float] | None:
    """The S that is told, and how many s after its onset; asked every half second."""
    for step in range(1, round(SEEK_S / STEP_S)):
        until = one.p + round(step * STEP_S * RATE_HZ)
        if until > one.samples.shape[1]:
            return None
        found = seek_s(one.history, SENSOR, one.p, until)
        if found is not None:
            return found, (until - found.number) / RATE_HZ
    return None


def s_figures(name: str, recordings: list[Recording]) -> list[Figure]:
    """Precision, recall, error and delay of S."""
    told = [(one, pick) for one in recordings if (pick := s_pick(one)) is not None]
    errors = np.array([(pick[0].number - one.s) / RATE_HZ for one, pick in told])
    right = np.abs(errors) <= TOLERANCE_S
    scaled = np.abs(errors[right]) / np.array([pick[0].uncertainty_s for _, pick in told])[right]
    delay = np.percentile([pick[1] for _, pick in told], [50, 90])
    precision, recall = float(right.mean()), float(right.sum() / len(recordings))
    detail = (
        f"recall {recall:.2f} of {len(recordings)}; error {errors[right].mean():+.2f} ± {errors[right].std():.2f} s,"
        f" {np.mean(scaled <= 1):.2f} within the stated one; told {delay[0]:.1f} s after S (90 %: {delay[1]:.1f} s)"
    )
    return [Figure(f"S picks right within 0.5 s, {name}", "≥ 0.8", f"{precision:.3f}", precision >= 0.8, detail)]


def direction_figures(recordings: list[Recording]) -> list[Figure]:
    """Back-azimuths of simulated P against their uncertainties."""
    pairs = []
    for one in recordings:
        found = polarize(one.history, SENSOR, one.p, one.samples.shape[1])
        if found is not None:
            error = (found.backazimuth_deg - one.backazimuth_deg + 180) % 360 - 180
            pairs.append((abs(error), found.backazimuth_uncertainty_deg))
    errors, stated = np.array(pairs).T
    rows = []
    for low, high in ((0, 15), (15, 25), (25, 50), (50, 105)):
        part = (stated >= low) & (stated < high)
        if part.sum() >= 10:
            inside = float(np.mean(errors[part] <= stated[part]))
            detail = f"median error {np.median(errors[part]):.0f} degrees of {int(part.sum())}"
            what = f"Simulated back-azimuths within the stated error, stated {low}-{high} degrees"
            rows.append(Figure(what, "≥ 0.60", f"{inside:.2f}", inside >= 0.6, detail))
    return rows


def phase_figures(name: str, recordings: list[Recording]) -> list[Figure]:
    """P kept and S refused at a probability of one half, where S comes late enough for P to be judged."""
    apart = [one for one in recordings if one.s - one.p > 0.5 * RATE_HZ]
    p = np.array([p_probability(one.history, SENSOR, one.p, one.samples.shape[1]) for one in apart])
    s = np.array([p_probability(one.history, SENSOR, one.s, one.samples.shape[1]) for one in apart])
    detail = f"S of a probability below 0.5: {np.mean(s < 0.5):.2f}"
    return [Figure(f"P of a probability above 0.5, {name}", "", f"{np.mean(p > 0.5):.2f}", None, detail)]


def candidates(one: Recording, p: int, end: int) -> Iterator[tuple[int, list[float]]]:
    """What could be told as S after a trigger: onset and capped measures, each once."""
    begin = max(0, p - round(6 * RATE_HZ))
    sos = bandpass_sos(LOW_HZ, HIGH_HZ, RATE_HZ, corners=2)
    raw = one.samples[:, begin:end]
    band = sos_filter(raw, filter_initial(sos, raw[:, 0]), sos=sos)[0]
    seen = set()
    for until in range(p + round(STEP_S * RATE_HZ), end, round(STEP_S * RATE_HZ)):
        found = s_candidate(band[:, : until - begin], p - begin, RATE_HZ)
        if found is not None and found.largest not in seen:
            seen.add(found.largest)
            measures = (found.jump, found.horizontal, found.height)
            yield begin + found.onset, [min(one, cap) for one, cap in zip(measures, CAPS, strict=True)]


def s_weights(recordings: list[Recording]) -> FloatArray:
    """Logistic regression of "is S" over candidates after P, after S, and in the noise before P."""
    rows, right = [], []
    for one in recordings:
        for p, end, real in ((one.p, one.s + 500, True), (one.s, one.s + 2000, False), (one.p - 1500, one.p, False)):
            for onset, measures in candidates(one, p, min(end, one.samples.shape[1])):
                rows.append([1.0, *measures])
                right.append(real and abs(onset - one.s) <= TOLERANCE_S * RATE_HZ)
    return logistic(np.array(rows), np.array(right, dtype=float))


def logistic(x: FloatArray, y: FloatArray, ridge: float = 0.1) -> FloatArray:
    """Weights of a logistic regression by Newton's method."""
    weights = np.zeros(x.shape[1])
    penalty = ridge * np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (p - y) + penalty @ weights
        weights -= np.linalg.solve((x.T * (p * (1 - p))) @ x + penalty, slope)
    return weights


def section(folder: Path = SHARED) -> str:
    """All figures; those on labelled windows only where these are."""
    made = list(simulated())
    rows = [*s_figures("simulated", made), *phase_figures("simulated", made), *direction_figures(made)]
    if not (folder / "picks.csv").exists():
        return figures(rows)
    windows = labelled(folder)
    rows += [*s_figures("analysts'", windows), *phase_figures("analysts'", windows)]
    fitted = ", ".join(f"{weight:.1f}" for weight in s_weights(windows))
    rows.append(Figure("Weights of S, fitted to the windows", "", fitted, None, f"used: {WEIGHTS}"))
    return figures(rows)


if __name__ == "__main__":
    print(section())
