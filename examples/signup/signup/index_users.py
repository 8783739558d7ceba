"""Keeps the search index in step with the users' table: one request for a batch of changes."""

from __future__ import annotations

import os
from typing import Any

from signup.accounts import User
from signup.records import UserChange, user_changes
from signup.search import UserIndex

index = UserIndex.from_environment(os.environ)


def handler(event: dict[str, Any], context: object) -> None:
    """Raises when the index did not take the batch: the stream delivers it again."""
    saved, removed = final_states(user_changes(event))
    index.update(saved, removed)


def final_states(changes: list[UserChange]) -> tuple[dict[str, User], set[str]]:
    """What is left of a batch when only the last change of each user counts."""
    last = {change.user_id: change.after for change in changes}
    saved = {user_id: user for user_id, user in last.items() if user is not None}
    return saved, last.keys() - saved.keys()
