"""Warns of keys of serverless.yml that have no effect here, and refuses those that would change its reading."""

from __future__ import annotations

from collections.abc import Collection

from pelton.projects.documents import Block, Value
from pelton.projects.known_keys import (
    API_GATEWAY_DEPLOYMENT,
    API_GATEWAY_SERVED,
    HTTP_API_DEPLOYMENT,
    HTTP_API_SERVED,
    PROVIDER_DEPLOYMENT,
    PROVIDER_SERVED,
    PROVIDER_UNSUPPORTED,
    TOP_LEVEL_DEPLOYMENT,
    TOP_LEVEL_SERVED,
)
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.variables import Variables

#: Keys that plugins own.
_OF_PLUGINS = {"constructs": "serverless-lift", "stepFunctions": "serverless-step-functions"}


def note_service_keys(main: Block, variables: Variables, notes: Notes) -> None:
    """Look at the keys of the top level and of ``provider``."""
    for key in main:
        if key in _OF_PLUGINS:
            notes.warn(main.at(key), f"{key} is not served here", f"it belongs to the plugin {_OF_PLUGINS[key]}")
        elif key not in TOP_LEVEL_SERVED | TOP_LEVEL_DEPLOYMENT:
            known = TOP_LEVEL_SERVED | TOP_LEVEL_DEPLOYMENT
            notes.warn(main.at(key), f"unknown key {key}, it has no effect", did_you_mean(key, known))
    provider = main.get("provider")
    if not isinstance(provider, Block):
        return
    for key, cure in PROVIDER_UNSUPPORTED.items():
        if key in provider:
            notes.refuse_unsupported(provider.at(key), f"provider.{key} is not supported", cure)
    _note(provider, PROVIDER_SERVED | PROVIDER_DEPLOYMENT | PROVIDER_UNSUPPORTED.keys(), "provider", notes)
    _note(variables.at("provider", "httpApi"), HTTP_API_SERVED | HTTP_API_DEPLOYMENT, "provider.httpApi", notes)
    api_gateway = variables.at("provider", "apiGateway")
    _note(api_gateway, API_GATEWAY_SERVED | API_GATEWAY_DEPLOYMENT, "provider.apiGateway", notes)


def _note(value: Value, known: Collection[str], name: str, notes: Notes) -> None:
    if not isinstance(value, Block):
        return
    for key in value:
        if key not in known:
            notes.warn(value.at(key), f"{name} has an unknown key {key}", did_you_mean(key, known))
