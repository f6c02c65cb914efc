"""Onsets of P and S against analysts' readings and against simulated earthquakes in recorded noise, by their SNR.

The signal-to-noise ratio is that of Zhu & Beroza (2019, GJI 216, 261-273), who gathered the labelled windows: the
standard deviation of the vertical, as it was recorded, in the five seconds after P over that in the five before.
Simulated earthquakes are drawn as in :mod:`benchmarks.threecomponents`; each is laid into noise that a station of the
public sets recorded, of velocity or acceleration, at 20 to 100 Hz, so strong that it has the ratio that was drawn.
Noise that is too short goes on backwards. The peer is what the scorer has: ObsPy's recursive STA/LTA (1-10 Hz) and
``ar_pick``, each over the whole window.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick, Rejection
from seismonet.core.geo import KM_PER_DEGREE
from seismonet.core.inventory import OPEN_END_NS, ChannelTable, Station
from seismonet.core.sourceid import SourceId
from seismonet.core.utc import SECOND_NS
from seismonet.core.waveform import Record
from seismonet.detect.rows import raw_table
from seismonet.feed import receive, steps
from seismonet.formats.stationxml import channel_table
from seismonet.pipeline import PipelineParams, StationPipeline
from seismonet.reports.evaluationstatistics import share
from seismonet.synthesis.earthquake import SyntheticEvent, ground_motion, onsets
from seismonet.synthesis.motion import GroundMotion

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "public"
WINDOWS = "labelled_windows"
CLEAR_SNR, SNR_S = 10.0, 5.0
SPEEDS = {"P": 6.0, "S": 3.5}
JUDGED_AFTER_S = 2.0
TOLERANCES_S = (0.1, 0.5)
SETS = (
    *("ya_24h", "noise_openeew_20200124", "openeew_20180812", "openeew_20180925", "colocated_sp2"),
    *("grsn_20010623", "grsn_20020722", "grsn_20030222", "grsn_20041205"),
)
"""Sets with noise: a day of three verticals at a volcano, MEMS accelerometers in towns, a broadband beside an
accelerometer, broadbands at 20 Hz; and the labelled windows."""
KINDS = {"ya": "ya_24h, 100 Hz", "noise": "OpenEEW, 31 Hz", "openeew": "OpenEEW, 31 Hz", "grsn": "GRSN, 20 Hz"}
KINDS |= {"colocated": "colocated_sp2, 40 and 100 Hz", "windows": "labelled windows, 100 Hz"}
PIECES, LONGEST_S, SHORTEST_S, GUARD_S = 60, 60.0, 18.0, 2.0
LOWEST_SNR, HIGHEST_SNR = 3.0, 100.0
START_NS = 1_577_836_800 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Case:
    """(1 or 3, n) samples of one sensor, the vertical first; P and S begin at samples ``p`` and ``s``.

    ``start_ns`` is when the first sample was taken, so that ``table`` knows the channels.
    """

    group: str
    names: tuple[SourceId, ...]
    table: ChannelTable
    start_ns: int
    rate_hz: float
    samples: FloatArray
    p: int
    s: int

    @property
    def snr(self) -> float:
        """Of P on the vertical."""
        return ratio(self.samples[0], self.p, self.rate_hz)


def ratio(vertical: FloatArray, p: int, rate_hz: float) -> float:
    """Standard deviation of five seconds after over that of five seconds before a sample.

    >>> ratio(np.r_[np.tile([1.0, -1.0], 50), np.tile([4.0, -4.0], 50)], 100, 20.0)
    4.0
    """
    n = round(SNR_S * rate_hz)
    before, after = vertical[max(0, p - n) : p], vertical[p : p + n]
    return float(after.std() / max(float(before.std()), 1e-30))


def windows(folder: Path = SHARED / WINDOWS) -> Iterator[Case]:
    """The labelled windows; of those with one component that which holds something."""
    for row in csv.DictReader((folder / "picks.csv").open(encoding="utf-8")):
        codes = row["channels"].split("+")
        with np.load(folder / "npz" / row["file"]) as data:
            columns = data["data"].T.astype(np.float64)
        if len(codes) == 3:
            order = [[code[-1] for code in codes].index(letter) for letter in "ZNE"]
            columns, codes = columns[order], [codes[one] for one in order]
        else:
            columns = columns[[int(np.argmax(columns.std(axis=1)))]]
        names = tuple(SourceId.parse(f"{row['network']}.{row['station']}..{code}") for code in codes)
        readings = int(row["p_sample"]), int(row["s_sample"])
        yield Case("windows", names, raw_table(names), START_NS, float(row["sampling_rate"]), columns, *readings)


@dataclass(frozen=True, slots=True)
class Noise:
    """What one sensor recorded while nothing is known to have happened."""

    group: str
    names: tuple[SourceId, ...]
    table: ChannelTable
    start_ns: int
    rate_hz: float
    samples: FloatArray
    acceleration: bool


def noises(folder: Path = SHARED) -> Iterator[Noise]:
    """Pieces of noise of the public sets and of the labelled windows, from each at most ``PIECES``."""
    import json

    for name in SETS:
        truth = json.loads((folder / name / "truth.json").read_text("utf-8"))
        first = truth["events"][0]["first_p"]["time"] if truth["events"] else None
        yield from _thinned(list(_recorded(KINDS[name.split("_")[0]], folder / name, first)))
    quiet = []
    for one in windows(folder / WINDOWS):
        kept = one.samples[:, : one.p - round(GUARD_S * one.rate_hz)]
        if (np.diff(kept[0]) != 0).mean() > 0.5 and ratio(one.samples[0], one.p, one.rate_hz) > CLEAR_SNR:
            acceleration = one.names[0].channel[1] in "NL"
            quiet.append(Noise(KINDS["windows"], one.names, one.table, one.start_ns, one.rate_hz, kept, acceleration))
    yield from _thinned(quiet)


def _thinned(pieces: Sequence[Noise]) -> Sequence[Noise]:
    return [pieces[round(at)] for at in np.linspace(0, len(pieces) - 1, min(PIECES, len(pieces)))]


def _recorded(group: str, folder: Path, until: str | None) -> Iterator[Noise]:
    from obspy import UTCDateTime, read, read_inventory

    stream = read(folder / "waveforms.mseed", format="MSEED").merge(method=1, fill_value="interpolate")
    table = channel_table(read_inventory(folder / "stations.xml", format="STATIONXML"))
    for instrument in sorted({trace.id[:-1] for trace in stream}):
        parts = sorted(stream.select(id=instrument + "?"), key=lambda one: "Z3N12E".find(one.stats.channel[-1]))
        begin, end = max(one.stats.starttime for one in parts), min(one.stats.endtime for one in parts)
        end = end if until is None else min(end, UTCDateTime(until) - GUARD_S)
        rate_hz = float(parts[0].stats.sampling_rate)
        names = tuple(SourceId.parse(one.id) for one in parts)
        step_s = LONGEST_S if end - begin < 3600 else 1400.0
        while begin + SHORTEST_S <= end:
            cut = [one.slice(begin, min(end, begin + LONGEST_S)).data for one in parts]
            n = min(len(one) for one in cut)
            samples = np.stack([one[:n].astype(np.float64) for one in cut])
            acceleration = instrument.rsplit(".", 1)[1][1] in "NL"
            yield Noise(group, names, table, begin.ns, rate_hz, samples, acceleration)
            begin += step_s


def simulated(
    folder: Path = SHARED, seed: int = 7, snr: tuple[float, float] = (LOWEST_SNR, HIGHEST_SNR)
) -> Iterator[Case]:
    """An earthquake in each piece of noise, of a ratio from and to."""
    random = np.random.default_rng(seed)
    for number, noise in enumerate(noises(folder)):
        wanted = float(np.exp(random.uniform(*np.log(snr))))
        motion, s_minus_p = _earthquake(number, random, noise, seed)
        p, n = noise.samples.shape[1], motion.shape[1]
        whole = np.pad(noise.samples, ((0, 0), (0, n)), mode="symmetric")
        quiet, span = whole[0, p - round(SNR_S * noise.rate_hz) : p].std(), round(SNR_S * noise.rate_hz)
        whole[:, p:] += motion[: len(whole)] * np.sqrt(wanted**2 - 1) * quiet / motion[0, :span].std()
        samples = np.round(whole) if noise.table.channels[0].quantity != "counts" else whole
        yield Case(
            noise.group,
            noise.names,
            noise.table,
            noise.start_ns,
            noise.rate_hz,
            samples,
            p,
            p + s_minus_p,
        )


def _earthquake(number: int, random: np.random.Generator, noise: Noise, seed: int) -> tuple[FloatArray, int]:
    """(3, n) motion from P on, at the rate of the noise and in its quantity; and samples from P to S.

    Slow sensors have it through the steep filter without delay that digitizers have.
    """
    from scipy.signal import resample_poly

    bearing, km = random.uniform(0, 2 * np.pi), random.uniform(15, 150)
    depth_km = random.choice([random.uniform(5, 25), random.uniform(80, 220)])
    place = np.array([np.cos(bearing), np.sin(bearing)]) * km / KM_PER_DEGREE
    event = SyntheticEvent(float(place[0]), float(place[1]), depth_km, random.uniform(2.5, 5.0), 3600 * SECOND_NS)
    station = Station("XX", f"S{number:03d}", 0, OPEN_END_NS, 0.0, 0.0, 0.0)
    p_ns, s_ns = (onset.time_ns for onset in onsets(event, station, travel))
    times = 1 if noise.rate_hz >= 50 else int(np.ceil(100 / noise.rate_hz))
    lead = 64 * times
    n = lead + round(((s_ns - p_ns) / SECOND_NS + 15.0) * noise.rate_hz) * times
    start_ns = p_ns - round(lead / (noise.rate_hz * times) * SECOND_NS)
    motion = ground_motion(event, station, travel, GroundMotion.still(start_ns, noise.rate_hz * times, n), seed)
    found = motion.acceleration_m_s2 if noise.acceleration else motion.velocity_m_s
    slow = found if times == 1 else resample_poly(found, 1, times, axis=1)
    return slow[:, 64:], round((s_ns - p_ns) / SECOND_NS * noise.rate_hz)


def travel(phase: str, distance_deg: float, depth_km: float) -> float:
    """Seconds, in an Earth of constant velocities."""
    return float(np.hypot(distance_deg * KM_PER_DEGREE, depth_km)) / SPEEDS[phase]


Told = list[tuple[str, float]]


def ours(case: Case, params: PipelineParams | None = None) -> Told:
    """(phase, sample) of each pick in its last version, without those that were refused."""
    latest: dict[str, Pick] = {}
    refused: set[str] = set()
    for fact in facts(case, params):
        if isinstance(fact, Pick):
            latest[fact.id] = fact
        elif isinstance(fact, Rejection):
            refused.add(fact.pick_id)
    held = [one for one in latest.values() if one.id not in refused]
    return [(one.phase, (one.time_ns - case.start_ns) / SECOND_NS * case.rate_hz) for one in held]


def facts(case: Case, params: PipelineParams | None = None) -> list[Any]:
    """All that the pipeline tells of a case."""
    pairs = zip(case.names, case.samples, strict=False)
    records = [Record(name, case.start_ns, case.rate_hz, samples) for name, samples in pairs]
    pipeline = StationPipeline(case.table, params)
    return [fact for receipts, tick in steps(receive(records)) for fact in pipeline.step(receipts, tick)]


def sta_lta(case: Case) -> Told:
    """ObsPy's recursive STA/LTA: every trigger is P."""
    from obspy.signal.filter import bandpass
    from obspy.signal.trigger import recursive_sta_lta, trigger_onset

    rate_hz, vertical = case.rate_hz, case.samples[0] - case.samples[0].mean()
    band = bandpass(vertical, 1.0, min(10.0, 0.45 * rate_hz), rate_hz, corners=2)
    found = trigger_onset(recursive_sta_lta(band, int(0.5 * rate_hz), int(10 * rate_hz)), 4.0, 1.5)
    return [("P", float(begin)) for begin, _ in found]


