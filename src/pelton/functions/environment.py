"""The environment of a function: what Lambda sets, what was declared, and nothing that reaches a real account.

Pure. Order: inherited (without the parent's ``AWS_*``), Lambda's own, declared, and last what is forced:
a tracer that looks for a daemon would fail every call. Source: serverless projects reference, 4.4.
"""

from __future__ import annotations

from pathlib import Path

from pelton.functions.definition import Function
from pelton.functions.options import FunctionsOptions

#: The parent's variables that are not handed on, besides ``AWS_*``.
_NOT_INHERITED = frozenset({"_X_AMZN_TRACE_ID", "_HANDLER", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "POWERTOOLS_DEV"})


def function_environment(
    function: Function, options: FunctionsOptions, *, log_stream: str, temporary: Path, no_config: Path
) -> dict[str, str]:
    """Every variable of the function's process; ``_X_AMZN_TRACE_ID`` is set per invocation.

    Args:
        temporary: its ``TMPDIR``.
        no_config: an empty file, in place of the user's AWS configuration.
    """
    environment = {
        name: value
        for name, value in options.inherited.items()
        if not name.startswith("AWS_") and name not in _NOT_INHERITED
    }
    environment |= _runtime(function, log_stream)
    environment |= _account(function, options, no_config)
    environment["TMPDIR"] = str(temporary)
    environment |= {name: _mapped(name, value, function) for name, value in function.environment.items()}
    environment["POWERTOOLS_TRACE_DISABLED"] = "true"
    environment.pop("POWERTOOLS_DEV", None)
    return environment


def _runtime(function: Function, log_stream: str) -> dict[str, str]:
    root = str(function.code_root)
    language = (
        {} if function.runtime.startswith("provided") else {"AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}"}
    )
    logs = function.logging
    json_logs = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": logs.application_level}
    return {
        **language,
        **(json_logs if logs.is_json else {}),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_XRAY_SDK_ENABLED": "false",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_TASK_ROOT": root,
        "LAMBDA_RUNTIME_DIR": root,
        "_HANDLER": function.handler,
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "LC_CTYPE": "C.UTF-8",
    }


def _account(function: Function, options: FunctionsOptions, no_config: Path) -> dict[str, str]:
    account = {
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": options.access_key,
        "AWS_SECRET_ACCESS_KEY": options.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(no_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(no_config),
    }
    if options.endpoint_url is not None:
        account["AWS_ENDPOINT_URL"] = options.endpoint_url
    return account


def _mapped(name: str, value: str, function: Function) -> str:
    """``PYTHONPATH`` as declared names Lambda's folders; here they lie elsewhere."""
    if name != "PYTHONPATH":
        return value
    parts = [part.replace("/var/task", str(function.code_root), 1) for part in value.split(":")]
    for layer in function.layers:
        parts = [part.replace("/opt", str(layer), 1) if part.startswith("/opt") else part for part in parts]
    return ":".join(parts)
