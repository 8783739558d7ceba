"""The page of complaints: each names a test, or a bench, that exists."""

from __future__ import annotations

import re

import pytest

from tests.docs.reading import ROOT

PAGE = ROOT / "docs/explanation/complaints.md"
ROWS = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]


def test_no_complaint_is_left_out() -> None:
    assert len(ROWS) == 42


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1].strip()[:40])
def test_what_shows_it_exists(row: list[str]) -> None:
    file, _, name = row[3].strip().strip("`").partition("::")
    source = (ROOT / file).read_text(encoding="utf-8")

    assert file.startswith("bench/") or re.search(rf"^(async )?def {name}\(", source, re.MULTILINE)