def ar_pick(case: Case) -> Told:
    """ObsPy's autoregressive picker: one P and one S; nothing without three components."""
    from obspy.signal.trigger import ar_pick as picker

    if len(case.samples) < 3:
        return []
    high_hz = min(20.0, 0.45 * case.rate_hz)
    try:
        p_s, s_s = picker(*case.samples[:3], case.rate_hz, 1.0, high_hz, 1.0, 0.1, 4.0, 1.0, 2, 8, 0.1, 0.2)
    except (ValueError, MemoryError):
        return []
    return [("P", p_s * case.rate_hz), ("S", s_s * case.rate_hz)]


@dataclass(frozen=True, slots=True)
class Score:
    """Picks of one phase in some cases: seconds by which each nearest one is late, how many were to be had and told."""

    late_s: FloatArray
    real: int
    told: int

    def within(self, tolerance_s: float) -> int:
        """How many are so near."""
        return int((np.abs(self.late_s) <= tolerance_s).sum())

    @property
    def sd_s(self) -> float:
        """Of those within half a second."""
        near = self.late_s[np.abs(self.late_s) <= TOLERANCES_S[-1]]
        return float(near.std()) if len(near) else float("nan")


def score(cases: Sequence[Case], told: Sequence[Told], phase: str) -> Score:
    """As the scorer does: judged is what is told until 2 s after S, and the nearest to the reading is its partner."""
    late, judged = [], 0
    for case, picks in zip(cases, told, strict=True):
        reading = case.p if phase == "P" else case.s
        end = case.s + JUDGED_AFTER_S * case.rate_hz
        errors = [(one - reading) / case.rate_hz for kind, one in picks if kind == phase and one <= end]
        judged += len(errors)
        late += [min(errors, key=abs)] if errors else []
    return Score(np.array(late), len(cases), judged)


