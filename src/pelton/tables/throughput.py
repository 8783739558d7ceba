"""Billing mode and throughput numbers: checked and shown as the service does, never enforced.

Pelton has no capacity to sell: nothing is throttled. The numbers live in the table's definition so
that tools which compare them (Terraform) see what they set.
Source: CreateTable and UpdateTable, recorded texts and answers.
"""

from __future__ import annotations

from pelton.errors import ValidationFailed
from pelton.operations import JsonObject
from pelton.tables.errors import invalid_parameter

ON_DEMAND = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"
UNITS_MAX = 1_000_000_000_000
_DAY_S = 86_400

#: Warm throughput of a table or index billed on demand.
WARM_ON_DEMAND = {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000}


def check_table_throughput(billing_mode: str, throughput: JsonObject | None) -> None:
    """Refuse throughput on demand, no throughput when provisioned, and numbers beyond the service's bound."""
    if billing_mode == ON_DEMAND and throughput is not None:
        raise invalid_parameter(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
    if billing_mode == PROVISIONED and throughput is None:
        raise invalid_parameter(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        )
    check_bounds(throughput)


def check_bounds(throughput: JsonObject | None) -> None:
    """Refuse numbers beyond the service's bound, reads first."""
    for member in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput is not None and throughput[member] > UNITS_MAX:
            raise ValidationFailed(f"Given value {throughput[member]} for {member} is out of bounds")


def check_on_demand_limits(limits: JsonObject | None, refusal: str, billing_mode: str, of: str = "table") -> None:
    """Refuse request-unit ceilings on a provisioned table (with ``refusal``), or below 1.

    -1 takes a ceiling away and is allowed. ``of``: what the ceilings are of, ``table`` or ``index NAME``.
    """
    if not limits:
        return
    if billing_mode == PROVISIONED:
        raise invalid_parameter(refusal)
    for member in ("MaxReadRequestUnits", "MaxWriteRequestUnits"):
        value = limits.get(member)
        if value is not None and value < 1 and value != -1:
            raise invalid_parameter(f"Requested {member} for OnDemandThroughput for {of} is outside of valid range")


def epoch_seconds(ms: int) -> float:
    """A timestamp as the wire has it: seconds with at most three decimals."""
    return round(ms / 1000, 3)


def is_of_today(throughput: JsonObject, now_ms: int) -> bool:
    """Whether the last decrease was on this day (UTC)."""
    return int(throughput.get("LastDecreaseDateTime", 0) // _DAY_S) == now_ms // (_DAY_S * 1000)


def throughput_description(throughput: JsonObject | None, now_ms: int) -> JsonObject:
    """ProvisionedThroughput as descriptions show it: zeros on demand."""
    if throughput is None:
        return {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    decreases = throughput.get("NumberOfDecreasesToday", 0) if is_of_today(throughput, now_ms) else 0
    return {**throughput, "NumberOfDecreasesToday": decreases}


def warm_description(warm: JsonObject | None, throughput: JsonObject | None) -> JsonObject:
    """WarmThroughput as DescribeTable shows it."""
    return {**warm_units(warm, throughput), "Status": "ACTIVE"}


def warm_units(warm: JsonObject | None, throughput: JsonObject | None) -> dict[str, int]:
    """What a table or index is warm for: what was asked for, at least what its billing mode gives."""
    if throughput is None:
        units = WARM_ON_DEMAND
    else:
        units = {
            "ReadUnitsPerSecond": throughput["ReadCapacityUnits"],
            "WriteUnitsPerSecond": throughput["WriteCapacityUnits"],
        }
    return {member: max(least, (warm or {}).get(member, 0)) for member, least in units.items()}


def raised_warm(asked: JsonObject, current: dict[str, int], of: str = "table") -> dict[str, int]:
    """Warm throughput after a request to change it; what it leaves out stays.

    Args:
        asked: the request's member.
        current: what it is now.
        of: what it is of, ``table`` or ``index NAME``.

    Raises:
        ValidationFailed: it is lower, which the service does not offer.
    """
    for member, value in asked.items():
        if value < current[member]:
            raise invalid_parameter(
                f"Requested {member} for WarmThroughput for {of} is lower than current WarmThroughput, "
                "decreasing WarmThroughput is not supported"
            )
    return {**current, **asked}


def asked_warm_description(warm: JsonObject) -> JsonObject:
    """WarmThroughput as the answer to the request that asks for it shows it: on its way."""
    return {**warm, "Status": "UPDATING"}


def on_demand_description(limits: JsonObject) -> JsonObject:
    """Request-unit ceilings without those that were taken away."""
    return {member: value for member, value in limits.items() if value != -1}
