"""What is done about a pick once its onset is refined: the kinds of jobs, with the function that does each.

To add one: a function of :class:`seismonet.detect.jobs.Work` that returns facts (or further jobs), its name in
``handlers``, and a line in ``duties`` that says which rows and which window it needs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from seismonet.core.event import Amplitude, Pick, identifier

from . import pairs
from .amplitude import BEFORE_S, HOLD_S, has_clipped, measure
from .detectors import PickerParams
from .findings import Comparison, Look, Period
from .gate import GateParams, first_second, period, quiet, spectrum, weak
from .history import History
from .jobs import Facts, Handler, Job, Sites, Trace, Work
from .rows import Rows
from .seen import PASSED, Seen
from .shake import MotionParams, glanced, measured_motion
from .threecomponent import SEEK_S, Components, awakened, first_motion, leaning, p_probability, polarize, seek_s

LOOK_S, LOOK_BEFORE_S = 1.0, 8.0
PERIOD_S = 4.0
SEEK_BEFORE_S, SEEK_STEP_S, SEEK_GROWTH = 8.0, 0.5, 0.08
"""S is sought each half second, later each time that a twelfth of the time since P has passed: what is gained by more
is less than the delay with which S is told."""


def duties(pick: Pick, row: int, sites: Sites, rows: Rows, params: PickerParams) -> Iterator[Job]:
    """The jobs about a refined pick on a row."""
    sensor = sites.sensor[row]
    together = (row, *(one for one in sensor.rows if one != row))
    yield Job("look", pick, together, HOLD_S, LOOK_S)
    if weak(pick.snr, params.gate) != PASSED:
        return
    if rows.vertical[row]:
        yield Job("period", pick, (row,), BEFORE_S, PERIOD_S)
        for window_s in params.amplitude_windows_s:
            yield Job("measure", pick, (row,), BEFORE_S, window_s, window_s)
        for other in sites.others[row][:1]:
            if other.vertical is not None:
                yield Job("compare", pick, (row, other.vertical), pairs.BEFORE_S, pairs.AFTER_S)
        if len(sensor.horizontals) == 2:
            yield Job("seek", pick, together, SEEK_BEFORE_S, SEEK_STEP_S, SEEK_STEP_S)
    for horizontal in sensor.horizontals:
        for window_s in params.horizontal_windows_s:
            yield Job("measure", pick, (row, horizontal), BEFORE_S, window_s, window_s)


def handlers(params: PickerParams, motion: MotionParams, sites: Sites) -> Mapping[str, Handler]:
    """The functions by the kind of job."""
    return {
        "glance": partial(glanced, params=motion, sites=sites),
        "motion": partial(measured_motion, params=motion, sites=sites),
        "look": partial(looked, gate=params.gate),
        "period": partial(timed, params=params),
        "measure": measured,
        "compare": compared,
        "seek": sought,
    }


def measured(work: Work) -> Facts:
    """Peak motions in a window after the onset, of the last of the job's rows."""
    row, pick = work.job.rows[-1], work.pick
    trace = work.trace(row)
    channel = work.channel(trace) if trace is not None else None
    if trace is None or channel is None:
        return []
    samples = round(work.job.window_s * trace.rate_hz)
    lying = not work.rows.vertical[row]
    peaks = measure(work.history(trace), 0, trace.onset, samples, channel, horizontal=lying)
    if peaks is None:
        return []
    motion = (peaks.pd_m, peaks.pv_m_s, peaks.pa_m_s2, peaks.noise_pd_m)
    name = work.rows.source_ids[row]
    swing = (peaks.tau_c_s, peaks.wood_anderson_m, peaks.noise_wood_anderson_m)
    return [Amplitude(pick.id, name, work.job.window_s, *motion, peaks.clipped, work.issued_ns, *swing)]


