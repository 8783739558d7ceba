"""Replay, backfill and redrive from the command line, on real processes, with live writers and kill -9."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from pelton.control.client import RunningPelton
from tests.end_to_end.recording import recording_project
from tests.end_to_end.running import Up, wait_for

FAILING = """
def failing(event, context):
    if not os.path.exists(os.path.join(FOLDER, "mended")):
        raise ValueError("the vendor says no")
    write("failing", event)
"""


def put(up: Up, key: str, number: int) -> None:
    up.client("dynamodb").put_item(TableName="things", Item={"id": {"S": key}, "n": {"N": str(number)}})


def seen(project: Path, name: str) -> list[tuple[str, str | None, str]]:
    file = project / f"{name}.seen"
    return [_row(*json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def _row(key: str, number: str | None, event: str) -> tuple[str, str | None, str]:
    return key, number, event


def test_passes_from_the_command_line(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first", "second")
    with Up(project, tmp_path / "data", "--no-watch") as up:
        for number in range(5):
            put(up, f"k{number}", number)
        wait_for(lambda: len(seen(project, "first")) == len(seen(project, "second")) == 5, "the live records")
        RunningPelton(up.data_dir).post("settle", timeout_s="10")  # What was seen is also answered.

        preview = up.command("replay", "first", "--dry-run")
        replay = up.command("replay", "first", "--json")
        backfill = up.command("backfill", "first", "--sample", "2")
        rows = json.loads(up.command("triggers", "--json").stdout)
        with up.watching("triggers", "--watch", "--json") as lines:
            watched = wait_for(lambda: lines, "a look")[0]["triggers"]
        rest = up.command("backfill", "first", "--resume")
        refused = up.command("backfill", "first", "--table", "others")
        number = json.loads(up.command("tail", "things", "--no-follow").stdout.splitlines()[0])
        told = up.command("why", number["dynamodb"]["SequenceNumber"], "first").stdout

    assert preview.stdout == "first would get 5 of 5 retained records of things again\n"
    assert (replay.returncode, json.loads(replay.stdout)["state"]) == (0, "done")
    assert "backfill-2 is paused: 2 of 5 handled; pelton backfill first --resume goes on" in backfill.stdout
    for looked in (rows, watched):
        shown = {row["function"]: row["pass"] and (row["pass"]["name"], row["pass"]["state"]) for row in looked}
        assert shown == {"first": ("backfill-2", "paused"), "second": None}
    assert (rest.returncode, rest.stdout) == (0, "backfill-2 is done: 5 of 5 handled\n")
    assert (refused.returncode, "first has no trigger on table others" in refused.stderr) == (2, True)
    assert "delivered" in told
    assert "sent again by replay-1: succeeded" in told
    assert len(seen(project, "first")) == 15
    assert len(seen(project, "second")) == 5


def test_failures_are_listed_and_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = recording_project(tmp_path / "project", "failing")
    (project / "handlers.py").write_text((project / "handlers.py").read_text() + FAILING)
    definition = project / "serverless.yml"
    definition.write_text(definition.read_text().replace("batchSize: 100", "batchSize: 100, maximumRetryAttempts: 0"))
    with Up(project, tmp_path / "data", "--no-watch") as up:
        put(up, "a", 1)
        listed = wait_for(lambda: json.loads(up.command("failures", "failing", "--json").stdout), "the failure")
        shown = json.loads(up.command("failures", "--show", str(listed[0]["id"])).stdout)
        still = up.command("redrive", "failing")
        (project / "mended").touch()
        put(up, "a", 2)
        wait_for(lambda: seen(project, "failing"), "the live record")
        editor = tmp_path / "editor"
        opened = tmp_path / "opened"
        editor.write_text(f'#!/bin/sh\ncp $1 {opened}\nsed -i \'s/"N": "1"/"N": "7"/\' $1\n')
        editor.chmod(0o755)
        preview = up.command("redrive", "failing", "--dry-run")
        monkeypatch.setenv("EDITOR", str(editor))
        elsewhere = up.command("redrive", "failing", "--edit", "--table", "other")
        opened_elsewhere = opened.read_text()
        done = up.command("redrive", "failing", "--edit")
        text = up.command("failures", "failing").stdout

    assert (listed[0]["records"], listed[0]["open"], listed[0]["table"]) == (1, 1, "things")
    assert "the vendor says no" in listed[0]["error"]
    assert listed[0]["trace"]
    assert shown["Records"][0]["dynamodb"]["NewImage"]["n"] == {"N": "1"}
    assert (still.returncode, "1 failed (pelton failures" in still.stdout) == (1, True)
    assert "1 of their 1 items have moved on since" in preview.stdout
    assert (elsewhere.returncode, opened_elsewhere) == (2, "{}")
    assert (done.returncode, "redrive-2 is done: 1 of 1 handled" in done.stdout) == (0, True)
    assert seen(project, "failing") == [("a", "2", "MODIFY"), ("a", "7", "MODIFY")]  # Redrive 1 made it so.
    assert "1 sent again" in text


class Writer:
    """Writes rising versions of the keys until told to stop, to whichever Pelton it is pointed at."""

    def __init__(self, keys: int, up: Up) -> None:
        self._keys = keys
        self._client = up.client("dynamodb")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def go_on(self, up: Up) -> None:
        self._client = up.client("dynamodb")

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        version = 1_000
        while not self._stop.wait(0.005):
            version += 1
            item = {"id": {"S": f"k{version * 7919 % self._keys}"}, "n": {"N": str(version)}}
            with suppress(BotoCoreError, ClientError):  # Killed meanwhile: the next goes to the one started again.
                self._client.put_item(TableName="things", Item=item)


@pytest.mark.parametrize("items", [300, pytest.param(100_000, marks=pytest.mark.proof)])
def test_a_killed_backfill_and_replay_leave_the_sink_at_the_newest_version(tmp_path: Path, items: int) -> None:
    project = recording_project(tmp_path / "project", "second")
    up = Up(project, tmp_path / "data", "--no-watch")
    client = up.client("dynamodb")
    for start in range(0, items, 25):
        puts = [
            {"PutRequest": {"Item": {"id": {"S": f"k{key}"}, "n": {"N": "1"}}}}
            for key in range(start, min(start + 25, items))
        ]
        client.batch_write_item(RequestItems={"things": puts})
    wait_for(lambda: len(seen(project, "second")) == items, "the live records", 600)
    writer = Writer(items, up)
    for kind in ("backfill", "replay"):
        before = len(seen(project, "second"))
        asked = {"action": "begin", "rate": max(items / 3, 300)}
        row = RunningPelton(up.data_dir).post("passes", kind, "second", body=json.dumps(asked).encode())
        wait_for(partial(_has_seen, project, before + items // 10), "some of the pass", 600)
        up.kill()
        up = Up(project, tmp_path / "data", "--no-watch")
        writer.go_on(up)
        ended = wait_for(partial(_ended, up, row["id"]), f"the {kind} to end", 600)
        assert (ended["state"], ended["failed"]) == ("done", 0)
    writer.stop()
    up.command("triggers", "--json")
    table = {
        item["id"]["S"]: int(item["n"]["N"])
        for page in up.client("dynamodb").get_paginator("scan").paginate(TableName="things")
        for item in page["Items"]
    }
    sink: dict[str, int] = wait_for(lambda: _equal(project, table), "the sink to equal the table", 120)
    up.stop()

    assert len(sink) == items


def _ended(up: Up, pass_id: int) -> dict[str, object] | None:
    row = RunningPelton(up.data_dir).get("passes", str(pass_id))
    return row if row["state"] not in ("running", "cancelling") else None


def _has_seen(project: Path, count: int) -> bool:
    return len(seen(project, "second")) > count


def _equal(project: Path, table: dict[str, int]) -> dict[str, int] | None:
    sink = {key: int(number or 0) for key, number, _ in seen(project, "second")}
    return sink if sink == table else None
