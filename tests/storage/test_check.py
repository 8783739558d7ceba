"""The check finds what it is there to find."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from pelton.storage.check import check
from tests.storage.storing import now, opened, orders, put


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A stopped folder with a table of ten items and its whole history."""
    with opened(tmp_path) as storage:
        orders(storage, shards=4)
        for number in range(10):
            now(storage, put(f"k{number}", "1"))
    yield tmp_path


def test_a_sound_folder_has_no_problems(folder: Path) -> None:
    report = check(folder)

    assert report.is_consistent
    assert (report.tables, report.items, report.records) == (1, 10, 10)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE counters SET items = 11", "its counter says"),
        ("UPDATE position SET tip = 9", "above the high-water mark"),
        ("UPDATE position SET horizon = 1", "below the trim horizon"),
        ("DELETE FROM log WHERE sequence_number = 4", "its stream makes 9 items"),
        ("UPDATE log SET shard = 99 WHERE sequence_number = 4", "lies outside its shard"),
        ("UPDATE log SET shard = shard % 4 + 1", "a shard of other keys"),
        ("UPDATE log SET created_ms = 1 WHERE sequence_number = 4", "older than the one before"),
        ("DELETE FROM shards WHERE number = 2", "do not cover every key once"),
        ("UPDATE items_1 SET body = replace(body, '\"1\"', '\"2\"') WHERE rowid = 3", "is not what its newest record"),
        ("UPDATE items_1 SET key = x'00' WHERE rowid = 3", "has another key"),
        ("DELETE FROM items_1 WHERE rowid = 3", "is not what its newest record"),
    ],
)
def test_damage_is_named(folder: Path, damage: str, problem: str) -> None:
    connection = apsw.Connection(str(folder / "pelton.db"))
    connection.execute(damage)
    connection.close()

    assert any(problem in found for found in check(folder).problems)


def test_a_folder_without_data_is_said_to_hold_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not a data folder"):
        check(tmp_path)


def test_a_torn_page_is_found(folder: Path) -> None:
    with (folder / "pelton.db").open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)

    assert not check(folder).is_consistent
