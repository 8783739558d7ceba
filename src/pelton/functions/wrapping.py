"""``AWS_LAMBDA_EXEC_WRAPPER``: a script that starts the runtime, usually a layer's, e.g. one that sets up tracing.

It gets the runtime's command as its arguments, the script it runs last, and may change them, the environment and
``_HANDLER``. Runtimes of ``provided.*`` have no such thing. Source: Lambda developer guide, "Modifying the runtime
environment", wrapper scripts.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelton.functions.definition import Function

EXEC_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"

#: A missing wrapper ends with status 127, one that cannot be executed with 126, as on Lambda.
_EXEC = ("/bin/sh", "-c", 'exec "$0" "$@"')


def wrapped(command: Sequence[str], function: Function) -> list[str]:
    """The command, run by the function's wrapper where it has one."""
    named = function.environment.get(EXEC_WRAPPER)
    if not named or function.runtime.startswith("provided"):
        return list(command)
    return [*_EXEC, _here(named, function), *command]


def _here(path: str, function: Function) -> str:
    """Where the file lies that Lambda has in ``/opt`` (a layer's) or ``/var/task`` (the function's own)."""
    if path.startswith("/var/task/"):
        return str(function.code_root.resolve() / path.removeprefix("/var/task/"))
    places = [layer / path.removeprefix("/opt/") for layer in function.layers] if path.startswith("/opt/") else []
    return next((str(place.resolve()) for place in places if place.is_file()), path)
