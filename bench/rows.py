"""What a measurement leaves: rows with budgets and verdicts. Pure.

Ratios are taken round by round, since a busy machine slows both sides of one round alike; the median of
the rounds counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median


class Sense(Enum):
    """On which side of a limit a figure has to be."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


class Verdict(Enum):
    """How a figure stands to its budget."""

    KEPT = "kept"
    MISSED = "MISSED"
    NONE = ""  #: there is no budget
    FAILED = "not measured"


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit of ``docs/explanation/performance.md``; shares are fractions of 1 with a unit that begins with %."""

    sense: Sense
    limit: float
    unit: str

    def is_kept_by(self, measured: float) -> bool:
        """Whether the figure, in the same unit, is within the budget; the limit itself is."""
        return measured >= self.limit if self.sense is Sense.AT_LEAST else measured <= self.limit

    def __str__(self) -> str:
        return f"{self.sense.value} {shown(self.limit, self.unit)}"


def at_least(limit: float, unit: str) -> Budget:
    """The figure has to reach the limit."""
    return Budget(Sense.AT_LEAST, limit, unit)


def at_most(limit: float, unit: str) -> Budget:
    """The figure must not go beyond the limit."""
    return Budget(Sense.AT_MOST, limit, unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    measured: float | None = None  #: None: it could not be measured
    unit: str = ""
    budget: Budget | None = None
    details: str = ""

    @property
    def verdict(self) -> Verdict:
        """How the figure stands to its budget."""
        if self.measured is None:
            return Verdict.FAILED
        if self.budget is None:
            return Verdict.NONE
        return Verdict.KEPT if self.budget.is_kept_by(self.measured) else Verdict.MISSED

    @property
    def figure(self) -> str:
        """What was measured, with its unit."""
        return "" if self.measured is None else shown(self.measured, self.unit)


def budgeted(what: str, measured: float, budget: Budget, details: str = "") -> Row:
    """A row whose figure is in its budget's unit."""
    return Row(what=what, measured=measured, unit=budget.unit, budget=budget, details=details)


def shown(value: float, unit: str) -> str:
    """A figure for people: three digits that matter, thousands apart, shares as percentages."""
    if unit.startswith("%"):
        share = round(value * 100, 1)
        return f"{share:.0f} {unit}" if share == round(share) else f"{share:.1f} {unit}"
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f} {unit}".strip()
    return f"{value:.1f} {unit}".strip() if abs(value) >= 10 else f"{value:.2f} {unit}".strip()


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least ``percent`` (0 to 100) of the values do not exceed; 0 of none.

    Source: the nearest-rank definition.
    """
    if not values:
        return 0.0
    ranked = sorted(values)
    rank = -(-len(ranked) * percent // 100)  # Rounded up.
    return ranked[max(int(rank), 1) - 1]


def median_ratio(own: Sequence[float], others: Sequence[float]) -> float:
    """The median over the rounds of ``own`` to ``others``; both as long, at least one."""
    return median(mine / other for mine, other in zip(own, others, strict=True))
