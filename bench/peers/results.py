"""What a run has found, and how a page tells it: tables of rates and ratios, and one plot. Pure.

A ratio is taken round by round, Pelton's rate to the peer's, and the median of the rounds counts: a busy machine
slows both sides of one round alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from statistics import median

from bench.rows import median_ratio, shown

OWN = "Pelton"
#: What a run must reach, as Pelton's rate to the peer's at 64 connections. Source: the budgets of this page.
TARGETS: Mapping[str, Mapping[str, float]] = {
    "DynamoDB Local, in memory": {"PutItem": 9.0, "GetItem": 8.0, "UpdateItem, conditional": 9.0},
    "roto, --durable": {"PutItem": 4.0, "GetItem": 3.5, "UpdateItem, conditional": 3.5},
    "dynalite, in memory": {"PutItem": 1.2, "GetItem": 1.6, "UpdateItem, conditional": 1.8},
    "ministack": {"PutItem": 9.0, "GetItem": 10.0, "UpdateItem, conditional": 7.0},
    "moto": {"PutItem": 30.0, "GetItem": 75.0, "UpdateItem, conditional": 40.0},
}
_JUDGED_AT = 64


@dataclass(slots=True)
class Found:
    """Everything that was measured."""

    peers: list[str] = field(default_factory=list)  #: that were driven, in order
    absent: dict[str, str] = field(default_factory=dict)  #: why a peer was not
    rates: dict[tuple[str, int, str], list[float]] = field(default_factory=dict)  #: by load, connections and peer
    faults: dict[tuple[str, str], str] = field(default_factory=dict)  #: by peer and what failed
    properties: dict[tuple[str, str], str] = field(default_factory=dict)  #: by name and peer

    def rate(self, load: str, connections: int, peer: str) -> float | None:
        """The median of the rounds; None: it was not measured."""
        rounds = self.rates.get((load, connections, peer))
        return median(rounds) if rounds else None

    def ratio(self, load: str, connections: int, peer: str) -> float | None:
        """Pelton's rate to the peer's."""
        own, other = (self.rates.get((load, connections, name)) for name in (OWN, peer))
        return median_ratio(own, other) if own and other and len(own) == len(other) else None


def rate_table(found: Found, loads: Sequence[str], connections: int) -> list[str]:
    """Requests a second of each peer, and in brackets how many times as many Pelton answers."""
    lines = [_line(["at " + _connections(connections), *found.peers]), _line(["---"] * (len(found.peers) + 1))]
    return lines + [_line([load, *(_cell(found, load, connections, peer) for peer in found.peers)]) for load in loads]


def target_table(found: Found) -> list[str]:
    """Each ratio that has to be reached, and whether it was."""
    lines = [_line(["against", "operation", "target", "measured", "verdict"]), _line(["---"] * 5)]
    for peer, wanted in TARGETS.items():
        for load, target in wanted.items():
            ratio = found.ratio(load, _JUDGED_AT, peer)
            verdict = "not measured" if ratio is None else "kept" if ratio >= target else "MISSED"
            measured = "" if ratio is None else f"{ratio:.1f} ×"
            lines.append(_line([peer, load, f"≥ {target:g} ×", measured, verdict]))
    return lines


def property_table(found: Found, names: Sequence[str]) -> list[str]:
    """One line for each property, one column for each peer."""
    lines = [_line(["", *found.peers]), _line(["---"] * (len(found.peers) + 1))]
    return lines + [_line([name, *(_property(found, name, peer) for peer in found.peers)]) for name in names]


def notes(found: Found) -> list[str]:
    """What could not be measured, and why."""
    lines = [f"- {peer}: not installed: {why}" for peer, why in found.absent.items()]
    return lines + [f"- {peer}, {what}: {why}" for (peer, what), why in found.faults.items()]


def plot(found: Found, load: str, connections: int) -> str:
    """Bars as SVG: requests a second of one operation, the quickest first."""
    bars = [(peer, rate) for peer in found.peers if (rate := found.rate(load, connections, peer)) is not None]
    bars.sort(key=lambda bar: -bar[1])
    most = max((rate for _, rate in bars), default=1.0)
    height = 30 + 24 * len(bars)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" font-family="sans-serif" font-size="13">',
        f"<title>{escape(load)}, {_connections(connections)}: requests a second</title>",
        f'<text x="8" y="18" font-weight="bold">{escape(load)}, {_connections(connections)}: requests a second</text>',
    ]
    for number, (peer, rate) in enumerate(bars):
        top = 30 + 24 * number
        colour = "#0b7285" if peer == OWN else "#adb5bd"
        width = max(rate / most * 420, 1)
        parts.append(f'<text x="190" y="{top + 14}" text-anchor="end">{escape(peer)}</text>')
        parts.append(f'<rect x="198" y="{top}" width="{width:.1f}" height="18" fill="{colour}"/>')
        parts.append(f'<text x="{204 + width:.1f}" y="{top + 14}">{rate:,.0f}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _cell(found: Found, load: str, connections: int, peer: str) -> str:
    rate, ratio = found.rate(load, connections, peer), found.ratio(load, connections, peer)
    if rate is None:
        return "–"
    return f"{rate:,.0f}" if peer == OWN or ratio is None else f"{rate:,.0f} ({shown(ratio, '×')})"


def _property(found: Found, name: str, peer: str) -> str:
    return found.properties.get((name, peer), "–")


def _connections(count: int) -> str:
    return f"{count} connection" + ("" if count == 1 else "s")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
