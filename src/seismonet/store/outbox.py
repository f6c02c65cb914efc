"""``alerts.db``: what was decided and what is still to be sent, in one transaction.

The rules this file owns: a decision and its letters are on the disk together or not at all, and before anybody is told;
a letter's bytes never change; whoever sends holds a lease of the present epoch, so that an instance that was overtaken
can send nothing more::

    NEW ──lease──▶ LEASED(owner, until) ──▶ SENT ──▶ acknowledged
     ▲                │  │  └────────────▶ DEAD      the receiver will never take it
     └── tried again ─┘  └───────────────▶ EXPIRED   nobody can act on it any more, or a later version replaced it

A crash between sending and marking sends the same bytes under the same key once more; that is the one repeat.

The standard library's sqlite3 is used rather than SQLAlchemy: these few statements are on the way of every alert, and
the database is this machine's own.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seismonet.core.errors import ArchiveError, QueryError
from seismonet.core.letter import Letter

from .outboxschema import SCHEMA

NAME = "alerts.db"
FORMAT = "1"
BUSY_MS = 250
"""Others' transactions keep an alert waiting no longer; then it is decided in memory."""
NEW, LEASED, SENT, EXPIRED, DEAD = "NEW", "LEASED", "SENT", "EXPIRED", "DEAD"
_LETTER = "event_id, audience, version, kind, issued_ns, receiver, format, payload, signature, not_after_ns, attempts"
_OPEN = "state IN ('NEW', 'LEASED')"
# not held by anybody who may still send it: in no hand, in one that let it lapse, or in one of an earlier epoch
_FREE = "(state = 'NEW' OR (state = 'LEASED' AND (owner <> :epoch OR until_ns <= :now)))"
_TABLES = ("decisions", "refusals", "letters")


class OvertakenError(ArchiveError):
    """Another instance works with the outbox: this one may send nothing any more."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One version that an audience is told.

    ``status`` is its messages', ``reference`` how later messages name it, ``alert`` the alert as a line of JSON.
    """

    event_id: str
    audience: str
    version: int
    kind: str
    issued_ns: int
    status: str
    reference: str
    alert: str


