"""What a project declares, as frozen values: functions, tables, routes and mappings, ready to be wired.

The readers make these from ``serverless.yml``; the stack runs them. Nothing here knows which
kind of file it came from. A stream has no ARN before its table exists, so any text may hold the
token ``{{stream:TABLE_NAME}}``; ``with_stream_arns`` puts the real ARN in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pelton.operations import JsonObject

_STREAM_TOKEN = re.compile(r"\{\{stream:([^{}]+)\}\}")


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a project's file; the line counts from 1, and 0 means the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class ProjectRefused(Exception):
    """The project cannot be run as written; its text is ``file:line: what (cure)``."""

    def __init__(self, where: Where, what: str, cure: str) -> None:
        super().__init__(f"{where}: {what} ({cure})")
        self.where = where
        self.what = what
        self.cure = cure


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something about the project its author should know; it does not stop the start."""

    level: Literal["warning", "info"]
    where: Where
    text: str
    cure: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text} ({self.cure})"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDeclaration:
    """A Lambda function of the project."""

    key: str  #: the project's own key, e.g. ``index_users``
    name: str  #: the Lambda name, e.g. ``signup-dev-index_users``
    handler: str  #: ``module.function`` or ``path/to/module.function``
    runtime: str  #: ``python3.12``
    code_root: Path  #: first on the import path, and the working directory
    environment: Mapping[str, str]
    timeout_s: float
    memory_mb: int
    description: str = ""
    layers: tuple[Path, ...] = ()  #: folders whose content a function sees under ``/opt``
    event_invoke: JsonObject | None = None  #: as PutFunctionEventInvokeConfig takes it
    dead_letter: str | None = None  #: ARN of a queue
    logging: JsonObject = field(default_factory=dict)  #: LoggingConfig, empty for Lambda's default
    reserved_concurrency: int | None = None
    url: JsonObject | None = None  #: as CreateFunctionUrlConfig takes it
    where: Where = Where("")
    logical_id: str = ""  #: of its resource in the template
    inline_code: str | None = None  #: the module ``index``, written in the template itself


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDeclaration:
    """A table: ``create`` is the body of a CreateTable request in wire form."""

    logical_id: str
    name: str
    create: JsonObject
    time_to_live: JsonObject | None = None  #: TimeToLiveSpecification of an UpdateTimeToLive request
    where: Where = Where("")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDeclaration:
    """A queue; attributes are those of a CreateQueue request."""

    logical_id: str
    name: str
    attributes: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    where: Where = Where("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors:
    """Cross-origin rules of a route (``http``) or of the whole API (``httpApi``)."""

    origins: tuple[str, ...]  #: ``*`` alone, or origins such as ``https://example.org``
    methods: tuple[str, ...]  #: upper case
    headers: tuple[str, ...]
    exposed_headers: tuple[str, ...] = ()
    has_credentials: bool = False
    max_age_s: int | None = None
    cache_control: str | None = None  #: ``http`` only


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """A function that says whether a request may reach its route."""

    function_key: str
    kind: Literal["TOKEN", "REQUEST"]
    payload: Literal["1.0", "2.0"] = "1.0"
    #: ``("header" | "querystring" | "context", name)``: what tells who asks; absent ones are refused unasked
    sources: tuple[tuple[str, str], ...] = ()
    pattern: str | None = None  #: of the token (``TOKEN`` only)
    ttl_s: int = 0  #: how long an answer holds
    is_simple: bool = False  #: it may answer ``isAuthorized`` instead of a policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route of the gateway, answered by a function."""

    kind: Literal["http", "httpApi"]
    method: str  #: upper case, or ``ANY``
    path: str  #: ``/users/{id}``, ``/files/{name+}``, or ``$default`` (``httpApi`` only)
    function_key: str
    payload: Literal["1.0", "2.0"]
    cors: Cors | None = None
    timeout_s: float | None = None  #: the gateway's patience; None: 29 s (``http``) or 30 s (``httpApi``)
    required: tuple[tuple[str, str], ...] = ()  #: ``("querystring" | "header" | "path", name)`` a request must have
    is_iam: bool = False  #: an ``aws_iam`` authorizer: the event names a local caller
    authorizer: Authorizer | None = None
    needs_key: bool = False  #: ``x-api-key`` has to be one of the project's
    binary_types: tuple[str, ...] = ()  #: ``http``: content types carried as base64
    where: Where = Where("")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingDeclaration:
    """An event source mapping: which stream makes which function run, and how."""

    function_key: str
    event_source: str  #: stream ARN, or text with the token ``{{stream:TABLE_NAME}}``
    settings: JsonObject  #: Lambda's API names: StartingPosition, BatchSize, Enabled, FilterCriteria …
    where: Where = Where("")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDeclaration:
    """A schedule that makes a function run."""

    function_key: str
    name: str  #: of the rule or schedule
    expression: str  #: ``rate(…)``, ``cron(…)`` or ``at(…)``, not checked
    timezone: str = "UTC"
    input: str | None = None  #: JSON text the function gets in place of the event
    is_enabled: bool = True
    is_rule: bool = True  #: a rule of EventBridge; else a schedule of EventBridge Scheduler
    where: Where = Where("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project, read whole: everything in it can be run."""

    name: str
    stage: str
    region: str
    root: Path
    functions: tuple[FunctionDeclaration, ...] = ()
    tables: tuple[TableDeclaration, ...] = ()
    queues: tuple[QueueDeclaration, ...] = ()
    routes: tuple[Route, ...] = ()
    mappings: tuple[MappingDeclaration, ...] = ()
    schedules: tuple[ScheduleDeclaration, ...] = ()
    api_keys: tuple[str, ...] = ()  #: values of its API keys
    companions: tuple[str, ...] = ()  #: ``custom.pelton.companions``
    site: Path | None = None  #: ``custom.pelton.site``: folder of static files
    failures: Path | None = None  #: ``custom.pelton.failures``
    outputs: Mapping[str, str] = field(default_factory=dict)
    watched: tuple[Path, ...] = ()  #: files whose change means: read the project again
    notes: tuple[Note, ...] = ()


def stream_token(table_name: str) -> str:
    """What stands for the ARN of the table's stream until the table exists."""
    return f"{{{{stream:{table_name}}}}}"


def with_stream_arns(project: Project, arns: Mapping[str, str]) -> Project:
    """The project with every stream token replaced by its ARN.

    Args:
        project: as read.
        arns: table name to stream ARN; a token of a table that is not in it stays.
    """

    def filled(text: str) -> str:
        return _STREAM_TOKEN.sub(lambda match: arns.get(match[1], match[0]), text)

    functions = (
        replace(function, environment={name: filled(value) for name, value in function.environment.items()})
        for function in project.functions
    )
    mappings = (replace(mapping, event_source=filled(mapping.event_source)) for mapping in project.mappings)
    outputs = {name: filled(value) for name, value in project.outputs.items()}
    return replace(project, functions=tuple(functions), mappings=tuple(mappings), outputs=outputs)
