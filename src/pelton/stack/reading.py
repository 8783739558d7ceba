"""Reading the project that ``pelton up`` was given, and what it says before its variables are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pelton.arns import DEFAULT_REGION
from pelton.projects.files import DiskFiles
from pelton.projects.options import ReadOptions
from pelton.projects.project import Project, ProjectRefused
from pelton.projects.reader import peek_companions, read_project
from pelton.settings import Settings
from pelton.stack.moto import Moto
from pelton.stack.refusal import CannotStart

#: Files that describe a project, in the order they are looked for.
DESCRIPTIONS = (
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
    "template.yaml",
    "template.yml",
    "template.json",
    "serverless.ts",
    "serverless.js",
)


def description(settings: Settings) -> Path | None:
    """The file that describes the project; None for a folder without one.

    Raises:
        CannotStart: there is no such folder or file.
    """
    path = settings.project
    if path.is_file():
        return path
    if not path.is_dir():
        raise CannotStart(
            f"no project at {path} (name a folder with a serverless.yml or a template.yaml, or the file itself)"
        )
    return next((path / name for name in DESCRIPTIONS if (path / name).is_file()), None)


def named_companions(file: Path | None) -> tuple[str, ...]:
    """The companions that the project names, read before anything is resolved.

    Raises:
        CannotStart: the file is not a project.
    """
    if file is None:
        return ()
    try:
        return peek_companions(file, DiskFiles()).companions
    except ProjectRefused as error:
        raise CannotStart(str(error)) from None


def read(
    settings: Settings,
    file: Path | None,
    environment: Mapping[str, str],
    ports: tuple[int, int],
    served: frozenset[str],
) -> Project:
    """The project, whole.

    Args:
        settings: what ``pelton up`` was told.
        file: what ``description`` found.
        environment: the process's variables and the companions'.
        ports: of the AWS endpoint and of the gateway.
        served: the settings of mappings that the triggers serve.

    Raises:
        CannotStart: it cannot be run as written.
    """
    if file is None:
        root = settings.project.resolve()
        return Project(
            name=root.name, stage=settings.stage or "dev", region=settings.region or DEFAULT_REGION, root=root
        )
    options = ReadOptions(
        stage=settings.stage,
        region=settings.region,
        params=settings.params,
        environ=environment,
        port=ports[0],
        http_port=ports[1],
        allow_unsupported=settings.allow_unsupported,
        mapping_settings=served,
        has_topics_and_buckets=Moto.is_installed(),
    )
    try:
        return read_project(file, options=options, files=DiskFiles())
    except ProjectRefused as error:
        raise CannotStart(str(error)) from None
