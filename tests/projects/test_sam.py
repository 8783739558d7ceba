"""SAM and CloudFormation templates: globals, functions, events, APIs, parameters, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pelton.projects.options import ReadOptions
from pelton.projects.project import Project, ProjectRefused, Route
from pelton.projects.reader import peek_companions, read_project

from .reading import ROOT, files_of, texts_of

#: The shop of the reference's section 3, as its author would deploy it.
SHOP = """
    Transform: AWS::Serverless-2016-10-31
    Globals:
      Function: {Runtime: python3.12, Timeout: 10, Environment: {Variables: {ORDERS: !Ref Orders}}}
    Resources:
      Orders:
        Type: AWS::DynamoDB::Table
        Properties:
          BillingMode: PAY_PER_REQUEST
          AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
          KeySchema: [{AttributeName: id, KeyType: HASH}]
          StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      Place:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: src/place/
          Handler: app.handler
          Events:
            Post: {Type: Api, Properties: {Path: /orders, Method: post}}
      Invoice:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: src/invoice/
          Handler: app.handler
          Events:
            Changes:
              Type: DynamoDB
              Properties:
                Stream: !GetAtt Orders.StreamArn
                StartingPosition: TRIM_HORIZON
                BatchSize: 25
                FunctionResponseTypes: [ReportBatchItemFailures]
                FilterCriteria:
                  Filters:
                    - Pattern: >-
                        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"total": {"N": [{"exists": true}]}}}}
                DestinationConfig: {OnFailure: {Destination: !GetAtt Failed.Arn}}
      Failed: {Type: AWS::SQS::Queue}
    """
CODE = {"src/place/app.py": "", "src/invoice/app.py": ""}
SERVED = frozenset({"StartingPosition", "BatchSize", "FilterCriteria", "FunctionResponseTypes", "DestinationConfig"})


def sam(text: str, files: dict[str, str] | None = None, **options: Any) -> Project:
    texts = {"template.yaml": text, **(files or {})}
    return read_project(ROOT, options=ReadOptions(**options), files=files_of(texts))


def function(rest: str, *, more: str = "") -> str:
    """A template with one function F at the root."""
    text = "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: a.b\n"
    return f"{text}      Runtime: python3.12\n{_indented(rest, 6)}\n{_indented(more, 2)}"


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in dedent(text).strip().splitlines())


def test_the_shop_is_read_whole() -> None:
    project = sam(SHOP, CODE, mapping_settings=SERVED)

    place, invoice = project.functions
    (table,) = project.tables
    (mapping,) = project.mappings
    assert (project.name, project.stage, project.region) == ("shop", "Prod", "us-east-1")
    assert (place.key, place.handler, place.runtime, place.timeout_s) == ("Place", "app.handler", "python3.12", 10)
    assert place.memory_mb == 128
    assert place.name.startswith("shop-Place-")
    assert (place.code_root, invoice.code_root) == (ROOT / "src/place", ROOT / "src/invoice")
    assert place.environment == {"ORDERS": table.name}
    assert [(route.kind, route.method, route.path, route.payload) for route in project.routes] == [
        ("http", "POST", "/orders", "1.0")
    ]
    assert (mapping.function_key, mapping.event_source) == ("Invoice", f"{{{{stream:{table.name}}}}}")
    assert mapping.settings["BatchSize"] == 25
    assert mapping.settings["DestinationConfig"]["OnFailure"]["Destination"].endswith(project.queues[0].name)
    assert texts_of(project) == []


def test_generated_names_are_the_same_in_every_run() -> None:
    assert sam(SHOP, CODE, mapping_settings=SERVED).tables[0].name == (
        sam(SHOP, CODE, mapping_settings=SERVED).tables[0].name
    )


def test_globals_merge_mappings_join_lists_and_give_way_to_what_a_resource_says() -> None:
    project = sam(
        """
        Globals:
          Function:
            Runtime: python3.11
            Handler: app.main
            Timeout: 5
            Layers: [!Ref Shared]
            Environment: {Variables: {A: global, B: global}}
        Resources:
          Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/shared}}
          Own: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/own}}
          F:
            Type: AWS::Serverless::Function
            Properties: {Timeout: 9, Layers: [!Ref Own], Environment: {Variables: {B: own, C: 3}}}
        """
    )

    (found,) = project.functions
    assert (found.handler, found.runtime, found.timeout_s) == ("app.main", "python3.11", 9)
    assert found.environment == {"A": "global", "B": "own", "C": "3"}
    assert found.layers == (ROOT / "layers/shared", ROOT / "layers/own")


def test_logging_of_a_function_stands_before_that_of_globals() -> None:
    project = sam(
        """
        Globals:
          Function: {Runtime: python3.11, Handler: app.main, LoggingConfig: {LogFormat: JSON, SystemLogLevel: WARN}}
        Resources:
          F:
            Type: AWS::Serverless::Function
            Properties: {LoggingConfig: {SystemLogLevel: DEBUG, LogGroup: shop}}
        """
    )

    (found,) = project.functions
    assert found.logging == {"LogFormat": "JSON", "SystemLogLevel": "DEBUG", "LogGroup": "shop"}


PARAMETERS = """
    Parameters:
      Mode: {Type: String, AllowedValues: [fast, safe]}
      Table: {Type: String, Default: things}
      Secret: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/secret}
    Conditions:
      Safe: !Equals [!Ref Mode, safe]
    Metadata: {Pelton: {values: {"ssm:/shop/secret": hush}, companions: [search]}}
    Resources:
      Only: {Type: AWS::Serverless::SimpleTable, Condition: Safe, Properties: {TableName: !Ref Table}}
      F:
        Type: AWS::Serverless::Function
        Properties:
          Handler: a.b
          Runtime: python3.12
          MemorySize: !If [Safe, 256, 512]
          Environment: {Variables: {SECRET: !Ref Secret, MODE: !Ref Mode, GONE: !If [Safe, x, !Ref 'AWS::NoValue']}}
    """


def test_parameters_conditions_and_values_of_pelton_decide() -> None:
    safe, fast = (sam(PARAMETERS, params={"Mode": mode}) for mode in ("safe", "fast"))

    assert [table.name for table in safe.tables] == ["things"]
    assert fast.tables == ()
    assert safe.functions[0].environment == {"SECRET": "hush", "MODE": "safe", "GONE": "x"}
    assert fast.functions[0].environment == {"SECRET": "hush", "MODE": "fast"}
    assert (safe.functions[0].memory_mb, fast.functions[0].memory_mb) == (256, 512)
    assert safe.companions == ("search",)
    assert peek_companions(ROOT, files_of({"template.yaml": PARAMETERS})).companions == ("search",)


def test_a_parameter_without_a_value_is_asked_for_by_name_with_its_choices() -> None:
    with pytest.raises(ProjectRefused, match=r"the parameter Mode has no value .*--param Mode=… \(one of fast, safe\)"):
        sam(PARAMETERS)


@pytest.mark.parametrize(
    "written",
    ['"Mode=fast Table=\\"a b\\""', '["Mode=fast", "ParameterKey=Table,ParameterValue=\'a b\'"]'],
)
def test_samconfig_gives_the_stack_its_name_region_and_parameters(written: str) -> None:
    config = 'version = 0.1\n[default.deploy.parameters]\nstack_name = "live"\nregion = "eu-west-1"\n'
    text = """
        Parameters: {Mode: {Type: String}, Table: {Type: String}}
        Resources:
          F:
            Type: AWS::Serverless::Function
            Properties:
              {Handler: a.b, Runtime: python3.12, Environment: {Variables: {M: !Ref Mode, T: !Ref Table}}}
        """

    project = sam(text, {"samconfig.toml": f"{config}parameter_overrides = {written}\n"})

    assert (project.name, project.region) == ("live", "eu-west-1")
    assert project.functions[0].environment == {"M": "fast", "T": "a b"}
    assert project.functions[0].name.startswith("live-F-")


def routes(text: str, files: dict[str, str] | None = None) -> tuple[Route, ...]:
    return sam(text, files).routes


def test_an_api_gives_its_routes_stage_cors_and_binary_types() -> None:
    project = sam(
        function(
            "Events: {Get: {Type: Api, Properties: {Path: '/users/{id}', Method: GET, RestApiId: !Ref Web}}}",
            more="""
            Web:
              Type: AWS::Serverless::Api
              Properties:
                StageName: live
                Cors: "'https://example.org'"
                BinaryMediaTypes: [image~1png]
            """,
        )
    )

    (route,) = project.routes
    assert project.stage == "live"
    assert (route.kind, route.method, route.path, route.binary_types) == ("http", "GET", "/users/{id}", ("image/png",))
    assert route.cors is not None
    assert (route.cors.origins, route.cors.methods) == (("https://example.org",), ("OPTIONS", "GET"))


def test_a_cors_mapping_is_taken_as_it_is_written_without_its_inner_quotes() -> None:
    (route,) = routes(
        "Globals: {Api: {Cors: {AllowOrigin: \"'*'\", AllowMethods: \"'GET,POST'\", AllowHeaders: \"'A,B'\","
        " MaxAge: \"'600'\"}}}\n" + function("Events: {Get: {Type: Api, Properties: {Path: /a, Method: any}}}")
    )

    assert route.cors is not None
    assert (route.cors.methods, route.cors.headers, route.cors.max_age_s) == (("GET", "POST"), ("A", "B"), 600)


def test_http_api_events_take_format_2_unless_they_say_otherwise_and_none_is_the_default_route() -> None:
    text = function(
        """
        Events:
          All: {Type: HttpApi}
          Old:
            Type: HttpApi
            Properties: {Path: /old, Method: POST, PayloadFormatVersion: '1.0', TimeoutInMillis: 900}
        """
    )

    catch_all, old = routes("Globals: {HttpApi: {CorsConfiguration: {AllowOrigins: ['*']}}}\n" + text)

    assert (catch_all.path, catch_all.method, catch_all.payload) == ("$default", "ANY", "2.0")
    assert (old.path, old.payload, old.timeout_s) == ("/old", "1.0", 0.9)
    assert old.cors is not None


OPENAPI = """
    openapi: 3.0.1
    paths:
      /products/{id}:
        get:
          x-amazon-apigateway-integration:
            type: aws_proxy
            httpMethod: POST
            uri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations
        options: {x-amazon-apigateway-integration: {type: mock}}
        put: {x-amazon-apigateway-integration: {type: aws, uri: 'arn:aws:apigateway:r:dynamodb:action/PutItem'}}
    """


@pytest.mark.parametrize(
    "definition",
    [
        "DefinitionUri: api.yaml",
        "DefinitionBody: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: api.yaml}}}",
    ],
)
def test_an_openapi_document_gives_the_routes_whose_integration_is_a_function(definition: str) -> None:
    text = function("", more=f"Web:\n  Type: AWS::Serverless::Api\n  Properties:\n    StageName: v1\n    {definition}")

    project = sam(text, {"api.yaml": OPENAPI})

    assert [(route.method, route.path, route.function_key) for route in project.routes] == [
        ("GET", "/products/{id}", "F")
    ]
    (note,) = texts_of(project)
    assert note.startswith("api.yaml:") and "PUT /products/{id} is not served here" in note


def test_a_mapping_resource_beside_a_plain_function_is_the_same_as_an_event() -> None:
    project = sam(
        """
        Parameters:
          Mode: {Type: String, AllowedValues: [fast, safe], Default: safe}
          Alerts: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/alerts/topic}
        Conditions:
          Safe: !Equals [!Ref Mode, safe]
        Resources:
          Items:
            Type: AWS::DynamoDB::Table
            Properties:
              AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
              KeySchema: [{AttributeName: id, KeyType: HASH}]
              StreamSpecification: {StreamViewType: NEW_IMAGE}
          Worker:
            Type: AWS::Lambda::Function
            Properties:
              Runtime: python3.12
              Handler: index.handler
              Code: {ZipFile: "def handler(event, context): pass"}
          Mapping:
            Type: AWS::Lambda::EventSourceMapping
            Properties:
              FunctionName: !GetAtt Worker.Arn
              EventSourceArn: !GetAtt Items.StreamArn
              StartingPosition: LATEST
              BatchSize: !If [Safe, 10, 1000]
              BisectBatchOnFunctionError: !If [Safe, true, !Ref AWS::NoValue]
        """,
        mapping_settings=frozenset({"StartingPosition", "BatchSize", "BisectBatchOnFunctionError"}),
    )

    (worker,) = project.functions
    (mapping,) = project.mappings
    assert (worker.timeout_s, worker.memory_mb) == (3, 128)
    assert worker.inline_code == "def handler(event, context): pass"
    assert mapping.settings == {"StartingPosition": "LATEST", "BatchSize": 10, "BisectBatchOnFunctionError": True}
    assert texts_of(project) == []


def test_queues_schedules_and_asynchronous_events_are_what_their_resources_would_be() -> None:
    project = sam(
        function(
            """
            DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Jobs.Arn}
            EventInvokeConfig: {MaximumRetryAttempts: 1}
            Events:
              Work: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}
              Hourly: {Type: Schedule, Properties: {Schedule: rate(1 hour), Input: '{"job": "tidy"}'}}
              Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: cron(0 3 * * ? *), State: DISABLED}}
            """,
            more="Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}",
        )
    )

    (found,) = project.functions
    (mapping,) = project.mappings
    assert found.dead_letter == mapping.event_source == "arn:aws:sqs:us-east-1:000000000000:jobs"
    assert found.event_invoke == {"MaximumRetryAttempts": 1}
    assert mapping.settings == {"BatchSize": 10}
    assert [(s.expression, s.input, s.is_enabled, s.is_rule) for s in project.schedules] == [
        ("rate(1 hour)", '{"job": "tidy"}', True, True),
        ("cron(0 3 * * ? *)", None, False, False),
    ]
    assert texts_of(project) == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            function("Timout: 3"),
            "template.yaml:7: F: a function has no property Timout, it has no effect (did you mean",
        ),
        (function("Events: {E: {Type: S3, Properties: {}}}"), "F: S3 events are not served here (run it with: pelton"),
        (function("Events: {E: {Type: HtpApi}}"), "there is no event HtpApi, it has no effect (did you mean HttpApi?)"),
        (function("CodeUri: s3://bucket/x.zip"), "the code of F lies in S3 and does not run here"),
        (function("CodeUri: nowhere/"), "F: there is no folder nowhere/"),
        (function("PackageType: Image"), "the function F is a container image and does not run here"),
        (function("Layers: ['arn:aws:lambda:us-east-1:017000801446:layer:Power:1']"), "the layer arn:aws:lambda"),
        ("Globals: {Functions: {}}\n" + function(""), "Globals has no section Functions"),
        ("Resourcez: {}\n" + function(""), "a template has no section Resourcez"),
        (function("", more="T: {Type: AWS::SNS::Topic}"), "T (AWS::SNS::Topic) is not served here"),
        (
            function("", more="A: {Type: AWS::Serverless::Api, Properties: {StageName: a, Variables: {X: y}}}"),
            "A: Variables has no effect here (stageVariables is null",
        ),
    ],
)
def test_what_is_not_served_is_a_warning_with_its_place(text: str, note: str) -> None:
    assert note in "\n".join(texts_of(sam(text, {"a.py": ""})))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (function("Events: {E: {Type: Api, Properties: {Path: /a, Method: fetch}}}"), "the method FETCH"),
        (function("Events: {E: {Properties: {}}}"), "the event E has no Type"),
        (function("Events: {E: {Type: DynamoDB, Properties: {StartingPosition: LATEST}}}"), "event without a Stream"),
        (
            function("Events: {E: {Type: Api, Properties: {Path: /a, Method: get, Auth: {Authorizer: Nobody}}}}"),
            "the API has no authorizer Nobody",
        ),
        (function("Environment: {Variables: {A: !ImportValue x}}"), "Metadata.Pelton.values"),
        (function("").replace("a.b", "app.py"), "the handler app.py names no function"),
        ("Resources: {F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b}}}", "F has no runtime"),
    ],
)
def test_what_would_change_behaviour_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(ProjectRefused) as caught:
        sam(text)

    assert reason in str(caught.value)
    assert str(caught.value).startswith("template.yaml:")


def test_a_broken_samconfig_is_refused_by_name() -> None:
    with pytest.raises(ProjectRefused, match=r"samconfig\.toml: it is not TOML"):
        sam(function(""), {"samconfig.toml": "version = "})


def test_a_template_under_any_name_is_read(tmp_path: Path) -> None:
    files = files_of({"infra.yaml": function("")})

    project = read_project(ROOT / "infra.yaml", options=ReadOptions(), files=files)

    assert [found.key for found in project.functions] == ["F"]
