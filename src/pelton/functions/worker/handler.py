"""From a ``Handler`` setting to the callable, with the runtime's own errors.

Source: reference of the Python runtime, ``_get_handler`` of the runtime interface client.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from .faults import Fault

#: handler(event, context) -> result
Handler = Callable[[Any, Any], Any]


def resolve_handler(handler: str) -> Handler:
    """Import the module and take the function from it.

    Raises:
        Fault: a bad name, an ImportError or SyntaxError while importing, or no such function.
        BaseException: whatever else the module's own body raises.
    """
    try:
        module_name, function_name = handler.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {error}") from None
    module = _import(module_name)
    try:
        found: Handler = getattr(module, function_name)
    except AttributeError:
        text = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", text) from None
    return found


def _import(module_name: str) -> Any:
    if module_name.split(".")[0] in sys.builtin_module_names:
        text = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", text)
    try:
        return importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
