"""Log files and a cap on the data, on a real Pelton."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.recording import recording_project, seen
from tests.end_to_end.running import Up, http, run_pelton, wait_for


def test_a_log_file_holds_what_happened(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    log = tmp_path / "pelton.log"
    with Up(project, tmp_path / "data", "--no-watch", "--log-file", str(log)) as up:
        up.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "one"}, "n": {"N": "1"}})
        wait_for(lambda: seen(project, "first"), "the function")

    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert any(row["text"].startswith("ready in ") for row in rows)
    assert any(row["kind"] == "reaction" and "1 record of things" in row["text"] for row in rows)
    assert rows[-1]["text"].startswith("Stopping")


def test_data_beyond_the_cap_are_refused_by_name_and_reads_go_on(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    with Up(project, tmp_path / "data", "--no-watch", "--data-max", "2MB") as up:
        client = up.client("dynamodb")
        with pytest.raises(ClientError, match=r"has reached its cap \(--data-max\)") as refused:
            for number in range(200):
                client.put_item(TableName="things", Item={"id": {"S": str(number)}, "body": {"S": "x" * 30_000}})
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert client.get_item(TableName="things", Key={"id": {"S": "0"}})["Item"]["id"] == {"S": "0"}
        metrics = str(http("GET", f"{up.aws}/_pelton/metrics")[1])
        size = int(metrics.partition("\npelton_data_bytes ")[2].split("\n")[0])
        assert size <= 2_000_000
    assert run_pelton("check", "--data-dir", str(tmp_path / "data")).returncode == 0


@pytest.mark.parametrize(
    ("options", "text"),
    [(("--data-max", "lots"), "give one such as 500MB"), (("--log-file", "/nowhere/log"), "No such file")],
)
def test_what_cannot_be_used_is_one_line(tmp_path: Path, options: tuple[str, ...], text: str) -> None:
    ended = run_pelton("up", str(tmp_path), *options, "--data-dir", str(tmp_path / "data"))

    assert ended.returncode == 2
    assert text in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
