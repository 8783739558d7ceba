"""Money moved by many clients at once, with auditors who read all accounts: transactions are atomic and isolated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNTS = 6
BALANCE = 100
MOVERS = 4


@pytest.fixture
def bank(client: Any) -> Iterator[Any]:
    client.create_table(
        TableName="bank",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(ACCOUNTS):
        client.put_item(TableName="bank", Item={**account(number), "balance": {"N": str(BALANCE)}})
    yield client
    client.delete_table(TableName="bank")


def account(number: int) -> dict[str, Any]:
    return {"id": {"S": f"account {number}"}}


def change(number: int, amount: int, condition: dict[str, Any]) -> dict[str, Any]:
    values = {":amount": {"N": str(amount)}}
    return {
        "Update": {
            "TableName": "bank",
            "Key": account(number),
            "UpdateExpression": "ADD balance :amount",
            "ExpressionAttributeValues": {**values, **condition.pop("values", {})},
            **condition,
        }
    }


def transfer(client: Any, name: str, random: Random) -> bool:
    """Move some money; whether the payer had it."""
    payer, payee = random.sample(range(ACCOUNTS), 2)
    amount = random.randint(1, BALANCE)
    can_pay = {"ConditionExpression": "balance >= :least", "values": {":least": {"N": str(amount)}}}
    receipt = {"TableName": "bank", "Item": {"id": {"S": name}, "amount": {"N": str(amount)}}}
    try:
        client.transact_write_items(
            TransactItems=[change(payer, -amount, can_pay), change(payee, amount, {}), {"Put": receipt}]
        )
    except ClientError as refused:
        assert [reason["Code"] for reason in refused.response["CancellationReasons"]] == [  # type: ignore[typeddict-item]
            "ConditionalCheckFailed",
            "None",
            "None",
        ]
        return False
    return True


def balances(client: Any) -> list[int]:
    gets = [{"Get": {"TableName": "bank", "Key": account(number)}} for number in range(ACCOUNTS)]
    return [int(found["Item"]["balance"]["N"]) for found in client.transact_get_items(TransactItems=gets)["Responses"]]


def run_bank(bank: Any, transfers: int) -> None:
    is_over = Event()

    def move(mover: int) -> int:
        random = Random(mover)
        return sum(transfer(bank, f"{mover}/{number}", random) for number in range(transfers))

    def audit(_auditor: int) -> list[list[int]]:
        seen = []
        while not (is_over.is_set() and seen):
            seen.append(balances(bank))
        return seen

    with ThreadPoolExecutor(MOVERS + 2) as pool:
        auditing: Iterator[list[list[int]]] = pool.map(audit, range(2))
        moved = sum(pool.map(move, range(MOVERS)))
        is_over.set()
        seen = [each for audited in auditing for each in audited]

    assert all(sum(each) == ACCOUNTS * BALANCE and min(each) >= 0 for each in seen)
    assert sum(balances(bank)) == ACCOUNTS * BALANCE
    # No receipt without its transfer, and none of a transfer that was refused.
    assert bank.get_paginator("scan").paginate(TableName="bank", Select="COUNT").build_full_result()["Count"] == (
        ACCOUNTS + moved
    )


def test_money_is_neither_made_nor_lost_nor_seen_on_its_way(bank: Any) -> None:
    run_bank(bank, transfers=15)


@pytest.mark.proof
def test_no_audit_of_thousands_sees_half_a_transfer(bank: Any) -> None:
    run_bank(bank, transfers=1500)


def test_no_writer_ever_meets_a_transaction(bank: Any) -> None:
    """One request is decided after the other: TransactionConflict does not come."""

    def write(number: int) -> Callable[[], Any]:
        if number % 2:
            return lambda: bank.update_item(TableName="bank", Key=account(0), AttributeUpdates=ADD_ONE)
        return lambda: bank.transact_write_items(TransactItems=[change(0, 1, {}), change(1, 1, {})])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write(number)(), range(40)))

    assert balances(bank)[:2] == [BALANCE + 40, BALANCE + 20]


ADD_ONE = {"balance": {"Action": "ADD", "Value": {"N": "1"}}}
