"""Trees back to text, one way: parentheses where the tree has a level of its own and nowhere else."""

from __future__ import annotations

from pelton.expressions.syntax import (
    Action,
    Add,
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    ConditionNode,
    Delete,
    In,
    Not,
    Operand,
    Or,
    Path,
    Remove,
    Set,
    Value,
)


def operand_text(operand: Operand) -> str:
    if isinstance(operand, Path):
        return "".join(
            f"[{element}]" if isinstance(element, int) else ("." if place else "") + element
            for place, element in enumerate(operand.elements)
        )
    if isinstance(operand, Value):
        return operand.name
    if isinstance(operand, Call):
        return f"{operand.function}({', '.join(map(operand_text, operand.arguments))})"
    assert isinstance(operand, Arithmetic)
    return f"{operand_text(operand.left)} {operand.operator} {operand_text(operand.right)}"


def condition_text(node: ConditionNode) -> str:
    if isinstance(node, Comparison):
        return f"{operand_text(node.left)} {node.operator} {operand_text(node.right)}"
    if isinstance(node, Between):
        return f"{operand_text(node.operand)} BETWEEN {operand_text(node.low)} AND {operand_text(node.high)}"
    if isinstance(node, In):
        return f"{operand_text(node.operand)} IN ({', '.join(map(operand_text, node.options))})"
    if isinstance(node, Call):
        return operand_text(node)
    if isinstance(node, Not):
        return f"NOT {_within(node.condition, (And, Or))}"
    if isinstance(node, And):
        return " AND ".join(_within(part, (And, Or)) for part in node.conditions)
    return " OR ".join(_within(part, (Or,)) for part in node.conditions)


def update_text(actions: tuple[Action, ...]) -> str:
    sections: list[str] = []
    for kind in (Set, Remove, Add, Delete):
        parts = [_action_text(action) for action in actions if isinstance(action, kind)]
        if parts:
            sections.append(f"{kind.__name__.upper()} {', '.join(parts)}")
    return " ".join(sections)


def _within(node: ConditionNode, grouped: tuple[type, ...]) -> str:
    return f"({condition_text(node)})" if isinstance(node, grouped) else condition_text(node)


def _action_text(action: Action) -> str:
    path = operand_text(action.path)
    if isinstance(action, Set):
        return f"{path} = {operand_text(action.value)}"
    return path if isinstance(action, Remove) else f"{path} {operand_text(action.value)}"
