"""Reads a serverless.yml: the service's variables, then its resources as a template, then what runs.

Source: Serverless Framework documentation, serverless.yml reference.
"""

from __future__ import annotations

from pathlib import Path

from pelton.projects.api_keys import note_missing_keys, service_api_keys, template_api_keys
from pelton.projects.custom import PeltonSettings, read_pelton_settings
from pelton.projects.documents import Block
from pelton.projects.event_invokes import with_event_settings
from pelton.projects.files import FileReader
from pelton.projects.function_reader import FunctionReader, FunctionSource
from pelton.projects.intrinsics import Evaluator
from pelton.projects.mappings import MappingReader
from pelton.projects.names import function_logical_id, layer_logical_id
from pelton.projects.notes import Notes
from pelton.projects.options import ReadOptions
from pelton.projects.project import FunctionDeclaration, Project, Route
from pelton.projects.queues import read_queues
from pelton.projects.resources import note_resources, read_outputs
from pelton.projects.scalars import block_of, text_of
from pelton.projects.schedules import ScheduleReader
from pelton.projects.service import Service, open_service
from pelton.projects.service_events import service_events
from pelton.projects.service_functions import merged_functions
from pelton.projects.service_keys import note_service_keys
from pelton.projects.service_template import service_template
from pelton.projects.tables import read_tables
from pelton.projects.template import Stack, Template


def read_serverless(main: Block, path: Path, *, options: ReadOptions, files: FileReader) -> Project:
    """The project that the parsed file at ``path`` describes.

    Raises:
        ProjectRefused: something that runs here is wrong, unsupported or cannot be told.
    """
    notes = Notes(allow_unsupported=options.allow_unsupported)
    service = open_service(main, path.parent, files, options, notes)
    note_service_keys(service.main, service.variables, notes)
    where = main.at("custom")
    settings = read_pelton_settings(service.variables.at("custom", "pelton"), where, service.root, files, notes)
    functions = merged_functions(service.variables.at("functions"), service.main.at("functions"))
    routes, mappings = service_events(service, functions, notes)
    template = service_template(service, functions, mappings, notes)
    return _project(service, template, functions, settings, (path, routes))


def _project(
    service: Service,
    template: Template,
    written: Block,
    settings: PeltonSettings,
    source: tuple[Path, list[Route]],
) -> Project:
    path, routes = source
    notes = service.notes
    evaluator = Evaluator(template, _stack(service), service.options.overrides)
    tables = read_tables(template, evaluator, notes)
    functions = _functions(service, template, evaluator, written, settings)
    functions = with_event_settings(functions, template, evaluator, notes)
    running = {function.key for function in functions}
    names = {key: evaluator.references.physical_name(function_logical_id(key)) for key in written}
    skipped = frozenset(str(name) for key, name in names.items() if key not in running)
    mappings = MappingReader(
        template=template,
        evaluator=evaluator,
        functions=functions,
        tables=tables,
        skipped=skipped,
        options=service.options,
        notes=notes,
    ).read()
    api_keys = _api_keys(service, template, evaluator)
    note_missing_keys(routes, api_keys, notes)
    note_resources(template, evaluator, {function_logical_id(key) for key in written}, notes)
    return Project(
        name=service.name,
        stage=service.stage,
        region=service.region,
        root=service.root,
        functions=functions,
        tables=tables,
        queues=read_queues(template, evaluator, notes),
        routes=tuple(route for route in routes if route.function_key in running),
        mappings=mappings,
        schedules=ScheduleReader(
            template=template, evaluator=evaluator, functions=functions, skipped=skipped, notes=notes
        ).read(),
        api_keys=api_keys,
        companions=settings.companions,
        site=settings.site,
        failures=settings.failures,
        outputs=read_outputs(template, evaluator),
        watched=(path, *service.sources.read_files(), *service.dotenv_files),
        notes=notes.gathered(),
    )


def _stack(service: Service) -> Stack:
    options = service.options
    return Stack(
        name=service.stack_name,
        region=service.region,
        account=options.account,
        port=options.port,
        http_port=options.http_port,
    )


def _api_keys(service: Service, template: Template, evaluator: Evaluator) -> tuple[str, ...]:
    """Of ``provider.apiGateway``, of the provider itself as older projects have them, and of resources."""
    found: tuple[str, ...] = ()
    for path in (("provider", "apiGateway", "apiKeys"), ("provider", "apiKeys")):
        found += service_api_keys(
            service.variables.at(*path), service.main.at("provider"), service.stack_name, service.notes
        )
    return found + template_api_keys(template, evaluator, service.stack_name, service.notes)


def _functions(
    service: Service, template: Template, evaluator: Evaluator, written: Block, settings: PeltonSettings
) -> tuple[FunctionDeclaration, ...]:
    reader = FunctionReader(
        evaluator=evaluator,
        resources=template.resources,
        layers=_layers(service, evaluator),
        extra_environment={**service.injected, **settings.environment},
        environment_setting="custom.pelton.environment",
        notes=service.notes,
    )
    found = []
    for key, value in written.items():
        function = block_of(value, written.at(key), key)
        if function.get("image") is not None:
            what = f"the function {key} is a container image and does not run here"
            service.notes.warn(function.at("image"), what, "give it a handler and a python runtime")
            continue
        found.append(reader.read(_source(key, function, service.root)))
    return tuple(function for function in found if function is not None)


def _source(key: str, function: Block, root: Path) -> FunctionSource:
    module = function.get("module")
    return FunctionSource(
        key=key,
        logical_id=function_logical_id(key),
        label=f"functions.{key}",
        code_root=root if module is None else root / text_of(module, function.at("module"), f"functions.{key}.module"),
        runtime_cure="add provider.runtime: python3.12",
    )


def _layers(service: Service, evaluator: Evaluator) -> dict[str, Path]:
    """Folders of the project's own layers by ARN."""
    found: dict[str, Path] = {}
    declared = block_of(service.variables.at("layers"), service.main.at("layers"), "layers")
    for key, layer in declared.items():
        where = declared.at(key)
        folder = block_of(layer, where, f"layers.{key}").get("path")
        arn = evaluator.references.of_resource(layer_logical_id(key), None, where)
        if folder is not None and isinstance(arn, str):
            found[arn] = service.root / text_of(folder, where, f"layers.{key}.path")
    return found
