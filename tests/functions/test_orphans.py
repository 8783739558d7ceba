"""The list of workers, and ending those that outlived their Pelton."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pelton.functions.orphans import WorkerList, reap_orphans


@pytest.fixture
def orphan() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True, env={"STREAM": "2026/[1]abc"}) as process:
        yield process
        process.kill()


def test_a_listed_process_is_killed(tmp_path: Path, orphan: "subprocess.Popen[bytes]") -> None:
    WorkerList(tmp_path).add(orphan.pid, "2026/[1]abc")

    killed = reap_orphans(tmp_path)

    assert killed == [orphan.pid]
    assert orphan.wait(timeout=5) == -9
    assert not (tmp_path / "workers.json").exists()


def test_another_process_that_got_the_same_id_is_left_alone(tmp_path: Path, orphan: "subprocess.Popen[bytes]") -> None:
    record = {"pid": orphan.pid, "started": "1", "log_stream": "of another worker"}
    (tmp_path / "workers.json").write_text(json.dumps([record]))

    assert reap_orphans(tmp_path) == []
    assert orphan.poll() is None


def test_what_a_worker_left_behind_is_killed(tmp_path: Path) -> None:
    command = "sleep 60 & echo $!"
    with subprocess.Popen(
        ["sh", "-c", command], stdout=subprocess.PIPE, start_new_session=True, env={"STREAM": "x/[1]abc"}
    ) as worker:
        assert worker.stdout is not None
        child = int(worker.stdout.readline())
        workers = WorkerList(tmp_path)
        workers.add(worker.pid, "x/[1]abc")
        worker.wait(timeout=5)

        assert reap_orphans(tmp_path) == [child]


@pytest.mark.parametrize("content", [b"", b"{", b'[{"pid": 1}]', b"[1]"])
def test_a_torn_list_is_no_reason_to_stop(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "workers.json").write_bytes(content)

    assert reap_orphans(tmp_path) == []


def test_a_first_start_has_nothing_to_do(tmp_path: Path) -> None:
    assert reap_orphans(tmp_path) == []
