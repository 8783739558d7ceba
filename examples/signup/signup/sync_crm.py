"""Keeps the CRM's contacts in step with the users' table, enriched by the identification service.

Changes go in their order: new and changed users are gathered into one batch, which is sent before
anything that could overtake it. A failure raises, the stream delivers the batch again, and doing it
all once more ends in the same contacts. An address that somebody else has taken over since is left
alone: with several shards, that person's record may have come first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

import boto3

from signup.accounts import Accounts, User
from signup.crm import Contacts
from signup.identification import Identification, Profile
from signup.records import UserChange, user_changes
from signup.validation import email_key


class ContactBook(Protocol):
    """What is needed of the CRM."""

    def upsert(self, contacts: dict[str, dict[str, str]]) -> None:
        """Store contacts by e-mail."""

    def move(self, old_email: str, email: str, properties: dict[str, str]) -> None:
        """Give a contact another e-mail."""

    def archive(self, email: str) -> None:
        """Mark a contact deleted."""


class Sync:
    """Takes changes to the contacts."""

    def __init__(
        self,
        contacts: ContactBook,
        profile: Callable[[str], Profile | None],
        is_email_in_use: Callable[[str], bool],
    ) -> None:
        self._contacts = contacts
        self._profile = profile
        self._is_email_in_use = is_email_in_use
        self._gathered: dict[str, dict[str, str]] = {}

    def run(self, changes: list[UserChange]) -> None:
        """Take a batch of changes over, in order; raises as soon as one cannot be."""
        self._gathered = {}
        for change in changes:
            self._take(change)
        self._send()

    def _take(self, change: UserChange) -> None:
        before, after = change.before, change.after
        if after is None:
            assert before is not None, "the stream's view type is NEW_AND_OLD_IMAGES"
            self._remove(before)
        elif before is None:
            self._gather(after, self._enriched(after))
        elif email_key(before.email) == email_key(after.email):
            self._gather(after, _own_properties(after))
        else:
            self._move(before, after)

    def _gather(self, user: User, properties: dict[str, str]) -> None:
        email = email_key(user.email)
        self._gathered[email] = {**self._gathered.get(email, {}), **properties}

    def _move(self, before: User, after: User) -> None:
        properties = self._enriched(after)
        if self._is_email_in_use(before.email):
            self._gather(after, properties)
            return
        self._send()
        self._contacts.move(email_key(before.email), email_key(after.email), properties)

    def _remove(self, before: User) -> None:
        self._send()
        if not self._is_email_in_use(before.email):
            self._contacts.archive(email_key(before.email))

    def _send(self) -> None:
        if self._gathered:
            self._contacts.upsert(self._gathered)
            self._gathered = {}

    def _enriched(self, user: User) -> dict[str, str]:
        profile = self._profile(email_key(user.email)) or Profile()
        known = {
            "company": profile.company,
            "jobtitle": profile.title,
            "city": profile.city,
            "country": profile.country,
            "website": profile.website,
        }
        return {**{name: value for name, value in known.items() if value}, **_own_properties(user)}


def _own_properties(user: User) -> dict[str, str]:
    first, _, last = user.fullname.rpartition(" ")
    return {
        "email": email_key(user.email),
        "firstname": first or last,
        "lastname": last if first else "",
        "date_of_birth": user.date_of_birth,
    }


accounts = Accounts(
    boto3.client("dynamodb"), users_table=os.environ["USERS_TABLE"], emails_table=os.environ["EMAILS_TABLE"]
)
sync = Sync(
    Contacts.from_environment(os.environ),
    Identification.from_environment(os.environ).profile,
    accounts.is_email_in_use,
)


def handler(event: dict[str, Any], context: object) -> None:
    """Raises when the CRM or the identification service fails: the stream delivers the batch again."""
    sync.run(user_changes(event))
