"""Log files of bounded size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pelton.cli.log_file import LogFile


def rows(file: Path) -> list[int]:
    return [json.loads(line)["n"] for line in file.read_text().splitlines()]


def test_a_full_file_begins_anew_and_some_old_ones_stay(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "log", size_max=100, kept=2)
    for number in range(60):
        file.write({"n": number, "text": "x" * 20})
    file.close()

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["log", "log.1", "log.2"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    kept = [number for name in ("log.2", "log.1", "log") for number in rows(tmp_path / name)]
    assert kept == list(range(kept[0], 60))


def test_a_file_goes_on_where_it_was_and_one_too_long_line_has_a_file_of_its_own(tmp_path: Path) -> None:
    for number in range(2):
        file = LogFile(tmp_path / "log", size_max=100)
        file.write({"n": number})
        file.close()
    file = LogFile(tmp_path / "log", size_max=100)
    file.write({"n": 2, "text": "x" * 500})
    file.write({"n": 3})
    file.close()

    assert [rows(tmp_path / name) for name in ("log.2", "log.1", "log")] == [[0, 1], [2], [3]]


def test_a_line_that_finds_no_room_costs_the_line_alone() -> None:
    file = LogFile(Path("/dev/full"))

    file.write({"n": 1})
    file.write({"n": 2})

    assert file.lost == 2
    file.close()


def test_a_file_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        LogFile(tmp_path / "nowhere" / "log")