PICKERS: dict[str, Callable[[Case], Told]] = {"seismonet": ours, "recursive_sta_lta": sta_lta, "ar_pick (3C)": ar_pick}


HEAD = [
    "| picker | phase | recall within 0.5 s | within 0.1 s | deviation | precision within 0.5 s | of |",
    "|---|---|---|---|---|---|---|",
]
TARGETS = ["| *target* | P | ≥ 0.95 | ≥ 0.75 | ≤ 0.15 s | ≥ 0.9 | |", "| *target* | S | | | | ≥ 0.8 | |"]


def section(folder: Path = SHARED) -> str:
    """Tables of both kinds of cases, clear and less clear ones apart; and of each noise, ours alone."""
    made = list(simulated(folder))
    lines = []
    for name, cases in (
        ("Analysts' picks of the labelled windows", list(windows(folder / WINDOWS))),
        ("Simulated onsets in recorded noise", made),
    ):
        clear = [one for one in cases if one.snr >= CLEAR_SNR]
        weak = [one for one in cases if one.snr < CLEAR_SNR]
        lines += [
            f"{name}, SNR of P at least 10, with 95 % Wilson intervals:",
            "",
            *HEAD,
            *TARGETS,
            *table_of(clear),
            "",
        ]
        lines += [f"{name}, SNR below 10:", "", *HEAD, *table_of(weak), ""]
    lines += ["Simulated onsets at an SNR of at least 10, seismonet's, by the noise that they lie in:", "", *HEAD]
    for group in sorted({one.group for one in made}):
        clear = [one for one in made if one.group == group and one.snr >= CLEAR_SNR]
        lines += [line.replace("| seismonet ", f"| {group} ") for line in table_of(clear, ("seismonet",))]
    return "\n".join(lines)


