"""Function URLs: ``url`` of serverless.yml and ``FunctionUrlConfig`` of SAM, as CreateFunctionUrlConfig takes them.

Source: Serverless Framework documentation, Functions, "Lambda Function URLs"; AWS SAM specification, FunctionUrlConfig.
"""

from __future__ import annotations

from pelton.operations import JsonObject
from pelton.projects.documents import Block, Value, block
from pelton.projects.notes import Notes
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.scalars import block_of, text_of, texts_of, truth_of, whole_number_of

#: The property of a function's resource that holds it, in SAM's own shape.
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


def url_property(value: Value, where: Where, key: str) -> Block | None:
    """``url: true``, or a mapping of authorizer, cors and invokeMode, as the property; None: there is no URL."""
    if value is None or value is False:
        return None
    written = Block(where) if value is True else block_of(value, where, f"functions.{key}.url")
    made = block(where, [("AuthType", "AWS_IAM" if written.get("authorizer") == "aws_iam" else "NONE")])
    if written.get("invokeMode") is not None:
        made.put("InvokeMode", written["invokeMode"], written.at("invokeMode"))
    cors, place = written.get("cors"), written.at("cors")
    if cors is True:
        made.put("Cors", block(place, [("AllowOrigins", "*"), ("AllowMethods", "*"), ("AllowHeaders", "*")]), place)
    elif cors:
        rules = block_of(cors, place, f"functions.{key}.url.cors")
        entries = [(name, rules[source]) for source, name in _CORS.items() if rules.get(source) is not None]
        made.put("Cors", block(place, entries), place)
    return made


def read_url(value: Value, where: Where, label: str, notes: Notes) -> JsonObject | None:
    """The evaluated property as a request; None: there is no URL.

    Raises:
        ProjectRefused: it has no such form, or streams its response, which is not supported.
    """
    if value is None:
        return None
    config = block_of(value, where, f"{label}.{URL_PROPERTY}")
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
