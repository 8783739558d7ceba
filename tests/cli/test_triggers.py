"""What ``pelton triggers`` prints beside its table."""

from pelton.cli.triggers import pass_lines


def test_passes_that_are_not_over_have_a_line_each() -> None:
    row = {"function": "index", "total": 2000, "done": 1500, "per_s": 20.4, "failed": 1}

    lines = pass_lines([{**row, "name": "backfill-2", "state": "paused"}, {**row, "name": "replay-1", "state": "done"}])

    assert lines == ["backfill-2 of index is paused: 1,500 of 2,000 handled, 20/s, 1 failed"]
