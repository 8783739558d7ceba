"""A function's configuration as the Lambda API shows it, and a ``Function`` from it.

What matters to a deployment alone (role, network, keys, tags) is kept and shown; what would change how a
function runs and is not served here is refused by name. Source: API reference, FunctionConfiguration.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pelton.arns import function_arn
from pelton.functions.definition import LATEST, Function, InvalidFunction
from pelton.functions.errors import InvalidParameterValue
from pelton.functions.log_settings import InvalidLogging, log_settings
from pelton.operations import JsonObject

#: Settings that are kept beside the configuration, or for Pelton alone.
_NOT_SHOWN = frozenset({"Tags", "CodeSigningConfigArn", "Published"})
#: Members of a request that are shown again as they came.
_SHOWN = (
    *("Role", "Handler", "Runtime", "Description", "Timeout", "MemorySize", "Environment", "KMSKeyArn"),
    *("DeadLetterConfig", "LoggingConfig"),
)
_SHOWN_DEPLOYMENT = ("VpcConfig", "TracingConfig", "Architectures", "EphemeralStorage", "Tags", "CodeSigningConfigArn")
#: Members that would change what runs; present and not empty, they are refused.
_REFUSED = (
    "Layers",
    "FileSystemConfigs",
    "ImageConfig",
    "PublishTo",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
    "RuntimeConfig",
    "AcceleratorConfig",
)
_DEFAULTS: JsonObject = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "TracingConfig": {"Mode": "PassThrough"},
    "Architectures": ["x86_64"],
    "EphemeralStorage": {"Size": 512},
}
_ENVIRONMENT_BYTES_MAX = 4096
#: What Lambda offers for new functions; older ones of these families are runtimes too.
_RUNTIMES = (
    *("nodejs20.x", "nodejs22.x", "nodejs24.x", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"),
    *("java11", "java17", "java21", "java25", "java8.al2", "dotnet8", "ruby3.2", "ruby3.3", "ruby3.4"),
    *("provided.al2", "provided.al2023"),
)
_RUNTIME = re.compile(
    r"nodejs(\d+)?(\.\d+|\.x)?(-edge)?|python[23]\.\d+|java\d+(\.al\d+)?|dotnet(core)?\d+(\.\d)?|ruby\d\.\d"
    r"|go1\.x|provided(\.al\d+)?|custom|arn:.*"
)
_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_NO_CONFIGURATION = "Lambda was unable to configure your environment variables because the environment variables"


def requested(request: JsonObject, before: JsonObject | None = None) -> JsonObject:
    """The settings after a create (``before`` is None) or update request.

    Raises:
        InvalidParameterValue: a setting that is not served, or variables that Lambda refuses.
    """
    for member in _REFUSED:
        if request.get(member):
            raise InvalidParameterValue(
                f"{member} is not served here: leave it out (function code runs from its folder)"
            )
    _check_runtime(request.get("Runtime"))
    if (request.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        raise InvalidParameterValue("SnapStart is not served here: leave it out, or let it apply on None")
    if request.get("PackageType", "Zip") != "Zip":
        raise InvalidParameterValue("PackageType Image is not served here: upload a zip archive")
    shown = {member: request[member] for member in (*_SHOWN, *_SHOWN_DEPLOYMENT) if request.get(member) is not None}
    _check_variables(shown.get("Environment", {}).get("Variables") or {})
    return {**(before or _DEFAULTS), **shown}


def code_members(archive: bytes) -> JsonObject:
    """Size and digest of an archive."""
    return {"CodeSize": len(archive), "CodeSha256": base64.b64encode(hashlib.sha256(archive).digest()).decode()}


def stamped(settings: JsonObject, *, revision: str, now_ms: int) -> JsonObject:
    """The settings with a new revision and time of change."""
    return {**settings, "RevisionId": revision, "LastModified": _moment(now_ms)}


def function_from(  # A function's identity, its settings and its code.
    settings: JsonObject, *, account: str, region: str, name: str, code_root: Path, version: str = LATEST
) -> Function:
    """What runs.

    Raises:
        InvalidParameterValue: the settings cannot run, e.g. another runtime than python3.N.
    """
    if not settings.get("Handler") or not settings.get("Runtime"):
        raise InvalidParameterValue(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    try:
        return Function(
            name=name,
            account=account,
            region=region,
            version=version,
            handler=settings["Handler"],
            runtime=settings["Runtime"],
            code_root=code_root,
            environment=settings.get("Environment", {}).get("Variables") or {},
            timeout_s=float(settings["Timeout"]),
            memory_mb=settings["MemorySize"],
            description=settings["Description"],
            logging=log_settings(settings.get("LoggingConfig") or {}),
            dead_letter=(settings.get("DeadLetterConfig") or {}).get("TargetArn") or None,
        )
    except (InvalidFunction, InvalidLogging) as error:
        raise InvalidParameterValue(str(error)) from error


def declared(function: Function, *, since_ms: int) -> JsonObject:
    """The settings of a function that a project declares; it has no archive."""
    return {
        **_DEFAULTS,
        **code_members(b""),
        "Role": f"arn:aws:iam::{function.account}:role/{function.name}",
        "Handler": function.handler,
        "Runtime": function.runtime,
        "Description": function.description,
        "Timeout": int(function.timeout_s),
        "MemorySize": function.memory_mb,
        "Environment": {"Variables": dict(function.environment)},
        **({} if function.dead_letter is None else {"DeadLetterConfig": {"TargetArn": function.dead_letter}}),
        "LastModified": _moment(since_ms),
        "RevisionId": "00000000-0000-0000-0000-000000000000",
    }


def shown(settings: JsonObject, function: Function, qualifier: str | None = None) -> JsonObject:
    """The FunctionConfiguration of a reply; ``Tags`` stand beside it, not in it.

    Args:
        settings: stored or declared.
        function: its identity and version.
        qualifier: what the caller asked for, e.g. an alias.
    """
    members = {member: value for member, value in settings.items() if member not in _NOT_SHOWN}
    qualifier = qualifier or (None if function.version == LATEST else function.version)
    return {
        "FunctionName": function.name,
        "FunctionArn": function_arn(function.region, function.account, function.name, qualifier),
        **members,
        "Version": function.version,
        "PackageType": "Zip",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": function.logging.shown(function.log_group),
    }


def _check_runtime(runtime: str | None) -> None:
    """Refuse what is no runtime of Lambda's; whether it runs here is another question."""
    if runtime is not None and not _RUNTIME.fullmatch(runtime):
        raise InvalidParameterValue(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(_RUNTIMES)}] or be a valid ARN"
        )


def _check_variables(variables: Mapping[str, str]) -> None:
    reserved = sorted(_RESERVED & variables.keys())
    if reserved:
        raise InvalidParameterValue(
            f"{_NO_CONFIGURATION} you have provided contains reserved keys that are currently not supported for "
            f"modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode("utf-8", "replace")) > _ENVIRONMENT_BYTES_MAX:
        raise InvalidParameterValue(
            f"{_NO_CONFIGURATION} you have provided exceeded the 4KB limit. String measured: {text}"
        )


def _moment(now_ms: int) -> str:
    moment = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{now_ms % 1000:03d}+0000"
