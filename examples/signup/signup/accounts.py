"""Users in their table, and in a second one a row for each address in use: what keeps e-mails unique.

Both change in one transaction or not at all. Two requests for the same user are told apart by the
address the first one read: when it is not there any more, the request is decided anew.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from signup.validation import SignUp, email_key

#: How often a request is decided anew when others change the same user.
ATTEMPTS_MAX = 5

_T = TypeVar("_T")


class EmailTaken(Exception):
    """Another user has the address."""


class NoSuchUser(Exception):
    """No user has the id."""


class Busy(Exception):
    """Other requests kept changing the same user."""


class _ChangedMeanwhile(Exception):
    """What was read is not so any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A stored user."""

    user_id: str
    email: str
    fullname: str
    date_of_birth: str


class Accounts:
    """The two tables behind a DynamoDB client."""

    def __init__(self, client: Any, *, users_table: str, emails_table: str) -> None:
        self._client = client
        self._users = users_table
        self._emails = emails_table

    def create(self, user_id: str, sign_up: SignUp) -> None:
        """Store a new user.

        Raises:
            EmailTaken: another user has the address.
        """
        put = {"Item": _item(user_id, sign_up), "ConditionExpression": "attribute_not_exists(userId)"}
        self._attempt(lambda: self._transact([self._put(put), self._claim(user_id, sign_up.email_key)]))

    def get(self, user_id: str) -> User:
        """The user as last written.

        Raises:
            NoSuchUser: no user has the id.
        """
        key = {"userId": {"S": user_id}}
        item = self._client.get_item(TableName=self._users, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise NoSuchUser(user_id)
        return User(
            user_id=user_id,
            email=item["emailAddress"]["S"],
            fullname=item["fullname"]["S"],
            date_of_birth=item["date_of_birth"]["S"],
        )

    def replace(self, user_id: str, sign_up: SignUp) -> None:
        """Store a user's new data; a new address takes the old one's place.

        Raises:
            NoSuchUser: no user has the id.
            EmailTaken: another user has the new address.
        """
        self._attempt(lambda: self._replace(self.get(user_id), sign_up))

    def delete(self, user_id: str) -> None:
        """Remove a user; the address is free again.

        Raises:
            NoSuchUser: no user has the id.
        """
        self._attempt(lambda: self._delete(self.get(user_id)))

    def is_email_in_use(self, email: str) -> bool:
        """Whether some user has the address now."""
        key = {"emailAddress": {"S": email_key(email)}}
        return "Item" in self._client.get_item(TableName=self._emails, Key=key, ConsistentRead=True)

    def _replace(self, old: User, sign_up: SignUp) -> None:
        writes = [self._put({"Item": _item(old.user_id, sign_up), **_unchanged(old)})]
        if email_key(old.email) != sign_up.email_key:
            writes += [self._release(old), self._claim(old.user_id, sign_up.email_key)]
        self._transact(writes)

    def _delete(self, old: User) -> None:
        delete = {"TableName": self._users, "Key": {"userId": {"S": old.user_id}}, **_unchanged(old)}
        self._transact([{"Delete": delete}, self._release(old)])

    def _put(self, put: dict[str, Any]) -> dict[str, Any]:
        return {"Put": {"TableName": self._users, **put}}

    def _claim(self, user_id: str, key: str) -> dict[str, Any]:
        return {
            "Put": {
                "TableName": self._emails,
                "Item": {"emailAddress": {"S": key}, "userId": {"S": user_id}},
                "ConditionExpression": "attribute_not_exists(emailAddress)",
            }
        }

    def _release(self, old: User) -> dict[str, Any]:
        return {
            "Delete": {
                "TableName": self._emails,
                "Key": {"emailAddress": {"S": email_key(old.email)}},
                "ConditionExpression": "userId = :id",
                "ExpressionAttributeValues": {":id": {"S": old.user_id}},
            }
        }

    def _transact(self, writes: list[dict[str, Any]]) -> None:
        """One transaction; its refusal as the exception that says what it means."""
        try:
            self._client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
            if codes and codes[0] in {None, "None"} and codes[-1] == "ConditionalCheckFailed":
                # The last write claims an address, or releases one that only its owner can hold.
                raise (EmailTaken() if "Put" in writes[-1] else _ChangedMeanwhile()) from error
            if "ConditionalCheckFailed" in codes or "TransactionConflict" in codes:
                raise _ChangedMeanwhile from error
            raise

    @staticmethod
    def _attempt(change: Callable[[], _T]) -> _T:
        for attempt in range(ATTEMPTS_MAX):
            try:
                return change()
            except _ChangedMeanwhile:
                # Spread, so that requests for one user do not meet again.
                time.sleep(random.uniform(0, 0.02 * 2**attempt))
        raise Busy


def _item(user_id: str, sign_up: SignUp) -> dict[str, Any]:
    return {
        "userId": {"S": user_id},
        "emailAddress": {"S": sign_up.email},
        "fullname": {"S": sign_up.fullname},
        "date_of_birth": {"S": sign_up.date_of_birth},
    }


def _unchanged(old: User) -> dict[str, Any]:
    return {
        "ConditionExpression": "emailAddress = :old",
        "ExpressionAttributeValues": {":old": {"S": old.email}},
    }
