"""A new mapping from what was asked: whose function it means, and where it lives. Pure."""

from __future__ import annotations

from pelton.arns import function_arn
from pelton.functions.errors import InvalidParameterValue
from pelton.functions.names import parse_function_name
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.parameters import CreateParameters


def new_mapping(asked: CreateParameters, uuid: str, arn: str, *, made_by: str, now_ms: int) -> EventSourceMapping:
    """A mapping in the account and region of its stream; ``arn`` is the function's."""
    region, account = _home(asked)
    return EventSourceMapping(
        uuid=uuid,
        account=account,
        region=region,
        function_name=function_name_of(arn),
        function_arn=arn,
        stream_arn=asked.stream_arn,
        starting_position=asked.starting_position,
        settings=asked.settings,
        version=1,
        made_by=made_by,
        made_ms=now_ms,
        modified_ms=now_ms,
        tags=asked.tags,
    )


def declared_function(asked: CreateParameters) -> str:
    """ARN of the function that a project means: in its stream's account and region unless it says otherwise.

    Raises:
        InvalidParameterValue: the name has no such form.
    """
    parts = parse_function_name(asked.function_name)
    if parts is None:
        raise InvalidParameterValue(f"{asked.function_name} is neither a function's name nor its ARN")
    region, account = _home(asked)
    return function_arn(parts.region or region, parts.account or account, parts.name, parts.qualifier)


def function_name_of(arn: str) -> str:
    """The bare name in a function's ARN."""
    parts = parse_function_name(arn)
    assert parts is not None, "a function's ARN"
    return parts.name


def _home(asked: CreateParameters) -> tuple[str, str]:
    _, _, _, region, account, _ = asked.stream_arn.split(":", 5)
    return region, account