Told = Mapping[str, Sequence[str]]
"""Receivers who were told of an event, or may have been, with the references of the versions, the oldest first."""
Write = Callable[[Told], tuple[Sequence[Letter], Mapping[str, str]]]
"""What is written to whom, given who was told before; and why the others are not written to, by receiver."""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a receiver's letters: counts, and when the last was sent and acknowledged (0: never)."""

    waiting: int = 0
    sent: int = 0
    expired: int = 0
    dead: int = 0
    unacknowledged: int = 0
    sent_ns: int = 0
    acked_ns: int = 0


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter and what became of it, for those who look."""

    letter: Letter
    state: str
    settled_ns: int
    evidence: str
    acked_ns: int
    ack: str


class Outbox:
    """The database in a file, or in memory without one. All methods raise ArchiveError when it cannot be used.

    Every call may come from any thread; they take turns.
    """

    def __init__(self, path: Path | None, *, look: bool = False) -> None:
        """Open it, and make it if need be; ArchiveError when it is not ours or of another format.

        With ``look`` it is only read, and must be there: nobody who sends is kept waiting.
        """
        self.path, self.epoch = path, 0
        self._turn = threading.RLock()
        with self._one_line():
            self._db = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro" if path and look else str(path) if path else ":memory:",
                timeout=BUSY_MS / 1000,
                isolation_level=None,
                check_same_thread=False,
                uri=look,
            )
        if look:
            return
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        with self._one_line():
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
        with self._writing() as db:
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            db.execute("INSERT OR IGNORE INTO facts VALUES ('format', ?), ('epoch', '0')", (FORMAT,))
            found = db.execute("SELECT value FROM facts WHERE name = 'format'").fetchone()[0]
        if found != FORMAT:
            raise ArchiveError(f"{self.path}: is of format {found}, not {FORMAT}: was written by another seismonet")

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._db.close()

    def take_over(self) -> int:
        """Begin a new epoch, which ends all leases of earlier ones; its number."""
        with self._writing() as db:
            query = "UPDATE facts SET value = value + 1 WHERE name = 'epoch' RETURNING value"
            self.epoch = int(db.execute(query).fetchone()[0])
        return self.epoch

    def adopt(self, epoch: int) -> None:
        """Go on in the epoch of another copy; our leases go on too."""
        with self._writing() as db:
            db.execute("UPDATE facts SET value = ? WHERE name = 'epoch'", (str(epoch),))
            db.execute("UPDATE letters SET owner = ? WHERE owner = ?", (epoch, self.epoch))
        self.epoch = epoch

    # ---- deciding

    def decide(self, decided: Decided, write: Write, now_ns: int) -> Sequence[Letter] | None:
        """Commit a decision and its letters, which ``write`` gives; the letters, or None when nothing was done.

        Nothing is done when that version was decided before, or when the audience was told of the event already and
        this is a first alert: what was written then stands. Older versions that are in nobody's hands are withdrawn
        from the receivers that get this one, and by a cancel from all. Who was told cannot change meanwhile.
        """
        with self._writing() as db:
            if self._known(db, decided):
                return None
            of = (decided.event_id, decided.audience)
            letters, refusals = write(self._told(db, *of))
            rest = decided.kind, decided.issued_ns, now_ns, decided.status, decided.reference, decided.alert
            db.execute("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*of, decided.version, *rest))
            db.executemany(
                "INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?)",
                [(*of, decided.version, name, why, decided.issued_ns) for name, why in refusals.items()],
            )
            self._withdraw(db, decided, {letter.receiver for letter in letters}, now_ns)
            db.executemany(
                f"INSERT INTO letters(key, {_LETTER}) VALUES ({', '.join('?' * 12)})",  # noqa: S608
                [(letter.key, *_values(letter)) for letter in letters],
            )
        return letters

    def post(self, letters: Iterable[Letter], now_ns: int) -> None:
        """Letters that no decision of an alert stands behind: changes of state. Those known already stay as they are.

        Of one sender and receiver, an older one that is in nobody's hands is replaced by a newer.
        """
        with self._writing() as db:
            for letter in letters:
                query = f"UPDATE letters SET state = 'EXPIRED', settled_ns = :now, evidence = 'replaced' WHERE {_FREE}"  # noqa: S608
                query += " AND event_id = :event AND receiver = :receiver AND version < :version AND attempts = 0"
                facts = {"event": letter.event_id, "receiver": letter.receiver, "version": letter.version}
                db.execute(query, {**facts, "epoch": self.epoch, "now": now_ns})
                db.execute(
                    f"INSERT OR IGNORE INTO letters(key, {_LETTER}) VALUES ({', '.join('?' * 12)})",  # noqa: S608
                    (letter.key, *_values(letter)),
                )

    @staticmethod
    def _known(db: sqlite3.Connection, decided: Decided) -> bool:
        query = "SELECT 1 FROM decisions WHERE event_id = ? AND audience = ? AND (version = ? OR kind = ?)"
        first = decided.kind if decided.kind == "new" else ""
        return bool(db.execute(query, (decided.event_id, decided.audience, decided.version, first)).fetchone())

    def _withdraw(self, db: sqlite3.Connection, decided: Decided, receivers: set[str], now_ns: int) -> None:
        words = "taken back" if decided.kind == "cancel" else f"replaced by version {decided.version}"
        query = f"SELECT key, receiver FROM letters WHERE event_id = :event AND audience = :audience AND {_FREE}"  # noqa: S608
        facts = {"event": decided.event_id, "audience": decided.audience, "epoch": self.epoch, "now": now_ns}
        found = db.execute(query, facts).fetchall()
        keys = [key for key, receiver in found if decided.kind == "cancel" or receiver in receivers]
        query = "UPDATE letters SET state = 'EXPIRED', settled_ns = ?, evidence = ? WHERE key = ?"
        db.executemany(query, [(now_ns, words, key) for key in keys])

    @staticmethod
    def _told(db: sqlite3.Connection, event_id: str, audience: str) -> dict[str, list[str]]:
        # a try that failed may have arrived all the same
        query = "SELECT DISTINCT receiver, version, reference FROM letters JOIN decisions"
        query += " USING (event_id, audience, version) WHERE event_id = ? AND audience = ? AND attempts > 0"
        found: dict[str, list[str]] = {}
        for receiver, _, reference in db.execute(query + " ORDER BY receiver, version", (event_id, audience)):
            found.setdefault(receiver, []).append(reference)
        return found

    def told(self, event_id: str, audience: str) -> Told:
        """Who was told of an event, or may have been."""
        with self._reading() as db:
            return self._told(db, event_id, audience)

    def status(self, event_id: str, audience: str) -> str:
        """The status that an event's first message to an audience had; empty when there was none."""
        query = "SELECT status FROM decisions WHERE event_id = ? AND audience = ? ORDER BY version LIMIT 1"
        with self._reading() as db:
            found = db.execute(query, (event_id, audience)).fetchone()
        return str(found[0]) if found else ""

    def decided(self, since_ns: int, event_id: str = "") -> list[Decided]:
        """Decisions issued since a time, on all events or one, in the order of issue."""
        query = "SELECT event_id, audience, version, kind, issued_ns, status, reference, alert FROM decisions"
        query += " WHERE issued_ns >= ? AND ? IN ('', event_id) ORDER BY issued_ns, event_id, audience, version"
        with self._reading() as db:
            return [Decided(*row) for row in db.execute(query, (since_ns, event_id))]

    def event_id(self, beginning: str) -> str:
        """The id of the one event decided on that begins so; QueryError when there is none, or more than one."""
        query = "SELECT DISTINCT event_id FROM decisions WHERE substr(event_id, 1, ?) = ? ORDER BY event_id LIMIT 4"
        with self._reading() as db:
            found = [str(row[0]) for row in db.execute(query, (len(beginning), beginning))]
        if beginning in found or len(found) == 1:
            return beginning if beginning in found else found[0]
        if not found:
            raise QueryError(f"nothing was told of an event {beginning!r}; see 'seismonet alerts list'")
        raise QueryError(f"more than one event begins with {beginning!r} ({', '.join(found[:3])}, …); give more of it")

    # ---- sending

    def overtaken(self) -> bool:
        """Did another instance take over?"""
        with self._reading() as db:
            return int(db.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()[0]) != self.epoch

    def lease(self, receivers: Mapping[str, bool], now_ns: int, until_ns: int) -> list[Letter]:
        """Take the next due letter of each of these receivers, those never tried first, and expire what is too late.

        Changes of state come after all others. True for a receiver asks for any letter, False for one that was never
        tried. OvertakenError when another instance took over.
        """
        found: list[Letter] = []
        facts = {"epoch": self.epoch, "now": now_ns, "until": until_ns}
        query = f"SELECT key FROM letters WHERE receiver = :receiver AND {_FREE} AND next_try_ns <= :now"  # noqa: S608
        query += " AND attempts < :most ORDER BY kind = 'state', attempts > 0, issued_ns, version, key LIMIT 1"
        take = "UPDATE letters SET state = 'LEASED', owner = :epoch, until_ns = :until, attempts = attempts + 1"
        take += f" WHERE key = ({query}) RETURNING {_LETTER}"
        with self._writing() as db:
            if self.overtaken():
                raise OvertakenError(f"{self.path}: another instance took over; this one sends nothing any more")
            self._expire(db, now_ns)
            for receiver, any_letter in receivers.items():
                most = {"most": 1 << 62 if any_letter else 1}
                found += [Letter(*row) for row in db.execute(take, {**facts, **most, "receiver": receiver}).fetchall()]
        return found

    def _expire(self, db: sqlite3.Connection, now_ns: int) -> None:
        query = "UPDATE letters SET state = 'EXPIRED', settled_ns = :now,"
        query += " evidence = CASE WHEN attempts = 0 THEN 'never tried' ELSE 'last: ' || evidence END"
        query += f" WHERE {_OPEN} AND {_FREE} AND not_after_ns <= :now"
        db.execute(query, {"epoch": self.epoch, "now": now_ns})
        # a first try that failed, or was cut off, while a later version was decided
        query = "UPDATE letters SET state = 'EXPIRED', settled_ns = :now, evidence = 'replaced by a later version'"
        query += f" WHERE {_OPEN} AND {_FREE} AND EXISTS (SELECT 1 FROM letters AS later WHERE"  # noqa: S608
        query += " later.event_id = letters.event_id AND later.audience = letters.audience"
        query += " AND later.receiver = letters.receiver AND later.version > letters.version)"
        db.execute(query, {"epoch": self.epoch, "now": now_ns})

    def holds(self, key: str, now_ns: int) -> bool:
        """May we send this letter now? To be asked right before it is sent."""
        query = "SELECT 1 FROM letters, facts WHERE key = ? AND state = 'LEASED' AND owner = ? AND until_ns > ?"
        query += " AND not_after_ns > ? AND name = 'epoch' AND value = CAST(owner AS TEXT)"
        with self._reading() as db:
            return bool(db.execute(query, (key, self.epoch, now_ns, now_ns)).fetchone())

    def sent(self, key: str, now_ns: int, evidence: str, ack: str = "") -> bool:
        """It was taken; False when the lease was lost meanwhile. ``ack`` is how the receiver itself acknowledged it."""
        acked_ns = now_ns if ack else 0
        query = "UPDATE letters SET state = 'SENT', settled_ns = ?, evidence = ?, acked_ns = max(acked_ns, ?),"
        query += " ack = CASE WHEN ? <> '' THEN ? ELSE ack END WHERE key = ? AND state = 'LEASED' AND owner = ?"
        return self._changed(query, (now_ns, evidence, acked_ns, ack, ack, key, self.epoch))

    def again(self, key: str, next_try_ns: int, words: str) -> bool:
        """It was not taken, and is to be tried again."""
        query = "UPDATE letters SET state = 'NEW', next_try_ns = ?, evidence = ?"
        return self._changed(
            query + " WHERE key = ? AND state = 'LEASED' AND owner = ?", (next_try_ns, words, key, self.epoch)
        )

    def dead(self, key: str, now_ns: int, words: str) -> bool:
        """It will never be taken."""
        query = "UPDATE letters SET state = 'DEAD', settled_ns = ?, evidence = ?"
        return self._changed(
            query + " WHERE key = ? AND state = 'LEASED' AND owner = ?", (now_ns, words, key, self.epoch)
        )

    def ack(self, key: str, now_ns: int, by: str) -> bool:
        """A receiver, or somebody for it, says that it has the letter; False when it is unknown, or this was said."""
        query = "UPDATE letters SET acked_ns = ?, ack = ? WHERE key = ? AND acked_ns = 0 AND attempts > 0"
        return self._changed(query, (now_ns, by, key))

    def _changed(self, query: str, values: Sequence[object]) -> bool:
        with self._writing() as db:
            return db.execute(query, values).rowcount > 0

    def next_due_ns(self, receivers: Iterable[str]) -> int | None:
        """When the next of these receivers' letters is due or expires; None when none waits."""
        query = (
            "SELECT min(min(not_after_ns, CASE state WHEN 'LEASED' THEN until_ns ELSE next_try_ns END)) FROM letters"
        )
        query += f" WHERE receiver = ? AND {_OPEN}"
        with self._reading() as db:
            found = [db.execute(query, (receiver,)).fetchone()[0] for receiver in receivers]
        return min((one for one in found if one is not None), default=None)

    # ---- looking

    @property
    def changes(self) -> int:
        """Counts all that we changed: while it stays, accounts do, but for what others changed."""
        return self._db.total_changes

    def account(self, receiver: str) -> Account:
        """What became of a receiver's letters."""
        query = "SELECT state, count(*), sum(acked_ns = 0), max(settled_ns), max(acked_ns) FROM letters"
        query += " WHERE receiver = ? GROUP BY state"
        with self._reading() as db:
            rows = {row[0]: row[1:] for row in db.execute(query, (receiver,))}
        count = {state: int(row[0]) for state, row in rows.items()}
        _, unacknowledged, sent_ns, _ = rows.get(SENT, (0, 0, 0, 0))
        return Account(
            count.get(NEW, 0) + count.get(LEASED, 0), count.get(SENT, 0), count.get(EXPIRED, 0), count.get(DEAD, 0),
            int(unacknowledged), int(sent_ns), max((int(row[3]) for row in rows.values()), default=0),
        )  # fmt: skip

    def posted(self, event_id: str) -> list[Posted]:
        """All letters on an event, in the order of issue."""
        query = f"SELECT {_LETTER}, state, settled_ns, evidence, acked_ns, ack FROM letters WHERE event_id = ?"  # noqa: S608
        with self._reading() as db:
            rows = db.execute(query + " ORDER BY issued_ns, audience, version, receiver", (event_id,)).fetchall()
        return [Posted(Letter(*row[:11]), *row[11:]) for row in rows]

    def refused(self, event_id: str) -> list[tuple[str, int, str, str]]:
        """Who was not written to on an event, and why: audience, version, receiver, reason."""
        query = "SELECT audience, version, receiver, why FROM refusals WHERE event_id = ?"
        with self._reading() as db:
            return db.execute(query + " ORDER BY issued_ns, audience, version, receiver", (event_id,)).fetchall()

    # ---- when the disk fails

    def carry(self, path: Path, since_ns: int, *, back: bool) -> None:
        """Copy what was issued since a time from a file into this database, or with ``back`` into the file from here.

        What is there already is replaced, as the copy that was worked with knows more. Both have one epoch, and leases
        stay what they are; OvertakenError when somebody else took the file over.
        """
        here, there = ("disk", "main") if back else ("main", "disk")
        with self._one_line(), self._turn:
            self._db.execute("ATTACH ? AS disk", (str(path),))
            try:
                with self._writing() as db:
                    query = "SELECT value FROM disk.facts WHERE name = 'epoch'"
                    if int(db.execute(query).fetchone()[0]) != self.epoch:
                        raise OvertakenError(f"{path}: another instance took over; this one sends nothing any more")
                    for table in _TABLES:
                        query = f"INSERT OR REPLACE INTO {here}.{table} SELECT * FROM {there}.{table}"  # noqa: S608
                        db.execute(query + " WHERE issued_ns >= ?", (since_ns,))
            finally:
                self._db.execute("DETACH disk")

    # ---- transactions

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._one_line(), self._turn:
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._one_line(), self._turn:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ArchiveError(f"{self.path or 'memory'}: alerts cannot be stored: {error}; check the disk") from error


def _values(letter: Letter) -> tuple[Any, ...]:
    return (
        letter.event_id, letter.audience, letter.version, letter.kind, letter.issued_ns, letter.receiver, letter.format,
        letter.payload, letter.signature, letter.not_after_ns, letter.attempts,
    )  # fmt: skip
