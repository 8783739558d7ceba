"""Worker processes, and Pelton itself, killed at random while records flow: nothing is lost, keys stay in order."""

from __future__ import annotations

import json
import os
import signal
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.end_to_end.recording import HANDLERS, recording_project, seen
from tests.end_to_end.running import Up, wait_for
from tests.end_to_end.test_order import count_up

#: So slow that a kill finds the handler at work as often as not.
SLOW = HANDLERS.replace('    write("first", event)', '    write("first", event)\n    time.sleep(0.02)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How much is written, and how much is killed."""

    shards: int
    retries: int  #: -1: until the record expires
    keys: int = 4
    updates: int = 20  #: of each key
    kills: int = 4  #: of workers
    restarts: int = 1  #: of Pelton, by kill -9
    patience_s: float = 60.0


SMALL = [Storm(shards=1, retries=-1), Storm(shards=4, retries=0)]
LARGE = [
    Storm(shards=shards, retries=retries, keys=16, updates=400, kills=120, restarts=8, patience_s=600)
    for shards in (1, 4)
    for retries in (-1, 0, 2)
]


@pytest.mark.parametrize("storm", SMALL, ids=str)
def test_kills_lose_nothing_and_keep_each_key_in_order(tmp_path: Path, storm: Storm) -> None:
    weather(tmp_path, storm, Random(7))


@pytest.mark.proof
@pytest.mark.parametrize("storm", LARGE, ids=str)
def test_very_many_kills_lose_nothing_and_keep_each_key_in_order(tmp_path: Path, storm: Storm) -> None:
    weather(tmp_path, storm, Random(11))


def weather(folder: Path, storm: Storm, random: Random) -> None:
    """Write, kill, start again, and look at what came of it."""
    project = project_of(folder / "project", storm)
    keys = [f"key{number}" for number in range(storm.keys)]
    runs = storm.restarts + 1
    written = storm.updates // runs
    for run in range(runs):
        with Up(project, folder / "data", "--shards", str(storm.shards), "--no-watch") as up:
            with ThreadPoolExecutor(len(keys)) as writers:
                writing = [writers.submit(count_up, up, key, written) for key in keys]
                kill_workers(
                    up, storm.kills // runs, random, partial(is_over, project, keys, writing, (run + 1) * written)
                )
                for work in writing:
                    work.result()
            if run < storm.restarts:
                up.kill()
                continue
            everything = {(key, version) for key in keys for version in range(1, written * runs + 1)}
            wait_for(lambda wanted=everything: reached(project) >= wanted, "every record", storm.patience_s)
    check_order(project)


def project_of(folder: Path, storm: Storm) -> Path:
    project = recording_project(folder, "first")
    (project / "handlers.py").write_text(SLOW)
    file = project / "serverless.yml"
    text = file.read_text().replace("batchSize: 100", f"batchSize: 5, maximumRetryAttempts: {storm.retries}")
    file.write_text(text + "custom: {pelton: {failures: kept}}\n")
    return project


def kill_workers(up: Up, times: int, random: Random, is_over: Callable[[], bool]) -> None:
    """Kill a worker at random, so many times, each a little after records have moved on, until all have.

    Without progress between two kills, the pauses between the attempts would grow to a minute.
    """
    for _ in range(times):
        before = len(reached(up.project))
        wait_for(lambda known=before: len(reached(up.project)) > known or is_over(), "progress", patience_s=90.0)
        if is_over():
            return
        workers = wait_for(lambda: children_of(up.process.pid) or is_over(), "a worker", patience_s=90.0)
        if workers is True:
            return
        with suppress(ProcessLookupError):
            os.kill(random.choice(workers), signal.SIGKILL)


def is_over(project: Path, keys: list[str], writing: list[Future[None]], versions: int) -> bool:
    """Whether all is written, so many versions of each key, and has reached the function."""
    return all(work.done() for work in writing) and len(reached(project)) >= len(keys) * versions


def children_of(pid: int) -> list[int]:
    """Processes that this one has started; a companion would be one too, but this project has none."""
    tasks = Path(f"/proc/{pid}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def reached(project: Path) -> set[tuple[str, int]]:
    """Key and version of each record that reached the function, or the folder for what was given up."""
    return {*seen(project, "first"), *given_up(project)}


def given_up(project: Path) -> set[tuple[str, int]]:
    found = set()
    for file in (project / "kept").glob("[!.]*.json"):  # A file that is being written has a name with a dot.
        for record in json.loads(file.read_text())["payload"]["Records"]:
            change = record["dynamodb"]
            found.add((change["Keys"]["id"]["S"], int(change["NewImage"]["n"]["N"])))
    return found


def check_order(project: Path) -> None:
    """A version that is seen for the first time is the newest so far, and what lies between two was given up."""
    kept = given_up(project)
    newest: dict[str, int] = defaultdict(int)
    known: set[tuple[str, int]] = set()
    for key, version in seen(project, "first"):
        if (key, version) in known:
            continue  # Delivered again: at least once is what is promised.
        missing = {(key, between) for between in range(newest[key] + 1, version)} - kept
        assert version > newest[key], f"{key}: {version} came after {newest[key]}"
        assert not missing, f"{key}: {version} came before {sorted(missing)}"
        known.add((key, version))
        newest[key] = version
