"""What is decided is kept whole, is sent under a lease, and never changes."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from seismonet.core.errors import ArchiveError
from seismonet.core.letter import Letter
from seismonet.store.outbox import Account, Decided, Outbox, OvertakenError, Told
from tests.support.letters import SECOND_NS, T0_NS, letter

ALL = {"duty": True}
LONG_NS = T0_NS + 30 * SECOND_NS


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "alerts.db")
    outbox.take_over()
    yield outbox
    outbox.close()


def decide(box: Outbox, *letters: Letter, refusals: dict[str, str] | None = None) -> Sequence[Letter] | None:
    first = letters[0]
    decided = Decided(
        first.event_id,
        first.audience,
        first.version,
        first.kind,
        first.issued_ns,
        "Actual",
        f"ref{first.version}",
        "{}",
    )
    return box.decide(decided, lambda told: (letters, refusals or {}), T0_NS)


def lease(box: Outbox, now_ns: int = T0_NS) -> list[Letter]:
    return box.lease(ALL, now_ns, now_ns + 20 * SECOND_NS)


def states(box: Outbox, event: str = "e1") -> list[tuple[int, str]]:
    return [(one.letter.version, one.state) for one in box.posted(event)]


def test_a_letter_is_leased_held_sent_and_acknowledged_once(box: Outbox) -> None:
    sent = letter()
    assert decide(box, sent) == (sent,)
    (held,) = lease(box)
    assert (held.payload, held.key, held.attempts) == (sent.payload, sent.key, 1)
    assert lease(box) == []
    assert box.holds(held.key, T0_NS)
    assert box.sent(held.key, T0_NS + 1, "HTTP 200")
    assert not box.sent(held.key, T0_NS + 2, "HTTP 200")
    assert not box.holds(held.key, T0_NS)
    assert box.account("duty") == Account(sent=1, unacknowledged=1, sent_ns=T0_NS + 1)
    assert box.ack(held.key, T0_NS + 3, "duty officer")
    assert not box.ack(held.key, T0_NS + 4, "somebody else")
    assert box.account("duty") == Account(sent=1, sent_ns=T0_NS + 1, acked_ns=T0_NS + 3)


def test_what_was_decided_is_not_decided_again_and_its_bytes_stay(box: Outbox) -> None:
    decide(box, letter())
    assert decide(box, letter(payload=b"other")) is None
    second_first = letter(version=1, kind="new")
    assert decide(box, second_first) is None
    assert [one.payload for one in lease(box)] == [letter().payload]
    assert [one.version for one in box.decided(0)] == [0]


def test_decision_and_letters_are_there_together_or_not_at_all(box: Outbox) -> None:
    decided = Decided("e1", "operator", 0, "new", T0_NS, "Actual", "ref", "{}")

    def write(told: Told) -> tuple[Sequence[Letter], dict[str, str]]:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        box.decide(decided, write, T0_NS)
    assert box.decided(0) == []
    unfit = letter(payload=None)
    with pytest.raises(ArchiveError, match="alerts cannot be stored"):
        decide(box, letter(receiver="other"), unfit)
    assert (box.decided(0), box.posted("e1")) == ([], [])
    assert decide(box, letter()) is not None


def test_whoever_was_overtaken_sends_nothing_more(tmp_path: Path, box: Outbox) -> None:
    decide(box, letter())
    (held,) = lease(box)
    other = Outbox(tmp_path / "alerts.db")
    other.take_over()
    assert not box.holds(held.key, T0_NS)
    with pytest.raises(OvertakenError):
        lease(box)
    (again,) = lease(other)
    assert (again.key, again.payload, again.attempts) == (held.key, held.payload, 2)
    assert not box.sent(held.key, T0_NS, "late")
    assert not box.again(held.key, T0_NS, "late")
    assert not box.dead(held.key, T0_NS, "late")
    assert other.sent(again.key, T0_NS, "HTTP 200")
    other.close()


def test_a_lease_lapses(box: Outbox) -> None:
    decide(box, letter())
    (held,) = box.lease(ALL, T0_NS, T0_NS + SECOND_NS)
    assert not box.holds(held.key, T0_NS + SECOND_NS)
    assert lease(box, T0_NS + SECOND_NS // 2) == []
    assert [one.attempts for one in lease(box, T0_NS + SECOND_NS)] == [2]


def test_nobody_is_sent_what_is_too_late(box: Outbox) -> None:
    decide(box, letter(not_after_ns=T0_NS + SECOND_NS), letter(receiver="slow", not_after_ns=T0_NS + SECOND_NS))
    (held,) = lease(box)
    assert not box.holds(held.key, T0_NS + SECOND_NS)
    box.again(held.key, T0_NS + SECOND_NS // 2, "HTTP 500")
    assert lease(box, T0_NS + SECOND_NS) == []
    found = {one.letter.receiver: (one.state, one.evidence) for one in box.posted("e1")}
    assert found == {"duty": ("EXPIRED", "last: HTTP 500"), "slow": ("EXPIRED", "never tried")}


def test_a_try_that_failed_waits_for_its_turn_and_what_was_never_tried_goes_first(box: Outbox) -> None:
    decide(box, letter())
    (held,) = lease(box)
    assert box.again(held.key, T0_NS + 5 * SECOND_NS, "HTTP 500")
    assert lease(box, T0_NS + 4 * SECOND_NS) == []
    assert box.next_due_ns(["duty", "other"]) == T0_NS + 5 * SECOND_NS
    assert box.next_due_ns(["other"]) is None
    decide(box, letter(event="e2", issued_ns=T0_NS + 9))
    assert [one.event_id for one in box.lease({"duty": False}, T0_NS + 6 * SECOND_NS, LONG_NS)] == ["e2"]
    assert box.lease({"duty": False}, T0_NS + 6 * SECOND_NS, LONG_NS) == []
    assert [one.event_id for one in lease(box, T0_NS + 6 * SECOND_NS)] == ["e1"]


def test_a_later_version_replaces_what_waits(box: Outbox) -> None:
    decide(box, letter(), letter(receiver="calm"))
    decide(box, letter(version=1))
    assert sorted(states(box)) == [(0, "EXPIRED"), (0, "NEW"), (1, "NEW")]
    assert [one.version for one in lease(box)] == [1]


def test_a_first_try_that_fails_after_the_next_version_was_decided_is_not_repeated(box: Outbox) -> None:
    decide(box, letter())
    (held,) = lease(box)
    decide(box, letter(version=1))
    assert states(box) == [(0, "LEASED"), (1, "NEW")]
    box.again(held.key, T0_NS, "HTTP 500")
    assert [one.version for one in lease(box)] == [1]
    assert states(box) == [(0, "EXPIRED"), (1, "LEASED")]


def test_a_cancel_withdraws_what_nobody_has_and_knows_who_may_have_been_told(box: Outbox) -> None:
    told: list[Told] = []
    decide(box, letter(), letter(receiver="failed"), letter(receiver="asleep"))
    (held,) = lease(box)
    box.sent(held.key, T0_NS, "HTTP 200")
    (failed,) = box.lease({"failed": True}, T0_NS, LONG_NS)
    box.again(failed.key, T0_NS, "no answer in time")
    decided = Decided("e1", "operator", 1, "cancel", T0_NS + 1, "Actual", "ref1", "{}")
    box.decide(decided, lambda known: (told.append(known) or [], {}), T0_NS)  # type: ignore[func-returns-value]
    assert told == [{"duty": ["ref0"], "failed": ["ref0"]}]
    assert {one.letter.receiver: one.state for one in box.posted("e1")} == {
        "duty": "SENT", "failed": "EXPIRED", "asleep": "EXPIRED",
    }  # fmt: skip


def test_audiences_have_chains_of_their_own(box: Outbox) -> None:
    decide(box, letter())
    lease(box)
    assert decide(box, letter(audience="siren", receiver="horn")) is not None
    assert box.told("e1", "operator") == {"duty": ["ref0"]}
    assert box.told("e1", "siren") == {}


def test_why_somebody_was_not_written_to_is_kept(box: Outbox) -> None:
    decide(box, letter(), refusals={"calm": "quiet hours"})
    assert box.refused("e1") == [("operator", 0, "calm", "quiet hours")]


def test_it_goes_on_in_memory_and_comes_back(tmp_path: Path, box: Outbox) -> None:
    decide(box, letter())
    decide(box, letter(event="e2"))
    (held,) = lease(box)
    memory = Outbox(None)
    memory.adopt(box.epoch)
    memory.carry(tmp_path / "alerts.db", 0, back=False)
    assert memory.sent(held.key, T0_NS, "HTTP 200")
    assert decide(memory, letter(event="e3")) is not None
    assert decide(memory, letter(event="e1")) is None
    memory.carry(tmp_path / "alerts.db", 0, back=True)
    assert [states(box, event) for event in ("e1", "e2", "e3")] == [[(0, "SENT")], [(0, "NEW")], [(0, "NEW")]]
    box.take_over()
    with pytest.raises(OvertakenError):
        memory.carry(tmp_path / "alerts.db", 0, back=True)
    memory.close()


def test_what_began_in_memory_keeps_its_leases_on_the_disk(tmp_path: Path) -> None:
    memory = Outbox(None)
    decide(memory, letter())
    (held,) = lease(memory)
    disk = Outbox(tmp_path / "alerts.db")
    memory.adopt(disk.take_over())
    memory.carry(tmp_path / "alerts.db", 0, back=True)
    assert disk.holds(held.key, T0_NS)
    assert lease(disk) == []
    memory.close()
    disk.close()


def test_others_transactions_are_not_waited_for_long(tmp_path: Path, box: Outbox) -> None:
    other = sqlite3.connect(tmp_path / "alerts.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ArchiveError, match=r"alerts\.db: alerts cannot be stored: database is locked; check the disk"):
        decide(box, letter())
    other.execute("ROLLBACK")
    other.close()
    assert decide(box, letter()) is not None


def test_many_threads_take_turns(box: Outbox) -> None:
    for number in range(40):
        decide(box, letter(event=f"e{number}", issued_ns=T0_NS + number))
    found: list[str] = []

    def work() -> None:
        for _ in range(10):
            for one in lease(box):
                found.append(one.key)
                box.sent(one.key, T0_NS, "done")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == len(set(found)) == 40


def test_another_format_is_refused(tmp_path: Path) -> None:
    Outbox(tmp_path / "alerts.db").close()
    other = sqlite3.connect(tmp_path / "alerts.db")
    with other:
        other.execute("UPDATE facts SET value = '2' WHERE name = 'format'")
    other.close()
    with pytest.raises(ArchiveError, match="is of format 2, not 1"):
        Outbox(tmp_path / "alerts.db")
    (tmp_path / "text.db").write_text("no database at all, " * 100)
    with pytest.raises(ArchiveError, match="not a database"):
        Outbox(tmp_path / "text.db")
