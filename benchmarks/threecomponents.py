"""``python -m benchmarks.threecomponents``: what three components say, against analysts' readings and simulations.

Analysts' P and S of the labelled windows (Northern California, 100 Hz, velocity and acceleration in unknown units);
recorded earthquakes of the public sets, whose S is where iasp91 has it after the P that we picked, to a second or so;
and simulated earthquakes in noise, of velocity, at stations in an Earth of constant velocities. The weights of
``kernels/sphase.py`` are a logistic regression on the first two, rounded; it is fitted anew here, to all of them and to
all but one group, on which it is then tested.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick
from seismonet.core.geo import KM_PER_DEGREE, azimuth_deg, distance_deg
from seismonet.core.inventory import OPEN_END_NS, Station
from seismonet.core.utc import SECOND_NS
from seismonet.detect.history import History
from seismonet.detect.onset import Onset
from seismonet.detect.threecomponent import SEEK_S, Components, p_probability, polarize, seek_s
from seismonet.kernels.filter import bandpass_sos, filter_initial, sos_filter
from seismonet.kernels.polarization import DEFLECTION_DEG, FLOOR_DEG, turned
from seismonet.kernels.sphase import CAPS, HIGH_HZ, LOW_HZ, WEIGHTS, s_candidate
from seismonet.models.traveltime import cache_dir, travel_times
from seismonet.synthesis.earthquake import SyntheticEvent, ground_motion, onsets
from seismonet.synthesis.motion import GroundMotion
from seismonet.synthesis.noise import background

from . import falsetriggers, phasepicks
from .page import Figure, figures

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "public"
WINDOWS = "labelled_windows"
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
    rate_hz: float = RATE_HZ
    tolerance_s: float = TOLERANCE_S

    @property
    def history(self) -> History:
        return History.of(self.rate_hz, [(0, one) for one in self.samples])


def labelled(folder: Path = SHARED / WINDOWS) -> list[Recording]:
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


def recorded(folder: Path = SHARED) -> Iterator[Recording]:
    """Recordings of the public sets on which we pick P within 3 s of iasp91's; but for the complex rupture of M 7.1."""
    from obspy import read, read_inventory

    from seismonet.library.picking import pick

    for path in sorted(folder.glob("*/truth.json")):
        truth = json.loads(path.read_text("utf-8"))
        if truth["events"] and not path.parent.name.startswith("ridgecrest"):
            stream = read(path.parent / "waveforms.mseed", format="MSEED").merge(method=1, fill_value="interpolate")
            inventory = read_inventory(path.parent / "stations.xml", format="STATIONXML")
            picks = [one for one in pick(stream, inventory) if one.phase == "P"]
            yield from _recordings(path.parent.name, truth["events"][0], stream, inventory, picks)


def _recordings(group: str, event: Any, stream: Any, inventory: Any, picks: list[Pick]) -> Iterator[Recording]:
    from obspy import UTCDateTime

    origin, depth_km = UTCDateTime(event["origin_time"]), event["depth_km"]
    times = travel_times("iasp91", cache_dir())
    for instrument in sorted({trace.id[:-1] for trace in stream}):
        parts = stream.select(id=instrument + "?")
        codes = [trace.stats.channel[-1] for trace in parts]
        if sorted(codes) != ["E", "N", "Z"]:
            continue
        begin, end = max(one.stats.starttime for one in parts), min(one.stats.endtime for one in parts)
        cut = [parts[codes.index(code)].slice(begin, end) for code in "ZNE"]
        n, rate_hz = min(len(one) for one in cut), float(cut[0].stats.sampling_rate)
        site = inventory.get_coordinates(cut[0].id, origin)
        distance = distance_deg(event["latitude"], event["longitude"], site["latitude"], site["longitude"])
        p_s, s_s = (float(times.times(phase, float(distance), depth_km or 10.0)) for phase in "PS")
        near = [one.time_ns / SECOND_NS for one in picks if one.nslc[:-1] == instrument]
        near = [one for one in near if abs(one - float(origin + p_s)) < 3.0]
        if near:
            p = round((near[0] - begin.timestamp) * rate_hz)
            tolerance_s = 2.6 if depth_km is None else 0.7 + 0.06 * (s_s - p_s)
            samples = np.stack([one.data[:n].astype(np.float64) for one in cut])
            yield Recording(
                group.split("_")[0], samples, p, p + round((s_s - p_s) * rate_hz), np.nan, rate_hz, tolerance_s
            )


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
        until = one.p + round(step * STEP_S * one.rate_hz)
        if until > one.samples.shape[1]:
            return None
        found = seek_s(one.history, SENSOR, one.p, until)
        if found is not None:
            return found, (until - found.number) / one.rate_hz
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
    begin, step = max(0, p - round(6 * one.rate_hz)), round(STEP_S * one.rate_hz)
    sos = bandpass_sos(LOW_HZ, min(HIGH_HZ, 0.4 * one.rate_hz), one.rate_hz, corners=2)
    raw = one.samples[:, begin:end]
    band = sos_filter(raw, filter_initial(sos, raw[:, 0]), sos=sos)[0]
    seen: set[int] = set()
    for until in range(p + step, end, step):
        found = s_candidate(band[:, : until - begin], p - begin, one.rate_hz)
        if found is not None and found.largest not in seen:
            seen.add(found.largest)
            measures = zip((found.jump, found.horizontal, found.height), CAPS, strict=True)
            yield begin + found.onset, [min(value, cap) for value, cap in measures]


def evidence(one: Recording) -> Iterator[tuple[list[float], bool]]:
    """Measures of candidates, and whether they are S: after P, after S taken for P, and in the noise before P."""
    n, second = one.samples.shape[1], one.rate_hz
    spans = [(one.p, min(n, one.s + round(5 * second)), True)]
    if one.tolerance_s == TOLERANCE_S:  # where analysts say when S is
        spans += [(one.s, min(n, one.s + round(20 * second)), False), (one.p - round(15 * second), one.p, False)]
    for p, end, real in spans:
        for onset, measures in candidates(one, p, end):
            right = real and abs(onset - one.s) <= one.tolerance_s * second
            if right or onset < one.s or not real:
                yield [1.0, *measures], right


def weight_figures(recordings: list[Recording]) -> list[Figure]:
    """The weights fitted to all, and what those fitted to all other groups are worth on each."""
    found = [(one.group, *pair) for one in recordings for pair in evidence(one)]
    groups = np.array([group for group, _, _ in found])
    x, y = np.array([measures for _, measures, _ in found]), np.array([float(right) for _, _, right in found])
    told = np.zeros(len(y))
    for group in sorted(set(groups.tolist())):
        own = groups == group
        told[own] = x[own] @ logistic(x[~own], y[~own])
    fitted = ", ".join(f"{weight:.1f}" for weight in logistic(x, y))
    crossed, used = (float(y[z > 0].mean()) for z in (told, x @ np.array(WEIGHTS)))
    detail = (
        f"used: {WEIGHTS}; of candidates taken for S are S: {used:.2f} with these,"
        f" {crossed:.2f} with weights fitted to the other groups alone"
    )
    return [Figure("Weights of S, fitted", "", fitted, None, detail)]


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
    if not (folder / WINDOWS).exists():
        return figures(rows)
    windows = labelled(folder / WINDOWS)
    rows += [*s_figures("analysts'", windows), *phase_figures("analysts'", windows)]
    rows += weight_figures([*windows, *recorded(folder)])
    return "\n\n".join([figures(rows), phasepicks.section(folder), falsetriggers.section(folder)])


if __name__ == "__main__":
    print(section())