def table_of(cases: Sequence[Case], pickers: Sequence[str] = tuple(PICKERS)) -> list[str]:
    """Lines of a table: each picker on these cases."""
    lines = []
    for name in pickers:
        picker = PICKERS[name]
        able = [one for one in cases if len(one.samples) == 3] if "3C" in name else list(cases)
        if not able:
            continue
        told = [picker(one) for one in able]
        for phase in ("P", "S") if any(kind == "S" for one in told for kind, _ in one) else ("P",):
            chosen = [
                (one, picks) for one, picks in zip(able, told, strict=True) if phase == "P" or len(one.samples) == 3
            ]
            lines.append(_line(name, phase, score([one for one, _ in chosen], [picks for _, picks in chosen], phase)))
    return lines


def _line(name: str, phase: str, found: Score) -> str:
    recall = [_share(found.within(tolerance), found.real) for tolerance in reversed(TOLERANCES_S)]
    precision = _share(found.within(TOLERANCES_S[-1]), found.told)
    return f"| {name} | {phase} | {recall[0]} | {recall[1]} | {found.sd_s:.3f} s | {precision} | {found.real} |"


def _share(hits: int, total: int) -> str:
    """A share with its Wilson interval."""
    found = share(hits, total, "nothing to judge")
    if found.value is None or found.low is None or found.high is None:
        return "-"
    return f"{found.value:.3f} [{found.low:.2f}, {found.high:.2f}]"
