"""A function that exists is valid; its names and its environment."""

from pathlib import Path

import pytest

from pelton.functions.definition import Function, InvalidFunction
from pelton.functions.environment import function_environment
from pelton.functions.interpreter import interpreter, module_paths
from pelton.functions.names import FunctionName, parse_function_name
from pelton.functions.options import FunctionsOptions

HERE = Path("/project")

REFUSED = [
    ({"name": "a b"}, "a name is 1 to 64"),
    ({"name": "x" * 65}, "a name is 1 to 64"),
    ({"timeout_s": 0}, "timeout 0 s is not in 1 to 900"),
    ({"timeout_s": 901}, "timeout 901 s"),
    ({"memory_mb": 64}, "memory 64 MB is not in 128 to 10240"),
    # Another language, by name and with its cure.
    ({"runtime": "ruby3.3"}, "runtime 'ruby3.3' is not served here, only python3.N, nodejsN.x and provided are"),
]


@pytest.mark.parametrize(("settings", "text"), REFUSED)
def test_what_cannot_run_is_refused_by_name(settings: dict[str, object], text: str) -> None:
    with pytest.raises(InvalidFunction, match=text):
        Function(**{"name": "reaction", "handler": "app.handler", "code_root": HERE, **settings})  # type: ignore[arg-type]


NAMED = [
    ("reaction", FunctionName("reaction")),
    ("reaction:$LATEST", FunctionName("reaction", "$LATEST")),
    ("123456789012:function:reaction", FunctionName("reaction", None, "123456789012")),
    (
        "arn:aws:lambda:eu-west-1:123456789012:function:reaction:live",
        FunctionName("reaction", "live", "123456789012", "eu-west-1"),
    ),
    ("arn:aws:sqs:eu-west-1:123456789012:queue", None),
    ("a:b:c", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "parts"), NAMED)
def test_a_function_is_named_in_four_ways(text: str, parts: FunctionName | None) -> None:
    assert parse_function_name(text) == parts


def environment(function: Function, **options: object) -> dict[str, str]:
    return function_environment(
        function,
        FunctionsOptions(data_dir=Path("/data"), **options),  # type: ignore[arg-type]
        log_stream="stream",
        temporary=Path("/tmp/1"),
        no_config=Path("/data/none"),
    )


def test_no_real_account_can_be_reached() -> None:
    function = Function(name="reaction", handler="app.handler", code_root=HERE)
    inherited = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "t", "AWS_ACCESS_KEY_ID": "real", "PATH": "/bin"}

    variables = environment(function, inherited=inherited)

    assert "AWS_PROFILE" not in variables
    assert "AWS_SESSION_TOKEN" not in variables
    assert variables["AWS_ACCESS_KEY_ID"] == "pelton"
    assert variables["AWS_CONFIG_FILE"] == variables["AWS_SHARED_CREDENTIALS_FILE"] == "/data/none"
    assert variables["AWS_EC2_METADATA_DISABLED"] == "true"
    assert variables["PATH"] == "/bin"


def test_declared_variables_win_but_for_the_tracer() -> None:
    declared = {"AWS_REGION": "eu-west-1", "POWERTOOLS_TRACE_DISABLED": "false", "POWERTOOLS_DEV": "1"}
    function = Function(name="reaction", handler="app.handler", code_root=HERE, environment=declared)

    variables = environment(function)

    assert variables["AWS_REGION"] == "eu-west-1"
    assert variables["POWERTOOLS_TRACE_DISABLED"] == "true"
    assert "POWERTOOLS_DEV" not in variables


def test_lambdas_folders_in_the_module_path_are_mapped(tmp_path: Path) -> None:
    declared = {"PYTHONPATH": "/var/task/vendored:/opt/more:/elsewhere"}
    function = Function(
        name="reaction", handler="app.handler", code_root=HERE, environment=declared, layers=(tmp_path / "layer",)
    )

    assert environment(function)["PYTHONPATH"] == f"/project/vendored:{tmp_path}/layer/more:/elsewhere"


def test_a_layer_adds_its_python_folder_or_itself(tmp_path: Path) -> None:
    (tmp_path / "packed/python/lib/python3.12/site-packages").mkdir(parents=True)
    (tmp_path / "plain").mkdir()
    layers = (tmp_path / "packed", tmp_path / "plain")
    function = Function(name="reaction", handler="a.b", code_root=HERE, runtime="python3.12", layers=layers)

    paths = [str(Path(path).relative_to(tmp_path)) for path in module_paths(function)]

    assert paths == ["packed/python/lib/python3.12/site-packages", "packed/python", "plain"]


def test_the_projects_own_interpreter_is_used(tmp_path: Path) -> None:
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()

    assert interpreter(FunctionsOptions(data_dir=tmp_path, project_root=tmp_path)) == python
    assert interpreter(FunctionsOptions(data_dir=tmp_path, project_root=tmp_path, python=Path("/x"))) == Path("/x")
