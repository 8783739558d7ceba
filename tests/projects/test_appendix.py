"""The samples of real projects: they resolve exactly as their authors expect."""

from __future__ import annotations

from pelton.projects.project import with_stream_arns

from .reading import read, texts_of

VARIABLES = """
    service: shop
    useDotenv: true
    custom:
      defaultStage: dev
      stage: ${opt:stage, self:custom.defaultStage}
      names: {test: t-orders, dev: d-orders}
      orders: ${self:custom.names.${self:custom.stage}, 'orders'}
      tax: ${env:TAX, 19}
      extra: ${file(extra-${sls:stage}.yml), null}
      cfg: ${file(config.yml):${self:custom.stage}}
    provider:
      name: aws
      runtime: python3.12
      environment:
        ORDERS: ${self:custom.orders}
        ARN: !Sub arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${self:custom.orders}
        OWN: {"Fn::Join": ["-", [!Ref OrdersTable, "${self:provider.stage}"]]}
        TAX: ${self:custom.tax}
        CONFIG: ${self:custom.cfg.limit}
        EXTRA: ${file(extra-${sls:stage}.yml), null}
    functions:
      - ${file(functions/orders.yml)}
      - audit:
          handler: audit/main.run
          events: [{stream: {type: dynamodb, arn: {"Fn::GetAtt": [OrdersTable, StreamArn]}}}]
    resources:
      - ${file(resources/tables.yml)}
      - Outputs: {Name: {Value: !Ref OrdersTable, Export: {Name: "${self:service}-${sls:stage}-orders"}}}
    """
FILES = {
    ".env": "TAX=7\n",
    "config.yml": "test: {limit: 10}\ndev: {limit: 1}\n",
    "functions/orders.yml": """
        place:
          handler: orders/place.handler
          events: [{httpApi: POST /orders}]
        """,
    "resources/tables.yml": """
        Resources:
          OrdersTable:
            Type: AWS::DynamoDB::Table
            Properties:
              TableName: ${self:custom.orders}
              BillingMode: PAY_PER_REQUEST
              AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
              KeySchema: [{AttributeName: id, KeyType: HASH}]
              StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
        """,
}


def test_variables_of_old_and_new_projects_resolve() -> None:
    project = read(VARIABLES, FILES, stage="test", region="eu-west-1")

    place, audit = project.functions
    assert place.environment == {
        "ORDERS": "t-orders",
        "ARN": "arn:aws:dynamodb:eu-west-1:000000000000:table/t-orders",
        "OWN": "t-orders-test",
        "TAX": "7",
        "CONFIG": "10",
    }
    assert (place.key, place.name, place.handler) == ("place", "shop-test-place", "orders/place.handler")
    assert audit.environment == place.environment
    assert project.outputs == {"Name": "t-orders"}
    assert texts_of(project) == []


def test_without_a_stage_the_same_project_takes_its_defaults() -> None:
    project = read(VARIABLES, {**FILES, ".env": ""})

    assert project.functions[0].environment["ORDERS"] == "d-orders"
    assert project.functions[0].environment["TAX"] == "19"
    assert (project.stage, project.region) == ("dev", "us-east-1")


def test_the_table_becomes_a_create_request() -> None:
    project = read(VARIABLES, FILES, stage="test")

    assert project.tables[0].create == {
        "TableName": "t-orders",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }


def test_a_stream_is_a_token_until_its_table_exists() -> None:
    project = read(VARIABLES, FILES, stage="test")

    wired = with_stream_arns(project, {"t-orders": "arn:of:stream"})

    assert project.mappings[0].event_source == "{{stream:t-orders}}"
    assert wired.mappings[0].event_source == "arn:of:stream"
    assert wired.mappings[0].settings == {"StartingPosition": "TRIM_HORIZON", "BatchSize": 10}


def test_files_that_feed_the_project_are_watched() -> None:
    project = read(VARIABLES, FILES, stage="test")

    assert {path.name for path in project.watched} == {
        *("serverless.yml", "extra-test.yml", "config.yml", "orders.yml", "tables.yml", ".env", ".env.test"),
    }


