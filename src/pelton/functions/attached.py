"""What is attached to functions (event invoke configuration, concurrency, aliases, policies, URLs): durable, and here.

The copy in memory changes after the commit, so what it says is never lost.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from pelton.operations import JsonObject
from pelton.storage.attachments import Place, attachment, attachments, put_attachment
from pelton.storage.engine import Storage
from pelton.storage.transaction import WriteTransaction


class Attachment(Enum):
    """What can be attached; the value is its name on disk."""

    EVENT_INVOKE = "event-invoke"
    CONCURRENCY = "concurrency"
    ALIAS = "alias"
    POLICY = "policy"
    URL = "url"
    VERSIONS = "versions"  #: the highest number ever given
    TAGS = "tags"  #: once changed; until then those of the configuration hold


class Attached:
    """The attachments of all functions."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        with storage.snapshot() as snapshot:
            self._bodies: dict[Place, JsonObject] = dict(attachments(snapshot))

    def get(self, arn: str, kind: Attachment, qualifier: str = "") -> JsonObject | None:
        """What the function with that unqualified ARN has at a qualifier."""
        return self._bodies.get((arn, kind.value, qualifier))

    def all(self, arn: str, kind: Attachment) -> dict[str, JsonObject]:
        """What it has of a kind, by qualifier, sorted."""
        return {
            place[2]: body for place, body in sorted(self._bodies.items()) if place[0] == arn and place[1] == kind.value
        }

    def everywhere(self, kind: Attachment) -> list[tuple[str, str, JsonObject]]:
        """ARN, qualifier and body of all of a kind."""
        return [(place[0], place[2], body) for place, body in sorted(self._bodies.items()) if place[1] == kind.value]

    async def change(
        self, arn: str, kind: Attachment, qualifier: str, decide: Callable[[JsonObject | None], JsonObject | None]
    ) -> JsonObject | None:
        """Replace what is there by what ``decide`` makes of it; None takes it away. The new body, once durable.

        Raises:
            WireError: as ``decide`` does; nothing has changed then.
        """
        place = (arn, kind.value, qualifier)

        def write(transaction: WriteTransaction) -> JsonObject | None:
            body = decide(attachment(transaction, place))
            put_attachment(transaction, place, body)
            return body

        body = await self._storage.write(write)
        if body is None:
            self._bodies.pop(place, None)
        else:
            self._bodies[place] = body
        return body

    def forget(self, arn: str) -> None:
        """The function was deleted, with all that it had, in another transaction."""
        for place in [place for place in self._bodies if place[0] == arn]:
            del self._bodies[place]
