"""Pelton's own settings in a project: ``custom.pelton``. They have no meaning on deployment."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PeltonSettings:
    """``custom.pelton``, read."""

    companions: tuple[str, ...] = ()
    site: Path | None = None
    failures: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)  #: added to every function's, here only


def read_pelton_settings(value: Value, where: Where, root: Path, files: FileReader, notes: Notes) -> PeltonSettings:
    """The settings, resolved; paths are relative to the project.

    Raises:
        ProjectRefused: a value has the wrong type, or the site is no folder.
    """
    written = block_of(value, where, "custom.pelton")
    for key in written:
        if key not in PELTON_KEYS:
            notes.warn(written.at(key), f"custom.pelton has no key {key}", did_you_mean(key, PELTON_KEYS))
    environment = block_of(written.get("environment"), written.at("environment"), "custom.pelton.environment")
    site = _path(written, "site", root)
    if site is not None and not files.is_folder(site):
        raise ProjectRefused(written.at("site"), f"custom.pelton.site: {site} is no folder", "name the site's folder")
    return PeltonSettings(
        companions=texts_of(written.get("companions"), written.at("companions"), "custom.pelton.companions"),
        site=site,
        failures=_path(written, "failures", root),
        environment={
            name: text_of(item, environment.at(name), f"custom.pelton.environment.{name}")
            for name, item in environment.items()
        },
    )


def named_values(document: Block) -> dict[str, str]:
    """``custom.pelton.values`` as written: values of placeholders and exports that need a cloud.

    Raises:
        ProjectRefused: it is no mapping of texts.
    """
    found: Value = document
    where = document.where
    for key in ("custom", "pelton", "values"):
        if not isinstance(found, Block):
            return {}
        where, found = found.at(key), found.get(key)
    values = block_of(found, where, "custom.pelton.values")
    return {name: text_of(item, values.at(name), f"custom.pelton.values.{name}") for name, item in values.items()}


def _path(written: Block, key: str, root: Path) -> Path | None:
    value = written.get(key)
    return None if value is None else root / text_of(value, written.at(key), f"custom.pelton.{key}")
