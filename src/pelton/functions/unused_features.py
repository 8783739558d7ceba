"""Reads of features that no function here uses: they answer as for an account that never used them.

Deployment tools ask them of every function they manage. Source: Lambda API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pelton.functions.addressing import Address, function_at
from pelton.functions.definition import LATEST
from pelton.functions.errors import FunctionNotFound
from pelton.functions.room import Decision, Room, calls
from pelton.operations import JsonObject, Operation, RequestContext


class NotProvisioned(FunctionNotFound):
    """No concurrency is provisioned for a version or alias."""

    code = "ProvisionedConcurrencyConfigNotFoundException"


def unused_feature_operations(room: Room) -> Mapping[str, Operation]:
    """The reads."""
    of_function = {
        "GetFunctionCodeSigningConfig": lambda address: {"CodeSigningConfigArn": "", "FunctionName": address.name},
        "GetFunctionRecursionConfig": lambda _: {"RecursiveLoop": "Allow"},
        "GetRuntimeManagementConfig": lambda address: {
            "UpdateRuntimeOn": "Auto",
            "FunctionArn": address.at(address.qualifier or LATEST).arn,
        },
        "ListProvisionedConcurrencyConfigs": lambda _: {"ProvisionedConcurrencyConfigs": []},
        "GetProvisionedConcurrencyConfig": _not_provisioned,
    }
    lists = {
        "ListLayers": "Layers",
        "ListLayerVersions": "LayerVersions",
        "ListCodeSigningConfigs": "CodeSigningConfigs",
    }

    def read(name: str, body: JsonObject, context: RequestContext) -> Decision:
        _, address = function_at(room.functions, body, context)
        return partial(_answer, of_function[name](address))

    def nothing(member: str, _: JsonObject, __: RequestContext) -> Decision:
        return partial(_answer, {member: []})

    return calls(
        {
            **{name: partial(read, name) for name in of_function},
            **{name: partial(nothing, member) for name, member in lists.items()},
        }
    )


async def _answer(reply: JsonObject) -> JsonObject:
    return reply


def _not_provisioned(_: Address) -> JsonObject:
    raise NotProvisioned("No Provisioned Concurrency Config found for this function")
