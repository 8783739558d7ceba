"""The table as text, JSON and Markdown."""

import json
from datetime import date
from pathlib import Path

import pytest

from bench.report import BEGIN, END, NoMarkers, as_json, markdown, text_table, with_section, write_table
from bench.rows import Row, at_least, budgeted

ROWS = [
    budgeted("a put | a get", 0.5, at_least(0.65, "% of the floor"), "slow"),
    Row(what="a rate", measured=7.0, unit="/s"),
]


def test_columns_of_the_text_begin_at_the_same_place() -> None:
    head, blank, header, first, second = text_table(ROWS, "a machine").splitlines()

    assert (head, blank) == ("# a machine", "")
    assert header.index("measured") == first.index("50 %") == second.index("7 /s")
    assert "MISSED" in first


def test_a_markdown_table_names_date_and_machine_and_escapes_its_separators() -> None:
    text = markdown(ROWS, "a machine", date(2026, 1, 2))

    assert "2026-01-02: a machine" in text
    assert "| a put \\| a get | 50 % of the floor | ≥ 65 % of the floor | MISSED | slow |" in text


def test_json_has_budgets_and_verdicts_as_text() -> None:
    parsed = json.loads(as_json(ROWS, "a machine"))

    assert parsed["machine"] == "a machine"
    assert [(row["budget"], row["verdict"]) for row in parsed["rows"]] == [
        ("≥ 65 % of the floor", "MISSED"),
        (None, ""),
    ]


def test_a_page_keeps_all_that_stands_outside_the_markers() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    once = with_section(page, "new", BEGIN, END)

    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert with_section(once, "new", BEGIN, END) == once


@pytest.mark.parametrize("page", ["", f"only {BEGIN}", f"{END} before {BEGIN}"])
def test_a_page_without_both_markers_in_order_is_refused(page: str) -> None:
    with pytest.raises(NoMarkers):
        with_section(page, "new", BEGIN, END)


def test_a_page_that_is_not_there_is_made(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"

    write_table(page, "| figures |")

    assert "| figures |" in page.read_text(encoding="utf-8")
