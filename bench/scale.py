"""What ten million items cost: times of PutItem and GetItem beside those on a table of ten thousand.

Two servers on two folders, each with its own caches; requests for random items of the whole table go to
one and then to the other, round by round, over a few connections.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from statistics import median

from bench import wire
from bench.data_folders import fill_with_items
from bench.load import measure, send_all
from bench.plan import Plan
from bench.programs import Pelton, pelton
from bench.rows import Row, at_most, budgeted, median_ratio

_SMALL = 10_000
_LARGE = 1_000_000
_LARGE_WHOLE = 10_000_000
_CONNECTIONS = 8
_REQUESTS = 40_000

Requests = Callable[[int, int], list[bytes]]


def rows(plan: Plan) -> list[Row]:
    """PutItem and GetItem."""
    large = _LARGE_WHOLE if plan.is_whole else _LARGE
    with filled("small", _SMALL, plan) as few, filled("large", large, plan) as many:
        for server, items in ((few, _SMALL), (many, large)):
            measure(server.port, _gets(9, items), connections=_CONNECTIONS, seconds=plan.seconds)
        sides = ((few.port, _SMALL), (many.port, large))
        return [_row("GetItem", _gets, sides, plan), _row("PutItem", _puts, sides, plan)]


def filled(name: str, items: int, plan: Plan) -> AbstractContextManager[Pelton]:
    """A server on a folder with so many items, whose stream began after them."""
    place = plan.place(f"scale-{name}")
    with pelton(place) as server:
        client = server.client("dynamodb")
        send_all(server.port, [wire.create_table()])
        client.update_table(TableName=wire.TABLE, StreamSpecification={"StreamEnabled": False})
    fill_with_items(place / "data", items, plan.say)
    with pelton(place, project=place / "project") as server:
        enabled = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        server.client("dynamodb").update_table(TableName=wire.TABLE, StreamSpecification=enabled)
    return pelton(place, project=place / "project")


def _row(operation: str, requests: Requests, sides: tuple[tuple[int, int], ...], plan: Plan) -> Row:
    p50: list[list[float]] = [[] for _ in sides]
    p99: list[list[float]] = [[] for _ in sides]
    for seed in range(plan.rounds):
        plan.say(f"{operation}, round {seed + 1}")
        for side, (port, items) in enumerate(sides):
            figures = measure(port, requests(seed, items), connections=_CONNECTIONS, seconds=plan.seconds)
            p50[side].append(figures.p50_ms)
            p99[side].append(figures.p99_ms)
    what = f"{operation} on {sides[1][1]:,} items ÷ on {sides[0][1]:,}, {_CONNECTIONS} connections"
    details = f"p50 {median(p50[1]):.2f} ÷ {median(p50[0]):.2f} ms, p99 {median(p99[1]):.2f} ÷ {median(p99[0]):.2f} ms"
    return budgeted(what, median_ratio(p50[1], p50[0]), at_most(1.3, "×"), details)


def _gets(seed: int, items: int) -> list[bytes]:
    return wire.gets(seed, numbers=_some(seed, items))


def _puts(seed: int, items: int) -> list[bytes]:
    return wire.puts(seed + 100, numbers=_some(seed, items))


def _some(seed: int, items: int) -> list[int]:
    chance = random.Random(seed)
    return [chance.randrange(items) for _ in range(_REQUESTS)]
