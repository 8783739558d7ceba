"""How callers name a function: a name, a partial ARN or an ARN, each with or without a qualifier.

Source: Lambda API reference, Invoke, FunctionName.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAMED = re.compile(
    r"(?:(?:arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?P<account>\d{12}):function:)?"
    r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """The parts a caller gave; None where it gave none."""

    name: str
    qualifier: str | None = None
    account: str | None = None
    region: str | None = None


def parse_function_name(text: str) -> FunctionName | None:
    """The parts of a function's name or ARN; None when it has no such form."""
    match = _NAMED.fullmatch(text)
    if match is None:
        return None
    return FunctionName(match["name"], match["qualifier"], match["account"], match["region"])


def unqualified(arn: str) -> str:
    """A function's ARN without its qualifier."""
    return ":".join(arn.split(":")[:7])
