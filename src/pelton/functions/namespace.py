"""One function's modules inside the interpreter that runs Pelton.

Projects reuse ``app.py`` in every folder, so each function gets modules of its own: while it runs, whatever
its folders could provide by name is taken out of ``sys.modules`` and its own modules are put in; afterwards all is
as before. Installed packages are shared. The environment, the working directory and ``sys.path`` change
likewise, for the time of a call.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType


class Namespace:
    """Modules, environment and folders of one function; ``entered`` while its code runs."""

    def __init__(self, code_root: Path, paths: Sequence[str], environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._code_root = str(code_root.resolve())
        self._paths = [self._code_root, *paths]
        self._names = frozenset(name for path in self._paths for name in _module_names(Path(path))) - {"pelton"}
        self._modules: dict[str, ModuleType] = {}

    @contextlib.contextmanager
    def entered(self, trace: str = "") -> Iterator[None]:
        """Make this function's surroundings the interpreter's, and put everything back afterwards."""
        folder, path, writes_no_bytecode = Path.cwd(), list(sys.path), sys.dont_write_bytecode
        outside = self._take_modules()
        environment = dict(os.environ)
        sys.modules.update(self._modules)
        sys.path[:0] = self._paths
        sys.dont_write_bytecode = True
        importlib.invalidate_caches()
        try:
            os.chdir(self._code_root)
            _set_environment({**self.environment, **({"_X_AMZN_TRACE_ID": trace} if trace else {})})
            yield
        finally:
            _set_environment(environment)
            os.chdir(folder)
            sys.dont_write_bytecode = writes_no_bytecode
            sys.path[:] = path
            self._modules = self._take_modules()
            sys.modules.update(outside)

    @contextlib.contextmanager
    def left(self) -> Iterator[None]:
        """While entered: take this function's modules and folders out, for another function that it caused."""
        path = list(sys.path)
        modules = self._take_modules()
        sys.path[:] = path[len(self._paths) :]
        try:
            yield
        finally:
            sys.path[:] = path
            sys.modules.update(modules)

    def _take_modules(self) -> dict[str, ModuleType]:
        """Remove from ``sys.modules`` what has a name that this function's folders provide."""
        names = [name for name in sys.modules if name.partition(".")[0] in self._names]
        return {name: sys.modules.pop(name) for name in names}


def _module_names(folder: Path) -> set[str]:
    """Names of modules and packages at the top of a folder."""
    if not folder.is_dir():
        return set()
    names = {entry.name.partition(".")[0] for entry in folder.iterdir() if entry.is_dir() or ".py" in entry.name}
    return {name for name in names if name.isidentifier()} - sys.stdlib_module_names


def _set_environment(environment: Mapping[str, str]) -> None:
    """Make ``os.environ`` equal to the mapping; only what differs is touched."""
    for name in [name for name in os.environ if name not in environment]:
        del os.environ[name]
    for name, value in environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    time.tzset()
