"""The watch over strong motion that begins with an onset: looks each second, and what each of them makes of it.

::

    onset        floor reached                              quiet for 10 s
      |--|--|--|---|===|==|==|==|==|====|====|====|====|====|--|--|-- ... 60 s
       looks: own   all of both sensors: each second while     final
       sensor,      it grows, later every five
       last second

A look costs next to nothing until a horizontal moves by the floor. Then all that both sensors saw is measured, and told
when it has grown by a step. The onset only says when to look: whether the gate refuses it later makes no difference, so
strong shaking is told without a pick. But what begins like an impulse, a step or a boxcar, or is on a single component,
is none of the ground's and not told, whatever became of the pick.
"""

from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as parameters

from seismonet.core.arrays import FloatArray
from seismonet.core.event import Pick
from seismonet.core.motion import Motion

from .findings import NO_SHAKE, Shake
from .jobs import Facts, Job, Sites, Work
from .strong import (
    GUARD_S,
    LOOKED_S,
    Ground,
    Recording,
    Strength,
    alike,
    ground,
    impulse_samples,
    impulsive,
    instrumental,
    shape_at,
    shared,
    strength,
    triggers,
)

GAL = 0.01
FIRST_S, STEP_S = 1.25, 1.0
"""The first look comes a little after the second that the shape of what begins is judged by."""
BEFORE_S, SETTLE_S = 12.0, 1.0
"""What is needed ahead of the onset, and after something electronic, to know what is at rest."""
EVERY_S = 5.0
"""Shaking that grows no more is measured so often."""
OTHER_WAIT_S = 5.0
"""The other sensor is not waited for longer: a warning is worth more than its word."""
TRIGGERS = 10.0


@parameters(frozen=True)
class MotionParams:
    """What is told of strong motion."""

    floor_gal: float = Field(default=1.0, gt=0, le=100, description="horizontal acceleration that is worth telling")
    step: float = Field(default=0.2, gt=0, le=2, description="told again when intensity grew by this")
    threshold_gal: float = Field(
        default=25.0, gt=0, description="on-site threshold (0.1-20 Hz); how long it is exceeded is told"
    )
    threshold_s: float = Field(default=0.2, gt=0, le=5, description="… and told again once it was for so long")
    watch_s: float = Field(default=60.0, ge=10, le=90, description="so long after an onset strong motion is waited for")
    longest_s: float = Field(default=90.0, ge=10, le=90, description="and followed, while it lasts")
    quiet_s: float = Field(default=10.0, ge=2, le=30, description="it is over when it was quiet for so long")
    log_ratio: float = Field(
        default=0.3, gt=0, description="how far two sensors' velocities (1-8 Hz) may be apart, in log10"
    )
    likeness: float = Field(default=0.6, ge=0, le=1, description="and how alike their course must be")


def watch(pick: Pick, row: int, sites: Sites) -> Job:
    """The first look after a refined onset on a row."""
    return _whole(pick, row, sites, FIRST_S, NO_SHAKE)


def glanced(work: Work, params: MotionParams, sites: Sites) -> Facts:
    """The last second of the pick's own sensor: whether all of it should be measured."""
    job = work.job
    own = Recording.of(work, sites.sensor[job.rows[0]].rows)
    bound_m_s2 = own.bound_m_s2() if own is not None else 0.0
    told, seen_s = job.shake.told, job.window_s
    limit_m_s2 = params.floor_gal * GAL if told is None else told.pga_m_s2 / 2
    due = told is not None and (seen_s - job.shake.checked_s >= EVERY_S or seen_s + STEP_S > params.longest_s)
    if due or bound_m_s2 >= limit_m_s2:
        return [_whole(_as_of(work), job.rows[0], sites, seen_s, job.shake)]
    return _next(work, params, sites, job.shake)


