"""A cap on the data: writes beyond it are refused with a text that says so, and taken again when there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from pelton.errors import InternalServerError
from pelton.storage.check import check
from pelton.storage.engine import StorageOptions
from pelton.storage.trimming import trim_step
from pelton.testing.clock import ManualClock
from tests.storage.storing import delete, now, opened, orders, put, stored

CAP = StorageOptions(data_bytes_max=1 << 20)


def test_writes_beyond_the_cap_are_refused_and_trimming_makes_room(tmp_path: Path) -> None:
    clock = ManualClock()
    with opened(tmp_path, clock, CAP) as storage:
        orders(storage)
        number = 0
        with pytest.raises(InternalServerError, match="has reached its cap"):
            for number in range(1000):
                now(storage, put(f"k{number}", "x" * 4000))
        assert 50 < number < 200
        assert len(stored(storage)) == number, "reads go on, and nothing is half"

        clock.advance(25 * 3600)
        while now(storage, lambda transaction: trim_step(transaction, clock.now_ms(), 24 * 3600 * 1000)):
            pass
        now(storage, delete("k0"))
        now(storage, put("fits", "again"))

        assert stored(storage)["fits"] == "again"
    assert (tmp_path / "pelton.db").stat().st_size <= 1 << 20
    assert check(tmp_path).problems == ()


def test_a_folder_that_is_larger_already_is_read_and_refuses_growth(tmp_path: Path) -> None:
    with opened(tmp_path) as storage:
        orders(storage)
        for number in range(600):
            now(storage, put(f"k{number}", "x" * 4000))

    with opened(tmp_path, options=CAP) as storage:
        assert len(stored(storage)) == 600
        with pytest.raises(InternalServerError, match="has reached its cap"):
            for number in range(100):
                now(storage, put(f"more{number}", "x" * 4000))
