"""What is measured once of each peer: how it starts, what it holds in memory, how it reads, reacts and survives."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import wire
from bench.load import send_all
from bench.peers.catalog import Peer
from bench.peers.loads import definition, until_active
from bench.peers.running import DidNotAnswer, RunningPeer, running
from bench.rows import percentile

_STREAMS = "DynamoDBStreams_20120810"
#: 100 MB in items of some 4 KB.
_SCANNED, _SCANNED_BYTES = 25_000, 4_000
_RECORDS = 20_000
_WRITES = 60
_GAP_S = 0.05
_REACTION_S = 20.0
_SURVIVORS = 500
_HANDLER = """
import time
from pathlib import Path


def handler(event, context):
    entered = time.time()
    with Path({notes!r}).open("a") as notes:
        for record in event["Records"]:
            notes.write(record["dynamodb"]["Keys"]["id"]["S"] + f" {{entered!r}}\\n")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One figure of a peer that is not a rate of single operations."""

    name: str
    measure: Callable[[RunningPeer, Path], str]


def creation(peer: RunningPeer, _folder: Path) -> str:
    """From CreateTable to ACTIVE, the median of ten."""
    times = []
    for number in range(10):
        began = time.perf_counter()
        peer.ask("CreateTable", definition(f"made{number}", ["id"], 0, has_stream=peer.peer.has_stream))
        until_active(peer, f"made{number}")
        times.append(time.perf_counter() - began)
    return f"{percentile(times, 50) * 1000:.1f} ms"


def scan(peer: RunningPeer, _folder: Path) -> str:
    """All of 100 MB, page by page over one connection."""
    peer.ask("CreateTable", definition("scanned", ["id"], 0, has_stream=False))
    until_active(peer, "scanned")
    padding = "x" * _SCANNED_BYTES
    items = ({"id": {"S": wire.identifier(number)}, "padding": {"S": padding}} for number in range(_SCANNED))
    send_all(peer.port, list(wire.batches_of("scanned", items)), connections=4)
    client = peer.client("dynamodb")
    began = time.perf_counter()
    pages = client.get_paginator("scan").paginate(TableName="scanned")
    found = sum(page["Count"] for page in pages)
    taken = time.perf_counter() - began
    if found != _SCANNED:
        raise DidNotAnswer(f"{found:,} of {_SCANNED:,} items")
    return f"{_SCANNED * _SCANNED_BYTES / 1e6 / taken:,.0f} MB/s"


def records(peer: RunningPeer, _folder: Path) -> str:
    """GetRecords from the stream's beginning, a thousand at a time."""
    if not peer.peer.has_stream:
        return "no streams"
    peer.ask("CreateTable", definition("streamed", ["id"], 0, has_stream=True))
    until_active(peer, "streamed")
    send_all(peer.port, list(wire.batches(3, "streamed", range(_RECORDS))), connections=4)
    began = time.perf_counter()
    found = sum(len(page) for page in _read_stream(peer, "streamed"))
    taken = time.perf_counter() - began
    note = "" if found == _RECORDS else f" ({found:,} of {_RECORDS:,})"
    return f"{found / taken:,.0f} records/s{note}"


def reaction(peer: RunningPeer, folder: Path) -> str:
    """From a write's answer to the entry of the function it triggers, made through Lambda's API."""
    if not peer.peer.has_stream:
        return "no triggers"
    notes = folder / "entered"
    notes.touch()
    peer.ask("CreateTable", definition("watched", ["id"], 0, has_stream=True))
    until_active(peer, "watched")
    _react(peer, _HANDLER.format(notes=str(notes)))
    _until_entered(peer, notes, "warm")
    answered = {}
    for number in range(_WRITES):
        identifier = f"write{number}"
        peer.ask("PutItem", {"TableName": "watched", "Item": {"id": {"S": identifier}}})
        answered[identifier] = time.time()
        time.sleep(_GAP_S)
    _until_entered(peer, notes, "last")
    entered = _entered(notes)
    delays = [max(entered[name] - moment, 0.0) * 1000 for name, moment in answered.items() if name in entered]
    lost = "" if len(delays) == _WRITES else f", {_WRITES - len(delays)} of {_WRITES} lost"
    return f"p50 {percentile(delays, 50):.2f} ms, p99 {percentile(delays, 99):.1f} ms{lost}"


def survival(peer: Peer, folder: Path) -> str:
    """Of so many acknowledged writes, how many are there after ``kill -9`` and a new start."""
    if not peer.keeps_data:
        return "in memory: all is lost"
    with running(peer, folder) as first:
        first.ask("CreateTable", definition("kept", ["id"], 0, has_stream=False))
        until_active(first, "kept")
        for number in range(_SURVIVORS):
            first.ask("PutItem", {"TableName": "kept", "Item": {"id": {"S": str(number)}}})
        first.kill()
    with running(peer, folder) as second:
        try:
            found = second.ask("Scan", {"TableName": "kept", "Select": "COUNT"})["Count"]
        except DidNotAnswer:
            found = 0
    return "all there" if found == _SURVIVORS else f"{_SURVIVORS - found} of {_SURVIVORS} writes lost"


PROPERTIES = (
    Property(name="CreateTable to ACTIVE", measure=creation),
    Property(name="Scan of 100 MB", measure=scan),
    Property(name="GetRecords", measure=records),
    Property(name="write → function entered", measure=reaction),
)


def _read_stream(peer: RunningPeer, table: str) -> Any:
    """Pages of records, until a shard has no more."""
    arn = peer.ask("DescribeTable", {"TableName": table})["Table"]["LatestStreamArn"]
    shards = peer.ask("DescribeStream", {"StreamArn": arn}, _STREAMS)["StreamDescription"]["Shards"]
    for shard in shards:
        where = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = peer.ask("GetShardIterator", where, _STREAMS)["ShardIterator"]
        while iterator:
            answer = peer.ask("GetRecords", {"ShardIterator": iterator}, _STREAMS)
            if not answer["Records"]:
                break
            yield answer["Records"]
            iterator = answer.get("NextShardIterator")


def _react(peer: RunningPeer, handler: str) -> None:
    """Create the function and its trigger; what the client raises is the row."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", handler)
    client = peer.client("lambda")
    client.create_function(
        FunctionName="react",
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/react",
        Code={"ZipFile": buffer.getvalue()},
        Timeout=10,
    )
    arn = peer.ask("DescribeTable", {"TableName": "watched"})["Table"]["LatestStreamArn"]
    client.create_event_source_mapping(FunctionName="react", EventSourceArn=arn, StartingPosition="TRIM_HORIZON")


def _until_entered(peer: RunningPeer, notes: Path, identifier: str) -> None:
    """Write an item and wait until the function saw it.

    Raises:
        DidNotAnswer: it does not in time.
    """
    peer.ask("PutItem", {"TableName": "watched", "Item": {"id": {"S": identifier}}})
    deadline = time.monotonic() + _REACTION_S
    while identifier not in _entered(notes):
        if time.monotonic() > deadline:
            raise DidNotAnswer(f"the function is not entered within {_REACTION_S:g} s")
        time.sleep(_GAP_S)


def _entered(notes: Path) -> dict[str, float]:
    """When the function was entered first with each item."""
    found: dict[str, float] = {}
    for line in notes.read_text(encoding="utf-8").splitlines():
        identifier, _, moment = line.partition(" ")
        found.setdefault(identifier, float(moment))
    return found