def looked(work: Work, gate: GateParams) -> Facts:
    """The first second: gate, polarity, polarization, P or S, clipped or not."""
    own, pick = work.traces[0], work.pick
    channel = work.channel(own)
    if channel is None:
        return []
    seen = Seen(work.history(own), own.onset, channel)
    until = own.onset + round(LOOK_S * own.rate_hz)
    reason, detail = weak(pick.snr, gate)
    if not reason and awakened(seen.history, 0, own.onset):
        reason, detail = "awakened", "the channel held one value for two seconds before: it came alive"
    if not reason:
        reason, detail = first_second(seen, gate) if work.rows.vertical[own.row] else PASSED
    polarity = first_motion(seen.history, 0, own.onset) if work.rows.vertical[own.row] else ""
    polarization, probability = None, 0.5
    together = _sensor(work)
    if together is not None:
        history, components = together
        polarization = polarize(history, components, own.onset, until)
        probability = p_probability(history, components, own.onset, until)
        if not reason:
            reason, detail = leaning(history, components, own.onset, gate.sideways)
    clipped = any(has_clipped(one.samples, limit.clip_counts) for one in work.traces if (limit := work.channel(one)))
    words = (polarity, polarization, probability, clipped, reason, detail)
    return [Look(pick.id, pick.source_id, work.issued_ns, *words)]


def timed(work: Work, params: PickerParams) -> Facts:
    """The first four seconds of the vertical: whether it lasts, its period, teleseism or not."""
    own, pick = work.traces[0], work.pick
    channel = work.channel(own)
    if channel is None:
        return []
    seen = Seen(work.history(own), own.onset, channel)
    detector = params.d2 if pick.detector.startswith("D2") else params.d1
    reason, detail = quiet(seen, pick.snr, (detector.low_hz, detector.high_hz), params.gate)
    found = spectrum(seen, params.gate)
    if not reason and found is not None:
        reason, detail = period(found.tau_p_s, params.gate)
    return [Period(pick.id, pick.source_id, work.issued_ns, found is not None and found.teleseism, reason, detail)]


def compared(work: Work) -> Facts:
    """The vertical of the pick against that of the other sensor at the site."""
    own, pick = work.traces[0], work.pick
    other = work.trace(work.job.rows[1])
    channels = [work.channel(one) for one in (own, other) if one is not None]
    if other is None or channels[0] is None or channels[1] is None:
        return []
    found = pairs.compare(
        Seen(work.history(own), own.onset, channels[0]), Seen(work.history(other), other.onset, channels[1])
    )
    if found is None:
        return []
    measures = (found.correlation, found.lag_s, found.log_ratio, found.expected)
    return [Comparison(pick.id, pick.source_id, work.rows.source_ids[other.row], work.issued_ns, *measures)]


def sought(work: Work) -> Facts:
    """The onset of S; or the next job that looks for it, with more samples."""
    own, pick, seen_s = work.traces[0], work.pick, work.job.window_s
    together = _sensor(work)
    if together is None:
        return []
    history, components = together
    onset = seek_s(history, components, own.onset, own.onset + round(seen_s * own.rate_hz))
    if onset is None:
        more_s = seen_s + max(SEEK_STEP_S, SEEK_GROWTH * seen_s)
        return [replace(work.job, after_s=more_s, window_s=more_s)] if more_s <= SEEK_S else []
    time_ns = pick.time_ns + round((onset.number - own.onset) * (1e9 / own.true_hz))
    s_id = identifier(f"{pick.id}|S")
    issued = (work.issued_ns, work.issued_ns, "S")
    s_pick = Pick(s_id, pick.source_id, time_ns, "S", onset.uncertainty_s, onset.snr, 1, *issued, p_pick_id=pick.id)
    return [s_pick]


def _sensor(work: Work) -> tuple[History, Components] | None:
    """The components of the pick's sensor: all three that are there at one rate, or the vertical alone."""
    own = work.traces[0]
    if not work.rows.vertical[own.row]:
        return None
    traces: list[Trace] = [one for one in work.traces if one.rate_hz == own.rate_hz]
    channels = [channel for one in traces if (channel := work.channel(one)) is not None]
    if len(channels) < len(traces):
        return None
    return work.history(*traces), Components.of(channels, [one.onset for one in traces])
