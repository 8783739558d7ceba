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


def test_a_suite_previews_without_sending_anything(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(HANDLERS)
    with LocalPelton(tmp_path) as pelton:
        pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})
        pelton.settle()

        replay = pelton.replay("invoice", action="preview")
        backfill = pelton.backfill("invoice", action="preview")
        redrive = pelton.redrive("invoice", action="preview")
        begun = pelton.backfill("invoice")

    assert (replay["preview"], replay["records"]) == (True, 1)
    assert (backfill["preview"], backfill["total"]) == (True, 1)
    assert (redrive["preview"], redrive["total"]) == (True, 0)
    assert begun["name"] == "backfill-1"  # The previews began none.
