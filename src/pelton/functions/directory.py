"""Which functions there are: by identity, by a project's key, by version, and by alias. Pure bookkeeping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from pelton.arns import DEFAULT_ACCOUNT, DEFAULT_REGION, function_arn
from pelton.functions.definition import LATEST, Function
from pelton.functions.names import parse_function_name

#: A function's identity: account, region and name.
_Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for one version, or for two of which one gets a share."""

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)  #: further version to its share, 0 to 1

    def chosen(self, random: Random) -> str:
        """The version that this invocation gets."""
        if not self.weights:
            return self.version
        drawn = random.random()
        for version, share in self.weights.items():
            if drawn < share:
                return version
            drawn -= share
        return self.version


class Directory:
    """The functions that are defined."""

    def __init__(self) -> None:
        self._functions: dict[_Identity, Function] = {}
        self._by_key: dict[str, Function] = {}  #: project keys, and the names of the default account and region
        self._versions: dict[str, dict[str, Function]] = {}  #: by unqualified ARN, then by number
        self._aliases: dict[str, dict[str, Alias]] = {}  #: by unqualified ARN, then by name

    def put(self, function: Function) -> None:
        """Add the function, or replace the one with its account, region and name."""
        previous = self.same(function)
        if previous is not None:
            self._drop_names(previous)
        self._functions[function.account, function.region, function.name] = function
        self._by_key[function.key] = function
        if _is_at_home(function):
            self._by_key[function.name] = function

    def drop(self, function: Function) -> list[Function]:
        """Forget the function with its versions and aliases; all that could run is returned."""
        del self._functions[function.account, function.region, function.name]
        self._drop_names(function)
        self._aliases.pop(function.arn, None)
        return [function, *self._versions.pop(function.arn, {}).values()]

    def same(self, function: Function) -> Function | None:
        """The one with the same account, region and name."""
        return self._functions.get((function.account, function.region, function.name))

    def put_version(self, function: Function) -> None:
        """Add a published version; its number is its ``version``."""
        self._versions.setdefault(function.arn, {})[function.version] = function

    def drop_version(self, arn: str, version: str) -> Function | None:
        """Forget a version; None: there was none."""
        return self._versions.get(arn, {}).pop(version, None)

    def versions(self, arn: str) -> list[Function]:
        """The published versions of the function with that unqualified ARN, oldest first."""
        versions = self._versions.get(arn, {})
        return [versions[number] for number in sorted(versions, key=int)]

    def put_alias(self, arn: str, name: str, alias: Alias | None) -> None:
        """Add, change or (None) forget an alias."""
        aliases = self._aliases.setdefault(arn, {})
        aliases.pop(name, None)
        if alias is not None:
            aliases[name] = alias

    def get(self, name: str, random: Random | None = None) -> Function | None:
        """The function with that name, project key or ARN, qualified or not.

        A bare name means the default account and region; an alias that shares its invocations means its first
        version, unless ``random`` is there to choose.
        """
        function = self._by_key.get(name)
        if function is not None:
            return function
        parts = parse_function_name(name)
        if parts is None:
            return None
        home = (parts.account or DEFAULT_ACCOUNT, parts.region or DEFAULT_REGION, parts.name)
        if parts.qualifier in (None, LATEST):
            return self._functions.get(home)
        return self._qualified(function_arn(home[1], home[0], home[2]), str(parts.qualifier), random)

    def listed(self) -> list[Function]:
        """All functions, sorted by account, region and name."""
        return [self._functions[identity] for identity in sorted(self._functions)]

    def _qualified(self, arn: str, qualifier: str, random: Random | None) -> Function | None:
        alias = self._aliases.get(arn, {}).get(qualifier)
        if alias is not None:
            qualifier = alias.version if random is None else alias.chosen(random)
            if qualifier == LATEST:
                return self.get(arn)
        return self._versions.get(arn, {}).get(qualifier)

    def _drop_names(self, function: Function) -> None:
        for key in (function.key, function.name):
            if self._by_key.get(key) == function:
                del self._by_key[key]


def _is_at_home(function: Function) -> bool:
    return function.account == DEFAULT_ACCOUNT and function.region == DEFAULT_REGION
