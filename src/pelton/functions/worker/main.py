"""Entry point of a worker process; ``_PELTON_WORKER_FD`` is the descriptor of its end of a socket pair.

The worker's own modules are loaded under a private package name, and their folder leaves ``sys.path``:
a project may have modules called ``context`` or ``logs`` too.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path

_PACKAGE = "_pelton_worker"


def main() -> None:
    """Serve the descriptor that the environment names until its other end closes."""
    folder = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if not entry or Path(entry).resolve() != folder]
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, str(folder / "__init__.py"), submodule_search_locations=[str(folder)]
    )
    assert spec is not None, "the package has an __init__.py"
    assert spec.loader is not None, "a file has a loader"
    package = importlib.util.module_from_spec(spec)
    sys.modules[_PACKAGE] = package
    spec.loader.exec_module(package)
    importlib.import_module(f"{_PACKAGE}.serve").serve(int(os.environ.pop("_PELTON_WORKER_FD")))


if __name__ == "__main__":
    main()
