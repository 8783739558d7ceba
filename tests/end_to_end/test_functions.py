"""Functions in a real Pelton: events that outlive a kill, and the commands that invoke, fire and show logs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.end_to_end.running import Up, http, wait_for

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  slow: {handler: app.slow, timeout: 20}
  echo: {handler: app.echo, url: true}
  fails: {handler: app.fails}
  tick:
    handler: app.echo
    events: [schedule: {rate: cron(0 0 1 1 ? *), name: new-year}]
"""
HANDLERS = """
import os
import pathlib
import time

NOTES = pathlib.Path(__file__).parent / "notes"

def slow(event, context):
    NOTES.mkdir(exist_ok=True)
    (NOTES / f"begun-{event['n']}-{os.getpid()}").touch()
    while not (NOTES / "go").exists():
        time.sleep(0.01)
    (NOTES / f"done-{event['n']}").touch()

def echo(event, context):
    print("echoes", event)
    return event

def fails(event, context):
    raise ValueError("as asked")
"""


def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "serverless.yml").write_text(PROJECT)
    (folder / "app.py").write_text(HANDLERS)
    return folder


def test_accepted_events_outlive_a_kill(tmp_path: Path) -> None:
    folder = project(tmp_path)
    notes = folder / "notes"
    with Up(folder, tmp_path / "data", "--no-watch") as first:
        functions = first.client("lambda")
        for number in range(5):
            payload = json.dumps({"n": number}).encode()
            answer = functions.invoke(FunctionName="shop-dev-slow", InvocationType="Event", Payload=payload)
            assert answer["StatusCode"] == 202
        wait_for(lambda: list(notes.glob("begun-*")), "an event that has begun")
        first.kill()
    assert list(notes.glob("done-*")) == []

    (notes / "go").touch()
    with Up(folder, tmp_path / "data", "--no-watch"):
        wait_for(lambda: len(list(notes.glob("done-*"))) == 5, "all five events")


def test_the_commands_invoke_fire_and_filter_logs(tmp_path: Path) -> None:
    with Up(project(tmp_path), tmp_path / "data", "--no-watch") as up:
        first = json.loads(up.command("invoke", "echo", '{"a": "Marker"}', "--json").stdout)
        again = up.command("invoke", "echo", "--like", first["requestId"][:13])
        unknown = up.command("invoke", "echo", "--like", "nothing")
        failed = up.command("invoke", "fails")
        listed = up.command("fire")
        fired = json.loads(up.command("fire", "new-year", "--at", "2026-01-01T00:00:00", "--json").stdout)
        wait_for(lambda: "2026-01-01T00:00:00Z" in up.command("logs", "tick").stdout, "the schedule's event")
        filtered = up.command("logs", "echo", "fails", "--filter", "MARKER", "--since", "1h")
        later = up.command("logs", "--since", "2999-01-01")

    assert json.loads(again.stdout) == {"a": "Marker"}
    assert (unknown.returncode, failed.returncode) == (2, 1)
    assert "no payload of an invocation nothing is kept" in unknown.stderr
    assert "new-year  tick  cron(0 0 1 1 ? *)" in listed.stdout
    assert (fired["function"], fired["time"]) == ("tick", "2026-01-01T00:00:00Z")
    assert len(filtered.stdout.splitlines()) == 2
    assert later.stdout == ""


def test_a_function_url_answers_over_http(tmp_path: Path) -> None:
    with Up(project(tmp_path), tmp_path / "data", "--no-watch") as up:
        url = up.client("lambda").get_function_url_config(FunctionName="shop-dev-echo")["FunctionUrl"]
        status, event = http("GET", f"{url}hello?x=1")

    assert url.startswith(up.aws)
    assert (status, event["rawPath"], event["requestContext"]["http"]["method"]) == (200, "/hello", "GET")
