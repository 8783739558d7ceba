"""The APIs of a SAM template: ``AWS::Serverless::Api`` and ``HttpApi``, declared or implicit.

Source: AWS SAM specification, AWS::Serverless::Api, AWS::Serverless::HttpApi.
"""

from __future__ import annotations

from dataclasses import dataclass

from pelton.projects.api_keys import made_up_key
from pelton.projects.cross_origin import sam_cors, sam_http_api_cors
from pelton.projects.documents import Block, Value
from pelton.projects.intrinsics import Evaluator
from pelton.projects.names import generated_id
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import Cors, ProjectRefused
from pelton.projects.sam_globals import IMPLICIT_APIS
from pelton.projects.scalars import block_of, text_of, texts_of
from pelton.projects.template import Template

REST_TYPE = "AWS::Serverless::Api"
HTTP_TYPE = "AWS::Serverless::HttpApi"
#: The stage of the implicit REST API.
_IMPLICIT_STAGE = "Prod"
_SERVED = frozenset(
    {*("StageName", "Cors", "CorsConfiguration", "Auth", "BinaryMediaTypes", "DefinitionBody", "DefinitionUri")}
)
_DEPLOYMENT = frozenset(
    {
        *(
            "Name",
            "Description",
            "Tags",
            "PropagateTags",
            "Domain",
            "EndpointConfiguration",
            "OpenApiVersion",
            "Models",
        ),
        *(
            "TracingEnabled",
            "AccessLogSetting",
            "AccessLogSettings",
            "CanarySetting",
            "MethodSettings",
            "CacheClusterSize",
        ),
        *(
            "CacheClusterEnabled",
            "MinimumCompressionSize",
            "AlwaysDeploy",
            "MergeDefinitions",
            "FailOnWarnings",
            "Mode",
        ),
        *("DisableExecuteApiEndpoint", "ApiKeySourceType", "DefaultRouteSettings", "RouteSettings", "SecurityPolicy"),
        *("Models", "CacheClusterSize", "Mode"),
    }
)
_NOT_SERVED = {
    "GatewayResponses": "errors are answered with API Gateway's own bodies here",
    "Variables": "stageVariables is null in events here",
    "StageVariables": "stageVariables is null in events here",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One API, as its routes need it."""

    logical_id: str
    cors: Cors | None
    binary_types: tuple[str, ...]
    authorizer: str | None  #: the default of its routes
    authorizers: Block
    needs_key: bool
    makes_key: bool  #: its usage plan has a key of its own
    definition: Value  #: an OpenAPI document, not evaluated
    definition_file: Value


class SamApis:
    """The template's APIs."""

    def __init__(self, template: Template, evaluator: Evaluator, stack: str, notes: Notes) -> None:
        self._template = template
        self._evaluator = evaluator
        self.stack_name = stack
        self._notes = notes
        self._read: dict[str, Api] = {}

    def stage(self) -> str:
        """The stage in the paths of REST APIs: the first declared one's, else that of the implicit API."""
        for logical_id in self.declared(REST_TYPE):
            properties = self._properties(logical_id)
            written = self._evaluator.evaluate(properties.get("StageName"), properties.at("StageName"))
            return text_of(written, properties.at("StageName"), f"{logical_id}: StageName")
        return _IMPLICIT_STAGE

    def declared(self, kind: str) -> list[str]:
        """Logical ids of the APIs that the template itself declares."""
        return [
            logical_id
            for logical_id in self._template.resources
            if self._template.type_of(logical_id) == kind
            and logical_id not in IMPLICIT_APIS
            and self._evaluator.references.exists(logical_id)
        ]

    def named(self, kind: str, reference: Value, event: Block) -> Api:
        """The API that an event refers to; without a reference the implicit one.

        Raises:
            ProjectRefused: the reference leads to no API of the template.
        """
        if reference is None:
            return self.api(next(name for name, implicit in IMPLICIT_APIS.items() if implicit == kind))
        text = text_of(reference, event.where, "the event's API")
        for logical_id in self._template.resources:
            if self._template.type_of(logical_id) == kind and generated_id(self.stack_name, logical_id) == text:
                return self.api(logical_id)
        raise ProjectRefused(event.where, f"the API {text} is not in this template", "name it with !Ref Api")

    def api(self, logical_id: str) -> Api:
        """One API by its logical id."""
        if logical_id not in self._read:
            self._read[logical_id] = self._made(logical_id)
        return self._read[logical_id]

    def made_keys(self) -> tuple[str, ...]:
        """The keys that usage plans of the APIs read so far make."""
        makers = [api.logical_id for api in self._read.values() if api.makes_key]
        return tuple(
            made_up_key(self.stack_name, f"{logical_id}ApiKey", self._template.resources.at(logical_id), self._notes)
            for logical_id in makers
        )

    def _properties(self, logical_id: str) -> Block:
        resource = block_of(self._template.resources[logical_id], self._template.resources.at(logical_id), logical_id)
        return block_of(resource.get("Properties"), resource.at("Properties"), logical_id)

    def _made(self, logical_id: str) -> Api:
        properties = self._properties(logical_id)
        self._note_unknown(logical_id, properties)
        values = {
            name: self._evaluator.evaluate(properties.get(name), properties.at(name))
            for name in ("Cors", "CorsConfiguration", "Auth", "BinaryMediaTypes", "DefinitionUri")
        }
        auth = block_of(values["Auth"], properties.at("Auth"), f"{logical_id}.Auth")
        default = auth.get("DefaultAuthorizer")
        usage_plan = block_of(auth.get("UsagePlan"), auth.at("UsagePlan"), f"{logical_id}.Auth.UsagePlan")
        is_rest = self._template.type_of(logical_id) == REST_TYPE
        binary = texts_of(values["BinaryMediaTypes"], properties.at("BinaryMediaTypes"), "BinaryMediaTypes")
        return Api(
            logical_id=logical_id,
            cors=sam_cors(values["Cors"], properties.at("Cors"))
            if is_rest
            else sam_http_api_cors(values["CorsConfiguration"], properties.at("CorsConfiguration")),
            binary_types=tuple(kind.replace("~1", "/") for kind in binary),
            authorizer=None if default is None else text_of(default, auth.at("DefaultAuthorizer"), "DefaultAuthorizer"),
            authorizers=block_of(auth.get("Authorizers"), auth.at("Authorizers"), f"{logical_id}.Auth.Authorizers"),
            needs_key=str(auth.get("ApiKeyRequired", False)).lower() == "true",
            makes_key=str(usage_plan.get("CreateUsagePlan", "NONE")).upper() != "NONE",
            definition=properties.get("DefinitionBody"),
            definition_file=values["DefinitionUri"],
        )

    def _note_unknown(self, logical_id: str, properties: Block) -> None:
        for name in properties:
            where = properties.at(name)
            if name in _NOT_SERVED:
                self._notes.warn(where, f"{logical_id}: {name} has no effect here", _NOT_SERVED[name])
            elif name not in _SERVED | _DEPLOYMENT:
                cure = did_you_mean(name, _SERVED | _DEPLOYMENT)
                self._notes.warn(where, f"{logical_id}: an API has no property {name}, it has no effect", cure)
