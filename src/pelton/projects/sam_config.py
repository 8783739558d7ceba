"""``samconfig.toml``: the stack's name, region and parameters that ``sam deploy`` would use.

Source: AWS SAM developer guide, "AWS SAM CLI configuration file".
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pelton.projects.files import FileReader
from pelton.projects.notes import Notes
from pelton.projects.project import ProjectRefused, Where

_PAIR = re.compile(r"ParameterKey=(?P<key>[^,]+),ParameterValue=(?P<value>.*)")
#: Sections whose parameters count, the strongest last.
_COMMANDS = ("global", "deploy")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamConfig:
    """What the file says, of what matters here."""

    FILES: ClassVar[tuple[str, ...]] = ("samconfig.toml",)

    stack_name: str | None = None
    region: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


def read_sam_config(folder: Path, files: FileReader, notes: Notes) -> SamConfig:
    """The configuration of the environment ``default``; an empty one when there is no file.

    Raises:
        ProjectRefused: the file cannot be parsed.
    """
    name = SamConfig.FILES[0]
    where = Where(name)
    data = files.read(folder / name)
    if data is None:
        return SamConfig()
    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectRefused(where, f"it is not TOML: {error}", "correct or remove it") from None
    default = document.get("default")
    found: dict[str, Any] = {}
    for command in _COMMANDS:
        section = default.get(command) if isinstance(default, dict) else None
        parameters = section.get("parameters") if isinstance(section, dict) else None
        found |= parameters if isinstance(parameters, dict) else {}
    return SamConfig(
        stack_name=_text(found.get("stack_name")),
        region=_text(found.get("region")),
        parameters=_overrides(found.get("parameter_overrides"), where, notes),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _overrides(written: object, where: Where, notes: Notes) -> dict[str, str]:
    """``parameter_overrides``: text such as ``Mode=safe Name="a b"``, a list of such texts, or a table."""
    if isinstance(written, dict):
        return {str(key): str(value) for key, value in written.items()}
    texts = written if isinstance(written, list) else [] if written is None else [written]
    found = {}
    for word in (word for text in texts for word in shlex.split(str(text))):
        pair = _PAIR.fullmatch(word)
        key, is_pair, value = (pair["key"], "=", pair["value"]) if pair else word.partition("=")
        if is_pair:
            found[key] = value
        else:
            notes.warn(where, f"parameter_overrides: {word} is no pair, it has no effect", "write Name=value")
    return found
