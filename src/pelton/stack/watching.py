"""Hot reload: changed code goes to the functions it belongs to, a changed template is read again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

#: Milliseconds a burst of changes is gathered: an editor's save is several.
DEBOUNCE_MS = 100
STEP_MS = 30


class ProjectFilter(DefaultFilter):
    """Ignores what tools write: environments, caches, version control, and the data folder."""

    ignore_dirs = (*DefaultFilter.ignore_dirs, ".pelton", ".serverless", "node_modules")

    def __init__(self, data_dir: Path) -> None:
        super().__init__(ignore_paths=[str(data_dir.resolve())])


async def watch(root: Path, data_dir: Path, on_change: Callable[[set[Path]], Awaitable[None]]) -> None:
    """Call back with the paths of each burst of changes under ``root``, until cancelled."""
    bursts = awatch(root, watch_filter=ProjectFilter(data_dir), debounce=DEBOUNCE_MS, step=STEP_MS)
    async for burst in bursts:
        await on_change({Path(path) for _, path in _content(burst)})


def touched(changed: Iterable[Path], roots: Iterable[tuple[str, Path]]) -> list[str]:
    """Names of the functions whose code folder, given as (name, folder), holds a changed file."""
    paths = list(changed)
    return [name for name, root in roots if any(path.is_relative_to(root.resolve()) for path in paths)]


def _content(burst: set[tuple[Change, str]]) -> list[tuple[Change, str]]:
    return [(change, path) for change, path in burst if not path.endswith((".pyc", "~"))]
