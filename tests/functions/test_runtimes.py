"""Functions in other languages: programs over the Runtime API, and Node handlers."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import pytest

from pelton.functions.definition import Function
from pelton.functions.invocation import Invocation, LogKind, Outcome
from pelton.functions.service import Functions
from tests.functions.conftest import Workshop, ask

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")

SHELL = """\
#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
count=0
post() { curl -sS -o /dev/null "$api/invocation/$1" -d "$2"; }
while true; do
  event=$(curl -sS -D "$TMPDIR/head" "$api/invocation/next")
  id=$(grep -i lambda-runtime-aws-request-id "$TMPDIR/head" | tr -d '\\r' | cut -d' ' -f2)
  count=$((count + 1))
  echo "handling $event"
  case "$event" in
    *fail*) post "$id/error" '{"errorType":"Bad.Luck","errorMessage":"no luck"}';;
    *exit*) exit 3;;
    *sleep*) sleep 30;;
    *wrong*) curl -sS "$api/invocation/other/response" -d '1'; post "$id/response" '"right"';;
    *once*) post "$id/response" '"once"'; exit 0;;
    *) post "$id/response" "{\\"count\\": $count, \\"event\\": $event, \\"env\\": \\"$AWS_EXECUTION_ENV\\"}";;
  esac
