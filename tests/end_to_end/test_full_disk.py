"""A disk that fills while batches are written: refused, never halved, and well again when there is room."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.recording import recording_project
from tests.end_to_end.running import Up, run_pelton, wait_for


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def put_pair(client: Any, number: int) -> str:
    """Two items in one transaction: how it ended."""
    items = [
        {"Put": {"TableName": "things", "Item": {"id": {"S": f"{side}{number}"}, "body": {"S": "x" * 20_000}}}}
        for side in "ab"
    ]
    try:
        client.transact_write_items(TransactItems=items)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "stored"


def ids(client: Any) -> set[str]:
    """All ids in the table."""
    pages = client.get_paginator("scan").paginate(TableName="things", ProjectionExpression="id")
    return {item["id"]["S"] for page in pages for item in page["Items"]}


def test_a_disk_that_fills_leaves_no_half_write_and_pelton_recovers(small_disk: Path, tmp_path: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 4_000_000)
    project = recording_project(tmp_path / "project", "first")
    with Up(project, small_disk / "data", "--no-watch") as up:
        client = up.client("dynamodb")
        with ThreadPoolExecutor(16) as writers:
            outcomes = dict(enumerate(writers.map(lambda number: put_pair(client, number), range(500))))
        stored = {number for number, outcome in outcomes.items() if outcome == "stored"}

        assert 0 < len(stored) < len(outcomes)
        assert set(outcomes.values()) == {"stored", "InternalServerError"}
        assert ids(client) == {f"{side}{number}" for number in stored for side in "ab"}, "reads go on; nothing is half"

        ballast.unlink()
        wait_for(lambda: put_pair(client, 1000) == "stored", "writes to be taken again")

    assert run_pelton("check", "--data-dir", str(small_disk / "data")).returncode == 0
