"""Schedules of a project, from serverless.yml to what the function gets, in virtual time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pelton.control.api import Refused
from pelton.stack.firing import fire, rows
from pelton.stack.refusal import CannotStart
from pelton.testing import LocalPelton

PROJECT = """
service: shop
provider: {name: aws, runtime: python3.12}
functions:
  often:
    handler: app.note
    name: often
    events: [schedule: rate(10 minutes)]
  listed:
    handler: app.note
    name: listed
    events:
      - schedule:
          rate: [cron(0 0 * * ? *), cron(30 0 * * ? *)]
          input: {job: {kind: report}}
  quiet:
    handler: app.note
    name: quiet
    events:
      - schedule: {rate: rate(1 minute), enabled: false, name: quiet-rule}
  local:
    handler: app.note
    name: local
    events:
      - schedule: {method: scheduler, rate: cron(0 9 * * ? *), timezone: Europe/Berlin, name: morning}
  ruled: {handler: app.note, name: ruled}
resources:
  Resources:
    Rule:
      Type: AWS::Events::Rule
      Properties:
        Name: by-hand
        ScheduleExpression: rate(1 day)
        Targets: [{Id: one, Arn: !GetAtt RuledLambdaFunction.Arn, Input: '{"by": "hand"}'}]
"""
HANDLERS = """
SEEN = []

def note(event, context):
    if event:
        SEEN.append(event)
    return SEEN
"""
DAY_S = 86_400


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "serverless.yml").write_text(PROJECT)
    (folder / "app.py").write_text(HANDLERS)
    return folder


def seen(pelton: LocalPelton, function: str) -> list[Any]:
    found: list[Any] = json.loads(pelton.invoke(function).payload)
    return found


def test_a_rate_begins_one_interval_after_the_start(project: Path) -> None:
    with LocalPelton(project) as pelton:
        for _ in range(31):
            pelton.advance(60)

        events = seen(pelton, "often")

    # It began at 22:40.
    assert [event["time"] for event in events] == [f"2025-10-20T{moment}:00Z" for moment in ("22:50", "23:00", "23:10")]


def test_the_event_has_amazons_shape(project: Path) -> None:
    with LocalPelton(project) as pelton:
        pelton.advance(601)
        (event,) = seen(pelton, "often")

    assert len(event.pop("id")) == 36
    (rule,) = event.pop("resources")
    assert rule.startswith("arn:aws:events:us-east-1:000000000000:rule/shop-dev-OftenEventsRuleSchedule1-")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2025-10-20T22:50:00Z",
        "region": "us-east-1",
        "detail": {},
    }


def test_a_list_of_rates_and_an_input_of_ones_own(project: Path) -> None:
    with LocalPelton(project) as pelton:
        for _ in range(24):
            pelton.advance(DAY_S / 24)

        assert seen(pelton, "listed") == [{"job": {"kind": "report"}}] * 2


def test_a_schedule_of_the_scheduler_keeps_to_its_time_zone(project: Path) -> None:
    with LocalPelton(project) as pelton:
        for _ in range(24):
            pelton.advance(DAY_S / 24)
        (event,) = seen(pelton, "local")

    assert event["time"] == "2025-10-21T07:00:00Z"
    assert (event["source"], event["detail"]) == ("aws.scheduler", "{}")
    assert event["resources"] == ["arn:aws:scheduler:us-east-1:000000000000:schedule/default/morning"]


def test_one_that_is_not_enabled_waits_to_be_fired(project: Path) -> None:
    with LocalPelton(project) as pelton:
        pelton.advance(600)
        before = seen(pelton, "quiet")
        answer = pelton._run(fire(pelton.core, "quiet", "2026-01-31T02:00:00+01:00"))
        pelton.settle()

        assert before == []
        assert answer["time"] == "2026-01-31T01:00:00Z"
        assert [event["time"] for event in seen(pelton, "quiet")] == ["2026-01-31T01:00:00Z"]


def test_a_rule_among_the_resources_runs_its_target(project: Path) -> None:
    with LocalPelton(project) as pelton:
        pelton._run(fire(pelton.core, "by-hand", None))
        pelton.settle()

        assert seen(pelton, "ruled") == [{"by": "hand"}]


def test_schedules_are_listed_with_when_they_are_due(project: Path) -> None:
    with LocalPelton(project) as pelton:
        found = {row["name"]: row for row in rows(pelton.core)}

    assert found["by-hand"]["due"] == "2025-10-21T22:40:00Z"
    assert (found["quiet-rule"]["due"], found["quiet-rule"]["enabled"]) == (None, False)
    assert len(found) == 6


@pytest.mark.parametrize(
    ("name", "at", "text"),
    [
        ("nobody", None, "no schedule nobody .there are: by-hand"),
        ("listed", None, "listed has several schedules: name one of"),
        ("often", "soon", "--at soon: write it as"),
    ],
)
def test_what_cannot_be_fired_says_so(project: Path, name: str, at: str | None, text: str) -> None:
    with LocalPelton(project) as pelton, pytest.raises(Refused, match=text):
        pelton._run(fire(pelton.core, name, at))


def test_what_was_missed_while_stopped_is_not_run(project: Path, tmp_path: Path) -> None:
    with LocalPelton(project, data_dir=tmp_path / "data") as first:
        now_ms = first.clock.now_ms()

    with LocalPelton(project, data_dir=tmp_path / "data", now_ms=now_ms + 3 * DAY_S * 1000) as second:
        second.advance(1)

        assert seen(second, "often") == []


def test_a_bad_expression_names_its_place(project: Path) -> None:
    with LocalPelton(project) as pelton:
        (project / "serverless.yml").write_text(PROJECT.replace("rate(10 minutes)", "rate(10 minute)"))

        with pytest.raises(CannotStart, match=r"serverless\.yml:8: schedule of often: rate\(10 minute\): write 1 min"):
            pelton._run(pelton._application.declare())
