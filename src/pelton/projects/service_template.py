"""The template a service becomes: what the Serverless Framework generates, with ``resources`` merged over it.

Source: Serverless Framework documentation, Resources, "Override AWS CloudFormation resource".
"""

from __future__ import annotations

from pelton.projects.documents import Block, Row, Value, block
from pelton.projects.event_invokes import event_invoke_resource
from pelton.projects.function_urls import url_resource
from pelton.projects.names import event_invoke_logical_id, function_logical_id, layer_logical_id, url_logical_id
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.scalars import block_of
from pelton.projects.service import Service
from pelton.projects.service_functions import FunctionDefaults, function_resource, note_function_keys
from pelton.projects.template import SECTIONS, Template, deep_merge, merged_sections

#: Sections of ``resources`` without an effect here.
_PASSED_OVER = ("extensions", "Transform", "Description", "AWSTemplateFormatVersion", "Metadata")
#: Generated resources that projects refer to whether or not they exist here.
_ALWAYS = {
    "IamRoleLambdaExecution": "AWS::IAM::Role",
    "ApiGatewayRestApi": "AWS::ApiGateway::RestApi",
    "HttpApi": "AWS::ApiGatewayV2::Api",
    "PythonRequirementsLambdaLayer": "AWS::Lambda::LayerVersion",
}


def service_template(service: Service, functions: Block, mappings: Block, notes: Notes) -> Template:
    """The service's template.

    Args:
        service: the service.
        functions: its functions by key.
        mappings: mapping resources that its events generate.
        notes: receives warnings of unknown sections and keys.
    """
    where = service.main.at("resources")
    generated = deep_merge(_generated(service, functions, notes), mappings)
    sections = merged_sections(service.variables.at("resources"), where)
    for name in sections:
        if name not in (*SECTIONS, *_PASSED_OVER):
            notes.warn(sections.at(name), f"resources has no section {name}", did_you_mean(name, SECTIONS))
    if "serverless-pseudo-parameters" in service.plugins:
        sections, generated = _with_pseudo_parameters(sections), _with_pseudo_parameters(generated)
    parts = {name: block_of(sections.get(name), sections.at(name), f"resources.{name}") for name in SECTIONS}
    resources = deep_merge(generated, parts["Resources"])
    extensions = block_of(sections.get("extensions"), sections.at("extensions"), "resources.extensions")
    for name in extensions:
        if name not in resources:
            what = f"there is no resource {name} to extend"
            raise ProjectRefused(extensions.at(name), what, did_you_mean(name, resources))
    return Template(
        resources=_extended(resources, extensions),
        parameters=parts["Parameters"],
        mappings=parts["Mappings"],
        conditions=parts["Conditions"],
        outputs=parts["Outputs"],
        parameter_values=service.options.params,
    )


def _extended(resources: Block, extensions: Block) -> Block:
    """Extensions merge the properties one level deep and replace everything else."""
    made = deep_merge(Block(resources.where), resources)
    for name in extensions:
        resource = deep_merge(Block(resources.at(name)), block_of(resources[name], resources.at(name), name))
        for key, value in block_of(extensions[name], extensions.at(name), name).items():
            under = resource.get(key)
            merged = Block(extensions.at(name))
            for source in (under, value) if key in ("Properties", "Metadata") else ():
                for member, item in block_of(source, extensions.at(name), key).items():
                    merged.put(member, item, extensions.at(name))
            resource.put(key, merged if key in ("Properties", "Metadata") else value, extensions.at(name))
        made.put(name, resource, resources.at(name))
    return made


def _generated(service: Service, functions: Block, notes: Notes) -> Block:
    """The resources the Serverless Framework generates and users refer to."""
    variables = service.variables
    where = service.main.at("provider")
    defaults = FunctionDefaults(
        stack=f"{service.name}-{service.stage}",
        runtime=variables.at("provider", "runtime"),
        timeout=variables.at("provider", "timeout") or 6,
        memory=variables.at("provider", "memorySize") or 1024,
        environment=block_of(variables.at("provider", "environment"), where, "provider.environment"),
        layers=variables.at("provider", "layers"),
        logs=variables.at("provider", "logs", "lambda"),
    )
    generated = Block(where)
    for key, written in functions.items():
        place = functions.at(key)
        function = block_of(written, place, key)
        note_function_keys(key, function, notes)
        generated.put(function_logical_id(key), function_resource(key, function, defaults), place)
        events = event_invoke_resource(key, function, functions)
        if events is not None:
            generated.put(event_invoke_logical_id(key), events, place)
        url = url_resource(function.get("url"), function.at("url"), key)
        if url is not None:
            if function.get("condition") is not None:
                url.put("Condition", function["condition"], function.at("condition"))
            generated.put(url_logical_id(key), url, function.at("url"))
    layers = block_of(variables.at("layers"), service.main.at("layers"), "layers")
    for key in layers:
        properties = block(where, [("LayerName", key)])
        entry = block(where, [("Type", "AWS::Lambda::LayerVersion"), ("Properties", properties)])
        generated.put(layer_logical_id(key), entry, layers.at(key))
    for name, kind in _ALWAYS.items():
        generated.put(name, block(where, [("Type", kind)]), where)
    return generated


def _with_pseudo_parameters(value: Block) -> Block:
    """``#{AWS::Region}`` in texts as ``${AWS::Region}`` of Fn::Sub (serverless-pseudo-parameters)."""
    made = Block(value.where)
    for key, item in value.items():
        made.put(key, _substituted(item, value.at(key)), value.at(key))
    return made


def _substituted(value: Value, where: Where) -> Value:
    if isinstance(value, Block):
        return _with_pseudo_parameters(value)
    if isinstance(value, Row):
        items = Row(value.where)
        for item, place in zip(value, value.places, strict=True):
            items.add(_substituted(item, place), place)
        return items
    if isinstance(value, str) and "#{" in value:
        return block(where, [("Fn::Sub", value.replace("#{", "${"))])
    return value
