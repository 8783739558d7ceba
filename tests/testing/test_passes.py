"""Replay, backfill and redrive as a test suite calls them."""

from pathlib import Path

from pelton.testing import LocalPelton
from tests.testing.test_local import HANDLERS, PROJECT


def test_a_suite_replays_backfills_and_redrives(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(HANDLERS)
    with LocalPelton(tmp_path) as pelton:
        for number in range(3):
            pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": str(number)}})
        pelton.settle()

        replay = pelton.replay("invoice", start="TRIM_HORIZON")
        backfill = pelton.backfill("invoice", sample=2)
        pelton.backfill("invoice", action="resume")
        redrive = pelton.redrive("invoice")

    assert (replay["state"], replay["done"], replay["failed"]) == ("done", 3, 0)
    assert (backfill["state"], backfill["done"]) == ("paused", 2)
    assert (redrive["state"], redrive["total"]) == ("done", 0)
