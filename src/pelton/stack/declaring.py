"""A project's declarations, made true: queues and tables first, then functions, then mappings.

Data is kept. A table that exists is brought in line where that is safe (stream, time to live) and told
of where it is not (another key schema): nothing a template says drops data. Mappings are reconciled in
place, so a restart or an edit keeps ids and positions.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pelton.arns import DEFAULT_ACCOUNT
from pelton.errors import WireError
from pelton.functions.definition import Function, InvalidFunction
from pelton.functions.log_settings import InvalidLogging, log_settings
from pelton.operations import JsonObject
from pelton.projects.project import FunctionDeclaration, Project, TableDeclaration, with_stream_arns
from pelton.stack.attaching import attach
from pelton.stack.core import Core
from pelton.stack.queues import declare_queue_mappings, declare_queues, is_of_queue
from pelton.stack.refusal import CannotStart
from pelton.storage.catalog import Table
from pelton.triggers.parameters import FilterRefused, create_parameters

#: Readers of one shard beyond which Amazon throttles. Source: DynamoDB guide, "Reading and processing a stream".
READERS_ADVISED = 2


async def declare(core: Core, project: Project) -> Project:
    """Make what the project declares true; returns it with the ARNs of its streams in place.

    Raises:
        CannotStart: a declaration is refused; the line names the file, the cause and the cure.
    """
    for note in project.notes:
        core.reporting.note("project", str(note), is_problem=note.level == "warning")
    core.destinations.folder = project.failures
    await declare_queues(core, project)
    arns = {}
    for table in project.tables:
        if stream := await _declare_table(core, project, table):
            arns[table.name] = stream
    resolved = with_stream_arns(project, arns)
    awaited = {route.function_key for route in resolved.routes}
    awaited |= {route.authorizer.function_key for route in resolved.routes if route.authorizer is not None}
    reacting = {mapping.function_key for mapping in resolved.mappings} - awaited
    for function in resolved.functions:
        _declare_function(core, resolved, function, gives_way=function.key in reacting)
    await attach(core, resolved)
    await _declare_mappings(core, resolved)
    await declare_queue_mappings(core, resolved)
    _note_readers(core, resolved)
    return resolved


async def _declare_table(core: Core, project: Project, declared: TableDeclaration) -> str | None:
    """Create the table or bring it in line; the ARN of its stream."""
    table = _stored(core, project, declared.name)
    try:
        if table is None:
            await core.call("CreateTable", declared.create, project.region)
        else:
            await _align(core, project, declared, table)
        await _align_time_to_live(core, project, declared)
    except WireError as error:
        raise CannotStart(
            f"{declared.where}: table {declared.name}: {error.message} (correct its definition)"
        ) from None
    made = _stored(core, project, declared.name)
    assert made is not None, "created above"
    return made.stream.arn if made.stream else None


async def _align(core: Core, project: Project, declared: TableDeclaration, table: Table) -> None:
    wanted = [(key["AttributeName"], key["KeyType"]) for key in declared.create["KeySchema"]]
    stored = [(key.name, "HASH") for key in table.schema.partition] + [(key.name, "RANGE") for key in table.schema.sort]
    if wanted != stored:
        core.reporting.note(
            "project",
            f"{declared.where}: table {table.name} keeps the key schema it was made with, {stored}: a table's keys "
            f"cannot change (delete the table, name another, or start with a new --data-dir)",
            is_problem=True,
        )
    await _align_stream(core, project, declared, table)


async def _align_stream(core: Core, project: Project, declared: TableDeclaration, table: Table) -> None:
    specification = declared.create.get("StreamSpecification") or {"StreamEnabled": False}
    wanted = specification.get("StreamViewType") if specification["StreamEnabled"] else None
    stored = table.stream.view_type if table.stream else None
    if wanted == stored:
        return
    if stored is not None:
        change = {"TableName": table.name, "StreamSpecification": {"StreamEnabled": False}}
        await core.call("UpdateTable", change, project.region)
        core.reporting.note("project", f"the stream of {table.name} ended: {declared.where} asks for another one")
    if wanted is not None:
        await core.call("UpdateTable", {"TableName": table.name, "StreamSpecification": specification}, project.region)


async def _align_time_to_live(core: Core, project: Project, declared: TableDeclaration) -> None:
    if declared.time_to_live is None:
        return
    body = {"TableName": declared.name}
    described = await core.call("DescribeTimeToLive", body, project.region)
    attribute = described["TimeToLiveDescription"].get("AttributeName")
    is_wanted = bool(declared.time_to_live.get("Enabled"))
    if (attribute == declared.time_to_live.get("AttributeName")) is not is_wanted:
        change = {**body, "TimeToLiveSpecification": declared.time_to_live}
        await core.call("UpdateTimeToLive", change, project.region)


def _declare_function(core: Core, project: Project, declared: FunctionDeclaration, *, gives_way: bool) -> None:
    try:
        core.functions.define(
            Function(
                name=declared.name,
                key=declared.key,
                handler=declared.handler,
                runtime=declared.runtime,
                code_root=_code_root(core, declared),
                environment=declared.environment,
                timeout_s=declared.timeout_s,
                memory_mb=declared.memory_mb,
                description=declared.description,
                layers=declared.layers,
                dead_letter=declared.dead_letter,
                logging=log_settings(declared.logging),
                account=DEFAULT_ACCOUNT,
                region=project.region,
                gives_way=gives_way,
            )
        )
    except InvalidFunction as error:
        raise CannotStart(f"{declared.where}: {error}") from None
    except InvalidLogging as error:
        raise CannotStart(f"{declared.where}: function {declared.key}: {error}") from None


def _code_root(core: Core, declared: FunctionDeclaration) -> Path:
    """The function's folder; code that stands in the template itself is written to the data folder first."""
    if declared.inline_code is None:
        return declared.code_root
    folder = core.ground.settings.data_dir.resolve() / "functions" / "inline" / declared.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.py").write_text(declared.inline_code, encoding="utf-8")
    return folder


async def _declare_mappings(core: Core, project: Project) -> None:
    names = {function.key: function.name for function in project.functions}
    declared: list[JsonObject] = []
    for mapping in project.mappings:
        if is_of_queue(mapping):
            continue
        name = names[mapping.function_key]
        declared.append({"FunctionName": name, "EventSourceArn": mapping.event_source, **mapping.settings})
        try:
            asked = create_parameters(declared[-1])
            await core.destinations.make(asked.settings.on_failure)
        except WireError as error:
            reason = f" ({error.reason})" if isinstance(error, FilterRefused) else ""
            raise CannotStart(f"{mapping.where}: this stream event is refused: {error.message}{reason}") from None
    try:
        await core.triggers.reconcile(declared)
    except WireError as error:
        places = ", ".join(str(mapping.where) for mapping in project.mappings)
        raise CannotStart(f"{places}: a stream event is refused: {error.message}") from None


def _note_readers(core: Core, project: Project) -> None:
    """Say which streams have more readers than Amazon advises; here any number is fine."""
    sources = (mapping.event_source for mapping in project.mappings if not is_of_queue(mapping))
    for stream, count in Counter(sources).items():
        if count > READERS_ADVISED:
            core.reporting.note(
                "project",
                f"{count} functions read the stream of {stream.split('/')[1]}: fine here, but Amazon advises at most "
                f"{READERS_ADVISED} readers of one shard (docs/how-to/fan-out-on-aws.md shows the ways out)",
            )


def _stored(core: Core, project: Project, name: str) -> Table | None:
    with core.storage.snapshot() as snapshot:
        return snapshot.table(DEFAULT_ACCOUNT, project.region, name)
