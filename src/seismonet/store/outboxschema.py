"""The tables of ``alerts.db``. Another shape of them is another ``FORMAT`` in ``outbox``."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decisions(
    event_id TEXT, audience TEXT, version INTEGER, kind TEXT NOT NULL, issued_ns INTEGER NOT NULL,
    decided_ns INTEGER NOT NULL, status TEXT NOT NULL, reference TEXT NOT NULL, alert TEXT NOT NULL,
    PRIMARY KEY(event_id, audience, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refusals(
    event_id TEXT, audience TEXT, version INTEGER, receiver TEXT, why TEXT NOT NULL, issued_ns INTEGER NOT NULL,
    PRIMARY KEY(event_id, audience, version, receiver)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS letters(
    key TEXT PRIMARY KEY, event_id TEXT NOT NULL, audience TEXT NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL,
    issued_ns INTEGER NOT NULL, receiver TEXT NOT NULL, format TEXT NOT NULL, payload BLOB NOT NULL,
    signature TEXT NOT NULL, not_after_ns INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'NEW', owner INTEGER NOT NULL DEFAULT 0, until_ns INTEGER NOT NULL DEFAULT 0,
    next_try_ns INTEGER NOT NULL DEFAULT 0, settled_ns INTEGER NOT NULL DEFAULT 0, evidence TEXT NOT NULL DEFAULT '',
    acked_ns INTEGER NOT NULL DEFAULT 0, ack TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS letters_open ON letters(receiver) WHERE state IN ('NEW', 'LEASED');
CREATE INDEX IF NOT EXISTS letters_event ON letters(event_id, audience);
CREATE INDEX IF NOT EXISTS letters_issued ON letters(issued_ns);
"""
