"""Reading a project from its folder or file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pelton.projects.files import FileReader
from pelton.projects.options import ReadOptions
from pelton.projects.project import Project, ProjectRefused, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class PeekedCustom:
    """What must be known of a project before its variables are resolved."""

    companions: tuple[str, ...] = ()


def peek_companions(path: Path, files: FileReader) -> PeekedCustom:
    """The companions a project names, read raw: their variables feed its ``${env:}``."""
    raise ProjectRefused(Where(str(path)), "this reader is being built", f"{files}")


def read_project(path: Path, *, options: ReadOptions, files: FileReader) -> Project:
    """The project in that folder, or described by that file.

    Raises:
        ProjectRefused: it cannot be run as written.
    """
    raise ProjectRefused(Where(str(path)), "this reader is being built", f"{options} {files}")
