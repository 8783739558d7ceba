"""Stream records of the users' table as changes of users. Pure.

Keys and images stand under ``record["dynamodb"]``, in wire form. The table's stream has new and old
images, so a removed user's record still says who it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from signup.accounts import User


class Kind(Enum):
    """What happened to the user."""

    INSERT = "INSERT"
    MODIFY = "MODIFY"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """One record: ``before`` is None for an insert, ``after`` for a removal."""

    kind: Kind
    user_id: str
    event_id: str  #: the same whenever the record is delivered again
    happened: datetime
    before: User | None
    after: User | None


def user_changes(event: Mapping[str, Any]) -> list[UserChange]:
    """The changes of a batch, oldest first."""
    return [_change(record) for record in event["Records"]]


def _change(record: Mapping[str, Any]) -> UserChange:
    data = record["dynamodb"]
    return UserChange(
        kind=Kind(record["eventName"]),
        user_id=data["Keys"]["userId"]["S"],
        event_id=record["eventID"],
        happened=datetime.fromtimestamp(data["ApproximateCreationDateTime"], UTC),
        before=_user(data.get("OldImage")),
        after=_user(data.get("NewImage")),
    )


def _user(image: Mapping[str, Any] | None) -> User | None:
    if image is None:
        return None
    return User(
        user_id=image["userId"]["S"],
        email=image["emailAddress"]["S"],
        fullname=image["fullname"]["S"],
        date_of_birth=image["date_of_birth"]["S"],
    )
