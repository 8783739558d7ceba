"""Pelton's own settings in a project: ``custom.pelton`` of serverless.yml, ``Metadata.Pelton`` of a template.

They have no meaning on deployment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pelton.projects.documents import Block, Value
from pelton.projects.files import FileReader
from pelton.projects.known_keys import PELTON_KEYS
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.scalars import block_of, text_of, texts_of
from pelton.projects.template import is_template

#: Where the settings stand, by kind of document.
_IN_SERVICE = ("custom", "pelton")
_IN_TEMPLATE = ("Metadata", "Pelton")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeltonSettings:
    """The settings, read."""

    companions: tuple[str, ...] = ()
    site: Path | None = None
    failures: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)  #: added to every function's, here only


def settings_path(document: Block) -> tuple[str, str]:
    """Where the document has Pelton's settings."""
    return _IN_TEMPLATE if is_template(document) else _IN_SERVICE


def written_setting(document: Block, key: str) -> tuple[Value, Where, str]:
    """One setting as it is written, its place, and its name for messages."""
    path = (*settings_path(document), key)
    found: Value = document
    where = document.where
    for name in path:
        if not isinstance(found, Block):
            return None, where, ".".join(path)
        where, found = found.at(name), found.get(name)
    return found, where, ".".join(path)


def read_pelton_settings(
    value: Value, where: Where, root: Path, files: FileReader, notes: Notes, name: str = "custom.pelton"
) -> PeltonSettings:
    """The settings, resolved; paths are relative to the project, ``name`` is where they stand.

    Raises:
        ProjectRefused: a value has the wrong type, or the site is no folder.
    """
    written = block_of(value, where, name)
    for key in written:
        if key not in PELTON_KEYS:
            notes.warn(written.at(key), f"{name} has no key {key}", did_you_mean(key, PELTON_KEYS))
    environment = block_of(written.get("environment"), written.at("environment"), f"{name}.environment")
    site = _path(written, "site", root, name)
    if site is not None and not files.is_folder(site):
        raise ProjectRefused(written.at("site"), f"{name}.site: {site} is no folder", "name the site's folder")
    return PeltonSettings(
        companions=texts_of(written.get("companions"), written.at("companions"), f"{name}.companions"),
        site=site,
        failures=_path(written, "failures", root, name),
        environment={
            variable: text_of(item, environment.at(variable), f"{name}.environment.{variable}")
            for variable, item in environment.items()
        },
    )


def named_values(document: Block) -> dict[str, str]:
    """The setting ``values`` as written: values of placeholders and exports that need a cloud.

    Raises:
        ProjectRefused: it is no mapping of texts.
    """
    found, where, name = written_setting(document, "values")
    values = block_of(found, where, name)
    return {key: text_of(item, values.at(key), f"{name}.{key}") for key, item in values.items()}


def _path(written: Block, key: str, root: Path, name: str) -> Path | None:
    value = written.get(key)
    return None if value is None else root / text_of(value, written.at(key), f"{name}.{key}")
