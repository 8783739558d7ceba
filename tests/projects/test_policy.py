"""Nothing is ignored in silence: what is passed over, what is a warning, what is an error."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from pelton.projects.known_keys import PLUGINS_NOT_SERVED
from pelton.projects.options import ReadOptions
from pelton.projects.project import ProjectRefused
from pelton.projects.reader import peek_companions, read_project

from .reading import ROOT, files_of, read, service, texts_of

LIFT = f"serverless.yml:3: the plugin serverless-lift is not served here ({PLUGINS_NOT_SERVED['serverless-lift']})"
TABLE = """
    resources:
      Resources:
        Users:
          Type: AWS::DynamoDB::Table
          Properties:
            TableName: users
            AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
            KeySchema: [{AttributeName: id, KeyType: HASH}]
            StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
    """


def one(events: str) -> str:
    return service(f"functions:\n  f:\n    handler: a.b\n    events: [{events}]") + dedent(TABLE)


def stream(options: str) -> str:
    return one("{stream: {type: dynamodb, arn: !GetAtt Users.StreamArn, " + options + "}}")


def test_deployment_keys_are_passed_over_with_their_unresolved_values() -> None:
    text = service(
        """
        package: {patterns: ['!node_modules/**']}
        functions:
          f: {handler: a.b, role: "${ssm:/role}", vpc: "${cf:net.Vpc}", tags: {a: b}}
        """,
        provider="{name: aws, runtime: python3.12, iam: {role: '${ssm:/x}'}, tracing: {lambda: true}}",
    )

    assert texts_of(read(text)) == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (service("function: {}"), "serverless.yml:3: unknown key function, it has no effect (did you mean functions?)"),
        (
            service("functions:\n  f:\n    handler: a.b\n    timout: 3"),
            "serverless.yml:6: functions.f has an unknown key timout (did you mean timeout?)",
        ),
        (
            service("functions:\n  f:\n    handler: a.b\n    events:\n      - s3: bucket"),
            "serverless.yml:7: f: s3 events are not served here (run it with: pelton invoke f)",
        ),
        (
            service("functions:\n  f:\n    handler: a.b\n    events:\n      - htp: GET /"),
            "serverless.yml:7: f: there is no event htp, it has no effect (did you mean http?)",
        ),
        (
            service("resources:\n  Resources:\n    Q: {Type: AWS::SNS::Topic}"),
            "serverless.yml:5: Q (AWS::SNS::Topic) is not served here (what refers to it gets a made-up name)",
        ),
        (
            service("plugins: [serverless-lift]"),
            LIFT,
        ),
    ],
)
def test_what_has_no_effect_is_a_warning_with_line_and_cure(text: str, note: str) -> None:
    assert texts_of(read(text)) == [note]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("batchSize: 0", "BatchSize is 0"),
        ("startingPosition: AT_TIMESTAMP", "StartingPosition is AT_TIMESTAMP"),
        ("maximumRecordAgeInSeconds: 5", "MaximumRecordAgeInSeconds is 5"),
        ("filterPatterns: [text]", "a filter pattern is not a mapping"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(options: str, reason: str) -> None:
    with pytest.raises(ProjectRefused) as caught:
        read(stream(options))

    assert reason in str(caught.value)
    assert str(caught.value).startswith("serverless.yml:6: ")


def test_an_unsupported_setting_is_an_error_and_with_permission_a_warning() -> None:
    with pytest.raises(ProjectRefused, match="--allow-unsupported"):
        read(stream("parallelizationFactor: 4"))

    project = read(stream("parallelizationFactor: 4"), allow_unsupported=True)

    assert "ParallelizationFactor is not supported yet" in texts_of(project)[0]
    assert "ParallelizationFactor" not in project.mappings[0].settings


def test_an_unsupported_setting_at_lambdas_default_changes_nothing_and_passes() -> None:
    assert texts_of(read(stream("parallelizationFactor: '1', enabled: 'true'"))) == []


def test_a_misspelt_stream_key_is_a_warning_as_deployment_would_ignore_it() -> None:
    project = read(stream("functionResponseTypes: [ReportBatchItemFailures]"))

    assert "did you mean functionResponseType?" in texts_of(project)[0]


def test_filter_patterns_become_json_and_keep_null_empty_text_and_numbers() -> None:
    project = read(stream('filterPatterns: [{a: [null, "", 5, "5"]}]'))

    assert project.mappings[0].settings["FilterCriteria"] == {"Filters": [{"Pattern": '{"a": [null, "", 5, "5"]}'}]}


@pytest.mark.parametrize(
    "event",
    [
        "{http: {path: x, method: get, authorizer: elsewhere}}",
        "{http: {path: x, method: get, authorizer: {type: COGNITO_USER_POOLS, arn: !GetAtt Pool.Arn}}}",
        "{httpApi: {path: /x, method: get, authorizer: {id: abc}}}",
    ],
)
def test_a_route_that_would_be_open_is_refused(event: str) -> None:
    with pytest.raises(ProjectRefused, match="the route would be open"):
        read(one(event))


def test_a_mapping_to_a_table_without_a_stream_is_refused_with_its_cure() -> None:
    with pytest.raises(ProjectRefused, match=r"has no stream \(add StreamSpecification"):
        read(one("{stream: {type: dynamodb, arn: !GetAtt Users.StreamArn}}").replace("StreamSpecification", "Tags2"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "not YAML"),
        ("- a", "the file is a list"),
        ("provider: aws", "there is no service"),
        ("service: x", "there is no provider"),
        ("service: x\nprovider: google", "the provider google"),
        (service("functions: {f: {handler: app}}"), "the handler app names no function"),
        (service("functions: {f: {}}"), "functions.f has no handler"),
        (service("functions: {f: {handler: a.b}}", provider="aws"), "functions.f has no runtime"),
        (service("functions: {f: {handler: a.b, timeout: 901}}"), "Timeout is 901"),
        (service("functions: {f: {handler: a.b, environment: {A: '${env:NOPE}'}}}"), "set NOPE in the environment"),
        (service("custom: {pelton: {site: nowhere}}"), "is no folder"),
    ],
)
def test_a_broken_project_is_one_clear_line(text: str, reason: str) -> None:
    with pytest.raises(ProjectRefused) as caught:
        read(text)

    assert reason in str(caught.value)
    assert str(caught.value).startswith("serverless.yml")
    assert "\n" not in str(caught.value)


def test_functions_in_other_languages_are_skipped_with_their_routes_and_mappings() -> None:
    text = one("{http: GET /x}, {stream: {type: dynamodb, arn: !GetAtt Users.StreamArn}}").replace(
        "python3.12", "ruby3.3"
    )

    project = read(text)

    assert (project.functions, project.routes, project.mappings) == ((), (), ())
    assert "(ruby3.3) does not run here" in texts_of(project)[0]


def test_the_first_of_two_equal_routes_is_kept() -> None:
    project = read(
        service("functions: {a: {handler: a.b, events: [{http: GET x}]}, b: {handler: a.b, events: [{http: get /x/}]}}")
    )

    assert [route.function_key for route in project.routes] == ["a"]
    assert "stands twice" in texts_of(project)[0]


def test_resources_edit_and_remove_what_was_generated() -> None:
    text = service(
        """
        functions: {create-user: {handler: a.b, timeout: 5, description: x}}
        resources:
          Resources:
            CreateDashuserLambdaFunction: {Properties: {Timeout: 9, Description: null}}
        """
    )

    function = read(text).functions[0]

    assert (function.timeout_s, function.description, function.memory_mb) == (9, "", 1024)


def test_pelton_settings_are_read_and_its_environment_wins() -> None:
    text = service(
        """
        custom:
          pelton:
            companions: [search, mail]
            site: web
            environment: {HOST: here}
            values: {"ssm:/key": from-file}
        functions: {f: {handler: a.b, environment: {HOST: there, KEY: "${ssm:/key}"}}}
        """
    )

    project = read(text, {"web/index.html": ""})

    assert (project.companions, project.site) == (("search", "mail"), ROOT / "web")
    assert project.functions[0].environment == {"HOST": "here", "KEY": "from-file"}


def test_companions_are_read_before_variables() -> None:
    text = "service: x\ncustom: {pelton: {companions: [search]}, y: '${env:NOPE}'}\nprovider: aws"

    assert peek_companions(ROOT, files_of({"serverless.yml": text})).companions == ("search",)
    assert peek_companions(ROOT, files_of({"serverless.yml": "service: x"})).companions == ()


def test_a_project_without_functions_routes_or_tables_is_valid() -> None:
    project = read(service(""))

    assert (project.functions, project.routes, project.tables, project.notes) == ((), (), (), ())


def test_a_folder_without_a_project_says_what_is_looked_for() -> None:
    with pytest.raises(ProjectRefused, match=r"there is no serverless\.yml"):
        read_project(Path("/shop"), options=ReadOptions(), files=files_of({"x/readme.txt": ""}))
