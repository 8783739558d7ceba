"""What only worker processes do: they are reused, capped, killed, replaced, and die with their parent."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pelton.functions.invocation import Draining, LogKind, Throttled
from pelton.functions.orphans import reap_orphans, start_time
from pelton.functions.service import Functions
from tests.functions.conftest import Workshop, ask

COUNTING = "import os\ncalls = 0\ndef handler(event, context):\n  global calls; calls += 1; return [os.getpid(), calls]"
WAITING = "import time\ndef handler(event, context):\n  time.sleep(event['s']); return event['n']"


def test_a_worker_keeps_its_globals(workshop: Workshop) -> None:
    async def twice(functions: Functions) -> list[list[int]]:
        return [json.loads((await functions.invoke(ask("reaction"))).payload) for _ in range(2)]

    first, second = workshop.in_workers(twice, workshop.function(COUNTING))

    assert first[0] == second[0]
    assert (first[1], second[1]) == (1, 2)


def test_a_reloaded_function_runs_its_new_code(workshop: Workshop) -> None:
    async def edited(functions: Functions) -> list[bytes]:
        before = await functions.invoke(ask("reaction"))
        workshop.function("def handler(event, context): return 'new'")
        await functions.reload(["reaction"])
        return [before.payload, (await functions.invoke(ask("reaction"))).payload]

    payloads = workshop.in_workers(edited, workshop.function("def handler(event, context): return 'old'"))

    assert payloads == [b'"old"', b'"new"']
    assert not (workshop.folder / "reaction" / "__pycache__").exists()


def test_a_reload_leaves_the_run_under_way_alone(workshop: Workshop) -> None:
    async def edited(functions: Functions) -> bytes:
        running = asyncio.ensure_future(functions.invoke(ask("reaction", b'{"s": 0.3, "n": 1}')))
        await functions.prewarm(["reaction"])
        await functions.reload(["reaction"])
        return (await running).payload

    assert workshop.in_workers(edited, workshop.function(WAITING)) == b"1"


def test_a_handler_that_hangs_is_stopped_at_its_timeout(workshop: Workshop) -> None:
    hanging = workshop.function(
        "import os, time\nprint('began', flush=True)\n"
        "def handler(event, context):\n  open(os.environ['TMPDIR'] + '/kept', 'a').write('x')\n"
        "  print('before')\n  if event: time.sleep(60)\n  return open(os.environ['TMPDIR'] + '/kept').read()",
        timeout_s=0.3,
    )

    async def hang_and_ask_again(functions: Functions) -> list[object]:
        first = await functions.invoke(ask("reaction", b"1"))
        second = await functions.invoke(ask("reaction", b"0"))
        return [first, second.payload]

    first, second = workshop.in_workers(hang_and_ask_again, hanging)

    text = f"RequestId: {first.request_id} Error: Task timed out after 0.30 seconds"
    assert json.loads(first.payload) == {"errorType": "Sandbox.Timedout", "errorMessage": text}
    assert "before" in workshop.texts()
    assert any(line.endswith(f"Z {first.request_id} Task timed out after 0.30 seconds") for line in workshop.texts())
    assert "timeout of 0.3 s" in workshop.texts(LogKind.ADVICE)[0]
    assert second == b'"xx"'  # The next worker has a fresh interpreter and the same temporary files.


def test_a_handler_that_takes_too_much_memory_is_killed(workshop: Workshop) -> None:
    function = workshop.function("import time\ndef handler(event, context):\n  x = b'x' * (300 << 20); time.sleep(10)")

    ended = workshop.outcome_in_worker(function)

    assert ended.error_type == "Runtime.ExitError"
    assert str(ended.error_message).endswith("Error: Runtime exited with error: signal: killed")
    assert ended.memory_used_mb >= 128
    assert "more than its 128 MB" in workshop.texts(LogKind.ADVICE)[0]


def test_a_crash_is_named_and_the_next_run_gets_a_new_worker(workshop: Workshop) -> None:
    function = workshop.function(
        "import os\ndef handler(event, context):\n  if event: os.kill(os.getpid(), 11)\n  return 1"
    )

    async def crash(functions: Functions) -> list[object]:
        first = await functions.invoke(ask("reaction", b"1"))
        return [first.error_message, (await functions.invoke(ask("reaction", b"0"))).payload]

    message, payload = workshop.in_workers(crash, function)

    assert str(message).endswith("Runtime exited with error: signal: segmentation fault")
    assert payload == b"1"


def test_an_import_that_exits_is_an_answer(workshop: Workshop) -> None:
    ended = workshop.outcome_in_worker(workshop.function("import sys; sys.exit('cannot go on')"))

    assert ended.error_type == "Runtime.ExitError"
    assert "cannot go on" in workshop.texts()


def test_an_import_that_hangs_is_stopped(workshop: Workshop) -> None:
    workshop.options = replace(workshop.options, init_timeout_s=0.3)

    ended = workshop.outcome_in_worker(workshop.function("import time; time.sleep(60)"))

    assert ended.error_type == "Sandbox.Timedout"


def test_a_megabyte_of_output_and_the_largest_event_pass(workshop: Workshop) -> None:
    function = workshop.function(
        "import os\ndef handler(event, context):\n  print('x' * 1_000_000); os.system('echo child'); return event"
    )
    event = b'"' + b"y" * 6_000_000 + b'"'

    ended = workshop.outcome_in_worker(function, event)

    assert ended.payload == event
    assert sum(len(text) for text in workshop.texts()) == 1_000_005
    assert workshop.texts()[-1] == "child"


def test_a_code_folder_that_is_gone_is_named(workshop: Workshop) -> None:
    function = replace(workshop.function(""), code_root=workshop.folder / "nowhere")

    ended = workshop.outcome_in_worker(function)

    assert ended.error_type == "Runtime.InvalidWorkingDir"
    assert f"{workshop.folder / 'nowhere'} does not exist" in workshop.texts(LogKind.ADVICE)[0]


def test_an_interpreter_that_is_missing_is_named(workshop: Workshop) -> None:
    workshop.options = replace(workshop.options, python=Path("/nowhere/python"))

    ended = workshop.outcome_in_worker(workshop.function(""))

    assert ended.error_type == "Runtime.InvalidEntrypoint"
    assert "/nowhere/python cannot be started" in workshop.texts(LogKind.ADVICE)[0]


def test_another_python_than_the_runtime_is_noted_once(workshop: Workshop) -> None:
    two = [workshop.function("def handler(event, context): pass", name, runtime="python3.7") for name in ("a", "b")]

    async def both(functions: Functions) -> None:
        await functions.prewarm(["a", "b"])

    workshop.in_workers(both, *two)

    [note] = workshop.texts(LogKind.ADVICE)
    assert note.startswith("runtime python3.7 runs on Python 3.")


def test_a_prewarmed_function_has_no_cold_start(workshop: Workshop) -> None:
    async def warm(functions: Functions) -> float | None:
        await functions.prewarm(["reaction"])
        return (await functions.invoke(ask("reaction"))).init_duration_ms

    assert workshop.in_workers(warm, workshop.function(COUNTING)) is None


def test_a_failed_prewarming_is_logged_with_its_cure(workshop: Workshop) -> None:
    workshop.in_workers(lambda functions: functions.prewarm(["reaction"]), workshop.function("import nowhere"))

    assert workshop.texts()[0].startswith("[ERROR] Runtime.ImportModuleError")
    assert "module 'nowhere' is not installed" in workshop.texts(LogKind.ADVICE)[0]


def test_runs_at_the_same_time_get_workers_of_their_own(workshop: Workshop) -> None:
    async def three(functions: Functions) -> tuple[float, list[bytes]]:
        began = time.monotonic()
        runs = [functions.invoke(ask("reaction", json.dumps({"s": 0.4, "n": n}).encode())) for n in range(3)]
        return time.monotonic() - began, [each.payload for each in await asyncio.gather(*runs)]

    _, payloads = workshop.in_workers(three, workshop.function(WAITING))

    assert payloads == [b"0", b"1", b"2"]
    assert len({line.at_ms for line in workshop.lines if line.text.startswith("REPORT")}) <= 3


def test_the_cap_holds_and_everyone_gets_a_turn(workshop: Workshop) -> None:
    workshop.options = replace(workshop.options, workers_max=2)
    names = ["a", "b", "c", "d"]

    async def many(functions: Functions) -> int:
        await functions.prewarm(names)
        runs = [functions.invoke(ask(name, b'{"s": 0.01, "n": 0}')) for name in names for _ in range(4)]
        largest = 0
        for run in asyncio.as_completed(runs):
            assert (await run).succeeded
            largest = max(largest, len(json.loads((workshop.data_dir / "workers.json").read_text())))
        return largest

    assert workshop.in_workers(many, *(workshop.function(WAITING, name) for name in names)) <= 2


def test_only_a_function_nobody_waits_for_gives_way(workshop: Workshop) -> None:
    source = "import os\ndef handler(event, context): return os.getpriority(os.PRIO_PROCESS, 0)"
    awaited = workshop.function(source, "awaited")
    reacting = workshop.function(source, "reacting", gives_way=True)

    async def both(functions: Functions) -> list[bytes]:
        return [(await functions.invoke(ask(name))).payload for name in ("awaited", "reacting")]

    payloads = workshop.in_workers(both, awaited, reacting)

    assert payloads == [str(os.getpriority(os.PRIO_PROCESS, 0)).encode(), b"5"]


def test_a_hanging_function_does_not_keep_another_out(workshop: Workshop) -> None:
    workshop.options = replace(workshop.options, workers_max=2)

    async def beside(functions: Functions) -> bytes:
        hanging = asyncio.ensure_future(functions.invoke(ask("slow", b'{"s": 60, "n": 0}')))
        await functions.invoke(ask("other", b'{"s": 0, "n": 1}'))
        answered = await functions.invoke(ask("third", b'{"s": 0, "n": 3}'))
        hanging.cancel()
        return answered.payload

    functions = [workshop.function(WAITING, name) for name in ("slow", "other", "third")]

    assert workshop.in_workers(beside, *functions) == b"3"


def test_without_workers_an_invocation_is_throttled(workshop: Workshop) -> None:
    workshop.options = replace(workshop.options, workers_max=0)

    with pytest.raises(Throttled):
        workshop.outcome_in_worker(workshop.function(COUNTING))


def test_draining_ends_what_hangs_and_says_so(workshop: Workshop) -> None:
    async def drain(functions: Functions) -> None:
        hanging = asyncio.ensure_future(functions.invoke(ask("reaction", b'{"s": 60, "n": 0}')))
        await functions.prewarm(["reaction"])
        began = time.monotonic()
        await functions.drain(0.2)
        assert time.monotonic() - began < 2
        with pytest.raises(Draining):
            await hanging
        with pytest.raises(Draining):
            await functions.invoke(ask("reaction"))

    workshop.in_workers(drain, workshop.function(WAITING, timeout_s=60.0))

    assert json.loads((workshop.data_dir / "workers.json").read_text()) == []


def test_idle_surplus_workers_leave_and_one_stays(workshop: Workshop) -> None:
    workshop.options = replace(workshop.options, idle_s=0.1)

    async def quiet(functions: Functions) -> int:
        await asyncio.gather(*(functions.invoke(ask("reaction", b'{"s": 0.2, "n": 0}')) for _ in range(3)))
        listed = workshop.data_dir / "workers.json"
        deadline = time.monotonic() + 5
        while len(json.loads(listed.read_text())) > 1 and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        return len(json.loads(listed.read_text()))

    assert workshop.in_workers(quiet, workshop.function(WAITING)) == 1


PARENT = """
import asyncio, os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.functions.conftest import Workshop, ask
workshop = Workshop(Path({folder!r}))
source = '''
import os, subprocess, sys, time
def handler(event, context):
    child = subprocess.Popen(["sleep", "60"])
    print("pids", os.getpid(), child.pid)
    time.sleep(60)
'''
async def hang(functions):
    functions.on_log(lambda line: print(line.text, flush=True))
    await functions.invoke(ask("reaction"))
workshop.in_workers(hang, workshop.function(source, timeout_s=60.0))
"""


def test_workers_die_when_their_parent_is_killed(workshop: Workshop) -> None:
    source = PARENT.format(tests=str(Path(__file__).parent), folder=str(workshop.folder))
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = next(line for line in parent.stdout if line.startswith("pids"))
        worker, child = map(int, pids.split()[1:])
        os.kill(parent.pid, signal.SIGKILL)
        parent.stdout.read()  # The pipe ends when the parent is gone; the workers do not hold it.

    assert_gone(worker)
    reap_orphans(workshop.data_dir)
    assert_gone(child)
    assert not (workshop.data_dir / "workers.json").exists()


def assert_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while start_time(pid) is not None:
        assert time.monotonic() < deadline, f"process {pid} lives"
        time.sleep(0.01)
