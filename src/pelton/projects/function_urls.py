"""Function URLs: AWS::Lambda::Url, ``url`` of serverless.yml and ``FunctionUrlConfig`` of SAM, which generate it.

Source: CloudFormation template reference, AWS::Lambda::Url; Serverless Framework documentation, Functions, "Lambda
Function URLs"; AWS SAM specification, FunctionUrlConfig.
"""

from __future__ import annotations

from pelton.operations import JsonObject
from pelton.projects.documents import Block, Value, block, row
from pelton.projects.intrinsics import Evaluator
from pelton.projects.names import function_logical_id, function_name_in
from pelton.projects.notes import Notes
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.scalars import block_of, text_of, texts_of, truth_of, whole_number_of
from pelton.projects.template import Template

URL_TYPE = "AWS::Lambda::Url"
TARGET = "TargetFunctionArn"
#: The property of SAM's functions; its members are the resource's.
URL_PROPERTY = "FunctionUrlConfig"

_CORS = {
    "allowedOrigins": "AllowOrigins",
    "allowedHeaders": "AllowHeaders",
    "allowedMethods": "AllowMethods",
    "allowCredentials": "AllowCredentials",
    "exposedResponseHeaders": "ExposeHeaders",
    "maxAge": "MaxAge",
}
_ANY_HEADERS = ["Content-Type", "X-Amz-Date", "Authorization", "X-Api-Key", "X-Amz-Security-Token"]


def url_resource(value: Value, where: Where, key: str) -> Block | None:
    """``url: true``, or a mapping of authorizer, cors and invokeMode, as the resource; None: there is no URL."""
    if value is None or value is False:
        return None
    written = Block(where) if value is True else block_of(value, where, f"functions.{key}.url")
    made = _leading_to(function_logical_id(key), where)
    made.put("AuthType", "AWS_IAM" if written.get("authorizer") == "aws_iam" else "NONE", written.at("authorizer"))
    if written.get("invokeMode") is not None:
        made.put("InvokeMode", written["invokeMode"], written.at("invokeMode"))
    cors, place = written.get("cors"), written.at("cors")
    if cors is True:
        made.put("Cors", block(place, [("AllowOrigins", "*"), ("AllowMethods", "*"), ("AllowHeaders", "*")]), place)
    elif cors:
        rules = block_of(cors, place, f"functions.{key}.url.cors")
        entries = [(name, rules[source]) for source, name in _CORS.items() if rules.get(source) is not None]
        made.put("Cors", block(place, entries), place)
    return block(where, [("Type", URL_TYPE), ("Properties", made)])


def sam_url_resource(logical_id: str, config: Block) -> Block:
    """The resource that SAM generates of a function's ``FunctionUrlConfig``."""
    made = _leading_to(logical_id, config.where)
    for name, value in config.items():
        made.put(name, value, config.at(name))
    return block(config.where, [("Type", URL_TYPE), ("Properties", made)])


def read_urls(template: Template, evaluator: Evaluator, notes: Notes) -> dict[str, JsonObject]:
    """By Lambda name: the URL of each function that has one, as CreateFunctionUrlConfig takes it.

    Raises:
        ProjectRefused: it has no such form, or streams its response, which is not supported.
    """
    found = {}
    for logical_id in template.resources:
        if template.type_of(logical_id) == URL_TYPE and evaluator.references.exists(logical_id):
            where = template.resources.at(logical_id)
            resource = block_of(template.resources[logical_id], where, logical_id)
            config = block_of(evaluator.evaluate(resource.get("Properties"), where), where, logical_id)
            target = text_of(config.get(TARGET), where, f"{logical_id}.{TARGET}")
            if config.get("Qualifier") is not None:
                what = f"{logical_id}: a project's functions have no aliases, its URL leads to $LATEST"
                notes.warn(config.at("Qualifier"), what, "leave the Qualifier out, or make the URL through the API")
            found[function_name_in(target)] = _request(config, logical_id, notes)
    return found


def _leading_to(logical_id: str, where: Where) -> Block:
    return block(where, [(TARGET, block(where, [("Fn::GetAtt", row(where, [logical_id, "Arn"]))]))])


def _request(config: Block, label: str, notes: Notes) -> JsonObject:
    where = config.where
    kind = text_of(config.get("AuthType"), where, f"{label}: AuthType of the URL")
    if kind not in ("NONE", "AWS_IAM"):
        raise ProjectRefused(where, f"{label}: AuthType {kind}", "write NONE or AWS_IAM")
    if config.get("InvokeMode") == "RESPONSE_STREAM":
        what = f"{label}: InvokeMode RESPONSE_STREAM of the URL is not supported"
        notes.refuse_unsupported(config.at("InvokeMode"), what, "write BUFFERED")
    made: JsonObject = {"AuthType": kind}
    if config.get("Cors") is not None:
        made["Cors"] = _cors(block_of(config["Cors"], config.at("Cors"), f"{label}: Cors of the URL"), label)
    return made


def _cors(rules: Block, label: str) -> JsonObject:
    made: JsonObject = {}
    for name in ("AllowOrigins", "AllowHeaders", "AllowMethods", "ExposeHeaders"):
        if rules.get(name) is not None:
            texts = list(texts_of(rules[name], rules.at(name), f"{label}: {name}"))
            made[name] = _ANY_HEADERS if name == "AllowHeaders" and texts == ["*"] else texts
    if rules.get("AllowCredentials") is not None:
        made["AllowCredentials"] = truth_of(rules["AllowCredentials"], rules.at("AllowCredentials"), "AllowCredentials")
    if rules.get("MaxAge") is not None:
        made["MaxAge"] = whole_number_of(rules["MaxAge"], rules.at("MaxAge"), f"{label}: MaxAge", range(86_401))
    return made
