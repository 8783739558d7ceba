"""Where variables get their values: the configuration itself, options, environment, files, stage and account.

Sources that need a cloud (``ssm``, ``cf``, ``s3``, plugins' own) have no value here unless the project names one
under ``custom.pelton.values``. Source: Serverless Framework documentation, Variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pelton.projects.documents import Block, Value, block
from pelton.projects.files import FileReader
from pelton.projects.options import ReadOptions
from pelton.projects.placeholders import Address
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.yaml import parse_yaml

_PARSED = {".yml", ".yaml", ".json", ".tfstate"}
_SCRIPTS = {".js", ".cjs", ".mjs", ".ts"}
_BOOLEANS: dict[str, bool] = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Spot:
    """A raw value and the place it has in a document, so that references can go on from it."""

    document: str  #: file, or the text of what made the value
    path: tuple[str, ...]
    value: Value
    where: Where

    @property
    def name(self) -> str:
        """The configuration path, for messages."""
        return ".".join(self.path) or "the value"

    def child(self, key: str, value: Value, where: Where) -> Spot:
        """The spot of one entry."""
        return Spot(self.document, (*self.path, key), value, where)

    def replaced(self, value: Value) -> Spot:
        """Another value at the same place."""
        return Spot(self.document, self.path, value, self.where)

    def made(self, origin: str, value: Value) -> Spot:
        """A value from outside every document; ``origin`` names it, so that cycles are found."""
        return Spot("#", (origin,), value, self.where)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to a source."""

    text: str
    address: Address
    where: Where


