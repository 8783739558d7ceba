"""What SQS answers to bad requests. Source: SQS API reference and service model; texts as recorded.

Clients of the JSON protocol get the error's shape, those that grew up with the query protocol its older code,
in the header ``x-amzn-query-error``: boto3 shows that one.
"""

from __future__ import annotations

from typing import ClassVar

from pelton.errors import WireError


class QueueError(WireError):
    """An error of SQS."""

    namespace = "com.amazonaws.sqs#"  #: of ``__type``
    query_code: ClassVar[str]  #: the error's code in the query protocol
    query_message: str | None  #: its text there, where it is another one


class QueueDoesNotExist(QueueError):
    """No queue has that name in the caller's account and region."""

    code = "QueueDoesNotExist"
    query_code = "AWS.SimpleQueueService.NonExistentQueue"

    query_message = "The specified queue does not exist for this wsdl version."

    def __init__(self) -> None:
        super().__init__("The specified queue does not exist.")


class QueueNameExists(QueueError):
    """The queue exists with another value of an attribute."""

    code = "QueueNameExists"
    query_code = "QueueAlreadyExists"

    def __init__(self, attribute: str) -> None:
        super().__init__(f"A queue already exists with the same name and a different value for attribute {attribute}")


class InvalidAttributeName(QueueError):
    """There is no such attribute, or it cannot be set."""

    code = "InvalidAttributeName"
    query_code = "InvalidAttributeName"

    def __init__(self, name: str, text: str | None = None) -> None:
        super().__init__(text or f"Unknown Attribute {name}.")


class InvalidAttributeValue(QueueError):
    """An attribute is out of its range."""

    code = "InvalidAttributeValue"
    query_code = "InvalidAttributeValue"

    def __init__(self, name: str, reason: str | None = None) -> None:
        super().__init__(f"Invalid value for the parameter {name}." + (f" Reason: {reason}" if reason else ""))


class InvalidMessageContents(QueueError):
    """The body holds characters that XML does not allow."""

    code = "InvalidMessageContents"
    query_code = "InvalidMessageContents"


class MessageNotInflight(QueueError):
    """The message is not in flight: its visibility cannot be changed."""

    code = "MessageNotInflight"
    query_code = "AWS.SimpleQueueService.MessageNotInflight"

    def __init__(self) -> None:
        super().__init__("The specified message isn't in flight.")


class ReceiptHandleIsInvalid(QueueError):
    """The receipt handle is none of this queue."""

    code = "ReceiptHandleIsInvalid"
    query_code = "ReceiptHandleIsInvalid"
    status = 404

    def __init__(self, handle: str) -> None:
        super().__init__(f'The input receipt handle "{handle}" is not a valid receipt handle.')


class EmptyBatch(QueueError):
    """A batch without entries."""

    code = "EmptyBatchRequest"
    query_code = "AWS.SimpleQueueService.EmptyBatchRequest"


class TooManyEntries(QueueError):
    """A batch of more than ten."""

    code = "TooManyEntriesInBatchRequest"
    query_code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"


class EntryIdsNotDistinct(QueueError):
    """Two entries of a batch have the same id."""

    code = "BatchEntryIdsNotDistinct"
    query_code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"


class InvalidEntryId(QueueError):
    """An entry's id has other characters, or is too long."""

    code = "InvalidBatchEntryId"
    query_code = "AWS.SimpleQueueService.InvalidBatchEntryId"


class BatchTooLong(QueueError):
    """The messages of a batch are larger together than one may be."""

    code = "BatchRequestTooLong"
    query_code = "AWS.SimpleQueueService.BatchRequestTooLong"


class NotSupported(QueueError):
    """What Pelton's queues do not do; the text names it and the cure."""

    code = "UnsupportedOperation"
    query_code = "AWS.SimpleQueueService.UnsupportedOperation"


class MoveNotSupported(QueueError):
    """The task is not under way any more."""

    code = "UnsupportedOperation"
    query_code = "AWS.SimpleQueueService.UnsupportedOperation"


class MoveResourceNotFound(QueueError):
    """A queue, or a task, that a move names does not exist."""

    code = "ResourceNotFoundException"
    query_code = "ResourceNotFoundException"
    status = 404


class CoralError(QueueError):
    """An error that the service model does not list."""

    namespace = "com.amazon.coral.service#"


class InvalidParameterValue(CoralError):
    """A parameter is out of its range."""

    code = "InvalidParameterValueException"
    query_code = "InvalidParameterValue"


class MissingParameter(CoralError):
    """A parameter that must be there is not."""

    code = "MissingRequiredParameterException"
    query_code = "MissingParameter"

    def __init__(self, name: str) -> None:
        super().__init__(f"The request must contain the parameter {name}.")
