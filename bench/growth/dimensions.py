"""The things that grow, one function each: it makes them grow, and measures at each size.

Latencies are medians of one round of puts and gets over 8 connections, on the table ``wire.TABLE`` with its stream.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import wire
from bench.data_folders import fill_with_records
from bench.growth.curves import Curve, Growth
from bench.load import measure, send_all
from bench.plan import Plan
from bench.processes import resident_mb, tree_cpu_s
from bench.programs import Pelton, pelton
from bench.projects import StreamFunction, write_project
from bench.scale import filled
from pelton.settings import DAY_MS
from pelton.storage.folder import DATABASE

_CONNECTIONS = 8
_HANDLER = "def handler(event, context):\n    pass\n"
_CALM_S = 5.0
#: What is retained ends so long ago, and is not of age for as long.
_MARGIN_MS = 30 * 60_000


def items(plan: Plan) -> Growth:
    """Items in the table."""
    sizes = [10_000, 100_000, 1_000_000, *([10_000_000] if plan.is_whole else [])]
    found = Growth(name="items", what="items in the table", curves=_latencies())
    for size in sizes:
        plan.say(f"{size:,} items")
        with filled(f"{size}", size, plan) as server:
            found.note(size, *_measured(server, plan, size))
    return found


def records(plan: Plan) -> Growth:
    """Retained records, of the last day but half an hour at either end; the first are those that made the items."""
    more = [1_000_000, 2_000_000, 4_000_000] if plan.is_whole else [100_000, 400_000]
    place = plan.place("records")
    curves = [*_latencies(), Curve(name="GetRecords of 100 at the oldest, p50", unit="ms")]
    curves += [Curve(name="the file, for each record (items are in the first)", unit="bytes", is_drawn=False)]
    found = Growth(name="records", what="retained records", curves=curves)
    with pelton(place) as server:
        send_all(server.port, [wire.create_table()])
    empty = _file_bytes(place)
    with pelton(place, project=place / "project") as server:
        send_all(server.port, list(wire.batches(1)))
    span_ms = (DAY_MS - 2 * _MARGIN_MS) // len(more)
    for step, size in enumerate([wire.ITEMS, *more]):
        plan.say(f"{size:,} records")
        if step:
            first_ms = int(time.time() * 1000) - DAY_MS + _MARGIN_MS + span_ms * (step - 1)
            fill_with_records(place / "data", size - found.sizes[-1], first_ms=first_ms, last_ms=first_ms + span_ms)
        each = (_file_bytes(place) - empty) / size
        with pelton(place, project=place / "project") as server:
            found.note(size, *_measured(server, plan), _read_ms(server, plan), each)
    return found


def tables(plan: Plan) -> Growth:
    """Tables, each with a stream; puts go to all of them in turn."""
    sizes = [1, 10, 100, 1_000]
    curves = [*_latencies(), Curve(name="memory of the server", unit="MB", is_drawn=False)]
    curves += [Curve(name="CreateTable, p50", unit="ms")]
    found = Growth(name="tables", what="tables", curves=curves)
    with pelton(plan.place("tables")) as server:
        first = send_all(server.port, [wire.create_table()])
        send_all(server.port, list(wire.batches(1)))
        for before, size in zip([1, *sizes], sizes, strict=False):
            plan.say(f"{size:,} tables")
            names = [f"table{number}" for number in range(before, size)]
            made = send_all(server.port, [wire.create_table(name) for name in names]) if names else first
            found.note(size, *_measured(server, plan), resident_mb(server.pid), made.p50_ms)
    return found


def connections(plan: Plan) -> Growth:
    """Connections that all ask at once: the time of one answer rises with them, their sum must not fall."""
    curves = [Curve(name="puts a second, all together", unit="/s"), Curve(name="gets a second", unit="/s")]
    curves += [Curve(name=f"{kind}, p99", unit="ms", is_drawn=False) for kind in ("PutItem", "GetItem")]
    curves += [Curve(name="memory of the server", unit="MB", is_drawn=False)]
    found = Growth(name="connections", what="connections", curves=curves)
    with pelton(plan.place("connections")) as server:
        send_all(server.port, [wire.create_table(), *wire.batches(1)])
        for size in (1, 8, 64, 256, 1_000, 2_000):
            plan.say(f"{size:,} connections")
            puts = measure(server.port, wire.puts(size), connections=size, seconds=plan.seconds)
            gets = measure(server.port, wire.gets(size), connections=size, seconds=plan.seconds)
            found.note(size, puts.per_s, gets.per_s, puts.p99_ms, gets.p99_ms, resident_mb(server.pid))
    return found


def triggers(plan: Plan) -> Growth:
    """Idle triggers, on ten other tables."""
    curves = [*_latencies(), Curve(name="memory of the server", unit="MB", is_drawn=False)]
    curves += [Curve(name="CPU of all processes, idle", unit="% of a core", is_drawn=False)]
    found = Growth(name="triggers", what="idle triggers", curves=curves)
    for size in (1, 10, 50, 200):
        plan.say(f"{size:,} triggers")
        place = plan.place(f"triggers-{size}")
        others = [f"table{number}" for number in range(min(size, 10))]
        functions = [
            StreamFunction(name=f"function{number}", table=others[number % len(others)]) for number in range(size)
        ]
        project = write_project(place / "project", others, functions, _HANDLER)
        with pelton(place, project=project) as server:
            send_all(server.port, [wire.create_table(), *wire.batches(1)])
            time.sleep(_CALM_S)
            before, began = tree_cpu_s(server.pid), time.perf_counter()
            time.sleep(_CALM_S)
            share = (tree_cpu_s(server.pid) - before) / (time.perf_counter() - began)
            found.note(size, *_measured(server, plan), resident_mb(server.pid), max(share, 1e-4))
    return found


def sizes(plan: Plan) -> Growth:
    """The size of an item."""
    found = Growth(name="sizes", what="bytes of an item", curves=_latencies())
    with pelton(plan.place("sizes")) as server:
        send_all(server.port, [wire.create_table()])
        for size in (100, 1_000, 10_000, 100_000, 400_000):
            plan.say(f"{size:,} bytes")
            numbers = range(min(2_000, max(20_000_000 // size, 50)))
            puts = [_sized_put(number, size, turn) for turn in range(2) for number in numbers]
            send_all(server.port, puts[: len(numbers)])
            gets = wire.gets(size, numbers=numbers)
            found.note(size, *(_p50_ms(server, requests, plan) for requests in (puts, gets)))
    return found


DIMENSIONS: Sequence[Callable[[Plan], Growth]] = (items, records, tables, connections, triggers, sizes)


def _latencies() -> list[Curve]:
    return [Curve(name=f"{operation}, p50", unit="ms") for operation in ("PutItem", "GetItem")]


def _measured(server: Pelton, plan: Plan, items_count: int = wire.ITEMS) -> tuple[float, float]:
    chance = random.Random(items_count)
    numbers = [chance.randrange(items_count) for _ in range(wire.ITEMS)]
    return (
        _p50_ms(server, wire.puts(3, numbers=numbers), plan),
        _p50_ms(server, wire.gets(4, numbers=numbers), plan),
    )


def _p50_ms(server: Pelton, requests: Sequence[bytes], plan: Plan) -> float:
    measure(server.port, requests, connections=_CONNECTIONS, seconds=plan.seconds / 4)
    return measure(server.port, requests, connections=_CONNECTIONS, seconds=plan.seconds).p50_ms


def _read_ms(server: Pelton, plan: Plan) -> float:
    """A read of the oldest hundred records."""
    streams = server.client("dynamodbstreams")
    arn = streams.list_streams(TableName=wire.TABLE)["Streams"][0]["StreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    place = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    asked = wire.request("GetRecords", {"ShardIterator": place["ShardIterator"], "Limit": 100})
    return _p50_ms(server, [asked.replace(b"DynamoDB_20120810.", b"DynamoDBStreams_20120810.", 1)], plan)


def _file_bytes(place: Path) -> int:
    return (place / "data" / DATABASE).stat().st_size


def _sized_put(number: int, size: int, turn: int) -> bytes:
    item = {"id": {"S": wire.identifier(number)}, "turn": {"N": str(turn)}, "text": {"S": "x" * (size - 30)}}
    return wire.request("PutItem", {"TableName": wire.TABLE, "Item": item})
