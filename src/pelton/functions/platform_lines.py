"""Lambda's own lines around a handler's, as text or as JSON. Pure.

In JSON each is an event of the Telemetry API with a level; those below the function's system level are not written.
Source: Lambda developer guide, "System log level event mapping" and "Lambda Telemetry API Event schema reference".
"""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime

import orjson

from pelton.functions.definition import Function
from pelton.functions.executor import Run
from pelton.operations import JsonObject

#: Indentation of stack traces in the log: CloudWatch keeps non-breaking spaces at line starts.
_NON_BREAKING_SPACE = "\u00a0"


def init_lines(function: Function, at_ms: int) -> list[str]:
    """A worker is about to start."""
    name = function.runtime.removesuffix(".x").replace("python", "python:").replace("nodejs", "nodejs:")
    version, arn = f"{name}.v1", f"arn:aws:lambda:{function.region}::runtime:{_digest(function.runtime)}"
    if not function.logging.is_json:
        return [f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}"]
    record = {
        "initializationType": "on-demand",
        "phase": "init",
        "runtimeVersion": version,
        "runtimeVersionArn": arn,
        "functionName": function.name,
        "functionVersion": function.version,
    }
    return _events(function, at_ms, ("INFO", "platform.initStart", record))


def init_end_lines(function: Function, failure: Run | None, init_ms: float | None, at_ms: int) -> list[str]:
    """A worker has imported its handler, or failed to: told in JSON alone."""
    if not function.logging.is_json:
        return []
    record: JsonObject = {
        "initializationType": "on-demand",
        "phase": "init",
        "status": "success" if failure is None else _status(failure),
    }
    if failure is not None:
        record["errorType"] = failure.error_type
    report = {**record, "metrics": {"durationMs": round(init_ms or 0.0, 3)}}
    level = "DEBUG" if failure is None else "WARN"  # Of an on-demand start; others would be told at INFO.
    return _events(function, at_ms, (level, "platform.initRuntimeDone", record), (level, "platform.initReport", report))


def start_lines(request_id: str, function: Function, at_ms: int) -> list[str]:
    """Before the handler's first line."""
    if not function.logging.is_json:
        return [f"START RequestId: {request_id} Version: {function.version}"]
    record = {"requestId": request_id, "version": function.version}
    return _events(function, at_ms, ("INFO", "platform.start", record))


def end_lines(request_id: str, function: Function, run: Run, at_ms: int) -> list[str]:
    """After the handler's last: duration and memory; Init Duration only where this run started the worker."""
    if not function.logging.is_json:
        return [f"END RequestId: {request_id}", _report(request_id, function, run)]
    ending: JsonObject = {"requestId": request_id, "status": _status(run)}
    if run.error_type is not None:
        ending["errorType"] = run.error_type
    figures = {"durationMs": round(run.duration_ms, 3), "producedBytes": len(run.payload)}
    done = {**ending, "metrics": figures}
    report = {**ending, "metrics": _metrics(function, run)}
    is_well = run.error_type is None
    return _events(
        function,
        at_ms,
        ("DEBUG" if is_well else "WARN", "platform.runtimeDone", done),
        ("INFO" if is_well else "WARN", "platform.report", report),
    )


def error_event(function: Function, run: Run, request_id: str = "", at_ms: int = 0) -> str:
    """An uncaught error as one event: ``[ERROR] Type: message`` and a traceback; faults of the sandbox are bare."""
    message = run.error_message or ""
    if function.logging.is_json:
        return _json_error(run, request_id, at_ms)
    if run.error_type == "Sandbox.Timedout" and request_id:
        return f"{moment(at_ms)} {request_id} {message.partition('Error: ')[2]}"
    if run.stack_trace is None:
        return f"{message}\n{run.error_type}"
    head = f"[ERROR] {run.error_type}" + (f": {message}" if message else "")
    lines = [head, "Traceback (most recent call last):"]
    lines += [_indented(line) for entry in run.stack_trace for line in entry.splitlines()]
    return "\n".join(lines)


def moment(at_ms: int) -> str:
    """ISO 8601 with milliseconds."""
    return f"{datetime.fromtimestamp(at_ms / 1000, tz=UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def _json_error(run: Run, request_id: str, at_ms: int) -> str:
    """As the Python runtime writes it, whose member is ``log_level``, not ``level``."""
    members: JsonObject = {
        "timestamp": f"{moment(at_ms)[:19]}Z",
        "log_level": "ERROR",
        "errorMessage": run.error_message or "",
        "errorType": run.error_type,
        "requestId": request_id,
    }
    if run.stack_trace is not None:
        members["stackTrace"] = list(run.stack_trace)
    return orjson.dumps(members).decode()


def _events(function: Function, at_ms: int, *events: tuple[str, str, JsonObject]) -> list[str]:
    return [
        orjson.dumps({"time": moment(at_ms), "type": kind, "record": record}).decode()
        for level, kind, record in events
        if function.logging.shows(level)
    ]


def _status(run: Run) -> str:
    if run.error_type is None:
        return "success"
    if run.error_type == "Sandbox.Timedout":
        return "timeout"
    return "failure" if run.stack_trace is None else "error"


def _metrics(function: Function, run: Run) -> JsonObject:
    metrics: JsonObject = {
        "durationMs": round(run.duration_ms, 3),
        "billedDurationMs": math.ceil(run.duration_ms),
        "memorySizeMB": function.memory_mb,
        "maxMemoryUsedMB": run.memory_used_mb,
    }
    return metrics if run.init_ms is None else {**metrics, "initDurationMs": round(run.init_ms, 3)}


def _report(request_id: str, function: Function, run: Run) -> str:
    init = "" if run.init_ms is None else f"Init Duration: {run.init_ms:.2f} ms\t"
    return (
        f"REPORT RequestId: {request_id}\tDuration: {run.duration_ms:.2f} ms\t"
        f"Billed Duration: {math.ceil(run.duration_ms)} ms\tMemory Size: {function.memory_mb} MB\t"
        f"Max Memory Used: {run.memory_used_mb} MB\t{init}"
    )


def _digest(runtime: str) -> str:
    """Stands for the runtime's build, which is no one of Amazon's here."""
    return hashlib.sha256(runtime.encode()).hexdigest()


def _indented(line: str) -> str:
    text = line.lstrip(" ")
    return _NON_BREAKING_SPACE * (len(line) - len(text)) + text
