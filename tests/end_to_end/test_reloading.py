"""Saved code runs at the next invocation, and a mistake in it is told with its place and its cure."""

from __future__ import annotations

import json
from pathlib import Path

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
