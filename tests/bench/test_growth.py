"""What the growth benchmark prints and draws."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

from bench.growth.curves import Curve, Growth, plot, table


def grown() -> Growth:
    curves = [Curve(name="PutItem, p50", unit="ms"), Curve(name="memory", unit="MB", is_drawn=False)]
    growth = Growth(name="items", what="items in the table", curves=curves)
    growth.note(10, 2.0, 50.0)
    growth.note(1_000, 3.0, 100.0)
    return growth


def test_a_table_has_a_column_for_each_size_and_says_how_much_the_last_is_of_the_first() -> None:
    assert table(grown()) == [
        "| items in the table | 10 | 1,000 | last ÷ first |",
        "| --- | --- | --- | --- |",
        "| PutItem, p50 | 2 ms | 3 ms | 1.50 × |",
        "| memory | 50 MB | 100 MB | 2 × |",
    ]


def test_a_plot_shows_what_is_drawn_and_calls_no_script_from_elsewhere() -> None:
    svg = plot(grown())

    words = "".join(ElementTree.fromstring(svg).itertext())
    assert "PutItem, p50" in words
    assert "memory" not in words
    assert "1,000" in words
    assert "href=" not in svg


def test_a_plot_leaves_imports_as_they_were() -> None:
    plot(grown())

    assert [finder for finder in sys.meta_path if not hasattr(finder, "find_spec")] == []
