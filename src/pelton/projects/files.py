"""Reading the files of a project: what the readers need from a disk, and the disk itself.

Everything else in this room is a function of texts, so a test gives it a dict of files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class FileReader(Protocol):
    """Files by path."""

    def read(self, path: Path) -> bytes | None:
        """The file's bytes; None when there is no such file.

        Raises:
            OSError: the file is there and cannot be read.
        """

    def is_folder(self, path: Path) -> bool:
        """Whether the path is a folder."""


class DiskFiles:
    """The files of this machine."""

    def read(self, path: Path) -> bytes | None:
        """The file's bytes; None when there is no such file."""
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def is_folder(self, path: Path) -> bool:
        """Whether the path is a folder."""
        return path.is_dir()


class TextFiles:
    """Files held in memory; a folder is whatever a file's path goes through."""

    def __init__(self, texts: dict[Path, str]) -> None:
        self._texts = {path: text.encode() for path, text in texts.items()}

    def read(self, path: Path) -> bytes | None:
        """The file's bytes; None when there is no such file."""
        return self._texts.get(path)

    def is_folder(self, path: Path) -> bool:
        """Whether the path is a folder."""
        return any(path in file.parents for file in self._texts)
