"""Reads a SAM or CloudFormation template: globals, functions and their events, then what runs.

Source: AWS SAM specification, version 2016-10-31; CloudFormation user guide, Template anatomy.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from pelton.arns import DEFAULT_REGION
from pelton.projects.custom import PeltonSettings, named_values, read_pelton_settings, settings_path
from pelton.projects.documents import Block
from pelton.projects.event_invokes import with_event_settings
from pelton.projects.files import FileReader
from pelton.projects.intrinsics import Evaluator
from pelton.projects.kinds import FUNCTION_TYPES
from pelton.projects.mappings import MappingReader
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.options import ReadOptions
from pelton.projects.project import Project
from pelton.projects.queues import read_queues
from pelton.projects.resources import note_resources, read_outputs
from pelton.projects.sam_apis import SamApis
from pelton.projects.sam_config import SamConfig, read_sam_config
from pelton.projects.sam_events import EventReader, Surroundings
from pelton.projects.sam_functions import read_functions
from pelton.projects.sam_globals import with_globals
from pelton.projects.sam_resources import with_event_resources
from pelton.projects.scalars import block_of
from pelton.projects.schedules import ScheduleReader
from pelton.projects.tables import read_tables
from pelton.projects.template import SECTIONS, Stack, Template

_PASSED_OVER = ("AWSTemplateFormatVersion", "Transform", "Description", "Metadata", "Globals", "Rules", "Hooks")
_SETTINGS = "Metadata.Pelton"


def read_template(main: Block, path: Path, *, options: ReadOptions, files: FileReader) -> Project:
    """The project that the parsed template at ``path`` describes.

    Raises:
        ProjectRefused: something that runs here is wrong, unsupported or cannot be told.
    """
    notes = Notes(allow_unsupported=options.allow_unsupported)
    config = read_sam_config(path.parent, files, notes)
    options = replace(
        options,
        overrides={**named_values(main), **options.overrides},
        params={**config.parameters, **options.params},
        region=options.region or config.region or _region(options),
    )
    sections = {name: block_of(main.get(name), main.at(name), name) for name in SECTIONS}
    for name in main:
        if name not in (*SECTIONS, *_PASSED_OVER):
            notes.warn(main.at(name), f"a template has no section {name}", did_you_mean(name, SECTIONS))
    resources = with_globals(sections["Resources"], block_of(main.get("Globals"), main.at("Globals"), "Globals"), notes)
    template = Template(
        resources=with_event_resources(resources, notes),
        parameters=sections["Parameters"],
        mappings=sections["Mappings"],
        conditions=sections["Conditions"],
        outputs=sections["Outputs"],
        parameter_values=options.params,
    )
    return _project(
        template, _stack(path, config, options), (path, files), options, _settings(main, path, files, notes)
    )


def _project(
    template: Template,
    stack: Stack,
    source: tuple[Path, FileReader],
    options: ReadOptions,
    read: tuple[PeltonSettings, Notes],
) -> Project:
    path, files = source
    settings, notes = read
    evaluator = Evaluator(template, stack, options.overrides)
    tables = read_tables(template, evaluator, notes)
    functions = read_functions(template, evaluator, path.parent, files, (settings.environment, notes))
    functions = with_event_settings(functions, template, evaluator, notes)
    skipped = _skipped(template, evaluator, {function.key for function in functions})
    apis = SamApis(template, evaluator, stack.name, notes)
    surroundings = Surroundings(template=template, evaluator=evaluator, root=path.parent, files=files, notes=notes)
    reader = EventReader(of=surroundings, apis=apis, functions=functions)
    routes = reader.routes()
    note_resources(template, evaluator, _known(template), notes)
    return Project(
        name=stack.name,
        stage=options.stage or apis.stage(),
        region=stack.region,
        root=path.parent,
        functions=functions,
        tables=tables,
        queues=read_queues(template, evaluator, notes),
        routes=routes,
        mappings=MappingReader(
            template=template,
            evaluator=evaluator,
            functions=functions,
            tables=tables,
            skipped=skipped,
            options=options,
            notes=notes,
        ).read(),
        schedules=ScheduleReader(
            template=template, evaluator=evaluator, functions=functions, skipped=skipped, notes=notes
        ).read(),
        api_keys=reader.api_keys(routes),
        companions=settings.companions,
        site=settings.site,
        failures=settings.failures,
        outputs=read_outputs(template, evaluator),
        watched=(path, *(path.parent / name for name in SamConfig.FILES)),
        notes=notes.gathered(),
    )


def _settings(main: Block, path: Path, files: FileReader, notes: Notes) -> tuple[PeltonSettings, Notes]:
    section, name = settings_path(main)
    metadata = block_of(main.get(section), main.at(section), section)
    return read_pelton_settings(metadata.get(name), metadata.at(name), path.parent, files, notes, _SETTINGS), notes


def _stack(path: Path, config: SamConfig, options: ReadOptions) -> Stack:
    name = config.stack_name or re.sub(r"[^A-Za-z0-9]+", "-", path.parent.resolve().name).strip("-") or "stack"
    return Stack(
        name=name,
        region=options.region or DEFAULT_REGION,
        account=options.account,
        port=options.port,
        http_port=options.http_port,
        values_setting=f"{_SETTINGS}.values",
    )


def _region(options: ReadOptions) -> str | None:
    return options.environ.get("AWS_REGION") or options.environ.get("AWS_DEFAULT_REGION")


def _known(template: Template) -> set[str]:
    """Logical ids of functions and APIs: what is not served of them has been said where it stands."""
    kinds = {*FUNCTION_TYPES, "AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::Serverless::LayerVersion"}
    return {logical_id for logical_id in template.resources if template.type_of(logical_id) in kinds}


def _skipped(template: Template, evaluator: Evaluator, running: set[str]) -> frozenset[str]:
    """Lambda names of the template's functions that do not run here."""
    idle = (
        logical_id
        for logical_id in template.resources
        if template.type_of(logical_id) in FUNCTION_TYPES and logical_id not in running
    )
    return frozenset(str(evaluator.references.physical_name(logical_id)) for logical_id in idle)
