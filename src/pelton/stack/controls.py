"""What a running Pelton can be asked, over the control API: the stack's side of ``control.api.Controls``."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict

import orjson

from pelton import __version__
from pelton.arns import DEFAULT_ACCOUNT
from pelton.control.api import Refused
from pelton.functions.invocation import Invocation, NotInvoked
from pelton.operations import JsonObject
from pelton.projects.project import Project
from pelton.stack import explaining, firing, operating, passing, snapshots
from pelton.stack.application import Application
from pelton.stack.companions import Companions
from pelton.stack.core import Core
from pelton.stack.events import Wanted
from pelton.stack.moments import moment_ms
from pelton.stack.payloads import KEPT_MAX
from pelton.stack.settling import NotSettled, settle
from pelton.storage.catalog import SequenceNumber, Shard, Stream
from pelton.storage.transaction import WriteTransaction
from pelton.streams.numbers import parse_number
from pelton.streams.records import RecordWriter
from pelton.triggers.queue_status import QueueStatus

#: Pauses between looks while settling on real time (s).
SETTLE_STEP_S = 0.01
TAIL_RECORDS_MAX = 1000
TAIL_BYTES_MAX = 1 << 20


class StackControls:
    """Answers control calls from the core and its companions."""

    def __init__(self, core: Core, application: Application, companions: Companions, addresses: dict[str, str]) -> None:
        self._core = core
        self._application = application
        self._companions = companions
        self._addresses = addresses

    @property
    def project(self) -> Project:
        """The project as it was read last."""
        return self._application.project

    def state(self) -> JsonObject:
        """Addresses, functions, tables, companions and notes."""
        project = self.project
        with self._core.storage.snapshot() as snapshot:
            tables = [table.name for table in snapshot.tables(DEFAULT_ACCOUNT, project.region)]
        return {
            "version": __version__,
            "project": {"name": project.name, "stage": project.stage, "region": project.region},
            "addresses": self._addresses,
            "data_dir": str(self._core.ground.settings.data_dir),
            "functions": [function.key for function in self._core.functions.list()],
            "routes": [f"{route.method} {route.path}" for route in project.routes],
            "tables": tables,
            "triggers": [
                *(mapping.function_name for mapping in self._core.triggers.mappings()),
                *(mapping.function_name for mapping in self._core.queue_triggers.mappings()),
            ],
            "companions": self._companions.state(),
        }

    def triggers(self) -> list[JsonObject]:
        """State of every trigger, per function and shard, or queue."""
        return [
            *(trigger_row(self._core, status) for status in self._core.triggers.status()),
            *(queue_row(self._core, status) for status in self._core.queue_triggers.status()),
        ]

    def logs(self, functions: Sequence[str], since: str, text: str, *, follow: bool) -> AsyncIterator[JsonObject]:
        """Log lines of these functions, or of all, oldest first; with ``follow`` without end."""
        since_ms = moment_ms(since, "--since", self._core.ground.clock.now_ms()) if since else 0
        keys = frozenset(self._function_key(function) for function in functions)
        return self._logged(Wanted(subjects=keys, since_ms=since_ms, text=text), follow=follow)

    async def _logged(self, wanted: Wanted, *, follow: bool) -> AsyncIterator[JsonObject]:
        async for event in self._core.events.since(wanted, follow=follow):
            yield event.as_json()

    def tail(self, table: str, start: str, *, follow: bool) -> AsyncIterator[JsonObject]:
        """Stream records of a table from TRIM_HORIZON, LATEST or a sequence number."""
        return self._tailed(self._stream(table), self._position(start), follow=follow)

    async def _tailed(self, stream: Stream, position: SequenceNumber, *, follow: bool) -> AsyncIterator[JsonObject]:
        while True:
            wait = self._core.next_commit()
            tip = self._core.tip()
            for record in self._records(stream, position, tip):
                yield record
            position = tip
            if not follow:
                return
            await wait

    async def invoke(self, function: str, payload: bytes, like: str | None) -> JsonObject:
        """Invoke a function and wait for its outcome; ``like`` is the invocation whose payload it gets."""
        key = self._function_key(function)
        if like is not None:
            kept = self._core.payloads.get(like)
            if kept is None:
                cure = "their ids stand in the log's START lines"
                raise Refused(f"no payload of an invocation {like} is kept: the newest {KEPT_MAX} are ({cure})")
            payload = kept
        try:
            orjson.loads(payload or b"{}")
        except orjson.JSONDecodeError as error:
            raise Refused(f"the payload is not JSON: {error} (quote it for the shell, or give @FILE)") from None
        invocation = Invocation(function_name=key, payload=payload or b"{}", wants_log_tail=True)
        try:
            outcome = await self._core.functions.invoke(invocation)
        except NotInvoked as error:
            raise Refused(str(error)) from None
        return {
            "requestId": outcome.request_id,
            "payload": outcome.payload.decode(errors="replace"),
            "functionError": outcome.function_error,
            "log": base64.b64encode(outcome.log_tail).decode(),
            "durationMs": outcome.duration_ms,
        }

    async def settle(self, timeout_s: float) -> JsonObject:
        """Wait until every reaction to what is written now is done, or say what is outstanding."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s

        async def pause() -> bool:
            await asyncio.sleep(SETTLE_STEP_S)
            return loop.time() < deadline

        try:
            await settle(self._core, pause)
        except NotSettled as error:
            return {"settled": False, "outstanding": error.outstanding}
        return {"settled": True, "outstanding": []}

    def why(self, number: str, function: str | None) -> JsonObject:
        """Why functions did or did not get the record of that number."""
        return explaining.why(self._core, self.project.region, number, function)

    async def pause(self, function: str, *, is_paused: bool, is_dry_run: bool) -> JsonObject:
        """Let a function's triggers begin nothing more, or go on; a dry run says what that means."""
        return await operating.pause(self._core, function, is_paused=is_paused, is_dry_run=is_dry_run)

    def skip(self, function: str, shard: str | None, *, is_dry_run: bool) -> JsonObject:
        """Give up the batch that a function fails on; a dry run says which that is."""
        return operating.skip(self._core, function, shard, is_dry_run=is_dry_run)

    async def seek(self, function: str, to: str, *, is_dry_run: bool) -> JsonObject:
        """Let a function's triggers go on at another place; a dry run says what that means."""
        return await operating.seek(self._core, function, to, is_dry_run=is_dry_run)

    def passes(self) -> list[JsonObject]:
        """Replays, backfills and redrives, newest first; those that have ended too."""
        return passing.rows(self._core)

    def one_pass(self, pass_id: int) -> JsonObject:
        """Where one of them stands."""
        return passing.row(self._core, pass_id)

    async def operate_pass(self, kind: str, function: str, asked: JsonObject) -> JsonObject:
        """Begin or preview a replay, backfill or redrive of a function, or pause, resume or cancel it."""
        return await passing.operate(self._core, kind, function, asked)

    def failures(self, function: str | None, before: int | None, limit: int) -> list[JsonObject]:
        """Discarded batches, newest first, without their records."""
        return passing.failures(self._core, function, before=before, limit=limit)

    def one_failure(self, failure_id: int) -> JsonObject:
        """A discarded batch with its records."""
        return passing.one_failure(self._core, failure_id)

    def schedules(self) -> list[JsonObject]:
        """The project's schedules, and when each is due."""
        return firing.rows(self._core)

    async def fire(self, name: str, at: str | None) -> JsonObject:
        """Run a schedule, by its name or its function's, as if it were that time (None: now)."""
        return await firing.fire(self._core, name, at)

    async def split(self, table: str, shard: str | None) -> JsonObject:
        """Split an open shard of a table's stream in two (by default its only one)."""
        stream = self._stream(table)
        chosen = _open_shard(stream, shard)
        now_ms = self._core.ground.clock.now_ms()
        await self._core.storage.write(lambda transaction: transaction.split_shard(stream.id, chosen.id, now_ms))
        children = [child.id for child in self._stream(table).shards if child.parent == chosen.id]
        return {"shard": chosen.id, "children": children}

    def snapshot(self, file: str) -> AsyncIterator[JsonObject]:
        """Write a consistent copy of the data to a file."""
        return snapshots.snapshot(self._core.storage, file)

    async def roll(self, table: str, shard: str | None) -> JsonObject:
        """Close the open shards of a table's stream (or one of them), each with one child."""
        stream = self._stream(table)
        chosen = [_open_shard(stream, shard)] if shard else [each for each in stream.shards if each.ending is None]
        now_ms = self._core.ground.clock.now_ms()

        def decide(transaction: WriteTransaction) -> None:
            for each in chosen:
                transaction.roll_shard(stream.id, each.id, now_ms)

        await self._core.storage.write(decide)
        children = {child.parent: child.id for child in self._stream(table).shards}
        return {"rolled": [{"shard": each.id, "child": children[each.id]} for each in chosen]}

    async def companion(self, name: str, action: str, faults: JsonObject) -> JsonObject:
        """Stop or start a companion, or make it fail."""
        return await self._companions.act(name, action, faults)

    def _function_key(self, name: str) -> str:
        function = self._core.functions.get(name)
        if function is None:
            known = ", ".join(sorted(each.key for each in self._core.functions.list())) or "none"
            raise Refused(f"no function {name} (there are: {known})")
        return function.key

    def _stream(self, table: str) -> Stream:
        with self._core.storage.snapshot() as snapshot:
            found = snapshot.table(DEFAULT_ACCOUNT, self.project.region, table)
        if found is None:
            raise Refused(f"no table {table} (pelton status lists them)")
        if found.stream is None:
            raise Refused(f"table {table} has no stream (set StreamSpecification in its definition)")
        return found.stream

    def _position(self, start: str) -> SequenceNumber:
        if start == "TRIM_HORIZON":
            return SequenceNumber(0)
        if start == "LATEST":
            return self._core.tip()
        if not start.isascii() or not start.isdigit():
            raise Refused(f"--from {start}: give TRIM_HORIZON, LATEST or a sequence number")
        return parse_number(start)

    def _records(self, stream: Stream, after: SequenceNumber, up_to: SequenceNumber) -> list[JsonObject]:
        """Records of all shards in the order of their numbers."""
        found = []
        with self._core.storage.snapshot() as snapshot:
            current = snapshot.stream(stream.arn) or stream
            for shard in current.shards:
                position = after
                while rows := snapshot.records(
                    current, shard.id, after=position, limit=TAIL_RECORDS_MAX, bytes_max=TAIL_BYTES_MAX
                ):
                    position = rows[-1].sequence_number
                    found += [(row.sequence_number, row) for row in rows if row.sequence_number <= up_to]
        writer = RecordWriter(current)
        return [orjson.loads(writer.api_record(row)) for _, row in sorted(found, key=lambda pair: pair[0])]


def trigger_row(core: Core, status: object) -> JsonObject:
    """A shard's status as ``pelton triggers`` shows it."""
    row: JsonObject = asdict(status)  # type: ignore[call-overload]
    function = core.functions.get(row["function_name"])
    row["function"] = function.key if function else row["function_name"]
    row["table"] = row["stream_arn"].split("/")[1]
    return row


def queue_row(core: Core, status: QueueStatus) -> JsonObject:
    """A queue's status as ``pelton triggers`` shows it: beside its own members those that all rows have."""
    function = core.functions.get(status.function_name)
    return {
        **asdict(status),
        "function": function.key if function else status.function_name,
        "table": status.queue,
        "shard": "",
        "lag_records": status.messages,
        "lag_s": status.oldest_s,
    }


def _open_shard(stream: Stream, named: str | None) -> Shard:
    shards = [shard for shard in stream.shards if shard.ending is None]
    chosen = [shard for shard in shards if named in (None, shard.id)]
    if len(chosen) != 1:
        raise Refused(f"name one open shard with --shard: {', '.join(shard.id for shard in shards)}")
    return chosen[0]
