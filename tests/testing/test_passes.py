"""Replay, backfill and redrive as a test suite calls them."""

from pathlib import Path

import pytest

from pelton.control.api import Refused
from pelton.testing import Faults, LocalPelton
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


def test_a_suite_sends_again_what_failed(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(PROJECT.replace("batchSize: 10", "batchSize: 10, maximumRetryAttempts: 0"))
    (tmp_path / "app.py").write_text(HANDLERS)
    with LocalPelton(tmp_path) as pelton:
        pelton.set_faults(Faults(failing=1.0, functions=("invoice",)))
        pelton.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})
        pelton.settle()
        failed = pelton.failures("invoice")
        again = pelton.redrive("invoice")
        invoiced_before = pelton.resource("dynamodb").Table("invoices").scan()["Count"]

        pelton.set_faults(Faults())
        mended = pelton.redrive("invoice")
        pelton.settle()
        nothing = pelton.redrive("invoice", action="preview")
        invoiced = pelton.resource("dynamodb").Table("invoices").scan()["Count"]
        kept = [(each["records"], each["open"]) for each in pelton.failures()]

    assert [each["Records"][0]["dynamodb"]["NewImage"]["id"] for each in failed] == [{"S": "1"}]
    assert kept == [(1, 0), (1, 0)]
    assert (again["state"], again["total"], again["failed"], invoiced_before) == ("done", 1, 1, 0)
    assert (mended["state"], mended["total"], mended["failed"], invoiced) == ("done", 1, 0, 1)
    assert nothing["total"] == 0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"samples": 3}, "a backfill has no samples .there are: from_history, rate, sample, table"),
        ({"from_history": True}, "pelton replay invoice --from TRIM_HORIZON.*then.*pelton backfill invoice"),
        ({"sample": 0}, "a sample of 0 items is none"),
        ({"rate": 0}, "a rate of 0 records a second would never end"),
        ({"table": "users"}, "invoice has no trigger on table users"),
    ],
)
def test_what_a_backfill_cannot_do_is_refused_by_name(tmp_path: Path, asked: dict[str, object], says: str) -> None:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(HANDLERS)
    with LocalPelton(tmp_path) as pelton, pytest.raises(Refused, match=says):
        pelton.backfill("invoice", **asked)
