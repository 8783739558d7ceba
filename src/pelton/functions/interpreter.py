"""What runs a project's functions, where their modules come from, and what names their requirements.

Every ``python3.*`` runtime runs on the project's interpreter, every ``nodejs*`` one on the ``node`` of the PATH.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from pelton.functions.definition import Function, python_minor
from pelton.functions.options import FunctionsOptions
from pelton.functions.wrapping import wrapped

#: Loads Node handlers over the Runtime API; it lies beside the worker's modules.
_NODE_BOOTSTRAP = Path(__file__).parent / "worker" / "node_bootstrap.mjs"


class ProgramMissing(OSError):
    """What runs a function is not there; the text names it and the cure."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where a missing module would be installed."""

    python: Path
    requirements: Path | None  #: the file that lists modules; None: there is none yet


def interpreter(options: FunctionsOptions) -> Path:
    """The one that was asked for, the project's ``.venv``, or the one that runs Pelton."""
    if options.python is not None:
        return options.python
    if options.project_root is not None:
        own = options.project_root / ".venv" / "bin" / "python"
        if own.exists():
            return own
    return Path(sys.executable)


def installation(function: Function, options: FunctionsOptions) -> Installation:
    """The interpreter, and the nearest ``requirements.txt``: the function's or the project's."""
    folders = [function.code_root, *([options.project_root] if options.project_root else [])]
    files = (folder / "requirements.txt" for folder in folders)
    return Installation(interpreter(options), next((file for file in files if file.exists()), None))


def version_note(function: Function, version: str) -> str | None:
    """What to say when the interpreter's minor version, e.g. of 3.11.4, is not the runtime's."""
    if not function.is_python:
        return None
    if version.split(".")[:2] == ["3", str(python_minor(function.runtime, function.key))]:
        return None
    return f"runtime {function.runtime} runs on Python {version} here"


def module_paths(function: Function) -> list[str]:
    """What layers add to ``sys.path``: their ``python`` folder, or the layer itself where it holds modules."""
    if not function.is_python:
        return []
    return [str(path) for layer in function.layers for path in _layer_paths(layer, function)]


def program(function: Function, search_path: str) -> list[str] | None:
    """The command of a function that is no Python: its ``bootstrap``, or Node with Pelton's own. None: it is Python.

    Args:
        search_path: where ``node`` is looked for (``PATH``).

    Raises:
        ProgramMissing: it is not there; the text says what to do.
    """
    if function.is_python:
        return None
    if function.runtime.startswith("provided"):
        for folder in (function.code_root, *function.layers):
            bootstrap = folder / "bootstrap"
            if bootstrap.is_file():
                if not os.access(bootstrap, os.X_OK):
                    raise ProgramMissing(f"{bootstrap} is not executable: chmod +x {bootstrap}")
                return [str(bootstrap.resolve())]
        raise ProgramMissing(f"there is no bootstrap in {function.code_root}: a {function.runtime} function needs one")
    node = shutil.which("node", path=search_path)
    if node is None:
        raise ProgramMissing(f"runtime {function.runtime} needs Node.js, and no node is on the PATH: install it")
    return wrapped([node, str(_NODE_BOOTSTRAP)], function)


def _layer_paths(layer: Path, function: Function) -> list[Path]:
    packages = layer / "python"
    if not packages.is_dir():
        return [layer]
    minor = python_minor(function.runtime, function.key)
    versioned = packages / "lib" / f"python3.{minor}" / "site-packages"
    return [versioned, packages] if versioned.is_dir() else [packages]
