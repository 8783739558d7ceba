"""Changes of billing mode and throughput numbers, of a table and of its global indexes.

Numbers are kept in a definition as ``ReadCapacityUnits``, ``WriteCapacityUnits`` and, once they have changed,
``LastIncreaseDateTime``, ``LastDecreaseDateTime`` and ``NumberOfDecreasesToday`` (of the day of the last decrease).
The service's bound on decreases in a day is counted and shown, not enforced.
Source: UpdateTable, recorded texts and answers.
"""

from __future__ import annotations

from pelton.errors import ValidationFailed
from pelton.operations import JsonObject
from pelton.tables.errors import invalid_parameter
from pelton.tables.throughput import ON_DEMAND, PROVISIONED, epoch_seconds, is_of_today

_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


def change_billing(definition: JsonObject, body: JsonObject, now_ms: int) -> None:
    """Change a definition's billing mode and the table's numbers to what an UpdateTable request says.

    Raises:
        ValidationFailed: numbers on demand, or numbers that are the table's already.
    """
    billing_mode = body.get("BillingMode") or definition["BillingMode"]
    throughput = body.get("ProvisionedThroughput")
    if billing_mode == ON_DEMAND:
        if throughput is not None:
            raise invalid_parameter(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        _switch_to_on_demand(definition, now_ms)
    elif throughput is not None:
        changed = changed_numbers(definition.get("ProvisionedThroughput"), throughput, now_ms, "table")
        definition["BillingMode"] = PROVISIONED
        definition["ProvisionedThroughput"] = changed
        definition.pop("OnDemandThroughput", None)
        definition.pop("IndexOnDemand", None)


def changed_numbers(current: JsonObject | None, requested: JsonObject, now_ms: int, of: str) -> JsonObject:
    """The numbers after a change, with the times of increases and decreases.

    Args:
        current: the numbers now; None: there are none, and nothing increases or decreases.
        requested: the numbers asked for.
        now_ms: when.
        of: what the numbers are of, as the service's text names it: ``table`` or ``index NAME``.

    Raises:
        ValidationFailed: they are the same.
    """
    changed = {unit: requested[unit] for unit in _UNITS}
    if current is None:
        return changed
    if all(requested[unit] == current[unit] for unit in _UNITS):
        raise _unchanged(changed, of)
    changed = {**current, **changed}
    if any(requested[unit] > current[unit] for unit in _UNITS):
        changed["LastIncreaseDateTime"] = epoch_seconds(now_ms)
    if any(requested[unit] < current[unit] for unit in _UNITS):
        before = current.get("NumberOfDecreasesToday", 0) if is_of_today(current, now_ms) else 0
        changed["LastDecreaseDateTime"] = epoch_seconds(now_ms)
        changed["NumberOfDecreasesToday"] = before + 1
    return changed


def _switch_to_on_demand(definition: JsonObject, now_ms: int) -> None:
    if definition["BillingMode"] == ON_DEMAND:
        return
    definition["BillingMode"] = ON_DEMAND
    definition["LastUpdateToPayPerRequest"] = epoch_seconds(now_ms)
    definition.pop("ProvisionedThroughput", None)
    definition.pop("IndexThroughput", None)


def _unchanged(numbers: JsonObject, of: str) -> ValidationFailed:
    reads, writes = numbers["ReadCapacityUnits"], numbers["WriteCapacityUnits"]
    kind = of.partition(" ")[0]
    return ValidationFailed(
        f"The provisioned throughput for the {of} will not change. The requested value equals the current value. "
        f"Current ReadCapacityUnits provisioned for the {kind}: {reads}. Requested ReadCapacityUnits: {reads}. "
        f"Current WriteCapacityUnits provisioned for the {kind}: {writes}. Requested WriteCapacityUnits: {writes}. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )
