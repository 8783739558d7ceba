"""Reads projects from texts."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

from pelton.projects.files import TextFiles
from pelton.projects.options import ReadOptions
from pelton.projects.project import Project
from pelton.projects.reader import read_project

ROOT = Path("/shop")


def files_of(texts: dict[str, str]) -> TextFiles:
    return TextFiles({ROOT / name: dedent(text) for name, text in texts.items()})


def read(text: str, files: dict[str, str] | None = None, **options: Any) -> Project:
    texts = {"serverless.yml": text, **(files or {})}
    return read_project(ROOT, options=ReadOptions(**options), files=files_of(texts))


def service(rest: str, *, provider: str = "{name: aws, runtime: python3.12}") -> str:
    return f"service: shop\nprovider: {provider}\n{dedent(rest)}"


def texts_of(project: Project) -> list[str]:
    return [str(note) for note in project.notes]
