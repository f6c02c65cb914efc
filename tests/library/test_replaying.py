"""What a replay hands over of what it found."""

from dataclasses import replace

from seismonet.library.replaying import Replay
from tests.support.quakes import network, quake

TABLE = network(3)
FOUND = quake(TABLE)


def test_a_refused_pick_is_none_of_the_picks_but_can_be_looked_up() -> None:
    first, *others = FOUND.picks.values()
    (refused,) = FOUND.rejections
    rejection = replace(refused, pick_id=first.id, reason="weak", time_ns=refused.time_ns + 1)
    replay = Replay(TABLE, dict(FOUND.picks), {first.id: rejection, refused.pick_id: refused})
    assert {pick.id for pick in replay.sorted_picks} == {pick.id for pick in others}
    assert [pick.time_ns for pick in replay.sorted_picks] == sorted(pick.time_ns for pick in others)
    assert replay.picks[first.id] == first
    assert replay.sorted_rejections == [refused, rejection]
    assert replay.refused == {"weak": 1, "spike": 1}
