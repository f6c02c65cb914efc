"""The three ways to an alert, each with what its rules say: the network, one station, strong shaking at two."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seismonet.core.alert import Alert, Shaking
from seismonet.core.motion import Motion
from seismonet.core.target import Target
from seismonet.core.utc import to_seconds

from .audience import AudienceParams
from .motion import shaken_pair
from .onsite import onsite
from .rules import SEVERITY, Answer, Case, ask
from .view import View


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier earthquakes have to say, see :class:`~seismonet.warn.rules.Case`."""

    after: str = ""
    beside: str = ""
    served: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way to an alert: what its rules say, and what would be told.

    ``severe``: the earthquake is as large or strong as the audience is told of, whatever the other rules say.
    """

    basis: str
    answers: tuple[Answer, ...]
    severe: bool
    draft: Alert

    @property
    def holds(self) -> bool:
        """Do all rules say yes?"""
        return all(one.yes for one in self.answers)


def ways(view: View, audience: str, memory: Memory, told: bool) -> tuple[Way, ...]:
    """All ways that there are, the network first; ``told``: the audience knows of it already."""
    return tuple(_ways(view, audience, memory, told))


def _ways(view: View, audience: str, memory: Memory, told: bool) -> Iterator[Way]:
    params = view.params.of(audience)
    targets = {one.name: one for one in view.around.targets}
    if view.event is not None and not view.gone:
        yield _network(view, audience, memory, told, targets)
    if not (params.onsite or params.motion) or not view.motions:
        return
    placed = [one for one in view.motions if one.station_code in view.around.places]
    if params.onsite:
        for motion in sorted(placed, key=lambda one: (-one.intensity, one.station_code)):
            yield _onsite(view, audience, motion)
    if params.motion:
        yield from _motion(view, audience, params, placed)


def _network(view: View, audience: str, memory: Memory, told: bool, targets: Mapping[str, Target]) -> Way:
    assert view.event is not None
    case = Case(
        view.event,
        view.params.of(audience),
        view.now_ns,
        view.shaking,
        targets,
        view.status.contributing,
        view.likelihood,
        view.newest_ns,
        view.params.late_s,
        memory.after,
        memory.beside,
        memory.served or {},
        told,
    )
    severe = all(answer.yes for rule in SEVERITY if (answer := rule(case)) is not None)
    return Way("network", ask(case), severe, view.alert(audience, "network", (), view.shaking))


def _onsite(view: View, audience: str, motion: Motion) -> Way:
    params = view.params.onsite
    shaking = view.near([motion], params.near_km)
    answers = onsite(motion, params, view.params.of(audience))
    answers += (_fresh(view, motion), *_near(shaking, params.near_km, view))
    if view.gone and view.event is None and len(view.motions) == 1:
        answers += (Answer(view.gone, False),)
    return Way("onsite", answers, True, view.alert(audience, "onsite", (motion,), shaking))


def _motion(view: View, audience: str, params: AudienceParams, placed: list[Motion]) -> Iterator[Way]:
    found = view.neighbours
    used = found or tuple(placed[:1])
    if not used:
        return
    limits = view.params.motion
    shaking = view.near(used, limits.near_km)
    answers = [shaken_pair(placed, found, limits), _fresh(view, used[0]), *_near(shaking, limits.near_km, view)]
    if params.level and shaking:
        chance = max(one.probability(params.level) for one in shaking)
        words = f"probability of intensity {params.level} near {used[0].station_code} {chance:.2f}"
        answers.append(Answer(f"{words} of {params.probability:g}", chance >= params.probability))
    yield Way("motion", tuple(answers), True, view.alert(audience, "motion", used, shaking))


def _fresh(view: View, motion: Motion) -> Answer:
    """Shaking that was recorded long ago warns nobody."""
    age_s = to_seconds(view.now_ns - motion.until_ns)
    since_s = to_seconds(view.now_ns - motion.start_ns)
    limit_s = view.params.late_s
    yes = age_s <= limit_s and since_s <= view.params.final_s
    return Answer(f"age of its data {age_s:.1f} s of {limit_s:g} s, shaking for {since_s:.1f} s", yes)


def _near(shaking: tuple[Shaking, ...], near_km: float, view: View) -> list[Answer]:
    """Is there a target near enough to be shaken alike?"""
    if not view.around.targets:
        return []
    return [Answer(f"targets within {near_km:g} km {len(shaking)} of 1", bool(shaking))]
