"""What only the in-process executor does: the interpreter is as before, and time is the Clock's."""

import logging
import os
import sys
import textwrap
from pathlib import Path

import pytest

from pelton.functions.invocation import Draining, Invocation, UnknownFunction
from tests.functions.conftest import Workshop, ask, finished

COUNTING = "calls = 0\ndef handler(event, context):\n  global calls; calls += 1; return [__name__, calls]"


def test_functions_with_the_same_file_names_do_not_meet(workshop: Workshop) -> None:
    one, two = (workshop.function("import part\ndef handler(event, context): return part.NAME", name) for name in "ab")
    (one.code_root / "part.py").write_text("NAME = 'one'")
    (two.code_root / "part.py").write_text("NAME = 'two'")
    functions = workshop.here(one, two)

    payloads = [finished(functions.invoke(ask(name))).payload for name in "abab"]

    assert payloads == [b'"one"', b'"two"'] * 2


def test_globals_last_until_a_reload(workshop: Workshop) -> None:
    functions = workshop.here(workshop.function(COUNTING))

    finished(functions.invoke(ask("reaction")))
    assert finished(functions.invoke(ask("reaction"))).payload == b'["app", 2]'
    finished(functions.reload(["reaction"]))

    assert finished(functions.invoke(ask("reaction"))).payload == b'["app", 1]'


def test_the_interpreter_is_as_before(workshop: Workshop) -> None:
    function = workshop.function(
        "import os, logging\nos.environ['LEFT'] = '1'\ndef handler(event, context): os.chdir('/')"
    )
    before = (
        dict(os.environ),
        Path.cwd(),
        list(sys.path),
        set(sys.modules),
        sys.stdout,
        logging.getLogger().handlers[:],
    )

    finished(workshop.here(function).invoke(ask("reaction")))

    assert before == (
        dict(os.environ), Path.cwd(), list(sys.path), set(sys.modules), sys.stdout, logging.getLogger().handlers[:]
    )  # fmt: skip
    assert not (function.code_root / "__pycache__").exists()


def test_a_run_inside_a_run_has_its_own_modules(workshop: Workshop) -> None:
    outer = workshop.function(
        "import part\ndef handler(event, context):\n  import sys; sys.inner(); return part.NAME", "outer"
    )
    inner = workshop.function("import part, os\ndef handler(event, context): return [part.NAME, os.getcwd()]", "inner")
    (outer.code_root / "part.py").write_text("NAME = 'outer'")
    (inner.code_root / "part.py").write_text("NAME = 'inner'")
    functions = workshop.here(outer, inner)
    payloads: list[bytes] = []
    sys.inner = lambda: payloads.append(finished(functions.invoke(ask("inner"))).payload)  # type: ignore[attr-defined]

    try:
        payloads.append(finished(functions.invoke(ask("outer"))).payload)
    finally:
        del sys.inner  # type: ignore[attr-defined]

    assert payloads == [f'["inner", "{inner.code_root}"]'.encode(), b'"outer"']


def test_a_handler_that_outlasts_its_timeout_by_the_clock_has_timed_out(workshop: Workshop) -> None:
    function = workshop.function("import sys\ndef handler(event, context): sys.pelton_clock.advance(21)")
    sys.pelton_clock = workshop.clock  # type: ignore[attr-defined]

    try:
        ended = workshop.outcome_here(function)
    finally:
        del sys.pelton_clock  # type: ignore[attr-defined]

    assert ended.error_type == "Sandbox.Timedout"
    assert ended.duration_ms == 21_000


def test_an_interruption_is_no_outcome(workshop: Workshop) -> None:
    with pytest.raises(KeyboardInterrupt):
        workshop.outcome_here(workshop.function("def handler(event, context): raise KeyboardInterrupt"))


def test_the_client_context_is_an_object(workshop: Workshop) -> None:
    source = """
        def handler(event, context):
            client = context.client_context
            return [client.custom, client.env, client.client.app_title]
    """
    functions = workshop.here(workshop.function(textwrap.dedent(source)))
    text = b'{"custom": {"a": 1}, "env": {"b": 2}, "client": {"app_title": "t"}}'
    invocation = Invocation(function_name="reaction", payload=b"{}", client_context=text)

    assert finished(functions.invoke(invocation)).payload == b'[{"a": 1}, {"b": 2}, "t"]'


def test_a_function_is_found_by_name_key_and_arn(workshop: Workshop) -> None:
    function = workshop.function("", "service-dev-reaction", key="reaction")
    functions = workshop.here(function)

    names = [
        "service-dev-reaction",
        "reaction",
        function.arn,
        f"{function.arn}:$LATEST",
        "service-dev-reaction:$LATEST",
    ]

    assert [functions.get(name) for name in names] == [function] * 5
    assert functions.get("another") is functions.get("reaction:live") is None
    assert functions.list() == [function]


def test_a_removed_function_is_unknown(workshop: Workshop) -> None:
    functions = workshop.here(workshop.function(COUNTING))

    assert functions.remove("reaction")

    with pytest.raises(UnknownFunction):
        finished(functions.invoke(ask("reaction")))
    assert not functions.remove("reaction")


def test_the_qualifier_is_in_the_context_where_it_was_asked_for(workshop: Workshop) -> None:
    functions = workshop.here(workshop.function("def handler(event, context): return context.invoked_function_arn"))

    assert finished(functions.invoke(ask("reaction:$LATEST"))).payload.endswith(b':reaction:$LATEST"')
    assert finished(functions.invoke(ask("reaction"))).payload.endswith(b':reaction"')


def test_a_retry_keeps_its_request_id(workshop: Workshop) -> None:
    functions = workshop.here(workshop.function("def handler(event, context): return context.aws_request_id"))
    again = Invocation(function_name="reaction", payload=b"{}", request_id="c5f3")

    assert finished(functions.invoke(again)).payload == b'"c5f3"'


def test_listeners_get_the_invocation_and_its_outcome(workshop: Workshop) -> None:
    functions = workshop.here(workshop.function("def handler(event, context): return event"))
    ended: list[object] = []
    functions.on_outcome(lambda invocation, outcome: ended.append((invocation.origin, outcome.payload)))

    finished(functions.invoke(Invocation(function_name="reaction", payload=b"7", origin={"mapping": "m"})))

    assert ended == [({"mapping": "m"}, b"7")]


def test_nothing_begins_after_a_drain(workshop: Workshop) -> None:
    functions = workshop.here(workshop.function(COUNTING))

    finished(functions.drain(1))

    with pytest.raises(Draining):
        finished(functions.invoke(ask("reaction")))
