"""What was measured as one thing grew, as a table and as a plot. Pure."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.rows import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One figure at each size."""

    name: str
    unit: str
    is_drawn: bool = True  #: on the plot, whose one axis is in the first drawn curve's unit
    figures: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """The last figure to the first."""
        return self.figures[-1] / self.figures[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """All figures of one growing thing."""

    name: str  #: as in the plot's file name
    what: str  #: what grows, for people
    sizes: list[int] = field(default_factory=list)
    curves: list[Curve]

    def note(self, size: int, *figures: float) -> None:
        """One more size, with the figure of each curve."""
        self.sizes.append(size)
        for curve, figure in zip(self.curves, figures, strict=True):
            curve.figures.append(figure)


def table(growth: Growth) -> list[str]:
    """The lines of a Markdown table: a column for each size, and the last figure to the first."""
    sizes = [f"{size:,}" for size in growth.sizes]
    lines = [_line([growth.what, *sizes, "last ÷ first"]), _line(["---"] * (len(sizes) + 2))]
    for curve in growth.curves:
        figures = [shown(figure, curve.unit) for figure in curve.figures]
        lines.append(_line([curve.name, *figures, shown(curve.growth, "×")]))
    return lines


def plot(growth: Growth) -> str:
    """Cost against size as SVG: sizes on a logarithmic axis, at even steps where they are powers of one number."""
    import pygal  # A dependency of the benchmarks alone, and a slow import.
    from pygal.style import CleanStyle

    # It looks for map plugins by a finder of the old kind: Python 3.11 warns of it at every import that finds nothing.
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]
    drawn = [curve for curve in growth.curves if curve.is_drawn]
    chart = pygal.XY(
        title=f"{growth.what}: {drawn[0].unit}",
        width=720,
        height=320,
        logarithmic=False,
        xrange=(0, len(growth.sizes) - 1),
        legend_at_bottom=True,
        include_x_axis=True,
        js=[],
        style=CleanStyle,
        disable_xml_declaration=True,
        no_prefix=True,
    )
    chart.x_labels = [{"value": place, "label": f"{size:,}"} for place, size in enumerate(growth.sizes)]
    for curve in drawn:
        chart.add(curve.name, list(enumerate(curve.figures)))
    svg: str = chart.render(is_unicode=True)
    return svg + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
