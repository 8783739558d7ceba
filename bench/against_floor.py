"""What an operation costs over HTTP beside the floor program, which does the same without any check.

Floor and Pelton answer the same load generator in turn, in short alternating rounds. The generator itself is
measured against the floor's empty answer: what is far below that figure is not held back by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench import wire
from bench.load import Figures, measure, send_all
from bench.plan import Plan
from bench.programs import floor, pelton
from bench.rows import Row, at_least, budgeted, median_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One operation over so many connections, with its budget as a share of the floor's ``against``."""

    what: str
    requests: Callable[[int], list[bytes]]
    against: Callable[[int], list[bytes]]
    connections: int
    budget: float


LOADS = (
    Load(what="durable PutItem, 64 connections", requests=wire.puts, against=wire.puts, connections=64, budget=0.65),
    Load(what="durable PutItem, 1 connection", requests=wire.puts, against=wire.puts, connections=1, budget=0.60),
    Load(what="GetItem, 64 connections", requests=wire.gets, against=wire.gets, connections=64, budget=0.45),
    Load(
        what="conditional UpdateItem with ADD and ALL_NEW, 64 connections, to the floor's put",
        requests=wire.updates,
        against=wire.puts,
        connections=64,
        budget=0.45,
    ),
)


def rows(plan: Plan) -> list[Row]:
    """The generator alone, then each load."""
    place = plan.place("floor")
    with floor(place) as lowest, pelton(plan.place("pelton")) as server:
        generator = measure(lowest, [wire.request("Nothing", {})], connections=64, seconds=plan.seconds)
        send_all(server.port, [wire.create_table()])
        send_all(server.port, list(wire.batches(9)), connections=8)
        send_all(lowest, wire.puts(9), connections=64)
        found = [_row(load, lowest, server.port, plan) for load in LOADS]
    return [_generator_row(generator), *found]


def _row(load: Load, lowest: int, port: int, plan: Plan) -> Row:
    """Rounds of floor and Pelton in turn."""
    floors: list[Figures] = []
    own: list[Figures] = []
    for seed in range(plan.rounds):
        plan.say(f"{load.what}, round {seed + 1}")
        for target, requests, figures in ((lowest, load.against, floors), (port, load.requests, own)):
            found = measure(target, requests(seed), connections=load.connections, seconds=plan.seconds)
            figures.append(found)
    rates = [each.per_s for each in own]
    lowest_rates = [each.per_s for each in floors]
    times = f"p50 {median(each.p50_ms for each in own):.2f} ms, p99 {median(each.p99_ms for each in own):.1f} ms"
    details = f"{median(rates):,.0f}/s, floor {median(lowest_rates):,.0f}/s; {times}"
    return budgeted(load.what, median_ratio(rates, lowest_rates), at_least(load.budget, "% of the floor"), details)


def _generator_row(figures: Figures) -> Row:
    return Row(
        what="the load generator alone, 64 connections",
        measured=figures.per_s,
        unit="/s",
        details="against the floor program's empty answer",
    )