done
"""


def shell(workshop: Workshop, **settings: Any) -> Function:
    root = workshop.folder / "shell"
    root.mkdir(exist_ok=True)
    (root / "bootstrap").write_text(SHELL)
    (root / "bootstrap").chmod(0o755)
    return Function(
        name="shell", code_root=root, handler="any", runtime="provided.al2023", **{"timeout_s": 20.0, **settings}
    )


def node(workshop: Workshop, files: dict[str, str], handler: str = "index.handler", **settings: Any) -> Function:
    root = workshop.folder / "node"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))
    return Function(
        name="node", code_root=root, handler=handler, runtime="nodejs20.x", **{"timeout_s": 20.0, **settings}
    )


def outcomes(workshop: Workshop, function: Function, *events: bytes) -> list[Outcome]:
    async def work(functions: Functions) -> list[Outcome]:
        return [await functions.invoke(ask(function.name, event)) for event in events]

    return workshop.in_workers(work, function)


@needs_curl
def test_a_shell_script_is_a_function(workshop: Workshop) -> None:
    first, second = outcomes(workshop, shell(workshop), b'{"a":1}', b'{"a":2}')

    assert json.loads(first.payload) == {"count": 1, "event": {"a": 1}, "env": ""}
    assert json.loads(second.payload)["count"] == 2
    assert second.init_duration_ms is None
    assert 'handling {"a":1}' in workshop.texts()


@needs_curl
def test_its_error_is_the_answer(workshop: Workshop) -> None:
    failed, fine = outcomes(workshop, shell(workshop), b'"fail"', b"1")

    assert (failed.function_error, failed.error_type, failed.error_message) == ("Unhandled", "Bad.Luck", "no luck")
    assert json.loads(failed.payload) == {"errorType": "Bad.Luck", "errorMessage": "no luck"}
    assert fine.succeeded


@needs_curl
@pytest.mark.parametrize(
    ("event", "settings", "error_type", "text"),
    [
        (b'"exit"', {}, "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        (b'"sleep"', {"timeout_s": 1.0}, "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ],
)
def test_a_program_that_ends_or_hangs_is_started_anew(
    workshop: Workshop, event: bytes, settings: dict[str, Any], error_type: str, text: str
) -> None:
    ended, fine = outcomes(workshop, shell(workshop, **settings), event, b"1")

    assert (ended.error_type, ended.error_message) == (error_type, f"RequestId: {ended.request_id} Error: {text}")
    assert json.loads(fine.payload)["count"] == 1


@needs_curl
def test_a_program_may_leave_after_its_answer(workshop: Workshop) -> None:
    once, fine = outcomes(workshop, shell(workshop), b'"once"', b"1")

    assert once.payload == b'"once"'
    assert json.loads(fine.payload)["count"] == 1


@needs_curl
def test_an_answer_to_another_request_is_refused(workshop: Workshop) -> None:
    (outcome,) = outcomes(workshop, shell(workshop), b'"wrong"')

    assert outcome.payload == b'"right"'
    assert any("InvalidRequestID" in text for text in workshop.texts())


def test_a_missing_program_is_named_with_its_cure(workshop: Workshop) -> None:
    function = shell(workshop)
    (function.code_root / "bootstrap").chmod(0o644)
    (not_executable,) = outcomes(workshop, function, b"1")
    (function.code_root / "bootstrap").unlink()
    (missing,) = outcomes(workshop, function, b"1")

    assert not_executable.error_type == missing.error_type == "Runtime.InvalidEntrypoint"
    assert "is not executable: chmod +x" in str(not_executable.error_message)
    assert "there is no bootstrap in" in str(missing.error_message)
    assert any("chmod +x" in text for text in workshop.texts(LogKind.ADVICE))


def test_a_program_that_cannot_start_is_an_answer(workshop: Workshop) -> None:
    function = shell(workshop)
    (function.code_root / "bootstrap").write_text("#!/bin/sh\necho broken\nexit 7\n")

    (outcome,) = outcomes(workshop, function, b"1")

    assert outcome.error_type == "Runtime.ExitError"
    assert "exit status 7" in str(outcome.error_message)


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_node_handlers_of_every_style_answer(workshop: Workshop) -> None:
    files = {
        "index.js": """
            exports.handler = async (event, context) => {
              console.log("event", event.a);
              return { got: event, name: context.functionName, left: context.getRemainingTimeInMillis() > 0 };
            };
            exports.old = (event, context, callback) => setTimeout(() => callback(null, { old: true }), 1);
            """,
        "src/app.mjs": "export const handler = async () => undefined;",
        "fail.cjs": "exports.handler = async () => { throw new TypeError('no such thing'); };",
    }
    (current,) = outcomes(workshop, node(workshop, files), b'{"a":1}')
    (old,) = outcomes(workshop, node(workshop, files, "index.old"), b"{}")
    (module,) = outcomes(workshop, node(workshop, files, "src/app.handler"), b"{}")
    failed, again = outcomes(workshop, node(workshop, files, "fail.handler"), b"{}", b"{}")

    assert json.loads(current.payload) == {"got": {"a": 1}, "name": "node", "left": True}
    assert any(text.endswith("\tINFO\tevent 1") for text in workshop.texts())
    assert json.loads(old.payload) == {"old": True}
    assert module.payload == b"null"
    error = json.loads(failed.payload)
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "no such thing")
    assert error["trace"][0] == "TypeError: no such thing"
    assert again.error_type == "TypeError"


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
@pytest.mark.parametrize(
    ("handler", "source", "error_type", "text"),
    [
        ("index.nobody", "exports.handler = () => 1;", "Runtime.HandlerNotFound", "index.nobody is undefined"),
        ("other.handler", "", "Runtime.ImportModuleError", "Cannot find module 'other'"),
        ("index.handler", "require('nowhere');", "Runtime.ImportModuleError", "Cannot find module 'nowhere'"),
        ("index.handler", "exports.handler = (;", "Runtime.UserCodeSyntaxError", "SyntaxError"),
        ("index", "", "Runtime.MalformedHandlerName", "Bad handler"),
        ("index.handler", "throw new Error('at import');", "Error", "at import"),
    ],
)
def test_a_node_handler_that_cannot_be_loaded_says_why(
    workshop: Workshop, handler: str, source: str, error_type: str, text: str
) -> None:
    (outcome,) = outcomes(workshop, node(workshop, {"index.js": source}, handler), b"{}")

    assert outcome.error_type == error_type
    assert text in str(outcome.error_message)


def test_without_node_the_cure_is_named(workshop: Workshop, tmp_path: Path) -> None:
    function = node(workshop, {"index.js": ""})
    empty = tmp_path / "empty"
    empty.mkdir()
    inherited = {**workshop.options.inherited, "PATH": str(empty)}
    workshop.options = type(workshop.options)(data_dir=workshop.data_dir, inherited=inherited)

    (outcome,) = outcomes(workshop, function, b"{}")

    assert outcome.error_type == "Runtime.InvalidEntrypoint"
    assert outcome.error_message == "runtime nodejs20.x needs Node.js, and no node is on the PATH: install it"


def test_in_a_tests_own_process_other_languages_say_so(workshop: Workshop) -> None:
    outcome = workshop.outcome_here(shell(workshop))

    assert "run it with pelton up" in str(outcome.error_message)


def test_a_client_context_reaches_a_program(workshop: Workshop) -> None:
    function = shell(workshop)
    (function.code_root / "bootstrap").write_text(
        SHELL.replace("  count=$((", '  grep -i client-context "$TMPDIR/head"\n  count=$((')
    )

    async def work(functions: Functions) -> Outcome:
        return await functions.invoke(
            Invocation(function_name="shell", payload=b"1", client_context=b'{"custom": {"a": 1}}')
        )

    workshop.in_workers(work, function)

    assert any('{"custom": {"a": 1}}' in text for text in workshop.texts())
