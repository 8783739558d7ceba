"""What only the Streams API answers. Source: DynamoDB Streams API reference, Errors of GetRecords."""

from __future__ import annotations

from pelton.errors import ResourceNotFound, WireError


class TrimmedDataAccess(WireError):
    """The position lies before the trim horizon: the records there are gone."""

    code = "TrimmedDataAccessException"

    def __init__(self) -> None:
        super().__init__("The operation attempted to read past the oldest stream record in a shard.")


class ExpiredIterator(WireError):
    """The shard iterator is older than 15 minutes."""

    code = "ExpiredIteratorException"

    def __init__(self) -> None:
        super().__init__("The provided iterator exceeds the maximum age allowed.")


def stream_not_found(arn: str) -> ResourceNotFound:
    """The stream does not exist, or not any more; the text for anything that is no ARN is the same."""
    return ResourceNotFound(f"Requested resource not found: Stream: {arn} not found")


def shard_not_found() -> ResourceNotFound:
    """The stream has no such shard, or not any more."""
    return ResourceNotFound("Requested resource not found: Shard does not exist")
