"""A CloudFormation template as values: what the readers compile to and the evaluator reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pelton.projects.documents import Block, Row, Value, kind_of
from pelton.projects.names import stack_id
from pelton.projects.project import ProjectRefused, Where

SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The run a template is evaluated for."""

    name: str
    region: str
    account: str
    port: int
    http_port: int
    values_setting: str = "custom.pelton.values"  #: where values that need a cloud are written

    def pseudo_parameters(self) -> Mapping[str, str]:
        """Values of ``AWS::Region`` and its kind; ``AWS::NoValue`` and lists are not among them."""
        return {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self.name,
            "AWS::StackId": stack_id(self.region, self.account, self.name),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The sections of one template; resources by logical id."""

    resources: Block
    parameters: Block
    mappings: Block
    conditions: Block
    outputs: Block
    parameter_values: Mapping[str, str] = field(default_factory=dict)  #: given by the one who starts it

    def type_of(self, logical_id: str) -> str | None:
        """The resource's type; None when there is no such resource."""
        resource = self.resources.get(logical_id)
        kind = resource.get("Type") if isinstance(resource, Block) else None
        return kind if isinstance(kind, str) else None


def is_template(document: Block) -> bool:
    """Whether the document is a SAM or CloudFormation template rather than a serverless.yml."""
    return "Resources" in document and "service" not in document


def merged_sections(value: Value, where: Where) -> Block:
    """``resources`` as one mapping of sections: it may be a mapping or a list of mappings, merged in order.

    Raises:
        ProjectRefused: it is, or holds, something else.
    """
    parts = value if isinstance(value, Row) else [value]
    merged = Block(where)
    for part in parts:
        if part is None or part is False or part == "":
            continue
        if not isinstance(part, Block):
            raise ProjectRefused(where, f"resources holds {kind_of(part)}", "write mappings such as Resources: …")
        merged = deep_merge(merged, part)
    return merged


def deep_merge(below: Block, above: Block) -> Block:
    """A new block: mappings merge, everything else is replaced, and null removes what was below."""
    made = Block(below.where)
    for key, value in below.items():
        made.put(key, value, below.at(key))
    for key, value in above.items():
        under = made.get(key)
        if isinstance(under, Block) and isinstance(value, Block) and not _is_function(value):
            made.put(key, deep_merge(under, value), above.at(key))
        elif value is None and key in made:
            del made[key]
        else:
            made.put(key, value, above.at(key))
    return made


def _is_function(value: Block) -> bool:
    """Whether the block is an intrinsic, which replaces instead of merging."""
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))
