"""What an invocation comes to, with either executor."""

import json
from collections.abc import Callable

import pytest

from pelton.functions.invocation import LogKind, Outcome

Run = Callable[..., Outcome]


def error(outcome: Outcome) -> dict[str, object]:
    assert outcome.function_error == "Unhandled"
    members: dict[str, object] = json.loads(outcome.payload)
    assert (members["errorType"], members["errorMessage"]) == (outcome.error_type, outcome.error_message)
    return members


def test_the_result_is_the_payload(workshop, outcome: Run) -> None:
    function = workshop.function("def handler(event, context): return {'got': event}")

    ended = outcome(function, b'{"a": [1, "\xc3\xa4"]}')

    assert json.loads(ended.payload) == {"got": {"a": [1, "ä"]}}
    assert ended.succeeded


def test_no_result_is_null(workshop, outcome: Run) -> None:
    assert outcome(workshop.function("def handler(event, context): pass")).payload == b"null"


def test_the_context_describes_the_invocation(workshop, outcome: Run) -> None:
    function = workshop.function("""
        def handler(event, context):
            return [context.aws_request_id, context.function_name, context.memory_limit_in_mb,
                    context.invoked_function_arn, context.log_group_name, context.client_context,
                    0 < context.get_remaining_time_in_millis() <= 20000]
    """)

    ended = outcome(function)

    arn = "arn:aws:lambda:us-east-1:000000000000:function:reaction"
    assert json.loads(ended.payload) == [
        ended.request_id, "reaction", "128", arn, "/aws/lambda/reaction", None, True
    ]  # fmt: skip


def test_the_environment_is_the_functions_own(workshop, outcome: Run) -> None:
    function = workshop.function(
        """
        import os
        FROM_IMPORT = os.environ["GREETING"]
        def handler(event, context):
            names = ["AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "POWERTOOLS_TRACE_DISABLED", "_HANDLER"]
            return [FROM_IMPORT, os.getcwd(), *(os.environ.get(name) for name in names)]
        """,
        environment={"GREETING": "declared", "POWERTOOLS_TRACE_DISABLED": "false"},
    )

    ended = json.loads(outcome(function).payload)

    root = str(function.code_root.resolve())
    assert ended == ["declared", root, None, "http://127.0.0.1:8000", "us-east-1", "true", "app.handler"]


def test_the_trace_names_the_invocation(workshop, outcome: Run) -> None:
    function = workshop.function("import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']")

    ended = outcome(function)

    assert json.loads(ended.payload) == ended.trace


def test_an_exception_is_an_error_with_its_stack_trace(workshop, outcome: Run) -> None:
    function = workshop.function("def handler(event, context):\n    raise ValueError('boom')")

    members = error(outcome(function))

    assert members["errorMessage"] == "boom"
    assert members["errorType"] == "ValueError"
    assert members["requestId"]
    trace = f"  File \"{function.code_root / 'app.py'}\", line 2, in handler\n    raise ValueError('boom')\n"
    assert members["stackTrace"] == [trace]
    assert workshop.texts()[-1].startswith(
        "[ERROR] ValueError: boom\nTraceback (most recent call last):\n\u00a0\u00a0File"
    )


