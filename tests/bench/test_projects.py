"""The projects that are measured."""

from pathlib import Path

from bench.projects import SIGNUP, StreamFunction, without_stream_functions, write_project
from pelton.projects.files import DiskFiles
from pelton.projects.options import ReadOptions
from pelton.projects.reader import read_project


def test_the_example_without_reactions_keeps_everything_else() -> None:
    text = (SIGNUP / "serverless.yml").read_text(encoding="utf-8")

    left = without_stream_functions(text)

    assert "- stream:" not in left
    assert left.count("- httpApi:") == text.count("- httpApi:")
    assert left.endswith(text[text.index("resources:\n") :])
    assert left.startswith(text[: text.index("  index_users:")].rstrip("\n").rsplit("\n", 2)[0])


def test_a_written_project_is_one_that_pelton_reads(tmp_path: Path) -> None:
    function = StreamFunction(name="react", table="some-things", batch_size=7, is_enabled=False)

    folder = write_project(tmp_path, ["some-things"], [function], "def handler(event, context): ...\n")
    project = read_project(folder / "serverless.yml", options=ReadOptions(), files=DiskFiles())

    assert [each.key for each in project.functions] == ["react"]
    assert [table.name for table in project.tables] == ["some-things"]
