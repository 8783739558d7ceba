"""No compiled files in the project's folder: Pelton writes nothing there, and no watcher wakes for them.

Caches that exist are read; installed packages keep theirs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.abc import PathEntryFinder
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from os import sep


class _SourceLoader(SourceFileLoader):
    """Loads source files and stores no bytecode."""

    def set_data(self, path: str, data: object, *, _mode: int = 0o666) -> None:
        """Keep nothing."""


def leave_no_caches(code_root: str) -> None:
    """From now on, modules imported from that folder or below leave no ``__pycache__``."""
    sys.path_hooks.insert(0, _hook(code_root))
    for path in list(sys.path_importer_cache):
        if _is_below(path, code_root):
            del sys.path_importer_cache[path]


def _hook(code_root: str) -> Callable[[str], PathEntryFinder]:
    make_finder = FileFinder.path_hook(
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (_SourceLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )

    def finder(path: str) -> PathEntryFinder:
        if not _is_below(path, code_root) or "site-packages" in path:
            raise ImportError("not in the project's folder")
        return make_finder(path)

    return finder


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(sep) + sep)
