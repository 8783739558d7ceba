"""Lambda's own errors, with its statuses. Source: Lambda API reference, "Errors" of each operation."""

from __future__ import annotations

from pelton.errors import WireError


class FunctionNotFound(WireError):
    """The function, or the version or alias asked for, does not exist."""

    code = "ResourceNotFoundException"
    status = 404


class FunctionConflict(WireError):
    """The function exists already, or is not one that this request may change."""

    code = "ResourceConflictException"
    status = 409


class PreconditionFailed(WireError):
    """The RevisionId given is not the function's latest."""

    code = "PreconditionFailedException"
    status = 412


class InvalidParameterValue(WireError):
    """A parameter that Lambda refuses, or one that is not served here."""

    code = "InvalidParameterValueException"


class InvalidRequestContent(WireError):
    """The event is not JSON, or the client context is not base64 of JSON."""

    code = "InvalidRequestContentException"


class RequestTooLarge(WireError):
    """The event or the archive is larger than Lambda takes."""

    code = "RequestTooLargeException"
    status = 413


class TooManyRequests(WireError):
    """As many invocations are under way as may be."""

    code = "TooManyRequestsException"
    status = 429

    def __init__(self, message: str, reason: str = "ConcurrentInvocationLimitExceeded") -> None:
        super().__init__(message)
        self.reason = reason

    def members(self) -> dict[str, object]:
        """Which limit it is."""
        return {"Reason": self.reason}


class ServiceUnavailable(WireError):
    """Pelton is stopping: the client may try again."""

    code = "ServiceException"
    status = 500
