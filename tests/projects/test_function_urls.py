"""Function URLs of projects: what generates them, and what refers to them."""

from __future__ import annotations

import pytest

from pelton.arns import function_url_path
from pelton.projects.options import ReadOptions
from pelton.projects.project import Project, ProjectRefused
from pelton.projects.reader import read_project
from tests.projects.reading import ROOT, files_of, read, service, texts_of

ARN = "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-page"
URL = f"http://127.0.0.1:8000{function_url_path(ARN)}"


def template(text: str) -> Project:
    texts = {"template.yaml": "Transform: AWS::Serverless-2016-10-31\n" + text, "app.py": ""}
    return read_project(ROOT / "template.yaml", options=ReadOptions(), files=files_of(texts))


def test_a_functions_url_is_the_attribute_of_the_resource_that_is_generated() -> None:
    project = read(
        service("""
        functions: {page: {handler: app.page, url: true}}
        resources:
          Outputs: {Url: {Value: !GetAtt PageLambdaFunctionUrl.FunctionUrl}}
        """)
    )

    assert project.outputs == {"Url": URL}
    assert project.functions[0].url == {"AuthType": "NONE"}
    assert texts_of(project) == []


def test_another_functions_environment_may_hold_a_url() -> None:
    project = read(
        service("""
        functions:
          page: {handler: app.page, url: {authorizer: aws_iam, cors: true}}
          caller: {handler: app.call, environment: {PAGE: !GetAtt PageLambdaFunctionUrl.FunctionUrl}}
        """)
    )

    assert project.functions[1].environment["PAGE"] == URL
    assert project.functions[0].url is not None
    assert project.functions[0].url["AuthType"] == "AWS_IAM"
    assert project.functions[0].url["Cors"]["AllowOrigins"] == ["*"]


def test_sam_generates_one_named_after_its_function() -> None:
    project = template("""
Resources:
  Page:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: shop-dev-page
      Handler: app.page
      Runtime: python3.12
      FunctionUrlConfig: {AuthType: NONE, Cors: {AllowOrigins: [https://shop.example]}}
Outputs: {Url: {Value: !GetAtt PageUrl.FunctionUrl}, Arn: {Value: !GetAtt PageUrl.FunctionArn}}
""")

    assert project.outputs == {"Url": URL, "Arn": ARN}
    assert project.functions[0].url == {"AuthType": "NONE", "Cors": {"AllowOrigins": ["https://shop.example"]}}


@pytest.mark.parametrize("target", ["!GetAtt PageLambdaFunction.Arn", "!Ref PageLambdaFunction", ARN])
def test_a_resource_of_its_own_makes_a_url(target: str) -> None:
    project = read(
        service(f"""
        functions: {{page: {{handler: app.page}}}}
        resources:
          Resources:
            Link: {{Type: AWS::Lambda::Url, Properties: {{TargetFunctionArn: {target}, AuthType: NONE}}}}
          Outputs: {{Url: {{Value: !GetAtt Link.FunctionUrl}}}}
        """)
    )

    assert project.functions[0].url == {"AuthType": "NONE"}
    assert project.outputs == {"Url": URL}
    assert texts_of(project) == []


def test_a_url_whose_condition_does_not_hold_is_none() -> None:
    project = read(
        service("""
        functions: {page: {handler: app.page}}
        resources:
          Conditions: {Never: !Equals [a, b]}
          Resources:
            Link:
              Type: AWS::Lambda::Url
              Condition: Never
              Properties: {TargetFunctionArn: !Ref PageLambdaFunction, AuthType: NONE}
        """)
    )

    assert project.functions[0].url is None


def test_a_url_of_an_alias_says_where_it_leads() -> None:
    project = read(
        service("""
        functions: {page: {handler: app.page}}
        resources:
          Resources:
            Link:
              Type: AWS::Lambda::Url
              Properties: {TargetFunctionArn: !Ref PageLambdaFunction, AuthType: NONE, Qualifier: live}
        """)
    )

    assert "its URL leads to $LATEST" in "\n".join(texts_of(project))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("{AuthType: OPEN, TargetFunctionArn: !Ref PageLambdaFunction}", "AuthType OPEN"),
        ("{AuthType: NONE}", "TargetFunctionArn"),
        ("{TargetFunctionArn: !Ref PageLambdaFunction}", "AuthType"),
    ],
)
def test_a_url_without_what_it_needs_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ProjectRefused, match=reason):
        read(
            service(f"""
            functions: {{page: {{handler: app.page}}}}
            resources: {{Resources: {{Link: {{Type: AWS::Lambda::Url, Properties: {url}}}}}}}
            """)
        )
