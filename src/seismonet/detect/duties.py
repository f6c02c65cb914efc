"""What is done about a pick once its onset is refined: the kinds of jobs, with the function that does each.

To add one: a function of :class:`seismonet.detect.jobs.Work` that returns facts, its name in ``HANDLERS``, and a line
in ``duties`` that says which rows and which window it needs.
"""

from collections.abc import Iterator, Mapping

from seismonet.core.event import Amplitude, Pick

from .amplitude import BEFORE_S, measure
from .detectors import PickerParams
from .jobs import Facts, Handler, Job, Sites, Trace, Work
from .rows import Rows


def duties(pick: Pick, row: int, sites: Sites, rows: Rows, params: PickerParams) -> Iterator[Job]:
    """The jobs about a refined pick on a row."""
    if rows.vertical[row]:
        for window_s in params.amplitude_windows_s:
            yield Job("measure", pick, (row,), BEFORE_S, window_s, window_s)
        lying = sites.sensor[row].horizontals
        for window_s in params.horizontal_windows_s if lying else ():
            yield Job("measure", pick, (row, *lying), BEFORE_S, window_s, window_s)


def measured(work: Work) -> Facts:
    """Peak motions in a window after the onset, of all channels but, where there are several, the pick's own."""
    return [fact for trace in work.traces[1:] or work.traces for fact in _peaks(work, trace)]


def _peaks(work: Work, trace: Trace) -> Facts:
    pick, window_s, channel = work.pick, work.job.window_s, work.channel(trace)
    if channel is None:
        return []
    lying = not work.rows.vertical[trace.row]
    samples = round(window_s * trace.rate_hz)
    peaks = measure(work.history(trace), 0, trace.onset, samples, channel, horizontal=lying)
    if peaks is None:
        return []
    motion = (peaks.pd_m, peaks.pv_m_s, peaks.pa_m_s2, peaks.noise_pd_m)
    pendulum = peaks.tau_c_s, peaks.wood_anderson_m, peaks.noise_wood_anderson_m
    return [Amplitude(pick.id, channel.source_id, window_s, *motion, peaks.clipped, work.issued_ns, *pendulum)]


HANDLERS: Mapping[str, Handler] = {"measure": measured}
