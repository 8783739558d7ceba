"""Errors meant for clients: each carries its wire code and status; ``server`` alone renders them.

Our own faults are ordinary exceptions and reach the client as an internal error with a logged
traceback. Source: DynamoDB API reference, "Common Errors"; the service model of each operation.
"""

from __future__ import annotations

from typing import ClassVar


class WireError(Exception):
    """An answer meant for the client; ``server`` renders it and nothing else does."""

    code: ClassVar[str]  #: the exception's name on the wire, e.g. ``ResourceNotFoundException``
    status: ClassVar[int] = 400

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.message = message

    def members(self) -> dict[str, object]:
        """Members of the error body beside its type and message, e.g. ``CancellationReasons``."""
        return {}


class ValidationFailed(WireError):
    """The request breaks a rule that needs no state, or one that needs the table's schema."""

    code = "ValidationException"


class SerializationFailed(WireError):
    """The body is not JSON, or a member has the wrong JSON type."""

    code = "SerializationException"


class ResourceNotFound(WireError):
    """The named table, stream, shard or other resource does not exist."""

    code = "ResourceNotFoundException"


class ResourceInUse(WireError):
    """The resource exists already, or is being changed."""

    code = "ResourceInUseException"


class LimitExceeded(WireError):
    """A quota of the service would be passed."""

    code = "LimitExceededException"


class InternalServerError(WireError):
    """A fault of ours, or of the disk under us: the client may try again."""

    code = "InternalServerError"
    status = 500