def measured_motion(work: Work, params: MotionParams, sites: Sites) -> Facts:
    """All that both sensors saw, and what there is to tell of it."""
    row, shake = work.job.rows[0], work.job.shake
    own, other = Recording.of(work, sites.sensor[row].rows), None
    for beside in sites.others[row][:1]:
        other = Recording.of(work, beside.rows)
    stops = zip((own, other), shake.clipped, strict=True)
    own_stop, other_stop = (before or (one is not None and one.clipped(shake.checked_s)) for one, before in stops)
    best, second = _ranked(own, other, (own_stop, other_stop))
    shake = replace(shake, clipped=(own_stop, other_stop))
    if best is None:
        return _next(work, params, sites, shake)
    moved = _ground(best, shake)
    if best is other and best.accelerometer and triggers(moved, TRIGGERS):
        return []
    seen = Seen(work, params, sites, shake, best, moved, _ground(second, shake) if second is not None else None)
    return seen.told() if seen.rise is not None or shake.told is not None else seen.next(shake)


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at all of a shaking."""

    work: Work
    params: MotionParams
    sites: Sites
    shake: Shake
    best: Recording
    moved: Ground
    other: Ground | None

    @property
    def seen_s(self) -> float:
        """How long after the onset it is."""
        return self.work.job.window_s

    @property
    def begin(self) -> int:
        """Index from which on it counts."""
        return self.moved.lead + round(self.shake.since_s * self.moved.rate_hz)

    @property
    def end(self) -> int:
        """Index up to which it counts: whether a peak is an impulse is known only after it."""
        return int(self.moved.size.shape[0]) - impulse_samples(self.moved.rate_hz)

    @property
    def rise(self) -> int | None:
        """Index at which the floor is reached."""
        return _first(self.moved.size[: self.end], self.begin, self.params.floor_gal * GAL)

    def told(self) -> Facts:
        """The motion, if it is one and has grown, and the next look."""
        shake, last = self.shake, self.shake.told
        part = slice(self.begin, self.end)
        found, over = strength(self.moved, part, self.params.threshold_gal * GAL), self._over()
        if last is not None and last.agreeing is True and not over and not self._grown(last, found):
            return self.next(replace(shake, checked_s=self.seen_s))
        agreeing, began = self._agreeing(), self._began()
        if began is not None:
            whole = last is None or agreeing is not True
            missing = round(LOOKED_S * self.moved.rate_hz) - (self.moved.size.shape[0] - began) if whole else 0
            if missing > 0:
                return self._again(missing / self.moved.rate_hz)
            if self._unnatural(began, whole):
                return self.next(Shake(self.seen_s + SETTLE_S, self.seen_s, None, self.seen_s, shake.clipped))
        if not (over or last is None or agreeing is not last.agreeing or self._grown(last, found)):
            return self.next(replace(shake, checked_s=self.seen_s))
        motion = self._motion(found, agreeing, over)
        if over:
            return [motion, *self.next(Shake(self.seen_s, None, None, self.seen_s, shake.clipped))]
        return [motion, *self.next(replace(shake, told=motion, checked_s=self.seen_s))]

    def next(self, shake: Shake) -> Facts:
        """The look after this one."""
        return _next(self.work, self.params, self.sites, shake)

    def _again(self, after_s: float) -> Facts:
        """All of it once more, as soon as its shape can be judged."""
        row = self.work.job.rows[0]
        return [_whole(_as_of(self.work), row, self.sites, self.seen_s + after_s, self.shake)]

    def _agreeing(self) -> bool | None:
        """What the sensors agree on; where one of them cannot say any more, what they did before."""
        last, rise = self.shake.told, self.rise
        before = last.agreeing if last is not None else None
        if self.other is None or rise is None:
            return before
        begin_s = (rise - self.moved.lead) / self.moved.rate_hz - 0.5
        return alike(self.moved, self.other, begin_s, self.params.log_ratio, self.params.likeness)

    def _began(self) -> int | None:
        """Index where that began whose shape is to be judged: the shaking, or what outdoes all that was told of it."""
        last = self.shake.told
        if last is None:
            return self.rise
        begin = self.moved.lead + round(self.shake.checked_s * self.moved.rate_hz) - impulse_samples(self.moved.rate_hz)
        return _first(self.moved.size[: self.end], begin, last.pga_m_s2 * (1 + 1e-6))

    def _unnatural(self, began: int, whole: bool) -> bool:
        """Is what began there none of the ground's? The shape of its beginning is judged only when it is ``whole``:
        where both sensors see alike how shaking grows, that it is no impulse on either is enough, and is known sooner.
        """
        peak = began + int(np.argmax(self.moved.size[began : self.end]))
        if not shared(self.moved, slice(began, self.end)) or impulsive(self.best, peak):
            return True
        return whole and (impulsive(self.best, began) or bool(shape_at(self.best, began)))

    def _grown(self, last: Motion, found: Strength) -> bool:
        lasting = found.above_s >= self.params.threshold_s > last.above_s
        return lasting or found.intensity >= last.intensity + self.params.step

    def _over(self) -> bool:
        """Has it come to rest, or was it followed long enough?"""
        if self.shake.told is None:
            return False
        # after a gap there may be less of it than that
        begin = max(self.end - round(self.params.quiet_s * self.moved.rate_hz), 0)
        lately = self.moved.size[begin : max(self.end, 0)]
        rests = float(lately.max(initial=0.0)) < self.params.floor_gal * GAL
        return rests or self.seen_s + STEP_S > self.params.longest_s

    def _motion(self, found: Strength, agreeing: bool | None, final: bool) -> Motion:
        pick, last, rise = self.work.pick, self.shake.told, self.rise
        start_ns = last.start_ns if last is not None else pick.time_ns
        if last is None and rise is not None:
            start_ns += round((rise - self.moved.lead) * (1e9 / self.moved.rate_hz))
        return Motion(
            pick.source_id.station_code,
            tuple(one.source_id for one in self.best.channels),
            start_ns,
            pick.time_ns + round((self.end - self.moved.lead) * (1e9 / self.moved.rate_hz)),
            found.pga_m_s2,
            found.pgv_m_s,
            instrumental(self.moved, slice(self.begin, self.end)),
            found.intensity,
            found.above_s,
            agreeing,
            self.work.issued_ns,
            pick_id=pick.id,
            final=final,
        )


def _ranked(
    own: Recording | None, other: Recording | None, stopped: tuple[bool, bool]
) -> tuple[Recording | None, Recording | None]:
    """The sensor that is measured, and the other one if it can say anything.

    An accelerometer before a seismometer, one that is whole before one that is not; never one that was clipped.
    """
    pairs = zip((own, other), stopped, strict=True)
    able = [one for one, stop in pairs if one is not None and one.lying and not stop]
    able.sort(key=lambda one: (not one.whole, not one.accelerometer, one is not own))
    best = next(iter(able), None)
    second = next((one for one in able[1:] if one.whole), None)
    return best, second


def _ground(recording: Recording, shake: Shake) -> Ground:
    guard = round(GUARD_S * recording.rate_hz)
    edge = recording.lead if shake.from_s is None else recording.lead + round(shake.since_s * recording.rate_hz)
    return ground(recording, edge - guard)


def _first(size: FloatArray, begin: int, level: float) -> int | None:
    beyond = np.flatnonzero(size[begin:] >= level)
    return begin + int(beyond[0]) if len(beyond) else None


def _as_of(work: Work) -> Pick:
    """The pick, so that nothing that follows from a look is issued before it."""
    return replace(work.pick, issued_ns=work.issued_ns)


def _next(work: Work, params: MotionParams, sites: Sites, shake: Shake) -> Facts:
    """The next look, if there is to be one."""
    job, seen_s = work.job, work.job.window_s + STEP_S
    begun_s = LOOKED_S + STEP_S if job.kind == "motion" else 0.0
    if seen_s > (params.longest_s if shake.told is not None else params.watch_s + begun_s):
        return []
    rows = sites.sensor[job.rows[0]].rows
    own = (job.rows[0], *(row for row in rows if row != job.rows[0]))
    return [Job("glance", _as_of(work), own, -(seen_s - FIRST_S), seen_s, seen_s, shake=shake)]


def _whole(pick: Pick, row: int, sites: Sites, seen_s: float, shake: Shake) -> Job:
    own = sites.sensor[row].rows
    rows = (row, *(one for one in own if one != row))
    for beside in sites.others[row][:1]:
        rows += beside.rows
    before_s = BEFORE_S if shake.from_s is None else -shake.from_s
    return Job("motion", pick, rows, before_s, seen_s, seen_s, OTHER_WAIT_S, shake)
