"""``AWS_LAMBDA_EXEC_WRAPPER``: scripts that start a function's runtime."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pelton.functions.definition import Function
from pelton.functions.invocation import LogKind
from tests.functions.conftest import Workshop

TELLING = """
import os, sys
def handler(event, context):
    return [os.environ.get("TOUCHED"), sys._xoptions.get("dev"), os.environ["_HANDLER"]]
def other(event, context):
    return "other"
"""
#: As the developer guide has it: options of its own, before the runtime's script.
WRAPPER = """#!/bin/sh
export TOUCHED=yes
python=$1; shift
exec "$python" -X dev "$@"
"""


def wrapped(workshop: Workshop, script: str | None, path: str = "/opt/start", mode: int = 0o755) -> Function:
    layer = workshop.folder / "layer"
    layer.mkdir()
    if script is not None:
        (layer / "start").write_text(script)
        (layer / "start").chmod(mode)
    return workshop.function(TELLING, layers=(layer,), environment={"AWS_LAMBDA_EXEC_WRAPPER": path})


def test_a_layers_wrapper_changes_arguments_and_environment(workshop: Workshop) -> None:
    outcome = workshop.outcome_in_worker(wrapped(workshop, WRAPPER))

    assert json.loads(outcome.payload) == ["yes", True, "app.handler"]


def test_a_wrapper_may_set_another_handler(workshop: Workshop) -> None:
    outcome = workshop.outcome_in_worker(wrapped(workshop, '#!/bin/sh\nexport _HANDLER=app.other\nexec "$@"\n'))

    assert outcome.payload == b'"other"'


def test_a_wrapper_may_stay_the_runtimes_parent(workshop: Workshop) -> None:
    outcome = workshop.outcome_in_worker(wrapped(workshop, '#!/bin/sh\nexport TOUCHED=stays\n"$@"\nexit 0\n'))

    assert json.loads(outcome.payload)[0] == "stays"


def test_a_wrapper_of_the_functions_own_lies_in_var_task(workshop: Workshop) -> None:
    function = wrapped(workshop, None, path="/var/task/start")
    (function.code_root / "start").write_text(WRAPPER)
    (function.code_root / "start").chmod(0o755)

    assert json.loads(workshop.outcome_in_worker(function).payload)[0] == "yes"


@pytest.mark.parametrize(
    ("script", "status"),
    [
        (None, 127),  # There is none.
        (WRAPPER, 126),  # It is not executable.
    ],
)
def test_a_wrapper_that_cannot_be_run_ends_the_runtime_as_on_lambda(
    workshop: Workshop, script: str | None, status: int
) -> None:
    outcome = workshop.outcome_in_worker(wrapped(workshop, script, mode=0o644))

    assert outcome.error_type == "Runtime.ExitError"
    assert str(outcome.error_message).endswith(f"Error: Runtime exited with error: exit status {status}")
    assert any("start" in text for text in workshop.texts())


def test_in_a_tests_own_process_a_wrapper_is_passed_over_with_a_line(workshop: Workshop, tmp_path: Path) -> None:
    outcome = workshop.outcome_here(wrapped(workshop, WRAPPER))

    assert json.loads(outcome.payload)[0] is None
    assert workshop.texts(LogKind.ADVICE) == [
        "function reaction: AWS_LAMBDA_EXEC_WRAPPER has no effect in tests: run it with pelton up"
    ]


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="no node is on the PATH")
def test_nodes_runtime_is_started_through_a_wrapper_too(workshop: Workshop) -> None:
    function = wrapped(workshop, '#!/bin/sh\nexport TOUCHED=yes\nexec "$@"\n')
    (function.code_root / "index.js").write_text("exports.handler = async () => process.env.TOUCHED;")

    outcome = workshop.outcome_in_worker(replace(function, runtime="nodejs20.x", handler="index.handler"))

    assert outcome.payload == b'"yes"'
