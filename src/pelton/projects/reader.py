"""Reading a project from its folder or file: finds the file, tells what kind it is, reads it.

Pure but for the file reader it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pelton.projects.custom import written_setting
from pelton.projects.documents import Block, kind_of
from pelton.projects.files import FileReader
from pelton.projects.options import ReadOptions
from pelton.projects.project import Project, ProjectRefused, Where
from pelton.projects.sam import read_template
from pelton.projects.scalars import texts_of
from pelton.projects.serverless import read_serverless
from pelton.projects.template import is_template
from pelton.projects.yaml import parse_yaml

#: Files looked for in a folder, in this order.
_FILE_NAMES = ("serverless.yml", "serverless.yaml", "serverless.json")
_SCRIPTS = ("serverless.ts", "serverless.js", "serverless.cjs", "serverless.mjs")
_SAM_FILES = ("template.yaml", "template.yml", "template.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeekedCustom:
    """What must be known of a project before its variables are resolved."""

    companions: tuple[str, ...] = ()


def peek_companions(path: Path, files: FileReader) -> PeekedCustom:
    """The companions a project names, read raw: their variables feed its ``${env:}``.

    Args:
        path: the project's folder, or the file that describes it.
        files: where files are read.

    Raises:
        ProjectRefused: there is no such project, its file cannot be parsed, or the list holds variables.
    """
    found, where, setting = written_setting(_parsed(_project_file(path, files), files), "companions")
    names = texts_of(found, where, setting)
    for name in names:
        if "${" in name:
            what = f"{setting} holds the variable {name}"
            raise ProjectRefused(where, what, "write the names out: they are read before variables are resolved")
    return PeekedCustom(companions=names)


def read_project(path: Path, *, options: ReadOptions, files: FileReader) -> Project:
    """The project in that folder, or described by that file.

    Args:
        path: a folder with a serverless.yml or a template.yaml, or the file itself under any name.
        options: stage, region, values and strictness.
        files: where files are read.

    Raises:
        ProjectRefused: there is no such project, or it cannot be run as written.
    """
    file = _project_file(path, files)
    main = _parsed(file, files)
    if is_template(main):
        return read_template(main, file, options=options, files=files)
    return read_serverless(main, file, options=options, files=files)


def _project_file(path: Path, files: FileReader) -> Path:
    """The file that describes the project."""
    if not files.is_folder(path):
        if path.suffix in (".ts", ".js", ".cjs", ".mjs"):
            raise ProjectRefused(Where(str(path)), "it needs Node to be read", "write it as serverless.yml")
        return path
    for name in _FILE_NAMES:
        if files.read(path / name) is not None:
            return path / name
    for name in _SCRIPTS:
        if files.read(path / name) is not None:
            raise ProjectRefused(Where(str(path / name)), "it needs Node to be read", "write it as serverless.yml")
    for name in _SAM_FILES:
        if files.read(path / name) is not None:
            return path / name
    raise ProjectRefused(
        Where(str(path)), "there is no serverless.yml or template.yaml", "name the project's folder or file"
    )


def _parsed(file: Path, files: FileReader) -> Block:
    try:
        data = files.read(file)
    except OSError as error:
        raise ProjectRefused(Where(str(file)), f"cannot read it: {error.strerror}", "make it readable") from None
    if data is None:
        raise ProjectRefused(Where(str(file)), "there is no such file", "name the project's folder or file")
    value = parse_yaml(data, file.name)
    if not isinstance(value, Block):
        raise ProjectRefused(
            Where(file.name), f"the file is {kind_of(value)}", "write a mapping: service, provider … or Resources …"
        )
    return value
