"""Which function a request means: its FunctionName and Qualifier, seen from the caller's account and region."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pelton.arns import function_arn
from pelton.errors import ValidationFailed
from pelton.functions.definition import LATEST, Function
from pelton.functions.errors import FunctionNotFound, InvalidParameterValue
from pelton.functions.names import parse_function_name
from pelton.functions.service import Functions
from pelton.operations import JsonObject, RequestContext

_NAME_MAX = 64


@dataclass(frozen=True, slots=True)
class Address:
    """A function's identity, and the qualifier the caller gave."""

    account: str
    region: str
    name: str
    qualifier: str | None

    @property
    def arn(self) -> str:
        """The ARN, with the qualifier if there is one."""
        return function_arn(self.region, self.account, self.name, self.qualifier)

    @property
    def function_arn(self) -> str:
        """The ARN without qualifier."""
        return function_arn(self.region, self.account, self.name)

    def at(self, qualifier: str) -> Address:
        """The same function, qualified."""
        return replace(self, qualifier=qualifier)


def address_of(body: JsonObject, context: RequestContext) -> Address:
    """Where the request points.

    Raises:
        ValidationFailed: the name is too long; the model's bound is that of an ARN.
        InvalidParameterValue: no such form of a name, or two different qualifiers.
        FunctionNotFound: an ARN of another region.
    """
    parts = parse_function_name(body["FunctionName"])
    if parts is None:
        raise InvalidParameterValue(f"FunctionName {body['FunctionName']!r} is neither a function's name nor its ARN")
    if len(parts.name) > _NAME_MAX:
        raise ValidationFailed(
            f"1 validation error detected: Value '{body['FunctionName']}' at 'functionName' failed to satisfy "
            f"constraint: Member must have length less than or equal to {_NAME_MAX}"
        )
    if parts.region not in (None, context.region):
        raise FunctionNotFound(f"Functions from '{parts.region}' are not reachable in this region ('{context.region}')")
    qualifier = body.get("Qualifier")
    if None not in (qualifier, parts.qualifier) and qualifier != parts.qualifier:
        raise InvalidParameterValue(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    return Address(parts.account or context.account, context.region, parts.name, qualifier or parts.qualifier)


def function_at(functions: Functions, body: JsonObject, context: RequestContext) -> tuple[Function, Address]:
    """The function that the request means.

    Raises:
        FunctionNotFound: none of that name, or no such version or alias.
        InvalidParameterValue: as ``address_of``.
    """
    address = address_of(body, context)
    function = functions.get(address.arn)
    if function is None:
        asked = function_arn(address.region, address.account, address.name, address.qualifier or LATEST)
        raise FunctionNotFound(f"Function not found: {asked}")
    return function, address
