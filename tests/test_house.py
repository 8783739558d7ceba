"""House rules that a machine can hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "src").rglob("*.py"))
MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_module_fits_in_the_head(module: Path) -> None:
    text = module.read_text(encoding="utf-8")

    long = [f.name for f in functions(ast.parse(text)) if (f.end_lineno or 0) - f.lineno >= FUNCTION_LINES_MAX]

    assert len(text.splitlines()) <= MODULE_LINES_MAX
    assert long == []


def test_nothing_is_left_to_do_in_a_comment() -> None:
    found = [
        f"{module.name}:{number}"
        for module in MODULES
        for number, line in enumerate(module.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX)\b", line)
    ]

    assert found == []


def test_no_room_is_called_after_nothing() -> None:
    empty_names = {"utils", "util", "helpers", "common", "misc", "manager", "base"}

    found = [str(module) for module in MODULES if empty_names & set(module.with_suffix("").parts)]

    assert found == []


def test_every_command_and_option_is_in_the_reference() -> None:
    import click
    import typer

    from pelton.cli import app

    text = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group) or hasattr(group, "commands")

    missing = [
        f"{name} {option}"
        for name, command in group.commands.items()  # type: ignore[union-attr]
        for parameter in command.params
        for option in [*parameter.opts, *parameter.secondary_opts]
        if option.startswith("--") and option not in text
    ]

    assert [name for name in group.commands if f"`pelton {name}" not in text] == []  # type: ignore[union-attr]
    assert missing == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150
