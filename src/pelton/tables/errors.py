"""What the operations on tables and items can refuse with, beyond the errors every room shares.

Source: the modelled exceptions of DynamoDB's operations; texts recorded from the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pelton.errors import LimitExceeded, ResourceInUse, ResourceNotFound, ValidationFailed, WireError

#: Prefix of a fault whose text names one or more parameters.
PARAMETER_VALUES = "One or more parameter values were invalid: "
#: What the service puts before one semantic fault where it speaks through its validation list.
ENVELOPE = "1 validation error detected: "


def invalid_parameter(text: str) -> ValidationFailed:
    """A fault of the request's parameters, with the service's usual prefix."""
    return ValidationFailed(PARAMETER_VALUES + text)


def in_envelope(fault: ValidationFailed) -> ValidationFailed:
    """The same fault as PutItem, UpdateItem and DeleteItem word it since 2025: with the envelope's prefix."""
    return ValidationFailed(f"{ENVELOPE}{fault.message}")


def table_missing() -> ResourceNotFound:
    """No such table, as operations on items say it."""
    return ResourceNotFound("Requested resource not found")


def named_table_missing(table_name: str) -> ResourceNotFound:
    """No such table, as operations on tables say it."""
    return ResourceNotFound(f"Requested resource not found: Table: {table_name} not found")


def table_exists(table_name: str) -> ResourceInUse:
    """CreateTable with a name that is taken."""
    return ResourceInUse(f"Table already exists: {table_name}")


def table_in_use(what: str) -> ResourceInUse:
    """A change of a table that is being changed already."""
    return ResourceInUse(f"Attempt to change a resource which is still in use: {what}")


def one_index_at_a_time() -> LimitExceeded:
    """UpdateTable asked for more than one index to be created or deleted."""
    return LimitExceeded(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
    )


class NotOffered(ValidationFailed):
    """The request uses a feature that Pelton does not serve: it says so instead of ignoring it."""

    def __init__(self, feature: str, cure: str) -> None:
        super().__init__(f"Pelton does not offer {feature}: {cure}")
        self.feature = feature


class ConditionalCheckFailed(WireError):
    """A ConditionExpression was false for the stored item. Source: API_PutItem, Errors."""

    code = "ConditionalCheckFailedException"

    def __init__(self, stored: object | None = None) -> None:
        """``stored``: the item as JSON-able value, when the request asked to see it and it exists."""
        super().__init__("The conditional request failed")
        self.stored = stored

    def members(self) -> dict[str, object]:
        """The stored item, when the request asked for it."""
        return {} if self.stored is None else {"Item": self.stored}


@dataclass(frozen=True, slots=True)
class CancellationReason:
    """Why one action of a transaction failed; ``None`` as its code when it did not."""

    code: str = "None"
    message: str | None = None
    item: object | None = None

    def to_wire(self) -> dict[str, object]:
        """The reason as it stands in the error's body."""
        reason: dict[str, object] = {"Code": self.code}
        if self.message is not None:
            reason["Message"] = self.message
        if self.item is not None:
            reason["Item"] = self.item
        return reason


class TransactionCanceled(WireError):
    """At least one action of a transaction failed, so none happened. One reason per action, in order."""

    code = "TransactionCanceledException"
    message_member: ClassVar[str] = "Message"

    def __init__(self, reasons: Sequence[CancellationReason]) -> None:
        codes = ", ".join(reason.code for reason in reasons)
        super().__init__(f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]")
        self.reasons = tuple(reasons)

    def members(self) -> dict[str, Any]:
        """The reasons in the order of the actions."""
        return {"CancellationReasons": [reason.to_wire() for reason in self.reasons]}


class IdempotentParameterMismatch(WireError):
    """A ClientRequestToken was used again within ten minutes with other parameters."""

    code = "IdempotentParameterMismatchException"
    message_member: ClassVar[str] = "Message"

    def __init__(self) -> None:
        super().__init__("Client request token was used with different parameters within the idempotency window")


class DuplicateItem(WireError):
    """PartiQL INSERT on a key that exists."""

    code = "DuplicateItemException"

    def __init__(self) -> None:
        super().__init__("Duplicate primary key exists in table")


class AccessDenied(WireError):
    """A resource that cannot be the caller's, as the service answers before it looks."""

    code = "AccessDeniedException"
    message_member: ClassVar[str] = "Message"


def stream_view_type_missing() -> ValidationFailed:
    """A stream is to be enabled, and of what its records show nothing is said. The text is DynamoDB Local's."""
    return ValidationFailed("Invalid StreamViewType: Stream ViewType must not be null or empty when enabling streams.")