@dataclass(frozen=True, slots=True)
class Missing:
    """A source has no value: why, and what the author can do."""

    why: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A source's answer: a value, or a path to walk from a document's root."""

    otherwise: Missing  #: what to say when the path leads nowhere or to null
    value: Value = None
    root: Spot | None = None
    path: tuple[str, ...] = ()


Found: TypeAlias = "Answer | Missing"


class Sources:
    """The sources of one reading."""

    def __init__(
        self, main: Block, *, folder: Path, files: FileReader, options: ReadOptions, environ: Mapping[str, str]
    ) -> None:
        self._main = main
        self._folder = folder
        self._files = files
        self._options = options
        self._environ = environ
        self._documents: dict[Path, Spot | None] = {}
        self._by_name: Mapping[str, Callable[[Asked], Found]] = {
            "self": self._self,
            "opt": self._opt,
            "env": self._env,
            "file": self._file,
            "sls": self._sls,
            "aws": self._aws,
            "param": self._param,
            "strToBool": self._boolean,
        }

    def look_up(self, asked: Asked) -> Found:
        """The value a source has for an address without placeholders."""
        if asked.text in self._options.overrides:
            return Answer(value=self._options.overrides[asked.text], otherwise=Missing("", ""))
        source = self._by_name.get(asked.address.name)
        if source is not None:
            return source(asked)
        cure = f"name its value under custom.pelton.values, as {asked.text!r}: value, or add a fallback after a comma"
        return Missing(f"the source {asked.address.name}: is not served here", cure)

    def read_files(self) -> Iterable[Path]:
        """The files that were asked for, found or not."""
        return tuple(self._documents)

    def _self(self, asked: Asked) -> Found:
        path = _segments(asked.address.address)
        service = self._main.get("service")
        if path == ("service", "name") and not isinstance(service, Block):
            path = ("service",)
        elif path == ("service",) and isinstance(service, Block):
            path = ("service", "name")
        otherwise = Missing("", f"declare {'.'.join(path)}, or add a fallback after a comma")
        return Answer(root=Spot("", (), self._main, self._main.where), path=path, otherwise=otherwise)

    def _opt(self, asked: Asked) -> Found:
        options = dict(self._options.options)
        options |= {"stage": self._options.stage} if self._options.stage else {}
        options |= {"region": self._options.region} if self._options.region else {}
        return self._entry(asked, options, cure="start with --{0}, or add a fallback: ${{opt:{0}, 'value'}}")

    def _env(self, asked: Asked) -> Found:
        cure = "set {0} in the environment or in .env, or add a fallback: ${{env:{0}, 'value'}}"
        return self._entry(asked, self._environ, cure=cure)

    def _entry(self, asked: Asked, values: Mapping[str, str], *, cure: str) -> Found:
        name = asked.address.address or ""
        missing = Missing("", cure.format(name))
        if not name:
            return Answer(value=block(asked.where, values.items()), otherwise=missing)
        return Answer(value=values[name], otherwise=missing) if name in values else missing

    def _sls(self, asked: Asked) -> Found:
        if asked.address.address == "instanceId":
            return Answer(value=self._options.instance_id, otherwise=Missing("", ""))
        if asked.address.address == "stage":
            return self._provider("stage")
        return Missing("", "sls: knows stage and instanceId")

    def _provider(self, key: str) -> Found:
        root = Spot("", (), self._main, self._main.where)
        return Answer(root=root, path=("provider", key), otherwise=Missing("", f"declare provider.{key}"))

    def _aws(self, asked: Asked) -> Found:
        fixed = {"accountId": self._options.account, "partition": "aws"}
        if asked.address.address == "region":
            return self._provider("region")
        missing = Missing("", "aws: knows accountId, region and partition")
        name = asked.address.address or ""
        return Answer(value=fixed[name], otherwise=missing) if name in fixed else missing

    def _param(self, asked: Asked) -> Found:
        name = asked.address.address or ""
        missing = Missing("", f"declare it under params.default.{name}")
        if name in self._options.params:
            return Answer(value=self._options.params[name], otherwise=missing)
        stage = self._options.stage or "dev"
        places = (
            ("stages", stage, "params"),
            ("params", stage),
            ("stages", "default", "params"),
            ("params", "default"),
        )
        for place in places:
            if _holds(self._main, (*place, name)):
                root = Spot("", (), self._main, self._main.where)
                return Answer(root=root, path=(*place, name), otherwise=missing)
        return missing

    def _boolean(self, asked: Asked) -> Found:
        text = (asked.address.argument or "").strip().strip("'\"").lower()
        if text in _BOOLEANS:
            return Answer(value=_BOOLEANS[text], otherwise=Missing("", ""))
        return Missing(f"{text!r} is neither true nor false", "strToBool takes true, false, 1 or 0")

    def _file(self, asked: Asked) -> Found:
        name = (asked.address.argument or "").strip().strip("'\"")
        if Path(name).suffix in _SCRIPTS:
            return Missing(f"{name} needs Node", "write its values into a .yml or .json file")
        path = Path(self._folder, name)
        if path not in self._documents:
            self._documents[path] = self._document(path, name, asked.where)
        root = self._documents[path]
        missing = Missing(f"there is no file {name}", f"create {name}, or add a fallback after a comma")
        if root is None:
            return missing
        within = _segments(asked.address.address)
        return Answer(
            root=root,
            path=within,
            otherwise=Missing(f"{name} has no {'.'.join(within)}", f"add it to {name}") if within else missing,
        )

    def _document(self, path: Path, name: str, where: Where) -> Spot | None:
        try:
            data = self._files.read(path)
        except OSError as error:
            raise ProjectRefused(where, f"cannot read {name}: {error.strerror}", "make it readable") from None
        if data is None:
            return None
        if path.suffix in _PARSED:
            return Spot(name, (), parse_yaml(data, name), Where(name, 1))
        return Spot(name, (), data.decode("utf-8", "replace"), Where(name, 1))


def _segments(address: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in address.split(".")) if address and address.strip() else ()


def _holds(value: Value, path: tuple[str, ...]) -> bool:
    for segment in path:
        if not isinstance(value, Block) or segment not in value:
            return False
        value = value[segment]
    return True
