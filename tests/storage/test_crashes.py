"""Kill the writer at named points and at random moments: acknowledged writes are there, others whole or absent."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pelton.storage.check import check
from tests.storage.storing import opened, replayed, stored, table_of

WRITER = "tests.storage.crashing_writer"
ROOT = Path(__file__).parents[2]


def run(folder: Path, point: str, count: int, kill_after: int | None = None) -> int:
    """Let the writer run until it is dead; the last number it acknowledged."""
    command = [sys.executable, "-m", WRITER, str(folder), point, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = 0
        for line in writer.stdout:
            acknowledged = int(line)
            if acknowledged == kill_after:
                os.kill(writer.pid, signal.SIGKILL)
    assert writer.returncode == -signal.SIGKILL
    return acknowledged


def expect_whole(folder: Path, acknowledged: int) -> None:
    """The state is the one of the last acknowledged write, or of the one under way."""
    assert check(folder).problems == ()
    with opened(folder) as storage:
        table = stored(storage)
        stream = table_of(storage.snapshot()).stream
        assert stream is not None
        assert replayed(storage, stream) == table
    assert table.get("left") == table.get("right")
    number = int(table.get("left", "0").rstrip("x"))
    assert number in (acknowledged, acknowledged + 1)


@pytest.mark.parametrize(
    ("point", "count"),
    [
        ("write-wal", 1),  # before the first byte of a batch
        ("write-wal", 30),  # in the middle of one
        ("sync-wal", 5),  # all written, nothing synced
        ("write-database", 4),  # in the middle of a checkpoint
        ("sync-database", 2),  # a checkpoint written, not synced
    ],
)
def test_a_kill_at_a_named_point_leaves_whole_writes(tmp_path: Path, point: str, count: int) -> None:
    acknowledged = run(tmp_path, point, count)

    expect_whole(tmp_path, acknowledged)


def test_a_kill_at_a_random_moment_leaves_whole_writes(tmp_path: Path) -> None:
    acknowledged = run(tmp_path, "none", 0, kill_after=random.Random().randrange(1, 400))

    expect_whole(tmp_path, acknowledged)