CANNOT_START = [
    # An import of something that is not installed.
    ("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'"),
    ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app': invalid syntax (app.py, line 1)"),
    ("", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
    # A variable that is not declared is an error of the module's own body.
    ("import os\nos.environ['MISSING']", "KeyError", "'MISSING'"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "error_type", "message"), CANNOT_START)
def test_a_handler_that_cannot_be_imported_is_the_answer(workshop, outcome: Run, source, error_type, message) -> None:
    members = error(outcome(workshop.function(source)))

    assert (members["errorType"], members["errorMessage"], members["requestId"]) == (error_type, message, "")


def test_a_missing_module_is_told_with_its_cure(workshop, outcome: Run) -> None:
    function = workshop.function("import nowhere_at_all")
    (function.code_root / "requirements.txt").write_text("nowhere_at_all\n")

    outcome(function)

    [line] = workshop.texts(LogKind.ADVICE)
    assert line.startswith("function reaction: module 'nowhere_at_all' is not installed: ")
    assert line.endswith(f"-m pip install -r {function.code_root}/requirements.txt")


def test_a_module_missing_while_it_runs_is_told_too(workshop, outcome: Run) -> None:
    outcome(workshop.function("def handler(event, context): import nowhere_at_all"))

    assert "module 'nowhere_at_all' is not installed" in workshop.texts(LogKind.ADVICE)[0]


def test_a_wrong_handler_is_told_with_its_file(workshop, outcome: Run) -> None:
    function = workshop.function("", handler="elsewhere.handler")

    outcome(function)

    [line] = workshop.texts(LogKind.ADVICE)
    assert line == (
        f"function reaction: handler 'elsewhere.handler': no module 'elsewhere' in {function.code_root}: "
        "correct the handler"
    )


def test_what_is_not_json_is_a_marshal_error(workshop, outcome: Run) -> None:
    members = error(outcome(workshop.function("def handler(event, context): return {1}")))

    text = "Unable to marshal response: Object of type set is not JSON serializable"
    assert (members["errorType"], members["errorMessage"]) == ("Runtime.MarshalError", text)
    assert len(workshop.texts(LogKind.ADVICE)) == 1


def test_an_exit_ends_the_runtime(workshop, outcome: Run) -> None:
    ended = outcome(workshop.function("import sys\ndef handler(event, context): sys.exit(3)"))

    text = f"RequestId: {ended.request_id} Error: Runtime exited with error: exit status 3"
    assert (ended.error_type, ended.error_message) == ("Runtime.ExitError", text)


def test_an_exit_without_status_gives_no_reason(workshop, outcome: Run) -> None:
    ended = outcome(workshop.function("import sys\ndef handler(event, context): sys.exit()"))

    assert str(ended.error_message).endswith("Error: Runtime exited without providing a reason")


def test_a_response_over_six_megabytes_is_refused(workshop, outcome: Run) -> None:
    ended = outcome(workshop.function("def handler(event, context): return 'x' * 6291556"))

    assert ended.error_type == "Function.ResponseSizeTooLarge"


def test_output_is_log_and_never_result(workshop, outcome: Run) -> None:
    function = workshop.function("""
        import logging, sys
        print("importing")
        def handler(event, context):
            print("one\\ntwo")
            print("to stderr", file=sys.stderr)
            logging.getLogger("mine").warning("warned")
            print("no newline", end="")
            return 1
    """)

    ended = outcome(function)

    assert ended.payload == b"1"
    texts = workshop.texts()
    assert texts[:4] == ["importing", "one", "two", "to stderr"]
    assert texts[4].startswith("[WARNING]\t") and texts[4].endswith(f"Z\t{ended.request_id}\twarned")
    assert texts[5:] == ["no newline"]


def test_lines_around_an_invocation_are_lambdas_own(workshop, outcome: Run) -> None:
    ended = outcome(workshop.function("def handler(event, context): print('in between')"))

    init, start, end, report = workshop.texts(LogKind.PLATFORM)
    assert init.startswith("INIT_START Runtime Version: python:3.11.v1\tRuntime Version ARN: arn:aws:lambda:")
    assert start == f"START RequestId: {ended.request_id} Version: $LATEST"
    assert end == f"END RequestId: {ended.request_id}"
    assert report.startswith(f"REPORT RequestId: {ended.request_id}\tDuration: ")
    assert "\tMemory Size: 128 MB\t" in report and "\tInit Duration: " in report
    tail = ended.log_tail.decode().splitlines()
    assert tail == [start, "in between", end, report]


def test_the_tail_holds_the_last_four_kilobytes(workshop, outcome: Run) -> None:
    ended = outcome(workshop.function("def handler(event, context):\n  for n in range(99999): print(n)"))

    assert len(ended.log_tail) == 4096
    assert b"\n99998\nEND RequestId" in ended.log_tail
