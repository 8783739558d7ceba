"""Where the data lies: the data folder, or for an ephemeral run one that goes when the run ends."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pelton.settings import Settings
from pelton.stack.refusal import CannotStart


@contextmanager
def data_folder(settings: Settings, *, is_named: bool) -> Iterator[Settings]:
    """The settings with their data folder made; an ephemeral one is removed at the end.

    Args:
        settings: what ``pelton up`` was told.
        is_named: the user named the data folder; an ephemeral run without one takes a temporary folder.

    Raises:
        CannotStart: an ephemeral run was given a folder that holds data, or the folder cannot be made.
    """
    if not settings.is_ephemeral:
        _make(settings.data_dir)
        yield settings
        return
    folder = settings.data_dir if is_named else Path(tempfile.mkdtemp(prefix="pelton-"))
    if is_named and folder.exists() and any(folder.iterdir()):
        raise CannotStart(f"{folder} holds data, and an ephemeral run removes its folder (name an empty one)")
    _make(folder)
    try:
        yield replace(settings, data_dir=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"data folder {folder}: {error.strerror} (name another with --data-dir)") from None