SETTINGS = frozenset({"StartingPosition", "BatchSize", "MaximumBatchingWindowInSeconds", "ParallelizationFactor"})
EVENTS = """
    service: shop
    provider: {name: aws, runtime: python3.12}
    functions:
      api:
        handler: web.handle
        events:
          - http: {path: 'v1/{proxy+}', method: any, cors: true}
          - httpApi: 'GET /health'
          - schedule: {rate: ['rate(1 hour)', 'cron(0 6 ? * MON-FRI *)'], enabled: false, input: {job: tidy}}
      search: &reader
        handler: reactions.search
        events: [{stream: {type: dynamodb, arn: !GetAtt Items.StreamArn, batchWindow: 1, parallelizationFactor: 4}}]
      stats:
        <<: *reader
        handler: reactions.stats
    resources:
      Resources:
        Items:
          Type: AWS::DynamoDB::Table
          Properties:
            AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
            KeySchema: [{AttributeName: id, KeyType: HASH}]
            StreamSpecification: {StreamViewType: KEYS_ONLY}
    """


def test_one_function_can_have_routes_of_both_kinds() -> None:
    project = read(EVENTS, mapping_settings=SETTINGS)

    rest, http_api = project.routes
    assert (rest.kind, rest.method, rest.path, rest.payload) == ("http", "ANY", "/v1/{proxy+}", "1.0")
    assert rest.cors is not None
    assert rest.cors.methods == ("OPTIONS", "DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
    assert (http_api.kind, http_api.method, http_api.path, http_api.payload) == ("httpApi", "GET", "/health", "2.0")
    assert [schedule.expression for schedule in project.schedules] == ["rate(1 hour)", "cron(0 6 ? * MON-FRI *)"]
    assert {(each.function_key, each.input, each.is_enabled) for each in project.schedules} == {
        ("api", '{"job": "tidy"}', False)
    }
    assert texts_of(project) == []


def test_two_readers_of_one_stream_are_two_mappings() -> None:
    project = read(EVENTS, mapping_settings=SETTINGS)

    assert [mapping.function_key for mapping in project.mappings] == ["search", "stats"]
    assert {mapping.event_source for mapping in project.mappings} == {project.mappings[0].event_source}
    assert project.mappings[1].settings == {
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 1,
        "ParallelizationFactor": 4,
    }


CLOUDFORMATION = """
    service: shop
    provider: {name: aws, runtime: python3.12}
    functions:
      worker: {handler: worker.run}
    resources:
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
            StreamSpecification: {StreamViewType: KEYS_ONLY}
        Mapping:
          Type: AWS::Lambda::EventSourceMapping
          Properties:
            FunctionName: !GetAtt WorkerLambdaFunction.Arn
            EventSourceArn: !GetAtt Items.StreamArn
            StartingPosition: LATEST
            BatchSize: !If [Safe, 10, 1000]
            BisectBatchOnFunctionError: !If [Safe, true, !Ref AWS::NoValue]
    """


def test_a_mapping_resource_is_guarded_by_its_condition() -> None:
    settings = frozenset({"StartingPosition", "BatchSize", "BisectBatchOnFunctionError"})

    safe = read(CLOUDFORMATION, mapping_settings=settings)
    fast = read(CLOUDFORMATION, mapping_settings=settings, params={"Mode": "fast"})

    assert safe.mappings[0].settings == {
        "StartingPosition": "LATEST",
        "BatchSize": 10,
        "BisectBatchOnFunctionError": True,
    }
    assert fast.mappings[0].settings == {"StartingPosition": "LATEST", "BatchSize": 1000}


def test_logs_of_a_function_stand_before_those_of_the_provider() -> None:
    project = read(
        """
        service: shop
        provider:
          name: aws
          runtime: python3.12
          logs: {lambda: {logFormat: JSON, systemLogLevel: WARN}}
        functions:
          api: {handler: web.handle}
          worker: {handler: worker.run, logs: {logFormat: JSON, applicationLogLevel: DEBUG, logGroup: shop}}
        """
    )

    assert {found.key: found.logging for found in project.functions} == {
        "api": {"LogFormat": "JSON", "SystemLogLevel": "WARN"},
        "worker": {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "LogGroup": "shop"},
    }
