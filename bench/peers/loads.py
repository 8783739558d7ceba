"""The operations every peer is asked for, and how many it answers in a second.

Each is the same bytes for every peer. What it does is verified once before each round, by an answer that is looked
into; the load generator then holds every answer against its status.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench import wire
from bench.load import Figures, measure, send_all
from bench.peers.running import DidNotAnswer, RunningPeer

#: Items of the table that is read and written; few, so that the slowest peers are filled in time.
ITEMS = 5_000
PARTITIONS = 50
CONNECTIONS = (1, 16, 64)
#: The tables, by what they are for.
PLAIN, SORTED, INDEXED = "plain", "sorted", "indexed"
_INDEXES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One operation: its requests by seed, and what must hold once they were sent."""

    name: str
    requests: Callable[[int], list[bytes]]
    holds: Callable[[RunningPeer], bool]
    connections: Sequence[int] = field(default=CONNECTIONS)


def _has_item(table: str) -> Callable[[RunningPeer], bool]:
    def holds(peer: RunningPeer) -> bool:
        answer = peer.ask("GetItem", {"TableName": table, "Key": {"id": {"S": wire.identifier(1)}}})
        return bool(answer["Item"]["emailAddress"]["S"] == "user1@example.com")

    return holds


def _finds_partition(peer: RunningPeer) -> bool:
    values = {":id": {"S": wire.identifier(1)}}
    body = {"TableName": SORTED, "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": values}
    found = [int(item["number"]["N"]) for item in peer.ask("Query", body)["Items"]]
    return found == list(range(wire.PARTITION_ITEMS))


def _finds_by_index(peer: RunningPeer) -> bool:
    body = {
        "TableName": INDEXED,
        "IndexName": "by_email",
        "KeyConditionExpression": "emailAddress = :e",
        "ExpressionAttributeValues": {":e": {"S": "user1@example.com"}},
    }
    return bool(peer.ask("Query", body)["Count"] == 1)


def _adds(peer: RunningPeer) -> bool:
    """An update is applied to what is stored, and its condition is looked at."""
    key = {"TableName": PLAIN, "Key": {"id": {"S": wire.identifier(1)}}}
    change = {"UpdateExpression": "ADD #c :one", "ExpressionAttributeNames": {"#c": "count"}}
    values = {"ExpressionAttributeValues": {":one": {"N": "1"}}, "ConditionExpression": "attribute_exists(id)"}
    before = int(peer.ask("GetItem", key)["Item"]["count"]["N"])
    after = peer.ask("UpdateItem", {**key, **change, **values, "ReturnValues": "ALL_NEW"})["Attributes"]
    return int(after["count"]["N"]) == before + 1


_NUMBERS = range(ITEMS)

LOADS: Sequence[Load] = (
    Load(name="PutItem", requests=lambda seed: wire.puts(seed, PLAIN, _NUMBERS), holds=_has_item(PLAIN)),
    Load(name="GetItem", requests=lambda seed: wire.gets(seed, PLAIN, _NUMBERS), holds=_has_item(PLAIN)),
    Load(name="UpdateItem, conditional", requests=lambda seed: wire.updates(seed, PLAIN, _NUMBERS), holds=_adds),
    Load(
        name="Query of 100 items", requests=lambda seed: wire.queries(seed, SORTED, PARTITIONS), holds=_finds_partition
    ),
    Load(
        name="BatchWriteItem of 25",
        requests=lambda seed: list(wire.batches(seed, PLAIN, _NUMBERS)),
        holds=_has_item(PLAIN),
    ),
    Load(name="TransactWriteItems of 4", requests=lambda seed: _transactions(seed), holds=_has_item(PLAIN)),
    Load(
        name="PutItem with 2 indexes",
        requests=lambda seed: wire.puts(seed, INDEXED, _NUMBERS),
        holds=_finds_by_index,
    ),
)


def filled(peer: RunningPeer) -> None:
    """Make the tables and put what is read into them.

    Raises:
        DidNotAnswer, RequestsFailed: the peer refuses.
    """
    for table, keys, indexes in ((PLAIN, ["id"], 0), (SORTED, ["id", "number"], 0), (INDEXED, ["id"], _INDEXES)):
        peer.ask("CreateTable", definition(table, keys, indexes, has_stream=peer.peer.has_stream))
        until_active(peer, table)
    send_all(peer.port, list(wire.batches(1, PLAIN, _NUMBERS)), connections=4)
    send_all(peer.port, list(wire.batches(1, INDEXED, _NUMBERS)), connections=4)
    send_all(peer.port, list(wire.partition_batches(1, SORTED, PARTITIONS)), connections=4)


def rate(peer: RunningPeer, load: Load, *, connections: int, seed: int, seconds: float) -> Figures:
    """One round.

    Raises:
        DidNotAnswer, RequestsFailed: an answer was not what it should be: such figures mean nothing.
    """
    figures = measure(peer.port, load.requests(seed), connections=connections, seconds=seconds)
    if not load.holds(peer):
        raise DidNotAnswer(f"{load.name}: the answer is not what was written")
    return figures


def definition(table: str, keys: Sequence[str], indexes: int, *, has_stream: bool) -> dict[str, Any]:
    """CreateTable's body: a stream of new images where the peer has streams."""
    names = ["emailAddress", "count"][:indexes]
    kinds = {"count": "N", "number": "N"}
    body: dict[str, Any] = {
        "TableName": table,
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kinds.get(name, "S")} for name in (*keys, *names)
        ],
        "KeySchema": [
            {"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if has_stream:
        body["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    if names:
        body["GlobalSecondaryIndexes"] = [
            {
                "IndexName": "by_email" if name == "emailAddress" else f"by_{name}",
                "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
            for name in names
        ]
    return body


def until_active(peer: RunningPeer, table: str) -> None:
    """Ask until the table is ACTIVE."""
    while peer.ask("DescribeTable", {"TableName": table})["Table"]["TableStatus"] != "ACTIVE":
        pass


def _transactions(seed: int) -> list[bytes]:
    """Four puts each, without a token: not every peer keeps them."""
    chance = random.Random(seed)
    items = [wire.item(number, chance) for number in _NUMBERS]
    return [
        wire.request(
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": PLAIN, "Item": item}} for item in items[first : first + 4]]},
        )
        for first in range(0, ITEMS, 4)
    ]
