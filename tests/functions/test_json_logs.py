"""Functions whose log is JSON, by either executor, and the settings that say so."""

import json
from collections.abc import Callable

import pytest

from pelton.functions.invocation import LogKind, Outcome
from pelton.functions.log_settings import InvalidLogging, LogSettings, log_settings
from pelton.functions.service import Functions
from tests.functions.conftest import Workshop, ask

JSON = LogSettings(is_json=True)
WARNED = ("platform.runtimeDone", "platform.report")


def test_a_record_becomes_an_object_with_its_extra_fields(workshop: Workshop, outcome: Callable[..., Outcome]) -> None:
    code = """
        import logging
        def handler(event, context):
            logging.debug("below the level")
            logging.info("order %s", 7, extra={"order": {"id": 7}})
            print("as it is")
    """

    ended = outcome(workshop.function(code, logging=JSON))

    record, printed = workshop.texts()
    members = json.loads(record)
    assert members.pop("timestamp").endswith("Z")
    assert members == {
        "level": "INFO",
        "message": "order 7",
        "logger": "root",
        "requestId": ended.request_id,
        "order": {"id": 7},
    }
    assert printed == "as it is"


def test_extra_fields_that_json_does_not_know_are_told_as_text(
    workshop: Workshop, outcome: Callable[..., Outcome]
) -> None:
    code = """
        import decimal, logging
        def handler(event, context):
            logging.info("paid", extra={"total": decimal.Decimal("9.90")})
    """

    outcome(workshop.function(code, logging=JSON))

    [event] = map(json.loads, workshop.texts())
    assert (event["message"], event["total"]) == ("paid", "9.90")


def test_an_uncaught_error_is_one_object(workshop: Workshop, outcome: Callable[..., Outcome]) -> None:
    outcome(workshop.function("def handler(event, context): raise ValueError('boom')", logging=JSON))

    [event] = map(json.loads, workshop.texts())
    assert (event["log_level"], event["errorType"], event["errorMessage"]) == ("ERROR", "ValueError", "boom")


def test_a_records_exception_becomes_members(workshop: Workshop, outcome: Callable[..., Outcome]) -> None:
    code = """
        import logging
        def handler(event, context):
            try:
                {}["absent"]
            except KeyError:
                logging.exception("no such order")
    """

    outcome(workshop.function(code, logging=JSON))

    [event] = map(json.loads, workshop.texts())
    assert (event["level"], event["message"]) == ("ERROR", "no such order")
    assert (event["errorType"], event["errorMessage"]) == ("KeyError", "'absent'")
    assert "in handler" in event["stackTrace"][-1]
    assert event["location"].endswith("app.py:handler:7")


def test_a_prewarmed_worker_tells_its_start_before_any_invocation(workshop: Workshop) -> None:
    async def warmed(functions: Functions) -> list[str]:
        await functions.prewarm(["reaction"])
        before = workshop.texts(LogKind.PLATFORM)
        await functions.invoke(ask("reaction"))
        return before

    before = workshop.in_workers(warmed, workshop.function("def handler(event, context): pass", logging=JSON))

    [init] = map(json.loads, before)
    after = list(map(json.loads, workshop.texts(LogKind.PLATFORM)[1:]))
    assert init["type"] == "platform.initStart"
    assert [event["type"] for event in after] == ["platform.start", "platform.report"]
    assert "initDurationMs" not in after[1]["record"]["metrics"]


def test_a_function_that_cannot_be_imported_still_starts_and_ends(
    workshop: Workshop, outcome: Callable[..., Outcome]
) -> None:
    outcome(workshop.function("raise ValueError('boom')", logging=JSON))

    events = map(json.loads, workshop.texts(LogKind.PLATFORM))
    started = ["platform.initStart", "platform.initRuntimeDone", "platform.initReport"]
    events = list(events)
    assert [event["type"] for event in events] == [*started, "platform.start", *WARNED]
    assert events[1]["record"] == {
        "initializationType": "on-demand",
        "phase": "init",
        "status": "error",
        "errorType": "ValueError",
    }
    assert events[2]["record"]["metrics"]["durationMs"] >= 0


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("DEBUG", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"]),
        ("INFO", ["initStart", "start", "report"]),
        ("WARN", []),  # All went well.
    ],
)
def test_the_system_level_chooses_the_platforms_events(
    workshop: Workshop, outcome: Callable[..., Outcome], level: str, kinds: list[str]
) -> None:
    settings = LogSettings(is_json=True, system_level=level)

    outcome(workshop.function("def handler(event, context): pass", logging=settings))

    events = map(json.loads, workshop.texts(LogKind.PLATFORM))
    assert [event["type"] for event in events] == [f"platform.{kind}" for kind in kinds]


@pytest.mark.parametrize(
    "config", [{"SystemLogLevel": "INFO"}, {"LogFormat": "XML"}, {"Other": "x"}, {"LogGroup": "a b"}]
)
def test_settings_that_lambda_refuses_are_refused(config: dict[str, str]) -> None:
    with pytest.raises(InvalidLogging):
        log_settings(config)
