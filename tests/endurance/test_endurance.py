"""Long runs: what a day leaves behind, and what too many clients do."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.recording import recording_project
from tests.end_to_end.running import Up, run_pelton
from tests.endurance.invocations import invocations
from tests.endurance.overload import overload
from tests.endurance.soak import soak


@pytest.mark.proof
def test_three_days_in_ten_minutes_leave_memory_files_and_data_level(tmp_path: Path) -> None:
    result = soak(tmp_path, seconds=600, hours=72)

    assert result.refused == 0
    assert result.reactions > result.requests / 2
    for what, share in (("memory_mb", 0.1), ("files", 0.1), ("data_mb", 0.15)):
        rise, mean = result.rise(what)
        assert rise < mean * share + 3, f"{what} rose by {rise:.1f} to a mean of {mean:.1f}"
    assert run_pelton("check", "--data-dir", str(tmp_path / "data")).returncode == 0


@pytest.mark.proof
def test_ten_thousand_invocations_leave_memory_files_and_children_level(tmp_path: Path) -> None:
    first, *_, last = invocations(tmp_path, count=10_000, samples=5)

    # Every invocation leaves a row, and SQLite keeps pages of the database in memory, up to its cache's bound.
    assert last.server_mb - first.server_mb < last.data_mb - first.data_mb + 4
    assert last.worker_mb - first.worker_mb < 2
    assert (last.server_files, last.worker_files) == (first.server_files, first.worker_files)
    assert last.children == first.children


@pytest.mark.parametrize(
    ("connections", "ahead", "seconds"), [(200, 40, 1.0), pytest.param(2000, 5, 30.0, marks=pytest.mark.proof)]
)
def test_too_many_clients_are_throttled_fairly_and_pelton_recovers_at_once(
    tmp_path: Path, connections: int, ahead: int, seconds: float
) -> None:
    project = recording_project(tmp_path / "project")
    with Up(project, tmp_path / "data", "--no-watch") as up:
        port = urlsplit(up.aws).port
        assert port is not None

        figures = overload(port, up.process.pid, connections=connections, ahead=ahead, seconds=seconds)

    # A slow machine sends so slowly that nothing has to be refused.
    assert set(figures.answers) - {"ThrottlingException"} == {"200"}
    # The first round may be all there is time for, and half of the 8,000 is more than may wait.
    served = sum(stored > 0 for stored in figures.stored_by_connection)
    assert served >= connections * (0.4 if seconds < 10 else 0.9), f"{served} of {connections} were served at all"
    assert figures.recovery_s < 1.0
    assert figures.peak_mb < 700
    assert run_pelton("check", "--data-dir", str(tmp_path / "data")).returncode == 0
