"""Triggers seen and moved from the command line, and their metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.end_to_end.recording import HANDLERS, recording_project, seen
from tests.end_to_end.running import Up, http, wait_for


def put(up: Up, number: int) -> None:
    up.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "one"}, "n": {"N": str(number)}})


def test_a_trigger_is_paused_resumed_moved_and_measured(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first", "second")
    with Up(project, tmp_path / "data", "--no-watch") as up:
        paused = up.command("triggers", "pause", "first")
        put(up, 1)
        wait_for(lambda: seen(project, "second"), "the other function")
        rows = {row["function"]: row for row in json.loads(up.command("triggers", "--json").stdout)}
        text = http("GET", f"{up.aws}/_pelton/metrics")[1]
        asked = up.command("triggers", "resume", "first", "--dry-run")
        resumed = up.command("triggers", "resume", "first")
        wait_for(lambda: seen(project, "first"), "the resumed function")

        preview = up.command("triggers", "seek", "second", "--to", "TRIM_HORIZON", "--dry-run")
        assert len(seen(project, "second")) == 1
        moved = up.command("triggers", "seek", "second", "--to", "TRIM_HORIZON")
        wait_for(lambda: len(seen(project, "second")) == 2, "the record again")
        number = json.loads(up.command("tail", "things", "--no-follow").stdout)["dynamodb"]["SequenceNumber"]
        places = ("LATEST", number, "1h", "2026-01-01T00:00", "12")
        asked_places = [up.command("triggers", "seek", "second", "--to", to, "--dry-run") for to in places]
        unknown = up.command("triggers", "pause", "third")

    assert paused.stdout == "first is paused\n"
    assert asked.stdout == "first would be running, 1 record waiting\n"
    assert resumed.stdout == "first is running, 1 record waiting\n"
    assert (rows["first"]["state"], rows["first"]["lag_records"]) == ("paused", 1)
    assert 'pelton_trigger_paused{function="recording-dev-first",shard="' in text
    assert 'pelton_trigger_checkpoint_age_seconds{function="recording-dev-first",shard="' in text
    assert 'event="polled"} 1\n' in text
    assert 'pelton_function_invocations_total{function="recording-dev-second",outcome="succeeded"} 1\n' in text
    assert preview.stdout == "second would get 1 record from TRIM_HORIZON to the newest, in 1 shard\n"
    assert moved.stdout == "second gets 1 record from TRIM_HORIZON to the newest, in 1 shard\n"
    assert [each.stdout for each in asked_places] == [
        "second would get 0 records from LATEST on\n",
        *(f"second would get 1 record from {to} to the newest, in 1 shard\n" for to in places[1:4]),
        "",
    ]
    assert "12 is no" in asked_places[-1].stderr or "no record has the number 12" in asked_places[-1].stderr
    assert unknown.returncode != 0
    assert "third has no trigger" in unknown.stderr


def test_why_names_the_reason_for_each_function(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first", "second")
    with Up(project, tmp_path / "data", "--no-watch") as up:
        up.command("triggers", "pause", "first")
        put(up, 1)
        wait_for(lambda: seen(project, "second"), "the function")
        up.command("triggers", "--json")
        number = json.loads(up.command("tail", "things", "--no-follow").stdout)["dynamodb"]["SequenceNumber"]

        told = wait_for(lambda: _delivered(up.command("why", number).stdout), "the row of the invocation")
        one = json.loads(up.command("why", number, "first", "--json").stdout)
        wrong = up.command("why", "12")

    assert told[0].startswith("INSERT of {'id': {'S': 'one'}} in shardId-")
    assert [line.split(",")[0] for line in told[1:]] == ["  first: paused", "  second: delivered"]
    assert [answer["answer"] for answer in one["answers"]] == ["paused"]
    assert wrong.returncode != 0
    assert "pelton tail TABLE prints them" in wrong.stderr


def _delivered(text: str) -> list[str] | None:
    return text.splitlines() if "delivered" in text else None


def test_what_a_function_fails_on_is_watched_and_skipped(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    (project / "handlers.py").write_text(REFUSING)
    with Up(project, tmp_path / "data", "--no-watch") as up:
        put(up, 1)
        with up.watching("triggers", "--watch", "--json") as lines:
            stuck = wait_for(lambda: _stuck(lines), "the failed batch")
        text = http("GET", f"{up.aws}/_pelton/metrics")[1]
        put(up, 2)
        preview = up.command("triggers", "skip", "first", "--dry-run")
        skipped = up.command("triggers", "skip", "first")
        wait_for(lambda: seen(project, "first"), "what came after it")
        again = up.command("triggers", "skip", "first")

    assert "after: ValueError: one is too few; 0 records wait behind it, given up in 2" in stuck["waits_for"]
    assert 'pelton_trigger_next_attempt_seconds{function="recording-dev-first"' in text
    assert 'pelton_trigger_expires_in_seconds{function="recording-dev-first"' in text
    assert preview.stdout.startswith("1 record would be given up: ")
    assert skipped.stdout.startswith("1 record given up: ")
    assert skipped.stdout.endswith("Last error: ValueError: one is too few\n")
    assert seen(project, "first") == [("one", 2)]
    assert "first is not stuck" in again.stderr


REFUSING = HANDLERS.replace(
    "def first(event, context):\n",
    "def first(event, context):\n"
    '    if event["Records"][0]["dynamodb"]["NewImage"]["n"]["N"] == "1":\n'
    '        raise ValueError("one is too few")\n',
)


def _stuck(lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((row for look in lines for row in look["triggers"] if row["state"] == "waiting"), None)
