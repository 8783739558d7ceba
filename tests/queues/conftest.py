"""The queue tests' nouns: a Pelton in one thread, its SQS client, and the URL of a queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pelton.testing import LocalPelton


@pytest.fixture
def pelton() -> Iterator[LocalPelton]:
    with LocalPelton() as local:
        yield local


@pytest.fixture
def sqs(pelton: LocalPelton) -> Any:
    return pelton.client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    made: str = sqs.create_queue(QueueName="orders")["QueueUrl"]
    return made


@pytest.fixture(scope="module")
def standing() -> Iterator[Any]:
    """The client of a Pelton that all refusals of a module share: a refused request changes nothing."""
    with LocalPelton() as local:
        client = local.client("sqs")
        client.create_queue(QueueName="orders")
        yield client
