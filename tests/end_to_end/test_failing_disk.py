"""A disk that fails under a running Pelton: what can be waited for is refused, what cannot ends it with one line."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.end_to_end.recording import recording_project
from tests.end_to_end.running import Up, run_pelton, wait_for

DISK_FAILED = 3


def failing_up(project: Path, data_dir: Path, fault: Path) -> Up:
    command = [sys.executable, "-m", "tests.end_to_end.faulty_up", str(project), str(data_dir), str(fault)]
    return Up(project, data_dir, command=command)


def put(client: Any, number: int) -> str:
    """How it ended; the item is large, so that few pages stay in a cache."""
    try:
        client.put_item(TableName="things", Item={"id": {"S": str(number)}, "body": {"S": "x" * 40_000}})
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except BotoCoreError:
        return "lost"
    return "stored"


def scanned(client: Any) -> set[int]:
    pages = client.get_paginator("scan").paginate(TableName="things", ProjectionExpression="id")
    return {int(item["id"]["S"]) for page in pages for item in page["Items"]}


def attempt(action: str, client: Any) -> None:
    """Do what meets the fault; how that looks to the client does not matter: the process is about to end."""
    with contextlib.suppress(ClientError, BotoCoreError):
        scanned(client) if action == "read" else put(client, 1000)


@pytest.mark.parametrize("fault", ["sync wal fsync", "write wal io", "read database io"])
def test_a_disk_that_cannot_be_trusted_ends_it_with_one_line_and_the_next_start_recovers(
    tmp_path: Path, fault: str
) -> None:
    project = recording_project(tmp_path / "project", "first")
    switch = tmp_path / "fault"
    with Up(project, tmp_path / "data", "--no-watch") as up:
        client = up.client("dynamodb")
        items = 600 if fault.startswith("read") else 20  # More than the caches of a server hold, where it is to read.
        stored = {number for number in range(items) if put(client, number) == "stored"}
    up = failing_up(project, tmp_path / "data", switch)
    stored |= {number for number in range(items, items + 20) if put(up.client("dynamodb"), number) == "stored"}

    switch.write_text(fault)
    attempt(fault.split()[0], up.client("dynamodb"))

    assert up.ended_within(10)
    assert up.stop() == DISK_FAILED
    assert [line for line in up.talk if "The data folder failed: Pelton stops." in line] == up.talk[-1:]
    assert run_pelton("check", "--data-dir", str(tmp_path / "data")).returncode == 0
    with Up(project, tmp_path / "data", "--no-watch") as again:
        assert scanned(again.client("dynamodb")) - {1000} == stored


@pytest.mark.parametrize("fault", ["write wal read-only", "write wal full"])
def test_a_disk_that_takes_no_writes_refuses_them_serves_reads_and_heals(tmp_path: Path, fault: str) -> None:
    project = recording_project(tmp_path / "project", "first")
    switch = tmp_path / "fault"
    with failing_up(project, tmp_path / "data", switch) as up:
        client = up.client("dynamodb")
        assert put(client, 1) == "stored"

        switch.write_text(fault)
        assert [put(client, number) for number in (2, 3)] == ["InternalServerError"] * 2
        assert scanned(client) == {1}

        switch.unlink()
        assert put(client, 4) == "stored"
        assert scanned(client) == {1, 4}
    assert run_pelton("check", "--data-dir", str(tmp_path / "data")).returncode == 0


@pytest.fixture
def loop_disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A file system of its own in a file: the file and where it is mounted."""
    image, place = tmp_path / "image", tmp_path / "mounted"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    try:
        made = [_ran("mkfs.ext4", "-q", str(image)), _ran("mount", "-o", "loop", str(image), str(place))]
    except OSError:
        made = [False]
    if not all(made):
        pytest.skip("mounting a file system of one's own needs root, mkfs.ext4 and loop devices")
    yield image, place
    _ran("umount", "-l", str(place))


def _ran(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_file_system_that_the_kernel_makes_read_only_loses_nothing(
    loop_disk: tuple[Path, Path], tmp_path: Path
) -> None:
    image, place = loop_disk
    project = recording_project(tmp_path / "project", "first")
    up = Up(project, place / "data", "--no-watch")
    client = up.client("dynamodb")
    stored = {number for number in range(40) if put(client, number) == "stored"}

    assert _ran("mount", "-o", "remount,abort", str(place))  # As after an error of its own.
    outcomes = {put(client, number) for number in range(100, 103)}
    if not up.ended_within(0.5):  # Refused where the kernel refuses the write; ended where it refuses the sync.
        assert outcomes == {"InternalServerError"}
        assert scanned(client) == stored
    up.kill()

    assert _ran("umount", str(place))
    assert _ran("mount", "-o", "loop", str(image), str(place))
    with Up(project, place / "data", "--no-watch") as again:
        assert scanned(again.client("dynamodb")) - set(range(100, 103)) == stored
    assert run_pelton("check", "--data-dir", str(place / "data")).returncode == 0


def test_a_start_on_a_full_disk_is_one_line_and_changes_nothing(loop_disk: tuple[Path, Path], tmp_path: Path) -> None:
    _, place = loop_disk
    project = recording_project(tmp_path / "project", "first")
    with Up(project, place / "data", "--no-watch") as up:
        assert put(up.client("dynamodb"), 1) == "stored"
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 4096)

    ended = run_pelton("up", str(project), *PORTS, "--data-dir", str(place / "data"))
    ballast.unlink()

    assert ended.returncode == 2, ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert "room" in ended.stderr
    with Up(project, place / "data", "--no-watch") as again:
        wait_for(lambda: scanned(again.client("dynamodb")) == {1}, "the item")


PORTS = ("--port", "0", "--http-port", "0", "--companions-port", "0", "--mail-port", "0")
