"""What the event source mapping operations answer to bad requests. Source: Lambda API reference, recordings (3.5)."""

from __future__ import annotations

from pelton.errors import WireError


class MappingConflict(WireError):
    """The function is already mapped to that stream."""

    code = "ResourceConflictException"
    status = 409


class MappingNotFound(WireError):
    """No mapping has that UUID."""

    code = "ResourceNotFoundException"
    status = 404

    def __init__(self) -> None:
        super().__init__("The resource you requested does not exist.")


class TaggedMappingNotFound(WireError):
    """No mapping has that ARN."""

    code = "ResourceNotFoundException"
    status = 404

    def __init__(self, arn: str) -> None:
        super().__init__(f"Event source mapping not found: {arn}")


class NoSuchPlace(Exception):
    """What an operator gave is no place in a stream: one line with cause and cure."""


class StillMoving(Exception):
    """The trigger is on its way to another place: what was under way there has not ended."""

    def __init__(self, function_name: str) -> None:
        super().__init__(f"{function_name} is still being moved: it waits for the batch in hand (try again then)")


class PassRefused(Exception):
    """A replay, backfill or redrive cannot be done, or is in the way: one line with cause and cure."""
