"""How the events of a function are treated: its event invoke configuration. Pure.

Source: Lambda API reference, PutFunctionEventInvokeConfig, UpdateFunctionEventInvokeConfig.
"""

from __future__ import annotations

from dataclasses import dataclass

from pelton.functions.errors import InvalidParameterValue
from pelton.operations import JsonObject

#: What holds where nothing is configured.
RETRIES_MAX = 2
AGE_S_MAX = 21_600

_TUNING = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSettings:
    """What holds for the events of one function and qualifier."""

    retries_max: int = RETRIES_MAX  #: after the first attempt
    age_s_max: int = AGE_S_MAX  #: an older event is given up
    on_success: str | None = None  #: ARN
    on_failure: str | None = None  #: ARN


def event_settings(body: JsonObject | None) -> EventSettings:
    """The settings in a stored configuration; None: none is stored."""
    if body is None:
        return EventSettings()
    return EventSettings(
        retries_max=body.get("MaximumRetryAttempts", RETRIES_MAX),
        age_s_max=body.get("MaximumEventAgeInSeconds", AGE_S_MAX),
        on_success=destination(body, "OnSuccess"),
        on_failure=destination(body, "OnFailure"),
    )


def destination(body: JsonObject, outcome: str) -> str | None:
    """The ARN that a configuration names for an outcome, ``OnSuccess`` or ``OnFailure``."""
    arn: str | None = ((body.get("DestinationConfig") or {}).get(outcome) or {}).get("Destination")
    return arn or None


def configured(request: JsonObject, before: JsonObject | None = None) -> JsonObject:
    """The configuration after a Put (``before`` is None) or an Update request.

    Raises:
        InvalidParameterValue: the request configures nothing.
    """
    named = {member: request[member] for member in _TUNING if request.get(member) is not None}
    if not named and request.get("DestinationConfig") is None:
        raise InvalidParameterValue("You must specify at least one of error handling or destination setting.")
    body = {member: value for member, value in (before or {}).items() if member in (*_TUNING, "DestinationConfig")}
    body |= named
    if request.get("DestinationConfig") is not None:
        body["DestinationConfig"] = {
            outcome: {"Destination": arn} if (arn := destination(request, outcome)) else {}
            for outcome in ("OnSuccess", "OnFailure")
        }
    return body
