"""What ``pelton triggers`` prints beside its table."""

from pelton.cli.triggers import pass_lines, with_passes


def test_passes_that_are_not_over_have_a_line_each() -> None:
    row = {"function": "index", "total": 2000, "done": 1500, "per_s": 20.4, "left_s": 24.5, "failed": 1}

    over, paused = {**row, "name": "replay-1", "state": "done"}, {**row, "name": "redrive-3", "state": "paused"}

    lines = pass_lines(
        [{**row, "name": "backfill-2", "state": "running"}, over, {**paused, "per_s": 0, "left_s": None}]
    )

    assert lines == [
        "backfill-2 of index is running: 1,500 of 2,000 handled, 20/s, 24 s left, 1 failed",
        "redrive-3 of index is paused: 1,500 of 2,000 handled, 0/s, 1 failed",
    ]


def test_each_row_has_the_pass_that_is_under_way_over_its_trigger() -> None:
    rows = [{"function": "index", "table": "orders"}, {"function": "index", "table": "users"}]
    over = {"function": "index", "table": "users", "name": "replay-1", "state": "done"}
    running = {"function": "index", "table": "orders", "name": "backfill-2", "state": "running"}

    assert [row["pass"] for row in with_passes(rows, [running, over])] == [running, None]
