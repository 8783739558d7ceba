"""One line for the person at the terminal when a function failed: which one, why, and what to do.

Pure: it reads the run's result and the definition, nothing else. Errors of the handler's own logic get
none; their traceback in the log says all there is.
"""

from __future__ import annotations

import re

from pelton.functions.definition import Function
from pelton.functions.executor import Run
from pelton.functions.interpreter import Installation

_MISSING_MODULE = re.compile(r"No module named '([^']+)'")


def advice(function: Function, run: Run, installation: Installation) -> str | None:
    """The line, or None when the run succeeded or its traceback says enough."""
    if run.error_type is None:
        return None
    text = _cause_and_cure(function, run.error_type, run.error_message or "", installation)
    return None if text is None else f"function {function.key}: {text}"


def _cause_and_cure(function: Function, error_type: str, message: str, installation: Installation) -> str | None:
    match error_type:
        case "Runtime.ImportModuleError" | "ModuleNotFoundError":
            return _import_failure(function, message, installation)
        case "Runtime.HandlerNotFound" | "Runtime.MalformedHandlerName" | "Runtime.BuiltInModuleConflict":
            return f"{message} (handler {function.handler!r} in {function.code_root}): correct the handler"
        case "Runtime.UserCodeSyntaxError":
            return f"{message} in {function.code_root}: correct the file"
        case "Runtime.MarshalError":
            return f"{message}: return what JSON can hold, e.g. str(value) or list(value)"
        case "Sandbox.Timedout":
            if "import of handler" in message:
                return f"{message}: see what the module waits for while it is imported"
            limit = f"{function.timeout_s:g} s"
            return f"it ran longer than its timeout of {limit}: raise the timeout, or see what it waits for"
        case "Runtime.InvalidWorkingDir" | "Runtime.InvalidEntrypoint":
            return message
        case "Runtime.ExitError":
            return _exit(function, message)
        case "Function.ResponseSizeTooLarge":
            return "its response is larger than 6 MB: return less, e.g. a reference to a stored object"
    return None


def _import_failure(function: Function, message: str, installation: Installation) -> str:
    missing = _MISSING_MODULE.search(message)
    if missing is None:
        return f"{message}: correct the import in {function.code_root}"
    module, own = missing[1], function.handler.rpartition(".")[0].replace("/", ".")
    if own == module or own.startswith(f"{module}."):
        return f"handler {function.handler!r}: no module {module!r} in {function.code_root}: correct the handler"
    file = installation.requirements
    pip = f"{installation.python} -m pip install"
    if file is None:
        listed = f"list it in {function.code_root / 'requirements.txt'}"
        return f"module {module!r} is not installed: {listed} and run: {pip} {module}"
    return f"module {module!r} is not installed: see that {file} lists it and run: {pip} -r {file}"


def _exit(function: Function, message: str) -> str:
    if "signal: killed" in message:
        return f"its worker was killed, as when it uses more than its {function.memory_mb} MB: raise memorySize"
    reason = message.split("Error: ")[-1]
    if "signal: " in message:
        return f"its worker crashed ({reason}): look at the native libraries it uses"
    return f"its worker ended in the middle of an invocation ({reason}): return from the handler, do not exit"
