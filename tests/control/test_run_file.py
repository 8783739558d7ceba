from pathlib import Path

import pytest

from pelton.control.run_file import NotRunning, RunFile, read_run_file, remove_run_file, write_run_file

RUN = RunFile(
    host="127.0.0.1",
    port=1234,
    token="secret",
    pid=42,
    aws_url="http://127.0.0.1:8000",
    gateway_url="http://127.0.0.1:3000",
    project="/project",
    version="0.1.0",
)


def test_a_command_finds_what_a_running_pelton_wrote(tmp_path: Path) -> None:
    descriptor = write_run_file(tmp_path, RUN)

    assert read_run_file(tmp_path) == RUN
    remove_run_file(tmp_path, descriptor)


def test_a_run_file_that_outlived_its_process_means_that_nothing_runs(tmp_path: Path) -> None:
    descriptor = write_run_file(tmp_path, RUN)
    (tmp_path / "run.json").write_text((tmp_path / "run.json").read_text())
    remove_run_file_lock_only(descriptor)

    with pytest.raises(NotRunning, match="pelton up"):
        read_run_file(tmp_path)


def remove_run_file_lock_only(descriptor: int) -> None:
    import os

    os.close(descriptor)


@pytest.mark.parametrize("content", [None, "", "not json", "[]", '{"port": 1}'])
def test_a_missing_or_damaged_run_file_means_that_nothing_runs(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)

    with pytest.raises(NotRunning):
        read_run_file(tmp_path)


def test_only_its_owner_can_read_the_run_file(tmp_path: Path) -> None:
    descriptor = write_run_file(tmp_path, RUN)

    assert (tmp_path / "run.json").stat().st_mode & 0o077 == 0
    remove_run_file(tmp_path, descriptor)


def test_the_run_file_is_gone_after_the_end(tmp_path: Path) -> None:
    remove_run_file(tmp_path, write_run_file(tmp_path, RUN))

    assert list(tmp_path.iterdir()) == []
