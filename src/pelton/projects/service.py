"""The frame of a serverless.yml: its stage and region filled in, its environment files read, its variables ready.

Stage and region must stand before anything is resolved: many files read ``${self:provider.stage}`` without declaring
it. Source: Serverless Framework documentation, serverless.yml reference and Variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pelton.arns import DEFAULT_REGION
from pelton.projects.custom import named_values
from pelton.projects.documents import Block, Row, Value, block
from pelton.projects.dotenv import parse_dotenv
from pelton.projects.files import FileReader
from pelton.projects.known_keys import PLUGINS_NOT_SERVED, PLUGINS_PASSED_OVER
from pelton.projects.notes import Notes
from pelton.projects.options import ReadOptions
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.scalars import block_of, text_of
from pelton.projects.sources import Sources
from pelton.projects.template import deep_merge
from pelton.projects.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service whose variables can be asked for."""

    name: str
    stage: str
    region: str
    root: Path
    main: Block
    variables: Variables
    sources: Sources
    options: ReadOptions
    plugins: frozenset[str]
    injected: Mapping[str, str]  #: environment of every function, from serverless-dotenv-plugin
    dotenv_files: tuple[Path, ...]
    notes: Notes

    @property
    def stack_name(self) -> str:
        """``<service>-<stage>``: the name of the stack, unless it has its own."""
        named = self.variables.at("provider", "stackName")
        return text_of(named, self.main.at("provider"), "provider.stackName") if named else f"{self.name}-{self.stage}"


def open_service(main: Block, root: Path, files: FileReader, options: ReadOptions, notes: Notes) -> Service:
    """The service that the main document describes.

    Raises:
        ProjectRefused: service or provider is missing, or the provider is not aws.
    """
    options = replace(options, overrides={**named_values(main), **options.overrides})
    for key, cure in (("service", "add service: name"), ("provider", "add provider: {name: aws, runtime: python3.12}")):
        if main.get(key) is None:
            raise ProjectRefused(main.where, f"there is no {key}", cure)
    main = _with_provider(main, root, files, options)
    plugins = _plugins(main, notes)
    dotenv_files = _dotenv_files(main, root, options, plugins)
    dotenv = _read_dotenv(dotenv_files, files, options.environ)
    sources = Sources(main, folder=root, files=files, options=options, environ={**dotenv, **options.environ})
    variables = Variables(main, sources, notes)
    where = main.at("service")
    service = variables.at("service")
    name = service.get("name") if isinstance(service, Block) else service
    return Service(
        name=text_of(name, where, "service"),
        stage=options.stage or text_of(variables.at("provider", "stage"), main.at("provider"), "provider.stage"),
        region=text_of(variables.at("provider", "region"), main.at("provider"), "provider.region"),
        root=root,
        main=main,
        variables=variables,
        sources=sources,
        options=options,
        plugins=plugins,
        injected=dotenv if "serverless-dotenv-plugin" in plugins else {},
        dotenv_files=dotenv_files,
        notes=notes,
    )


def _with_provider(main: Block, root: Path, files: FileReader, options: ReadOptions) -> Block:
    """The document with a provider mapping that has a stage and a region."""
    where = main.at("provider")
    provider = main["provider"]
    if isinstance(provider, str) and "${" in provider:
        sources = Sources(main, folder=root, files=files, options=options, environ=options.environ)
        provider = Variables(main, sources, Notes()).at("provider")
    if isinstance(provider, str):
        provider = block(where, [("name", provider)])
    provider = deep_merge(Block(where), block_of(provider, where, "provider"))
    if provider.get("name", "aws") != "aws":
        what = f"the provider {provider['name']} is not served here"
        raise ProjectRefused(provider.at("name"), what, "Pelton runs projects for aws")
    environ = options.environ
    default_region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    for key, given, default in (("stage", options.stage, "dev"), ("region", options.region, default_region)):
        if given is not None or provider.get(key) is None:
            provider.put(key, given or default, provider.at(key))
    filled = deep_merge(Block(main.where), main)
    filled.put("provider", provider, where)
    return filled


def _plugins(main: Block, notes: Notes) -> frozenset[str]:
    where = main.at("plugins")
    written = main.get("plugins")
    if isinstance(written, Block):
        written = written.get("modules")
    names: list[tuple[Value, Where]] = []
    if isinstance(written, Row):
        names = list(zip(written, written.places, strict=True))
    for name, place in names:
        if name in PLUGINS_NOT_SERVED:
            notes.warn(place, f"the plugin {name} is not served here", PLUGINS_NOT_SERVED[str(name)])
        elif name not in PLUGINS_PASSED_OVER:
            notes.warn(place or where, f"the plugin {name} is not known here, it has no effect", "check what it adds")
    return frozenset(name for name, _ in names if isinstance(name, str))


def _dotenv_files(main: Block, root: Path, options: ReadOptions, plugins: frozenset[str]) -> tuple[Path, ...]:
    """The environment files of this service, the strongest first. Version 3 reads none unless asked."""
    wanted = main.get("useDotenv")
    if wanted is None:
        major = re.search(r"\d+", str(main.get("frameworkVersion", "4")))
        wanted = "serverless-dotenv-plugin" in plugins or major is None or int(major[0]) >= 4
    if isinstance(wanted, Row):
        return tuple(root / str(name) for name in wanted)
    if isinstance(wanted, str) and wanted not in ("true", "false"):
        return (root / wanted,)
    if wanted in (False, "false"):
        return ()
    provider = main["provider"]
    stage = provider.get("stage") if isinstance(provider, Block) else None
    stage = options.stage or (stage if isinstance(stage, str) and "${" not in stage else "dev")
    return (root / f".env.{stage}", root / ".env")


def _read_dotenv(paths: tuple[Path, ...], files: FileReader, environ: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for path in paths:
        try:
            data = files.read(path)
        except OSError as error:
            where = Where(path.name)
            raise ProjectRefused(where, f"cannot read it: {error.strerror}", "make it readable") from None
        if data is not None:
            found = parse_dotenv(data.decode("utf-8", "replace"), {**values, **environ})
            values = {**found, **values}
    return values
