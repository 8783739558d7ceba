"""A snapshot taken under load and restored elsewhere runs as the first did."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from pathlib import Path

from pelton.control.client import RunningPelton
from tests.end_to_end.recording import recording_project, seen
from tests.end_to_end.running import Up, run_pelton, wait_for


def test_a_snapshot_of_a_loaded_pelton_restores_tables_functions_and_places(tmp_path: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    stop = threading.Event()
    written = []

    def write(up: Up) -> None:
        item = {"id": {"S": str(len(written))}, "n": {"N": str(len(written))}}
        up.client("dynamodb").put_item(TableName="things", Item=item)
        written.append(len(written))

    def write_on(up: Up) -> None:
        while not stop.is_set():
            write(up)

    with Up(project, tmp_path / "data", "--no-watch") as up:
        up.client("lambda").create_function(
            FunctionName="uploaded",
            Runtime="python3.11",
            Role="arn:aws:iam::000000000000:role/x",
            Handler="app.hello",
            Code={"ZipFile": zipped("def hello(event, context): return 'hello'")},
        )
        for _ in range(10):
            write(up)
        RunningPelton(up.data_dir).post("settle", timeout_s="10")  # The next write stores how far the trigger is.
        writer = threading.Thread(target=write_on, args=(up,))
        writer.start()
        wait_for(lambda: len(written) > 20, "the first writes")
        before = len(written)
        taken = up.command("snapshot", str(tmp_path / "copy"), "--json")
        again = up.command("snapshot", str(tmp_path / "copy"))
        stop.set()
        writer.join()

    restored = run_pelton("restore", str(tmp_path / "copy"), "--data-dir", str(tmp_path / "restored"), "--json")
    refused = run_pelton("restore", str(tmp_path / "copy"), "--data-dir", str(tmp_path / "data"))

    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["bytes"] == (tmp_path / "copy").stat().st_size
    assert (again.returncode, "exists" in again.stderr) == (2, True)
    assert (refused.returncode, "holds data" in refused.stderr) == (2, True)
    items = json.loads(restored.stdout)["items"]
    assert before <= items <= len(written)
    (project / "first.seen").unlink()
    with Up(project, tmp_path / "restored", "--no-watch") as up:
        assert up.client("dynamodb").scan(TableName="things", Select="COUNT")["Count"] == items
        answer = up.client("lambda").invoke(FunctionName="uploaded")
        assert json.load(answer["Payload"]) == "hello"
        up.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "new"}, "n": {"N": "-1"}})
        wait_for(lambda: ("new", -1) in seen(project, "first"), "the trigger to go on at its place")
    assert len(seen(project, "first")) < items, "what was seen before the snapshot is not seen again"


def zipped(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()


def test_a_stopped_pelton_is_copied_too(tmp_path: Path) -> None:
    Up(tmp_path, tmp_path / "data").stop()

    taken = run_pelton("snapshot", str(tmp_path / "copy"), "--data-dir", str(tmp_path / "data"))

    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.endswith(" bytes\n")
    nothing = run_pelton("snapshot", str(tmp_path / "other"), "--data-dir", str(tmp_path))
    assert (nothing.returncode, "not a data folder" in nothing.stderr) == (2, True)
