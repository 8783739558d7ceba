"""Starting and stopping, as a newcomer meets it."""

import json
import os
import signal
import socket
import stat
import time
from pathlib import Path

import apsw
import pytest

from tests.end_to_end.running import Up, http, run_pelton, wait_for


def test_an_empty_folder_is_an_aws_endpoint(tmp_path: Path) -> None:
    with Up(tmp_path, tmp_path / "data", "--ephemeral") as up:
        assert up.client("dynamodb").list_tables()["TableNames"] == []
        assert http("GET", f"{up.aws}/_pelton/health")[0] == 200


def test_a_port_in_use_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        ended = run_pelton(
            "up", str(tmp_path), "--port", port, "--http-port", "0", "--data-dir", str(tmp_path / "data")
        )

    assert ended.returncode == 2
    assert f"port {port} (the AWS endpoint) is in use" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_broken_project_is_one_line_with_its_place_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text("service: x\nprovider: {name: aws\n")

    ended = run_pelton("up", str(tmp_path), "--port", "0", "--http-port", "0", "--data-dir", str(tmp_path / "data"))

    assert ended.returncode == 2
    assert "serverless.yml:" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ended.stderr


def test_a_data_folder_in_use_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with Up(tmp_path, tmp_path / "data"):
        ended = run_pelton("up", str(tmp_path), "--port", "0", "--http-port", "0", "--data-dir", str(tmp_path / "data"))

    assert ended.returncode == 2
    assert "in use" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("PRAGMA user_version = 1000", "was written by a newer Pelton (schema version 1000"),
        ("PRAGMA application_id = 7", "was not written by Pelton"),
    ],
)
def test_a_data_folder_of_a_newer_version_or_a_stranger_is_one_line_and_exit_code_2(
    tmp_path: Path, statement: str, text: str
) -> None:
    Up(tmp_path, tmp_path / "data").stop()
    connection = apsw.Connection(str(tmp_path / "data" / "pelton.db"))
    connection.execute(statement)
    connection.close()

    ended = run_pelton("up", str(tmp_path), "--port", "0", "--http-port", "0", "--data-dir", str(tmp_path / "data"))

    assert ended.returncode == 2
    assert text in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_ctrl_c_ends_with_zero_within_ten_seconds_although_a_handler_hangs(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import time\ndef hang(event, context):\n    time.sleep(600)\n")
    (tmp_path / "serverless.yml").write_text(
        "service: x\nprovider: {name: aws, runtime: python3.11, timeout: 900}\n"
        "functions: {hang: {handler: app.hang, events: [{httpApi: GET /}]}}\n"
    )
    with Up(tmp_path, tmp_path / "data", "--ephemeral") as up:
        with pytest.raises(TimeoutError):
            http("GET", up.application + "/", patience_s=1.0)

        began = time.monotonic()
        code = up.stop()

    assert code == 0
    assert time.monotonic() - began < 10


def test_the_run_file_names_the_control_api_and_is_gone_at_the_end(tmp_path: Path) -> None:
    with Up(tmp_path, tmp_path / "data") as up:
        file = tmp_path / "data" / "run.json"
        run = json.loads(file.read_text())

        assert run["pid"] == up.process.pid
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert http("GET", f"http://{run['host']}:{run['port']}/state")[0] == 403
        assert up.command("status").returncode == 0

    assert not file.exists()
    assert run_pelton("status", "--data-dir", str(tmp_path / "data")).returncode == 2


def test_an_ephemeral_run_removes_its_data_also_on_a_termination_signal(tmp_path: Path) -> None:
    up = Up(tmp_path, tmp_path / "data", "--ephemeral")

    up.process.send_signal(signal.SIGTERM)

    assert up.ended() == 0
    assert not (tmp_path / "data").exists()


def test_tables_made_through_the_api_survive_kill_9(tmp_path: Path) -> None:
    up = Up(tmp_path, tmp_path / "data")
    up.client("dynamodb").create_table(
        TableName="things",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    up.client("dynamodb").put_item(TableName="things", Item={"k": {"S": "a"}})

    up.kill()

    with Up(tmp_path, tmp_path / "data") as again:
        assert again.client("dynamodb").get_item(TableName="things", Key={"k": {"S": "a"}})["Item"] == {"k": {"S": "a"}}
    assert run_pelton("check", "--data-dir", str(tmp_path / "data")).returncode == 0


def test_a_foreign_origin_or_host_is_refused_on_both_ports(tmp_path: Path) -> None:
    with Up(tmp_path, tmp_path / "data", "--ephemeral") as up:
        for address in (up.aws, up.application):
            assert http("POST", address + "/", {}, {"Host": "evil.example"})[0] == 403
        assert http("POST", up.aws + "/", {}, {"Origin": "https://evil.example"})[0] == 403


def test_idle_costs_little(tmp_path: Path) -> None:
    with Up(tmp_path, tmp_path / "data", "--ephemeral") as up:
        pid = up.process.pid
        before = cpu_s(pid)
        began = time.monotonic()
        wait_for(lambda: time.monotonic() - began > 3, "three idle seconds")

        assert (cpu_s(pid) - before) / 3 < 0.05


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
