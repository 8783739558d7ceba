"""Rates of the larger operations: Query, TransactWriteItems, and puts into a table with three indexes."""

from __future__ import annotations

from statistics import median

from bench import wire
from bench.load import Figures, measure, send_all
from bench.plan import Plan
from bench.programs import pelton
from bench.rows import Budget, Row, at_least, budgeted, median_ratio

_PARTITIONS = 500
_TRANSACTIONS = 2_000
_CONNECTIONS = 16
_PUT_CONNECTIONS = 64


def rows(plan: Plan) -> list[Row]:
    """Two rates and one ratio."""
    with pelton(plan.place("operations")) as server:
        tables = [wire.create_table(), wire.create_partitioned_table("parts"), wire.create_indexed_table("indexed")]
        send_all(server.port, tables)
        for filling in (wire.batches(9), wire.partition_batches(9, "parts", _PARTITIONS), wire.batches(9, "indexed")):
            send_all(server.port, list(filling), connections=8)
        return [_queries(server.port, plan), _transactions(server.port, plan), _indexed_puts(server.port, plan)]


def _queries(port: int, plan: Plan) -> Row:
    figures = []
    for seed in range(plan.rounds):
        plan.say(f"Query, round {seed + 1}")
        requests = wire.queries(seed, "parts", _PARTITIONS)
        figures.append(measure(port, requests, connections=_CONNECTIONS, seconds=plan.seconds))
    what = f"Query of {wire.PARTITION_ITEMS} items of {wire.BODY_BYTES} bytes, {_CONNECTIONS} connections"
    return _rate_row(what, figures, at_least(1_500, "/s"))


def _transactions(port: int, plan: Plan) -> Row:
    figures = []
    for seed in range(plan.rounds):
        plan.say(f"TransactWriteItems, round {seed + 1}")
        # Each token is used once: what is repeated would be answered from memory.
        figures.append(send_all(port, wire.transactions(seed, wire.TABLE, _TRANSACTIONS), connections=_CONNECTIONS))
    what = f"TransactWriteItems of {wire.TRANSACTION_PUTS} puts, {_CONNECTIONS} connections"
    return _rate_row(what, figures, at_least(800, "/s"))


def _indexed_puts(port: int, plan: Plan) -> Row:
    rates: list[list[float]] = [[], []]
    for seed in range(plan.rounds):
        for side, table in enumerate(("indexed", wire.TABLE)):
            plan.say(f"PutItem into {table}, round {seed + 1}")
            requests = wire.puts(seed, table)
            figures = measure(port, requests, connections=_PUT_CONNECTIONS, seconds=plan.seconds)
            rates[side].append(figures.per_s)
    return budgeted(
        f"PutItem into a table with 3 indexes ÷ with none, {_PUT_CONNECTIONS} connections",
        median_ratio(*rates),
        at_least(0.40, "% of the rate"),
        f"{median(rates[0]):,.0f}/s, with none {median(rates[1]):,.0f}/s; whole items, two index rows move",
    )


def _rate_row(what: str, figures: list[Figures], budget: Budget) -> Row:
    times = (
        f"p50 {median(each.p50_ms for each in figures):.1f} ms, p99 {median(each.p99_ms for each in figures):.1f} ms"
    )
    return budgeted(what, median(each.per_s for each in figures), budget, times)
