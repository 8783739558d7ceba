"""Functions are alone: what one does or suffers is nothing to the others, nor to the writers."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import pytest

from tests.end_to_end.recording import recording_project, seen
from tests.end_to_end.running import Up, wait_for


def write_for(up: Up, prefix: str, seconds: float, pause_s: float) -> list[float]:
    """Put new items, so long; how long each took (s)."""
    client = up.client("dynamodb")
    taken = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        number = len(taken) + 1
        began = time.monotonic()
        client.put_item(TableName="things", Item={"id": {"S": f"{prefix}{number}"}, "n": {"N": str(number)}})
        taken.append(time.monotonic() - began)
        time.sleep(pause_s)
    return taken


def check_one_hanging(tmp_path: Path, seconds: float, pause_s: float) -> None:
    project = recording_project(tmp_path / "project", "hang", "first", timeout_s=900)
    with Up(project, tmp_path / "data", "--no-watch") as up:
        before = len(write_for(up, "a", 0.5, 0.01))
        wait_for(lambda: len(seen(project, "first")) == before, "the first records")

        taken = write_for(up, "b", seconds, pause_s)

        wait_for(lambda: len(seen(project, "first")) >= before + len(taken), "the other function to go on", 5)
        assert median(taken) < 0.05
        assert up.command("triggers", "--json").stdout.count('"function": "hang"') == 1
        up.kill()  # Ending in order would wait ten seconds for the one that hangs.


def test_one_function_hangs_while_writes_and_the_other_go_on(tmp_path: Path) -> None:
    check_one_hanging(tmp_path, 1.0, 0.02)


@pytest.mark.proof
def test_one_function_hangs_for_a_minute_while_writes_and_the_other_go_on(tmp_path: Path) -> None:
    check_one_hanging(tmp_path, 60.0, 0.02)


@pytest.mark.proof
def test_an_idle_pelton_uses_less_than_one_hundredth_of_a_core(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first", "second")
    with Up(project, tmp_path / "data") as up:
        write_for(up, "a", 0.2, 0.05)
        wait_for(lambda: seen(project, "second"), "the first record")
        time.sleep(3)
        before = cpu_s(up.process.pid)
        time.sleep(30)

        assert (cpu_s(up.process.pid) - before) / 30 < 0.01


def cpu_s(parent: int) -> float:
    """Processor time (s) of a process and its descendants so far."""
    processes = {int(path.name): _stat(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    family = {parent}
    while True:
        more = {pid for pid, stat in processes.items() if stat and stat[0] in family} | family
        if more == family:
            return sum(processes[pid][1] for pid in family if processes.get(pid)) / 100
        family = more


def _stat(path: Path) -> tuple[int, int] | tuple[()]:
    """Parent and processor ticks of a process; nothing when it has gone."""
    try:
        fields = (path / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ()
    return int(fields[1]), int(fields[11]) + int(fields[12])
