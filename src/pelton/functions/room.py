"""What Lambda's operations share: the functions, what is attached to them, and how they are shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pelton.functions.attached import Attached, Attachment
from pelton.functions.configuration import declared, shown
from pelton.functions.definition import Function
from pelton.functions.registry import Registry
from pelton.functions.service import Functions
from pelton.operations import Access, JsonObject, Operation, RequestContext

#: The second step of an operation.
Decision = Callable[[], Awaitable[JsonObject]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Handed to every family of operations."""

    functions: Functions
    attached: Attached
    registry: Registry
    endpoint_url: str  #: of the AWS port
    since_ms: int  #: said to be when the project's functions were changed last

    def settings(self, function: Function) -> JsonObject:
        """The function's configuration, stored or declared."""
        return self.registry.settings(function) or declared(function, since_ms=self.since_ms)

    def shown(self, function: Function, qualifier: str | None = None) -> JsonObject:
        """The FunctionConfiguration of a reply."""
        return shown(self.settings(function), function, qualifier)

    def tags(self, function: Function) -> JsonObject:
        """The function's tags."""
        changed = self.attached.get(function.arn, Attachment.TAGS)
        return self.settings(function).get("Tags") or {} if changed is None else changed


def calls(prepared: Mapping[str, Callable[[JsonObject, RequestContext], Callable[..., Any]]]) -> dict[str, Operation]:
    """Operations that do their work in calls of their own."""
    return {name: Operation(name=name, access=Access.CALL, prepare=prepare) for name, prepare in prepared.items()}
