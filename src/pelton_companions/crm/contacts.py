"""Contacts in SQLite: at most one that is not archived has an e-mail address.

All SQL of the companion is here. A write is durable before it is answered.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from pelton_companions.messages import JsonObject

_SCHEMA = """
CREATE TABLE IF NOT EXISTS contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, properties TEXT NOT NULL,
    created TEXT NOT NULL, updated TEXT NOT NULL, archived_at TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS contacts_by_email ON contacts (email) WHERE archived_at IS NULL;
"""
_COLUMNS = "id, properties, created, updated, archived_at"
#: Ids begin here: ids of the real service have several digits, too.
FIRST_ID = 101


class Conflict(Exception):
    """Another contact has the e-mail; ``id`` is its."""

    def __init__(self, contact_id: int) -> None:
        super().__init__(f"Contact already exists. Existing ID: {contact_id}")


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact; property values are text, times ISO 8601 in UTC."""

    id: int
    properties: dict[str, str]
    created: str
    updated: str
    archived_at: str | None


class Contacts:
    """The contacts of one data folder."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: everything inside is stored, or nothing when it raises."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def create(self, properties: dict[str, str]) -> Contact:
        """Store a new contact.

        Raises:
            Conflict: another contact has the e-mail.
        """
        email = self._free_email(properties, own_id=None)
        now = _now()
        highest = self._db.execute("SELECT coalesce(max(id), 0) FROM contacts").fetchone()[0]
        contact = Contact(max(highest + 1, FIRST_ID), _clean(properties), now, now, None)
        self._db.execute(
            "INSERT INTO contacts (id, email, properties, created, updated) VALUES (?, ?, ?, ?, ?)",
            (contact.id, email, orjson.dumps(contact.properties).decode(), now, now),
        )
        return contact

    def update(self, contact: Contact, properties: dict[str, str]) -> Contact:
        """Change some properties of a contact.

        Raises:
            Conflict: another contact has the new e-mail.
        """
        merged = _clean({**contact.properties, **properties})
        email = self._free_email(merged, own_id=contact.id)
        now = _now()
        self._db.execute(
            "UPDATE contacts SET email = ?, properties = ?, updated = ? WHERE id = ?",
            (email, orjson.dumps(merged).decode(), now, contact.id),
        )
        return Contact(contact.id, merged, contact.created, now, None)

    def archive(self, contact_id: int) -> None:
        """Mark a contact deleted; its e-mail is free again. One that is not there is no error."""
        self._db.execute(
            "UPDATE contacts SET archived_at = ? WHERE id = ? AND archived_at IS NULL", (_now(), contact_id)
        )

    def by_id(self, contact_id: int, *, archived: bool = False) -> Contact | None:
        """The contact of an id, among the archived or the others."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM contacts WHERE id = ? AND (archived_at IS NOT NULL) = ?", (contact_id, archived)
        )
        return next(map(_contact, rows), None)

    def by_email(self, email: str, *, archived: bool = False) -> Contact | None:
        """The contact of an e-mail; among the archived the one archived last."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM contacts WHERE email = ? AND (archived_at IS NOT NULL) = ? "
            "ORDER BY archived_at DESC, id DESC LIMIT 1",
            (email.strip().lower(), archived),
        )
        return next(map(_contact, rows), None)

    def page(self, after: int, limit: int, *, archived: bool = False) -> list[Contact]:
        """Up to ``limit`` contacts after an id, by id."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM contacts WHERE id > ? AND (archived_at IS NOT NULL) = ? ORDER BY id LIMIT ?",
            (after, archived, limit),
        )
        return list(map(_contact, rows))

    def all(self) -> list[Contact]:
        """Every contact that is not archived, by id."""
        return self.page(0, -1)

    def counts(self) -> JsonObject:
        """How many contacts there are, archived ones apart."""
        live, archived = self._db.execute(
            "SELECT count(*) - count(archived_at), count(archived_at) FROM contacts"
        ).fetchone()
        return {"contacts": live, "archived": archived}

    def _free_email(self, properties: dict[str, str], own_id: int | None) -> str | None:
        email = (properties.get("email") or "").strip().lower() or None
        holder = self.by_email(email) if email else None
        if holder is not None and holder.id != own_id:
            raise Conflict(holder.id)
        return email


def _clean(properties: dict[str, str]) -> dict[str, str]:
    """E-mails are kept in lower case, as HubSpot keeps them."""
    email = properties.get("email")
    return {**properties, "email": email.strip().lower()} if email else dict(properties)


def _contact(row: tuple[int, str, str, str, str | None]) -> Contact:
    return Contact(row[0], orjson.loads(row[1]), row[2], row[3], row[4])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
