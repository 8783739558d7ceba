"""One stream that feeds ten functions: what it costs the writer, whether each function sees every record, and
how many commits the functions' own rows add.

Two tables of one server are written at the same rate in turn: one whose stream ten functions follow, one whose
stream nobody follows. Commits are counted where SQLite counts them: its write-ahead log's index holds a number
that grows by one with each transaction (sqlite.org/walformat.html, «iChange»).
"""

from __future__ import annotations

import time
from pathlib import Path

from bench import wire
from bench.load import Figures, measure
from bench.plan import Plan
from bench.programs import Pelton, pelton
from bench.projects import StreamFunction, write_project
from bench.rows import Row, at_least, at_most, budgeted, median_ratio
from pelton.storage.folder import DATABASE

_FUNCTIONS = 10
_PER_S = 2_000
_CONNECTIONS = 64
_FOLLOWED, _PLAIN = "followed", "plain"
_SETTLE_S = 120.0
#: Writes a second while commits are counted, one at a time, so that each is one commit.
_COUNTED_RATES = (5, 50)
_CHANGES_AT = 8  #: the counter's place in the index: four bytes in the machine's order
_HANDLER = """
import os
from pathlib import Path

NOTES = (Path(__file__).parent / ("seen-" + os.environ["AWS_LAMBDA_FUNCTION_NAME"])).open("a", buffering=1)


def handler(event, context):
    NOTES.write(" ".join(record["dynamodb"]["SequenceNumber"] for record in event["Records"]) + "\\n")
"""


def rows(plan: Plan) -> list[Row]:
    """The writer's rate, completeness, and commits."""
    place = plan.place("fan-out")
    functions = [StreamFunction(name=f"follow{number}", table=_FOLLOWED) for number in range(_FUNCTIONS)]
    project = write_project(place / "project", [_FOLLOWED, _PLAIN], functions, _HANDLER)
    with pelton(place, project=project) as server:
        _write(server, _FOLLOWED, 50, 1.0)
        rounds = [_round(server, number, plan) for number in range(plan.rounds)]
        extra = {rate: _extra_commits(server, rate, plan) for rate in _COUNTED_RATES}
        written = _records_of(server, _FOLLOWED)
    seen = [set(file.read_text(encoding="utf-8").split()) for file in sorted(project.glob("seen-*"))]
    return [_rate_row(rounds), _seen_row(seen, written), _commits_row(extra)]


def _round(server: Pelton, number: int, plan: Plan) -> tuple[Figures, Figures]:
    plan.say(f"round {number + 1}")
    followed = _write(server, _FOLLOWED, _PER_S, plan.seconds)
    server.settle(_SETTLE_S)
    plain = _write(server, _PLAIN, _PER_S, plan.seconds)
    return followed, plain


def _write(server: Pelton, table: str, rate: float, seconds: float, connections: int = _CONNECTIONS) -> Figures:
    """Changes at a rate; every one is of its own, or it would leave no record."""
    requests = wire.puts(time.perf_counter_ns(), table)
    return measure(server.port, requests, connections=connections, seconds=seconds, rate=rate)


def _extra_commits(server: Pelton, rate: float, plan: Plan) -> float:
    """Commits a second beyond those of the writes."""
    plan.say(f"counting commits at {rate} writes a second")
    server.settle(_SETTLE_S)
    time.sleep(1.0)  # What rode behind the last commit is stored.
    before, began = _commits(server.data_dir), time.perf_counter()
    figures = _write(server, _FOLLOWED, rate, max(plan.seconds, 4.0), connections=1)
    seconds = time.perf_counter() - began
    return (_commits(server.data_dir) - before - figures.requests) / seconds


def _commits(data_dir: Path) -> int:
    """How many transactions SQLite has committed, as its log's index counts them."""
    with (data_dir / f"{DATABASE}-shm").open("rb") as file:
        file.seek(_CHANGES_AT)
        return int.from_bytes(file.read(4), "little")


def _records_of(server: Pelton, table: str) -> set[str]:
    """The sequence numbers of all of a stream's records, as its API tells them."""
    client = server.client("dynamodbstreams")
    (stream,) = client.list_streams(TableName=table)["Streams"]
    description = client.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
    numbers: set[str] = set()
    for shard in description["Shards"]:
        asked = {"StreamArn": stream["StreamArn"], "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = client.get_shard_iterator(**asked)["ShardIterator"]
        while page := client.get_records(ShardIterator=iterator):
            numbers.update(record["dynamodb"]["SequenceNumber"] for record in page["Records"])
            iterator = page.get("NextShardIterator")
            if not iterator or not page["Records"]:
                break
    return numbers


def _rate_row(rounds: list[tuple[Figures, Figures]]) -> Row:
    rates = [[figures.per_s for figures in side] for side in zip(*rounds, strict=True)]
    tails = ["/".join(f"{figures.p99_ms:.0f}" for figures in side) for side in zip(*rounds, strict=True)]
    return budgeted(
        f"{_FUNCTIONS} functions on one stream: the writer's rate ÷ with none, {_PER_S:,} writes/s offered",
        median_ratio(*rates),
        at_least(0.85, "% of the rate"),
        f"p99 {tails[0]} ms with, {tails[1]} ms without",
    )


def _seen_row(seen: list[set[str]], written: set[str]) -> Row:
    shares = [len(numbers & written) / len(written) for numbers in seen] + [0.0] * (_FUNCTIONS - len(seen))
    return budgeted(
        "the same: records seen by the function that saw fewest",
        min(shares),
        at_least(1.0, "% of the records"),
        f"{len(written):,} records, {_FUNCTIONS} functions",
    )


def _commits_row(extra: dict[int, float]) -> Row:
    details = ", ".join(f"{commits:.1f}/s at {rate} writes/s" for rate, commits in extra.items())
    return budgeted(
        "the same: commits of checkpoint and invocation rows alone",
        max(extra.values()) / 10,
        at_most(1, "per 100 ms"),
        details,
    )
