"""The context object a handler gets beside its event.

Source: Lambda developer guide, "Using the Lambda context object to retrieve Python function information".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from .faults import Fault


class CognitoIdentity:
    """Who called through Cognito: nobody here."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Client:
    """The application that called, as its SDK describes it."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.installation_id = members.get("installation_id")
        self.app_title = members.get("app_title")
        self.app_version_name = members.get("app_version_name")
        self.app_version_code = members.get("app_version_code")
        self.app_package_name = members.get("app_package_name")


class ClientContext:
    """What the caller sent as X-Amz-Client-Context."""

    def __init__(self, members: dict[str, Any]) -> None:
        self.custom = members.get("custom")
        self.env = members.get("env")
        self.client = Client(members.get("client") or {}) if "client" in members else None


class LambdaContext:
    """One invocation, as its handler sees it."""

    tenant_id = None

    def __init__(
        self,
        function: dict[str, Any],
        invocation: dict[str, Any],
        remaining_ms: Callable[[], float],
    ) -> None:
        self.function_name: str = function["name"]
        self.function_version: str = function["version"]
        self.memory_limit_in_mb = str(function["memory_mb"])
        self.log_group_name: str = function["log_group"]
        self.log_stream_name: str = function["log_stream"]
        self.aws_request_id: str = invocation["id"]
        self.invoked_function_arn: str = invocation["arn"]
        self.identity = CognitoIdentity()
        self.client_context = _client_context(invocation.get("client_context"))
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the timeout, 0 when it has passed."""
        return max(0, int(self._remaining_ms()))

    def log(self, msg: object) -> None:
        """Write to the log as it is."""
        sys.stdout.write(str(msg))

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_"))
        return f"LambdaContext({members})"


def _client_context(text: str | None) -> ClientContext | None:
    if not text:
        return None
    try:
        members = json.loads(text)
    except ValueError as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", f"Unable to parse Client Context JSON: {error}") from None
    return ClientContext(members) if isinstance(members, dict) else None
