"""Saved code runs at the next invocation, and a mistake in it is told with its place and its cure."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.end_to_end.recording import recording_project, seen
from tests.end_to_end.running import Up, wait_for

PROJECT = """service: x
provider: {name: aws, runtime: python3.11}
functions: {hello: {handler: app.hello, events: [{httpApi: GET /}]}}
"""


def answer(text: str) -> str:
    return f"def hello(event, context):\n    return {{'statusCode': 200, 'body': '{text}'}}\n"


def test_saved_code_runs_and_a_mistake_in_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    code = tmp_path / "app.py"
    code.write_text(answer("one"))
    with Up(tmp_path, tmp_path / "data") as up:
        assert up.request("GET", "/") == (200, "one")

        code.write_text(answer("two"))
        wait_for(lambda: up.request("GET", "/") == (200, "two"), "the saved code", 5)

        code.write_text("def hello(event, context)\n    return 1\n")
        wait_for(lambda: up.request("GET", "/")[0] == 500, "the broken code", 5)
        told = wait_for(
            lambda: [line for line in up.lines if "app.py" in str(line) and "line 1" in str(line)], "a line"
        )

        code.write_text(answer("three"))
        wait_for(lambda: up.request("GET", "/") == (200, "three"), "the mended code", 5)

    assert "hello" in json.dumps(told)


def test_a_saved_correction_is_tried_at_once(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    code = (project / "handlers.py").read_text()
    (project / "handlers.py").write_text(code.replace('write("first", event)', 'raise ValueError("no paper")'))
    with Up(project, tmp_path / "data") as up:

        def waits_ms() -> float:
            row = json.loads(up.command("triggers", "--json").stdout)[0]
            return (row["next_attempt_ms"] or 0) - time.time() * 1000

        up.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "a"}, "n": {"N": "1"}})
        wait_for(lambda: waits_ms() > 4000, "a long pause between attempts", 60)

        (project / "handlers.py").write_text(code)
        wait_for(lambda: seen(project, "first"), "the record", 3)
